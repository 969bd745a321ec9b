"""How many moves a second the office makes, against the reports it files, in the same run on the same server.

Each round files reports for a while, then lets every case that came of them go its whole way: accepted and taken on by
its village's desk, worked on, finished, verified by the township. Moves on one case stand a hundred requests apart, so
that each finds the one before it done.
"""

import json
import os
import pickle
import random
import secrets
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import insert, select

from server import create_app
from server.db import db, transaction
from server.models import Grid, Session, Unit
from server.services import staffing
from server.services.people import token_hash
from tests.bench import field, premises, recording, report
from tests.bench.field import Leaf, Worker
from tests.bench.figures import quantile, spread, table
from tests.bench.report import Run, Server

BATCH = 100
"""Cases that go their way side by side; more than there are connections, by far."""
REPORTS_A_SECOND = 1_500


class Filed(NamedTuple):
    """A case as the bench knows it: its id, what it was filed as, and who acts for its village and township."""

    id: uuid.UUID
    category: str
    village: str
    township: str


@dataclass(frozen=True)
class Desks:
    """Tokens of a member of each centre: area code → token."""

    tokens: Mapping[str, str]
    villages: Mapping[str, str]

    def of(self, grid: str) -> tuple[str, str]:
        """Tokens at the village and the township of a grid."""
        village = self.villages[grid]
        return self.tokens[village], self.tokens[village[:9] + "000"]


def main(*, database: str, rounds: int, seconds: float, connections: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        premises.rent(database, Path(folder)) as rented,
    ):
        app = create_app(rented.settings)
        report.settle(app)
        crowd = field.open_sessions(app)
        desks = staff(app, [one.grid for one in crowd])
        # Hazards and public order: a dispute needs mediation first, and some of the others avoid the village.
        kinds = [one for one in field.leaves(app) if one.code.startswith(("H-", "C-"))]
        print(f"statements for one move: {count(app, crowd[0], kinds[0], desks)}")
        with app.app_context():
            db.engine.dispose()
        rng = random.Random()
        runs: dict[str, list[Run]] = {"reports": [], "moves": []}
        with report.office(rented) as server:
            _round(server, rng, crowd, kinds, desks, connections, 5)
            for turn in range(rounds):
                if database == "postgresql":
                    report.tidy(rented)
                for name, run in _round(server, rng, crowd, kinds, desks, connections, seconds).items():
                    runs[name].append(run)
                    print(f"{turn + 1} {name} {run} load average {os.getloadavg()[0]:.1f}", flush=True)
    print(outcome(runs))


def outcome(runs: dict[str, list[Run]]) -> str:
    rows = [("", "a second", "median ms", "p99 ms", "processor ms of the server each")]
    for name, found in runs.items():
        columns = (
            spread([run.rate for run in found]),
            spread([run.p50 for run in found], 1),
            spread([run.p99 for run in found], 1),
            spread([run.processor_ms for run in found], 2),
        )
        rows.append((name, *columns))
    pairs = list(zip(runs["moves"], runs["reports"], strict=True))
    ratios = spread([moves.rate / reports.rate for moves, reports in pairs], 2)
    return f"{table(rows)}\n\nmoves a second to reports a second, in the same round: {ratios}"


def staff(app: Flask, grids: Sequence[str]) -> Desks:
    """One member, signed in, at the centre of every village of these grids and of its township."""
    now = datetime.now(UTC)
    password = staffing.hash_password("a first password")
    with app.app_context(), transaction() as tx:
        found = tx.execute(select(Grid.code, Grid.village_code).where(Grid.code.in_(grids), Grid.valid_to.is_(None)))
        villages = {row.code: row.village_code for row in found}
        areas = {*villages.values(), *(one[:9] + "000" for one in villages.values())}
        centres = tx.execute(select(Unit.id, Unit.area_code).where(Unit.area_code.in_(areas))).all()
        tokens = {}
        for centre in centres:
            person = staffing.add_person(tx, f"m{centre.area_code}", centre.area_code, password, must_change=False)
            staffing.grant(tx, person, "member", now, staffing.Target(unit=centre.id))
            token = tokens[centre.area_code] = secrets.token_urlsafe(32)
            tx.execute(
                insert(Session).values(
                    id=uuid.uuid4(), token_hash=token_hash(token), person_id=person, device="bench", created_at=now,
                    renewed_at=now, expires_at=now + timedelta(days=1),
                )
            )  # fmt: skip
    return Desks(tokens, villages)


