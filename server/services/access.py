"""Who may see and do what, in one place; everything else reads the audience rows this module defines.

A person stands under subjects (see `models.Audience`); a case is visible when one of its audience rows names
one of them. Lists, details, changes and photos all go through here.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, select

from server.models import Audience, Case, Unit
from server.rules.standing import Who
from server.services.people import SignedIn
from server.services.reference import Atlas


def subjects(person: SignedIn) -> list[str]:
    """Every subject this person stands under."""
    found = [f"p:{person.id}", *(f"p:{grant.behalf}" for grant in person.grants if grant.behalf)]
    for grant in person.grants:
        if grant.role in ("member", "leader") and grant.unit:
            found.append(f"u:{grant.unit}")
            if grant.role == "leader" or grant.named:
                found.append(f"s:{grant.unit}")
        elif grant.role == "inspector" and grant.area:
            found.append(f"a:{grant.area}")
    return list(dict.fromkeys(found))


def with_superiors(atlas: Atlas, units: Iterable[uuid.UUID | None]) -> list[uuid.UUID]:
    """The units and every centre above them."""
    found = [one for unit in units if unit is not None for one in (unit, *atlas.superiors(unit))]
    return list(dict.fromkeys(found))


def audience_of(
    atlas: Atlas, *, reporter: uuid.UUID, units: Iterable[uuid.UUID], area: str, sensitive: bool, avoid_village: bool
) -> list[str]:
    """The subjects a case is to be shown to: its reporter, the units concerned, their superiors, inspectors."""
    kind = "s" if sensitive else "u"
    found = [f"p:{reporter}"]
    found.extend(f"{kind}:{unit}" for unit in with_superiors(atlas, units))
    found.extend(
        f"a:{code}" for code in atlas.line_of(area) if not (avoid_village and atlas.areas[code].level == "village")
    )
    return list(dict.fromkeys(found))


def sees(listed: list[str] | BindParameter[Any], case: Any = Case) -> ColumnElement[bool]:
    """A condition on `Case` (or an alias of it): whoever stands under the listed subjects is in its audience."""
    return (
        select(Audience.case_id)
        .where(Audience.case_id == case.id, Audience.subject.in_(listed), Audience.gone.is_(False))
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


def who(person: SignedIn, atlas: Atlas, *, sensitive: bool) -> Who:
    """The person as the rules see them before a case: of a sensitive one only the units they are named for."""
    under = set(subjects(person))
    prefix = "s" if sensitive else "u"
    return Who(
        id=person.id,
        units=frozenset(unit for unit in person.units if f"{prefix}:{unit}" in under and unit in atlas.units),
        leads=frozenset(
            one.unit for one in person.grants if one.role == "leader" and one.unit and one.unit in atlas.units
        ),
        inspects=frozenset(one.area for one in person.grants if one.role == "inspector" and one.area),
        stands_for=frozenset(one.behalf for one in person.grants if one.behalf),
    )


def behalf(person: SignedIn, unit: uuid.UUID | None, concerned: Iterable[uuid.UUID | None]) -> uuid.UUID | None:
    """For whom somebody acts as stand-in 代理人: the person whose grant alone lets them act for this unit, or who alone
    is concerned in person."""
    own = {one.unit for one in person.grants if one.behalf is None and one.role in ("member", "leader")}
    if unit is not None and unit not in own:
        return next((one.behalf for one in person.grants if one.unit == unit and one.behalf), None)
    people = [one for one in concerned if one is not None]
    if unit is None and people and person.id not in people:
        return next((one.behalf for one in person.grants if one.behalf in people), None)
    return None


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
