"""People on file, what they are found by, their consents, their enrolments and every change of them, as rows."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from cmc.clinical.codes import EndReason, EnrolmentState, Sex
from cmc.clinical.enrolment import ContactEvidence
from cmc.patients import consents
from cmc.patients.protected import Protected
from cmc.simulation.lives import DOCTORS, HOSPITALS, NEVER, Ending, Lives
from cmc.simulation.people import DISEASES, Flags, People, Whole
from cmc.simulation.plan import ACTOR, IDENTIFIER_SYSTEM
from cmc.simulation.rows import texts

REGISTERED_MINUTE: Final = 8 * 60
ENROLLED_MINUTE: Final = 8 * 60 + 5
CHANGED_MINUTE: Final = 17 * 60
"""When of the day people are registered and enrolled, and when endings and transfers are entered."""
CONFIRMED_DAYS_BEFORE: Final = 14
DEATH_CAUSE: Final = "脑卒中"
_REASONS: Final = {
    Ending.DIED: EndReason.DIED,
    Ending.MOVED_OUT: EndReason.MOVED_OUT,
    Ending.REFUSED: EndReason.REFUSED,
    Ending.TRANSFERRED: EndReason.TRANSFERRED,
}
_ACTIVE, _LOST = EnrolmentState.ACTIVE.value, EnrolmentState.LOST.value
_TERMINATED: Final = EnrolmentState.TERMINATED.value
_FIRST_CALL, _LAST_CALL = 30, 3  # days before somebody is called lost


@dataclass(frozen=True, slots=True)
class Seen:
    """What the visits of a cell say of its enrolments, by person and disease, each of shape (n, 2).

    `last` and `last_before_transfer` are the days of the last valid follow-ups (0 none), `back` the day of the visit
    that brought a lost person back and `back_at` when it was entered, in minutes since 1970 local (`NEVER` none).
    """

    last: Whole
    last_before_transfer: Whole
    back: Whole
    back_at: Whole


def evidence(lost_on: date) -> ContactEvidence:
    """Return the contact attempts behind a loss on a day (LIFE-02)."""
    first, last = (date.fromordinal(lost_on.toordinal() - days) for days in (_FIRST_CALL, _LAST_CALL))
    return ContactEvidence(attempts=3, channels=2, first_on=first, last_on=last)


def patient_ids(rng: np.random.Generator, life: Lives) -> pl.Series:
    """Draw the ids of a cell's people."""
    return texts.ids(rng, texts.instants(life.registered, REGISTERED_MINUTE))


def patient_rows(
    who: People, life: Lives, ids: pl.Series, hidden: list[Protected], clinics: list[str], home: int
) -> pl.DataFrame:
    """Return the rows of `patient`; `clinics` are the ids of all clinics by number, `home` the cell's own."""
    transferred, died = life.ending == Ending.TRANSFERRED, life.ending == Ending.DIED
    changed = transferred | died
    created = texts.instants(life.registered, REGISTERED_MINUTE)
    updated = texts.instants(np.where(changed, life.ended, 0), CHANGED_MINUTE).zip_with(pl.Series(changed), created)
    frame = pl.DataFrame({
        "id": ids,
        "clinic_id": texts.taken(clinics, np.where(transferred, life.to_clinic, home)),
        "sex": texts.taken([Sex.F.value, Sex.M.value], who.male.astype(np.int64)),
        "birth_date": texts.days(who.birth),
        "birth_date_precision": pl.repeat("day", len(who), eager=True),
        "died_on": texts.days(np.where(died, life.ended, NEVER), never=NEVER),
        "death_cause": texts.taken([DEATH_CAUSE], np.where(died, 0, -1)),
        "created_at": created,
        "updated_at": updated,
        "version": pl.Series(1 + changed.astype(np.int32)),
    })  # fmt: skip
    columns = zip(*(each[:-1] for each in hidden), strict=True)
    names = Protected._fields[:-1]
    return frame.with_columns(texts.binary(values).alias(name) for name, values in zip(names, columns, strict=True))


