"""Every route × every kind of caller × own, foreign and absent objects: who may not gets 403, what is foreign is absent.

A route that nobody has classified, or that is not in `CASES`, makes this fail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import MACHINE_RIGHTS, MachineKind, Role, rights_of
from cmc.accounts.tables import AppUser, AuthSession, MachineKey
from cmc.alerts import queries as alert_queries
from cmc.alerts import raising
from cmc.alerts.found import Found, local
from cmc.clinical.alert_facts import AlertRule, Finding
from cmc.clinical.codes import Disease
from cmc.core import clock, crypto
from cmc.core.clock import midnight
from cmc.core.guard import classified
from cmc.core.ids import new_id
from cmc.core.scope import Right, Scope
from cmc.core.text import Text
from cmc.devices.tables import Device
from cmc.duplicates import merging
from cmc.duplicates.tables import DuplicatePair
from cmc.exchange.tables import ExportDefinition
from cmc.followups.tables import Task
from cmc.ingest import keeping
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.main import build
from cmc.outbox import service as outbox
from cmc.outbox.apprising import Policy
from cmc.outbox.schemas import SubscriptionIn
from cmc.patients.tables import Consent
from cmc.privacy.tables import RetentionCase

OPEN = {("GET", "/livez"), ("GET", "/readyz"), ("POST", "/v1/session"), ("POST", "/v1/session:unlock")}
ABSENT = UUID("00000000-0000-7000-8000-000000000000")
REQUIRED = classified(build(None, None))
KEYS = crypto.keyring(bytes(range(32)))
WHOSE = ("absent", "foreign", "own")


@dataclass(frozen=True)
class Ids:
    """One object of each kind; all of them own, foreign or absent."""

    clinic: UUID = ABSENT
    patient: UUID = ABSENT
    enrolment: UUID = ABSENT
    user: UUID = ABSENT
    machine: UUID = ABSENT
    key: str = "cmcgw_0000000000000000"
    session: UUID = ABSENT
    consent: UUID = ABSENT
    case: UUID = ABSENT
    pair: UUID = ABSENT
    merge: UUID = ABSENT
    twin: UUID = ABSENT
    review: UUID = ABSENT
    facts: Mapping[str, UUID] = field(default_factory=dict)
    device: UUID = ABSENT
    held: UUID = ABSENT
    alert: UUID = ABSENT
    webhook: UUID = ABSENT
    delivery: UUID = ABSENT
    run: UUID = ABSENT
    encounter: UUID = ABSENT
    switch: UUID = ABSENT
    report: UUID = ABSENT
    task: UUID = ABSENT
    call: UUID = ABSENT
    referral: UUID = ABSENT
    export: UUID = ABSENT
    definition: UUID = ABSENT
    team: UUID = ABSENT


Case = Callable[[Ids], dict[str, Any]]


def _plain(**more: Any) -> Case:
    return lambda _: dict(more)


def _indicator(name: str, value: str) -> Case:
    """What a route of one indicator is asked with besides its own parameter."""
    return lambda ids: {"params": {"scope": str(ids.clinic), "month": "2025-11", name: value}}


def _visit(ids: Ids) -> dict[str, Any]:
    measured = {"mode": 1, "sbp_mmhg": 132, "dbp_mmhg": 84}
    return {"json": {"patient_id": str(ids.patient), "diseases": ["HTN"], "visited_on": "2025-03-03", **measured}}


def _readings(ids: Ids) -> dict[str, Any]:
    item = {"patient_id": str(ids.patient), "kind": "glucose", "value": 6, "unit": "mmol/L"}
    return {"json": {"items": [item | {"taken_at": "2025-03-01T07:00:00+08:00"}]}}


def _of_meter(ids: Ids) -> dict[str, Any]:
    """6.0 mmol/L on 1 March 2025, 07:00, number 7, of a meter; the format's code in the address is filled in below."""
    return {
        "params": {"patient_id": str(ids.patient)},
        "json": {"device": f"BLE-{ids.clinic.hex[-8:]}", "measurements": ["060700E907030107000006D011"]},
    }


def _person(ids: Ids) -> dict[str, Any]:
    return {"json": {"clinic_id": str(ids.clinic), "name": "李秀英", "sex": "F", "birth_date": "1958-03-02"}}


def _soon(field_: str, **more: Any) -> Case:
    """A body with a day ahead in one of its fields."""
    return lambda _: {"json": {field_: (clock.today() + timedelta(days=5)).isoformat(), **more}}


def _calendar(ids: Ids) -> dict[str, Any]:
    return {"params": {"clinic": str(ids.clinic), "from": "2026-11-16", "to": "2026-11-20"}}


def _of_clinic(ids: Ids) -> dict[str, Any]:
    return {"params": {"clinic": str(ids.clinic)}}


def _grant(ids: Ids) -> dict[str, Any]:
    return {"json": {"roles": [{"role": "nurse", "organisation_id": str(ids.clinic)}]}}


def _new_user(ids: Ids) -> dict[str, Any]:
    return {"json": {"login": "new.user", "display_name": "新用户", **_grant(ids)["json"]}}


def _gateway(ids: Ids) -> dict[str, Any]:
    return {"json": {"kind": "gateway", "name": "x", "organisation_id": str(ids.clinic)}}


def _device(ids: Ids) -> dict[str, Any]:
    return {"json": {"code": f"M-{ids.clinic}", "kind": "meter", "clinic_id": str(ids.clinic)}}


