import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';

import { api, dataOf } from '../../api/client';
import { useKeys } from '../../app/keys';
import { clinicToday, localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card, Page } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { Mode } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useActorName } from '../session/actor';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';
import { type Schemas, useRiskModels } from './data';
import classes from './Risk.module.css';

/** Published equations and trained models in force, and how each region uses the models. */
export default function ModelsPage() {
  const { t } = usePageWords();
  const query = useRiskModels();
  useKeys({ p: () => print() });
  return (
    <Page title={t('nav.models')} aside={<Link href="/risk">{t('nav.risk')}</Link>}>
      <Asked query={query} lines={14}>
        {(found) => (
          <>
            {found.regions.map((region) => (
              <Region key={region.region_id} region={region} release={found.release} />
            ))}
            <Equations found={found} />
            <Models found={found} />
            <Card title={t('model.card')}>
              <details>
                <summary>{t('model.cardOpen', { release: found.release })}</summary>
                <pre className={classes.card}>{found.card}</pre>
              </details>
            </Card>
          </>
        )}
      </Asked>
    </Page>
  );
}

/** How a region uses the models, and the decisions that led there: showing takes two people, shadow one. */
function Region({ region, release }: { readonly region: Schemas['RiskRegionMode']; readonly release: string }) {
  const { t, say, name } = usePageWords();
  const { organisations } = useClinics();
  const may = useMay('models.switch');
  const who = useActorName();
  const [asking, setAsking] = useState(false);
  const place = organisations.find((one) => one.id === region.region_id);
  return (
    <Card
      title={t('model.regionOf', { name: place ? say(place.name) : '' })}
      aside={
        <>
          <Tag tone={region.mode === 'shown' ? 'good' : 'plain'}>{say(region.mode_text)}</Tag>
          {may && (
            <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>
              {t('model.change')}
            </Button>
          )}
        </>
      }
    >
      <p className="muted">{t(region.mode === 'shown' ? 'model.shownHint' : 'model.shadowHint')}</p>
      <DataTable
        caption={t('model.decisions')}
        rows={region.decisions}
        rowKey={(one) => one.id}
        empty={t('model.noDecisions')}
        columns={[
          { head: t('model.askedAt'), cell: (one) => localMoment(one.asked_at) },
          { head: t('model.mode'), cell: (one) => name(Mode, one.mode) },
          { head: t('model.release'), cell: (one) => one.release },
          { head: t('model.startsOn'), cell: (one) => one.starts_on },
          { head: t('rep.by'), cell: (one) => who(one.asked_by) },
          { head: t('rep.second'), cell: (one) => <Confirmed decision={one} may={may} release={release} /> },
          { head: t('model.reason'), cell: (one) => one.reason },
        ]}
      />
      {asking && <Ask region={region} onClose={() => setAsking(false)} />}
    </Card>
  );
}

/** Who confirmed, or the button of the second person. */
function Confirmed({ decision, may, release }: { readonly decision: Schemas['RiskSwitchOut']; readonly may: boolean; readonly release: string }) {
  const words = usePageWords();
  const { t } = words;
  const who = useActorName();
  const queries = useQueryClient();
  const confirm = useMutation({
    mutationFn: () => dataOf(api.POST('/v1/risk/switches/{switch_id}:confirm', { params: { path: { switch_id: decision.id } } })),
    onSuccess: () => {
      notify(t('model.confirmed'));
      void queries.invalidateQueries({ queryKey: ['risk-models'] });
    },
  });
  if (decision.confirmed_by) return who(decision.confirmed_by);
  if (decision.mode === 'shadow') return '—';
  if (!may || decision.release !== release) return t('model.waits');
  return (
    <>
      <Button size="compact-sm" loading={confirm.isPending} onClick={() => confirm.mutate()}>
        {t('model.confirm')}
      </Button>
      {confirm.error && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(confirm.error, words)}
        </p>
      )}
    </>
  );
}

function Ask({ region, onClose }: { readonly region: Schemas['RiskRegionMode']; readonly onClose: () => void }) {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const fields: readonly Field[] = [
    { name: 'mode', label: 'model.mode', kind: 'code', codes: Mode, required: true, wide: true },
    { name: 'starts_on', label: 'model.startsOn', kind: 'date', when: (draft) => draft['mode'] === 'shown' },
    { name: 'reason', label: 'model.reason', kind: 'area', required: true, maxLength: 500 },
  ];
  return (
    <FormDialog
      title={t('model.change')}
      submit={t('model.ask')}
      draftKey={`switch-${region.region_id}`}
      fields={fields}
      initial={{ mode: region.mode === 'shown' ? 'shadow' : 'shown', starts_on: clinicToday() }}
      send={(body) => dataOf(api.POST('/v1/risk/switches', { body: { ...body, region_id: region.region_id } as unknown as Schemas['RiskSwitchIn'] }))}
      onDone={() => {
        notify(t('model.asked'));
        void queries.invalidateQueries({ queryKey: ['risk-models'] });
        onClose();
      }}
      onClose={onClose}
    >
      <p className="muted">{t('model.twoPeople')}</p>
    </FormDialog>
  );
}

function Horizon({ years, none }: { readonly years: number | null; readonly none: string }) {
  const { t } = usePageWords();
  return <span className={classes.whole}>{years === null ? none : t('risk.within', { n: years })}</span>;
}

function Equations({ found }: { readonly found: Schemas['RiskModels'] }) {
  const { t, say } = usePageWords();
  return (
    <Card title={t('model.equations')} flush aside={<span className="muted">{found.equations_version}</span>}>
      <DataTable
        caption={t('model.equations')}
        rows={found.equations}
        rowKey={(one) => `${one.question}${one.equation}${one.horizon_years}`}
        empty={t('risk.none')}
        columns={[
          { head: t('model.question'), cell: (one) => say(one.question_text) },
          { head: t('risk.equation'), cell: (one) => <span title={one.source}>{say(one.title)}</span> },
          { head: t('risk.horizon'), cell: (one) => <Horizon years={one.horizon_years} none="—" /> },
          { head: t('risk.population'), cell: (one) => say(one.population) },
          { head: t('risk.why'), cell: (one) => say(one.why) },
          { head: t('risk.caveats'), cell: (one) => (one.caveat ? say(one.caveat) : '') },
        ]}
      />
    </Card>
  );
}

function Models({ found }: { readonly found: Schemas['RiskModels'] }) {
  const { t, say } = usePageWords();
  return (
    <Card title={t('model.models')} flush aside={<span className="muted">{found.release}</span>}>
      <DataTable
        caption={t('model.models')}
        rows={found.models}
        rowKey={(one) => one.id}
        empty={t('risk.none')}
        columns={[
          { head: t('model.question'), cell: (one) => say(one.text) },
          { head: t('risk.horizon'), cell: (one) => <Horizon years={one.horizon_years} none={t('model.now')} /> },
          { head: t('risk.tier'), cell: (one) => say(one.tier_text) },
          { head: t('risk.population'), cell: (one) => say(one.population) },
          {
            head: t('model.level'),
            cell: (one) =>
              one.level ? (
                `${say(one.level.basis_text)} · ${one.level.people}/${one.level.events} · ${one.level.on}`
              ) : (
                <Tag tone="plain">{t('model.notLocal')}</Tag>
              ),
          },
          { head: t('risk.caveats'), cell: (one) => say(one.caveat) },
        ]}
      />
    </Card>
  );
}
