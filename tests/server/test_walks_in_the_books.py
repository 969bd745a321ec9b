"""The walk on each database, through services: after every move the rows say what the page of moves says."""

import pytest

from tests.conftest import Office
from tests.server.walking_in_the_books import WalkInTheBooks


def test_two_thousand_moves_leave_the_books_true(office: Office):
    walk = WalkInTheBooks(office, seed=20260302)
    walk.walk(2_000)
    walk.check_all()
    walk.replay(20)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [7, 8])
def test_a_hundred_thousand_moves_leave_the_books_true(office: Office, seed: int):
    """Two offices of 50,000 moves each: to verify the whole log after every 5,000 costs more the longer it is."""
    walk = WalkInTheBooks(office, seed)
    for moves in range(5_000, 55_000, 5_000):
        walk.walk(moves)
        walk.check_all()
        walk.replay(20)
