"""Tasks that somebody put on the work-list from the list behind an indicator: pure.

They follow from nobody's record, so the plan neither makes nor rewrites them; it closes them. One is done when a
follow-up of its disease, or an annual examination, is recorded after it was added, whatever day that was for; it is
cancelled when the person is no longer cared for at its clinic for that disease. The indicator, its disease and the day
stand in the cause, which is unique by person: nobody is added twice on one day.

It has no `disease` of its own: a wish of the clinic is no due of the programme, and does not count in IND-06.
"""

from datetime import date
from typing import Final
from uuid import UUID

from cmc.clinical.codes import Disease, EnrolmentState
from cmc.followups.codes import TaskStatus
from cmc.followups.person import Closing, OpenTask, Person

IN_CARE: Final = frozenset({EnrolmentState.ACTIVE, EnrolmentState.LOST})
"""Who may be put on the work-list: the lost, too, because getting in contact again is what their lists ask for."""


def prefix(code: str, disease: Disease) -> str:
    """What the causes of all tasks of one indicator begin with: "list:IND-03.HTN:"."""
    return f"list:{code}.{disease.value}:"


def cause(code: str, disease: Disease, on: date) -> str:
    """The cause of a task that was added on the local date `on`: "list:IND-03.HTN:2026-11-20"."""
    return f"{prefix(code, disease)}{on.isoformat()}"


def disease_of(cause_: str) -> Disease:
    """The disease of the indicator that a cause names."""
    return Disease(cause_.split(":")[1].rpartition(".")[2])


def closing(person: Person, task: OpenTask) -> tuple[Closing, ...]:
    """Why an open task of this kind is to be closed, if it is: done by what was filed since, or nobody's any more."""
    disease = disease_of(task.due.cause)
    by = _answered(person, task, disease)
    if by is not None:
        return (Closing(task.id, TaskStatus.DONE, by),)
    here = any(_stands(each.disease, each.clinic_id, each.state, task, disease) for each in person.stints)
    if person.died_on is None and here:
        return ()
    return (Closing(task.id, TaskStatus.CANCELLED, "plan"),)


def _stands(of: Disease, clinic_id: UUID, state: EnrolmentState, task: OpenTask, disease: Disease) -> bool:
    return of is disease and clinic_id == task.due.clinic_id and state in IN_CARE


def _answered(person: Person, task: OpenTask, disease: Disease) -> str | None:
    contact, exam = person.contacts.get(disease), person.examined
    if task.opened_at is None:
        return None
    if contact is not None and contact.recorded_at > task.opened_at:
        return f"followup:{contact.id}"
    if exam is not None and exam.recorded_at > task.opened_at:
        return f"annual_exam:{exam.id}"
    return None
