import { useMemo } from 'react';

import { Notice } from '../../components/Notice';
import type { components } from '../../api/schema';
import { Asked } from '../../kit/Asked';
import { axisLine, chartText, frame, splitLine, token } from '../../kit/chart-style';
import { ChartOrTable, ViewSwitch } from '../../kit/ChartOrTable';
import { DataTable } from '../../kit/DataTable';
import { Card, Page, Pairs, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { useView, useViewKeys } from '../../kit/useView';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf } from '../../url';
import { Crumbs } from '../indicators/Crumbs';
import classes from '../indicators/Indicators.module.css';
import { useWidePlace } from '../indicators/place';
import { useMay } from '../session/session';
import { share, SPANS, spanOf, useQuality } from './data';
import { EntryCard } from './EntryCard';
import { Recorders } from './Recorders';

type Quality = components['schemas']['DataQuality'];

/** How pressures were measured and written down: what is worth checking again, never who is to blame. */
export default function QualityPage() {
  const { t, say } = usePageWords();
  const { query, place, organisations } = useWidePlace();
  const days = useOneOf('days', SPANS);
  useViewKeys();
  return (
    <Page
      title={place ? t('qual.titleOf', { name: say(place.name) }) : t('nav.quality')}
      aside={
        <Switch
          label={t('qual.span')}
          options={SPANS.map((one) => [one, t(`span.${one}`)] as const)}
          value={days}
          onChange={(next) => goTo({ days: next })}
        />
      }
    >
      <Asked query={query}>
        {() =>
          place ? (
            <>
              <Crumbs place={place} organisations={organisations} />
              <Measured scope={place.id} span={days} isClinic={place.kind === 'clinic'} />
            </>
          ) : (
            <Notice title={t('state.noClinics')} hint={t('state.noClinicsHint')} />
          )
        }
      </Asked>
    </Page>
  );
}

interface MeasuredProps {
  readonly scope: string;
  readonly span: (typeof SPANS)[number];
  readonly isClinic: boolean;
}

function Measured({ scope, span, isClinic }: MeasuredProps) {
  const { t } = usePageWords();
  const mayRecord = useMay('visits.write');
  const quality = useQuality(scope, spanOf(span));
  return (
    <Asked query={quality} lines={12}>
      {(found) =>
        found.followups === 0 ? (
          <Notice title={t('qual.none')} hint={t('qual.noneHint')} />
        ) : (
          <>
            <p className="muted">{t('qual.of', { from: found.period.start, to: found.period.end, n: found.followups, p: found.pressures })}</p>
            <Flags quality={found} />
            <div className={classes.halves}>
              <Histogram quality={found} />
              <Digits quality={found} />
            </div>
            <Shares quality={found} />
            <EntryCard entry={found.entry} />
            {isClinic && mayRecord && <Recorders scope={scope} days={spanOf(span)} />}
          </>
        )
      }
    </Asked>
  );
}

