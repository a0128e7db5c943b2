"""The catalogue of medicines (`medicines.toml`): ingredients, their classes, compounds and what they hide.

A name as doctors write it ("苯磺酸氨氯地平片 5mg") is found by its ingredient: salt, form and strength do not
count. What is not found is told, never guessed.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cmc.core.named import NamedStr
from cmc.core.text import Text

_FILE: Final = Path(__file__).with_suffix(".toml")


class DrugClass(NamedStr):
    """Classes of ingredients, as the checks and allergies speak of them."""

    ACEI = "ACEI", "血管紧张素转换酶抑制剂", "ACE inhibitor"
    ARB = "ARB", "血管紧张素受体拮抗剂", "Angiotensin receptor blocker"
    ARNI = "ARNI", "血管紧张素受体脑啡肽酶抑制剂", "Angiotensin receptor-neprilysin inhibitor"
    RENIN_INHIBITOR = "RENIN_INHIBITOR", "肾素抑制剂", "Renin inhibitor"
    MRA = "MRA", "盐皮质激素受体拮抗剂", "Mineralocorticoid receptor antagonist"
    CCB = "CCB", "二氢吡啶类钙拮抗剂", "Dihydropyridine calcium-channel blocker"
    CCB_RATE_LIMITING = "CCB_RATE_LIMITING", "非二氢吡啶类钙拮抗剂", "Rate-limiting calcium-channel blocker"
    THIAZIDE = "THIAZIDE", "噻嗪类利尿剂", "Thiazide-type diuretic"
    LOOP_DIURETIC = "LOOP_DIURETIC", "袢利尿剂", "Loop diuretic"
    POTASSIUM_SPARING = "POTASSIUM_SPARING", "保钾利尿剂", "Potassium-sparing diuretic"
    BETA_BLOCKER = "BETA_BLOCKER", "β受体阻滞剂", "Beta blocker"
    ALPHA_BLOCKER = "ALPHA_BLOCKER", "α受体阻滞剂", "Alpha blocker"
    CENTRAL = "CENTRAL", "中枢性降压药", "Centrally acting antihypertensive"
    VASODILATOR = "VASODILATOR", "直接血管扩张剂", "Direct vasodilator"
    NITRATE = "NITRATE", "硝酸酯类", "Nitrate"
    BIGUANIDE = "BIGUANIDE", "双胍类", "Biguanide"
    SULFONYLUREA = "SULFONYLUREA", "磺脲类", "Sulfonylurea"
    GLINIDE = "GLINIDE", "格列奈类", "Glinide"
    ALPHA_GLUCOSIDASE_INHIBITOR = "ALPHA_GLUCOSIDASE_INHIBITOR", "α-糖苷酶抑制剂", "Alpha-glucosidase inhibitor"
    TZD = "TZD", "噻唑烷二酮类", "Thiazolidinedione"
    DPP4_INHIBITOR = "DPP4_INHIBITOR", "DPP-4抑制剂", "DPP-4 inhibitor"
    SGLT2_INHIBITOR = "SGLT2_INHIBITOR", "SGLT-2抑制剂", "SGLT-2 inhibitor"
    GLP1_AGONIST = "GLP1_AGONIST", "GLP-1受体激动剂", "GLP-1 receptor agonist"
    INSULIN = "INSULIN", "胰岛素类", "Insulin class"
    STATIN = "STATIN", "他汀类", "Statin"
    NSAID = "NSAID", "非甾体抗炎药", "NSAID"
    ANTIPLATELET = "ANTIPLATELET", "抗血小板药", "Antiplatelet"
    PENICILLIN = "PENICILLIN", "青霉素类", "Penicillin class"
    SULFONAMIDE_ANTIBACTERIAL = "SULFONAMIDE_ANTIBACTERIAL", "磺胺类", "Sulfonamide antibacterial"
    AMINOGLYCOSIDE = "AMINOGLYCOSIDE", "氨基糖苷类", "Aminoglycoside"
    ANTIBACTERIAL = "ANTIBACTERIAL", "其他抗菌药", "Other antibacterial"


C = DrugClass
RAAS: Final = frozenset({C.ACEI, C.ARB, C.ARNI, C.RENIN_INHIBITOR})
DIURETIC: Final = frozenset({C.THIAZIDE, C.LOOP_DIURETIC, C.POTASSIUM_SPARING, C.MRA})
ORAL_GLUCOSE_LOWERING: Final = frozenset(
    {C.BIGUANIDE, C.SULFONYLUREA, C.GLINIDE, C.ALPHA_GLUCOSIDASE_INHIBITOR, C.TZD, C.DPP4_INHIBITOR, C.SGLT2_INHIBITOR}
)
GLUCOSE_LOWERING: Final = ORAL_GLUCOSE_LOWERING | {C.GLP1_AGONIST, C.INSULIN}
ANTIHYPERTENSIVE: Final = (
    RAAS | DIURETIC | {C.CCB, C.CCB_RATE_LIMITING, C.BETA_BLOCKER, C.ALPHA_BLOCKER, C.CENTRAL, C.VASODILATOR}
)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One active ingredient. Usual daily dose in mg for adults, both ends included; None where no source gives one.

    `egfr_from`: below this eGFR (mL/min/1.73 m²) the label does not advise it for glucose (DRUG-12).
    """

    code: str
    text: Text
    classes: frozenset[DrugClass]
    daily_mg: tuple[Decimal, Decimal] | None = None
    egfr_from: Decimal | None = None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Medicine:
    """What is prescribed: one ingredient, or a compound of several.

    `traditional`: a compound whose name does not tell what is inside, so that its ingredients are hidden (DRUG-07).
    """

    code: str
    text: Text
    ingredients: tuple[Ingredient, ...]
    traditional: bool = False

    @property
    def classes(self) -> frozenset[DrugClass]:
        """The classes of all its ingredients."""
        return frozenset[DrugClass]().union(*(each.classes for each in self.ingredients))

    def has(self, *classes: DrugClass) -> bool:
        """Whether an ingredient belongs to one of the classes."""
        return not self.classes.isdisjoint(classes)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All ingredients and medicines by code, and every written name in its plain form."""

    ingredients: Mapping[str, Ingredient]
    medicines: Mapping[str, Medicine]
    names: Mapping[str, Medicine]


@cache
def catalogue() -> Catalogue:
    """The catalogue as it is delivered. Raises ValueError for a name or code that stands twice, KeyError for a missing
    ingredient."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    ingredients = {row["code"]: _ingredient(row) for row in data["ingredient"]}
    medicines: dict[str, Medicine] = {}
    names: dict[str, Medicine] = {}
    for row in (*data["ingredient"], *data["compound"]):
        inside = tuple(ingredients[code] for code in row.get("ingredients", (row["code"],)))
        medicine = Medicine(row["code"], Text(row["zh"], row["en"]), inside, row.get("traditional", False))
        if medicines.setdefault(medicine.code, medicine) is not medicine:
            raise ValueError(f"the code {medicine.code} stands twice")
        for name in {row["zh"], row["en"], row["code"], *row.get("aliases", ())}:
            if names.setdefault(plain(name), medicine) is not medicine:
                raise ValueError(f"the name {name} stands twice")
    return Catalogue(MappingProxyType(ingredients), MappingProxyType(medicines), MappingProxyType(names))


