"""Names, telephone numbers, addresses and citizen IDs, drawn for many people at once. None belongs to anybody."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cmc.simulation.region import Cell, District

Texts = NDArray[np.str_]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

_SURNAMES: Final = np.array(list(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
))  # fmt: skip
_SURNAME_WEIGHTS: Final = 1 / (np.arange(len(_SURNAMES)) + 3.0)  # falls with the rank, as it does among people
_FIRST: Final = {
    True: np.array(list("建志德永国文振玉长家卫宝新树福俊立学金春广洪世明忠书兴庆祥维少景占凤连润宗继克义")),
    False: np.array(list("桂秀淑玉丽春凤惠雅月素翠金红爱瑞美佩秋兰文淑静宝连慧敏艳俊彩云巧香珍桃莲婉琴凤")),
}
_SECOND: Final = {
    True: np.array(list("国强明福华斌东田江兴林民森生峰军春山海亮平刚成发良才义信龙安宁德志祥来永清泉利")),
    False: np.array(list("兰英珍梅华花芳琴娥云萍凤霞芝玲荣敏芬香莲菊红艳丽娟慧洁静茹媛琳珠燕淑贤清秋月霞")),
}
_ROADS: Final = np.array([
    "友谊路", "解放南路", "大沽南路", "平江道", "尖山路", "隆昌路", "宾水道", "珠江道", "中山路", "新开路",
    "建国道", "黄纬路", "育红路", "丁字沽三号路", "咸阳路", "红旗路", "迎水道", "津塘路", "八纬路", "卫国道",
])  # fmt: skip
_PHONE_HEADS: Final = np.array([130, 131, 132, 135, 136, 137, 138, 139, 150, 152, 158, 159, 177, 182, 186, 187, 188])
_WEIGHTS: Final = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))  # IDC-02
_CHECK_DIGITS: Final = np.array(list("10X98765432"))
_SEQUENCES: Final = 500
"""Three-digit sequences that belong to one sex on one day at one registration office (IDC-01)."""


def names(rng: np.random.Generator, male: Flags) -> Texts:
    """Draw full names; about one in seven given names has a single character."""
    count = len(male)
    surname = rng.choice(_SURNAMES, count, p=_SURNAME_WEIGHTS / _SURNAME_WEIGHTS.sum())
    first = np.where(male, rng.choice(_FIRST[True], count), rng.choice(_FIRST[False], count))
    second = np.where(male, rng.choice(_SECOND[True], count), rng.choice(_SECOND[False], count))
    single = rng.random(count) < 0.14
    return np.strings.add(surname, np.strings.add(np.where(single, "", first), second))


def phones(rng: np.random.Generator, count: int) -> Texts:
    """Draw mobile numbers of 11 digits."""
    numbers: Texts = (rng.choice(_PHONE_HEADS, count) * 10**8 + rng.integers(0, 10**8, count)).astype(str)
    return numbers


def addresses(rng: np.random.Generator, district: District, count: int) -> Texts:
    """Draw addresses in a district."""
    road = rng.choice(_ROADS, count)
    parts: tuple[str | Texts, ...] = (
        f"天津市{district.name.zh}", road, rng.integers(1, 180, count).astype(str), "号",
        rng.integers(1, 30, count).astype(str), "号楼", rng.integers(1, 6, count).astype(str), "门",
        (rng.integers(1, 19, count) * 100 + rng.integers(1, 5, count)).astype(str), "室",
    )  # fmt: skip
    text: Texts = np.full(count, "", dtype="U1")
    for part in parts:
        text = np.strings.add(text, part)
    return text


def citizen_ids(rng: np.random.Generator, cell: Cell, district: District, birth: Whole, male: Flags) -> Texts:
    """Return numbers by GB 11643, distinct in the whole region; "" where the office's sequences are used up.

    Every cell has sequences of its own in its district, handed out by day of birth and sex. `birth` is in days since
    1970-01-01; one person in five carries a code from where they moved in from.
    """
    count = len(birth)
    codes = np.array([int(code) for code in (district.code, *district.elsewhere)])
    region = codes[np.where(rng.random(count) < 0.8, 0, rng.integers(1, len(codes), count))]
    each = _SEQUENCES // cell.cells_of_district
    rank = _rank_among_equals(birth * 2 + male)
    sequence = (cell.of_district * each + rank) * 2 + male
    day = birth.astype("datetime64[D]")
    year, month = day.astype("datetime64[Y]"), day.astype("datetime64[M]")
    written = (
        (year.astype(np.int64) + 1970) * 10_000
        + ((month - year).astype(np.int64) + 1) * 100
        + ((day - month).astype(np.int64) + 1)
    )
    seventeen = region * 10**11 + written * 1000 + sequence
    return np.where(rank < each, np.strings.add(seventeen.astype("U17"), _check_digits(seventeen)), "")


def _check_digits(seventeen: Whole) -> Texts:
    digits = seventeen[:, None] // 10 ** np.arange(16, -1, -1) % 10
    last: Texts = _CHECK_DIGITS[digits @ _WEIGHTS % 11]
    return last


def _rank_among_equals(keys: Whole) -> Whole:
    """Number equal keys 0, 1, 2 … in the order in which they come."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.empty(len(keys), dtype=np.int64)
    rank[order] = np.arange(len(keys)) - np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    return rank
