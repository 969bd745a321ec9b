"""What holds for every clock, whenever it starts, stands still and goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geodata.rulebook import read_rulebook
from server.rules.deadlines import TIME_UNITS, Span, TimeUnit, at_share, due, recomputed, resumed, working_time
from server.rules.escalation import Stage, next_at, reached, stages
from server.rules.rulebook import RuleBook
from tests.server.office_days import CALENDAR, ZONE

BOOK = read_rulebook()
RULES = RuleBook(categories={}, limits={}, reasons={}, numbers=BOOK.numbers, calendar=CALENDAR)
KINDS = sorted({row.kind for row in BOOK.limits})

# From before the make-up days of early 2025 to a year that the calendar does not know; on the full minute, so that the
# office's opening and closing are met.
INSTANTS = st.datetimes(datetime(2025, 1, 20), datetime(2027, 1, 20), timezones=st.just(ZONE)).map(  # noqa: DTZ001 (given one)
    lambda instant: instant.replace(second=0, microsecond=0)
)
PAST = (st.integers(0, 10 * 60) | st.integers(0, 15 * 24 * 60)).map(lambda minutes: timedelta(minutes=minutes))
UNITS = st.sampled_from(TIME_UNITS)
SPANS = st.builds(Span, st.integers(1, 40), UNITS)  # type: ignore[arg-type]


def working_days_left(instant: datetime, end: datetime) -> int:
    """Worked days after the day of the instant, up to the day of the due."""
    return CALENDAR.workdays_between(CALENDAR.day_of(instant), CALENDAR.day_of(end))


@given(end=INSTANTS, paused=INSTANTS, unit=UNITS)
def test_a_pause_of_no_length_changes_nothing(end: datetime, paused: datetime, unit: TimeUnit):
    assert resumed(end, paused, paused, unit, CALENDAR) == end


@given(start=INSTANTS, ran=PAST, stood=PAST, amount=st.integers(1, 40))
@pytest.mark.parametrize("unit", TIME_UNITS)
def test_what_was_left_is_left_when_it_goes_on(
    unit: TimeUnit, start: datetime, ran: timedelta, stood: timedelta, amount: int
):
    end = due(start, Span(amount, unit), CALENDAR)
    paused, goes_on = start + ran, start + ran + stood
    assume(paused < end)
    new = resumed(end, paused, goes_on, unit, CALENDAR)
    same_day = CALENDAR.day_of(paused) == CALENDAR.day_of(goes_on)
    match unit:
        case "minutes" | "hours":
            assert new - goes_on == end - paused
        case "working_hours":
            assert working_time(goes_on, new, CALENDAR) == working_time(paused, end, CALENDAR)
        case _ if same_day:
            assert new == end
        case "working_days" if left := working_days_left(paused, end):
            assert working_days_left(goes_on, new) == left
        case "working_days":
            # On its last day: never less, and at most the next working day.
            assert working_time(goes_on, new, CALENDAR) >= working_time(paused, end, CALENDAR)
            assert working_days_left(goes_on, new) <= 1
        case "calendar_days" if CALENDAR.day_of(paused) < CALENDAR.day_of(end):
            assert CALENDAR.day_of(new) - CALENDAR.day_of(goes_on) == CALENDAR.day_of(end) - CALENDAR.day_of(paused)
        case "calendar_days":
            assert end - paused <= new - goes_on < end - paused + timedelta(days=1)


@given(end=INSTANTS, before=PAST, stood=PAST, longer=PAST, unit=UNITS)
def test_whoever_stands_still_longer_is_never_due_earlier(
    end: datetime, before: timedelta, stood: timedelta, longer: timedelta, unit: TimeUnit
):
    # Also where somebody set the due to a night or a day off.
    paused = end - before
    first = resumed(end, paused, paused + stood, unit, CALENDAR)
    assert end <= first <= resumed(end, paused, paused + stood + longer, unit, CALENDAR)


@given(start=INSTANTS, amounts=st.tuples(st.integers(1, 20), st.integers(1, 20)), unit=UNITS, ran=PAST, stood=PAST)
def test_a_pause_keeps_two_limits_of_the_rule_book_in_their_order(
    start: datetime, amounts: tuple[int, int], unit: TimeUnit, ran: timedelta, stood: timedelta
):
    ends = [due(start, Span(amount, unit), CALENDAR) for amount in sorted(amounts)]
    moved = [resumed(end, start + ran, start + ran + stood, unit, CALENDAR) for end in ends]
    assert moved == sorted(moved)


@given(start=INSTANTS, span=SPANS, waits=st.lists(st.tuples(PAST, PAST), max_size=4))
def test_counted_anew_is_what_the_pauses_made_one_by_one(
    start: datetime, span: Span, waits: list[tuple[timedelta, timedelta]]
):
    end, now, pauses = due(start, span, CALENDAR), start, []
    for ran, stood in waits:
        pauses.append((now + ran, now + ran + stood))
        now += ran + stood
        end = resumed(end, *pauses[-1], span.unit, CALENDAR)
        assert recomputed(start, span, [*pauses, (now, None)], CALENDAR) == end
    assert recomputed(start, span, pauses, CALENDAR) == end >= due(start, span, CALENDAR)


@st.composite
def clocks(draw: st.DrawFn) -> tuple[datetime, datetime, TimeUnit, list[tuple[datetime, datetime]]]:
    """Start, due, unit and pauses of a clock; the due is the rule book's, or one that somebody set."""
    start, span = draw(INSTANTS), draw(SPANS)
    now, pauses = start, []
    for ran, stood in draw(st.lists(st.tuples(PAST, PAST), max_size=3)):
        pauses.append((now + ran, now + ran + stood))
        now += ran + stood
    end = draw(st.just(recomputed(start, span, pauses, CALENDAR)) | PAST.map(lambda past: start + past))
    return start, end, span.unit, pauses


