"""The closed sets of the API with their Chinese and English words, as a module of the pages. Written by `cmc openapi`.

A code is named in one place, the class of its set; the pages show these words and hold none of their own for it.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cmc.clinical import laboratory, medicines
from cmc.core.named import NamedInt, NamedStr
from cmc.records.codes import FactKind

Word = tuple[str, str, str]

_HEAD: Final = """// Made by `cmc openapi` from the closed sets of the API: value, Chinese, English. Not edited by hand.

export type Code = readonly [value: string, zh: string, en: string];
export type Codes = readonly Code[];
"""

_BESIDES: Final = (FactKind,)
"""Sets whose values the API gives as plain text."""


def module(document: dict[str, Any]) -> str:
    """Return the TypeScript module for an OpenAPI document: one constant a set, then analytes and medicines."""
    named = _by_name(_subclasses(NamedStr, NamedInt))
    described = document["components"]["schemas"]
    shown = sorted({name for name in described if name in named} | {each.__name__ for each in _BESIDES})
    sets = [_constant(name, ((str(one.value), one.text.zh, one.text.en) for one in named[name])) for name in shown]
    analytes = laboratory.analytes().values()
    sets.append(_constant("Analytes", ((one.code, one.text.zh, one.text.en) for one in analytes)))
    units = ", ".join(
        f"{json.dumps(one.code)}: {_quoted(list(dict.fromkeys([one.unit, *one.units])))}" for one in analytes
    )
    sets.append(f"export const AnalyteUnits: Readonly<Record<string, readonly string[]>> = {{ {units} }};\n")
    known = medicines.catalogue().medicines.values()
    sets.append(_constant("Medicines", ((one.code, one.text.zh, one.text.en) for one in known)))
    return _HEAD + "".join(sets)


def _by_name(sets: Iterable[Any]) -> dict[str, Any]:
    """Every set by the name of its class; two of one name would give one the words of the other."""
    named: dict[str, Any] = {}
    for each in sets:
        if named.setdefault(each.__name__, each) is not each:
            message = (
                f"two closed sets are called {each.__name__}: {named[each.__name__].__module__}, {each.__module__}"
            )
            raise ValueError(message)
    return named


def _subclasses(*bases: type) -> Iterator[Any]:
    for base in bases:
        each: Any
        for each in base.__subclasses__():
            yield each
            yield from _subclasses(each)


def _constant(name: str, words: Iterable[Word]) -> str:
    rows = "".join(f"  {_quoted(list(word))},\n" for word in words)
    return f"\nexport const {name}: Codes = [\n{rows}];\n"


def _quoted(words: list[str]) -> str:
    return json.dumps(words, ensure_ascii=False)