def way(case: Filed, rng: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """(token, body) of every move of a case, in order."""
    confirmed = {"category": case.category, "urgency": 2}
    photo = {"photos": [rng.randbytes(32).hex()]}
    steps: list[tuple[str, str, dict[str, Any]]] = [
        (case.village, "accept", confirmed),
        (case.village, "handle_here", confirmed),
        (case.village, "progress", {"text": "已到现场查看，正在处理。"}),
        (case.village, "finish", {"result": "resolved", "text": "问题已解决，现场恢复正常。", **photo}),
        (case.township, "verify_pass", {"mode": "on_site", "note": "现场查看，情况属实。", **photo}),
    ]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        (token, {"action": action, "based_on": number, "payload": payload, "at": at})
        for number, (token, action, payload) in enumerate(steps, start=1)
    ]


def count(app: Flask, worker: Worker, leaf: Leaf, desks: Desks) -> dict[str, int]:
    """Action → how many statements the office sends for it."""
    rng, client = random.Random(4), app.test_client()
    counts: dict[str, int] = {}
    for _ in range(2):  # the first time also loads the map and the rule book
        case_id = field.new_id(rng)
        body = field.report(rng, worker, leaf.code, photos=[rng.randbytes(32).hex()], party=True) | {"urgency": 2}
        _ask(client, f"/reports/{case_id}", worker.token, body)()
        for token, move in way(Filed(case_id, leaf.code, *desks.of(worker.grid)), rng):
            path = f"/cases/{case_id}/steps/{field.new_id(rng)}"
            counts[move["action"]] = len(recording.record(app, _ask(client, path, token, move)))
    return counts


def _ask(client: Any, path: str, token: str, body: dict[str, Any]) -> Callable[[], None]:
    def ask() -> None:
        answer = client.put(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 201:
            raise RuntimeError(answer.text)

    return ask


def _round(
    server: Server,
    rng: random.Random,
    crowd: Sequence[Worker],
    kinds: Sequence[Leaf],
    desks: Desks,
    connections: int,
    seconds: float,
) -> dict[str, Run]:
    """Reports, then the moves on what came of them."""
    cases, requests = [], []
    for _ in range(int(seconds * REPORTS_A_SECOND)):
        worker, leaf, case_id = rng.choice(crowd), rng.choice(kinds), field.new_id(rng)
        body = field.report(rng, worker, leaf.code, photos=[rng.randbytes(32).hex()], party=rng.random() < 0.5)
        body["urgency"] = 2
        data = json.dumps(body, ensure_ascii=False).encode()
        requests.append(field.put_request(worker, f"/reports/{case_id}", data))
        cases.append(Filed(case_id, leaf.code, *desks.of(worker.grid)))
    filed = drive(server, connections, seconds, requests)
    # They were sent in this order, and every one that was sent was answered.
    done = drive(server, connections, seconds, list(_moves(cases[: round(filed.rate * filed.seconds)], rng)))
    return {"reports": filed.run, "moves": done.run}


def _moves(cases: Sequence[Filed], rng: random.Random) -> Iterator[bytes]:
    for start in range(0, len(cases) - BATCH + 1, BATCH):
        ways = [(case, way(case, rng)) for case in cases[start : start + BATCH]]
        for number in range(len(ways[0][1])):
            for case, steps in ways:
                token, body = steps[number]
                data = json.dumps(body, ensure_ascii=False).encode()
                sender = Worker("", token, "", None)  # type: ignore[arg-type]  # only its token is asked for
                yield field.put_request(sender, f"/cases/{case.id}/steps/{field.new_id(rng)}", data)


class Driven(NamedTuple):
    """A run, and how long it lasted."""

    run: Run
    seconds: float

    @property
    def rate(self) -> float:
        return self.run.rate


def drive(server: Server, connections: int, seconds: float, requests: Sequence[bytes]) -> Driven:
    """Send them for so long; RuntimeError when anything is refused."""
    command = [sys.executable, "-m", "tests.bench.load", str(server.port), str(connections), str(seconds)]
    before = premises.processor_seconds(server.process)
    done = subprocess.run(command, input=pickle.dumps(requests), capture_output=True, check=True)
    used = premises.processor_seconds(server.process) - before
    told = json.loads(done.stdout)
    if set(told["statuses"]) != {"201"}:
        raise RuntimeError(f"answers other than 201: {told['statuses']}")
    times = told["milliseconds"]
    rate = len(times) / told["seconds"]
    return Driven(Run(rate, quantile(times, 0.5), quantile(times, 0.99), used * 1000 / len(times)), told["seconds"])
