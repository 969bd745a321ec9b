"""Who may see and do what, in one place; everything else reads the audience rows this module defines.

A person stands under subjects (see `models.Audience`); a case is visible when one of its audience rows names
one of them. Lists, details, changes and photos all go through here.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, select

from server.models import Audience, Case, Unit
from server.rules.workflow import Role
from server.services.people import SignedIn
from server.services.reference import Atlas


def subjects(person: SignedIn) -> list[str]:
    """Every subject this person stands under."""
    found = [f"p:{person.id}"]
    for grant in person.grants:
        if grant.role in ("member", "leader") and grant.unit:
            found.append(f"u:{grant.unit}")
            if grant.role == "leader" or grant.named:
                found.append(f"s:{grant.unit}")
        elif grant.role == "inspector" and grant.area:
            found.append(f"a:{grant.area}")
    return list(dict.fromkeys(found))


def audience_of(
    atlas: Atlas, *, reporter: uuid.UUID, units: Iterable[uuid.UUID], area: str, sensitive: bool, avoid_village: bool
) -> list[str]:
    """The subjects a case is to be shown to: its reporter, the units concerned, their superiors, inspectors."""
    kind = "s" if sensitive else "u"
    found = [f"p:{reporter}"]
    for unit in units:
        found.extend(f"{kind}:{one}" for one in (unit, *atlas.superiors(unit)))
    found.extend(
        f"a:{code}" for code in atlas.line_of(area) if not (avoid_village and atlas.areas[code].level == "village")
    )
    return list(dict.fromkeys(found))


def sees(listed: list[str] | BindParameter[Any]) -> ColumnElement[bool]:
    """A condition on `Case`: whoever stands under the listed subjects is in its audience."""
    return (
        select(Audience.case_id)
        .where(Audience.case_id == Case.id, Audience.subject.in_(listed), Audience.gone.is_(False))
        .exists()
    )


def may_see(connection: Connection, person: SignedIn, case_id: uuid.UUID) -> bool:
    """Is this person in the audience of this case?"""
    row = connection.execute(
        select(Audience.case_id)
        .where(Audience.case_id == case_id, Audience.subject.in_(subjects(person)), Audience.gone.is_(False))
        .limit(1)
    ).first()
    return row is not None


def roles(person: SignedIn, *, reporter: uuid.UUID, holder: uuid.UUID | None, sensitive: bool) -> frozenset[Role]:
    """What this person is to a case they see."""
    found: set[Role] = set()
    if person.id == reporter:
        found.add("reporter")
    prefix = "s" if sensitive else "u"
    if holder is not None and f"{prefix}:{holder}" in subjects(person):
        found.add("holder")
    return frozenset(found)


def may_report(person: SignedIn) -> bool:
    """Grid workers, members and leaders file reports."""
    return any(grant.role in ("grid_worker", "member", "leader") for grant in person.grants)


def own_village(person: SignedIn, atlas: Atlas) -> str | None:
    """The village this person's first grid or village desk lies in, if any."""
    for code in person.grids:
        if code in atlas.grids:
            return atlas.grids[code].village
    for unit in person.units:
        if unit in atlas.units and (village := atlas.ancestor(atlas.units[unit].area, "village")):
            return village
    return None


def own_area(person: SignedIn, atlas: Atlas) -> str | None:
    """The area of the first unit this person belongs to, if any."""
    return next((atlas.units[unit].area for unit in person.units if unit in atlas.units), None)


def unit_exists(connection: Connection, unit: uuid.UUID) -> bool:
    """Is there such a unit?"""
    return connection.execute(select(Unit.id).where(Unit.id == unit)).first() is not None
