import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Organisation } from '../../api/types';
import { clinicToday } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { Card } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { Disease, FollowupGroup } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { type Schemas, setRhythm, useRhythm } from './settings';

interface RhythmCardProps {
  readonly node: Organisation;
  readonly maySet: boolean;
}

const FIELDS: readonly Field[] = [
  { name: 'disease', label: 'patients.disease', kind: 'code', codes: Disease, required: true },
  { name: 'group', label: 'org.group', kind: 'code', codes: FollowupGroup, required: true },
  { name: 'days', label: 'org.days', kind: 'number', required: true },
  { name: 'valid_from', label: 'org.from', kind: 'date', required: true },
  { name: 'reason', label: 'org.reason', kind: 'text', required: true, maxLength: 200, wide: true },
]; // prettier-ignore

/** The days between routine visits that a node was given, the newest first; the nearest node of the tree decides. */
export function RhythmCard({ node, maySet }: RhythmCardProps) {
  const { t, name } = usePageWords();
  const queries = useQueryClient();
  const query = useRhythm(node.id);
  const [adding, setAdding] = useState(false);
  return (
    <Card
      title={t('org.rhythm')}
      aside={
        maySet && (
          <Button size="compact-sm" onClick={() => setAdding(true)}>
            {t('org.setRhythm')}
          </Button>
        )
      }
    >
      <Asked query={query}>
        {(data) => (
          <>
            <p className="muted">{t('org.rhythmHint', { shortest: data.shortest_days, longest: data.longest_days })}</p>
            <DataTable
              caption={t('org.rhythm')}
              rows={data.items}
              rowKey={(one) => one.id}
              empty={t('org.noRhythm')}
              columns={[
                { head: t('org.from'), cell: (one) => one.valid_from },
                { head: t('patients.disease'), cell: (one) => name(Disease, one.disease) },
                { head: t('org.group'), cell: (one) => name(FollowupGroup, one.group) },
                { head: t('org.days'), number: true, cell: (one) => one.days },
                { head: t('org.reason'), cell: (one) => one.reason },
              ]}
            />
          </>
        )}
      </Asked>
      {adding && (
        <FormDialog
          title={t('org.setRhythm')}
          submit={t('form.save')}
          draftKey={`rhythm:${node.id}`}
          fields={FIELDS}
          initial={{ valid_from: clinicToday() }}
          send={(body) => setRhythm(node.id, body as Schemas['RhythmIn'])}
          onDone={() => {
            notify(t('form.saved'));
            void queries.invalidateQueries({ queryKey: ['rhythm', node.id] });
            setAdding(false);
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </Card>
  );
}
