import { useEffect, useRef } from 'react';

import { Link } from '../../kit/Link';
import kit from '../../kit/kit.module.css';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import { Judgement } from './Judgement';

/** What was stored, which is what had been shown. */
export function Saved({ id, saved }: { readonly id: string; readonly saved: Schemas['EncounterOut'] }) {
  const { t } = usePageWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className={kit.card}>
      <div className={kit.cardBody}>
        <h2 ref={heading} tabIndex={-1}>
          ✓ {t(saved.version > 1 ? 'visit.corrected' : 'visit.saved')}
        </h2>
        {saved.followups.map((one) => (
          <Judgement key={one.id} judgement={one.judgement} />
        ))}
        <p className={kit.line} style={{ paddingTop: '0.5rem' }}>
          <Link href={`/patients/${id}`}>{t('visit.toPatient')}</Link>
          <Link href={`/patients/${id}/visits`}>{t('nav.visits')}</Link>
          <Link href="/">{t('app.toToday')}</Link>
        </p>
      </div>
    </section>
  );
}
