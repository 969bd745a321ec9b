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
from server.services import holding
from tests.conftest import Office
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
        assert holding.lock(tx, uuid.UUID(case["id"])) is not None
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
    postgres_office: Office, report: Make
):
    worker, desk = postgres_office.client("worker1"), postgres_office.client("village1")
    first, second, follower = (filed(worker, report()) for _ in range(3))
    follower = do(desk, follower, "merge", master=first["id"], reason="同一处堆放杂物")
    answers: list[Any] = []

    def split() -> None:
        answers.append(move(desk, follower, "split", {"reason": "不是同一件事，拆出单办。"}))

    with held(postgres_office, follower) as tx:
        sending = threading.Thread(target=split)
        sending.start()
        while sending.is_alive() and not _somebody_waits(tx):
            pass
        # What a split and another merge would leave behind while the one above waits.
        changed = update(Case).where(Case.id == uuid.UUID(follower["id"]))
        tx.execute(changed.values(master_id=uuid.UUID(second["id"])))
    sending.join()
    assert answers[0].status_code == 201, answers[0].text
    assert [seen(desk, one)["steps"][-1]["action"] for one in (first, second)] == ["absorb", "release"]
