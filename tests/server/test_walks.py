"""Random walks in memory: whatever people and time do, what the page of moves says is always true stays true."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from server.rules.workflow import MOVES
from tests.server.walking import Walk

STRIDES, OFFICES, MOVES_IN_ALL = 240, 420, 50_000


@pytest.mark.parametrize("share", [1, 2])
def test_a_hundred_thousand_moves_leave_every_invariant_true(share: int) -> None:
    """Two shares of 50,000. A failing office shrinks to the few strides that matter, told in words."""
    made: Counter[str] = Counter()
    changes: set[tuple[str, str | None, str | None]] = set()

    @settings(
        max_examples=OFFICES, deadline=None, database=None, derandomize=True, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(st.lists(st.integers(0, 2**32 - 1), min_size=STRIDES, max_size=STRIDES))
    def walk(numbers: list[int]) -> None:
        here = Walk()
        try:
            for place, number in enumerate(numbers):
                here.stride(number and number * 1_000 + place * 2 + share)
            here.arrive()
        except BaseException:
            for line in here.told:
                note(line)
            raise
        made.update(here.made)
        changes.update(here.office.changes)

    walk()
    assert made.total() >= MOVES_IN_ALL, made.total()
    assert not {move.action for move in MOVES} - made.keys(), "a move of the table was never made"
    arrows = {
        (move.action, state, target) for move in MOVES for state in (move.sources or {None})
        for target in move.leads_from(state) if target != state
    }  # fmt: skip
    assert {change for change in changes if change[1] != change[2]} == arrows, "the table leads where the walk went"
