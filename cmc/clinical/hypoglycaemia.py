"""What to do at a low glucose (HYPO-01), step by step."""

from __future__ import annotations

from typing import Final

from cmc.clinical.glucose import HYPOGLYCAEMIA_BELOW_UMOL_L
from cmc.clinical.reasons import Reason, because

RECHECK_MINUTES: Final = 15
_RULE: Final = "HYPO-01"


def protocol(glucose_umol_l: int | None, *, conscious: bool, on_sulfonylurea: bool) -> tuple[Reason, ...]:
    """The steps in order; empty when the person is conscious and glucose is known to be 3.9 mmol/L or more.

    `glucose_umol_l` None: not measured; an unconscious person is treated, a conscious one measured first.
    """
    if conscious and glucose_umol_l is None:
        return (because(_RULE, "立即测血糖", "Measure glucose now"),)
    if conscious and glucose_umol_l is not None and glucose_umol_l >= HYPOGLYCAEMIA_BELOW_UMOL_L:
        return ()
    if conscious:
        first = because(_RULE, "口服葡萄糖15–20克", "15–20 g of glucose by mouth")
    else:
        first = because(
            _RULE,
            "50%葡萄糖20–40毫升静脉注射，或胰高血糖素0.5–1毫克",
            "20–40 ml of 50 % glucose into a vein, or 0.5–1 mg of glucagon",
        )
    again = because(
        _RULE,
        f"{RECHECK_MINUTES}分钟后复测，仍低于3.9 mmol/L则重复",
        f"Measure again after {RECHECK_MINUTES} minutes and repeat while below 3.9 mmol/L",
    )
    watch = because(_RULE, "磺脲类所致低血糖须长时间观察", "After a sulfonylurea observe for long")
    after = because(_RULE, "记录原因并复核用药", "Record the cause and review the medicines")
    return (first, again, *((watch,) if on_sulfonylurea else ()), after)
