"""A working day under bad conditions: phones file reports and photos, lines are cut, requests repeated, the server
killed with -9 and restarted; at the end the books are held against what the phones know they filed.

A phone behaves as the app does: it sends until the office says yes, always under the same id.
"""

import hashlib
import http.client
import io
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import shapely
from flask import Flask
from PIL import Image
from sqlalchemy import func, select, text

from server import create_app
from server.db import db, reading
from server.models import Case, Grid, PhotoListing, Report, Step
from server.services import photos, verify
from tests.bench import field as people
from tests.bench.premises import Premises, Serving

GIVES_UP_S = 300
"""Nobody waits longer for one answer; reaching it means that the office is gone for good."""


class Job(NamedTuple):
    """One report as a phone will send it; `photo` are the bytes of the photo it lists, if any."""

    id: uuid.UUID
    token: str
    body: bytes
    photo: bytes | None


@dataclass
class Tally:
    """What happened on the way, counted by all phones together."""

    counts: Counter[str] = field(default_factory=Counter)
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def finish_one(self) -> None:
        with self.lock:
            self.done += 1


def plan(
    app: Flask, workers: Sequence[people.Worker], reports: int, photo_share: float, seed: int = 27193
) -> list[Job]:
    """The day's reports: points inside grids and, one in fifty, exactly on a border; photos on a share of them."""
    rng = random.Random(27193)
    leaves = [leaf for leaf in people.leaves(app) if not leaf.photo_required]
    jobs = []
    for number in range(reports):
        worker = rng.choice(workers)
        photo = _photograph(rng, number) if rng.random() < photo_share else None
        hashes = [hashlib.sha256(photo).hexdigest()] if photo else []
        body = people.report(rng, worker, rng.choice(leaves).code, photos=hashes, party=rng.random() < 0.3)
        if rng.random() < 0.02:
            lon, lat = rng.choice(shapely.get_coordinates(worker.shape).tolist())
            body["location"] |= {"lon": lon, "lat": lat}
        jobs.append(Job(people.new_id(rng), worker.token, json.dumps(body, ensure_ascii=False).encode(), photo))
    return jobs


