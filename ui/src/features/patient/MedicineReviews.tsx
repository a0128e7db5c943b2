import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { ReviewState } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import type { Schemas } from './data';
import { Findings } from './MedicineAdvice';
import classes from './Patient.module.css';

type Review = Schemas['MedicineReviewOut'];

const REASON: readonly Field[] = [
  { name: 'reason', label: 'med.reason', kind: 'text', required: true, maxLength: 200, wide: true },
];

/** Medicines that a check stopped: a doctor lets one through with a reason; for an allergy a second person confirms. */
export function MedicineReviews({ id }: { readonly id: string }) {
  const { t } = usePageWords();
  const query = useQuery({
    queryKey: ['patient', id, 'medicine-reviews'],
    queryFn: () =>
      dataOf(api.GET('/v1/patients/{patient_id}/medicine-reviews', { params: { path: { patient_id: id } } })),
  });
  return (
    <Card title={t('med.reviews')}>
      <Asked query={query} lines={2}>
        {({ items }) => {
          const waiting = items.filter((one) => one.state !== 'passed');
          if (waiting.length === 0) return <p className="muted">{t('med.noneWaiting')}</p>;
          return (
            <div className={classes.column}>
              {waiting.map((review) => (
                <Waiting key={review.id} id={id} review={review} />
              ))}
            </div>
          );
        }}
      </Asked>
    </Card>
  );
}

function Waiting({ id, review }: { readonly id: string; readonly review: Review }) {
  const words = usePageWords();
  const { t, name } = words;
  const queries = useQueryClient();
  const [overriding, setOverriding] = useState(false);
  const mayOverride = useMay('medicines.override');
  const mayConfirm = useMay('visits.write');
  const params = {
    path: { patient_id: id, review_id: review.id },
    header: { 'if-match': `"${review.version}"` },
  };
  const decided = (): void => {
    setOverriding(false);
    notify(t('form.saved'));
    void queries.invalidateQueries({ queryKey: ['patient', id] });
  };
  const confirm = useMutation({
    mutationFn: () =>
      dataOf(api.POST('/v1/patients/{patient_id}/medicine-reviews/{review_id}:confirm', { params })),
    onSuccess: decided,
  });
  return (
    <div>
      <p>
        <strong>{review.name}</strong> <Tag tone="bad">{name(ReviewState, review.state)}</Tag>{' '}
        <span className="muted">{localMoment(review.recorded_at)}</span>
      </p>
      <Findings {...review} />
      {review.override_reason && <p>{t('med.because', { reason: review.override_reason })}</p>}
      <div className={kit.line}>
        {review.state === 'blocked' &&
          (mayOverride ? (
            <Button size="compact-sm" onClick={() => setOverriding(true)}>
              {t('med.override')}
            </Button>
          ) : (
            <span className="muted">{t('med.needsDoctor')}</span>
          ))}
        {review.state === 'half' && mayConfirm && (
          <Button size="compact-sm" loading={confirm.isPending} onClick={() => confirm.mutate()}>
            {t('med.confirm')}
          </Button>
        )}
        {confirm.isError && (
          <span role="alert" className={kit.fault}>
            ▲ {refusal(confirm.error, words)}
          </span>
        )}
      </div>
      {overriding && (
        <FormDialog
          title={t('med.override')}
          submit={t('med.override')}
          draftKey={`override:${review.id}`}
          fields={REASON}
          send={(body) =>
            dataOf(
              api.POST('/v1/patients/{patient_id}/medicine-reviews/{review_id}:override', {
                params,
                body: body as unknown as Schemas['OverrideIn'],
              }),
            )
          }
          onDone={decided}
          onClose={() => setOverriding(false)}
        />
      )}
    </div>
  );
}
