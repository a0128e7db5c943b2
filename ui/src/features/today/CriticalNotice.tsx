import { Button } from '@mantine/core';

import { SHAPES } from '../../components/StatusTag';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';
import classes from './CriticalNotice.module.css';
import { useNewCritical } from './useNewCritical';

/** Says aloud and shows when a critical row arrives, whichever tab is open. */
export function CriticalNotice({ clinic }: { readonly clinic: string }) {
  const { t, say } = useWords();
  const { news, dismiss } = useNewCritical(clinic);
  const names = news
    .map((row) => t('today.newCriticalOne', { name: row.patient.name, reason: say(row.reason) }))
    .join(' ');
  return (
    <div aria-live="assertive">
      {news.length > 0 && (
        <div className={classes.notice}>
          <span className={classes.text}>
            {SHAPES.critical} {t('today.newCritical', { n: news.length, names })}
          </span>
          <Button
            size="compact-sm"
            color="var(--cmc-critical-fg)"
            onClick={() => {
              goTo({ tab: 'critical', disease: null, kind: null, actor: null, state: null, phone: null, village: null });
              dismiss();
            }}
          >
            {t('today.showCritical')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={dismiss}>
            {t('today.dismiss')}
          </Button>
        </div>
      )}
    </div>
  );
}
