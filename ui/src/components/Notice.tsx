import type { ReactNode } from 'react';

import classes from './Notice.module.css';

interface NoticeProps {
  readonly title: string;
  readonly hint?: string | undefined;
  readonly alert?: boolean;
  /** It stands for a whole page: its title is the page's heading. */
  readonly page?: boolean;
  /** What to do next. */
  readonly children?: ReactNode;
}

/** A place without data says why, and what to do next. */
export function Notice({ title, hint, alert = false, page = false, children }: NoticeProps) {
  return (
    <div className={classes.notice} role={alert ? 'alert' : undefined}>
      <svg className={classes.mark} width="40" height="40" viewBox="0 0 40 40" aria-hidden="true">
        <rect x="7" y="5" width="26" height="30" rx="3" fill="none" stroke="currentColor" strokeWidth="2" />
        <path d="M13 14h14M13 20h14M13 26h8" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      </svg>
      {page ? <h1 className={classes.title}>{title}</h1> : <p className={classes.title}>{title}</p>}
      {hint && <p className="muted">{hint}</p>}
      <div className={classes.actions}>{children}</div>
    </div>
  );
}
