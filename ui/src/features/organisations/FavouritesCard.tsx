import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { components } from '../../api/schema';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import type { Favourite } from '../../kit/favourites';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { Frequency, Medicines } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { type Favourites, favouritesKey, sentAgain, setFavourites, useFavouritesOf } from './favourites';

type Wanted = components['schemas']['FavouriteIn'];

interface FavouritesCardProps {
  readonly clinic: string;
  readonly maySet: boolean;
}

const FIELDS: readonly Field[] = [
  { name: 'name', label: 'fact.medicine', kind: 'text', required: true, maxLength: 64, suggest: Medicines.flatMap((code) => [code[1], code[2]]) },
  { name: 'strength', label: 'fav.strength', kind: 'text', maxLength: 40, hint: 'fav.strengthHint' },
  { name: 'dose', label: 'fact.dose', kind: 'number' },
  {
    name: 'dose_unit', label: 'fact.doseUnit', kind: 'text', maxLength: 20, suggest: ['mg', 'g', 'IU', 'ml'],
    when: (draft) => Boolean(draft['dose']),
  },
  { name: 'frequency', label: 'fact.frequency', kind: 'pick', codes: Frequency },
]; // prettier-ignore

const doseOf = ({ dose, dose_unit }: Favourite): string => (dose === null ? '' : `${dose} ${dose_unit ?? ''}`);

/** The medicines that a clinic is offered first where one is typed, in their order. */
export function FavouritesCard({ clinic, maySet }: FavouritesCardProps) {
  const words = usePageWords();
  const { t, name } = words;
  const queries = useQueryClient();
  const query = useFavouritesOf(clinic);
  const [open, setOpen] = useState<number | 'new' | null>(null);
  const items = query.data?.items ?? [];
  const stored = (next: Favourites): void => {
    queries.setQueryData(favouritesKey(clinic), next);
    notify(t('form.saved'));
  };
  const change = useMutation({
    mutationFn: (wanted: Wanted[]) => setFavourites(clinic, wanted),
    onSuccess: stored,
    onError: (error: Error) => notify(`▲ ${refusal(error, words)}`),
  });
  const without = (at: number): Wanted[] => items.filter((_, index) => index !== at).map(sentAgain);
  function moveUp(at: number): void {
    const wanted = items.map(sentAgain);
    const [moved] = wanted.splice(at, 1);
    if (moved) wanted.splice(at - 1, 0, moved);
    change.mutate(wanted);
  }
  const acts = (one: Favourite) => {
    const at = items.indexOf(one);
    return (
      <span className={kit.line}>
        <Button size="compact-sm" variant="default" disabled={at === 0 || change.isPending} aria-label={t('fav.upOf', { name: one.name })} onClick={() => moveUp(at)}>
          ↑
        </Button>
        <Button size="compact-sm" variant="default" aria-label={t('fav.changeOf', { name: one.name })} onClick={() => setOpen(at)}>
          {t('fav.change')}
        </Button>
        <Button size="compact-sm" variant="default" disabled={change.isPending} aria-label={t('fav.removeOf', { name: one.name })} onClick={() => change.mutate(without(at))}>
          ✕
        </Button>
      </span>
    );
  };
  const edited = typeof open === 'number' ? items[open] : undefined;
  return (
    <Card
      title={t('fav.title')}
      aside={
        maySet && (
          <Button size="compact-sm" onClick={() => setOpen('new')}>
            {t('fav.add')}
          </Button>
        )
      }
    >
      <p className="muted">{t('fav.hint')}</p>
      <Asked query={query}>
        {() => (
          <DataTable
            caption={t('fav.title')}
            rows={items}
            rowKey={(one) => one.id}
            empty={t('fav.none')}
            columns={[
              { head: t('fav.order'), number: true, cell: (one) => items.indexOf(one) + 1 },
              { head: t('fact.medicine'), cell: (one) => one.name },
              { head: t('fav.strength'), cell: (one) => one.strength ?? '' },
              { head: t('fact.dose'), cell: doseOf },
              { head: t('fact.frequency'), cell: (one) => name(Frequency, one.frequency) },
              ...(maySet ? [{ head: t('team.act'), cell: acts }] : []),
            ]}
          />
        )}
      </Asked>
      {open !== null && (
        <FormDialog
          title={t(edited ? 'fav.change' : 'fav.add')}
          submit={t('form.save')}
          draftKey={`favourite:${clinic}:${edited?.id ?? 'new'}`}
          fields={FIELDS}
          initial={{
            name: edited?.name ?? '', strength: edited?.strength ?? '', dose: edited?.dose ?? '',
            dose_unit: edited?.dose_unit ?? 'mg', frequency: edited?.frequency ?? '',
          }}
          send={(body) => {
            const wanted = items.map(sentAgain);
            wanted.splice(edited ? Number(open) : wanted.length, edited ? 1 : 0, body as unknown as Wanted);
            return setFavourites(clinic, wanted);
          }}
          onDone={(next) => {
            stored(next);
            setOpen(null);
          }}
          onClose={() => setOpen(null)}
        />
      )}
    </Card>
  ); // prettier-ignore
}