def _issue(ids: Ids) -> dict[str, Any]:
    return {"json": {"patient_id": str(ids.patient)}}


SHEET = "系统编号,诊断日期,ICD-10编码\n00000000-0000-7000-8000-000000000001,2020-01-05,I10\n".encode()


def _import(ids: Ids) -> dict[str, Any]:
    return {"content": SHEET, "params": {"kind": "diagnoses", "clinic": str(ids.clinic)}}


def _search(ids: Ids) -> dict[str, Any]:
    return {"json": {"text": "王建国", "clinic": str(ids.clinic)}}


def _webhook(ids: Ids) -> dict[str, Any]:
    wanted = {"name": "x", "address": "https://example.org/hook", "kinds": ["alert.raised"]}
    return {"json": wanted | {"organisation_id": str(ids.clinic)}}


def _switch(ids: Ids) -> dict[str, Any]:
    return {"json": {"region_id": str(ids.clinic), "mode": "shown", "reason": "x"}}


_TARGET = {"quantity": "SBP_MMHG", "reason": "x"}
_OWN_BAND = {"band": 4, "reason": "x", "until": "2027-01-01"}
_ENROLMENT = {
    "disease": "T2DM",
    "enrolled_on": "2025-01-05",
    "confirmed_on": "2025-01-05",
    "confirmed_at": "x",
    "doctor": "赵医生",
    "consent": True,
}
_LOST = {"to_state": "TERMINATED", "on": "2025-06-01", "reason": "MOVED_OUT"}
_REVEAL = {"field": "name", "reason": "call"}
_CONSENT = {"purpose": "research", "ground": "consent", "version": "2026-1", "channel": "paper"}
_FACTS: dict[str, dict[str, Any]] = {
    "diagnoses": {"on": "2024-03-01", "icd10": "I10"},
    "allergies": {"on": "2020-01-01", "substance": "青霉素类"},
    "medications": {"on": "2024-03-01", "name": "阿莫西林"},
    "labs": {"on": "2025-05-01", "analyte": "HBA1C", "value": "7.2", "unit": "%"},
    "examinations": {"on": "2025-04-01", "findings": {"kind": "eye", "retinopathy": 2}},
    "lifestyle": {"on": "2025-04-01", "smoking": 3},
    "family-history": {"on": "2025-04-01", "relation": "father", "disease": 7},
    "hospital-stays": {"on": "2025-02-01", "institution": "市第一医院"},
    "annual-exams": {"on": "2025-02-02"},
}
_FACT_CASES: dict[tuple[str, str], Case | None] = {
    (method, f"/v1/patients/{{patient_id}}/{path}{more}"): _plain(**sent)
    for path, body in _FACTS.items()
    for method, more, sent in (
        ("GET", "", {}),
        ("POST", "", {"json": body}),
        ("POST", "/{fact_id}:correct", {"json": {"reason": "x", "fact": body}}),
    )
}
CASES: dict[tuple[str, str], Case | None] = {
    ("GET", "/metrics"): None,
    ("GET", "/v1/session"): None,
    ("GET", "/v1/state"): None,
    ("DELETE", "/v1/session"): None,
    ("POST", "/v1/session:lock"): None,
    ("GET", "/v1/sessions"): None,
    ("DELETE", "/v1/sessions/{session_id}"): _plain(),
    ("GET", "/v1/me"): None,
    ("POST", "/v1/me:change-password"): None,
    ("POST", "/v1/me/second-factor"): None,
    ("POST", "/v1/me/second-factor:confirm"): None,
    ("POST", "/v1/me/second-factor:disable"): None,
    ("GET", "/v1/roles"): None,
    ("GET", "/v1/users"): None,
    ("POST", "/v1/users"): _new_user,
    ("GET", "/v1/users/{user_id}"): _plain(),
    ("PUT", "/v1/users/{user_id}/roles"): _grant,
    ("POST", "/v1/users/{user_id}:reset-password"): _plain(),
    ("POST", "/v1/users/{user_id}:reset-second-factor"): _plain(),
    ("POST", "/v1/users/{user_id}:disable"): _plain(json={"reason": "left"}),
    ("POST", "/v1/users/{user_id}:enable"): _plain(),
    ("GET", "/v1/machine-keys"): None,
    ("POST", "/v1/machine-keys"): _gateway,
    ("POST", "/v1/machine-keys/{machine_id}:rotate"): _plain(),
    ("POST", "/v1/machine-keys/{machine_id}:revoke"): _plain(),
    ("DELETE", "/v1/machine-keys/{machine_id}/keys/{key_id}"): _plain(),
    ("GET", "/v1/organisations"): None,
    ("GET", "/v1/organisations/{organisation_id}/teams"): _plain(),
    ("POST", "/v1/organisations/{organisation_id}/teams"): _plain(json={"name": "第二团队", "doctors": ["钱医生"]}),
    ("PUT", "/v1/teams/{team_id}"): _plain(json={"name": "第一团队", "doctors": ["李医生"]}),
    ("DELETE", "/v1/teams/{team_id}"): _plain(),
    ("POST", "/v1/patients"): _person,
    ("GET", "/v1/patients"): _of_clinic,
    ("GET", "/v1/patients/{patient_id}"): _plain(),
    ("PATCH", "/v1/patients/{patient_id}"): _plain(json={"address": "河西区"}, headers={"If-Match": '"1"'}),
    ("POST", "/v1/patients:check"): lambda ids: {"json": {"clinic_id": str(ids.clinic), "name": "王建国"}},
    ("GET", "/v1/duplicates"): _of_clinic,
    ("GET", "/v1/screening"): _of_clinic,
    ("POST", "/v1/patients/{patient_id}/enrolments/{enrolment_id}:refer"): _plain(json={"on": "2025-06-01"}),
    ("GET", "/v1/duplicates/{pair_id}"): _plain(),
    ("POST", "/v1/duplicates/{pair_id}:dismiss"): _plain(),
    ("POST", "/v1/merges"): lambda ids: {"json": {"survivor_id": str(ids.patient), "merged_id": str(ids.twin)}},
    ("POST", "/v1/merges/{merge_id}:revert"): _plain(),
    ("POST", "/v1/patients:search"): _search,
    ("GET", "/v1/patients:opened"): None,
    ("POST", "/v1/patients/{patient_id}:reveal"): _plain(json=_REVEAL),
    ("GET", "/v1/patients/{patient_id}/consents"): _plain(),
    ("POST", "/v1/patients/{patient_id}/consents"): _plain(json=_CONSENT),
    ("POST", "/v1/patients/{patient_id}/consents/{consent_id}:withdraw"): _plain(),
    ("GET", "/v1/patients/{patient_id}/access-report"): _plain(),
    ("GET", "/v1/patients/{patient_id}/access-report.html"): _plain(),
    ("POST", "/v1/patients/{patient_id}:request-erasure"): _plain(),
    ("GET", "/v1/retention-cases"): None,
    ("POST", "/v1/retention-cases/{case_id}:approve"): _plain(),
    ("POST", "/v1/retention-cases/{case_id}:refuse"): _plain(),
    ("POST", "/v1/patients/{patient_id}:record-death"): _plain(json={"died_on": "2025-08-01"}),
    ("GET", "/v1/patients/{patient_id}/enrolments"): _plain(),
    ("POST", "/v1/patients/{patient_id}/enrolments"): _plain(json=_ENROLMENT),
    ("POST", "/v1/patients/{patient_id}/enrolments/{enrolment_id}/changes"): _plain(json=_LOST),
    ("POST", "/v1/patients/{patient_id}/enrolments/{enrolment_id}:transfer"): lambda ids: {
        "json": {"to_clinic_id": str(ids.clinic), "on": "2025-06-01"}
    },
    **_FACT_CASES,
    ("GET", "/v1/patients/{patient_id}/summary"): _plain(),
    ("GET", "/v1/patients/{patient_id}/timeline"): _plain(),
    ("GET", "/v1/patients/{patient_id}/care-gaps"): _plain(),
    ("POST", "/v1/patients/{patient_id}/medications:check"): _plain(json=_FACTS["medications"]),
    ("GET", "/v1/patients/{patient_id}/medicine-reviews"): _plain(),
    ("POST", "/v1/patients/{patient_id}/medicine-reviews/{review_id}:override"): _plain(json={"reason": "x"}),
    ("POST", "/v1/patients/{patient_id}/medicine-reviews/{review_id}:confirm"): _plain(),
    ("GET", "/v1/patients/{patient_id}/readings"): _plain(),
    ("GET", "/v1/patients/{patient_id}/glucose/profile"): _plain(),
    ("GET", "/v1/patients/{patient_id}/cgm/summary"): _plain(),
    ("GET", "/v1/patients/{patient_id}/blood-pressure/summary"): _plain(),
    ("GET", "/v1/patients/{patient_id}/followups"): _plain(),
    ("POST", "/v1/readings"): _readings,
    ("POST", "/v1/readings:judge"): None,
    ("GET", "/v1/held-readings"): _of_clinic,
    ("GET", "/v1/held-readings/{held_id}"): _plain(),
    ("POST", "/v1/held-readings/{held_id}:assign"): _issue,
    ("POST", "/v1/held-readings/{held_id}:replay"): lambda ids: {
        "json": {"patient_id": str(ids.patient), "glucose_unit": "mmol/L"}
    },
    ("POST", "/v1/held-readings/{held_id}:dismiss"): _plain(json={"reason": "unknown"}),
    ("POST", "/v1/held-readings/{held_id}:undo"): _plain(),
    ("GET", "/v1/reading-formats"): None,
    ("GET", "/v1/alerts"): _of_clinic,
    ("GET", "/v1/alerts/counts"): _of_clinic,
    ("GET", "/v1/alerts/{alert_id}"): _plain(),
    ("POST", "/v1/alerts/{alert_id}:acknowledge"): _plain(json={"promise": "call"}),
    ("POST", "/v1/alerts/{alert_id}:close"): _plain(json={"outcome": "called"}),
    ("GET", "/v1/patients/{patient_id}/alerts"): _plain(),
    ("GET", "/v1/patients/{patient_id}/targets"): _plain(),
    ("POST", "/v1/patients/{patient_id}/targets"): _plain(json=_TARGET | {"high": 140}),
    ("POST", "/v1/patients/{patient_id}/targets:withdraw"): _plain(json=_TARGET),
    ("GET", "/v1/patients/{patient_id}/risk"): _plain(),
    ("POST", "/v1/patients/{patient_id}/risk/override"): _plain(json=_OWN_BAND, headers={"If-Match": '"1"'}),
    ("GET", "/v1/risk/people"): _of_clinic,
    ("GET", "/v1/risk/summary"): lambda ids: {"params": {"scope": str(ids.clinic)}},
    ("GET", "/v1/risk/models"): None,
    ("POST", "/v1/risk/switches"): _switch,
    ("POST", "/v1/risk/switches/{switch_id}:confirm"): _plain(),
    ("GET", "/v1/webhooks"): None,
    ("POST", "/v1/webhooks"): _webhook,
    ("GET", "/v1/webhooks/{webhook_id}"): _plain(),
    ("POST", "/v1/webhooks/{webhook_id}:rotate-secret"): _plain(),
    ("POST", "/v1/webhooks/{webhook_id}:disable"): _plain(),
    ("POST", "/v1/webhooks/{webhook_id}:enable"): _plain(),
    ("POST", "/v1/webhooks/{webhook_id}:ping"): _plain(),
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): _plain(),
    ("POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}:replay"): _plain(),
    ("POST", "/v1/readings/{format_code}"): _of_meter,
    ("GET", "/v1/devices/health"): _of_clinic,
    ("POST", "/v1/devices"): _device,
    ("GET", "/v1/devices"): _of_clinic,
    ("GET", "/v1/devices/{device_id}"): _plain(),
    ("GET", "/v1/devices/{device_id}/label"): _plain(),
    ("PATCH", "/v1/devices/{device_id}"): _plain(json={"model": "X"}),
    ("POST", "/v1/devices/{device_id}:issue"): _issue,
    ("POST", "/v1/devices/{device_id}:return"): _plain(json={}),
    ("POST", "/v1/followups:assess"): _visit,
    ("POST", "/v1/followups"): _visit,
    ("GET", "/v1/patients/{patient_id}/followups/new"): _plain(),
    ("PUT", "/v1/patients/{patient_id}/followups/drafts/{diseases}"): _plain(json={"form": {"sbp_mmhg": 150}}),
    ("GET", "/v1/patients/{patient_id}/followups/drafts/{diseases}"): _plain(),
    ("DELETE", "/v1/patients/{patient_id}/followups/drafts/{diseases}"): _plain(),
    ("GET", "/v1/followups/{encounter_id}"): _plain(),
    ("POST", "/v1/followups/{encounter_id}:correct"): lambda ids: {
        "json": {"reason": "x", "visit": _visit(ids)["json"]},
        "headers": {"If-Match": '"1"'},
    },
    ("POST", "/v1/followups/{encounter_id}:withdraw"): _plain(json={"reason": "x"}, headers={"If-Match": '"1"'}),
    ("GET", "/v1/patients/{patient_id}/documents/{document}"): _plain(),
    ("GET", "/v1/rulesets"): None,
    ("GET", "/v1/rulesets/{version}"): None,
    ("POST", "/v1/rulesets:evaluate"): None,
    ("GET", "/v1/worklist"): _of_clinic,
    ("GET", "/v1/worklist/counts"): _of_clinic,
    ("POST", "/v1/worklist:search"): _search,
    (
        "POST",
        "/v1/worklist:batch",
    ): None,  # the answer names each task that was asked for; see tests/followups/test_acts.py
    ("POST", "/v1/worklist/{task_id}:assign"): _plain(json={"assignee_id": None}),
    ("POST", "/v1/worklist/{task_id}:snooze"): _soon("until", reason="away"),
    ("POST", "/v1/worklist/{task_id}:done"): _plain(json={"reason": "by_phone"}),
    ("POST", "/v1/worklist/{task_id}:undo"): _plain(),
    ("GET", "/v1/plans"): _calendar,
    ("GET", "/v1/plans/items"): lambda ids: {"params": {"clinic": str(ids.clinic), "on": "2026-11-20"}},
    ("GET", "/v1/plans/staff"): _of_clinic,
    ("PATCH", "/v1/plans/{task_id}"): _soon("planned_on", reason="person_asked"),
    ("POST", "/v1/plans:batch"): None,  # as the batch of the work-list
    ("GET", "/v1/organisations/{organisation_id}/rhythm"): _plain(),
    ("POST", "/v1/organisations/{organisation_id}/rhythm"): _soon(
        "valid_from", disease="HTN", group="closer", days=60, reason="x"
    ),
    ("GET", "/v1/indicator-goals"): lambda ids: {"params": {"scope": str(ids.clinic), "month": "2026-11"}},
    ("GET", "/v1/organisations/{organisation_id}/goals"): _plain(),
    ("POST", "/v1/organisations/{organisation_id}/goals"): _soon(
        "valid_from", code="IND-02", disease="HTN", percent=75, reason="x"
    ),
    ("GET", "/v1/organisations/{organisation_id}/favourite-medicines"): _plain(),
    ("PUT", "/v1/organisations/{organisation_id}/favourite-medicines"): _plain(json={"items": [{"name": "氨氯地平"}]}),
    ("GET", "/v1/organisations/{organisation_id}/opening-days"): _plain(),
    ("PUT", "/v1/organisations/{organisation_id}/opening-days"): _plain(json={"weekdays": [1], "per_nurse": 9}),
    ("GET", "/v1/recalls"): _of_clinic,
    ("GET", "/v1/recalls/summary"): _of_clinic,
    ("GET", "/v1/recalls/{patient_id}"): _plain(),
    ("POST", "/v1/recalls/{patient_id}/calls"): _plain(json={"channel": "phone", "result": "no_answer"}),
    ("POST", "/v1/recalls/{patient_id}:return"): _plain(),
    ("POST", "/v1/recalls/{patient_id}:lose"): lambda ids: {"json": {"enrolment_id": str(ids.enrolment)}},
    ("POST", "/v1/recall-calls/{call_id}:undo"): _plain(),
    ("GET", "/v1/patients/{patient_id}/reminders"): _plain(),
    ("GET", "/v1/referrals"): _of_clinic,
    ("GET", "/v1/referrals/counts"): _of_clinic,
    ("POST", "/v1/referrals"): lambda ids: {"json": {"patient_id": str(ids.patient), "reason": "OTHER"}},
    ("GET", "/v1/referrals/{referral_id}"): _plain(),
    ("POST", "/v1/referrals/{referral_id}:send"): _plain(json={"institution": "x"}),
    ("POST", "/v1/referrals/{referral_id}:accept"): _plain(),
    ("POST", "/v1/referrals/{referral_id}:return"): _plain(json={}),
    ("POST", "/v1/referrals/{referral_id}:close"): _plain(json={"ending": "refused"}),
    ("GET", "/v1/import-sheets"): None,
    ("GET", "/v1/import-sheets/{kind}/template"): None,
    ("POST", "/v1/imports"): _import,
    ("GET", "/v1/imports"): None,
    ("GET", "/v1/imports/{run_id}"): _plain(),
    ("GET", "/v1/imports/{run_id}/rows"): _plain(),
    ("GET", "/v1/imports/{run_id}/refused"): _plain(),
    ("POST", "/v1/imports/{run_id}:map"): _plain(json={"mapping": {"on": 1}}),
    ("POST", "/v1/imports/{run_id}:apply"): _plain(json={}),
    ("POST", "/v1/imports/{run_id}:discard"): _plain(),
    ("GET", "/v1/export-columns"): None,
    ("GET", "/v1/export-definitions"): _of_clinic,
    ("POST", "/v1/export-definitions"): lambda ids: {
        "json": {"clinic_id": str(ids.clinic), "name": "月报", "reason": "recall"}
    },
    ("DELETE", "/v1/export-definitions/{definition_id}"): _plain(),
    ("GET", "/v1/exports"): None,
    ("POST", "/v1/exports"): lambda ids: {"json": {"clinic": str(ids.clinic), "reason": "recall"}},
    ("POST", "/v1/exports:in-full"): lambda ids: {"json": {"clinic": str(ids.clinic), "reason": "recall"}},
    ("GET", "/v1/exports/{export_id}"): _plain(),
    ("GET", "/v1/exports/{export_id}/file"): _plain(),
    ("POST", "/v1/register:export"): lambda ids: {"json": {"clinic": str(ids.clinic)}},
    ("POST", "/v1/register:export-in-full"): lambda ids: {"json": {"clinic": str(ids.clinic), "reason": "recall"}},
    ("GET", "/v1/patients/{patient_id}/document"): _plain(),
    ("GET", "/v1/patients/{patient_id}/document.html"): _plain(),
    ("GET", "/v1/audit"): None,
    ("GET", "/v1/audit/check"): None,
    ("GET", "/v1/audit/export"): None,
    ("GET", "/v1/audit/people/{patient_id}"): None,
    ("GET", "/v1/audit/people/{patient_id}/export"): None,
    ("GET", "/v1/indicators"): None,
    ("GET", "/v1/indicator-reports"): lambda ids: {"params": {"organisation": str(ids.clinic)}},
    ("POST", "/v1/indicator-reports"): lambda ids: {
        "json": {"organisation_id": str(ids.clinic), "month": "2025-09", "reason": "补录"}
    },
    ("GET", "/v1/indicator-reports/{report_id}"): _plain(),
    ("POST", "/v1/indicator-reports/{report_id}:approve"): _plain(),
    ("POST", "/v1/indicator-reports/{report_id}:refuse"): _plain(),
    ("GET", "/v1/indicator-reports/{report_id}/people"): _plain(
        params={"code": "IND-03", "disease": "HTN", "bucket": "met"}
    ),
    ("GET", "/v1/indicator-reports/{report_id}/changes"): _plain(),
    ("GET", "/v1/indicator-reports/{report_id}/export"): _plain(params={"format": "csv"}),
    ("GET", "/v1/indicator-reports/{report_id}/people/export"): _plain(params={"format": "csv"}),
    ("GET", "/v1/indicator-reports/{report_id}/measure-report"): _plain(),
    ("GET", "/v1/indicator-reports/{report_id}/measure-report/subject-list"): _plain(
        params={"code": "IND-03", "disease": "HTN"}
    ),
    ("GET", "/v1/indicator-values"): lambda ids: {
        "params": {"scope": str(ids.clinic), "from": "2025-10", "to": "2025-11"}
    },
    ("GET", "/v1/indicator-values/{code}/patients"): _indicator("bucket", "numerator"),
    ("POST", "/v1/indicator-values/{code}/patients:to-work-list"): lambda ids: {
        "json": {"scope": str(ids.clinic), "month": "2025-11", "bucket": "not_met", "patient_ids": [str(ids.patient)]}
    },
    ("GET", "/v1/indicator-values/{code}/breakdown"): _indicator("by", "clinic"),
    ("GET", "/v1/indicator-values/{code}/period"): lambda ids: {
        "params": {"scope": str(ids.clinic), "from": "2025-10-01", "to": "2025-12-31"}
    },
    ("GET", "/v1/management-change"): _indicator("disease", "HTN"),
    ("GET", "/v1/patients/{patient_id}/indicators"): _plain(),
    ("GET", "/v1/data-quality"): lambda ids: {
        "params": {"scope": str(ids.clinic), "from": "2025-01-01", "to": "2025-11-30"}
    },
    ("GET", "/v1/data-quality/own"): lambda ids: {
        "params": {"scope": str(ids.clinic), "from": "2025-01-01", "to": "2025-11-30"}
    },
    ("GET", "/v1/data-quality/recorders"): lambda ids: {
        "params": {"scope": str(ids.clinic), "from": "2025-01-01", "to": "2025-11-30"}
    },
}


