import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { navigate } from 'wouter/use-browser-location';

import { ApiError } from '../../api/errors';
import type { components } from '../../api/schema';
import { StaleNote } from '../../components/StaleNote';
import { faultsFrom } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { Card, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { DocumentKind, Likeness } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useClinicName } from '../patients/columns';
import { PERSON } from './fields';
import classes from './Registration.module.css';

type Answer = components['schemas']['CheckOut'];

/** Beside the form: what the number tells, and who may be this person already. */
export function CheckPanel({ query }: { readonly query: UseQueryResult<Answer> }) {
  const words = usePageWords();
  const { t, name } = words;
  const answer = query.data;
  const refused = query.error instanceof ApiError && query.error.status === 422;
  return (
    <aside className={classes.panel} aria-live="polite">
      <Card title={t('reg.document')}>
        {refused ? (
          <p className={kit.fault}>▲ {Object.values(faultsFrom(query.error, PERSON, words)).join(' ')}</p>
        ) : query.isError ? (
          <StaleNote since={query.dataUpdatedAt || Date.now()} onRetry={() => void query.refetch()} />
        ) : answer?.document ? (
          <Document document={answer.document} />
        ) : (
          <p className="muted">{t('reg.documentHint')}</p>
        )}
      </Card>
      {(answer?.on_file || answer?.on_file_elsewhere) && !refused && <OnFile answer={answer} />}
      <Card title={t('reg.likely')}>
        {answer && answer.likely.length > 0 && !refused ? (
          <ul className={classes.likely}>
            {answer.likely.map((one) => (
              <Likely key={one.patient.id} one={one} likeness={name(Likeness, one.likeness)} />
            ))}
          </ul>
        ) : (
          <p className="muted">{t(answer && !refused ? 'reg.noneLikely' : 'reg.likelyHint')}</p>
        )}
      </Card>
    </aside>
  );
}

function Document({ document }: { readonly document: components['schemas']['CheckedDocument'] }) {
  const { t, name } = usePageWords();
  return (
    <>
      <Pairs
        rows={[
          [t('reg.kind'), name(DocumentKind, document.kind)],
          [t('reg.birth'), document.birth_date ?? '–'],
          [t('patients.sex'), document.sex ? t(`sex.${document.sex}`) : '–'],
          [t('reg.issued'), document.region ?? document.nationality ?? '–'],
        ]}
      />
      {document.doubts.length > 0 && <Tag tone="warn">{t('reg.doubt')}</Tag>}
    </>
  );
}

function OnFile({ answer }: { readonly answer: Answer }) {
  const { t } = usePageWords();
  return (
    <Card title={t('reg.onFile')}>
      <p>▲▲ {t(answer.on_file ? 'reg.onFileHere' : 'reg.onFileElsewhere')}</p>
      {answer.on_file && (
        <Button size="xs" mt="xs" onClick={() => navigate(`/patients/${answer.on_file}`)}>
          {t('reg.openExisting')}
        </Button>
      )}
    </Card>
  );
}

interface LikelyProps {
  readonly one: components['schemas']['Likely'];
  readonly likeness: string;
}

function Likely({ one: { patient, points, score }, likeness }: LikelyProps) {
  const { t, say } = usePageWords();
  const clinicName = useClinicName();
  return (
    <li>
      <strong>{patient.name}</strong> {t(`sex.${patient.sex}`)} {t('row.age', { n: patient.age })}{' '}
      <Tag tone="warn">{`${likeness} ${score}`}</Tag>
      <div className="muted">
        {patient.phone ?? t('row.noPhone')} {clinicName(patient.clinic_id)}
      </div>
      <div>{points.map((point) => say(point)).join(' · ')}</div>
      <Button size="compact-sm" variant="default" onClick={() => navigate(`/patients/${patient.id}`)}>
        {t('reg.openExisting')}
      </Button>
    </li>
  );
}
