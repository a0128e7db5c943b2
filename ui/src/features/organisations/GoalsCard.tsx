import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';

import type { Organisation } from '../../api/types';
import { clinicToday, localMoment, monthOf } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { Card } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { type Code, Disease } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useGoals } from '../indicators/data';
import { useDefinitions } from '../rates/rates';
import { type Schemas, setGoal, useSetGoals } from './settings';

type Definition = Schemas['IndicatorOut'];

interface GoalsCardProps {
  readonly node: Organisation;
  readonly maySet: boolean;
}

const keyOf = ({ code, disease }: { readonly code: string; readonly disease: string }): string => `${code}.${disease}`;

/** The indicators of the form: both names, with the disease in front. */
const choicesOf = (definitions: readonly Definition[]): readonly Code[] =>
  definitions.map((one) => {
    const disease = Disease.find((code) => code[0] === one.disease);
    return [keyOf(one), `${disease?.[1] ?? ''} · ${one.title.zh}`, `${disease?.[2] ?? ''} · ${one.title.en}`] as const;
  });

const fieldsOf = (definitions: readonly Definition[]): readonly Field[] => [
  { name: 'code', label: 'goal.indicator', kind: 'pick', codes: choicesOf(definitions), required: true, wide: true },
  { name: 'percent', label: 'goal.percent', kind: 'number', hint: 'goal.percentHint' },
  { name: 'valid_from', label: 'org.from', kind: 'date', required: true },
  { name: 'reason', label: 'org.reason', kind: 'text', required: true, maxLength: 200, wide: true },
]; // prettier-ignore

function bodyOf({ code, percent, valid_from, reason }: Record<string, unknown>): Schemas['GoalIn'] {
  const [indicator = '', disease = ''] = String(code).split('.');
  return {
    code: indicator,
    disease: disease as Schemas['Disease'],
    percent: (percent as number | undefined) ?? null,
    valid_from: String(valid_from),
    reason: String(reason),
  };
}

/** The goals that hold for a node this month, whose they are, and every one that was set here. */
export function GoalsCard({ node, maySet }: GoalsCardProps) {
  const { t, say, name } = usePageWords();
  const queries = useQueryClient();
  const definitions = useDefinitions();
  const holding = useGoals(node.id, monthOf(clinicToday()));
  const [setting, setSetting] = useState(false);
  const known = definitions.data?.items;
  const fields = useMemo(() => fieldsOf(known ?? []), [known]);
  const titleOf = (one: { readonly code: string; readonly disease: string }): string => {
    const definition = known?.find((each) => keyOf(each) === keyOf(one));
    return definition ? say(definition.title) : one.code;
  };
  return (
    <Card
      title={t('goal.title')}
      aside={
        maySet && (
          <Button size="compact-sm" disabled={!known} onClick={() => setSetting(true)}>
            {t('goal.set')}
          </Button>
        )
      }
    >
      <p className="muted">{t('goal.hint')}</p>
      <Asked query={holding}>
        {({ items }) => (
          <DataTable
            caption={t('goal.title')}
            rows={items}
            rowKey={keyOf}
            empty={t('goal.none')}
            columns={[
              { head: t('patients.disease'), cell: (one) => name(Disease, one.disease) },
              { head: t('goal.indicator'), cell: titleOf },
              { head: t('goal.percent'), number: true, cell: (one) => one.percent },
              { head: t('goal.whose'), cell: (one) => say(one.source) },
              { head: t('org.from'), cell: (one) => one.valid_from ?? '' },
            ]}
          />
        )}
      </Asked>
      <Past node={node.id} titleOf={titleOf} />
      {setting && (
        <FormDialog
          title={t('goal.set')}
          submit={t('form.save')}
          draftKey={`goal:${node.id}`}
          fields={fields}
          initial={{ valid_from: clinicToday() }}
          send={(body) => setGoal(node.id, bodyOf(body))}
          onDone={() => {
            notify(t('form.saved'));
            void queries.invalidateQueries({ queryKey: ['set-goals', node.id] });
            void queries.invalidateQueries({ queryKey: ['indicator-goals'] });
            setSetting(false);
          }}
          onClose={() => setSetting(false)}
        />
      )}
    </Card>
  );
}

interface PastProps {
  readonly node: string;
  readonly titleOf: (one: { readonly code: string; readonly disease: string }) => string;
}

function Past({ node, titleOf }: PastProps) {
  const { t, name } = usePageWords();
  const query = useSetGoals(node);
  return (
    <Asked query={query} lines={1}>
      {({ items }) =>
        items.length > 0 && (
          <details>
            <summary>{t('goal.history')}</summary>
            <DataTable
              caption={t('goal.history')}
              rows={items}
              rowKey={(one) => one.id}
              empty={t('goal.none')}
              columns={[
                { head: t('org.from'), cell: (one) => one.valid_from },
                { head: t('patients.disease'), cell: (one) => name(Disease, one.disease) },
                { head: t('goal.indicator'), cell: titleOf },
                { head: t('goal.percent'), number: true, cell: (one) => one.percent ?? t('goal.taken') },
                { head: t('org.reason'), cell: (one) => one.reason },
                { head: t('goal.setAt'), cell: (one) => localMoment(one.set_at) },
              ]}
            />
          </details>
        )
      }
    </Asked>
  );
}
