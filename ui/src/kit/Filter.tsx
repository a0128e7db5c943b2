import { useId } from 'react';

import type { Codes } from '../locales/codes';
import { usePageWords } from '../locales/pages';
import { goTo, type UrlKey, useUrl } from '../url';
import classes from './kit.module.css';

interface FilterProps {
  readonly label: string;
  readonly param: UrlKey;
  readonly codes?: Codes;
  /** The first code is what holds without a choice; else "all" does. */
  readonly first?: boolean;
  readonly number?: boolean;
}

/** One filter whose value stands in the address. */
export function Filter({ label, param, codes, first = false, number = false }: FilterProps) {
  const { t, nameOf } = usePageWords();
  const value = useUrl(param) ?? '';
  const id = useId();
  return (
    <span className={classes.line}>
      <label className={classes.hint} htmlFor={id}>
        {label}
      </label>
      {codes ? (
        <select
          id={id}
          className={classes.input}
          style={{ width: 'auto' }}
          value={value || (first ? codes[0]?.[0] : '')}
          onChange={(event) => goTo({ [param]: event.currentTarget.value })}
        >
          {!first && <option value="">{t('patients.all')}</option>}
          {codes.map((code) => (
            <option key={code[0]} value={code[0]}>
              {nameOf(code)}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          key={value}
          className={classes.input}
          style={{ width: number ? '4rem' : '9rem' }}
          inputMode={number ? 'numeric' : 'text'}
          defaultValue={value}
          onBlur={(event) => event.currentTarget.value !== value && goTo({ [param]: event.currentTarget.value.trim() })}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
        />
      )}
    </span>
  );
}
