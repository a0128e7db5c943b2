import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { type Column, DataTable } from '../../kit/DataTable';
import type { Draft } from '../../kit/drafts';
import { Filter } from '../../kit/Filter';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { type PageWords, usePageWords } from '../../locales/pages';
import { useUrl } from '../../url';
import { useMay } from '../session/session';
import { CorrectDialog } from './CorrectDialog';
import { addFact, type Fact, type FactKind, factsOf } from './facts';
import classes from './Patient.module.css';

interface FactsCardProps {
  readonly id: string;
  readonly kind: FactKind;
  /** What is told below the form while it is filled in. */
  readonly advice?: (draft: Draft) => ReactNode;
  readonly onAdded?: (answer: unknown) => void;
}

/** The facts of one kind: as they stand, or with all that was replaced; adding one, correcting one. */
export function FactsCard({ id, kind, advice, onAdded }: FactsCardProps) {
  const words = usePageWords();
  const { t } = words;
  const queries = useQueryClient();
  const [history, setHistory] = useState(false);
  const [adding, setAdding] = useState(false);
  const [correcting, setCorrecting] = useState<Fact | null>(null);
  const mayWrite = useMay('visits.write');
  const { narrow } = kind;
  const code = useUrl('code');
  const query = useQuery({
    queryKey: ['patient', id, kind.path, history],
    queryFn: () => factsOf(kind, id, history),
  });
  const isNew = (answer: unknown) => {
    setAdding(false);
    setCorrecting(null);
    void queries.invalidateQueries({ queryKey: ['patient', id] });
    if (onAdded) onAdded(answer);
    else notify(t('form.saved'));
  };
  const add = mayWrite && (
    <Button size="compact-sm" onClick={() => setAdding(true)}>
      {t('fact.add')}
    </Button>
  );
  return (
    <Card
      title={t(kind.title)}
      flush
      aside={
        <>
          {kind.narrow && <Filter label={t(kind.narrow.label)} param="code" codes={kind.narrow.codes} />}
          <label className={kit.line}>
            <input type="checkbox" checked={history} onChange={(event) => setHistory(event.currentTarget.checked)} />
            {t('fact.history')}
          </label>
          {add}
        </>
      }
    >
      <Asked query={query}>
        {(facts) => (
          <DataTable
            caption={t(kind.title)}
            rows={narrow && code ? facts.filter((fact) => fact[narrow.name] === code) : facts}
            rowKey={(fact) => fact.version}
            empty={t('fact.none')}
            emptyNext={add}
            columns={columnsOf(kind, words, history, mayWrite ? setCorrecting : null)}
          />
        )}
      </Asked>
      {adding && (
        <FormDialog
          title={`${t('fact.add')} · ${t(kind.title)}`}
          submit={t('form.save')}
          draftKey={`fact:${id}:${kind.path}`}
          fields={kind.fields}
          initial={kind.initial}
          send={(body) => addFact(kind, id, body)}
          onDone={isNew}
          onClose={() => setAdding(false)}
        >
          {advice}
        </FormDialog>
      )}
      {correcting && (
        <CorrectDialog id={id} kind={kind} fact={correcting} onDone={isNew} onClose={() => setCorrecting(null)} />
      )}
    </Card>
  );
}

function columnsOf(
  kind: FactKind, words: PageWords, history: boolean, onCorrect: ((fact: Fact) => void) | null,
): readonly Column<Fact>[] {
  const { t } = words;
  const cells: Column<Fact>[] = [
    { head: t('fact.on'), cell: (fact) => <span className={fact.retracted ? classes.gone : undefined}>{fact.on}</span> },
    ...kind.columns.map(({ head, number, cell }) => ({
      head: t(head),
      number: number ?? false,
      cell: (fact: Fact) => cell(fact, words),
    })),
    { head: t('fact.recorded'), cell: (fact) => localMoment(fact.recorded_at) },
  ];
  if (history) {
    cells.push(
      {
        head: t('fact.state'),
        cell: (fact) =>
          fact.retracted ? (
            <Tag tone="ended">{t('fact.retracted')}</Tag>
          ) : fact.replaces ? (
            <Tag tone="plain">{t('fact.corrected')}</Tag>
          ) : (
            t('fact.first')
          ),
      },
      { head: t('form.reason'), cell: (fact) => fact.reason ?? '' },
    );
  } else if (onCorrect) {
    cells.push({
      head: t('fact.change'),
      cell: (fact) =>
        fact.derived_from ? (
          <span className="muted">{t('fact.derived')}</span>
        ) : (
          <Button size="compact-xs" variant="default" onClick={() => onCorrect(fact)}>
            {t('fact.correct')}
          </Button>
        ),
    });
  }
  return cells;
} // prettier-ignore
