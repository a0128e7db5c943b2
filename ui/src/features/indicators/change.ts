import { percentOf } from '../rates/series';
import type { Value } from './data';

/** Points since the month before; null across a new year, when counting starts again, and where a value is missing. */
export function changeIn(months: readonly string[], values: readonly (Value | undefined)[]): number | null {
  const last = months.length - 1;
  const now = percentOf(values[last]);
  const then = percentOf(values[last - 1]);
  if (now === null || then === null || months[last]?.slice(0, 4) !== months[last - 1]?.slice(0, 4)) return null;
  return Number((now - then).toFixed(1));
}
