import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';

import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import type { Field } from '../../kit/fields';
import { Fields } from '../../kit/Fields';
import { FaultSummary, Form } from '../../kit/Form';
import { Card, Pairs } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { useForm } from '../../kit/useForm';
import { usePageWords } from '../../locales/pages';
import { type Opening, readDays, type Schemas, setOpening, useOpening, WEEKDAYS } from './settings';

interface OpeningCardProps {
  readonly clinic: string;
  readonly maySet: boolean;
}

const FIELDS: readonly Field[] = [
  { name: 'weekdays', label: 'org.weekdays', kind: 'codes', codes: WEEKDAYS, whole: true, required: true },
  { name: 'per_nurse', label: 'org.perNurse', kind: 'number', required: true },
  { name: 'closed', label: 'org.closed', kind: 'area', hint: 'org.closedHint' },
]; // prettier-ignore

/** When a clinic sees people: what planned days are laid on. */
export function OpeningCard({ clinic, maySet }: OpeningCardProps) {
  const { t, nameOf } = usePageWords();
  const query = useOpening(clinic);
  return (
    <Card title={t('org.opening')}>
      <Asked query={query}>
        {(data) => (
          <>
            {maySet ? (
              <OpeningForm key={data.set_at ?? 'usual'} clinic={clinic} data={data} />
            ) : (
              <Pairs
                rows={[
                  [t('org.weekdays'), WEEKDAYS.filter((day) => data.weekdays.includes(Number(day[0]))).map(nameOf).join(' ')],
                  [t('org.perNurse'), String(data.per_nurse)],
                  [t('org.closed'), data.closed.join(' ') || '–'],
                ]}
              />
            )}
            <p className="muted">{data.set_at ? t('org.setAt', { at: localMoment(data.set_at) }) : t('org.usual')}</p>
          </>
        )}
      </Asked>
    </Card>
  );
}

function OpeningForm({ clinic, data }: { readonly clinic: string; readonly data: Opening }) {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const initial = {
    weekdays: data.weekdays.map(String).join(','),
    per_nurse: String(data.per_nurse),
    closed: data.closed.join('\n'),
  };
  const form = useForm(
    `opening:${clinic}`,
    FIELDS,
    initial,
    (body, draft) => setOpening(clinic, { ...body, closed: readDays(draft['closed'] ?? '') } as Schemas['OpeningIn']),
    (next) => {
      notify(t('form.saved'));
      queries.setQueryData(['opening-days', clinic], next);
      void queries.invalidateQueries({ queryKey: ['plans', clinic] });
    },
  );
  return (
    <Form label={t('org.opening')} onSubmit={form.send}>
      <FaultSummary faults={form.faults} fields={FIELDS} />
      <Fields fields={FIELDS} draft={form.draft} set={form.set} faults={form.faults} />
      <div data-stop>
        <Button type="submit" loading={form.isSending}>
          {t('org.saveOpening')}
        </Button>
      </div>
    </Form>
  );
}
