import { memo, useContext, useId } from 'react';

import type { Code } from '../locales/codes';
import { usePageWords } from '../locales/pages';
import type { Draft } from './drafts';
import { FavouritesContext } from './favourites';
import { type Faults, type Field, readDate, shownFields } from './fields';
import classes from './kit.module.css';
import { OfferedInput } from './OfferedInput';

interface FieldsProps {
  readonly fields: readonly Field[];
  readonly draft: Draft;
  readonly set: (name: string, value: string) => void;
  readonly faults?: Faults;
  /** What stands beside a field: the last value, or that it was carried over. */
  readonly notes?: Readonly<Record<string, string>>;
  readonly className?: string | undefined;
}

export function Fields({ fields, draft, set, faults = {}, notes = {}, className }: FieldsProps) {
  return (
    <div className={className ?? classes.fields}>
      {shownFields(fields, draft).map((field) => (
        <OneField
          key={field.name}
          field={field.codesOf ? { ...field, codes: field.codesOf(draft) } : field}
          value={draft[field.name] ?? ''}
          set={set}
          fault={faults[field.name]}
          note={notes[field.name]}
        />
      ))}
    </div>
  );
}

interface OneFieldProps {
  readonly field: Field;
  readonly value: string;
  readonly set: (name: string, value: string) => void;
  readonly fault?: string | undefined;
  readonly note?: string | undefined;
}

export const OneField = memo(function OneField({ field, value, set, fault, note }: OneFieldProps) {
  const { t } = usePageWords();
  const id = useId();
  const isGroup = field.kind === 'code' || field.kind === 'codes';
  const wide = field.wide || field.kind === 'codes' || field.kind === 'area' ? classes.wide : '';
  const label = (
    <>
      {t(field.label)}
      {field.required && (
        <span className={classes.need} aria-hidden="true">
          {' '}
          *
        </span>
      )}
    </>
  );
  const described = [fault && `${id}-fault`, field.hint && `${id}-hint`, note && `${id}-note`].filter(Boolean).join(' ');
  const inner = isGroup ? (
    <Choices field={field} value={value} set={set} />
  ) : (
    <Input field={field} id={id} value={value} set={set} invalid={Boolean(fault)} described={described} />
  );
  return (
    <div className={`${classes.field} ${wide}`} data-field={field.name} data-kind={field.kind}>
      {isGroup ? (
        <div
          role={field.kind === 'code' ? 'radiogroup' : 'group'}
          className={classes.group}
          aria-labelledby={`${id}-label`}
          aria-describedby={described || undefined}
        >
          <span id={`${id}-label`} className={classes.label}>
            {label}
          </span>
          {inner}
        </div>
      ) : field.kind === 'flag' ? (
        <span className={classes.line}>
          {inner}
          <label htmlFor={id}>{label}</label>
        </span>
      ) : (
        <>
          <label className={classes.label} htmlFor={id}>
            {label}
          </label>
          <span className={classes.line}>
            {inner}
            {field.unit && <span className="muted">{field.unit}</span>}
          </span>
        </>
      )}
      {note && (
        <span id={`${id}-note`} className={classes.hint}>
          {note}
        </span>
      )}
      {field.hint && (
        <span id={`${id}-hint`} className={classes.hint}>
          {t(field.hint)}
        </span>
      )}
      {fault && (
        <span id={`${id}-fault`} className={classes.fault}>
          ▲ {fault}
        </span>
      )}
    </div>
  );
});

interface InputProps extends Omit<OneFieldProps, 'fault' | 'note'> {
  readonly id: string;
  readonly invalid: boolean;
  readonly described: string;
}

function Input({ field, id, value, set, invalid, described }: InputProps) {
  const { t, nameOf } = usePageWords();
  const favourites = useContext(FavouritesContext);
  const shared = {
    id,
    className: classes.input,
    'aria-invalid': invalid || undefined,
    'aria-describedby': described || undefined,
    'aria-required': field.required || undefined,
    maxLength: field.maxLength,
    autoComplete: field.kind === 'secret' ? 'current-password' : 'off',
  };
  const change = (event: { readonly currentTarget: { readonly value: string } }) =>
    set(field.name, event.currentTarget.value);
  switch (field.kind) {
    case 'area':
      return <textarea {...shared} value={value} onChange={change} />;
    case 'pick':
      return (
        <select {...shared} value={value} onChange={change}>
          <option value="">{t('form.choose')}</option>
          {field.codes?.map((code) => (
            <option key={code[0]} value={code[0]}>
              {nameOf(code)}
            </option>
          ))}
        </select>
      );
    case 'flag':
      return (
        <input
          id={id}
          type="checkbox"
          checked={value === 'yes'}
          aria-describedby={described || undefined}
          onChange={(event) => set(field.name, event.currentTarget.checked ? 'yes' : '')}
        />
      );
    case 'number':
      return (
        <input {...shared} className={`${classes.input} ${classes.digits}`} inputMode="decimal" value={value} onChange={change} />
      );
    case 'date':
      return (
        <input
          {...shared}
          inputMode="numeric"
          placeholder={t('form.dateShape')}
          value={value}
          onChange={change}
          onBlur={() => set(field.name, readDate(value) ?? value)}
        />
      );
    case 'moment':
      return <input {...shared} type="datetime-local" value={value} onChange={change} />;
    default:
      if (field.offers) {
        return <OfferedInput shared={shared} field={field} favourites={favourites} value={value} set={set} />;
      }
      return (
        <>
          <input
            {...shared}
            type={field.kind === 'secret' ? 'password' : 'text'}
            list={field.suggest ? `${id}-list` : undefined}
            value={value}
            onChange={change}
          />
          {field.suggest && (
            <datalist id={`${id}-list`}>
              {field.suggest.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          )}
        </>
      );
  }
}

/** Coded options in the paper's order; the digit of an option chooses it (of several: switches it). */
function Choices({ field, value, set }: Omit<OneFieldProps, 'fault' | 'note'>) {
  const { nameOf } = usePageWords();
  const group = useId();
  const many = field.kind === 'codes';
  const chosen = value === '' ? [] : value.split(',');
  const codes = field.codes ?? [];
  const hasDigits = codes.every((code) => /^\d+$/.test(code[0]));

  function choose(code: Code): void {
    const one = code[0];
    if (!many) return set(field.name, one);
    if (chosen.includes(one)) return set(field.name, chosen.filter((other) => other !== one).join(','));
    const others = one === field.alone ? [] : chosen.filter((other) => other !== field.alone);
    return set(field.name, codes.map((each) => each[0]).filter((each) => each === one || others.includes(each)).join(','));
  }

  return (
    <div
      className={classes.choices}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.altKey || event.metaKey || !/^\d$/.test(event.key)) return;
        const code = hasDigits ? codes.find((one) => one[0] === event.key) : codes[Number(event.key) - 1];
        if (!code) return;
        event.preventDefault();
        choose(code);
      }}
    >
      {codes.map((code, index) => (
        <label key={code[0]} className={classes.choice}>
          <input
            type={many ? 'checkbox' : 'radio'}
            name={group}
            value={code[0]}
            checked={chosen.includes(code[0])}
            onChange={() => choose(code)}
          />
          <span>
            <span className="muted">{hasDigits ? code[0] : index + 1}</span> {nameOf(code)}
          </span>
        </label>
      ))}
    </div>
  );
}
