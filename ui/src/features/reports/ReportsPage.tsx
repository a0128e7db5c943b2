import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';

import { api, dataOf } from '../../api/client';
import { Notice } from '../../components/Notice';
import type { Organisation } from '../../api/types';
import { clinicToday, monthOf, monthsUpTo, shiftMonth } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { Card, Page } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { ReportState } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';
import classes from '../indicators/Indicators.module.css';
import { useOverseen } from '../indicators/place';
import { useActorName } from '../session/actor';
import { useMay } from '../session/session';
import { monthOfReport, REPORT_TONES, type Schemas, useReports } from './data';

/** Reports of a place: each a month's numbers as they were, in versions that nobody can change. */
export default function ReportsPage() {
  const { t, say } = usePageWords();
  const { query, organisations, oversees, place } = useOverseen();
  const mayPublish = useMay('reports.publish');
  const [publishing, setPublishing] = useState(false);
  const choices = organisations.filter(oversees);
  return (
    <Page
      title={place ? t('rep.titleOf', { name: say(place.name) }) : t('nav.reports')}
      aside={
        <>
          {choices.length > 1 && place && (
            <label>
              <span className="muted">{t('rep.place')} </span>
              <select className={classes.select} value={place.id} onChange={(event) => goTo({ place: event.currentTarget.value })}>
                {choices.map((one) => (
                  <option key={one.id} value={one.id}>
                    {say(one.name)}
                  </option>
                ))}
              </select>
            </label>
          )}
          {mayPublish && place && (
            <Button size="xs" onClick={() => setPublishing(true)}>
              {t('rep.publish')}
            </Button>
          )}
        </>
      }
    >
      <Asked query={query}>
        {() => (place ? <Reports place={place} /> : <Notice title={t('state.noClinics')} hint={t('state.noClinicsHint')} />)}
      </Asked>
      {publishing && place && <Publish place={place} onClose={() => setPublishing(false)} />}
    </Page>
  );
}

function Reports({ place }: { readonly place: Organisation }) {
  const { t, name } = usePageWords();
  const [, navigate] = useLocation();
  const reports = useReports(place.id);
  const who = useActorName(reports.data?.names);
  return (
    <Card title={t('rep.list')} flush>
      <Asked query={reports}>
        {({ items }) => (
          <DataTable
            caption={t('rep.list')}
            rows={items}
            rowKey={(one) => one.id}
            onOpen={(one) => navigate(`/reports/${one.id}`)}
            empty={t('rep.none')}
            emptyNext={<p className="muted">{t('rep.noneHint')}</p>}
            columns={[
              { head: t('rates.period'), cell: monthOfReport },
              { head: t('rep.version'), number: true, cell: (one) => one.version },
              { head: t('fact.state'), cell: (one) => <Tag tone={REPORT_TONES[one.state]}>{name(ReportState, one.state)}</Tag> },
              { head: t('rep.by'), cell: (one) => who(one.proposed_by) },
              { head: t('rep.second'), cell: (one) => who(one.approved_by ?? one.refused_by) },
              { head: t('rep.reason'), cell: (one) => one.reason ?? '' },
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}

const CHOICES = 13;

/** Freeze a month that is over; what was published already needs a reason, and a region's waits for a second person. */
function Publish({ place, onClose }: { readonly place: Organisation; readonly onClose: () => void }) {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const last = shiftMonth(monthOf(clinicToday()), -1);
  const fields = useMemo<readonly Field[]>(
    () => [
      { name: 'month', label: 'rep.month', kind: 'pick', required: true, codes: [...monthsUpTo(last, CHOICES)].reverse().map((month) => [month, month, month] as const) },
      { name: 'reason', label: 'rep.reason', kind: 'area', maxLength: 500, hint: 'rep.reasonHint' },
    ],
    [last],
  );
  return (
    <FormDialog
      title={t('rep.publish')}
      submit={t('rep.freeze')}
      draftKey={`report-${place.id}`}
      fields={fields}
      initial={{ month: last }}
      send={(body) => dataOf(api.POST('/v1/indicator-reports', { body: { ...body, organisation_id: place.id } as unknown as Schemas['ReportIn'] }))}
      onDone={(made) => {
        notify(t(made.state === 'proposed' ? 'rep.proposed' : 'rep.published'));
        void queries.invalidateQueries({ queryKey: ['reports'] });
        navigate(`/reports/${made.id}`);
      }}
      onClose={onClose}
    >
      <p className="muted">{t(place.kind === 'region' ? 'rep.needsSecond' : 'rep.forGood')}</p>
    </FormDialog>
  );
}
