import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';

import { api, dataOf } from '../../api/client';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { Card, Page, Pairs } from '../../kit/Page';
import { ImportKind, ImportState, RowVerdict } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import classes from './Imports.module.css';
import { type Import, isWorking, useImport, VERDICTS } from './imports';
import { Mapping } from './Mapping';
import { Rows } from './Rows';

const STEPS = ['unmapped', 'checking', 'checked', 'applying', 'done'] as const;

/** One import: where it stands, what becomes of its rows, and what is to be decided. */
export default function ImportPage() {
  const { t, name } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const query = useImport(id);
  return (
    <Page title={query.data ? `${t('imp.one')} · ${name(ImportKind, query.data.kind)}` : t('imp.one')} aside={<Link href="/imports">{t('imp.back')}</Link>}>
      <Asked query={query} lines={10}>
        {(run) => <Run run={run} />}
      </Asked>
    </Page>
  );
}

function Run({ run }: { readonly run: Import }) {
  const { t, name } = usePageWords();
  return (
    <>
      {run.state !== 'discarded' && (
        <ol className={classes.steps} aria-label={t('imp.progress')}>
          {STEPS.map((step) => (
            <li key={step} aria-current={step === run.state ? 'step' : undefined}>
              {name(ImportState, step)}
            </li>
          ))}
        </ol>
      )}
      <Standing run={run} />
      {run.remembered && run.state !== 'done' && run.state !== 'discarded' && (
        <p role="status" className={kit.hint}>
          ● {t('imp.remembered')}
        </p>
      )}
      {run.state === 'unmapped' && <Mapping key="mapping" run={run} />}
      {run.state === 'checked' && (
        <details className={classes.again}>
          <summary>{t('imp.mapAgain')}</summary>
          <Mapping run={run} />
        </details>
      )}
      {(run.state === 'checked' || run.state === 'done' || run.state === 'applying') && <Decision key={run.state} run={run} />}
    </>
  );
}

/** Progress, who, when. */
function Standing({ run }: { readonly run: Import }) {
  const { t, name } = usePageWords();
  const words = usePageWords();
  const queries = useQueryClient();
  const discard = useMutation({
    mutationFn: () => dataOf(api.POST('/v1/imports/{run_id}:discard', { params: { path: { run_id: run.id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['import', run.id] }),
  });
  const mayDiscard = run.state === 'unmapped' || run.state === 'checking' || run.state === 'checked';
  return (
    <Card
      title={name(ImportState, run.state)}
      aside={
        mayDiscard && (
          <Button size="compact-sm" variant="default" loading={discard.isPending} onClick={() => discard.mutate()}>
            {t('imp.discard')}
          </Button>
        )
      }
    >
      <div aria-live="polite">
        {isWorking(run) && (
          <p>
            <progress className={classes.bar} max={Math.max(1, run.lines)} value={run.done} aria-label={t('imp.progress')} />{' '}
            {t('imp.doneOf', { n: run.done, of: run.lines })}
          </p>
        )}
        {run.state === 'discarded' && <p>{t('imp.discarded')}</p>}
      </div>
      {discard.error && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(discard.error, words)}
        </p>
      )}
      <Pairs
        rows={[
          [t('imp.lines'), String(run.lines)],
          ...VERDICTS.filter((one) => run.counts[one]).map((one) => [name(RowVerdict, one), String(run.counts[one])] as const),
          [t('imp.madeAt'), localMoment(run.made_at)],
          ...(run.finished_at ? [[t('imp.finishedAt'), localMoment(run.finished_at)] as const] : []),
        ]}
      />
    </Card>
  );
}

/** The rows by what becomes of them; what is left out; storing the rest; the refused ones as a sheet. */
function Decision({ run }: { readonly run: Import }) {
  const words = usePageWords();
  const { t } = words;
  const queries = useQueryClient();
  const [skip, setSkip] = useState<ReadonlySet<number>>(new Set());
  const [skipLikely, setSkipLikely] = useState(true);
  const apply = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/v1/imports/{run_id}:apply', {
          params: { path: { run_id: run.id } },
          body: { skip: [...skip], skip_likely: skipLikely },
        }),
      ),
    onSuccess: (next) => queries.setQueryData(['import', run.id], next),
  });
  const isOpen = run.state === 'checked';
  const toggle = (number: number): void =>
    setSkip((before) => {
      const next = new Set(before);
      if (!next.delete(number)) next.add(number);
      return next;
    });
  return (
    <>
      <Rows run={run} skip={skip} onToggle={isOpen ? toggle : undefined} />
      <div className={kit.head}>
        {isOpen && (
          <>
            <Button loading={apply.isPending} disabled={!run.counts.new} onClick={() => apply.mutate()}>
              {t('imp.apply', { n: Math.max(0, (run.counts.new ?? 0) - skip.size) })}
            </Button>
            <label className={kit.choice}>
              <input type="checkbox" checked={skipLikely} onChange={() => setSkipLikely(!skipLikely)} />
              {t('imp.skipLikely')}
            </label>
          </>
        )}
        {Boolean(run.counts.refused) && (
          <a href={`/v1/imports/${run.id}/refused`} download>
            {t('imp.refusedFile', { n: run.counts.refused ?? 0 })}
          </a>
        )}
      </div>
      {apply.error && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(apply.error, words)}
        </p>
      )}
    </>
  );
}
