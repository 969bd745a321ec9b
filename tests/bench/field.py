"""The people in the field: workers with open sessions, points in their grids, and the reports they file."""

import json
import random
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import shapely
from flask import Flask
from shapely.geometry.base import BaseGeometry
from sqlalchemy import insert, select, update

from server.db import transaction
from server.models import Category, Grant, Grid, Person, Session
from server.services import people

TEXT = "巡查时发现楼道内堆放杂物和电动车，已现场劝导，居民称周末清理，需跟进复查。"


class Worker(NamedTuple):
    """Somebody who walks a grid, signed in: the bearer token and the grid's code and shape."""

    account: str
    token: str
    grid: str
    shape: BaseGeometry


class Leaf(NamedTuple):
    """A category grid workers file under."""

    code: str
    photo_required: bool


def open_sessions(app: Flask, count: int | None = None) -> list[Worker]:
    """Sign in grid workers (all, or `count` spread over the city) without the cost of checking passwords.

    Writes what a sign-in and the forced first change of password leave behind; those two have tests of their own.
    """
    now = datetime.now(UTC)
    with app.app_context(), transaction() as tx:
        rows = tx.execute(
            select(Person.id, Person.account, Grid.code, Grid.geometry)
            .join(Grant, Grant.person_id == Person.id)
            .join(Grid, Grid.code == Grant.grid_code)
            .where(Grant.role == "grid_worker", Grid.valid_to.is_(None))
            .order_by(Grid.code)
        ).all()
        chosen = rows if count is None else random.Random(1).sample(rows, count)
        tokens = [secrets.token_urlsafe(32) for _ in chosen]
        tx.execute(
            insert(Session),
            [
                {
                    "id": uuid.uuid4(), "token_hash": people.token_hash(token), "person_id": row.id, "device": "bench",
                    "created_at": now, "renewed_at": now, "expires_at": now + timedelta(days=1),
                }
                for row, token in zip(chosen, tokens, strict=True)
            ],
        )  # fmt: skip
        tx.execute(update(Person).values(must_change_password=False))
    return [Worker(row.account, token, row.code, row.geometry) for row, token in zip(chosen, tokens, strict=True)]


def leaves(app: Flask) -> list[Leaf]:
    """The categories a grid worker may file under."""
    with app.app_context(), transaction() as tx:
        rows = tx.execute(
            select(Category.code, Category.photo_required)
            .where(Category.leaf, Category.grid_worker, ~Category.sensitive)
            .order_by(Category.code)
        )
        return [Leaf(*row) for row in rows]


def point_in(shape: BaseGeometry, rng: random.Random) -> tuple[float, float]:
    """A point of the shape, edges excluded, with the seven decimals phones send."""
    west, south, east, north = shape.bounds
    while True:
        lon, lat = round(rng.uniform(west, east), 7), round(rng.uniform(south, north), 7)
        if shapely.contains_xy(shape, lon, lat):
            return lon, lat


def report(rng: random.Random, worker: Worker, category: str, *, photos: Sequence[str], party: bool) -> dict[str, Any]:
    """The body of a report from somewhere in the worker's grid."""
    lon, lat = point_in(worker.shape, rng)
    return {
        "category": category,
        "text": f"{TEXT}（第{rng.randrange(100, 1000)}次）",
        "urgency": rng.choice((1, 1, 1, 2, 2, 3)),
        "source": "patrol",
        "location": {"lon": lon, "lat": lat, "crs": "wgs84", "accuracy_m": rng.choice((5, 8, 12.5)), "fix": "gps"},
        "filed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "photos": list(photos),
        "parties": [{"name": "李四", "phone": f"139{rng.randrange(10**8):08}", "role": "当事人"}] if party else [],
    }


def new_id(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(bytes=rng.randbytes(16), version=4)


def put_request(worker: Worker, path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A complete HTTP request as a phone's browser would send it."""
    head = (
        f"PUT /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n"
        f"Authorization: Bearer {worker.token}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def report_request(rng: random.Random, worker: Worker, leaf: Leaf) -> bytes:
    """A report with one photo listed; every other one names a party."""
    body = report(rng, worker, leaf.code, photos=[rng.randbytes(32).hex()], party=rng.random() < 0.5)
    return put_request(worker, f"/reports/{new_id(rng)}", json.dumps(body, ensure_ascii=False).encode())