def live(premises: Premises, jobs: Sequence[Job], *, phones: int, kills: int) -> tuple[Tally, float]:
    """Send everything with this many phones at once while the server is killed this many times.

    Returns: what happened, and the seconds it took.
    """
    tally, waiting = Tally(), list(reversed(jobs))
    serving = premises.serve()
    threads = [
        threading.Thread(target=_work, args=(premises.settings.port, waiting, tally, seed)) for seed in range(phones)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for kill in range(1, kills + 1):
        while tally.done < len(jobs) * kill / (kills + 1):
            time.sleep(0.02)
        serving = _restart(premises, serving)
        tally.note("server killed with -9 and restarted")
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    serving.stop()
    return tally, seconds


def prove(premises: Premises, jobs: Sequence[Job]) -> dict[str, int]:
    """Hold the books against the phones; AssertionError names what is not so. Returns what was counted."""
    app = create_app(premises.settings)
    with app.app_context(), reading() as snapshot:
        ids = {job.id for job in jobs}
        cases = set(snapshot.execute(select(Case.id)).scalars())
        assert cases == ids, f"{len(ids - cases)} reports are no case, {len(cases - ids)} cases nobody filed"
        for table in (Report, Step):
            assert snapshot.execute(select(func.count()).select_from(table)).scalar_one() == len(ids), table
        codes = snapshot.execute(select(func.count(Case.code.distinct()))).scalar_one()
        assert codes == len(ids)
        listed = snapshot.execute(select(PhotoListing.sha256, PhotoListing.arrived_at)).all()
        assert len(listed) == sum(job.photo is not None for job in jobs)
        for row in listed:
            assert row.arrived_at is not None, "a photo did not arrive"
            kept = photos.stored(row.sha256.hex()).read_bytes()
            assert hashlib.sha256(kept).digest() == row.sha256, "a photo is not what was sent"
        wrong = _in_another_grid(snapshot.dialect.name)
        assert wrong == 0, f"{wrong} cases lie in another grid than they should"
        assert [fault for fault in verify.check_cases(snapshot) if fault is not None] == []
    with app.app_context():
        db.engine.dispose()
    return {"cases": len(ids), "photos": len(listed), "grids compared": len(ids)}


def _in_another_grid(dialect: str) -> int:
    """Cases whose grid is not the lowest code among those that cover the point, asked of somebody else."""
    with reading() as snapshot:
        if dialect == "postgresql":
            found: int = snapshot.execute(
                text(
                    "SELECT count(*) FROM cases c WHERE c.grid_id IS DISTINCT FROM ("
                    "SELECT g.id FROM grids g WHERE g.valid_to IS NULL AND "
                    "ST_Covers(g.geometry, ST_SetSRID(ST_MakePoint(c.lon, c.lat), 4326)) "
                    "ORDER BY g.layer DESC, g.code LIMIT 1)"
                )
            ).scalar_one()
            return found
        grids = snapshot.execute(
            select(Grid.id, Grid.geometry).where(Grid.valid_to.is_(None)).order_by(Grid.layer.desc(), Grid.code)
        ).all()
        cases = snapshot.execute(select(Case.grid_id, Case.lon, Case.lat)).all()
    points = shapely.points([case.lon for case in cases], [case.lat for case in cases])
    point, grid = shapely.STRtree([one.geometry for one in grids]).query(points, predicate="covered_by")
    first = np.full(len(cases), len(grids))
    np.minimum.at(first, point, grid)
    return sum(place == len(grids) or grids[place].id != case.grid_id for place, case in zip(first, cases, strict=True))


def _work(port: int, waiting: list[Job], tally: Tally, seed: int) -> None:
    """One phone: takes the next job until none is left."""
    rng = random.Random(seed)
    phone = Phone(port, tally, rng)
    while True:
        try:
            job = waiting.pop()
        except IndexError:
            return
        path = f"/api/v1/reports/{job.id}"
        phone.deliver(job.token, path, job.body, "application/json")
        if job.photo is not None:
            digest = hashlib.sha256(job.photo).hexdigest()
            phone.deliver(job.token, f"{path}/photos/{digest}", job.photo, "image/jpeg")
        if rng.random() < 0.05:
            tally.note("sent again after the answer")
            phone.deliver(job.token, path, job.body, "application/json")
        tally.finish_one()


class Phone:
    """A connection that may break, and the patience to try again."""

    def __init__(self, port: int, tally: Tally, rng: random.Random) -> None:
        self._port, self._tally, self._rng = port, tally, rng
        self._line: http.client.HTTPConnection | None = None

    def deliver(self, token: str, path: str, body: bytes, content_type: str) -> None:
        """PUT until the office says yes; RuntimeError when it says no."""
        give_up = time.monotonic() + GIVES_UP_S
        while time.monotonic() < give_up:
            try:
                status = self._try(token, path, body, content_type)
            except (OSError, http.client.HTTPException):
                self._hang_up()
                self._tally.note("no answer, tried again")
                time.sleep(0.05)
                continue
            if status in (200, 201):
                self._tally.note(f"answered {status}")
                return
            if status is not None and status < 500:
                raise RuntimeError(f"{path} was refused with {status}")
        raise RuntimeError(f"{path} was never answered")

    def _try(self, token: str, path: str, body: bytes, content_type: str) -> int | None:
        """One request; None when the line was cut on purpose."""
        line = self._line = self._line or http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        line.putrequest("PUT", path)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type, "Content-Length": str(len(body))}
        for name, value in headers.items():
            line.putheader(name, value)
        line.endheaders()
        fate = self._rng.random()
        line.send(body[: len(body) // 2] if fate < 0.03 else body)
        if fate < 0.06:
            self._hang_up()
            self._tally.note("cut in the middle of the body" if fate < 0.03 else "cut before the answer")
            return None
        answer = line.getresponse()
        answer.read()
        return answer.status

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def _restart(premises: Premises, serving: Serving) -> Serving:
    serving.kill()
    return premises.serve()


def _photograph(rng: random.Random, number: int) -> bytes:
    """A small JPEG unlike any other."""
    colour = tuple(rng.randrange(256) for _ in range(3))
    image = Image.new("RGB", (160, 120), colour)
    image.putpixel((number % 160, number // 160 % 120), (255 - colour[0], number % 256, number // 256 % 256))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, comment=str(number).encode())
    return out.getvalue()
