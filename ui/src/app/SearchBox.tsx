import { type FocusEvent, type FormEvent, type KeyboardEvent, lazy, type RefObject, Suspense, useEffect, useState } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { useWords } from '../locales/language';
import { searchFor, useSearchText } from './search-text';
import classes from './Shell.module.css';

const Recent = lazy(() => import('../features/patients/Recent'));

/** Name, initials, citizen ID, phone or last four digits; a card reader that types ends with Enter like everybody.
 * While it is empty and has the focus, whom this user opened lately stands under it: arrow down leads there. */
export function SearchBox({ field }: { readonly field: RefObject<HTMLInputElement | null> }) {
  const { t } = useWords();
  const sought = useSearchText();
  const [text, setText] = useState(sought);
  const [isIn, setIsIn] = useState(false);
  useEffect(() => setText(sought), [sought]);
  const offers = isIn && text === '';

  function submit(event: FormEvent): void {
    event.preventDefault();
    setIsIn(false);
    searchFor(text);
    field.current?.select(); // the next card that is scanned takes the place of this one
    navigate('/patients');
  }

  function leave(event: FocusEvent<HTMLFormElement>): void {
    if (!event.currentTarget.contains(event.relatedTarget)) setIsIn(false);
  }

  function press(event: KeyboardEvent<HTMLFormElement>): void {
    if (event.key === 'Escape') setIsIn(false);
    if (event.key === 'Escape' && event.target !== field.current) field.current?.focus();
  }

  function typed(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.key === 'ArrowDown' && offers) {
      event.preventDefault();
      event.currentTarget.form?.querySelector('a')?.focus();
    }
    if (event.key !== '/') return; // no name or number has one: it asks for a new search, from here as from anywhere
    event.preventDefault();
    event.currentTarget.select();
  }

  return (
    <form className={classes.search} role="search" onSubmit={submit} onBlur={leave} onKeyDown={press}>
      <input
        ref={field}
        type="search"
        aria-label={t('search.label')}
        placeholder={t('search.hint')}
        value={text}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        onFocus={() => setIsIn(true)}
        onKeyDown={typed}
        onChange={(event) => {
          setIsIn(true);
          setText(event.currentTarget.value);
        }}
      />
      {offers && (
        <Suspense fallback={null}>
          <Recent onChosen={() => setIsIn(false)} />
        </Suspense>
      )}
    </form>
  );
}
