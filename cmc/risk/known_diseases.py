"""Which diseases and medicines the record names, wherever it names them, each with its first day and place. Pure.

Not named anywhere means no, and is given as 0: the lists of the record are complete in themselves. A disease that has
ended counts, as it is not undone. Which codes stand for a disease is our reading [D].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Final, TypeAlias

from cmc.charts import adapters, picking
from cmc.charts.chart import Chart
from cmc.clinical.basic_information import PastDisease
from cmc.clinical.codes import Disease
from cmc.clinical.conditions import Condition
from cmc.clinical.examination_codes import CardiacProblem, CerebrovascularProblem, EyeProblem, VascularProblem
from cmc.clinical.medicines import ANTIHYPERTENSIVE, ORAL_GLUCOSE_LOWERING, DrugClass, catalogue, find
from cmc.records.codes import ExaminationKind
from cmc.records.examination_findings import EcgFindings, EyeFindings, FootFindings
from cmc.risk.codes import InputSource as From
from cmc.risk.equations.variables import Variable
from cmc.risk.filed import Filed, Problems
from cmc.risk.values import Known

ISCHAEMIC: Final = ("I20", "I21", "I22", "I23", "I24", "I25", "Z95.1", "Z95.5")
STROKE: Final = ("I60", "I61", "I62", "I63", "I64", "I69", "G45")
PERIPHERAL: Final = ("I70.2", "I73.9", "I74")
CODES: Final[Mapping[Variable, tuple[str, ...]]] = {
    Variable.PRIOR_CVD: (*ISCHAEMIC, *STROKE, *PERIPHERAL),
    Variable.PRIOR_MI: ("I21", "I22", "I23", "I25.2"),
    Variable.PRIOR_IHD: ISCHAEMIC,
    Variable.PRIOR_STROKE: STROKE,
    Variable.PRIOR_HF: ("I50", "I11.0", "I13.0", "I13.2"),
    Variable.PRIOR_AF: ("I48",),
    Variable.PRIOR_PVD: PERIPHERAL,
    Variable.RETINOPATHY: ("H36.0", "E10.3", "E11.3", "E12.3", "E13.3", "E14.3"),
    Variable.CATARACT: ("H25", "H26", "H28"),
    Variable.FOOT_ULCER: ("L97", "L98.4"),
    Variable.AMPUTATION: ("Z89.4", "Z89.5", "Z89.6", "Z89.7"),
}
"""ICD-10 codes behind each yes, of diagnoses and of stays in hospital."""
MEDICINE_CLASSES: Final[Mapping[Variable, frozenset[DrugClass]]] = {
    Variable.BP_TREATED: ANTIHYPERTENSIVE,
    Variable.STATIN: frozenset({DrugClass.STATIN}),
    Variable.INSULIN: frozenset({DrugClass.INSULIN}),
    Variable.ORAL_GLUCOSE_LOWERING: ORAL_GLUCOSE_LOWERING,
}
UNFIT: Final = (Variable.PREGNANT, Variable.KIDNEY_REPLACED, Variable.TYPE_1_DIABETES)
"""What bars every percentage."""
PREGNANCY: Final = ("O", "Z33", "Z34", "Z35")
PREGNANCY_DAYS: Final = 365
DIALYSIS: Final = ("Z49", "Z99.2")
TRANSPLANT: Final = ("Z94.0", "T86.1")
TYPE_1: Final = ("E10",)
_STROKES: Final = frozenset({
    CerebrovascularProblem.ISCHAEMIC_STROKE, CerebrovascularProblem.HAEMORRHAGE, CerebrovascularProblem.SUBARACHNOID,
    CerebrovascularProblem.TIA,
})  # fmt: skip
_HEART: Final[Mapping[int, tuple[Variable, ...]]] = {
    CardiacProblem.INFARCTION: (Variable.PRIOR_MI, Variable.PRIOR_IHD, Variable.PRIOR_CVD),
    CardiacProblem.ANGINA: (Variable.PRIOR_IHD, Variable.PRIOR_CVD),
    CardiacProblem.REVASCULARISATION: (Variable.PRIOR_IHD, Variable.PRIOR_CVD),
    CardiacProblem.FAILURE: (Variable.PRIOR_HF,),
}
_PAST: Final[Mapping[int, tuple[Variable, ...]]] = {
    PastDisease.CORONARY: (Variable.PRIOR_IHD, Variable.PRIOR_CVD),
    PastDisease.STROKE: (Variable.PRIOR_STROKE, Variable.PRIOR_CVD),
}
_FAILING: Final = frozenset({Condition.HEART_FAILURE.value, Condition.HEART_FAILURE_3_4.value})
_NOT_NAMED: Final = Known(0.0, None, From.DIAGNOSES)
_NOT_TAKEN: Final = Known(0.0, None, From.MEDICINES)
Named: TypeAlias = Iterator[tuple[Variable, Known]]
_First: TypeAlias = dict[Variable, tuple[date, From]]


@lru_cache(maxsize=10_000)
def meant(icd10: str) -> tuple[Variable, ...]:
    """What a code of ICD-10 says yes to."""
    return tuple(variable for variable, codes in CODES.items() if icd10.startswith(codes))


def diseases(chart: Chart, filed: Filed) -> Named:
    """Every disease that an equation or a model asks for: 1 with its first day, or 0."""
    first = _first(chart, filed)
    for variable in CODES:
        named = first.get(variable)
        yield variable, _NOT_NAMED if named is None else Known(1.0, *named)
    yield from _seen(chart)
    yield from _managed(chart, filed)
    yield from _unfit(chart, filed)


def _first(chart: Chart, filed: Filed) -> _First:
    """The first day on which each disease is named, and where; of one day the diagnosis goes before the rest."""
    found: _First = {}
    named = [(each.on, From.DIAGNOSES, meant(each.icd10)) for each in chart.diagnoses if each.icd10 is not None]
    named += [(each.on, From.DIAGNOSES, (Variable.PRIOR_HF,)) for each in chart.diagnoses if each.condition in _FAILING]
    named += [(on, From.HOSPITAL, meant(icd10)) for on, icd10 in filed.stays]
    named += [(each.on, From.EXAMINATION, variables) for each in filed.problems for variables in _of_problems(each)]
    named += [(on, From.REGISTRATION, _PAST[code]) for on, code in filed.past if code in _PAST]
    for on, source, variables in named:
        for variable in variables:
            if variable not in found or on < found[variable][0]:
                found[variable] = (on, source)
    return found


def _of_problems(problems: Problems) -> Iterator[tuple[Variable, ...]]:
    """What one examination found of heart, brain, vessels and eyes; 其他 names no disease."""
    if problems.cerebrovascular & _STROKES:
        yield Variable.PRIOR_STROKE, Variable.PRIOR_CVD
    yield from (_HEART[code] for code in problems.cardiac if code in _HEART)
    if VascularProblem.OCCLUSION in problems.vascular:
        yield Variable.PRIOR_PVD, Variable.PRIOR_CVD
    if EyeProblem.CATARACT in problems.eye:
        yield (Variable.CATARACT,)


def _seen(chart: Chart) -> Named:
    """What an examination shows although no diagnosis names it."""
    if not chart.examinations:
        return
    ecg = picking.findings(chart, ExaminationKind.ECG, EcgFindings)
    eye = picking.findings(chart, ExaminationKind.EYE, EyeFindings)
    foot = picking.findings(chart, ExaminationKind.FOOT, FootFindings)
    seen = (
        (Variable.PRIOR_AF, ExaminationKind.ECG, ecg is not None and ecg.atrial_fibrillation),
        (Variable.RETINOPATHY, ExaminationKind.EYE, eye is not None and bool(eye.retinopathy)),
        (Variable.FOOT_ULCER, ExaminationKind.FOOT, foot is not None and bool(foot.wagner)),
    )
    for variable, kind, is_seen in seen:
        if is_seen:
            yield variable, Known(1.0, chart.examinations[kind].on, From.EXAMINATION)


def _managed(chart: Chart, filed: Filed) -> Named:
    """Diabetes and hypertension: by enrolment, diagnosis or registration; of the kind of diabetes it says nothing."""
    since = adapters.diagnosed(chart)
    past = {code: on for on, code in filed.past}
    diabetic, told = since.get(Disease.T2DM), past.get(PastDisease.DIABETES)
    if diabetic is not None or picking.has(chart, *adapters.DIABETES):
        yield Variable.DIABETES, Known(1.0, diabetic, From.DIAGNOSES)
    else:
        yield Variable.DIABETES, _NOT_NAMED if told is None else Known(1.0, told, From.REGISTRATION)
    if diabetic is not None:
        yield (
            Variable.DIABETES_YEARS,
            Known(float((chart.as_of.on - diabetic).days * 4 // 1461), diabetic, From.DIAGNOSES),
        )
    if Disease.HTN in since:
        yield Variable.HYPERTENSION, Known(1.0, since[Disease.HTN], From.DIAGNOSES)
    elif PastDisease.HYPERTENSION in past:
        yield Variable.HYPERTENSION, Known(1.0, past[PastDisease.HYPERTENSION], From.REGISTRATION)


def _unfit(chart: Chart, filed: Filed) -> Named:
    """What bars every percentage: pregnant, without own kidneys, type 1 diabetes."""
    found: dict[Variable, Known] = dict.fromkeys(UNFIT, _NOT_NAMED)
    for each in chart.current_diagnoses:
        code, known = each.icd10 or "", Known(1.0, each.on, From.DIAGNOSES)
        if code.startswith(PREGNANCY) or each.condition == Condition.PREGNANT:
            if (chart.as_of.on - each.on).days < PREGNANCY_DAYS:
                found[Variable.PREGNANT] = known
        elif code.startswith(DIALYSIS):
            found[Variable.KIDNEY_REPLACED] = known
        elif code.startswith(TYPE_1) or each.condition == Condition.TYPE_1_DIABETES:
            found[Variable.TYPE_1_DIABETES] = known
    for on, source, code in _ever(chart, filed):
        if code.startswith(TRANSPLANT):
            found[Variable.KIDNEY_REPLACED] = Known(1.0, on, source)
    if filed.pregnant_on is not None:
        found[Variable.PREGNANT] = Known(1.0, filed.pregnant_on, From.FORM)
    yield from found.items()


def _ever(chart: Chart, filed: Filed) -> Iterator[tuple[date, From, str]]:
    """Every code of ICD-10 on file, ended or not."""
    yield from ((each.on, From.DIAGNOSES, each.icd10) for each in chart.diagnoses if each.icd10 is not None)
    yield from ((on, From.HOSPITAL, icd10) for on, icd10 in filed.stays)


@lru_cache(maxsize=10_000)
def effects(medicine_code: str) -> frozenset[Variable]:
    """Which inputs a medicine of the catalogue makes true; none for a code that it does not know."""
    medicine = catalogue().medicines.get(medicine_code)
    if medicine is None:
        return frozenset()
    return frozenset(variable for variable, classes in MEDICINE_CLASSES.items() if medicine.has(*classes))


@lru_cache(maxsize=10_000)
def _code_of(name: str) -> str | None:
    medicine = find(name)
    return None if medicine is None else medicine.code


def medicines(chart: Chart, filed: Filed) -> Named:
    """What is taken, by the list of medicines or by the last visit for each disease that told of them.

    A medicine that ended after a visit is no longer taken, whatever the visit said.
    """
    days: dict[Variable, list[tuple[date, From]]] = {}
    for each in chart.current_medicines:
        if each.medicine_code is not None:
            for variable in effects(each.medicine_code):
                days.setdefault(variable, []).append((each.on, From.MEDICINES))
    for drugs in filed.drugs:
        for name in drugs.names:
            code = _code_of(name)
            if code is not None and filed.stopped.get(code, drugs.on) <= drugs.on:
                for variable in effects(code):
                    days.setdefault(variable, []).append((drugs.on, From.FORM))
        if drugs.insulin:
            days.setdefault(Variable.INSULIN, []).append((drugs.on, From.FORM))
    for variable in MEDICINE_CLASSES:
        told = days.get(variable)
        yield variable, _NOT_TAKEN if told is None else Known(1.0, *min(told))
