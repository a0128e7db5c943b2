import { type InputHTMLAttributes, type KeyboardEvent, useState } from 'react';

import { Frequency } from '../locales/codes';
import { usePageWords } from '../locales/pages';
import type { Favourite } from './favourites';
import type { Field } from './fields';
import classes from './kit.module.css';

const MOST_NAMES = 8;

interface OfferedInputProps {
  readonly shared: InputHTMLAttributes<HTMLInputElement> & { readonly id: string };
  readonly field: Field;
  readonly favourites: readonly Favourite[];
  readonly value: string;
  readonly set: (name: string, value: string) => void;
}

interface Option {
  readonly key: string;
  readonly name: string;
  readonly hint: string;
  readonly favourite: Favourite | null;
}

/** A field at the foot of its page would open its list below the edge. */
const intoView = (list: HTMLElement | null): void => list?.scrollIntoView({ block: 'nearest' });

/** A field whose clinic has its usual medicines: they are offered first, also while it is empty, and fill their form. */
export function OfferedInput({ shared, field, favourites, value, set }: OfferedInputProps) {
  const { t, name } = usePageWords();
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const typed = value.normalize('NFKC').trim().toLowerCase();
  const fits = (text: string): boolean => text.toLowerCase().includes(typed);
  const options: readonly Option[] = [
    ...favourites
      .filter((one) => fits(one.name))
      .map((one) => ({
        key: one.id,
        name: one.name,
        hint: [one.strength, one.dose && `${one.dose} ${one.dose_unit ?? ''}`, name(Frequency, one.frequency)].filter(Boolean).join(' · '),
        favourite: one,
      })),
    ...(typed === '' ? [] : (field.suggest ?? []))
      .filter((one) => fits(one) && one !== value)
      .slice(0, MOST_NAMES)
      .map((one) => ({ key: one, name: one, hint: '', favourite: null })),
  ];
  const isShown = isOpen && options.length > 0;
  const listId = `${shared.id}-offers`;
  const idOf = (index: number): string => `${listId}-${index}`;

  function close(): void {
    setOpen(false);
    setActive(-1);
  }

  function choose({ name: chosen, favourite }: Option): void {
    const filled = favourite && field.offers ? field.offers(favourite) : { [field.name]: chosen };
    for (const [place, text] of Object.entries(filled)) set(place, text);
    close();
  }

  function press(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const next = (active + step + options.length) % Math.max(options.length, 1);
      setActive(active === -1 && step === -1 ? options.length - 1 : next);
      document.getElementById(idOf(next))?.scrollIntoView({ block: 'nearest' });
      return;
    }
    const option = isShown ? options[active] : undefined;
    if (event.key === 'Enter' && option && !event.ctrlKey) {
      event.preventDefault();
      event.stopPropagation(); // the form would go on to its next field
      choose(option);
    } else if (event.key === 'Escape' && isShown) {
      event.preventDefault();
      event.stopPropagation(); // the dialog stays
      close();
    }
  }

  return (
    <span className={classes.offered}>
      <input
        {...shared}
        type="text"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={isShown}
        aria-controls={isShown ? listId : undefined}
        aria-activedescendant={isShown && active >= 0 ? idOf(active) : undefined}
        value={value}
        onFocus={() => setOpen(value === '')}
        onBlur={close}
        onChange={(event) => {
          set(field.name, event.currentTarget.value);
          setOpen(true);
          setActive(-1);
        }}
        onKeyDown={press}
      />
      {isShown && (
        <ul id={listId} ref={intoView} role="listbox" className={classes.offers} aria-label={t('fav.offered')}>
          {options.map((option, index) => (
            <li
              key={option.key}
              id={idOf(index)}
              role="option"
              aria-selected={index === active}
              onMouseDown={(event) => {
                event.preventDefault(); // the focus stays in the field
                choose(option);
              }}
            >
              {option.favourite ? '★ ' : ''}
              {option.name} <span className="muted">{option.hint}</span>
            </li>
          ))}
        </ul>
      )}
    </span>
  );
}
