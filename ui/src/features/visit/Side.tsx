import type { ReactNode } from 'react';

import { clinicToday, shortDay } from '../../dates';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import { Judgement } from './Judgement';
import type { VisitEditing } from './useVisit';
import classes from './Visit.module.css';

interface SideProps {
  readonly judged: VisitEditing['assessment']['data'];
  readonly error: Error | null;
  readonly children?: ReactNode;
}

/** What the rules say to what is typed so far. */
export function Side({ judged, error, children }: SideProps) {
  const words = usePageWords();
  const { t } = words;
  return (
    <aside className={classes.side} aria-label={t('visit.judgement')} tabIndex={0}>
      <Card title={t('visit.judgement')}>
        <div aria-live="polite" className={classes.judgements}>
          {error && <p className={kit.fault}>▲ {refusal(error, words)}</p>}
          {!judged && !error && <p className="muted">{t('visit.judgementHint')}</p>}
          {judged?.judgements.map((one) => <Judgement key={one.disease} judgement={one} />)}
        </div>
      </Card>
      {children}
    </aside>
  );
}

const SHOWN = ['heart_rate_bpm', 'weight_kg', 'fasting_glucose_mmol_l'] as const;

/** What was measured at the last six visits. */
export function LastSix({ previous }: { readonly previous: readonly Schemas['PreviousVisit'][] }) {
  const { t } = usePageWords();
  const today = clinicToday();
  const said = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
  if (previous.length === 0) {
    return (
      <Card title={t('visit.lastSix')}>
        <p className="muted">{t('visit.none')}</p>
      </Card>
    );
  }
  return (
    <Card title={t('visit.lastSix')} flush>
      <table className={`${kit.table} ${classes.last}`}>
        <caption className="sr-only">{t('visit.lastSix')}</caption>
        <thead>
          <tr>
            {(['fact.on', 'visit.lastBp', 'visit.lastPulse', 'visit.lastWeight', 'visit.lastFasting'] as const).map((head) => (
              <th key={head} scope="col">
                {t(head)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {previous.map(({ encounter_id, visited_on, measured }) => (
            <tr key={encounter_id}>
              <th scope="row" title={visited_on}>
                {shortDay(visited_on, today)}
              </th>
              <td className={kit.number}>
                {measured['sbp_mmhg'] === undefined ? '' : `${said(measured['sbp_mmhg'])}/${said(measured['dbp_mmhg'])}`}
              </td>
              {SHOWN.map((name) => (
                <td key={name} className={kit.number}>
                  {said(measured[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