def find(name: str) -> Medicine | None:
    """The medicine of a code or of a name as written, with or without salt, form and strength; None when unknown."""
    names = catalogue().names
    return next((names[form] for form in _forms(plain(name)) if form in names), None)


def find_class(name: str) -> DrugClass | None:
    """The class of a code or a word such as "磺脲类" or "Statin"; None when it is no class."""
    word = plain(name)
    return next((each for each in DrugClass if word in {plain(each), plain(each.text.zh), plain(each.text.en)}), None)


def dose_outside(ingredient: Ingredient, daily_mg: Decimal) -> bool | None:
    """Whether a daily dose in mg lies outside the usual one; None when no usual dose is known."""
    if ingredient.daily_mg is None:
        return None
    low, high = ingredient.daily_mg
    return not low <= daily_mg <= high


_SALTS: Final = (
    "盐酸", "苯磺酸", "马来酸", "甲磺酸", "琥珀酸", "酒石酸", "富马酸", "门冬氨酸", "磷酸", "苯甲酸", "硫酸", "醋酸",
)  # fmt: skip
_PACKED: Final = re.compile(r"[(\[【].*?[)\]】]|[0-9.]+\s*(?:mg|g|ug|μg|iu|u|ml|毫克|克|单位).*$")
_FORM: Final = re.compile(
    r"(?:口服|吸入|注射用|冻干|预填充|笔芯|特充|缓释|控释|分散|肠溶|薄膜衣|双层|咀嚼|泡腾|口崩|滴|胶丸|软|"
    r"片|胶囊|颗粒|注射液|溶液|混悬液|针|丸|[()i123])+$"
)


def plain(name: str) -> str:
    """A name for comparing: full-width made plain, lower case, no spaces, package and strength removed."""
    folded = unicodedata.normalize("NFKC", name).strip().lower()
    return re.sub(r"[\s·/_-]", "", _PACKED.sub("", folded))


def _forms(name: str) -> list[str]:
    """The name as written, then without form, then without salts."""
    forms = [name, _FORM.sub("", name)]
    for salt in _SALTS:
        forms.extend([form.replace(salt, "") for form in forms if salt in form])
    return forms


def _ingredient(row: Mapping[str, Any]) -> Ingredient:
    dose = row.get("daily_mg")
    return Ingredient(
        code=row["code"],
        text=Text(row["zh"], row["en"]),
        classes=frozenset(DrugClass(each) for each in row["classes"]),
        daily_mg=None if dose is None else (Decimal(str(dose[0])), Decimal(str(dose[1]))),
        egfr_from=None if "egfr_from" not in row else Decimal(row["egfr_from"]),
        note=Text(row["note_zh"], row["note_en"]) if "note_zh" in row else None,
    )
