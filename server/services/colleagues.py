"""People a move may name: who is offered in its form, and whether somebody named is among them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_, select

from server.models import Grant, Person
from server.rules.needs import People
from server.rules.refusals import invalid
from server.rules.situation import Situation
from server.rules.workflow import BY_ACTION, Offer
from server.services.hearing import Hearing

OFFERED = 200


class Colleague(NamedTuple):
    """Somebody a form offers."""

    id: uuid.UUID
    name: str


def offered(hearing: Hearing, here: Situation, offers: Sequence[Offer]) -> dict[tuple[str, str], list[Colleague]]:
    """(action, field) → the people it offers, for every person field of these moves; one statement, none without."""
    wanted = {
        (offer.move.action, need.name): need.people(here)
        for offer in offers
        for need in offer.move.needs
        if need.people is not None
    }
    asked = [condition for people in wanted.values() if (condition := _listed(hearing, people)) is not None]
    if not asked:
        return {key: [] for key in wanted}
    rows = hearing.tx.execute(
        select(Person.id, Person.name, Grant.role, Grant.unit_id, Grant.grid_code)
        .join(Grant, Grant.person_id == Person.id)
        .where(or_(*asked), *_in_office(hearing))
        .order_by(Person.account)
    ).all()
    return {key: _fitting(hearing, people, rows) for key, people in wanted.items()}


def check(hearing: Hearing, here: Situation, action: str, payload: Mapping[str, Any]) -> dict[uuid.UUID, str]:
    """Is everyone a move names somebody it may name? Returns their names by id.

    Raises:
        Refusal: `invalid` naming the field.
    """
    names: dict[uuid.UUID, str] = {}
    for need in BY_ACTION[action].needs:
        if need.people is None or not payload.get(need.name):
            continue
        people, person = need.people(here), uuid.UUID(payload[need.name])
        grants = hearing.tx.execute(
            select(Grant.role, Grant.unit_id, Grant.grid_code, Person.name)
            .join(Person, Person.id == Grant.person_id)
            .where(Grant.person_id == person, *_in_office(hearing))
        ).all()
        if person in people.but or not any(_takes(hearing, people, one) for one in grants):
            raise invalid(f"payload.{need.name}", "请选择可以指定的人员。", "Choose somebody who may be named.")
        names[person] = grants[0].name
    return names


def _takes(hearing: Hearing, people: People, grant: Any) -> bool:
    if grant.role == "grid_worker":
        grid = hearing.atlas.grids.get(grant.grid_code)
        return grid is not None and any(hearing.atlas.within(grid.village, area) for area in people.workers_of)
    return grant.role in _roles(people) and grant.unit_id in (*people.units, *people.units_beyond)


def mentioned(facts: Any, step: Mapping[str, Any]) -> list[uuid.UUID]:
    """Everyone a case mentions after this step."""
    found: list[uuid.UUID | None] = [step["by"], step["behalf"], facts.leader_in_charge_id]
    found += [one.handler_id for one in facts.assignments]
    found += [one.to_person_id for one in facts.requests]
    return list(dict.fromkeys(one for one in found if one is not None))


def _in_office(hearing: Hearing) -> list[ColumnElement[bool]]:
    return [
        Grant.valid_from <= hearing.now,
        or_(Grant.valid_to.is_(None), Grant.valid_to > hearing.now),
        Grant.behalf_id.is_(None),
    ]


def _roles(people: People) -> tuple[str, ...]:
    return ("leader",) if people.leaders_only else ("member", "leader", "invited")


def _listed(hearing: Hearing, people: People) -> ColumnElement[bool] | None:
    """A condition on grants: whoever holds one is listed in the form."""
    conditions: list[ColumnElement[bool]] = []
    if people.units:
        conditions.append(Grant.unit_id.in_(people.units) & Grant.role.in_(_roles(people)))
    if grids := _grids_near(hearing, people):
        conditions.append(Grant.grid_code.in_(grids) & (Grant.role == "grid_worker"))
    return or_(*conditions) if conditions else None


def _grids_near(hearing: Hearing, people: People) -> Sequence[str]:
    """Current grids near the case whose workers may be named."""
    near = people.workers_near
    if near is None or not any(hearing.atlas.within(near, area) for area in people.workers_of):
        return []
    return hearing.atlas.grids_of.get(near, ())


def _fitting(hearing: Hearing, people: People, rows: Iterable[Any]) -> list[Colleague]:
    units, grids, roles = set(people.units), set(_grids_near(hearing, people)), _roles(people)
    found = {
        row.id: Colleague(row.id, row.name)
        for row in rows
        if (row.unit_id in units and row.role in roles) or row.grid_code in grids
    }
    return [one for one in found.values() if one.id not in people.but][:OFFERED]
