"""What the work-list says of somebody who was put there from a list: pure."""

from __future__ import annotations

from typing import Final

from cmc.core.text import Text
from cmc.indicators.explain import Bucket, Explained
from cmc.indicators.measure import Direction

_REACHED: Final = {
    Bucket.NUMERATOR: Text("已达标", "met"),
    Bucket.NOT_MET: Text("未达标", "not met"),
    Bucket.EXCLUDED: Text("不在分母中", "not in the denominator"),
}
_COUNTED: Final = _REACHED | {
    Bucket.NUMERATOR: Text("计入分子", "in the numerator"),
    Bucket.NOT_MET: Text("未计入分子", "not in the numerator"),
}
"""Where lower is better, the numerator is nothing to be reached."""


def on_the_work_list(found: Explained) -> Text:
    """Return "由指标名单加入：IND-02 未达标：4次面对面随访已完成3次，还差1次"."""
    words = _REACHED if found.measure.direction is Direction.HIGHER else _COUNTED
    state, code = words[found.bucket], found.measure.code
    zh = "；".join(reason.text.zh for reason in found.reasons)
    en = "; ".join(reason.text.en for reason in found.reasons)
    return Text(
        f"由指标名单加入：{code} {state.zh}" + (f"：{zh}" if zh else ""),
        f"from an indicator's list: {code} {state.en}" + (f": {en}" if en else ""),
    )
