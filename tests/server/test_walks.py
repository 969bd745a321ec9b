"""Random walks in memory: whatever people and time do, what the page of moves says is always true stays true."""

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from server.rules.workflow import MOVES
from tests.server.walking import Walk

STRIDES, OFFICES, MOVES_IN_ALL = 240, 420, 50_000
ARROWS = {
    (move.action, state, target)
    for move in MOVES
    for state in (move.sources or {None})
    for target in move.leads_from(state)
    if target != state
}
"""Every change of state that the table knows: action, from, to."""


@pytest.mark.parametrize("share", [1, 2])
def test_a_hundred_thousand_moves_leave_every_invariant_true(share: int) -> None:
    """Two shares of 50,000. A failing office shrinks to the few strides that matter, told in words."""
    made: Counter[str] = Counter()

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

    walk()
    assert made.total() >= MOVES_IN_ALL, made.total()


def test_walks_make_every_move_and_every_change_of_state_of_the_table_and_no_other() -> None:
    made, changes = Counter[str](), set[tuple[str, str | None, str | None]]()
    for seed in range(1_500):
        here, dice = Walk(), Random(seed)
        for _ in range(STRIDES):
            here.stride(dice.getrandbits(32))
        made.update(here.made)
        changes |= {change for change in here.office.changes if change[1] != change[2]}
        if changes >= ARROWS and made.keys() >= {move.action for move in MOVES}:
            break
    assert {move.action for move in MOVES} - made.keys() == set()
    assert changes == ARROWS
