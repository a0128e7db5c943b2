import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';

import { Link } from '../../kit/Link';
import { api, dataOf } from '../../api/client';
import { clinicToday, clockTime, localMoment } from '../../dates';
import { draftOf } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import { FIELDS } from './fields';
import { carriedFrom, carriedOn, lastMeasured } from './last';
import { setOf } from './opening';
import { Saved } from './Saved';
import { LastSix, Side } from './Side';
import { type Kept, useAutosave } from './useAutosave';
import { useVisit } from './useVisit';
import { VisitForm } from './VisitForm';

interface NewVisitProps {
  readonly id: string;
  readonly opening: Schemas['NewVisitOut'];
  /** Under management; none, when somebody has to be enrolled first. */
  readonly diseases: readonly string[];
  readonly doctor: string | null;
}

/** A visit that is being typed: with what was last time beside it, kept as a draft until it is recorded. */
export function NewVisit({ id, opening, diseases, doctor }: NewVisitProps) {
  const { t } = usePageWords();
  const [left, setLeft] = useState(opening.draft);
  const visit = useVisit({
    id,
    key: `visit:${id}`,
    initial: { diseases: diseases.join(','), visited_on: clinicToday(), mode: '1' },
    corrects: null,
    send: async (body, _draft, key) => {
      await autosave.stop();
      try {
        const stored = await dataOf(
          api.POST('/v1/followups', { params: { header: { 'idempotency-key': key } }, body }),
        );
        if (setOf(body.diseases) !== setOf(opening.diseases)) await autosave.forget();
        return stored;
      } catch (error) {
        autosave.goOn();
        throw error;
      }
    },
  });
  const isOffered = left !== null && !visit.restored;
  const autosave = useAutosave(id, setOf(opening.diseases), visit.draft, visit.touched && !isOffered && !visit.saved);
  // not drawn anew by a key: only by another judgement
  const { data, error } = visit.assessment;
  const side = useMemo(
    () => (
      <Side judged={data} error={error}>
        <LastSix previous={opening.previous} />
      </Side>
    ),
    [data, error, opening.previous],
  );
  if (visit.saved) return <Saved id={id} saved={visit.saved} />;

  async function discard(): Promise<void> {
    await autosave.stop();
    await autosave.forget();
    visit.reset();
    setLeft(null);
    autosave.goOn();
  }

  const carry = (): void => visit.carry(carriedFrom(opening, doctor));
  const last = Object.entries(lastMeasured(opening, FIELDS));
  const notes = Object.fromEntries([
    ...last.map(([name, value]) => [name, t('visit.last', { value })]),
    ...(opening.known_height_cm ? [['height_cm', t('visit.known', { value: opening.known_height_cm })]] : []),
    ...visit.marks.map((name) => [name, `↺ ${carriedOn(opening, name)?.slice(5) ?? ''}`]).filter(([name]) => !isPart(name)),
  ]) as Record<string, string>;
  return (
    <VisitForm
      visit={visit}
      notes={notes}
      onCarry={carry}
      submit={t(visit.isIncomplete ? 'visit.saveAnyway' : 'visit.save')}
      offer={
        isOffered && (
          <p role="status" className={`${kit.line} ${kit.note}`}>
            <span>◷ {t('visit.draftLeft', { at: localMoment(left.saved_at) })}</span>
            <Button
              size="compact-xs"
              onClick={() => {
                visit.put(draftOf(FIELDS, left.form));
                setLeft(null);
              }}
            >
              {t('visit.draftGoOn')}
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => void discard()}>
              {t('visit.draftForget')}
            </Button>
          </p>
        )
      }
      foot={
        <>
          <Button size="xs" variant="default" onClick={carry} disabled={opening.previous.length === 0}>
            {t('visit.carry')}
          </Button>
          {visit.touched && !isOffered && (
            <Button size="xs" variant="default" onClick={() => void discard()}>
              {t('form.discard')}
            </Button>
          )}
          <KeptNote kept={autosave.kept} restored={visit.restored && visit.touched} />
          <Link className={kit.hint} href={`/patients/${id}/visits`}>
            {t('nav.visits')}
          </Link>
        </>
      }
      side={side}
    />
  );
}

const isPart = (name: string | undefined): boolean => /\.(dose|times_per_day|usage)$/.test(name ?? '');

function KeptNote({ kept, restored }: { readonly kept: Kept; readonly restored: boolean }) {
  const { t } = usePageWords();
  if (kept === 'failed') return <span role="status" className={kit.fault}>▲ {t('visit.draftFailed')}</span>;
  if (kept !== null) return <span role="status" className="muted">✓ {t('visit.draftKept', { at: clockTime(kept.at) })}</span>;
  return restored ? <span role="status">{t('form.restored')}</span> : <span className="muted">{t('visit.keys')}</span>;
}
