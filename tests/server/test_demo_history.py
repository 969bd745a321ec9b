"""The demonstration's past is lived, not written: it goes through the case door, and the log of it is whole."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from server.db import reading
from server.models import Case, Message, Step
from server.services import demo, verify
from tests.conftest import Office


def test_thirty_reports_go_their_ways_and_everyone_concerned_was_told(office: Office):
    done: list[int] = []
    with office.app.app_context():
        demo.file_history(30, datetime(2026, 11, 20, 9, tzinfo=UTC), done.append)
    assert done == list(range(1, 31))
    states = {row.state: row.n for row in office.rows(select(Case.state, func.count().label("n")).group_by(Case.state))}
    assert sum(states.values()) == 30
    assert states["closed"] > 10
    actions = {row.action for row in office.rows(select(Step.action).distinct())}
    assert {"submit", "accept", "handle_here", "escalate", "dispatch", "sign", "finish", "verify_pass"} <= actions
    assert office.rows(select(func.count()).select_from(Message))[0][0] > 60
    latest = office.rows(select(func.max(Step.at)))[0][0]
    assert latest < datetime(2026, 11, 20, 9, tzinfo=UTC)
    with office.app.app_context(), reading() as snapshot:
        assert [fault for fault in verify.check_cases(snapshot) if fault] == []
