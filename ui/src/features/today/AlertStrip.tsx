import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';

import { Link } from '../../kit/Link';
import { useWords } from '../../locales/language';
import { type AlertTierCode, useAlertCounts, useAlerts } from '../alerts/alerts';
import { useMay } from '../session/session';
import classes from './AlertStrip.module.css';

const AnswerDialog = lazy(() => import('../alerts/AnswerDialog'));

const SHAPES: Readonly<Record<AlertTierCode, string>> = { RED: '▲▲', ORANGE: '▲', YELLOW: '◷' };
const TIERS: readonly AlertTierCode[] = ['RED', 'ORANGE', 'YELLOW'];

/** The alerts that wait, by tier; the most urgent one in words, to be taken on or closed from here. */
export function AlertStrip({ clinic }: { readonly clinic: string }) {
  const { t, say } = useWords();
  const counts = useAlertCounts(clinic).data?.items;
  const first = useAlerts({ clinic, closed: false, tier: null }, 1).data?.pages[0]?.items[0];
  const [answering, setAnswering] = useState<{ id: string; answer: 'acknowledge' | 'close' } | null>(null);
  const mayAnswer = useMay(first?.tier === 'YELLOW' ? 'alerts.answer' : 'alerts.answer_urgent');
  const waiting = (tier: AlertTierCode): number =>
    (counts ?? []).filter((one) => one.tier === tier).reduce((sum, one) => sum + one.alerts, 0);
  const shown = TIERS.filter((tier) => waiting(tier) > 0);
  if (shown.length === 0 && !first && !answering) return null;
  return (
    <section className={classes.strip} aria-label={t('nav.alerts')}>
      {shown.map((tier) => (
        <Link key={tier} href={`/alerts?kind=${tier}`} className={`${classes.tier} ${classes[tier]}`}>
          <span aria-hidden="true">{SHAPES[tier]}</span> {t(`tier.${tier}`)} {waiting(tier)}
        </Link>
      ))}
      {first && (
        <>
          <span className={classes.first}>
            {first.person && (
              <>
                <Link href={`/patients/${first.person.id}`}>{first.person.name}</Link>{' '}
              </>
            )}
            {say(first.words)}
          </span>
          {mayAnswer && first.status === 'open' && (
            <Button size="compact-xs" onClick={() => setAnswering({ id: first.id, answer: 'acknowledge' })}>
              {t('today.acknowledge')}
            </Button>
          )}
          {mayAnswer && (
            <Button size="compact-xs" variant="default" onClick={() => setAnswering({ id: first.id, answer: 'close' })}>
              {t('today.close')}
            </Button>
          )}
        </>
      )}
      {answering && (
        <Suspense fallback={null}>
          <AnswerDialog {...answering} onClose={() => setAnswering(null)} />
        </Suspense>
      )}
    </section>
  );
}
