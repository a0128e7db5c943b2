import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';

import { api, dataOf } from '../api/client';
import type { components } from '../api/schema';
import { useMay } from '../features/session/session';
import { ProtectedField, RevealReason } from '../locales/codes';
import { usePageWords } from '../locales/pages';
import type { Field } from './fields';
import { FormDialog } from './FormDialog';

const SHOWN_MS = 30_000;

const FIELDS: readonly Field[] = [
  { name: 'reason', label: 'reveal.reason', kind: 'code', codes: RevealReason, required: true },
];

interface MaskedProps {
  readonly patientId: string;
  readonly field: components['schemas']['ProtectedField'];
  readonly masked: string | null;
  /** Asked for from outside, by a key. */
  readonly asking?: boolean;
  readonly onAsked?: () => void;
}

/** A number as it is masked; in full with a reason, for half a minute. */
export function Masked({ patientId, field, masked, asking = false, onAsked }: MaskedProps) {
  const { t, name } = usePageWords();
  const [isAsking, setAsking] = useState(false);
  const [full, setFull] = useState<string | null>(null);
  const may = useMay('people.reveal');
  useEffect(() => {
    if (full === null) return undefined;
    const timer = setTimeout(() => setFull(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [full]);
  const called = name(ProtectedField, field);
  const open = isAsking || asking;
  function close(): void {
    setAsking(false);
    onAsked?.();
  }
  if (masked === null && full === null) return <span className="muted">{t('reveal.none')}</span>;
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      {full ?? masked}{' '}
      {may && full === null && (
        <Button
          size="compact-xs"
          variant="subtle"
          aria-label={t('reveal.title', { field: called })}
          onClick={() => setAsking(true)}
        >
          {t('reveal.show')}
        </Button>
      )}
      {open && (
        <FormDialog
          title={t('reveal.title', { field: called })}
          submit={t('reveal.show')}
          draftKey={`reveal:${patientId}:${field}`}
          fields={FIELDS}
          send={(body) =>
            dataOf(
              api.POST('/v1/patients/{patient_id}:reveal', {
                params: { path: { patient_id: patientId } },
                body: { field, ...body } as components['schemas']['RevealIn'],
              }),
            )
          }
          onDone={({ value }) => {
            setFull(value ?? t('reveal.none'));
            close();
          }}
          onClose={close}
        >
          <p className="muted">{t('reveal.hint')}</p>
        </FormDialog>
      )}
    </span>
  );
}
