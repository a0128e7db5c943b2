import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { Draft } from '../../kit/drafts';
import { bodyOf, faultsFrom } from '../../kit/fields';
import { DrugLevel, Override } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { Tag, type Tone } from '../../kit/Tag';
import type { Schemas } from './data';
import { MEDICINE } from './facts';
import classes from './Patient.module.css';

const PAUSE_MS = 400;

const TONES: Readonly<Record<Schemas['DrugLevel'], Tone>> = { OK: 'good', WARN: 'warn', BLOCK: 'bad' };

/** What the checks say to a medicine before it is saved, by the person's allergies, kidney and other medicines. */
export function MedicineAdvice({ id, draft }: { readonly id: string; readonly draft: Draft }) {
  const words = usePageWords();
  const { t } = words;
  const body = bodyOf(MEDICINE, draft);
  const complete = typeof body['name'] === 'string' && typeof body['on'] === 'string';
  const [settled] = useDebouncedValue(complete ? JSON.stringify(body) : '', PAUSE_MS);
  const query = useQuery({
    queryKey: ['patient', id, 'medicine-check', settled],
    queryFn: () =>
      dataOf(
        api.POST('/v1/patients/{patient_id}/medications:check', {
          params: { path: { patient_id: id } },
          body: JSON.parse(settled) as Schemas['MedicationIn'],
        }),
      ),
    enabled: settled !== '',
    gcTime: 0,
    retry: false,
  });
  return (
    <div aria-live="polite">
      {query.data && <Findings {...query.data} />}
      {query.isError && (
        <p className="muted">
          {t('med.notChecked')} {Object.values(faultsFrom(query.error, MEDICINE, words)).join(' ')}
        </p>
      )}
    </div>
  );
}

interface FindingsProps {
  readonly level: Schemas['DrugLevel'];
  readonly findings: readonly Schemas['FindingOut'][];
  readonly unknown_medicines: readonly string[];
}

/** The findings of a check with their rules, the gravest first as the server gives them. */
export function Findings({ level, findings, unknown_medicines }: FindingsProps) {
  const { t, say, name, listed } = usePageWords();
  return (
    <>
      <Tag tone={TONES[level]}>{name(DrugLevel, level)}</Tag>
      <ul className={classes.list}>
        {findings.map((finding) => (
          <li key={`${finding.reason.rule}${finding.medicines.join()}`}>
            <Tag tone={TONES[finding.level]}>{name(DrugLevel, finding.level)}</Tag>
            {say(finding.reason.text)}{' '}
            <span className="muted">
              {finding.reason.rule}
              {finding.level === 'BLOCK' && ` · ${name(Override, finding.override)}`}
            </span>
          </li>
        ))}
        {unknown_medicines.length > 0 && (
          <li className="muted">{t('med.unknown', { names: listed(unknown_medicines) })}</li>
        )}
      </ul>
    </>
  );
}
