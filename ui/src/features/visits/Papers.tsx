import { Fragment, useId, useState } from 'react';

import { clinicToday } from '../../dates';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { PaperFormat, PrintedKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import type { VisitColumn } from './columns';
import classes from './Visits.module.css';

interface PapersProps {
  readonly id: string;
  readonly columns: readonly VisitColumn[];
  /** The encounters to be printed; none: all of the year. */
  readonly chosen: readonly string[];
}

/** The sheets that hold visits, and the disease whose records each holds. */
const SHEETS: Readonly<Record<string, 'HTN' | 'T2DM'>> = { htn_sheet: 'HTN', dm_sheet: 'T2DM' };
/** A form without a visit in it is still a form. */
const BLANK = { blank: 'true' } as const;

/** What can be printed of a person: the national sheets, filled in or blank, and what the person takes home. */
export function Papers({ id, columns, chosen }: PapersProps) {
  const { t, nameOf } = usePageWords();
  const field = useId();
  const mayPrint = useMay('people.reveal');
  const thisYear = clinicToday().slice(0, 4);
  const years = [...new Set([thisYear, ...columns.map((one) => one.on.slice(0, 4))])].sort().reverse();
  const [year, setYear] = useState(thisYear);
  if (!mayPrint) {
    return (
      <Card title={t('visits.papers')}>
        <p className="muted">{t('visits.mayNotPrint')}</p>
      </Card>
    );
  }
  const canPrint = (kind: string): boolean => {
    if (kind === 'referral_slip') return columns.some(({ encounter }) => encounter.followups.some((one) => one.form['referral']));
    return true;
  };
  const address = (kind: string, format: string, more: Readonly<Record<string, string>> = {}): string => {
    const query = new URLSearchParams({ format, ...more });
    if (kind in SHEETS && !more['blank']) {
      if (chosen.length === 0) query.set('year', year);
      for (const one of chosen) query.append('encounter', one);
    }
    return `/v1/patients/${id}/documents/${kind}?${query}`;
  };
  return (
    <Card
      title={t('visits.papers')}
      aside={
        <span className={`${kit.line} ${kit.noPrint}`}>
          {chosen.length > 0 ? (
            <span role="status">{t('visits.chosen', { n: chosen.length })}</span>
          ) : (
            <>
              <label className={kit.hint} htmlFor={field}>
                {t('visits.year')}
              </label>
              <select id={field} className={kit.input} style={{ width: 'auto' }} value={year} onChange={(event) => setYear(event.currentTarget.value)}>
                {years.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </>
          )}
        </span>
      }
    >
      <div className={classes.papers}>
        {PrintedKind.map((kind) => {
          const [code] = kind;
          const title = nameOf(kind);
          const link = (words: string, href: string) => (
            <a href={href} target="_blank" rel="noreferrer" aria-label={`${title} ${words}`}>
              {words}
            </a>
          );
          return (
            <Fragment key={code}>
              <span>{title}</span>
              {canPrint(code) ? (
                <>
                  {PaperFormat.map((format) => (
                    <span key={format[0]}>{link(nameOf(format), address(code, format[0]))}</span>
                  ))}
                </>
              ) : (
                <span className="muted" style={{ gridColumn: 'span 2' }}>
                  {t('visits.noReferral')}
                </span>
              )}
              <span>{code in SHEETS && link(t('visits.blank'), address(code, 'html', BLANK))}</span>
            </Fragment>
          );
        })}
      </div>
      <p className={kit.hint}>{t('visits.papersHint')}</p>
    </Card>
  );
}
