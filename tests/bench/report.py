"""How many reports a second the office files, against the same statements through Flask, Granian and bare psycopg.

Both servers run one after the other in short interleaved runs on one database (PostgreSQL, fsync on), with 16
connections that wait for each answer, and share the processors with the load. Ratios are made within a round.
"""

import json
import os
import pickle
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask

from geodata.areas import AreaRow
from server import create_app
from server.db import db, transaction
from server.services import places, rulebook, staffing
from server.services.people import token_hash
from tests.bench import bare, field, premises, recording
from tests.bench.field import Leaf, Worker
from tests.bench.figures import quantile, spread, table
from tests.bench.invented import CITY, invent
from tests.bench.premises import Premises, free_port

WORKERS = 400
REQUESTS_A_SECOND = 3_000
"""More than anything here reaches, so that a run never runs out of prepared requests."""


class Server(NamedTuple):
    """A server under load: its port and its main process."""

    port: int
    process: int


@dataclass(frozen=True)
class Run:
    """One run's outcome."""

    rate: float
    p50: float
    p99: float
    processor_ms: float


def main(*, database: str, rounds: int, seconds: float, connections: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        premises.rent(database, Path(folder)) as rented,
    ):
        app = create_app(rented.settings)
        settle(app)
        crowd, kinds = field.open_sessions(app), field.leaves(app)
        scripts, counts = capture(app, crowd, kinds)
        with app.app_context():
            db.engine.dispose()
        print(f"statements for one report (with a photo; with a photo and a party): {counts}")
        load = Load(crowd, kinds, connections, seconds)
        with office(rented) as ours, baseline(rented, scripts) as theirs:
            for server in (ours, theirs) * 2:
                load.drive(server, 5)
            runs: dict[str, list[Run]] = {"office": [], "bare": []}
            for turn in range(rounds):
                for name, server in (("office", ours), ("bare", theirs)):
                    tidy(rented)
                    runs[name].append(load.drive(server, seconds))
                    print(f"{turn + 1} {name} {runs[name][-1]} load average {os.getloadavg()[0]:.1f}", flush=True)
    print(outcome(runs))


def outcome(runs: dict[str, list[Run]]) -> str:
    rows = [("", "reports/s", "median ms", "p99 ms", "processor ms of the server a report")]
    for name, found in runs.items():
        columns = (
            spread([run.rate for run in found]),
            spread([run.p50 for run in found], 1),
            spread([run.p99 for run in found], 1),
            spread([run.processor_ms for run in found], 2),
        )
        rows.append((name, *columns))
    pairs = list(zip(runs["office"], runs["bare"], strict=True))
    rates = spread([ours.rate / theirs.rate for ours, theirs in pairs], 2)
    processor = spread([theirs.processor_ms / ours.processor_ms for ours, theirs in pairs], 2)
    return f"{table(rows)}\n\nratio of reports a second: {rates}; of processor time: {processor}"


class Load:
    """Makes requests and has the load process send them."""

    def __init__(self, crowd: list[Worker], kinds: list[Leaf], connections: int, seconds: float) -> None:
        self._crowd, self._kinds = crowd, kinds
        self._connections = connections
        self._rng = random.Random()  # ids must be new in every run

    def drive(self, server: Server, seconds: float) -> Run:
        requests = [
            field.report_request(self._rng, self._rng.choice(self._crowd), self._rng.choice(self._kinds))
            for _ in range(int(seconds * REQUESTS_A_SECOND))
        ]
        command = [sys.executable, "-m", "tests.bench.load", str(server.port), str(self._connections), str(seconds)]
        before = premises.processor_seconds(server.process)
        done = subprocess.run(command, input=pickle.dumps(requests), capture_output=True, check=True)
        used = premises.processor_seconds(server.process) - before
        told = json.loads(done.stdout)
        if set(told["statuses"]) != {"201"}:
            raise RuntimeError(f"answers other than 201: {told['statuses']}")
        times = told["milliseconds"]
        return Run(len(times) / told["seconds"], quantile(times, 0.5), quantile(times, 0.99), used * 1000 / len(times))


def settle(app: Flask) -> None:
    """Found the invented city: places, grids, rule book, centres, workers in some of the grids."""
    invented, plots = invent()
    now = datetime.now(UTC)
    with app.app_context(), transaction() as tx:
        places.put_areas(tx, [AreaRow(a.code, a.name, a.level, None if a.code == CITY else a.parent) for a in invented])
        places.put_grids(tx, [_Drawn(p.code, p.name, "ordinary", p.village, p.shape) for p in plots], now)
        rulebook.load(tx)
        places.add_missing_centres(tx)
        password = staffing.hash_password("a first password")
        for plot in random.Random(1).sample(plots, WORKERS):
            person = staffing.add_person(tx, f"w{plot.code}", plot.name, password, must_change=False)
            staffing.grant(tx, person, "grid_worker", now, staffing.Target(grid=plot.code))


@dataclass(frozen=True)
class _Drawn:
    code: str
    name: str
    layer: Any
    village_code: str
    geometry: Any


def capture(
    app: Flask, crowd: list[Worker], kinds: list[Leaf]
) -> tuple[dict[tuple[str, bool], list[recording.Sent]], list[int]]:
    """What the office sends for a report of each worker, without and with a party; and how many statements."""
    rng, client = random.Random(4), app.test_client()
    scripts = {}
    for worker in crowd:
        for party in (False, True):
            photo = rng.randbytes(32)
            body = field.report(rng, worker, rng.choice(kinds).code, photos=[photo.hex()], party=party)
            report_id = field.new_id(rng)
            # The first one of each process also loads the map and the rule book.
            heard = recording.record(app, _filing(client, worker, report_id, body))
            heard = [one for one in heard if "FROM grids" not in one[0]]
            place = body["location"]
            known = {
                "id": report_id, "now": heard[0][1]["at"], "text": body["text"], "lon": place["lon"],
                "lat": place["lat"], "cells": bare.cells_around(place["lon"], place["lat"]),
                "token": token_hash(worker.token), "photo": photo,
            }  # fmt: skip
            scripts[worker.token, party] = recording.generalise(heard, known)
    last = crowd[-1].token
    return scripts, [len(scripts[last, False]), len(scripts[last, True])]


def _filing(client: Any, worker: Worker, report_id: object, body: dict[str, Any]) -> Callable[[], None]:
    def file() -> None:
        headers = {"Authorization": f"Bearer {worker.token}"}
        answer = client.put(f"/api/v1/reports/{report_id}", json=body, headers=headers)
        if answer.status_code != 201:
            raise RuntimeError(answer.text)

    return file


@contextmanager
def office(rented: Premises) -> Iterator[Server]:
    """The real server."""
    serving = rented.serve()
    try:
        yield Server(serving.port, serving.process.pid)
    finally:
        serving.stop()


@contextmanager
def baseline(rented: Premises, scripts: dict[tuple[str, bool], list[recording.Sent]]) -> Iterator[Server]:
    """The baseline's server on the same database, of the same size."""
    size = [str(rented.settings.web_threads), str(rented.settings.web_processes)]
    url = rented.settings.database_url.set(drivername="postgresql").render_as_string(hide_password=False)
    path, port = rented.folder / "scripts.pickle", free_port()
    path.write_bytes(pickle.dumps((url, scripts)))
    command = [sys.executable, "-m", "tests.bench.bare", path, str(port), *size]
    with subprocess.Popen(command) as process:
        try:
            premises.wait_for_port(port)
            yield Server(port, process.pid)
        finally:
            process.terminate()


def tidy(rented: Premises) -> None:
    """Let no run pay for the one before it."""
    with rented.connect() as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
