"""Arithmetic of figures and their table, by hand: rates, shares, durations, freezing, what each count is made of."""

import re
from datetime import date
from itertools import pairwise

import pytest

from server.rules import figures
from server.rules.asking import ROUTES as ROUTES_OFFERED
from server.rules.figures import Period
from server.rules.indicators import (
    BESIDE,
    COUNTS,
    LEVELS,
    RATES,
    ROUTES,
    SOURCE_NAMES,
    UNREPORTED,
    holds,
    part_of,
)
from tests.server.office_days import CALENDAR, local


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent"),
    [
        (0, 0, None), (0, 7, 0.0), (7, 7, 100.0), (1, 3, 33.33), (2, 3, 66.67),
        # 1 of 8 is 12.5; 1 of 800 is 0.125 and rounds up, where Python's own rounding would give 0.12.
        (1, 8, 12.5), (1, 800, 0.13), (23196, 27193, 85.3), (3, 2, 150.0),
    ],
)  # fmt: skip
def test_a_rate_is_percent_with_two_decimals_and_none_of_nothing(
    numerator: int, denominator: int, percent: float | None
):
    assert figures.rate(numerator, denominator) == percent


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((0, 0, 0), (None, None, None)),
        ((0, 0, 4), (0.0, 0.0, 100.0)),
        # Thirds: 33.33 each leaves a hundredth, which goes to the first.
        ((1, 1, 1), (33.34, 33.33, 33.33)),
        # Sevenths: 14.2857…, 28.5714…, 57.1428…; rounded down they leave 0.02, for the remainders .57… and .42….
        ((1, 2, 4), (14.29, 28.57, 57.14)),
        # Of six: 16.66…, 33.33…, 50; rounded down they leave 0.01, for the remainder .66….
        ((1, 2, 3), (16.67, 33.33, 50.0)),
    ],
)  # fmt: skip
def test_shares_make_up_exactly_one_hundred(counts: tuple[int, ...], expected: tuple[float | None, ...]):
    found = figures.shares(dict(zip("abc", counts, strict=True)))
    assert tuple(found.values()) == expected
    assert sum(round((one or 0) * 100) for one in found.values()) in (0, 10_000)


@pytest.mark.parametrize(
    ("hours", "mean", "median", "ninetieth"),
    [
        ((), None, None, None),
        ((5,), 5.0, 5.0, 5.0),
        ((1, 3), 2.0, 2.0, 3.0),
        # Ten: the ninth is the least that 90 % do not exceed. One slow case moves the mean, not the median.
        ((1, 2, 3, 4, 5, 6, 7, 8, 9, 100), 14.5, 5.5, 9.0),
        # Eleven: 90 % of them are 9.9, so the tenth.
        ((11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 6.0, 6.0, 10.0),
    ],
)  # fmt: skip
def test_a_mean_has_its_median_and_ninetieth_percentile_beside_it(
    hours: tuple[float, ...], mean: float | None, median: float | None, ninetieth: float | None
):
    assert figures.durations([hour * 3600 for hour in hours]) == (mean, median, ninetieth)


@pytest.mark.parametrize(
    ("last_day", "freezes"),
    [
        # Saturday; Monday, Tuesday, Wednesday.
        ("2026-10-31", "Wednesday 2026-11-04 18:00"),
        # Wednesday before National Day: 1 to 7 October are off; Thursday 8, Friday 9, and Saturday 10 is worked 调休.
        ("2026-09-30", "Saturday 2026-10-10 18:00"),
        # Saturday 28 February, worked to make up for Spring Festival, is the last day itself; Monday to Wednesday.
        ("2026-02-28", "Wednesday 2026-03-04 18:00"),
    ],
)  # fmt: skip
def test_a_period_freezes_when_the_office_closes_on_the_third_working_day_after_it(last_day: str, freezes: str):
    last = date.fromisoformat(last_day)
    assert figures.freezes_at(Period(last.replace(day=1), last), CALENDAR) == local(freezes)


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("Wednesday 2026-11-04 17:59", date(2026, 9, 1)),
        ("Wednesday 2026-11-04 18:00", date(2026, 10, 1)),
        ("Monday 2026-11-30 23:59", date(2026, 10, 1)),
    ],
)
def test_the_latest_frozen_month_is_the_one_whose_third_working_day_is_over(now: str, first: date):
    found = figures.last_frozen_month(local(now), CALENDAR)
    assert found.first == first
    assert (found.last.month, found.last.day) in ((9, 30), (10, 31))


def test_a_period_is_whole_days_on_the_office_s_clock():
    start, after = figures.bounds(Period(date(2026, 11, 1), date(2026, 11, 30)), CALENDAR)
    assert start == local("Sunday 2026-11-01 00:00")
    assert after == local("Tuesday 2026-12-01 00:00")


