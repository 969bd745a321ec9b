"""The demonstration county goes into the books the way a real one would; plausible history is filed, not written."""

import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from shapely.geometry import Point
from sqlalchemy import Connection, select

from geodata.demo import DemoCounty, demo_county
from server.db import reading, transaction
from server.models import Area
from server.services import cases, demo_history, intake, people, places, rulebook, staffing
from server.services.hearing import hear
from server.services.people import SignedIn

PASSWORD = "gridloop-demo"  # noqa: S105 (demo accounts are public by design; no other accounts get it)
NAMED = frozenset({"township1"})
"""Members who also see the cases that only named ones may."""

_TEXTS = (
    "楼道里堆放杂物，消防通道被占用，请尽快清理。",
    "路灯连续三天不亮，晚上行人看不清路面。",
    "两家因宅基地边界争执，邻居劝解后仍未谈拢。",
    "沟边护栏松动，放学时孩子们常在附近玩耍。",
    "施工堆土占了半幅路，雨后泥水流到门前。",
    "老人反映自来水时有时无，已经持续一周。",
)


def is_loaded(connection: Connection) -> bool:
    """Is the demonstration county in the books?"""
    return connection.execute(select(Area.code).where(Area.code == demo_county().areas[0].code)).first() is not None


def load(tx: Connection, now: datetime) -> None:
    """Bring the whole county in: areas, grids, units, duties, rule book, people."""
    county = demo_county()
    rulebook.load(tx)
    places.put_areas(tx, county.areas)
    units = {unit.key: places.add_unit(tx, unit.name, unit.kind, unit.area_code) for unit in county.units}
    for duty in county.duties:
        places.add_duty(tx, duty.category, duty.area_code, units[duty.unit_key])
    places.put_grids(tx, county.grids, now)
    _staff(tx, county, units, now)


def file_history(count: int, now: datetime, report_progress: Callable[[int], None]) -> None:
    """File `count` reports spread over the last 60 days, and let each go its way as far as there was time.

    Everything goes through intake and the case door as it would from phones; the choice is the same every time.
    """
    dice = random.Random(20261122)  # noqa: S311 (a plausible history, not a secret)
    county = demo_county()
    workers = [person.account for person in county.people if person.grants[0].role == "grid_worker"]
    shapes = {grid.code: grid.geometry for grid in county.grids}
    today = now
    instants = sorted(now - timedelta(seconds=dice.uniform(0, 60 * 86400)) for _ in range(count))
    for done, instant in enumerate(instants, start=1):
        worker = _as_signed_in(dice.choice(workers), today)
        point = _point_within(shapes[worker.grids[0]], dice)
        report_id = uuid.UUID(int=dice.getrandbits(128), version=4)
        _file(worker, report_id, point, dice, instant)
        demo_history.live(demo_history.Story(report_id, dice, instant, now))
        report_progress(done)


def _file(worker: SignedIn, report_id: uuid.UUID, point: Point, dice: random.Random, now: datetime) -> None:
    with transaction() as tx:
        hearing = hear(tx, worker, now)
        plain = [
            code
            for code, one in hearing.rules.categories.items()
            if one.leaf and one.grid_worker and not one.photo_required and not one.sensitive
        ]
        body: dict[str, Any] = {
            "category": dice.choice(plain), "text": dice.choice(_TEXTS), "urgency": dice.choice((1, 1, 1, 2, 2, 3)),
            "source": dice.choice(("patrol", "visit", "wechat_group")),
            "location": {"lon": point.x, "lat": point.y, "crs": "wgs84", "accuracy_m": 12.0, "fix": "gps"},
            "no_location_reason": None, "grid_code": None, "filed_at": now, "photos": [], "parties": [],
            "on_behalf_of": None, "occurred_at": None, "involved_count": None, "amount": None,
            "confidential": False, "same_as": None, "origin": None, "settled": None,
        }  # fmt: skip
        intake.file_report(hearing, body, cases.Submission(report_id, bytes(32), now))


def _staff(tx: Connection, county: DemoCounty, units: dict[str, uuid.UUID], now: datetime) -> None:
    password_hash = staffing.hash_password(PASSWORD)
    for person in county.people:
        person_id = staffing.add_person(tx, person.account, person.name, password_hash, must_change=False)
        for granted in person.grants:
            target = staffing.Target(
                unit=units[granted.target] if granted.target and granted.role in ("member", "leader") else None,
                grid=granted.target if granted.role == "grid_worker" else None,
                area=granted.target if granted.role == "inspector" else None,
            )
            staffing.grant(tx, person_id, granted.role, now, target, named=person.account in NAMED)


def _as_signed_in(account: str, now: datetime) -> SignedIn:
    with reading() as snapshot:
        return people.as_signed_in(snapshot, account, now)


def _point_within(shape: Any, dice: random.Random) -> Point:
    west, south, east, north = shape.bounds
    while True:
        point = Point(dice.uniform(west, east), dice.uniform(south, north))
        if shape.contains(point):
            return point