function Flags({ quality }: { readonly quality: Quality }) {
  const { t, say } = usePageWords();
  const few = quality.pressures < quality.enough;
  return (
    <Card title={t('qual.flags')}>
      {few ? (
        <p>{t('qual.few', { n: quality.pressures, enough: quality.enough })}</p>
      ) : quality.flags.length === 0 ? (
        <p>
          <Tag tone="good">{t('qual.fine')}</Tag>
        </p>
      ) : (
        <ul className={classes.reasons}>
          {quality.flags.map((flag) => (
            <li key={flag.code}>
              <Tag tone="warn">{t('qual.look')}</Tag> {say(flag.text)}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

interface BarsProps {
  readonly title: string;
  readonly heads: readonly [string, string];
  readonly rows: readonly (readonly [label: string, count: number])[];
  readonly hint: string;
  readonly label: string;
  /** Bars that stand out, by their place in the row. */
  readonly marked?: (index: number) => boolean;
  readonly even?: number;
}

/** Counts as bars, with their table. */
function BarsCard({ title, heads, rows, hint, label, marked, even }: BarsProps) {
  const { t } = usePageWords();
  const { view, onChange } = useView();
  const option = useMemo(
    () => ({
      ...frame(),
      grid: { left: 44, right: 12, top: 16, bottom: 24 },
      xAxis: { type: 'category', data: rows.map(([one]) => one), ...axisLine() },
      yAxis: { type: 'value', axisLabel: chartText(), splitLine: splitLine() },
      series: [
        {
          type: 'bar',
          barCategoryGap: '8%',
          data: rows.map(([, count], index) => ({
            value: count,
            itemStyle: { color: token(marked?.(index) ? '--cmc-outcome-uncontrolled' : '--cmc-primary') },
          })),
          ...(even === undefined
            ? {}
            : {
                markLine: {
                  silent: true, symbol: 'none', data: [{ yAxis: even }],
                  lineStyle: { type: 'dashed', color: token('--cmc-fg') },
                  label: { position: 'insideEndTop', formatter: t('qual.even'), ...chartText(), backgroundColor: token('--cmc-card') },
                },
              }),
        },
      ],
    }),
    [rows, marked, even, t],
  ); // prettier-ignore
  const all = rows.reduce((sum, [, count]) => sum + count, 0);
  return (
    <Card title={title} aside={<ViewSwitch title={title} view={view} trend={false} onChange={onChange} />}>
      <ChartOrTable
        bars
        view={view}
        height={230}
        option={option}
        label={label}
        table={
          <DataTable
            caption={title}
            rows={rows}
            rowKey={([one]) => one}
            empty={t('qual.none')}
            columns={[
              { head: heads[0], cell: ([one]) => one },
              { head: heads[1], number: true, cell: ([, count]) => count },
              { head: '%', number: true, cell: ([, count]) => share(count, all) },
            ]}
          />
        }
      />
      <p>{hint}</p>
    </Card>
  );
}

const BIN_MMHG = 5;

function Histogram({ quality }: { readonly quality: Quality }) {
  const { t } = usePageWords();
  const rows = useMemo(
    () => quality.sbp_histogram.map((bin) => [`${bin.from_mmhg}–${bin.from_mmhg + BIN_MMHG - 1}`, bin.count] as const),
    [quality.sbp_histogram],
  );
  const { sbp_130_139: below, sbp_140_149: above } = quality;
  const marked = (index: number): boolean => {
    const from = quality.sbp_histogram[index]?.from_mmhg ?? 0;
    return from >= 130 && from < 140; // the stretch that the ratio beneath the chart counts
  };
  const ratio = above === 0 ? '—' : (below / above).toFixed(1);
  return (
    <BarsCard
      title={t('qual.histogram')}
      heads={['mmHg', t('qual.count')]}
      rows={rows}
      marked={marked}
      hint={t('qual.ratio', { below, above, ratio })}
      label={t('qual.histogramLabel', { n: quality.pressures, ratio })}
    />
  );
}

function Digits({ quality }: { readonly quality: Quality }) {
  const { t } = usePageWords();
  const rows = useMemo(() => quality.last_digits.map((count, digit) => [String(digit), count] as const), [quality.last_digits]);
  const all = quality.last_digits.reduce((sum, count) => sum + count, 0);
  const most = quality.last_digits.indexOf(Math.max(...quality.last_digits));
  const says = t('qual.digitMost', { digit: most, share: share(quality.last_digits[most] ?? 0, all) });
  return (
    <BarsCard
      title={t('qual.digits')}
      heads={[t('qual.digit'), t('qual.count')]}
      rows={rows}
      even={all / quality.last_digits.length}
      hint={says}
      label={says}
    />
  );
}

function Shares({ quality }: { readonly quality: Quality }) {
  const { t } = usePageWords();
  const { followups, pressures } = quality;
  return (
    <Card title={t('qual.shares')}>
      <Pairs
        rows={[
          [t('qual.repeated'), t('qual.shareOf', { n: quality.repeated, d: quality.repeatable, share: share(quality.repeated, quality.repeatable) })],
          [t('qual.fromDevice'), t('qual.shareOf', { n: quality.from_device, d: pressures, share: share(quality.from_device, pressures) })],
          [t('qual.late'), t('qual.shareOf', { n: quality.late, d: followups, share: share(quality.late, followups) })],
          [t('qual.phone'), t('qual.shareOf', { n: quality.by_phone, d: followups, share: share(quality.by_phone, followups) })],
          [t('qual.without'), t('qual.shareOf', { n: Math.max(0, followups - pressures), d: followups, share: share(Math.max(0, followups - pressures), followups) })],
        ]}
      />
    </Card>
  );
}