@dataclass(frozen=True)
class Who:
    """A kind of caller: what may be sent along, and the rights that this kind has."""

    name: str
    headers: Callable[[], dict[str, str]]
    rights: frozenset[Right]
    is_user: bool = True


@pytest.fixture
def callers(sign_in: Any, make_key: Any, tree: Any) -> list[Who]:
    def user(name: str, role: Role, at: Any, *, names: bool = False) -> Who:
        return Who(name, partial(sign_in, role, at=at, names=names), rights_of(role, with_names=names))

    def machine(kind: MachineKind, at: Any) -> Who:
        key = make_key(kind, at)
        headers = {"Authorization": f"Bearer {key}"}
        return Who(kind.value, headers.copy, MACHINE_RIGHTS[kind], is_user=False)

    return [
        user("nurse", Role.NURSE, tree.clinic),
        user("doctor", Role.DOCTOR, tree.clinic),
        user("manager", Role.MANAGER, tree.clinic),
        user("supervisor", Role.SUPERVISOR, tree.district),
        user("supervisor with names", Role.SUPERVISOR, tree.district, names=True),
        user("admin of a district", Role.ADMIN, tree.district),
        user("auditor of a district", Role.AUDITOR, tree.district),
        machine(MachineKind.GATEWAY, tree.clinic),
        machine(MachineKind.DASHBOARD, tree.district),
        machine(MachineKind.MONITOR, None),
    ]


