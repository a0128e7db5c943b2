import type { components } from '../../api/schema';
import { DataTable } from '../../kit/DataTable';
import { Card, Pairs } from '../../kit/Page';
import { CarriedField } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { share } from './data';

type Entry = components['schemas']['EntryOut'];

/** How visits were entered, with the definitions beside the numbers: how fast, and how much is as the time before. */
export function EntryCard({ entry }: { readonly entry: Entry }) {
  const { t, name } = usePageWords();
  const { consecutive: n, per_minute: rate, median_seconds: median, fast, fast_seconds: seconds } = entry;
  const pace = rate === null || median === null ? t('qual.paceNone', { n }) : t('qual.paceOf', { rate, median, n });
  return (
    <Card title={t('qual.entry')}>
      <p className="muted">{t('qual.entryHint')}</p>
      <Pairs
        rows={[
          [t('qual.pace'), pace],
          [t('qual.fast', { seconds }), t('qual.shareOf', { n: fast, d: n, share: share(fast, n) })],
        ]}
      />
      <p className="muted">{t('qual.paceWords', { minutes: entry.pause_minutes })}</p>
      <DataTable
        caption={t('qual.carried')}
        rows={entry.carried}
        rowKey={(one) => one.field}
        empty={t('qual.none')}
        columns={[
          {
            head: t('qual.carriedKind'),
            cell: (one) => (
              <>
                {name(CarriedField, one.field)} {one.is_offered && <span className="muted">{t('qual.offered')}</span>}
              </>
            ),
          },
          { head: t('qual.carried'), number: true, cell: (one) => share(one.same, one.comparable) },
          { head: t('qual.carriedSame'), number: true, cell: (one) => one.same },
          { head: t('qual.carriedOf'), number: true, cell: (one) => one.comparable },
        ]}
      />
      <p className="muted">{t('qual.carriedWords')}</p>
    </Card>
  );
}
