"""Where: a region after Tianjin with 16 districts and up to 267 clinics of uneven size, each with its own habits."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cmc.core.text import Text
from cmc.simulation.plan import CELL_PEOPLE, Plan, stream

REGION: Final = ("120000", Text("天津市", "Tianjin"))

_DISTRICTS: Final = (
    # code, name, English name, weight by population, codes of people who moved in from elsewhere
    ("120103", "河西区", "Hexi District", 9, ("130922", "130927")),
    ("120104", "南开区", "Nankai District", 9, ("130925", "130983")),
    ("120102", "河东区", "Hedong District", 9, ("131022", "131023")),
    ("120105", "河北区", "Hebei District", 7, ("131024", "131025")),
    ("120101", "和平区", "Heping District", 4, ("110112", "110115")),
    ("120106", "红桥区", "Hongqiao District", 5, ("130981", "130928")),
    ("120110", "东丽区", "Dongli District", 6, ("130224", "130225")),
    ("120111", "西青区", "Xiqing District", 7, ("130929", "130930")),
    ("120112", "津南区", "Jinnan District", 7, ("371428", "371424")),
    ("120113", "北辰区", "Beichen District", 7, ("131026", "131028")),
    ("120114", "武清区", "Wuqing District", 9, ("131081", "131082")),
    ("120115", "宝坻区", "Baodi District", 5, ("130229", "130281")),
    ("120116", "滨海新区", "Binhai New Area", 16, ("220182", "230183")),
    ("120117", "宁河区", "Ninghe District", 3, ("130207", "130283")),
    ("120118", "静海区", "Jinghai District", 5, ("130984", "130923")),
    ("120119", "蓟州区", "Jizhou District", 5, ("130282", "130227")),
)
_STREETS: Final = (
    ("尖山街", "Jianshan Street"), ("友谊路街", "Youyi Road"), ("新华路街", "Xinhua Road"),
    ("解放路街", "Jiefang Road"),
    ("和平街", "Heping Street"), ("建设路街", "Jianshe Road"), ("人民路街", "Renmin Road"), ("文化街", "Wenhua Street"),
    ("光明街", "Guangming Street"), ("胜利路街", "Shengli Road"), ("东风街", "Dongfeng Street"),
    ("红旗路街", "Hongqi Road"), ("向阳街", "Xiangyang Street"), ("长江道街", "Changjiang Road"),
    ("黄河道街", "Huanghe Road"), ("平安街", "Ping'an Street"), ("幸福街", "Xingfu Street"),
    ("富民路街", "Fumin Road"), ("兴业街", "Xingye Street"), ("春华街", "Chunhua Street"),
    ("秋实街", "Qiushi Street"), ("柳林街", "Liulin Street"), ("杨柳街", "Yangliu Street"),
    ("桃园街", "Taoyuan Street"),
    ("梅江街", "Meijiang Street"), ("湖滨街", "Hubin Street"), ("北塘街", "Beitang Street"),
    ("南湖街", "Nanhu Street"), ("西湖道街", "Xihu Road"), ("东海路街", "Donghai Road"),
    ("中山路街", "Zhongshan Road"), ("复兴街", "Fuxing Street"), ("振兴路街", "Zhenxing Road"),
    ("团结街", "Tuanjie Street"), ("青年路街", "Qingnian Road"), ("朝阳街", "Chaoyang Street"),
    ("永安街", "Yong'an Street"), ("泰山路街", "Taishan Road"), ("昆仑路街", "Kunlun Road"),
    ("翠屏街", "Cuiping Street"),
)  # fmt: skip
_DISTRICT_SPREAD, _CLINIC_SPREAD = 0.25, 0.55


@dataclass(frozen=True, slots=True)
class Habits:
    """How a clinic works, for better or worse; shares of 0 to 1. Part of the hidden truth."""

    keeps_rhythm: float
    """Factor on the chance that a due visit is made in time."""
    phone_share: float
    """Visits made by phone."""
    round_share: float
    """Pressures read off a column and written down as a multiple of ten."""
    typed_share: float
    """Visits whose values nobody measured: typed in, systolic 128–138."""
    late_share: float
    """Visits entered more than a week later."""
    joined_after_days: int
    """Days after the start of the records until standardised management began there."""


@dataclass(frozen=True, slots=True)
class Clinic:
    """One clinic and the people who are first registered there: numbers `first_person` to + `people` - 1."""

    number: int
    code: str
    name: Text
    district: int
    people: int
    first_person: int
    habits: Habits


@dataclass(frozen=True, slots=True)
class District:
    """One district. People's citizen IDs carry its code, or one of `elsewhere` when they moved in."""

    code: str
    name: Text
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Up to 1,000 people of one clinic, drawn together.

    `of_district` and `cells_of_district` number the cells of the district: citizen IDs are handed out by them.
    """

    number: int
    clinic: Clinic
    first_person: int
    people: int
    of_district: int
    cells_of_district: int


@dataclass(frozen=True, slots=True)
class Region:
    """The whole region: districts, their clinics, and the cells they are drawn in, each in order of number."""

    districts: tuple[District, ...]
    clinics: tuple[Clinic, ...]
    cells: tuple[Cell, ...]

    def neighbours(self, clinic: Clinic) -> list[int]:
        """Return the numbers of the other clinics of the same district: where people transfer to."""
        return [each.number for each in self.clinics if each.district == clinic.district and each is not clinic]


def region(plan: Plan) -> Region:
    """Return the region of a plan."""
    rng = stream(plan, 0, "region")
    used = _DISTRICTS[: max(1, plan.clinics // 10)]
    weights = np.array([each[3] for each in used]) * rng.lognormal(0, _DISTRICT_SPREAD, len(used))
    of_district = _shares(plan.clinics, np.maximum(weights, weights.sum() / plan.clinics))
    districts = tuple(District(code, Text(zh, en), elsewhere) for code, zh, en, _, elsewhere in used)
    places = [(district, place) for district, count in enumerate(of_district) for place in range(count)]
    sizes = _shares(plan.people, rng.lognormal(0, _CLINIC_SPREAD, plan.clinics))
    habits = _habits(rng, plan.clinics)
    first, clinics = 0, []
    for number, ((district, place), people) in enumerate(zip(places, sizes, strict=True)):
        code, name = _name(districts[district], place)
        clinics.append(Clinic(number, code, name, district, people, first, habits[number]))
        first += people
    return Region(districts, tuple(clinics), _cells(clinics))


def _name(district: District, place: int) -> tuple[str, Text]:
    again, street = divmod(place, len(_STREETS))
    zh, en = _STREETS[street]
    if again:
        zh, en = f"{zh}第{again + 1}", f"{en} No. {again + 1}"
    name = Text(f"{district.name.zh}{zh}标准化慢病管理中心", f"{en} CMC, {district.name.en}")
    return f"{district.code}{place + 1:03d}", name


def _shares(total: int, weights: np.ndarray) -> list[int]:
    """Split `total` in proportion to the weights, at least one each, by largest remainder."""
    total -= len(weights)
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    for place in np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]:
        whole[place] += 1
    return [int(each) + 1 for each in whole]


def _habits(rng: np.random.Generator, clinics: int) -> list[Habits]:
    """Draw habits; the bad ones belong to a fixed share of the clinics: 3 % type, 15 % round, 10 % telephone."""
    order = rng.permutation(clinics)
    typing = set(order[: round(0.03 * clinics)].tolist())
    rounding = set(order[::-1][: max(clinics > 1, round(0.15 * clinics))].tolist())
    phoning = set(order[len(typing) :][: round(0.10 * clinics)].tolist())
    found = []
    for number in range(clinics):
        late, joined = rng.beta(1.2, 40), int(rng.integers(20, 200))
        quality, phone = rng.normal(0, 0.035), rng.beta(1.5, 40)
        found.append(
            Habits(
                keeps_rhythm=float(np.clip(1 + quality, 0.85, 1.05)) if number not in typing else 1.05,
                phone_share=float(0.3 + 2 * phone if number in phoning else phone),
                round_share=float(rng.uniform(0.45, 0.8)) if number in rounding else 0.0,
                typed_share=float(rng.uniform(0.5, 0.8)) if number in typing else 0.0,
                late_share=float(late),
                joined_after_days=joined,
            )
        )
    return found


def _cells(clinics: list[Clinic]) -> tuple[Cell, ...]:
    of_district: dict[int, int] = {}
    raw = []
    for clinic in clinics:
        parts = -(-clinic.people // CELL_PEOPLE)
        for part in range(parts):
            first = clinic.first_person + part * CELL_PEOPLE
            people = min(CELL_PEOPLE, clinic.first_person + clinic.people - first)
            place = of_district.get(clinic.district, 0)
            of_district[clinic.district] = place + 1
            raw.append((clinic, first, people, place))
    return tuple(
        Cell(number, clinic, first, people, place, of_district[clinic.district])
        for number, (clinic, first, people, place) in enumerate(raw)
    )
