"""Place, grid and case codes are read as they are written in the field, and wrong ones refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.codes import CodeError, case_code, parent_code, parse_case_code, read_grid_code, read_place_code


@pytest.mark.parametrize(
    ("text", "level", "parent"),
    [
        ("410000000000", "province", None),
        ("411200000000", "city", "410000000000"),
        ("411202000000", "county", "411200000000"),
        ("411271000000", "county", "411200000000"),  # an economic development zone
        ("411202001000", "township", "411202000000"),  # a street
        ("411282400000", "township", "411282000000"),  # a 园艺场
        ("411202560000", "township", "411202000000"),
        ("411202001001", "village", "411202001000"),
        ("411202102234", "village", "411202102000"),
        ("411282400598", "village", "411282400000"),
        ("110101001001", "village", "110101001000"),
        ("429004001000", "township", "429004000000"),  # a county-level city directly under the province
        ("441900003000", "township", "441900000000"),  # a city without counties
        ("441900003001", "village", "441900003000"),
        ("990101101201", "village", "990101101000"),  # the demonstration county's unused prefix
    ],
)
def test_place_code_tells_level_and_parent(text, level, parent):
    place = read_place_code(text)
    assert (place.level, place.parent) == (level, parent)
    assert parent_code(text) == parent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "41120200100",
        "4112020010011",
        "41120200100a",
        "411202 01001",
        "\uff14\uff11\uff11\uff12\uff10\uff12\uff10\uff10\uff11\uff10\uff10\uff11",  # full-width digits
        "٤١١٢٠٢٠٠١٠٠١",  # Arabic digits
        "000000000000",
        "001202001001",
        "410002001001",  # county without city
        "411202000001",  # village without township
        "410000001000",
    ],
)
def test_impossible_place_codes_are_refused_in_both_languages(text):
    with pytest.raises(CodeError) as refusal:
        read_place_code(text)
    assert refusal.value.code == "bad_place_code"
    assert refusal.value.zh
    assert refusal.value.en == str(refusal.value)


def test_grid_code_names_its_village():
    assert read_grid_code("411202001001001") == "411202001001"
    assert parent_code("990101101201999") == "990101101201"


@pytest.mark.parametrize(
    "text",
    [
        "411202001001",
        "411202001001000",
        "411202001000001",
        "41120200100100x",
        "000000000000001",
        "4112020010010010",
    ],
)
def test_grid_codes_outside_the_scheme_are_refused(text):
    with pytest.raises(CodeError) as refusal:
        read_grid_code(text)
    assert refusal.value.code == "bad_grid_code"


def test_a_local_scheme_keeps_its_text_and_tells_no_village():
    assert read_grid_code("HB-03.7_a", "local") is None
    for text in ("", "-1", "1-", "网格1", "1" * 33, "a b"):
        with pytest.raises(CodeError):
            read_grid_code(text, "local")


def test_an_unknown_scheme_is_named():
    with pytest.raises(CodeError) as refusal:
        read_grid_code("1", "place18")
    assert refusal.value.code == "unknown_scheme"
    assert "place18" in refusal.value.zh


# GB 11643 prints these for the resident identity number: an independent form of ISO/IEC 7064 MOD 11-2.
IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_CHECKS = "10X98765432"


@pytest.mark.parametrize("sequence", range(100, 1000, 7))
def test_check_character_is_that_of_an_identity_number(sequence):
    digits = f"11010519491231{sequence}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, IDENTITY_WEIGHTS, strict=True))
    expected = f"110105-19491231-{sequence}-{IDENTITY_CHECKS[total % 11]}"
    assert case_code("110105", date(1949, 12, 31), sequence) == expected


def test_leading_zeros_would_give_one_case_two_codes():
    # 11010519491231002X is the identity number printed in the standard itself, so its check is right.
    with pytest.raises(CodeError):
        parse_case_code("110105-19491231-002-X")


counties = st.integers(100000, 999999).map(str)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
sequences = st.integers(1, 10**12)


@given(counties, days, sequences)
def test_case_code_reads_back(county6, day, sequence):
    text = case_code(county6, day, sequence)
    parsed = parse_case_code(f" {text.lower()} ")
    assert (parsed.text, parsed.county6, parsed.day, parsed.sequence) == (text, county6, day, sequence)


@given(counties, days, sequences, st.data())
def test_one_wrong_character_is_found(county6, day, sequence, data):
    text = case_code(county6, day, sequence)
    at = data.draw(st.sampled_from([i for i, c in enumerate(text) if c != "-"]))
    wrong = data.draw(st.sampled_from([c for c in "0123456789X" if c != text[at]]))
    with pytest.raises(CodeError):
        parse_case_code(text[:at] + wrong + text[at + 1 :])


@given(counties, days, sequences, st.data())
def test_two_swapped_characters_are_found(county6, day, sequence, data):
    text = case_code(county6, day, sequence)
    places = [i for i, c in enumerate(text) if c != "-"]
    first = data.draw(st.integers(0, len(places) - 2))
    second = data.draw(st.integers(first + 1, min(first + 9, len(places) - 1)))
    a, b = places[first], places[second]
    swapped = list(text)
    swapped[a], swapped[b] = swapped[b], swapped[a]
    if swapped != list(text):
        with pytest.raises(CodeError):
            parse_case_code("".join(swapped))


def test_senseless_case_parts_are_refused():
    for county6, sequence in (("41120", 1), ("411202000000", 1), ("41120x", 1), ("411202", 0)):
        with pytest.raises(ValueError, match=r"county6|sequence"):
            case_code(county6, date(2026, 11, 22), sequence)


def test_a_case_code_of_a_day_that_does_not_exist_is_refused():
    digits = "411202" + "20260230" + "1"
    for check in "0123456789X":
        with pytest.raises(CodeError):
            parse_case_code(f"{digits[:6]}-{digits[6:14]}-1-{check}")
