"""The rows of an encounter: which version of which record is written, and what stands in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from cmc.clinical.codes import Disease
from cmc.clinical.units import round_half_up
from cmc.core.clock import local_date
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import encounter
from cmc.followups.rules import validity
from cmc.followups.rules.judgement import Judgement
from cmc.followups.schemas import FollowupIn
from cmc.followups.tables import Followup

_COLUMNS = (
    "patient_id",
    "visited_on",
    "visited_time",
    "doctor",
    "sbp_mmhg",
    "dbp_mmhg",
    "heart_rate_bpm",
    "hypoglycaemia",
    "adherence",
    "foot_pulse",
    "mode",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Which encounter is written, in which version and when: a new one, or the next version of a former one."""

    encounter_id: UUID
    version: int
    entered_at: datetime
    entered_on: date
    recorded_at: datetime
    former: Mapping[str, Followup]

    @classmethod
    def of(cls, former: Sequence[Followup], *, now: datetime, on: date) -> Self:
        """A new encounter at `now` of the local date `on`, or the correction of standing records."""
        if not former:
            return cls(encounter_id=new_id(), version=1, entered_at=now, entered_on=on, recorded_at=now, former={})
        entered_at = min(each.entered_at for each in former)
        return cls(
            encounter_id=former[0].encounter_id,
            version=former[0].version + 1,
            entered_at=entered_at,
            entered_on=local_date(entered_at),
            # A clock that went back must not make the correction known before what it corrects.
            recorded_at=max(now, *(each.recorded_at for each in former)),
            former={each.disease: each for each in former},
        )

    def columns(self, disease: Disease) -> dict[str, Any]:
        """The columns that say which record in which version a row is."""
        row_id, replaced = new_id(), self.former.get(disease.value)
        return {
            "id": row_id,
            "record_id": replaced.record_id if replaced else row_id,
            "encounter_id": self.encounter_id,
            "version": self.version,
            "replaces_id": replaced.id if replaced else None,
            "entered_at": self.entered_at,
            "recorded_at": self.recorded_at,
        }


def row_of(
    scope: Scope,
    visit: Writing,
    wanted: FollowupIn,
    clinic_id: UUID,
    judgement: Judgement,
    governing: date,
) -> Followup:
    """Return the row of one judged disease of an encounter; `governing` is the date that both must keep."""
    next_visit_on = wanted.next_visit_on or governing
    missing = encounter.missing(wanted, judgement, next_visit_on)
    return Followup(
        **visit.columns(judgement.disease),
        clinic_id=clinic_id,
        disease=judgement.disease.value,
        **{name: getattr(wanted, name) for name in _COLUMNS},
        weight_kg=None if wanted.weight_kg is None else round_half_up(wanted.weight_kg, Decimal("0.1")),
        fasting_glucose_umol_l=encounter.fasting_umol_l(wanted),
        fasting_glucose_bound=wanted.fasting_glucose_flag,
        other_glucose_umol_l=encounter.other_umol_l(wanted),
        other_glucose_bound=wanted.other_glucose_flag,
        other_glucose_period=encounter.other_period(wanted),
        symptoms=encounter.symptoms(wanted, judgement.disease),
        form=wanted.model_dump(mode="json", include=set(encounter.FORM_FIELDS), exclude_defaults=True),
        classification=judgement.classification,
        is_controlled=judgement.controlled,
        action=judgement.action.value,
        referral_reason=judgement.referral_reason.value if judgement.referral_reason else None,
        next_visit_on=next_visit_on,
        next_visit_latest_on=governing,
        emergency_codes=[criterion.value for criterion in judgement.emergencies],
        rule_ids=list(judgement.rule_ids),
        reasons=_words(judgement.reasons),
        warnings=_words(judgement.warnings),
        inputs=judgement.inputs,
        ruleset=judgement.ruleset_id,
        is_valid=not missing,
        missing_fields=missing,
        is_late_entry=validity.entered_late(wanted.visited_on, visit.entered_on),
        actor=scope.actor,
    )


def _words(texts: Sequence[Text]) -> list[dict[str, str]]:
    return [{"zh": text.zh, "en": text.en} for text in texts]