def token_rows(life: Lives, ids: pl.Series, hidden: list[Protected], clinics: list[str], home: int) -> pl.DataFrame:
    """Return the rows of `patient_token`: at the clinic that registered the person, and at the one they moved to."""
    token = pl.Series([number for each in hidden for number in each.tokens], dtype=pl.Int64)
    person = np.repeat(np.arange(len(hidden)), [len(each.tokens) for each in hidden])
    moved = np.flatnonzero((life.ending == Ending.TRANSFERRED)[person])
    at_home = np.full(len(person), home)
    return pl.DataFrame({
        "token": pl.concat([token, token.gather(moved)]),
        "clinic_id": texts.taken(clinics, np.concatenate([at_home, life.to_clinic[person[moved]]])),
        "patient_id": ids.gather(np.concatenate([person, person[moved]])),
    })  # fmt: skip


def consent_rows(rng: np.random.Generator, who: People, life: Lives, ids: pl.Series) -> pl.DataFrame:
    """Return the rows of `consent`: what everybody's first enrolment brings with it."""
    given = consents.at_enrolment(None, None)
    place = np.flatnonzero(who.has.any(axis=1))
    day = np.where(who.has, life.enrolled, NEVER).min(axis=1)[place]
    at = texts.instants(day, ENROLLED_MINUTE)
    words = {
        "purpose": given.purpose.value,
        "ground": given.ground.value,
        "version": given.version,
        "channel": given.channel.value,
        "recorded_by": ACTOR,
    }
    return pl.DataFrame({"id": texts.ids(rng, at), "patient_id": ids.gather(place), "given_at": at}).with_columns(
        pl.lit(word).alias(name) for name, word in words.items()
    )


def given_number(who: People, place: int) -> str | None:
    """Return the citizen ID as a person gives it: with 18 characters, or 15 of the old form; None without one."""
    number = str(who.citizen_id[place])
    return (number[:6] + number[8:17] if who.old_form[place] else number) or None


def identifier_rows(who: People, ids: pl.Series) -> pl.DataFrame:
    """Return the rows of `patient_identifier`: everybody's number in the simulation."""
    return pl.DataFrame({
        "system": pl.repeat(IDENTIFIER_SYSTEM, len(who), eager=True),
        "value": pl.Series(who.number).cast(pl.String),
        "patient_id": ids,
    })  # fmt: skip


