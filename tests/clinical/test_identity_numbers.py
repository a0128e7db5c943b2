"""Citizen identity and health-record numbers (IDC-01…06, HRN-01, HRN-02). All numbers are made up."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Sex
from cmc.clinical.identity_numbers import (
    HolderKind,
    IdentityNumberError,
    VillageKind,
    check_digit,
    compose_health_record_number,
    mask,
    mismatch,
    normalise,
    parse_citizen_id,
    parse_health_record_number,
)

TODAY = date(2026, 11, 21)
VALID = "11010519491231002X"


def completed(seventeen: str) -> str:
    return seventeen + check_digit(seventeen)


@pytest.mark.parametrize(
    "typed",
    [
        VALID,
        VALID.lower(),
        f"  {VALID}\n",
        "１１０１０５１９４９１２３１００２Ｘ",
        "11010519491231002ｘ",
        "11010519491231002Ⅹ",
        "11010519491231002ⅹ",
        f"\u3000{VALID}",
    ],
    ids=["plain", "small-x", "spaces", "full-width", "full-width-x", "roman", "small-roman", "ideographic-space"],
)
def test_however_it_is_typed_it_is_the_same_number(typed: str) -> None:
    parsed = parse_citizen_id(typed, TODAY)
    assert (parsed.number, parsed.birth, parsed.sex, parsed.region) == (VALID, date(1949, 12, 31), Sex.F, "110105")
    assert parsed.holder is HolderKind.CITIZEN


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("", "LENGTH"),
        (VALID[:-1], "LENGTH"),
        (VALID + "1", "LENGTH"),
        ("1101054912310021", "LENGTH"),
        ("X" + VALID[1:], "CHARACTERS"),
        ("11010549123100X", "CHARACTERS"),
        ("1101051949-231002", "LENGTH"),
        ("11010519491231٠02X", "CHARACTERS"),
        ("110105194912310021", "CHECK_DIGIT"),
        (completed("11010519491331002")[:-1] + "9", "CHECK_DIGIT"),
        ("120101199002290014", "BIRTH_DATE"),
        (completed("11010519491331002"), "BIRTH_DATE"),
        (completed("11010500001231002"), "BIRTH_DATE"),
        ("110105491331002", "BIRTH_DATE"),
        (completed("11010520261122002"), "FUTURE_BIRTH"),
    ],
)
def test_what_is_wrong_is_named_and_never_repeated(number: str, reason: str) -> None:
    with pytest.raises(IdentityNumberError) as caught:
        parse_citizen_id(number, TODAY)
    assert caught.value.reason == reason
    assert str(caught.value) == reason
    assert caught.value.__cause__ is None


def test_someone_born_today_has_a_valid_number() -> None:
    assert parse_citizen_id(completed("11010520261121001"), TODAY).birth == TODAY


def test_a_fifteen_digit_number_is_completed_and_the_original_kept() -> None:
    parsed = parse_citizen_id("110105491231002", TODAY)
    assert (parsed.number, parsed.original) == (VALID, "110105491231002")
    assert parsed.birth == date(1949, 12, 31)


@pytest.mark.parametrize(
    ("region", "holder"),
    [
        ("810000", HolderKind.HONG_KONG),
        ("820000", HolderKind.MACAU),
        ("830000", HolderKind.TAIWAN),
        ("799999", HolderKind.CITIZEN),
        ("944156", HolderKind.FOREIGN),
    ],
)
def test_residence_permits_share_the_rule_and_unknown_regions_are_accepted(region: str, holder: HolderKind) -> None:
    assert parse_citizen_id(completed(f"{region}19800101001"), TODAY).holder is holder


@given(
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
    st.integers(0, 999_999),
    st.integers(0, 16),
    st.integers(1, 9),
)
def test_one_changed_digit_is_always_noticed(birth: date, serial: int, region: int, place: int, change: int) -> None:
    number = completed(f"{region:06d}{birth:%Y%m%d}{serial:03d}")
    assert parse_citizen_id(number, TODAY).sex is (Sex.M if serial % 2 else Sex.F)
    changed = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert changed[17] != check_digit(changed[:17])


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_every_old_number_is_the_new_one_without_century_and_check(birth: date, serial: int) -> None:
    new = completed(f"110105{birth:%Y%m%d}{serial:03d}")
    assert parse_citizen_id(new[:6] + new[8:17], TODAY).number == new


@pytest.mark.parametrize("text", ["1234567890123456", "1101051949123100X", "", "中" * 17])
def test_a_check_digit_needs_seventeen_digits(text: str) -> None:
    with pytest.raises(ValueError, match="17 digits"):
        check_digit(text)


@pytest.mark.parametrize(
    ("birth", "sex", "wrong"),
    [
        (date(1949, 12, 31), Sex.F, False),
        (date(1949, 12, 30), Sex.F, True),
        (date(1949, 12, 31), Sex.M, True),
        (None, None, False),
        (None, Sex.U, False),
    ],
)
def test_disagreement_with_the_record_is_told(birth: date | None, sex: Sex | None, wrong: bool) -> None:
    assert bool(mismatch(parse_citizen_id(VALID, TODAY), birth, sex)) is wrong


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        (VALID, "110105********002X"),
        ("110105491231002", "110105*****1002"),
        ("E12345678", "E1*****78"),
        ("12", "**"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_six_and_four_at_most(number: str, masked: str) -> None:
    assert mask(number) == masked


@given(st.text(max_size=40))
def test_a_mask_hides_at_least_a_third(number: str) -> None:
    masked = mask(number)
    assert len(masked) == len(number)
    assert 3 * masked.count("*") >= len(number)


def test_no_representation_shows_the_number_or_the_birth() -> None:
    shown = repr(parse_citizen_id(VALID, TODAY)) + repr(parse_health_record_number("12010400100100023"))
    assert VALID[:6] not in shown
    assert "1949" not in shown
    assert "120104" not in shown


@given(st.dates(date(1900, 1, 1), TODAY + timedelta(days=400)), st.text(max_size=20))
def test_any_text_is_either_a_number_or_a_named_error(on: date, text: str) -> None:
    try:
        parsed = parse_citizen_id(text, on)
    except IdentityNumberError:
        return
    assert normalise(parsed.number) == parsed.number


@pytest.mark.parametrize(
    ("number", "kind", "short8"),
    [
        ("12010400100100023", VillageKind.RESIDENTS_COMMITTEE, "00100023"),
        ("12010400109900023", VillageKind.RESIDENTS_COMMITTEE, "09900023"),
        ("12010400110100001", VillageKind.VILLAGE_COMMITTEE, "10100001"),
        ("12010400119900001", VillageKind.VILLAGE_COMMITTEE, "19900001"),
        ("12010400190100001", VillageKind.OTHER, "90100001"),
        ("１２０１０４００１９９９９９９９９ ", VillageKind.OTHER, "99999999"),
    ],
)
def test_a_health_record_number_falls_into_its_parts(number: str, kind: VillageKind, short8: str) -> None:
    parsed = parse_health_record_number(number)
    assert (parsed.village_kind, parsed.short8) == (kind, short8)
    assert parsed.region + parsed.town + parsed.village + parsed.serial == parsed.number
    assert (parsed.region, parsed.town) == ("120104", "001")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("1202231012500023", "LENGTH"),
        ("120104001001000234", "LENGTH"),
        ("1201040010010002A", "DIGITS"),
        ("12010400100000023", "VILLAGE"),
        ("12010400110000023", "VILLAGE"),
        ("12010400120000023", "VILLAGE"),
        ("12010400190000023", "VILLAGE"),
    ],
)
def test_a_wrong_health_record_number_is_named(number: str, reason: str) -> None:
    with pytest.raises(IdentityNumberError) as caught:
        parse_health_record_number(number)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("region", "town", "village", "serial", "number"),
    [
        ("120104", "001", "001", 23, "12010400100100023"),
        ("120104", "001", "199", 99_999, "12010400119999999"),
        ("120104", "001", "901", 1, "12010400190100001"),
    ],
)
def test_hrn_01_a_number_is_composed_of_its_parts(
    region: str, town: str, village: str, serial: int, number: str
) -> None:
    composed = compose_health_record_number(region, town, village, serial)
    assert composed.number == number
    assert composed == parse_health_record_number(number)


@pytest.mark.parametrize(
    ("region", "town", "village", "serial", "reason"),
    [
        ("12010", "001", "0011", 1, "LENGTH"),
        ("120104", "001", "001", 0, "DIGITS"),
        ("120104", "001", "001", 100_000, "DIGITS"),
        ("12010A", "001", "001", 1, "DIGITS"),
        ("120104", "001", "100", 1, "VILLAGE"),
    ],
)
def test_hrn_01_a_wrong_part_is_named(region: str, town: str, village: str, serial: int, reason: str) -> None:
    with pytest.raises(IdentityNumberError) as caught:
        compose_health_record_number(region, town, village, serial)
    assert caught.value.reason == reason
