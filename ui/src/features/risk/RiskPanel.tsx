import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import { Notice } from '../../components/Notice';
import { clinicToday, localMoment, plusDays } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { Card, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { BandShown, InputSource, RiskLevel } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useActorName } from '../session/actor';
import { type Place, Source } from '../patient/Source';
import { useMay } from '../session/session';
import { AnswerCard, ModelCard, Words } from './AnswerCard';
import { type Schemas, shareText, toneOfBand, useRisk } from './data';
import classes from './Risk.module.css';

/** Why a person stands in their band: numbers, what raises them, what is missing, what a doctor said, and how it came. */
export default function RiskPanel({ id }: { readonly id: string }) {
  const { t } = usePageWords();
  const query = useRisk(id);
  return (
    <Asked query={query} lines={14}>
      {({ risk, version }) => (
        <div className={classes.columns}>
          <div className={classes.column}>
            <Standing id={id} risk={risk} version={version} />
            {risk.score === null && <Notice title={t('risk.notYet')} hint={t('risk.notYetHint')} />}
            {risk.score?.answers
              .filter((answer) => answer.value !== null)
              .map((answer) => <AnswerCard key={answer.question} answer={answer} />)}
            {risk.score && <NotYet answers={risk.score.answers.filter((answer) => answer.value === null)} />}
          </div>
          <div className={classes.column}>
            {risk.score && (
              <>
                {risk.score.models.map((model) => (
                  <ModelCard key={`${model.task}${model.horizon_years}`} model={model} />
                ))}
                <Inputs score={risk.score} />
                <Due due={risk.score.due} />
              </>
            )}
            <Overrides overrides={risk.overrides} />
            <History history={risk.history} />
          </div>
        </div>
      )}
    </Asked>
  );
}

interface StandingProps {
  readonly id: string;
  readonly risk: Schemas['RiskOut'];
  readonly version: string | null;
}

function Standing({ id, risk, version }: StandingProps) {
  const { t, say, name } = usePageWords();
  const mayOverride = useMay('risk.override');
  const [setting, setSetting] = useState(false);
  return (
    <Card
      title={t('risk.title')}
      aside={
        mayOverride &&
        risk.score && (
          <Button size="compact-sm" variant="default" onClick={() => setSetting(true)}>
            {t('risk.setBand')}
          </Button>
        )
      }
    >
      <div className={classes.figure}>
        <Tag tone={toneOfBand(risk.band)}>{risk.band_text ? say(risk.band_text) : t('risk.noBand')}</Tag>
        <span className="muted">{name(BandShown, risk.band_by)}</span>
        <strong>{say(risk.priority_text)}</strong>
      </div>
      <Pairs
        rows={[
          ...(risk.band_by === 'doctor' ? [[t('risk.computed'), name(RiskLevel, risk.computed_band) || t('risk.noBand')] as const] : []),
          ...(risk.score
            ? [
                [t('risk.scoredAt'), `${localMoment(risk.score.scored_at)} · ${t('rates.asOf', { date: risk.score.as_of })}`] as const,
                [t('risk.madeBy'), `${risk.score.equations} · ${risk.score.release}`] as const,
              ]
            : []),
        ]}
      />
      <p className="muted">{t('risk.otherScale')}</p>
      {risk.score && <Words title={t('risk.reasons')} items={risk.score.reasons.map((one) => `${say(one.text)} (${one.rule})`)} />}
      {setting && <SetBand id={id} version={version} hasDoctors={risk.band_by === 'doctor'} onClose={() => setSetting(false)} />}
    </Card>
  );
}

const GIVE_BACK = 'computed';
const HALF_A_YEAR = 182;

interface SetBandProps {
  readonly id: string;
  readonly version: string | null;
  readonly hasDoctors: boolean;
  readonly onClose: () => void;
}

/** A doctor's band with its reason and its end; or the computed one back. It is made on what was seen. */
function SetBand({ id, version, hasDoctors, onClose }: SetBandProps) {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const bands = hasDoctors ? [...RiskLevel, [GIVE_BACK, t('risk.giveBack'), t('risk.giveBack')] as const] : RiskLevel;
  const fields: readonly Field[] = [
    { name: 'band', label: 'risk.band', kind: 'code', codes: bands, required: true, wide: true },
    { name: 'until', label: 'risk.until', kind: 'date', required: true, when: (draft) => draft['band'] !== GIVE_BACK },
    { name: 'reason', label: 'risk.reason', kind: 'area', required: true, maxLength: 500 },
  ];
  return (
    <FormDialog
      title={t('risk.setBand')}
      submit={t('form.save')}
      draftKey={`risk-${id}`}
      fields={fields}
      initial={{ until: plusDays(clinicToday(), HALF_A_YEAR) }}
      send={({ band, ...rest }) =>
        dataOf(
          api.POST('/v1/patients/{patient_id}/risk/override', {
            params: { path: { patient_id: id }, header: version ? { 'if-match': version } : {} },
            body: { ...rest, ...(band === GIVE_BACK ? {} : { band: Number(band) }) } as unknown as Schemas['RiskOverrideIn'],
          }),
        )
      }
      onDone={() => {
        notify(t('form.saved'));
        void queries.invalidateQueries({ queryKey: ['risk', id] });
        onClose();
      }}
      onClose={onClose}
    />
  );
}

