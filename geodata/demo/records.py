"""What a demonstration county consists of; plain records that say nothing about how they are stored."""

from dataclasses import dataclass
from typing import Literal

from shapely import Polygon

AreaLevel = Literal["city", "county", "township", "village"]
Layer = Literal["ordinary", "special"]
UnitKind = Literal["centre", "department", "mediation"]
Role = Literal["grid_worker", "member", "leader", "inspector", "admin", "auditor"]


@dataclass(frozen=True, slots=True)
class DemoArea:
    """行政区划; `parent` is the code above, None for the city."""

    code: str
    name: str
    level: AreaLevel
    parent: str | None


@dataclass(frozen=True, slots=True)
class DemoGrid:
    """网格; `geometry` in WGS-84 degrees, vertices on borders shared exactly with the neighbours."""

    code: str
    name: str
    layer: Layer
    village_code: str
    geometry: Polygon


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """单位; `key` is unique in the county and stands for the unit in duties and grants."""

    key: str
    name: str
    kind: UnitKind
    area_code: str


@dataclass(frozen=True, slots=True)
class DemoDuty:
    """职责: in this area the unit answers for this category and what lies below it."""

    category: str
    area_code: str
    unit_key: str


@dataclass(frozen=True, slots=True)
class DemoGrant:
    """授权; `target` is a grid code, a unit key or an area code as the role asks, None for admin and auditor."""

    role: Role
    target: str | None


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """人员; `account` is what is typed to sign in."""

    account: str
    name: str
    grants: tuple[DemoGrant, ...]


@dataclass(frozen=True, slots=True)
class DemoCounty:
    """The whole demonstration; areas stand parents first, grids in the order of their codes."""

    areas: tuple[DemoArea, ...]
    grids: tuple[DemoGrid, ...]
    units: tuple[DemoUnit, ...]
    duties: tuple[DemoDuty, ...]
    people: tuple[DemoPerson, ...]
