"""What the stories about the office begin with: a filed report, a move, a photo, a count of all rows."""

import hashlib
import shutil
import time
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from shapely import Point
from sqlalchemy import func, literal, select, union_all
from werkzeug.test import TestResponse

from geodata.demo import demo_county
from server import create_app, logs
from server.config import Settings
from server.db import db, reading
from server.models import Audience, Base
from server.models.numbers import change_horizon
from tests.conftest import APPLICATION, OWNER, Client, Office, as_superuser, postgres_url, settings_for

NOON = "2026-11-20T12:00:00+08:00"


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Logs as the serving process writes them: one JSON line each."""
    logs.set_up()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_office(request: pytest.FixtureRequest, tmp_path_factory: Any, keys_file: Path) -> Iterator[Office]:
    """One office for a whole module of stories that do not disturb each other, once on each database."""
    folder = tmp_path_factory.mktemp("shared")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "gridloop.sqlite")
        yield from _open(settings_for(folder, keys_file))
        return
    template, name = request.getfixturevalue("postgres_template"), f"shared_{uuid.uuid4().hex}"
    with as_superuser() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
    urls = {"DATABASE_URL": postgres_url(APPLICATION, name), "MIGRATE_URL": postgres_url(OWNER, name)}
    yield from _open(settings_for(folder, keys_file, **urls))
    with as_superuser() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _open(settings: Settings) -> Iterator[Office]:
    app = create_app(settings)
    yield Office(app, settings)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def untouched(shared_office: Office) -> Iterator[Office]:
    """An office in which the test must leave every table as it was."""
    for account in ("worker1", "village1"):
        shared_office.client(account)
    before = count_rows(shared_office)
    yield shared_office
    assert count_rows(shared_office) == before


def count_rows(office: Office) -> dict[str, int]:
    """Table name → number of rows, for every table."""
    counts = [
        select(literal(table.name).label("name"), func.count().label("n")).select_from(table)
        for table in Base.metadata.sorted_tables
    ]
    return {row.name: row.n for row in office.rows(union_all(*counts))}


def filed(client: Client, body: dict[str, Any], report_id: uuid.UUID | None = None) -> dict[str, Any]:
    """File a report that is in order; the case it became."""
    answer = client.put(f"/reports/{report_id or uuid.uuid4()}", json=body)
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json["case"]
    return case


def move(
    client: Client,
    case: dict[str, Any],
    action: str,
    payload: dict[str, Any],
    step_id: uuid.UUID | str | None = None,
    **changes: Any,
) -> TestResponse:
    """Make a move on a case as it was last seen, or as `changes` of the body say."""
    body = {"action": action, "based_on": case["version"], "payload": payload, "at": NOON, **changes}
    return client.put(f"/cases/{case['id']}/steps/{step_id or uuid.uuid4()}", json=body)


def do(client: Client, case: dict[str, Any], action: str, status: int = 201, **payload: Any) -> dict[str, Any]:
    """Make a move that is answered with this status: the case afterwards, or the problem."""
    answer = move(client, case, action, payload)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json["case"] if status in (200, 201) else answer.json
    return found


def seen(client: Client, case: dict[str, Any]) -> dict[str, Any]:
    """The case as this person sees it now."""
    answer = client.get(f"/cases/{case['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def unit_of(office: Office, account: str) -> str:
    """The id of the unit this person works at."""
    unit: str = office.client(account).get("/me").json["units"][0]["id"]
    return unit


def accepting(case: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The payload that accepts a case as it was filed."""
    return {"category": case["category"], "urgency": case["urgency"], **changes}


def let_commits_settle(office: Office) -> None:
    """Wait until `changes` may tell of everything committed so far: an older transaction, be it of another test's
    database on the same PostgreSQL, holds it back."""
    waited_until = time.monotonic() + 60
    newest = select(func.max(Audience.change))
    while True:
        with office.app.app_context(), reading() as snapshot:
            if change_horizon(snapshot) > (snapshot.execute(newest).scalar() or 0):
                return
        assert time.monotonic() < waited_until, "a transaction on this PostgreSQL has been open for a minute"
        time.sleep(0.02)


REJECTING = {"code": "not_ours", "basis": "不属于网格事项受理范围。", "guidance": "请到政务服务中心三号窗口办理。"}


def place_in(grid_code: str) -> dict[str, Any]:
    """A report's location inside this grid of the demonstration county."""
    grid = next(grid for grid in demo_county().grids if grid.code == grid_code)
    return place_at(grid.geometry.representative_point())


def place_at(point: Point, **changes: Any) -> dict[str, Any]:
    """A report's location at this WGS-84 point."""
    return {"lon": point.x, "lat": point.y, "crs": "wgs84", "accuracy_m": 10, "fix": "gps", **changes}


def refused(answer: TestResponse, status: int, code: str, *fields: str) -> dict[str, Any]:
    """The problem document of an answer that must be this refusal and name exactly these fields."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    problem: dict[str, Any] = answer.json
    assert problem["code"] == code, problem
    assert problem["type"] == f"urn:gridloop:problem:{code}"
    assert problem["title"]
    assert problem["title_en"].isascii() or "“" in problem["title_en"]
    assert set(problem.get("errors", {})) == set(fields), problem
    for sentence in problem.get("errors", {}).values():
        assert sentence["zh"]
        assert sentence["en"]
    return problem


def jpeg(seed: int = 1, size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    """A small photo; another `seed` is another photo. The left half is red, the right half blue."""
    image = Image.new("RGB", size, (250, 10, 10))
    image.paste((10, 10, 250), (size[0] // 2, 0, size[0], size[1]))
    image.putpixel((0, 0), (seed % 256, seed // 256 % 256, 0))
    return encoded(image, "JPEG", **{"quality": 95, "comment": str(seed), **options})


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file of this kind."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