/** What has no number, and what it would take. */
function NotYet({ answers }: { readonly answers: readonly Schemas['RiskAnswerOut'][] }) {
  const { t, say } = usePageWords();
  if (answers.length === 0) return null;
  return (
    <Card title={t('risk.without')} flush>
      <DataTable
        caption={t('risk.without')}
        rows={answers}
        rowKey={(answer) => answer.question}
        empty=""
        columns={[
          { head: t('model.question'), cell: (answer) => say(answer.text) },
          { head: t('def.why'), cell: (answer) => say(answer.why) },
          { head: t('risk.missing'), cell: (answer) => answer.missing.map((one) => say(one.text)).join(' · ') },
        ]}
      />
    </Card>
  );
}

const PARTS: Readonly<Partial<Record<Schemas['InputSource'], string>>> = {
  person: 'person', registration: 'person', visits: 'visits', form: 'visits', lifestyle: 'timeline', examination: 'timeline',
  body: 'timeline', family: 'timeline', hospital: 'timeline', diagnoses: 'diagnoses', medicines: 'medicines',
  creatinine: 'labs',
}; // prettier-ignore

/** Where the record stands that an input was read from; null for what no record says, such as the region. */
function sourceOf({ source, on }: Schemas['RiskInputOut']): Place | null {
  if (source === 'office') return { show: 'readings', act: 'blood_pressure', to: on };
  if (source === 'laboratory') return { show: 'labs' };
  const show = PARTS[source];
  return show === undefined ? null : { show };
}

/** All that the score was made of; the day and the source of each. */
function Inputs({ score }: { readonly score: Schemas['RiskScoreOut'] }) {
  const { t, say, name } = usePageWords();
  const valueOf = (one: Schemas['RiskInputOut']): string =>
    one.unit === '' ? t(one.value === 1 ? 'risk.yes' : 'risk.no') : `${Number(one.value.toFixed(2))} ${say(one.unit_text)}`;
  return (
    <Card title={t('risk.inputs')} flush>
      <DataTable
        caption={t('risk.inputs')}
        rows={score.inputs}
        rowKey={(one) => one.variable}
        empty={t('risk.noInputs')}
        columns={[
          { head: t('risk.input'), cell: (one) => say(one.text) },
          {
            head: t('rule.value'),
            number: true,
            cell: (one) => {
              const place = sourceOf(one);
              const shown = <span className={classes.whole}>{valueOf(one)}</span>;
              return place ? <Source to={place}>{shown}</Source> : shown;
            },
          },
          { head: t('risk.on'), cell: (one) => <span className={classes.whole}>{one.on ?? '—'}</span> },
          { head: t('risk.source'), cell: (one) => name(InputSource, one.source) },
        ]}
      />
    </Card>
  );
}

function Due({ due }: { readonly due: readonly Schemas['RiskDueOut'][] }) {
  const { t, say } = usePageWords();
  if (due.length === 0) return null;
  return (
    <Card title={t('risk.due')}>
      <ul className={classes.list}>
        {due.map((one) => (
          <li key={one.item}>
            {say(one.text)} <span className="muted">{one.by_on}</span> {one.refer && <Tag tone="time">{t('risk.refer')}</Tag>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Overrides({ overrides }: { readonly overrides: readonly Schemas['RiskOverrideOut'][] }) {
  const { t, name } = usePageWords();
  const who = useActorName();
  if (overrides.length === 0) return null;
  return (
    <Card title={t('risk.overrides')} flush>
      <DataTable
        caption={t('risk.overrides')}
        rows={overrides}
        rowKey={(one) => one.id}
        empty=""
        columns={[
          { head: t('risk.on'), cell: (one) => one.set_on },
          { head: t('risk.band'), cell: (one) => name(RiskLevel, one.band) || t('risk.giveBack') },
          { head: t('risk.until'), cell: (one) => one.until ?? '—' },
          { head: t('risk.reason'), cell: (one) => one.reason },
          { head: t('risk.who'), cell: (one) => who(one.actor) },
        ]}
      />
    </Card>
  );
}

function History({ history }: { readonly history: readonly Schemas['RiskHistoryOut'][] }) {
  const { t, say, name } = usePageWords();
  return (
    <Card title={t('risk.history')} flush>
      <DataTable
        caption={t('risk.history')}
        rows={history}
        rowKey={(one) => one.id}
        empty={t('risk.noHistory')}
        columns={[
          { head: t('risk.on'), cell: (one) => one.as_of },
          { head: t('risk.band'), cell: (one) => name(RiskLevel, one.band) || t('risk.noBand') },
          { head: t('risk.cvd'), number: true, cell: (one) => shareText(one.cvd) },
          { head: t('risk.equation'), cell: (one) => (one.title ? say(one.title) : '—') },
        ]}
      />
    </Card>
  );
}