@pytest.fixture
def objects(
    app: FastAPI, session: Session, tree: Any, make_patient: Any, make_enrolment: Any, make_key: Any, sign_in: Any
) -> dict[str, Ids]:
    def of(clinic: Any) -> Ids:
        patient = make_patient("王建国", clinic_id=clinic.id)
        enrolment = make_enrolment(patient, Disease.HTN, enrolled_on=date(2024, 1, 10))
        sign_in(Role.NURSE, at=clinic, login=f"nurse.{clinic.code.lower()}")
        user = session.scalars(select(AppUser).where(col(AppUser.login) == f"nurse.{clinic.code.lower()}")).one()
        opened = session.scalars(select(AuthSession).where(col(AuthSession.user_id) == user.id)).one()
        key = session.get(MachineKey, "_".join(make_key(MachineKind.GATEWAY, clinic).split("_")[:2]))
        assert key is not None
        consent = session.scalars(select(Consent.id).where(col(Consent.patient_id) == patient.id)).one()
        return Ids(
            clinic.id, patient.id, enrolment.id, user.id, key.machine_id, key.id, opened.id, consent, _case(patient),
            *_pair(patient, clinic), *_record(client, patient), _device_of(clinic), _held_at(clinic, patient), _alert(patient), *_hook(clinic),
            UUID(client.post("/v1/imports", **_import(Ids(clinic=clinic.id))).json()["id"]), _visited(patient), report=_report(clinic),
            **_plan(client, patient),
        )  # fmt: skip

    client = TestClient(app, headers=sign_in(*Role))

    def _record(client: TestClient, patient: Any) -> tuple[UUID, dict[str, UUID]]:
        """A review that waits for a doctor, and a fact of each kind."""
        known = _FACTS | {"medications": {"on": "2024-03-01", "name": "氨氯地平片"}}
        told = {path: client.post(f"/v1/patients/{patient.id}/{path}", json=known[path]).json() for path in known}
        blocked = client.post(f"/v1/patients/{patient.id}/medications", json=_FACTS["medications"]).json()
        assert blocked["state"] == "blocked"
        return UUID(blocked["id"]), {path: UUID((one.get("medication") or one)["id"]) for path, one in told.items()}

    def _visited(patient: Any) -> UUID:
        told = client.post("/v1/followups", json=_visit(Ids(patient=patient.id))["json"])
        return UUID(told.json()["encounter_id"])

    def _plan(client: TestClient, patient: Any) -> dict[str, UUID]:
        """A task, a call, a referral, an export and a saved one, and a team of the clinic."""
        task = Task(
            patient_id=patient.id, clinic_id=patient.clinic_id, kind="hba1c", cause="hba1c:2026-01-01", urgency=1,
            due_on=clock.today(), planned_on=clock.today(), reason_zh="x", reason_en="x", opened_at=clock.now(),
        )  # fmt: skip
        session.add(task)
        session.flush()
        call = client.post(f"/v1/recalls/{patient.id}/calls", json={"channel": "phone", "result": "no_answer"}).json()
        referral = client.post("/v1/referrals", json={"patient_id": str(patient.id), "reason": "OTHER"}).json()
        export = client.post("/v1/exports", json={"clinic": str(patient.clinic_id), "reason": "recall"}).json()
        saved = {"clinic_id": str(patient.clinic_id), "name": "名册", "reason": "recall"}
        definition = client.post("/v1/export-definitions", json=saved).json()
        wanted = {"name": "第一团队", "doctors": ["赵医生"]}
        team = client.post(f"/v1/organisations/{patient.clinic_id}/teams", json=wanted).json()
        return {
            "task": task.id, "call": UUID(call["id"]), "referral": UUID(referral["id"]), "export": UUID(export["id"]),
            "definition": UUID(definition["id"]), "team": UUID(team["id"]),
        }  # fmt: skip

    def _alert(patient: Any) -> UUID:
        """A yellow one, which a nurse may take on."""
        at = clock.now()
        finding = Finding(AlertRule.MISSED_DOSES, local(at), Text("漏服", "missed"))
        found = Found(finding, at, at, finding.cause, patient_id=patient.id)
        raising.take_in(session, Scope("test"), [found], now=at)
        (raised,) = alert_queries.unclosed(session, Scope("test"), [patient.id], rule=AlertRule.MISSED_DOSES)
        return raised.id

    def _hook(clinic: Any) -> tuple[UUID, UUID]:
        wanted = SubscriptionIn.model_validate(_webhook(Ids(clinic=clinic.id))["json"])
        made, _ = outbox.subscribe(session, Scope("test"), KEYS, wanted, policy=Policy(), now=clock.now())
        sent = outbox.ping(session, Scope("test"), made.id, now=clock.now())
        sent.status = "failed"
        session.flush()
        return made.id, sent.id

    def _held_at(clinic: Any, patient: Any) -> UUID:
        scope = Scope("test", frozenset({clinic.id}))
        item = b'{"kind":"glucose","value":20,"unit":"mg/dL","taken_at":"2025-03-01T07:00:00+08:00","patient_id":"%s"}'
        body = item % str(patient.id).encode()
        arrival = keeping.Arrival("test", "native", body, KEYS)
        (held,) = ingest.store(session, scope, arrival, native.read(body).items, now=clock.now())
        assert held.status == "quarantined"
        assert held.id is not None
        return held.id

    def _device_of(clinic: Any) -> UUID:
        device = Device(
            code=f"D-{clinic.code}", kind="meter", clinic_id=clinic.id, zone="Asia/Shanghai",
            in_use_since=midnight(date(2025, 1, 1)), recorded_by="test", recorded_at=midnight(date(2025, 1, 1)),
        )  # fmt: skip
        session.add(device)
        session.flush()
        return device.id

    def _report(clinic: Any) -> UUID:
        body = {"organisation_id": str(clinic.id), "month": "2025-09"}
        return UUID(client.post("/v1/indicator-reports", json=body).json()["id"])

    def _pair(patient: Any, clinic: Any) -> tuple[UUID, UUID, UUID]:
        twin, former = (make_patient("王建国", clinic_id=clinic.id) for _ in range(2))
        done, _ = merging.merge(session, Scope("test"), patient.id, former.id, now=midnight(date(2026, 1, 1)))
        one, other = sorted((patient.id, twin.id))
        pair = DuplicatePair(
            one_id=one, other_id=other, score=75, likeness="PROBABLE", reasons=[], found_at=midnight(date(2026, 1, 1))
        )
        session.add(pair)
        session.flush()
        return pair.id, done.id, twin.id

    def _case(patient: Any) -> UUID:
        day = date(2026, 1, 1)
        due = RetentionCase(
            reason="due", patient_id=patient.id, clinic_id=patient.clinic_id, due_on=day, proposed_by="job:retention",
            proposed_at=midnight(day),
        )  # fmt: skip
        session.add(due)
        session.flush()
        return due.id

    return {"absent": Ids(), "foreign": of(tree.other_clinic), "own": of(tree.clinic)}


