import type { Disease, Indicator, IndicatorValue } from '../../api/types';
import { monthOf, shiftMonth } from '../../dates';

/** One rate of one disease over the months that are shown. */
export interface Series {
  readonly disease: Disease;
  readonly definition: Indicator;
  readonly byMonth: ReadonlyMap<string, IndicatorValue>;
}

/** A card: one indicator code, a series for each disease it is defined for. */
export interface Rate {
  readonly code: string;
  readonly series: readonly Series[];
}

export function ratesOf(
  codes: readonly string[],
  definitions: readonly Indicator[],
  values: readonly IndicatorValue[],
): readonly Rate[] {
  const seriesOf = (definition: Indicator): Series => ({
    disease: definition.disease,
    definition,
    byMonth: new Map(
      values
        .filter((value) => value.code === definition.code && value.disease === definition.disease)
        .map((value) => [monthOf(value.period.end), value]),
    ),
  });
  return codes
    .map((code) => ({ code, series: definitions.filter((one) => one.code === code).map(seriesOf) }))
    .filter((rate) => rate.series.length > 0);
}

export const percentOf = (value: IndicatorValue | undefined): number | null =>
  value?.percent == null ? null : Number(value.percent);

export const percentText = (percent: number | null): string => (percent === null ? '—' : `${percent.toFixed(1)}%`);

/** Points gained since the month before; null across a new year, when counting starts again. */
export function changeOf({ byMonth }: Series, month: string): number | null {
  const before = shiftMonth(month, -1);
  const now = percentOf(byMonth.get(month));
  const then = percentOf(byMonth.get(before));
  if (now === null || then === null || before.slice(0, 4) !== month.slice(0, 4)) return null;
  return Number((now - then).toFixed(1));
}
