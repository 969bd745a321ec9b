"""Names for what the steps of a case mention by id: units, colleagues, and other cases this person may see."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select, union_all

from server.models import Case, Person
from server.rules.workflow import MOVES
from server.services import access, records
from server.services.hearing import Hearing
from server.services.records import Record


def _fields(*types: str) -> frozenset[str]:
    return frozenset(need.name for move in MOVES for need in move.needs if need.type in types)


PEOPLE = _fields("person")
UNITS = _fields("unit", "units", "helpers") | {"successor"}  # a unit that ended has one
CASES = _fields("case") | {"follower"}  # what a master took in or let go


def names(hearing: Hearing, record: Record) -> dict[str, str]:
    """Id, as a payload writes it, → name of a unit or colleague, or code of a case. Who is not there, or a case this
    person may not see, is left out. One statement for everything that the case itself does not tell; mostly none."""
    told = [*(one["payload"] for one in record.steps), *(one.terms for one in record.facts.requests)]
    payloads = [one for one in told if one != records.ERASED]
    found = {text: unit.name for text, one in _ids(payloads, UNITS) if (unit := hearing.atlas.units.get(one))}
    people, cases = dict(_ids(payloads, PEOPLE)), dict(_ids(payloads, CASES))
    known = {**record.names, **_look_up(hearing, set(people.values()) - record.names.keys(), set(cases.values()))}
    return found | {text: known[one] for text, one in (people | cases).items() if one in known}


def _look_up(hearing: Hearing, people: set[uuid.UUID], cases: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of people and codes of cases that this person may see."""
    asked = []
    if people:
        asked.append(select(Person.id, Person.name.label("name")).where(Person.id.in_(people)))
    if cases:
        seen = access.sees(access.subjects(hearing.person))
        asked.append(select(Case.id, Case.code.label("name")).where(Case.id.in_(cases), seen))
    return {row.id: row.name for row in hearing.tx.execute(union_all(*asked))} if asked else {}


def _ids(payloads: Iterable[Mapping[str, Any]], fields: frozenset[str]) -> Iterator[tuple[str, uuid.UUID]]:
    """Every id in these fields: as it is written, and as a value."""
    for payload in payloads:
        for name in fields & payload.keys():
            value = payload[name]
            for one in value if isinstance(value, list) else [value]:
                text = one.get("unit") if isinstance(one, dict) else one
                try:
                    yield str(text), uuid.UUID(text)
                except (TypeError, ValueError, AttributeError):
                    continue  # e.g. a place that is called by its name