def test_every_route_is_classified_and_has_its_case() -> None:
    assert {route for route, required in REQUIRED.items() if required is None} == OPEN
    assert set(CASES) == set(REQUIRED) - OPEN


def test_every_right_is_held_by_some_role_and_every_role_has_words() -> None:
    held = frozenset().union(*(rights_of(role, with_names=True) for role in Role), *MACHINE_RIGHTS.values())
    assert held == frozenset(Right)
    assert all(each.text.zh and each.text.en for each in (*Role, *Right, *MachineKind))


def test_duties_are_separate() -> None:
    identified = {
        Right.READ_PEOPLE,
        Right.WRITE_PEOPLE,
        Right.REVEAL_FIELDS,
        Right.WRITE_VISITS,
        Right.TRANSFER_PEOPLE,
        Right.MERGE_PEOPLE,
        Right.REVIEW_READINGS,
        Right.ANSWER_ALERTS,
        Right.SET_TARGETS,
    }
    for role in (Role.ADMIN, Role.AUDITOR, Role.SUPERVISOR):
        assert not rights_of(role) & identified
    assert rights_of(Role.AUDITOR) == {Right.READ_ORGANISATIONS, Right.READ_AUDIT, Right.DECIDE_DELETIONS}
    for role in Role:
        assert not {Right.REVEAL_FIELDS, Right.DECIDE_DELETIONS} <= rights_of(role, with_names=True)
    assert MACHINE_RIGHTS[MachineKind.GATEWAY] == {Right.ADD_READINGS}
    assert MACHINE_RIGHTS[MachineKind.DASHBOARD] == {Right.READ_INDICATORS}