def enrolment_rows(
    rng: np.random.Generator, who: People, life: Lives, seen: Seen, ids: pl.Series, clinics: list[str], home: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of `enrolment` and of `enrolment_event`: every stint, and every change of its state."""
    person, disease = np.nonzero(who.has)
    ending, ended = life.ending[person], life.ended[person]
    is_lost, back = ending == Ending.LOST, seen.back[person, disease]
    ends = np.isin(ending, list(_REASONS))
    created = texts.instants(life.enrolled[person, disease], ENROLLED_MINUTE)
    last = np.where(
        ending == Ending.TRANSFERRED, seen.last_before_transfer[person, disease], seen.last[person, disease]
    )
    states = [_ACTIVE, _LOST, _TERMINATED]
    reason_of = {kind: place for place, kind in enumerate(_REASONS)}
    first = _stints(
        ids, person, disease, life, created, np.full(len(person), home), life.enrolled[person, disease], last, clinics
    ).with_columns(
        id=texts.ids(rng, created),
        state=texts.taken(states, np.where(ends, 2, np.where(is_lost & (back >= NEVER), 1, 0))),
        ended_on=texts.days(np.where(ends, ended, NEVER), never=NEVER),
        end_reason=texts.taken(
            [each.value for each in _REASONS.values()], np.array([reason_of.get(each, -1) for each in ending.tolist()])
        ),
        doctor=texts.taken(DOCTORS, life.doctor[person]),
    )
    moved = np.flatnonzero(ending == Ending.TRANSFERRED)
    to, begins = life.to_clinic[person[moved]], ended[moved] + 1
    entered = texts.instants(ended[moved], CHANGED_MINUTE)
    own = np.maximum(seen.last[person[moved], disease[moved]], seen.last_before_transfer[person[moved], disease[moved]])
    second = _stints(ids, person[moved], disease[moved], life, entered, to, begins, own, clinics).with_columns(
        id=texts.ids(rng, entered),
        state=pl.repeat(_ACTIVE, len(moved), eager=True),
        ended_on=pl.repeat(None, len(moved), dtype=pl.Date, eager=True),
        end_reason=pl.repeat(None, len(moved), dtype=pl.String, eager=True),
        doctor=pl.repeat(None, len(moved), dtype=pl.String, eager=True),
    )
    events = [
        _events(first["id"], None, _ACTIVE, life.enrolled[person, disease], created),
        _events(second["id"], None, _ACTIVE, begins, entered),
        *_changes(first["id"], ending, ended, life.lost_on[person], back, seen.back_at[person, disease]),
    ]
    history = pl.concat(events)
    return pl.concat([first, second]), history.with_columns(id=texts.ids(rng, history["recorded_at"]))


def _stints(
    ids: pl.Series,
    person: Whole,
    disease: Whole,
    life: Lives,
    created: pl.Series,
    clinic: Whole,
    enrolled: Whole,
    last: Whole,
    clinics: list[str],
) -> pl.DataFrame:
    secondary = life.secondary[person] & (disease == 0)
    return pl.DataFrame({
        "id": pl.repeat("", len(person), eager=True),
        "patient_id": ids.gather(person),
        "clinic_id": texts.taken(clinics, clinic),
        "disease": texts.taken([each.value for each in DISEASES], disease),
        "primary_disease": pl.Series(~secondary),
        "confirmed_on": texts.days(life.enrolled[person, disease] - CONFIRMED_DAYS_BEFORE),
        "confirmed_at": texts.taken(HOSPITALS, life.hospital[person]),
        "enrolled_on": texts.days(enrolled),
        "last_follow_up_on": texts.days(np.where(last > 0, last, NEVER), never=NEVER),
        "created_at": created,
    })  # fmt: skip


def _changes(
    enrolment: pl.Series, ending: Whole, ended: Whole, lost_on: Whole, back: Whole, back_at: Whole
) -> list[pl.DataFrame]:
    found = []
    for kind, reason in _REASONS.items():
        own = np.flatnonzero(ending == kind)
        entered = texts.instants(ended[own], CHANGED_MINUTE)
        found.append(_events(enrolment.gather(own), _ACTIVE, _TERMINATED, ended[own], entered, reason=reason.value))
    lost = np.flatnonzero(ending == Ending.LOST)
    calls = [texts.as_json(evidence(day).plain()) for day in texts.days(lost_on[lost])]
    entered = texts.instants(lost_on[lost], CHANGED_MINUTE)
    found.append(
        _events(enrolment.gather(lost), _ACTIVE, _LOST, lost_on[lost], entered).with_columns(
            evidence=pl.Series(calls, dtype=pl.String)
        )
    )
    again = np.flatnonzero((ending == Ending.LOST) & (back < NEVER))
    entered = texts.instants(np.zeros(len(again), dtype=np.int64), back_at[again])
    found.append(_events(enrolment.gather(again), _LOST, _ACTIVE, back[again], entered))
    return found


def _events(
    enrolment: pl.Series, before: str | None, after: str, day: Whole, entered: pl.Series, *, reason: str | None = None
) -> pl.DataFrame:
    count = len(enrolment)
    return pl.DataFrame({
        "id": pl.repeat("", count, eager=True),
        "enrolment_id": enrolment,
        "from_state": pl.repeat(before, count, dtype=pl.String, eager=True),
        "to_state": pl.repeat(after, count, eager=True),
        "happened_on": texts.days(day),
        "reason": pl.repeat(reason, count, dtype=pl.String, eager=True),
        "evidence": pl.repeat(None, count, dtype=pl.String, eager=True),
        "actor": pl.repeat(ACTOR, count, eager=True),
        "recorded_at": entered,
    })  # fmt: skip


def came_back(life: Lives, who: Whole, day: Whole, face_to_face: Flags) -> Flags:
    """Whether visits were such as bring a lost person back into care (LIFE-03)."""
    back: Flags = (life.ending[who] == Ending.LOST) & face_to_face & (day >= life.lost_on[who])
    return back
