"""Words and options that the definitions of one set share."""

from __future__ import annotations

from typing import Final

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.indicators.variants import ENROLLED_DAYS, DenomPolicy

SOURCE: Final = "国家基本公共卫生服务规范（第三版）2017"
OWN: Final = "本系统定义，规范未规定"
DEFAULT_POLICY: Final = DenomPolicy.ACTIVE_AT_END_PLUS_LTFU


def managed_words(disease: Disease, denom: DenomPolicy) -> Text:
    """Return the words for the people managed under a policy."""
    return Text(
        f"期内管理的{disease.text.zh}患者人数（35岁及以上，原发）：{denom.text.zh}",
        f"People under management of {disease.text.en.lower()} in the period (35 or older, primary): {denom.text.en}",
    )


def denominator_parameters(denom: DenomPolicy, enrolled_days: int = ENROLLED_DAYS) -> dict[str, str | int | bool]:
    """Return the published options of a denominator."""
    found: dict[str, str | int | bool] = {"denom_policy": denom.value}
    if denom is DenomPolicy.ENROLLED_GE_N_DAYS:
        found["enrolled_days"] = enrolled_days
    return found