_NAMED = (
    "patient", "enrolment", "user", "machine", "session", "consent", "case", "pair", "merge", "review", "device", "held",
    "alert", "webhook", "delivery",
    "run", "export", "encounter", "switch", "report", "task", "call", "referral",
    "definition", "team",
)  # fmt: skip


def _sent(client: TestClient, route: tuple[str, str], ids: Ids, headers: dict[str, str]) -> Any:
    method, path = route
    named = {f"{name}_id": str(getattr(ids, name)) for name in _NAMED}
    case = CASES[route]
    named["organisation_id"] = str(ids.clinic)
    named["fact_id"] = str(ids.facts.get(path.split("/")[4] if path.count("/") > 3 else "", ABSENT))
    address = path.format(
        **named, key_id=ids.key, format_code="gatt_glucose", kind="labs", diseases="HTN", version="CN-NBPHS-2017",
        code="IND-03", document="htn_sheet",
    )  # fmt: skip
    more = case(ids) if case else {}
    headers = headers | more.pop("headers", {})
    return client.request(method, address, headers=headers, **more)


def _saved(session: Session, clinic: UUID) -> UUID:
    made = ExportDefinition(
        clinic_id=clinic, name=str(new_id()), format="csv", in_full=False, reason="recall", made_by="test",
        made_at=clock.now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def _told(answer: Any) -> tuple[int, dict[str, Any]]:
    body = {} if answer.status_code == 204 or "json" not in answer.headers.get("content-type", "") else answer.json()
    return answer.status_code, {name: value for name, value in body.items() if name != "request_id"}


@pytest.mark.parametrize("method", sorted({method for method, _ in CASES}))
def test_who_may_do_what_to_whose(
    app: FastAPI,
    session: Session,
    method: str,
    callers: list[Who],
    objects: dict[str, Ids],
    subtests: pytest.Subtests,
) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    for route in sorted(CASES):
        if route[0] == method:
            with subtests.test(" ".join(route)), session.begin_nested() as untouched:
                session.connection()  # sets the savepoint, which would wait for this session to ask something
                _compare(client, session, route, callers, objects)
                untouched.rollback()


def _compare(
    client: TestClient, session: Session, route: tuple[str, str], callers: list[Who], objects: dict[str, Ids]
) -> None:
    """Ask as everybody for the own, the foreign and the absent object."""
    required, case = REQUIRED[route], CASES[route]
    assert required is not None
    assert {_sent(client, route, ids, {}).status_code for ids in objects.values()} == {401}
    for who in callers:
        answers = {}
        for whose in WHOSE if case else ("own",):
            headers = who.headers()
            ids = objects[whose]
            if route == ("DELETE", "/v1/export-definitions/{definition_id}") and whose != "absent":
                ids = replace(ids, definition=_saved(session, ids.clinic))  # the one before is gone
            answers[whose] = _told(_sent(client, route, ids, headers))
        _judge(route, required, who, answers)


def _judge(route: tuple[str, str], required: Any, who: Who, answers: dict[str, tuple[int, dict[str, Any]]]) -> None:
    """Who may not gets 403 for everything; what is foreign is answered as what is absent."""
    if required.right is not None and required.right not in who.rights:
        assert {status for status, _ in answers.values()} == {403}, who.name
        assert len({str(body) for _, body in answers.values()}) == 1, who.name
    elif required.right is None and not who.is_user and route != ("GET", "/v1/session"):
        assert {status for status, _ in answers.values()} <= {404, 422}, who.name
    elif route in {("POST", "/v1/readings"), ("POST", "/v1/readings/{format_code}")}:
        held = [answers[each][1]["summary"] for each in ("absent", "foreign")]
        assert held == [{"quarantined": 1}] * 2, who.name
        assert answers["own"][0] == 200, who.name
    elif route[1].startswith(("/v1/audit", "/v1/risk/switches")):
        assert {status for status, _ in answers.values()} == {404}, who.name  # both are the whole region's
    elif route == ("DELETE", "/v1/sessions/{session_id}"):
        assert {status for status, _ in answers.values()} == {404}, who.name  # all of them another user's
    else:
        assert answers["own"][0] not in {401, 403, 404, 500}, (who.name, answers["own"])
        if CASES[route]:
            assert answers["foreign"] == answers["absent"], who.name
            assert answers["foreign"][0] == 404, who.name


def test_a_doctor_hands_a_person_over_to_a_clinic_out_of_sight_and_sees_them_no_more(
    app: FastAPI, sign_in: Any, tree: Any, objects: dict[str, Ids]
) -> None:
    client, mine = TestClient(app, raise_server_exceptions=False), objects["own"]
    here, there = sign_in(Role.DOCTOR, at=tree.clinic), sign_in(Role.NURSE, at=tree.other_clinic)
    address = f"/v1/patients/{mine.patient}"
    wanted = {"to_clinic_id": str(tree.other_clinic.id), "on": "2025-06-01"}
    moved = client.post(f"{address}/enrolments/{mine.enrolment}:transfer", json=wanted, headers=here)
    assert (moved.status_code, moved.json()["clinic_id"]) == (201, wanted["to_clinic_id"])
    assert [client.get(address, headers=who).status_code for who in (here, there)] == [404, 200]
