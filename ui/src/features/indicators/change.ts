import { percentOf } from '../rates/series';
import type { Span, Value } from './data';

/** Points since the one before; of the year to date null across a new year, for counting starts again. */
export function changeIn(months: readonly string[], values: readonly (Value | undefined)[], span: Span): number | null {
  const last = months.length - 1;
  const now = percentOf(values[last]);
  const then = percentOf(values[last - 1]);
  if (now === null || then === null) return null;
  if (span === 'year' && months[last]?.slice(0, 4) !== months[last - 1]?.slice(0, 4)) return null;
  return Number((now - then).toFixed(1));
}
