import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';

import { Link } from '../../kit/Link';
import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { Asked } from '../../kit/Asked';
import { Dialog } from '../../kit/Dialog';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { Card, Page, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { Likeness } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useClinicName } from '../patients/columns';
import { useMay } from '../session/session';
import { useDismiss, useMerge } from './merging';
import { linesOf } from './sides';

type Pair = components['schemas']['PairPreview'];

export default function PairPage() {
  const { t } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const query = useQuery({
    queryKey: ['duplicate', id],
    queryFn: () => dataOf(api.GET('/v1/duplicates/{pair_id}', { params: { path: { pair_id: id } } })),
  });
  return (
    <Page title={t('dup.compare')} aside={<Link href="/duplicates">{t('dup.back')}</Link>}>
      <Asked query={query}>{(pair) => <Comparison pair={pair} />}</Asked>
    </Page>
  );
}

function Comparison({ pair }: { readonly pair: Pair }) {
  const words = usePageWords();
  const { t, say, name } = words;
  const [survivor, setSurvivor] = useState<'one' | 'other'>('one');
  const [sure, setSure] = useState(false);
  const may = useMay('people.merge');
  const dismiss = useDismiss();
  const lines = linesOf(pair.one.record, pair.other.record, useClinicName(), words);
  return (
    <Card
      title={`${name(Likeness, pair.likeness)} ${pair.score}`}
      aside={<span className="muted">{pair.points.map((point) => say(point)).join(' · ')}</span>}
    >
      <div className={kit.scroll}>
        <table className={kit.table}>
          <caption className="sr-only">{t('dup.compare')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('dup.item')}</th>
              <th scope="col">
                {t('dup.one')} <Link href={`/patients/${pair.one.record.id}`}>{t('dup.open')}</Link>
              </th>
              <th scope="col">
                {t('dup.other')} <Link href={`/patients/${pair.other.record.id}`}>{t('dup.open')}</Link>
              </th>
              <th scope="col">{t('dup.agrees')}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.label}>
                <th scope="row">{line.label}</th>
                <td>{line.one || '–'}</td>
                <td>{line.other || '–'}</td>
                <td>
                  {line.one === line.other ? (
                    <Tag tone="good">{t('dup.same')}</Tag>
                  ) : (
                    <Tag tone="warn">{t('dup.differs')}</Tag>
                  )}
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">{t('dup.rows')}</th>
              <td>{countOf(pair.one.rows)}</td>
              <td>{countOf(pair.other.rows)}</td>
              <td />
            </tr>
          </tbody>
        </table>
      </div>
      {may ? (
        <div className={kit.head} style={{ paddingTop: '0.75rem' }}>
          <Switch
            label={t('dup.survivor')}
            options={[
              ['one', t('dup.keepOne')],
              ['other', t('dup.keepOther')],
            ]}
            value={survivor}
            onChange={setSurvivor}
          />
          <Button size="xs" onClick={() => setSure(true)}>
            {t('dup.merge')}
          </Button>
          <Button size="xs" variant="default" loading={dismiss.isPending} onClick={() => dismiss.mutate(pair.id)}>
            {t('dup.dismiss')}
          </Button>
          {dismiss.isError && <span className={kit.fault}>▲ {refusal(dismiss.error, words)}</span>}
        </div>
      ) : (
        <p className="muted">{t('dup.mayNot')}</p>
      )}
      {sure && <Sure pair={pair} survivor={survivor} onClose={() => setSure(false)} />}
    </Card>
  );
}

const countOf = (rows: Pair['one']['rows']): number => Object.values(rows).reduce((sum, each) => sum + each, 0);

interface SureProps {
  readonly pair: Pair;
  readonly survivor: 'one' | 'other';
  readonly onClose: () => void;
}

/** What will move, before it does. */
function Sure({ pair, survivor, onClose }: SureProps) {
  const words = usePageWords();
  const { t } = words;
  const merge = useMerge();
  const [stays, goes] = survivor === 'one' ? [pair.one, pair.other] : [pair.other, pair.one];
  return (
    <Dialog title={t('dup.merge')} onClose={onClose}>
      <p>{t('dup.preview', { stays: stays.record.name, goes: goes.record.name, n: countOf(goes.rows) })}</p>
      <ul>
        {Object.entries(goes.rows)
          .filter(([, count]) => count > 0)
          .map(([table, count]) => (
            <li key={table}>{`${words.has(`table.${table}`) ? t(`table.${table}` as 'table.followup') : table} ${count}`}</li>
          ))}
      </ul>
      <p className="muted">{t('dup.reversible')}</p>
      {merge.isError && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(merge.error, words)}
        </p>
      )}
      <div className={kit.line}>
        <Button
          loading={merge.isPending}
          onClick={() => merge.mutate({ survivor_id: stays.record.id, merged_id: goes.record.id })}
        >
          {t('dup.mergeNow')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('kit.close')}
        </Button>
      </div>
    </Dialog>
  );
}
