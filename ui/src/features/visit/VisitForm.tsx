import { Button } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';

import { FavouritesContext } from '../../kit/favourites';
import { Fields } from '../../kit/Fields';
import { FaultSummary, Form } from '../../kit/Form';
import kit from '../../kit/kit.module.css';
import { usePageWords } from '../../locales/pages';
import { useFavourites } from '../organisations/favourites';
import { FIRST_FIELD, PARTS } from './fields';
import type { VisitEditing } from './useVisit';
import classes from './Visit.module.css';

interface VisitFormProps {
  readonly visit: VisitEditing;
  readonly notes: Readonly<Record<string, string>>;
  readonly submit: string;
  readonly onCarry?: () => void;
  /** Above the form. */
  readonly offer?: ReactNode;
  /** Beside the button that saves. */
  readonly foot: ReactNode;
  readonly side: ReactNode;
  /** What is asked besides the visit. */
  readonly children?: ReactNode;
}

/** Both national forms in one, in the order of the paper; what it becomes stands beside it. */
export function VisitForm({ visit, notes, submit, onCarry, offer, foot, side, children }: VisitFormProps) {
  const { t } = usePageWords();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.querySelector<HTMLElement>(`[data-field="${FIRST_FIELD}"] input`)?.focus();
  }, []);
  const favourites = useFavourites();
  const { draft, set, faults } = visit;
  const shared = { draft, set, faults, notes, className: classes.flow };
  return (
    <FavouritesContext value={favourites}>
    <div ref={place} className={classes.page}>
      <Form
        label={t('visit.title')}
        className={classes.form}
        onSubmit={visit.save}
        onKey={(event) => {
          if (event.key !== 'F2' || !onCarry) return;
          event.preventDefault();
          onCarry();
        }}
      >
        {offer}
        <FaultSummary faults={faults} fields={visit.fields} />
        {visit.isDraftOnly && (
          <p role="status" className={`${kit.line} ${kit.note}`}>
            ◷ {t('visit.draftOnly')}
          </p>
        )}
        {PARTS.map((part) =>
          part.more ? (
            <details key={part.title} className={`${kit.card} ${classes.more}`} data-part={part.title}>
              <summary>{t(part.title)}</summary>
              <div className={kit.cardBody}>
                <Fields fields={part.fields} {...shared} />
              </div>
            </details>
          ) : (
            <section key={part.title} className={classes.part} aria-label={t(part.title)}>
              <h2>{t(part.title)}</h2>
              <Fields fields={part.fields} {...shared} />
            </section>
          ),
        )}
        {children}
        <div className={classes.foot} data-stop>
          <Button size="xs" type="submit" loading={visit.isSaving}>
            {submit}
          </Button>
          {foot}
        </div>
      </Form>
      {side}
    </div>
    </FavouritesContext>
  ); // prettier-ignore
}
