import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { api, dataOf } from '../../api/client';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { usePageWords } from '../../locales/pages';
import classes from './Review.module.css';

interface OtherPersonProps {
  readonly busy: boolean;
  readonly onPick: (id: string) => void;
}

/** Somebody who is not among the candidates, by name or number. */
export function OtherPerson({ busy, onPick }: OtherPersonProps) {
  const words = usePageWords();
  const { t } = words;
  const [text, setText] = useState('');
  const search = useMutation({
    mutationFn: (sought: string) => dataOf(api.POST('/v1/patients:search', { body: { text: sought, limit: 5 } })),
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim()) search.mutate(text.trim());
  }
  return (
    <>
      <form className={kit.line} onSubmit={submit}>
        <input
          className={kit.input}
          aria-label={t('held.other')}
          placeholder={t('held.other')}
          value={text}
          maxLength={64}
          autoComplete="off"
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button size="xs" type="submit" variant="default" loading={search.isPending}>
          {t('held.find')}
        </Button>
      </form>
      {search.isError && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(search.error, words)}
        </p>
      )}
      {search.data?.items.length === 0 && <p role="status">{t('patients.noneFound')}</p>}
      <ul className={classes.candidates}>
        {search.data?.items.map((one) => (
          <li key={one.id}>
            <span>
              <strong>{one.name}</strong> {t(`sex.${one.sex}`)} {t('row.age', { n: one.age })}{' '}
              <span className="muted">{one.phone}</span>
            </span>
            <Button size="compact-sm" variant="default" disabled={busy} onClick={() => onPick(one.id)}>
              {t('held.assign')}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
