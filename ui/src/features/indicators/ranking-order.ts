import type { Part } from './data';

export const ORDERS = ['rank', 'change', 'people', 'name'] as const;
export type Order = (typeof ORDERS)[number];

const collator = new Intl.Collator('zh-CN');

/** The server's order is the rank; those without one stand at the end of it. */
export function sorted(parts: readonly Part[], order: Order, nameOf: (part: Part) => string): readonly Part[] {
  const change = (part: Part): number => (part.change_points === null ? -Infinity : Number(part.change_points));
  switch (order) {
    case 'change':
      return [...parts].sort((a, b) => change(b) - change(a));
    case 'people':
      return [...parts].sort((a, b) => b.denominator - a.denominator);
    case 'name':
      return [...parts].sort((a, b) => collator.compare(nameOf(a), nameOf(b)));
    default:
      return parts;
  }
}

/** Does the whole interval lie on one side of the median of the parts? Small parts are not compared. */
export function standingOf(part: Part, median: number | null, higherIsBetter: boolean): 'ahead' | 'behind' | 'same' {
  if (median === null || part.is_small || !part.interval) return 'same';
  const above = Number(part.interval.low) > median;
  const below = Number(part.interval.high) < median;
  if (!above && !below) return 'same';
  return above === higherIsBetter ? 'ahead' : 'behind';
}
