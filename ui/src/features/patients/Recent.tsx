import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useId } from 'react';

import { api, dataOf } from '../../api/client';
import { Asked } from '../../kit/Asked';
import { Link } from '../../kit/Link';
import { usePageWords } from '../../locales/pages';
import { useClinicName } from './columns';
import classes from './Recent.module.css';

/** Walks the links under the search by the arrows; up from the first one leads back into the field. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const links = Array.from(event.currentTarget.querySelectorAll('a'));
  const next = links.findIndex((link) => link === document.activeElement) + step;
  event.preventDefault();
  if (next < 0) event.currentTarget.closest('form')?.querySelector('input')?.focus();
  else links[Math.min(next, links.length - 1)]?.focus();
}

/** Whom this user opened lately, as the server tells it: nothing of it is kept when the screen locks. */
export default function Recent({ onChosen }: { readonly onChosen: () => void }) {
  const { t } = usePageWords();
  const title = useId();
  const nameOfClinic = useClinicName();
  const query = useQuery({
    queryKey: ['search', 'opened'],
    queryFn: () => dataOf(api.GET('/v1/patients:opened')),
    staleTime: 0,
  });
  return (
    <nav className={classes.recent} aria-labelledby={title} onKeyDown={walk}>
      <h2 id={title}>{t('patients.opened')}</h2>
      <Asked query={query} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">{t('patients.openedNone')}</p>
          ) : (
            <ul>
              {items.map((one) => (
                <li key={one.id}>
                  <Link href={`/patients/${one.id}`} onClick={onChosen}>
                    <b>{one.name}</b> {t(`sex.${one.sex}`)} {t('row.age', { n: one.age })}{' '}
                    <span className="muted">
                      {one.citizen_id ?? one.phone} {nameOfClinic(one.clinic_id)}
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </nav>
  );
}
