import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { useKeys } from '../../app/keys';
import { clinicToday, localMoment, shortDay } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable, focusedRow } from '../../kit/DataTable';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { More } from '../../kit/More';
import { Card, Page, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { CallResult, RecallSection } from '../../locales/codes';
import { glucoseText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import type { Schemas } from '../patient/data';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';
import { CallDialog } from './CallDialog';
import { EndDialog } from './EndDialog';
import { RecallCard } from './RecallCard';
import classes from './Recall.module.css';
import { type RecallItem, type Section, undoCall, useRecalls, useRecallSummary } from './recalls';

const SECTIONS = RecallSection.map((code) => code[0] as Section) as [Section, ...Section[]];

/** Whose visit is overdue: calling them, what came of it, and who came back. */
export default function RecallPage() {
  const words = usePageWords();
  const { t, name } = words;
  const { chosen } = useClinics();
  const queries = useQueryClient();
  const section = useOneOf('show', SECTIONS);
  const mayCall = useMay('visits.write');
  const query = useRecalls(chosen?.id, section);
  const summary = useRecallSummary(chosen?.id);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const picked = useUrl('open');
  const current = rows.find((one) => one.patient.id === picked) ?? rows[0];
  const [calling, setCalling] = useState<Schemas['PatientListed'] | null>(null);
  const [ending, setEnding] = useState<{ patient: Schemas['PatientListed']; reason: Schemas['EndReason'] } | null>(null);
  const mayEnd = useMay('people.write');

  const refresh = (): void => void queries.invalidateQueries({ queryKey: ['recalls'] });
  const here = (): RecallItem | undefined => rows.find((one) => one.patient.id === focusedRow()) ?? current;
  const call = (item: RecallItem | undefined): void => {
    if (mayCall && item) setCalling(item.patient);
  };
  useKeys({
    c: () => call(here()),
    f: () => {
      const item = here();
      if (mayCall && item) navigate(`/patients/${item.patient.id}/visit`);
    },
    p: () => print(),
  });

  function filed(patient: Schemas['PatientListed'], noted: Schemas['CallOut']): void {
    setCalling(null);
    refresh();
    if (noted.then && mayEnd) setEnding({ patient, reason: noted.then });
    notify(t('recall.filed', { name: patient.name, result: name(CallResult, noted.result) }), () => {
      undoCall(noted.id).then(
        () => {
          setEnding(null);
          refresh();
        },
        (error: unknown) => notify(refusal(error, words)),
      );
    });
  }

  return (
    <Page
      title={t('nav.recall')}
      aside={
        <Button size="compact-sm" variant="default" className={kit.noPrint} onClick={() => print()}>
          {t('kit.print')}
        </Button>
      }
    >
      <Asked query={summary} lines={2}>
        {(counts) => (
          <>
            <dl className={classes.figures}>
              <div>
                <dt>{t('recall.toRecall')}</dt>
                <dd>{counts.to_recall}</dd>
              </div>
              <div>
                <dt>{t('recall.called')}</dt>
                <dd>{counts.called}</dd>
              </div>
              <div>
                <dt>{t('recall.returned')}</dt>
                <dd>{counts.returned_percent === null ? '–' : `${Number(counts.returned_percent)} %`}</dd>
                <dd className="muted" style={{ fontSize: '0.8125rem', fontWeight: 400 }}>
                  {t('recall.returnedOf', { n: counts.returned_within_15_days, of: counts.called })}
                </dd>
              </div>
            </dl>
            <Switch
              label={t('recall.section')}
              options={SECTIONS.map((one) => [one, `${name(RecallSection, one)} ${counts.sections[one] ?? 0}`] as const)}
              value={section}
              onChange={(show) => goTo({ show, open: null })}
            />
          </>
        )}
      </Asked>
      <div className={classes.columns}>
        <Card title={name(RecallSection, section)} flush>
          <More<RecallItem> query={query}>
            {(shown) => <RecallTable rows={shown} section={section} onOpen={(one) => goTo({ open: one.patient.id })} />}
          </More>
        </Card>
        {current && <RecallCard key={current.patient.id} item={current} onCall={() => call(current)} onChanged={refresh} />}
      </div>
      {calling && <CallDialog patient={calling} onDone={(noted) => filed(calling, noted)} onClose={() => setCalling(null)} />}
      {ending && (
        <EndDialog
          {...ending}
          onDone={() => {
            setEnding(null);
            notify(t('form.saved'));
            refresh();
          }}
          onClose={() => setEnding(null)}
        />
      )}
    </Page>
  );
}

interface RecallTableProps {
  readonly rows: readonly RecallItem[];
  readonly section: Section;
  readonly onOpen: (item: RecallItem) => void;
}

function RecallTable({ rows, section, onOpen }: RecallTableProps) {
  const { t, name } = usePageWords();
  const today = clinicToday();
  return (
    <DataTable
      caption={name(RecallSection, section)}
      rows={rows}
      rowKey={(one) => one.patient.id}
      onOpen={onOpen}
      empty={t(section === 'to_call' ? 'recall.none' : 'recall.noneHere')}
      emptyNext={
        section !== 'to_call' && (
          <Button size="xs" onClick={() => goTo({ show: null, open: null })}>
            {t('recall.toList')}
          </Button>
        )
      }
      columns={[
        {
          head: t('col.person'),
          cell: ({ patient }) => (
            <span className={classes.name}>
              <strong>{patient.name}</strong>
              <span className="muted">{patient.phone ?? t('row.noPhone')}</span>
            </span>
          ),
        },
        { head: t('col.sexAge'), cell: ({ patient }) => `${t(`sex.${patient.sex}`)} ${t('row.age', { n: patient.age })}` },
        { head: t('recall.overdue'), number: true, cell: (one) => t('recall.days', { n: one.days_overdue }) },
        { head: t('recall.seen'), cell: (one) => one.last_seen_on ?? t('recall.never') },
        {
          head: t('col.bp'),
          number: true,
          cell: ({ last_blood_pressure: bp }) => (bp ? `${bp.sbp_mmhg}/${bp.dbp_mmhg}` : ''),
        },
        { head: t('col.glucose'), number: true, cell: (one) => (one.last_glucose ? glucoseText(one.last_glucose.mmol_l) : '') },
        {
          head: t('recall.last'),
          cell: (one) => (
            <>
              {one.called_today && <Tag tone="time">{t('recall.today')}</Tag>} {name(CallResult, one.last_result)}{' '}
              <span className="muted">{one.last_called_at && shortDay(localMoment(one.last_called_at), today)}</span>
            </>
          ),
        },
        { head: t('recall.remindOn'), cell: (one) => one.remind_on ?? '' },
      ]}
    />
  );
}
