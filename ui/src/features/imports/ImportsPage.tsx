import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';

import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { More } from '../../kit/More';
import { Card, Page } from '../../kit/Page';
import { ImportKind, ImportState, RowVerdict } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { ApiError } from '../../api/errors';
import { useClinics } from '../today/clinics';
import { type Import, type Schemas, type Sheet, startImport, useImports, useSheets, VERDICTS } from './imports';

const MOST_BYTES = 16 * 1024 * 1024;

/** Files into people and facts: a template, a file, then what becomes of its rows is decided on a page of its own. */
export default function ImportsPage() {
  const { t, name } = usePageWords();
  const [, navigate] = useLocation();
  const sheets = useSheets();
  const imports = useImports();
  return (
    <Page title={t('nav.imports')}>
      <Card title={t('imp.new')}>
        <Asked query={sheets} lines={3}>
          {(data) => <Upload sheets={data.items} />}
        </Asked>
      </Card>
      <Card title={t('imp.earlier')} flush>
        <More<Import> query={imports}>
          {(rows) => (
            <DataTable
              caption={t('imp.earlier')}
              rows={rows}
              rowKey={(one) => one.id}
              onOpen={(one) => navigate(`/imports/${one.id}`)}
              empty={t('imp.none')}
              columns={[
                { head: t('imp.madeAt'), cell: (one) => localMoment(one.made_at) },
                { head: t('imp.kind'), cell: (one) => name(ImportKind, one.kind) },
                { head: t('fact.state'), cell: (one) => name(ImportState, one.state) },
                { head: t('imp.lines'), number: true, cell: (one) => one.lines },
                {
                  head: t('imp.result'),
                  cell: (one) =>
                    VERDICTS.filter((verdict) => one.counts[verdict])
                      .map((verdict) => `${name(RowVerdict, verdict)} ${one.counts[verdict]}`)
                      .join(' · '),
                },
              ]}
            />
          )}
        </More>
      </Card>
    </Page>
  );
}

function Upload({ sheets }: { readonly sheets: readonly Sheet[] }) {
  const words = usePageWords();
  const { t, say } = words;
  const { chosen } = useClinics();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [kind, setKind] = useState<Schemas['ImportKind']>('patients');
  const [file, setFile] = useState<File | null>(null);
  const [tooLarge, setTooLarge] = useState(false);
  const sending = useMutation({
    mutationFn: (given: File) => startImport(kind, chosen?.id ?? '', given),
    onSuccess: (run) => {
      void queries.invalidateQueries({ queryKey: ['imports'] });
      navigate(`/imports/${run.id}`);
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    setTooLarge(file !== null && file.size > MOST_BYTES);
    if (file && file.size <= MOST_BYTES && chosen) sending.mutate(file);
  }
  const unreadable = sending.error instanceof ApiError && sending.error.fields.some((one) => one.pointer === '/file');
  const fault = tooLarge ? t('imp.tooLarge') : sending.error && (unreadable ? t('imp.unreadable') : refusal(sending.error, words));
  return (
    <form onSubmit={submit} aria-label={t('imp.new')}>
      <p className="muted">{t('imp.steps')}</p>
      <div className={kit.filters}>
        <label className={kit.field}>
          <span className={kit.label}>1. {t('imp.kind')}</span>
          <select
            className={kit.input}
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as Schemas['ImportKind'])}
          >
            {sheets.map((one) => (
              <option key={one.kind} value={one.kind}>
                {say(one.title)}
              </option>
            ))}
          </select>
        </label>
        <a href={`/v1/import-sheets/${kind}/template`} download>
          {t('imp.template')}
        </a>
        <label className={kit.field}>
          <span className={kit.label}>2. {t('imp.file')}</span>
          <input
            type="file"
            className={kit.input}
            accept=".xlsx,.csv,.gz"
            required
            onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
          />
        </label>
        <Button type="submit" loading={sending.isPending} disabled={!file || !chosen}>
          {t('imp.check')}
        </Button>
      </div>
      <p className={kit.hint}>
        {t('imp.clinic', { clinic: chosen ? say(chosen.name) : '–' })} {t('imp.formats')}
      </p>
      {fault && (
        <p role="alert" className={kit.fault}>
          ▲ {fault}
        </p>
      )}
    </form>
  );
}
