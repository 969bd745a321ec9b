"""What a held case keeps from others, and what it does not: two deadlocks and one lost update that cannot come back."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text, update

from server import create_app
from server.config import Settings
from server.db import db, transaction
from server.models import Audience, Case
from server.services import cases
from tests.conftest import Client, Office
from tests.server.conftest import accepting, do, filed, jpeg, move, seen, sha256

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def postgres_office(postgres_settings: Settings) -> Iterator[Office]:
    """An office on PostgreSQL only: on SQLite writers stand in line and never wait for a row."""
    app = create_app(postgres_settings)
    yield Office(app, postgres_settings)
    with app.app_context():
        db.engine.dispose()


@contextmanager
def held(office: Office, case: dict[str, Any]) -> Iterator[Any]:
    with office.app.app_context(), transaction() as tx:
        assert cases.lock(tx, uuid.UUID(case["id"])) is not None
        yield tx


@pytest.mark.postgresql
def test_a_held_case_may_be_named_as_the_one_that_is_repeated(postgres_office: Office, report: Make):
    worker, desk = postgres_office.client("worker1"), postgres_office.client("village1")
    first, second = filed(worker, report()), filed(worker, report())
    with held(postgres_office, first), postgres_office.app.app_context(), transaction() as tx:
        tx.execute(text("SET LOCAL lock_timeout = '20s'"))  # it would wait for as long as the first is held
        tx.execute(update(Case).where(Case.id == uuid.UUID(second["id"])).values(repeat_of=uuid.UUID(first["id"])))
    answer = move(desk, second, "accept", accepting(second, repeat_of=first["id"]))
    assert answer.status_code == 201, answer.text


@pytest.mark.postgresql
def test_a_photo_that_arrives_waits_for_the_case_before_it_touches_its_audience(postgres_office: Office, report: Make):
    worker, photo = postgres_office.client("worker1"), jpeg(5)
    case = filed(worker, report(photos=[sha256(photo)]))
    path, answers = f"/reports/{case['id']}/photos/{sha256(photo)}", []

    def send() -> None:
        answers.append(worker.put(path, data=photo, content_type="image/jpeg").status_code)

    with held(postgres_office, case) as tx:
        sending = threading.Thread(target=send)
        sending.start()
        while sending.is_alive() and not _somebody_waits(tx):
            pass
        assert sending.is_alive()
        # What a move writes last; with a photo in between it would wait for the photo, and the photo for it.
        tx.execute(text("SET LOCAL lock_timeout = '20s'"))
        tx.execute(update(Audience).where(Audience.case_id == uuid.UUID(case["id"])).values(change=Audience.change))
    sending.join()
    assert answers == [201]


def _somebody_waits(tx: Any) -> bool:
    found = tx.execute(text("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')"))
    return bool(found.scalar_one())


@pytest.mark.postgresql
def test_a_follower_that_changed_masters_meanwhile_lets_go_of_the_present_one_under_its_lock(
    postgres_office: Office, report: Make, monkeypatch: pytest.MonkeyPatch
):
    worker, desk = postgres_office.client("worker1"), postgres_office.client("village1")
    first, second, follower = (filed(worker, report()) for _ in range(3))
    follower = do(desk, follower, "merge", master=first["id"], reason="同一处堆放杂物")
    locked: list[tuple[uuid.UUID, ...]] = []
    lock = cases.lock

    def elsewhere(client: Client) -> None:
        """Somebody takes it out of the first and into the second while the split below is on its way to the lock."""
        moved = do(client, seen(client, follower), "split", reason="并案有误，先拆出")
        do(client, moved, "merge", master=second["id"], reason="与另一件是同一事")

    def overtaken(tx: Any, *ids: uuid.UUID, **how: Any) -> int | None:
        locked.append(ids)
        if len(locked) == 1:
            other = threading.Thread(target=elsewhere, args=(postgres_office.client("village17"),))
            other.start()
            other.join()
        return lock(tx, *ids, **how)

    postgres_office.client("village17")
    monkeypatch.setattr(cases, "lock", overtaken)
    answer = move(desk, follower, "split", {"reason": "不是同一件事，拆出单办。"})
    monkeypatch.undo()
    assert answer.status_code == 409, answer.text  # somebody else decided since: and no master was touched unheld
    assert locked[0][1:] == (uuid.UUID(first["id"]),)
    assert locked[-1][1:] == (uuid.UUID(second["id"]),)
