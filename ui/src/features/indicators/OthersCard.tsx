import { Button } from '@mantine/core';
import { useLocation } from 'wouter';

import type { Disease } from '../../api/types';
import { saveCsv } from '../../kit/csv';
import { DataTable } from '../../kit/DataTable';
import { Filter } from '../../kit/Filter';
import { Card } from '../../kit/Page';
import { IndicatorSet } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useOneOf } from '../../url';
import { Change } from '../rates/Change';
import { percentOf, percentText } from '../rates/series';
import { changeIn } from './change';
import { type Asking, type Definition, inMonths, listAddress, type Span, type Value } from './data';
import { Sparkline } from './Sparkline';
import { FewMark, intervalText } from './Words';

interface OthersCardProps {
  readonly scope: string;
  readonly isClinic: boolean;
  readonly disease: Disease;
  readonly definitions: readonly Definition[];
  readonly values: readonly Value[];
  readonly months: readonly string[];
  readonly span: Span;
}

interface Row {
  readonly definition: Definition;
  readonly byMonth: readonly (Value | undefined)[];
  readonly value: Value | undefined;
}

/** Every indicator of a set; a row opens what stands behind it. */
export function OthersCard({ scope, isClinic, disease, definitions, values, months, span }: OthersCardProps) {
  const { t, say } = usePageWords();
  const [, navigate] = useLocation();
  const set = useOneOf('set', ['national', 'hearts', 'cms', 'qof', 'quality']);
  const month = months[months.length - 1] ?? '';
  const rows: Row[] = definitions
    .filter((one) => one.disease === disease && one.belongs_to === set && one.spans.includes(span))
    .map((definition) => {
      const byMonth = inMonths(values.filter((one) => one.code === definition.code), months);
      return { definition, byMonth, value: byMonth[byMonth.length - 1] };
    });
  const asking = (row: Row): Asking => ({ code: row.definition.code, disease, scope, month, span });
  const table = (): void =>
    saveCsv(`indicators-${month}${span === 'year' ? '' : `-${span}`}.csv`, [
      [t('ind.code'), t('ind.indicator'), t('rates.numerator'), t('rates.denominator'), t('ind.notIn'), '%', t('ind.low'), t('ind.high'), t('ind.versionHead'), t('ind.dataUntil')],
      ...rows.map(({ definition, value }) => [
        definition.code, say(definition.title), value?.numerator, value?.denominator, value?.exclusions, value?.percent,
        value?.interval?.low, value?.interval?.high, value?.definition_version ?? definition.version, value?.as_of,
      ]),
    ]); // prettier-ignore
  return (
    <Card
      title={t('ind.all')}
      flush
      aside={
        <>
          <Filter label={t('ind.set')} param="set" codes={IndicatorSet} first />
          <Button size="compact-sm" variant="default" onClick={table}>
            {t('ind.csv')}
          </Button>
        </>
      }
    >
      <DataTable
        caption={t('ind.all')}
        rows={rows}
        rowKey={(row) => row.definition.code}
        onOpen={(row) => navigate(listAddress(asking(row), isClinic))}
        empty={t('ind.noneOfSet')}
        columns={[
          { head: t('ind.indicator'), cell: (row) => say(row.definition.title) },
          { head: t('ind.code'), cell: (row) => row.definition.code },
          { head: '%', number: true, cell: (row) => percentText(percentOf(row.value)) },
          { head: t('ind.range'), number: true, cell: (row) => intervalText(row.value?.interval ?? null) },
          {
            head: t(span === 'quarter' ? 'ind.quarterBefore' : 'ind.month'),
            number: true,
            cell: (row) => <Change points={changeIn(months, row.byMonth, span)} higherIsBetter={row.definition.direction === 'higher'} />,
          },
          { head: t('ind.counted'), number: true, cell: (row) => (row.value ? `${row.value.numerator}/${row.value.denominator}` : '—') },
          { head: t('ind.notIn'), number: true, cell: (row) => row.value?.exclusions ?? '—' },
          { head: t('ind.year'), cell: (row) => <Sparkline months={months} values={row.byMonth} /> },
          { head: t('ind.mark'), cell: (row) => <FewMark small={Boolean(row.value?.is_small && row.value.denominator > 0)} /> },
        ]}
      />
    </Card>
  );
}
