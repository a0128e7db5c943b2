import { type FormEvent, type RefObject, useEffect, useState } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { useWords } from '../locales/language';
import { searchFor, useSearchText } from './search-text';
import classes from './Shell.module.css';

/** Name, initials, citizen ID, phone or last four digits; a card reader that types ends with Enter like everybody. */
export function SearchBox({ field }: { readonly field: RefObject<HTMLInputElement | null> }) {
  const { t } = useWords();
  const sought = useSearchText();
  const [text, setText] = useState(sought);
  useEffect(() => setText(sought), [sought]);

  function submit(event: FormEvent): void {
    event.preventDefault();
    searchFor(text);
    field.current?.select(); // the next card that is scanned takes the place of this one
    navigate('/patients');
  }

  return (
    <form className={classes.search} role="search" onSubmit={submit}>
      <input
        ref={field}
        type="search"
        aria-label={t('search.label')}
        placeholder={t('search.hint')}
        value={text}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        onKeyDown={(event) => {
          if (event.key !== '/') return; // no name or number has one: it asks for a new search, from here as from anywhere
          event.preventDefault();
          event.currentTarget.select();
        }}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