@given(clock=clocks(), shares=st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)))
def test_more_of_a_limit_is_never_used_earlier(clock, shares: tuple[float, float]):
    start, end, unit, pauses = clock
    less, more = sorted(shares)
    first, second = (at_share(start, end, share, unit, CALENDAR, pauses) for share in (less, more))
    assert min(start, end) <= first <= second <= at_share(start, end, 1, unit, CALENDAR, pauses) == end


@given(clock=clocks(), share=st.floats(0.01, 0.99))
def test_no_share_is_used_up_while_a_clock_stands_still(clock, share: float):
    start, end, unit, pauses = clock
    at = at_share(start, end, share, unit, CALENDAR, pauses)
    assert at == end or not [pause for pause in pauses if pause[0] < at < pause[1]]


@given(clock=clocks(), kind=st.sampled_from(KINDS), fired=st.sampled_from(Stage))
def test_stages_come_in_order_and_the_next_one_is_always_above_what_fired(clock, kind: str, fired: Stage):
    start, end, unit, pauses = clock
    ladder = stages(kind, start, end, unit, RULES, pauses)
    assert ladder == sorted(ladder)
    assert [at for _, at in ladder] == sorted(at for _, at in ladder)
    assert (Stage.RED, end) in ladder
    at = next_at(kind, start, end, unit, fired, RULES, pauses)
    if at is None:
        assert ladder[-1][0] <= fired
        return
    # Looked at then, it has climbed; a moment earlier it had not.
    assert reached(kind, start, end, unit, RULES, at, pauses) > fired
    assert reached(kind, start, end, unit, RULES, at - timedelta(microseconds=1), pauses) <= fired


@given(clock=clocks(), kind=st.sampled_from(KINDS), looks=st.lists(PAST, min_size=1, max_size=6))
def test_however_rarely_it_is_looked_at_each_stage_fires_at_most_once_and_only_upwards(clock, kind: str, looks):
    start, end, unit, pauses = clock
    fired, now = [Stage.NONE], start.astimezone(UTC)
    for later in looks:
        now += later
        at = next_at(kind, start, end, unit, fired[-1], RULES, pauses)
        if at is not None and at <= now:
            fired.append(reached(kind, start, end, unit, RULES, now, pauses))
    assert fired == sorted(set(fired))
    assert fired[-1] == reached(kind, start, end, unit, RULES, now, pauses)
