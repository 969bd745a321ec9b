"""The stage that stories are told on: one office for a module, its clock set by hand."""

from collections.abc import Iterator

import pytest

from server import clock
from server.db import reading
from server.services import verify
from tests.conftest import Office
from tests.server.stories.tale import OfficeClock, Stage, Tale


@pytest.fixture(scope="module")
def stage(shared_office: Office) -> Iterator[Stage]:
    """An office for a module of stories; when they are told, its whole log must be sound."""
    by_hand = OfficeClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", by_hand.now)
        yield Stage(shared_office, by_hand)
    with shared_office.app.app_context(), reading() as snapshot:
        assert [fault for fault in verify.check_cases(snapshot) if fault is not None] == []


@pytest.fixture
def tale(stage: Stage) -> Tale:
    """A story that begins on Monday, 2 March 2026, at nine."""
    return Tale(stage).at("03-02 09:00")
