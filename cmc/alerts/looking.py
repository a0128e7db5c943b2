"""The worker's look at people: what the rules find in their facts is raised, what no longer holds is closed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.alerts import facts, queries, raising, service
from cmc.alerts.codes import AlertOutcome
from cmc.alerts.facts import Person
from cmc.alerts.found import Found, instant, key_of, local, of_finding
from cmc.clinical.alert_facts import CRITICAL_VALUES, AlertRule, Finding
from cmc.clinical.alert_rules import STALE_AFTER, findings
from cmc.core.scope import Scope

_MOVE = text(
    "UPDATE alert AS a SET clinic_id = p.clinic_id FROM patient AS p WHERE p.id = a.patient_id"
    " AND a.patient_id = ANY (:ids) AND a.status <> 'closed' AND a.clinic_id <> p.clinic_id"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


def look(session: Session, scope: Scope, patient_ids: Iterable[UUID], *, now: datetime) -> int:
    """Look at people again; return how many causes were new. A constant number of statements while nothing is new."""
    people = facts.load(session, scope, sorted(set(patient_ids)), now=now)
    cared = [each for each in people if not (each.died or each.ended)]
    for each in people:
        if each.died or each.ended:
            service.care_ended(
                session, scope, each.id, AlertOutcome.DIED if each.died else AlertOutcome.CARE_ENDED, now=now
            )
    session.execute(_MOVE, {"ids": [each.id for each in cared]})
    _data_came(session, scope, cared, now=now)
    return raising.take_in(session, scope, (one for each in cared for one in found_in(each, now=now)), now=now)


def found_in(person: Person, *, now: datetime) -> Iterator[Found]:
    """What the rules find of a person: RED of readings that nobody answered, the rest of all of them."""
    at = local(now)
    for finding in findings(person.unanswered(now=now), now=at):
        if finding.rule in CRITICAL_VALUES:
            yield of_finding(finding, patient_id=person.id, arrived_at=_arrived(person, finding))
    for finding in findings(person.facts, now=at):
        if finding.rule not in CRITICAL_VALUES:
            yield of_finding(finding, patient_id=person.id, arrived_at=now)


def _arrived(person: Person, finding: Finding) -> datetime:
    same = (each.arrived_at for each in person.measured if key_of(finding.rule, each.taken_at) == finding.cause)
    return max(same, default=instant(finding.at))


def _data_came(session: Session, scope: Scope, people: Sequence[Person], *, now: datetime) -> None:
    """Close what says that nothing came, where something did, or where nobody is asked to send any more."""
    silent = {
        each.id
        for each in people
        if each.facts.last_data is not None and local(now) - each.facts.last_data >= STALE_AFTER
    }
    others = [each.id for each in people if each.id not in silent]
    stale = queries.unclosed(session, scope, others, rule=AlertRule.STALE_DATA)
    service.end(session, scope, stale, AlertOutcome.DATA_CAME, now=now)