# Marks of cases received in the period, as words; the figures that each of them is part of, by hand from workflow.md.
DONE = "valid accepted closed settled"
MEMBERS: dict[str, set[str]] = {
    "": {"received"},
    "registered accepted": {"received", "registered"},
    "valid": {"received", "valid", "valid_not_spot"},
    "valid accepted": {"received", "valid", "valid_not_spot", "accepted"},
    # Settled by the village itself.
    f"{DONE} at_village to_village to_township to_county to_city": {
        "received", "valid", "valid_not_spot", "accepted", "closed", "closed_accepted", "settled",
        "settled_to_village", "settled_to_township", "settled_to_county", "settled_to_city", "settled_village",
        "settled_village_not_spot", "one_go",
    },
    # Settled on the spot by a worker, then reopened and closed again: not at village level, not in one go.
    f"{DONE} spot reopened at_village to_grid to_village to_township to_county to_city": {
        "received", "valid", "accepted", "closed", "closed_accepted", "closed_spot", "settled", "settled_to_grid",
        "settled_to_village", "settled_to_township", "settled_to_county", "settled_to_city",
    },
    # Sent up and handed down again, settled by the village: sent up is sent up.
    f"{DONE} escalated at_village to_village to_township to_county to_city": {
        "received", "valid", "valid_not_spot", "accepted", "closed", "closed_accepted", "settled",
        "settled_to_village", "settled_to_township", "settled_to_county", "settled_to_city", "one_go",
    },
    # Settled by the township, and the same matter was reported again.
    f"{DONE} repeated to_township to_county to_city": {
        "received", "valid", "valid_not_spot", "accepted", "closed", "closed_accepted", "settled",
        "settled_to_township", "settled_to_county", "settled_to_city",
    },
    # A dispute that was mediated without success and closed as guided to court.
    "valid accepted closed dispute tried route_court": {
        "received", "valid", "valid_not_spot", "accepted", "closed", "closed_accepted", "disputes",
        "disputes_mediated", "disputes_closed", "route_court",
    },
}  # fmt: skip


@pytest.mark.parametrize("marks", MEMBERS)
def test_a_case_is_part_of_exactly_these_figures(marks: str):
    found = {
        key for key, one in COUNTS.items()
        if one.base == "received" and holds(one.marks, frozenset(marks.split()))
    }  # fmt: skip
    assert found == MEMBERS[marks]


@pytest.mark.parametrize(
    ("marks", "figures_of_it"),
    [
        ("counted closed in_time", {"due", "due_closed", "closed_on_time"}),
        ("counted closed overdue", {"due", "due_closed", "overdue"}),
        ("counted overdue", {"due", "overdue"}),
        ("counted suspended overdue", {"due", "due_suspended", "overdue"}),
        # Voided after it was overdue: out of the rate, still overdue.
        ("overdue", {"overdue"}),
        ("", set()),
    ],
)
def test_a_case_that_is_due_is_part_of_exactly_these_figures(marks: str, figures_of_it: set[str]):
    found = {
        key for key, one in COUNTS.items() if one.base == "due" and holds(one.marks, frozenset(marks.split()))
    }  # fmt: skip
    assert found == figures_of_it


@pytest.mark.parametrize(
    ("rate", "numerator", "denominator"),
    [
        ("completion", "closed_accepted", "accepted"),
        ("closure", "due_closed", "due"),
        ("on_time", "closed_on_time", "due"),
        ("on_time_current", "closed_on_time_current", "due_current"),
        ("prompt_sign_current", "sign_in_time_current", "sign_due_current"),
        ("village", "settled_village", "valid"),
        ("village_of_closed", "settled_village", "closed"),
        ("settlement_to_township", "settled_to_township", "settled"),
        ("one_go_rate", "one_go", "closed"),
        ("mediation_of_accepted", "mediation_success", "disputes"),
        ("mediation_of_mediated", "mediation_success", "disputes_mediated"),
        ("satisfaction", "satisfied", "rated"),
    ],
)
def test_a_rate_is_this_count_over_that(rate: str, numerator: str, denominator: str):
    assert (part_of(rate, "numerator"), part_of(rate, "denominator")) == (numerator, denominator)


def test_a_count_has_no_denominator_and_an_unknown_figure_no_part():
    assert part_of("received", "numerator") == "received"
    assert part_of("received", "denominator") is None
    assert part_of("happiness", "numerator") is None


def test_beside_the_closure_rate_stand_all_that_could_make_it_look_better():
    # By hand from the page, in its order.
    assert [RATES[key].zh for key in BESIDE["closure"]] == [
        "返工率", "退回率", "误派率", "延期率", "挂起率", "不予受理率", "撤回率", "作废率", "并案率", "转出率",
        "错误不予受理率", "虚假办结率", "未报到率", "离线迟到率",
    ]  # fmt: skip
    assert BESIDE["satisfaction"] == ("participation",)


def test_every_figure_has_words_and_a_definition_in_both_languages_under_one_key():
    assert not COUNTS.keys() & RATES.keys()
    for key, one in [*COUNTS.items(), *RATES.items()]:
        for zh, en in ((one.zh, one.en), (one.says_zh, one.says_en)):
            assert re.search(r"[\u4e00-\u9fff]", zh), key
            assert en.replace("÷", "").isascii(), key
            assert re.search(r"[a-z]", en), key
    # Their names in Chinese tell them apart.
    names = [one.zh for one in RATES.values()]
    assert len(set(names)) == len(names)


def test_levels_contain_each_other_and_routes_are_those_that_a_finish_offers():
    for lower, higher in pairwise(LEVELS[:5]):
        assert COUNTS[f"settled_to_{lower}"].marks != COUNTS[f"settled_to_{higher}"].marks
    assert tuple(code for code, _, _ in ROUTES_OFFERED) == ROUTES
    assert UNREPORTED not in ROUTES
    assert len(SOURCE_NAMES) == 9
