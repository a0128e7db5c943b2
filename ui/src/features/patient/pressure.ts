import type { EChartsCoreOption } from 'echarts/core';

import { localMoment } from '../../dates';
import { axisLine, broken, chartText, frame, type Point, splitLine, token } from '../../kit/chart-style';
import type { Schemas, Summary } from './data';

export interface Pressure {
  readonly at: number;
  readonly sbp: number;
  readonly dbp: number;
  readonly alert: string | null;
  /** Measured at a visit, else as a reading. */
  readonly visit: boolean;
  /** Its device was due for calibration. */
  readonly overdue: boolean;
  /** The record it comes from: that of the visit or of the reading. */
  readonly id: string;
  /** The local day. */
  readonly on: string;
}

/** Readings and the pressures of visits, in the order of time. */
export function pressuresOf(series: Schemas['SeriesOut'], visits: readonly Schemas['FollowupOut'][]): readonly Pressure[] {
  const readings = series.points.flatMap((point) =>
    point.systolic_mmhg && point.diastolic_mmhg
      ? [{
          at: Date.parse(point.taken_at), sbp: point.systolic_mmhg, dbp: point.diastolic_mmhg,
          alert: point.alert_tier ?? null, visit: false, overdue: point.calibration_overdue,
          id: point.id, on: localMoment(point.taken_at).slice(0, 10),
        }]
      : [],
  ); // prettier-ignore
  const seen = new Set<string>();
  const atVisits = visits.flatMap((one) => {
    if (one.sbp_mmhg === null || one.dbp_mmhg === null || seen.has(one.encounter_id)) return [];
    if (one.visited_on < series.from_on || one.visited_on >= series.to_on) return [];
    seen.add(one.encounter_id);
    const at = Date.parse(`${one.visited_on}T${one.visited_time ?? '12:00:00'}+08:00`);
    const own = { alert: null, visit: true, overdue: false, id: one.id, on: one.visited_on };
    return [{ at, sbp: one.sbp_mmhg, dbp: one.dbp_mmhg, ...own }];
  });
  return [...readings, ...atVisits].sort((a, b) => a.at - b.at);
}

/** The upper end of this person's target; null where there is none. */
export function boundOf(summary: Summary, quantity: Schemas['Quantity']): number | null {
  const high = summary.targets.find((target) => target.quantity === quantity)?.high ?? null;
  return high === null ? null : Number(high);
}

export interface Mark {
  readonly on: string;
  readonly name: string;
}

interface Words {
  readonly sbp: string;
  readonly dbp: string;
}

const line = (rows: readonly Pressure[], pick: (row: Pressure) => number): readonly Point[] =>
  broken(rows.map((row): Point => [row.at, pick(row)]));

/** Systolic circles and diastolic squares, filled at visits; the person's own target as a band; medicines as marks. */
export function pressureOption(
  rows: readonly Pressure[],
  target: { readonly sbp: number | null; readonly dbp: number | null },
  marks: readonly Mark[],
  emergency: number | null,
  words: Words,
): EChartsCoreOption {
  const blue = token('--cmc-primary');
  const grey = token('--cmc-fg-2');
  const purple = token('--cmc-overdue-fg');
  const visits = new Set(rows.filter((row) => row.visit).map((row) => row.at));
  const overdue = new Set(rows.filter((row) => row.overdue).map((row) => row.at));
  const alerts = new Set(rows.filter((row) => row.alert !== null).map((row) => row.at));
  const sources = new Map(rows.map((row) => [row.at, row] as const));
  const series = (name: string, points: readonly Point[], color: string, shape: string) => ({
    name, type: 'line', connectNulls: false, showSymbol: true, symbolSize: 7, color, lineStyle: { width: 1.5, color },
    data: points.map(([at, value]) => ({
      value: [at, value],
      source: sources.get(at),
      symbol: alerts.has(at) ? 'triangle' : overdue.has(at) ? 'emptyDiamond' : visits.has(at) ? shape : `empty${shape[0]?.toUpperCase()}${shape.slice(1)}`,
    })),
  }); // prettier-ignore
  const band =
    target.sbp !== null && target.dbp !== null
      ? {
          silent: true,
          itemStyle: { color: token('--cmc-controlled-bg') },
          data: [[{ yAxis: target.dbp }, { yAxis: target.sbp }]],
        }
      : undefined;
  return {
    ...frame(),
    xAxis: { type: 'time', ...axisLine() },
    yAxis: { type: 'value', min: 40, max: 'dataMax', minInterval: 20, axisLabel: chartText(), splitLine: splitLine() },
    series: [
      {
        ...series(words.sbp, line(rows, (row) => row.sbp), blue, 'circle'),
        ...(band ? { markArea: band } : {}),
        markLine: {
          silent: true, symbol: 'none',
          data: [
            ...(emergency === null
              ? []
              : [{ yAxis: emergency, lineStyle: { type: 'dashed', color: token('--cmc-critical-fg') }, label: { show: false } }]),
            ...marks.map(({ on, name }) => ({
              xAxis: Date.parse(`${on}T00:00:00+08:00`),
              lineStyle: { type: 'dotted', color: purple },
              label: { formatter: `\u25bc ${name}`, color: purple, fontSize: 11, fontFamily: token('--cmc-font') },
            })),
          ],
        },
      },
      series(words.dbp, line(rows, (row) => row.dbp), grey, 'rect'),
    ],
  }; // prettier-ignore
}
