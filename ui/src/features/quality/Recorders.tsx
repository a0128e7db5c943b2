import type { components } from '../../api/schema';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { usePageWords } from '../../locales/pages';
import classes from '../indicators/Indicators.module.css';
import { useMay } from '../session/session';
import { type Days, share, useRecorders } from './data';

type Recorder = components['schemas']['RecorderQuality'];

interface RecordersProps {
  readonly scope: string;
  readonly days: Days;
}

/** How pressures were measured by who wrote them down: to the clinic's manager of everybody, to others their own. */
export function Recorders({ scope, days }: RecordersProps) {
  const { t } = usePageWords();
  const ofAll = useMay('staff.read');
  const query = useRecorders(scope, days, ofAll);
  const title = t(ofAll ? 'qual.recorders' : 'qual.own');
  return (
    <Card title={title} flush>
      <Asked query={query} lines={4}>
        {({ items }) => (
          <>
            <Table title={title} items={items} />
            <p className={`${classes.note} muted`}>{t(ofAll ? 'qual.recordersHint' : 'qual.ownHint')}</p>
          </>
        )}
      </Asked>
    </Card>
  );
}

/** The measured kinds that the column shows, in its order. */
const SHOWN = ['pressure', 'weight', 'glucose'] as const;

const carriedOf = ({ entry }: Recorder): string =>
  SHOWN.map((kind) => {
    const found = entry.carried.find((one) => one.field === kind);
    return share(found?.same ?? 0, found?.comparable ?? 0);
  }).join(' / ');

/** The last digit that was written most, and its share of all of both limbs. */
function mostDigit({ last_digits }: Recorder): string {
  const all = last_digits.reduce((sum, count) => sum + count, 0);
  const most = last_digits.indexOf(Math.max(...last_digits));
  return all === 0 ? '—' : `${most} (${share(last_digits[most] ?? 0, all)})`;
}

function Table({ title, items }: { readonly title: string; readonly items: readonly Recorder[] }) {
  const { t } = usePageWords();
  return (
    <DataTable
      caption={title}
      rows={items}
      rowKey={(one) => one.recorder}
      empty={t('qual.noRecorders')}
      columns={[
        { head: t('qual.recorder'), cell: (one) => one.name ?? t('qual.system') },
        { head: t('qual.followups'), number: true, cell: (one) => one.followups },
        { head: t('qual.pressures'), number: true, cell: (one) => one.pressures },
        { head: t('qual.fromDevice'), number: true, cell: (one) => share(one.from_device, one.pressures) },
        { head: '130–139 : 140–149', number: true, cell: (one) => `${one.sbp_130_139} : ${one.sbp_140_149}` },
        { head: t('qual.digitColumn'), number: true, cell: mostDigit },
        { head: t('qual.carriedColumn'), number: true, cell: carriedOf },
        { head: t('qual.paceColumn'), number: true, cell: ({ entry }) => `${entry.per_minute ?? '—'} (n = ${entry.consecutive})` },
        {
          head: t('qual.fastColumn', { seconds: items[0]?.entry.fast_seconds ?? '' }),
          number: true,
          cell: ({ entry }) => share(entry.fast, entry.consecutive),
        },
        { head: t('qual.late'), number: true, cell: (one) => share(one.late, one.followups) },
        { head: t('qual.flags'), cell: (one) => <Flags one={one} /> },
      ]}
    />
  );
}

function Flags({ one }: { readonly one: Recorder }) {
  const { t, say } = usePageWords();
  if (one.pressures < one.enough) return <span className="muted">{t('qual.fewOf', { enough: one.enough })}</span>;
  if (one.flags.length === 0) return <span>{t('qual.fine')}</span>;
  return (
    <ul className={classes.reasons}>
      {one.flags.map((flag) => (
        <li key={flag.code}>
          <Tag tone="warn">{t('qual.look')}</Tag> {say(flag.text)}
        </li>
      ))}
    </ul>
  );
}
