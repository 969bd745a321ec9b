"""Many hands on the same cases at once, through the real server: one of them wins, the books stay whole."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from server import clock
from server.db import reading
from server.models import Message, Step
from server.services.sweep import sweep
from tests.server.conftest import NOON
from tests.workers.races import books
from tests.workers.races.conftest import House
from tests.workers.races.crowd import Answer, Crowd, Line

ACCEPTING = {"category": "H-FIRE-01", "urgency": 2}


def all_at_once(requests: list[Callable[[Line], Answer]], port: int) -> list[Answer]:
    """Each on a connection of its own, let go together."""
    barrier = threading.Barrier(len(requests))

    def ask(request: Callable[[Line], Answer]) -> Answer:
        line = Line(port)
        line.ask("GET", "/me", "")  # the connection is open before the gate is
        barrier.wait()
        return request(line)

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(ask, requests))


def accepting(case_id: uuid.UUID, token: str, step_id: uuid.UUID) -> Callable[[Line], Answer]:
    body = {"action": "accept", "based_on": 1, "payload": ACCEPTING, "at": NOON}
    return lambda line: line.ask("PUT", f"/cases/{case_id}/steps/{step_id}", token, body)


def steps_and_told(house: House) -> tuple[list[Any], Counter[uuid.UUID]]:
    with house.app.app_context(), reading() as snapshot:
        steps = snapshot.execute(select(Step.id, Step.action).where(Step.action == "accept")).all()
        told = Counter(snapshot.execute(select(Message.step_id).where(Message.action == "accept")).scalars())
    return list(steps), told


def test_of_thirty_who_accept_at_once_one_is_answered_yes_and_the_others_hear_how_it_stands(house: House):
    house.file(1, days=0)
    house.open()
    (case_id,) = house.codes
    crowd = house.crowd(("village1", "village17", "villageleader1"), each=10)
    answers = all_at_once([accepting(case_id, token, uuid.uuid4()) for token in crowd.tokens], house.port)
    assert Counter(one.status for one in answers) == {201: 1, 409: 29}
    winner = next(one.body for one in answers if one.status == 201)
    for loser in (one.body for one in answers if one.status == 409):
        assert loser["code"] in ("case_has_moved", "move_not_allowed")
        assert (loser["case"]["version"], loser["case"]["state"]) == (2, "accepted")
        assert [step["id"] for step in loser["case"]["steps"]] == [str(case_id), winner["step"]["id"]]
    steps, told = steps_and_told(house)
    assert [str(one.id) for one in steps] == [winner["step"]["id"]]
    assert told == {steps[0].id: 1}  # the reporter
    assert books.wrong_with(house.app, house.codes) == []


def test_one_step_sent_thirty_times_at_once_is_one_step(house: House):
    house.file(1, days=0)
    house.open()
    (case_id,) = house.codes
    (token,) = house.crowd(("village1",)).tokens
    answers = all_at_once([accepting(case_id, token, case_id) for _ in range(2)], house.port)
    assert {one.body["code"] for one in answers} == {"already_different"}  # that id is the report's
    step_id = uuid.uuid4()
    answers = all_at_once([accepting(case_id, token, step_id) for _ in range(30)], house.port)
    assert Counter(one.status for one in answers) == {201: 1, 200: 29}
    assert all(books.same_step(one.body["step"], answers[0].body["step"]) for one in answers)
    assert {one.body["case"]["version"] for one in answers} == {2}
    steps, told = steps_and_told(house)
    assert [one.id for one in steps] == [step_id]
    assert told == {step_id: 1}


def sweeping(house: House, stop: threading.Event) -> None:
    """What another host's courier does, beside the server's own."""
    with house.app.app_context():
        while not stop.wait(0.05):
            sweep(clock.now())


def race(house: House, seconds: float, seed: int) -> Crowd:
    """Random moves on 50 cases, half of them overdue from the start, while the office sweeps; then the reckoning."""
    house.file(50, days=6)
    dues = books.overall_dues(house.app)
    house.open()
    crowd = house.crowd()
    stop = threading.Event()
    others = 0 if house.settings.embedded else 2  # one process alone may write to SQLite's file
    sweepers = [threading.Thread(target=sweeping, args=(house, stop)) for _ in range(others)]
    for one in sweepers:
        one.start()
    try:
        crowd.play(12, seconds, seed)
    finally:
        stop.set()
        for one in sweepers:
            one.join()
    assert set(crowd.statuses) <= {200, 201, 404, 409, 422}, crowd.statuses
    assert books.overall_dues(house.app) == dues
    replay_all(house, crowd)
    assert books.wrong_with(house.app, house.codes) == []
    assert house.running is not None
    assert '"accident"' not in house.running.log.read_text()
    assert "sweep_failed" not in house.running.log.read_text()
    return crowd


def replay_all(house: House, crowd: Crowd, most: int = 60) -> None:
    """Whatever was answered yes is answered the same again, and nothing changes."""
    assert house.running is not None
    line = Line(house.port)
    for sent in crowd.sent[-most:]:
        again = line.ask("PUT", sent.path, sent.token, sent.body)
        assert again.status == 200, again
        assert books.same_step(again.body["step"], sent.step)
    ours = {uuid.UUID(one.step["id"]) for one in crowd.sent}
    stored = set(books.steps_by_people(house.app))
    assert stored == ours, "a step that was answered is missing, or one is there that was not"


def test_random_moves_at_once_leave_everything_true(house: House):
    crowd = race(house, 10, seed=int(time.time()))
    assert len(crowd.done) > 10, crowd.done
    assert crowd.statuses[409] + crowd.statuses[201] > 0


@pytest.mark.soak
def test_random_moves_for_five_minutes_leave_everything_true(house: House):
    crowd = race(house, 300, seed=int(time.time()))
    kind = house.settings.database_url.get_backend_name()
    print(f"\n{kind}: {dict(crowd.statuses)}; {dict(crowd.done)}")  # noqa: T201  # for docs/soak.md
    assert {"merge", "split"} <= set(crowd.done), crowd.done
