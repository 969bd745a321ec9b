"""How many statements a report and a move cost the database, everything announced included."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from server.db import db
from tests.conftest import Office
from tests.server.conftest import accepting, filed, move

DOZEN = 12


@contextmanager
def counting(office: Office) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []
    with office.app.app_context():
        engine = db.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("parties", [[], [{"name": "王大妈", "phone": "13812345678", "role": "报告人"}]], ids=len)
def test_a_report_costs_at_most_a_dozen_statements_with_everybody_told(office: Office, report: Any, parties: Any):
    worker = office.client("worker1")
    filed(worker, report())  # the first one also reads the map and the rule book
    with counting(office) as sent:
        filed(worker, report(parties=parties))
    assert len(sent) <= DOZEN, sent
    assert [one for one in sent if one.startswith("INSERT INTO messages")]


def test_announcing_costs_a_move_one_statement(office: Office, report: Any):
    village = office.client("village1")
    case = filed(office.client("worker1"), report())
    move(village, filed(office.client("worker1"), report()), "accept", accepting(case))
    with counting(office) as sent:
        assert move(village, case, "accept", accepting(case)).status_code == 201
    assert len([one for one in sent if "messages" in one]) == 1
