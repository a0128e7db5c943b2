"""Identity documents (IDC-01…06). All numbers are made up."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Sex
from cmc.clinical.identity_documents import DocumentKind, old_card_check_digit, parse_document, recognise
from cmc.clinical.identity_numbers import IdentityNumberError, IdentityProblem, check_digit
from cmc.clinical.provinces import PROVINCES, province_of

TODAY = date(2026, 11, 21)
CITIZEN = "11010519491231002X"


def completed(seventeen: str) -> str:
    return seventeen + check_digit(seventeen)


HONG_KONG = completed("81000019800101001")
NEW_CARD = completed("91115619800101002")
OLD_CARD = "KAZ11009012310" + old_card_check_digit("KAZ11009012310")
K = DocumentKind


@pytest.mark.parametrize(
    ("kind", "typed", "number", "region", "nationality", "birth", "sex"),
    [
        (K.CITIZEN_ID, CITIZEN, CITIZEN, "110105", None, date(1949, 12, 31), Sex.F),
        (K.CITIZEN_ID, "110105 19491231 002ｘ", CITIZEN, "110105", None, date(1949, 12, 31), Sex.F),
        (K.CITIZEN_ID, "110105491231002", CITIZEN, "110105", None, date(1949, 12, 31), Sex.F),
        (K.HK_MO_TW_PERMIT, HONG_KONG, HONG_KONG, "810000", None, date(1980, 1, 1), Sex.M),
        (K.FOREIGN_PERMANENT, NEW_CARD, NEW_CARD, None, "156", date(1980, 1, 1), Sex.F),
        (K.FOREIGN_PERMANENT, OLD_CARD.lower(), OLD_CARD, None, "KAZ", date(1990, 12, 31), None),
        (K.PASSPORT, "e 1234-5678", "E12345678", None, None, None, None),
    ],
    ids=["citizen", "typed loosely", "15 digits", "Hong Kong", "new card", "old card", "passport"],
)
def test_idc_05_every_kind_tells_what_its_number_holds(
    kind: DocumentKind,
    typed: str,
    number: str,
    region: str | None,
    nationality: str | None,
    birth: date | None,
    sex: Sex | None,
) -> None:
    document = parse_document(kind, typed, TODAY)
    assert document is not None
    assert (document.kind, document.number, document.doubts) == (kind, number, ())
    assert (document.region, document.nationality, document.birth, document.sex) == (region, nationality, birth, sex)


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [
        (K.CITIZEN_ID, HONG_KONG, "KIND"),
        (K.CITIZEN_ID, NEW_CARD, "KIND"),
        (K.HK_MO_TW_PERMIT, CITIZEN, "KIND"),
        (K.FOREIGN_PERMANENT, CITIZEN, "KIND"),
        (K.FOREIGN_PERMANENT, "110105491231002", "CHARACTERS"),
        (K.FOREIGN_PERMANENT, "KAZ110090133105", "BIRTH_DATE"),
        (K.FOREIGN_PERMANENT, NEW_CARD[:-1] + ("0" if NEW_CARD[-1] != "0" else "1"), "CHECK_DIGIT"),
        (K.CITIZEN_ID, "", "LENGTH"),
        (K.PASSPORT, "E123", "LENGTH"),
        (K.PASSPORT, "ABCDEFG", "CHARACTERS"),
        (K.PASSPORT, "护照E1234567", "CHARACTERS"),
        (K.PASSPORT, OLD_CARD, "KIND"),
        (K.NONE, "1", "KIND"),
    ],
)
def test_a_number_of_another_kind_or_form_is_refused(kind: DocumentKind, typed: str, reason: str) -> None:
    with pytest.raises(IdentityNumberError) as caught:
        parse_document(kind, typed, TODAY)
    assert caught.value.reason == reason


def test_no_document_has_no_number() -> None:
    assert parse_document(K.NONE, " ", TODAY) is None


def test_a_wrong_check_digit_of_an_old_card_is_a_doubt_and_no_refusal() -> None:
    wrong = OLD_CARD[:14] + str((int(OLD_CARD[14]) + 1) % 10)
    document = parse_document(K.FOREIGN_PERMANENT, wrong, TODAY)
    assert document is not None
    assert document.doubts == (IdentityProblem.CHECK_DIGIT,)


@pytest.mark.parametrize(
    ("digits", "birth"),
    [("261121", date(2026, 11, 21)), ("261122", date(1926, 11, 22)), ("000229", date(2000, 2, 29))],
)
def test_a_birth_year_of_two_digits_is_the_latest_that_has_passed(digits: str, birth: date) -> None:
    document = parse_document(K.FOREIGN_PERMANENT, f"KAZ1100{digits}05", TODAY)
    assert document is not None
    assert document.birth == birth


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        (CITIZEN, K.CITIZEN_ID),
        (HONG_KONG, K.HK_MO_TW_PERMIT),
        (NEW_CARD, K.FOREIGN_PERMANENT),
        (OLD_CARD, K.FOREIGN_PERMANENT),
        ("E12345678", None),
        ("", None),
    ],
)
def test_a_number_without_its_kind_is_recognised_when_it_is_certain(typed: str, kind: DocumentKind | None) -> None:
    document = recognise(typed, TODAY)
    assert (document and document.kind) == kind


@given(st.sampled_from(DocumentKind), st.text(max_size=24))
def test_any_text_is_a_document_that_reads_the_same_again_or_a_named_fault(kind: DocumentKind, text: str) -> None:
    try:
        document = parse_document(kind, text, TODAY)
    except IdentityNumberError as error:
        reason = error.reason
        document = None
    else:
        reason = None
    if document is not None:
        assert parse_document(kind, document.original, TODAY) == document
    else:
        assert reason is not None or kind is K.NONE


def test_no_representation_shows_a_number() -> None:
    for kind, number in ((K.CITIZEN_ID, CITIZEN), (K.PASSPORT, "E12345678"), (K.FOREIGN_PERMANENT, OLD_CARD)):
        assert number not in repr(parse_document(kind, number, TODAY))


@pytest.mark.parametrize(
    ("region", "zh"), [("120104", "天津市"), ("810000", "香港特别行政区"), ("999999", None), ("", None)]
)
def test_idc_04_the_province_is_named_and_an_unknown_region_is_no_fault(region: str, zh: str | None) -> None:
    province = province_of(region)
    assert (province and province.zh) == zh
    assert len(PROVINCES) == 35
