import type { ReactNode } from 'react';

import { useWords } from '../locales/language';
import { LanguageSwitch } from './LanguageSwitch';
import classes from './TopBar.module.css';

interface TopBarProps {
  /** The chooser beside the product's name. */
  readonly children?: ReactNode;
  readonly actor?: string | undefined;
  readonly onSignOut?: (() => void) | undefined;
}

export function TopBar({ children, actor, onSignOut }: TopBarProps) {
  const { t } = useWords();
  return (
    <header className={classes.bar}>
      <a className={classes.skip} href="#main">
        {t('app.skip')}
      </a>
      <span className={classes.name}>
        <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
          <path d="M3 17h7l3-8 5 15 3-7h8" fill="none" stroke="currentColor" strokeWidth="3" strokeLinejoin="round" />
        </svg>
        {t('app.name')}
      </span>
      {children}
      <div className={classes.rest}>
        {actor && (
          <span className={classes.who} title={actor}>
            {t('bar.signedIn', { actor })}
          </span>
        )}
        <LanguageSwitch className={classes.plain} />
        {onSignOut && (
          <button type="button" className={classes.plain} onClick={onSignOut}>
            {t('bar.signOut')}
          </button>
        )}
      </div>
    </header>
  );
}
