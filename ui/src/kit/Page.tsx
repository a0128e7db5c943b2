import { type ReactNode, useEffect, useId } from 'react';

import { useWords } from '../locales/language';
import classes from './kit.module.css';

interface PageProps {
  readonly title: string;
  /** Beside the title. */
  readonly aside?: ReactNode;
  /** Its tables are wide: it prints on A4 landscape. */
  readonly landscape?: boolean;
  readonly children: ReactNode;
}

/** A page under the shell: one heading, its actions, its cards. */
export function Page({ title, aside, landscape = false, children }: PageProps) {
  const { t } = useWords();
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return (
    <div className={landscape ? `${classes.page} ${classes.landscape}` : classes.page}>
      <div className={classes.head}>
        <h1 tabIndex={-1}>{title}</h1>
        <div className={classes.spread}>{aside}</div>
      </div>
      {children}
    </div>
  );
}

interface CardProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly flush?: boolean;
  readonly children: ReactNode;
}

export function Card({ title, aside, flush = false, children }: CardProps) {
  const id = useId();
  return (
    <section className={classes.card} aria-labelledby={id}>
      <div className={classes.cardHead}>
        <h2 id={id}>{title}</h2>
        <div className={classes.spread}>{aside}</div>
      </div>
      <div className={flush ? undefined : classes.cardBody}>{children}</div>
    </section>
  );
}

/** Terms with what they say, one under the other. */
export function Pairs({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes.pairs}>
      {rows.map(([term, value]) => (
        <div key={term} style={{ display: 'contents' }}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface SwitchProps<T extends string> {
  readonly label: string;
  readonly options: readonly (readonly [T, string])[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** Buttons of which one is pressed. */
export function Switch<T extends string>({ label, options, value, onChange }: SwitchProps<T>) {
  return (
    <div className={classes.tabs} role="group" aria-label={label}>
      {options.map(([one, words]) => (
        <button key={one} type="button" aria-pressed={one === value} onClick={() => onChange(one)}>
          {words}
        </button>
      ))}
    </div>
  );
}
