"""Whoever alters the log behind the office's back is found out: a changed, missing or cut step, a vanished case."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from server.db import reading, transaction
from server.services import verify
from tests.conftest import Office

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def case_id(office: Office, report: Make) -> str:
    """A case with three steps, anchored, beside another one."""
    worker = office.client("worker1")
    found = str(uuid.uuid4())
    for report_id in (found, str(uuid.uuid4())):
        assert worker.put(f"/reports/{report_id}", json=report()).status_code == 201
    for words in ("补充一：今天又堆了两箱。", "补充二：住户说明天清理。"):
        body = {"action": "supplement", "based_on": 1, "payload": {"text": words}, "at": "2026-11-20T10:00:00+08:00"}
        assert worker.put(f"/cases/{found}/steps/{uuid.uuid4()}", json=body).status_code == 201
    with office.app.app_context(), transaction() as tx:
        assert verify.write_anchor(tx, datetime.now(UTC)) == 4
    return found


@contextmanager
def intruder(office: Office) -> Iterator[Connection]:
    """Somebody with the owner's rights, who has switched the triggers off."""
    engine = create_engine(office.settings.migrate_url, poolclass=NullPool)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for name in (
                connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            ):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE steps DISABLE TRIGGER USER"))
        yield connection


def faults(office: Office) -> tuple[list[verify.Fault], list[verify.Fault]]:
    with office.app.app_context(), reading() as snapshot:
        chains = [fault for fault in verify.check_cases(snapshot) if fault is not None]
        return chains, list(verify.check_anchors(snapshot))


def delete_steps(connection: Connection, where: str, **values: Any) -> None:
    connection.execute(text(f"DELETE FROM step_payloads WHERE step_id IN (SELECT id FROM steps WHERE {where})"), values)
    assert connection.execute(text(f"DELETE FROM steps WHERE {where}"), values).rowcount >= 1


def raw(office: Office, case_id: str) -> str:
    """A case's id as the database keeps it."""
    return case_id if office.settings.migrate_url.get_backend_name() == "postgresql" else case_id.replace("-", "")


def test_an_untouched_log_is_whole_and_a_second_anchor_has_nothing_to_add(office: Office, case_id: str) -> None:
    assert faults(office) == ([], [])
    with office.app.app_context(), transaction() as tx:
        assert verify.write_anchor(tx, datetime.now(UTC)) == 0


@pytest.mark.parametrize("change", ["UPDATE steps SET seq = seq + 10", "DELETE FROM steps"])
def test_the_database_itself_refuses_to_change_steps(office: Office, case_id: str, change: str) -> None:
    with office.app.app_context(), pytest.raises(DBAPIError), transaction() as tx:
        tx.execute(text(change))


def test_a_changed_payload_is_named(office: Office, case_id: str) -> None:
    with intruder(office) as connection:
        where = "step_id IN (SELECT id FROM steps WHERE case_id = :id AND seq = 2)"
        connection.execute(
            text(f"UPDATE step_payloads SET payload = replace(payload, '两箱', '三箱') WHERE {where}"),
            {"id": raw(office, case_id)},
        )
    [fault], anchored = faults(office)
    assert "step 2" in fault.en
    assert anchored == []  # the chain's hashes still stand


def test_a_changed_envelope_breaks_the_chain_where_it_was_changed(office: Office, case_id: str) -> None:
    with intruder(office) as connection:
        connection.execute(
            text("UPDATE steps SET envelope = replace(envelope, :old, :new) WHERE case_id = :id"),
            {"id": raw(office, case_id), "old": '"based_on":1', "new": '"based_on":2'},
        )
    [fault], _ = faults(office)
    assert "step 2" in fault.en


def test_a_missing_step_in_the_middle_is_named(office: Office, case_id: str) -> None:
    with intruder(office) as connection:
        delete_steps(connection, "case_id = :id AND seq = 2", id=raw(office, case_id))
    [fault], [anchor] = faults(office)
    assert fault.en == "Step 2 is missing."
    assert "4 then, 3 now" in anchor.en


def test_a_cut_tail_is_found_even_when_the_case_row_was_made_to_agree(office: Office, case_id: str) -> None:
    with intruder(office) as connection:
        delete_steps(connection, "case_id = :id AND seq = 3", id=raw(office, case_id))
    [fault], [_] = faults(office)
    assert "step 3" in fault.en
    with intruder(office) as connection:
        connection.execute(
            text(
                "UPDATE cases SET version = 2, head_hash = "
                "(SELECT hash FROM steps WHERE case_id = cases.id AND seq = 2) WHERE id = :id"
            ),
            {"id": raw(office, case_id)},
        )
    chains, [anchor] = faults(office)
    assert chains == []
    assert "4 then, 3 now" in anchor.en


def test_a_state_that_no_step_led_to_is_named(office: Office, case_id: str) -> None:
    with intruder(office) as connection:
        connection.execute(text("UPDATE cases SET state = 'accepted' WHERE id = :id"), {"id": raw(office, case_id)})
    [fault], _ = faults(office)
    assert fault.en == "Not as its steps say: state."


def test_an_erased_payload_still_verifies(office: Office, case_id: str) -> None:
    with intruder(office) as connection:
        connection.execute(text("UPDATE step_payloads SET payload = 'erased', salt = :none"), {"none": b""})
    assert faults(office) == ([], [])
