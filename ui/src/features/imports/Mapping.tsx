import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import { Asked } from '../../kit/Asked';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { type Import, type Sheet, useSheets } from './imports';

/** Which field stands in which column of the file. */
export function Mapping({ run }: { readonly run: Import }) {
  const { t } = usePageWords();
  const sheets = useSheets();
  return (
    <Card title={t('imp.mapping')}>
      <Asked query={sheets}>
        {(data) => {
          const sheet = data.items.find((one) => one.kind === run.kind);
          return sheet ? <Columns run={run} sheet={sheet} /> : null;
        }}
      </Asked>
    </Card>
  );
}

function Columns({ run, sheet }: { readonly run: Import; readonly sheet: Sheet }) {
  const words = usePageWords();
  const { t, say } = words;
  const queries = useQueryClient();
  const [mapping, setMapping] = useState<Readonly<Record<string, number>>>(run.mapping);
  const send = useMutation({
    mutationFn: () =>
      dataOf(api.POST('/v1/imports/{run_id}:map', { params: { path: { run_id: run.id } }, body: { mapping } })),
    onSuccess: (next) => queries.setQueryData(['import', run.id], next),
  });
  const titleOf = (field: string): string => {
    const column = sheet.columns.find((one) => one.field === field);
    return column ? say(column.title) : field;
  };
  const lacking = run.missing.filter((set) => !set.some((field) => field in mapping));
  function choose(field: string, place: string): void {
    const { [field]: _dropped, ...others } = mapping;
    setMapping(place === '' ? others : { ...others, [field]: Number(place) });
  }
  return (
    <form
      aria-label={t('imp.mapping')}
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      {lacking.length > 0 && (
        <p role="status">
          ▲ {t('imp.lacking')} {lacking.map((set) => set.map(titleOf).join(' / ')).join('; ')}
        </p>
      )}
      <div className={kit.fields}>
        {sheet.columns.map((column) => (
          <label key={column.field} className={kit.field}>
            <span className={kit.label}>{say(column.title)}</span>
            <select
              className={kit.input}
              value={mapping[column.field] ?? ''}
              onChange={(event) => choose(column.field, event.currentTarget.value)}
            >
              <option value="">{t('imp.notRead')}</option>
              {run.headings.map((heading, place) => (
                <option key={`${place}${heading}`} value={place}>
                  {heading || t('imp.column', { n: place + 1 })}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      {send.error && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(send.error, words)}
        </p>
      )}
      <Button type="submit" mt="sm" loading={send.isPending}>
        {t('imp.map')}
      </Button>
    </form>
  );
}
