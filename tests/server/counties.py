"""A second county beside the demonstration's, and who stands where: the same posts in four places."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from shapely.affinity import translate

from geodata.demo import DemoArea, DemoGrid, demo_county
from server.db import transaction
from server.services import places, staffing
from tests.conftest import Office

CITY = "990100000000"
SECOND = (
    DemoArea("990102000000", "东原县", "county", CITY),
    DemoArea("990102001000", "临河镇", "township", "990102000000"),
    DemoArea("990102001001", "柳岸村", "village", "990102001000"),
)
POSTS = {
    "c2village": ("990102001001", "member"), "c2villageleader": ("990102001001", "leader"),
    "c2township": ("990102001000", "member"), "c2leader": ("990102001000", "leader"),
    "c2county": ("990102000000", "member"), "c2countyleader": ("990102000000", "leader"),
}  # fmt: skip


class Place(NamedTuple):
    """A grid, and the accounts of those who stand in its line of areas."""

    grid: str
    worker: str
    village: str
    village_leader: str
    township: str
    leader: str
    fire: str
    county: str
    county_leader: str


def _worker_of(grid: str) -> str:
    return next(one.account for one in demo_county().people if one.grants[0].target == grid)


OWN, NEXT, FAR, OTHER = "990101001001001", "990101001002001", "990101101001001", "990102001001001"
COUNTY = ("county1", "countyleader1")
PLACES: dict[str, Place] = {
    "own village": Place(OWN, "worker1", "village1", "villageleader1", "township1", "leader1", "fire1", *COUNTY),
    "next village": Place(NEXT, "worker2", "village2", "villageleader2", "township1", "leader1", "fire1", *COUNTY),
    "other township": Place(
        FAR, _worker_of(FAR), "village9", "villageleader9", "township2", "leader2", "fire2", *COUNTY
    ),
    "other county": Place(
        OTHER, "c2worker", "c2village", "c2villageleader", "c2township", "c2leader", "c2fire", "c2county",
        "c2countyleader",
    ),
}  # fmt: skip
SHIFT = 0.6
"""Degrees east: the second county lies nowhere near the first."""


def shifted_grid() -> DemoGrid:
    """The second county's only grid."""
    first = next(grid for grid in demo_county().grids if grid.code == OWN)
    return DemoGrid(OTHER, "柳岸村第一网格", "ordinary", SECOND[2].code, translate(first.geometry, SHIFT))


def found_second_county(office: Office) -> None:
    """Areas, a grid, centres, a fire department and everyone who works there."""
    since = datetime.now(UTC) - timedelta(days=30)
    password = staffing.hash_password("a first password")
    with office.app.app_context(), transaction() as tx:
        places.put_areas(tx, SECOND)
        places.put_grids(tx, [shifted_grid()], since)
        units = {area.code: places.add_unit(tx, f"{area.name}综治中心", "centre", area.code) for area in SECOND}
        fire = places.add_unit(tx, "临河镇消防应急所", "department", SECOND[1].code)
        places.add_duty(tx, "H", SECOND[1].code, fire)
        posts = {
            "c2worker": ("grid_worker", staffing.Target(grid=OTHER)),
            "c2fire": ("member", staffing.Target(unit=fire)),
            "c2inspector": ("inspector", staffing.Target(area=SECOND[0].code)),
            **{name: (role, staffing.Target(unit=units[area])) for name, (area, role) in POSTS.items()},
        }
        for account, (role, target) in posts.items():
            person = staffing.add_person(tx, account, account, password, must_change=False)
            staffing.grant(tx, person, role, since, target)
