import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

import { usePageWords } from '../locales/pages';
import type { Faults, Field } from './fields';
import classes from './kit.module.css';

const CONTROLS = 'input:not([type=radio]):not([type=checkbox]):not([disabled]), select, textarea';

/** Where the focus goes in a field: its chosen option, or the first control. */
const stopOf = (place: Element): HTMLElement | null =>
  place.querySelector<HTMLElement>('input:checked') ??
  place.querySelector<HTMLElement>(CONTROLS) ??
  place.querySelector<HTMLElement>('input, button');

/** Enter goes to the next field and Shift+Enter back, as staff are used to; at the end it reaches the button. */
function walk(event: KeyboardEvent<HTMLFormElement>): void {
  const target = event.target as HTMLElement;
  if (event.key !== 'Enter' || event.ctrlKey || target.closest('button, a, textarea') !== null) return;
  event.preventDefault();
  const places = Array.from(event.currentTarget.querySelectorAll('[data-field], [data-stop]'));
  const here = places.findIndex((place) => place.contains(target));
  for (let next = here + (event.shiftKey ? -1 : 1); places[next]; next += event.shiftKey ? -1 : 1) {
    const stop = stopOf(places[next] as Element) ?? (places[next] as HTMLElement);
    stop.focus();
    if (document.activeElement === stop) {
      if (stop instanceof HTMLInputElement && stop.type === 'text') stop.select();
      return;
    }
  }
}

interface FormProps {
  readonly label: string;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  readonly onKey?: (event: KeyboardEvent<HTMLFormElement>) => void;
}

/** A form for the keyboard: Enter walks, Ctrl+Enter or F8 saves. */
export function Form({ label, onSubmit, children, className, onKey }: FormProps) {
  function submit(event: FormEvent): void {
    event.preventDefault();
    event.stopPropagation();
    onSubmit();
  }
  return (
    <form
      aria-label={label}
      className={className ?? classes.dialogBody}
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => {
        if ((event.key === 'Enter' && event.ctrlKey) || event.key === 'F8') {
          event.preventDefault();
          onSubmit();
          return;
        }
        onKey?.(event);
        walk(event);
      }}
    >
      {children}
    </form>
  );
}

/** All that is wrong, each leading to its field; the focus moves here. */
export function FaultSummary({ faults, fields }: { readonly faults: Faults; readonly fields: readonly Field[] }) {
  const { t } = usePageWords();
  const box = useRef<HTMLDivElement>(null);
  const names = Object.keys(faults);
  const all = names.join(' ');
  useEffect(() => {
    if (all !== '' || names.length > 0) box.current?.focus();
  }, [all, names.length]);
  if (names.length === 0) return null;

  function show(name: string): void {
    const place = document.querySelector(`[data-field="${CSS.escape(name)}"]`);
    if (!place) return;
    const closed = place.closest('details');
    if (closed) closed.open = true;
    stopOf(place)?.focus();
  }

  return (
    <div ref={box} className={classes.summary} role="alert" tabIndex={-1}>
      <strong>{t('form.wrong', { n: names.length })}</strong>
      <ul>
        {names.map((name) => {
          const field = fields.find((one) => one.name === name);
          return (
            <li key={name}>
              {field ? (
                <button type="button" onClick={() => show(name)}>
                  {t(field.label)}: {faults[name]}
                </button>
              ) : (
                faults[name]
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
