"""What a move's payload refers to: a corrected place, another case. Looks it up, judges nothing else."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from server.models import Case
from server.rules.effects import Place
from server.rules.facts import Facts
from server.rules.refusals import invalid
from server.services import access, duplicates, records, whereabouts
from server.services.hearing import Hearing
from server.services.records import Record

CASE_NAMED_BY: Mapping[str, str] = {
    "merge": "master", "void": "case", "accept": "repeat_of", "handle_here": "repeat_of",
}  # fmt: skip
"""Moves whose payload names another case, and the field that does."""


class PartnerChanged(Exception):
    """Another case is the partner by now than the one that was locked: begin again."""


def partner(tx: Connection, case_id: uuid.UUID, action: str, payload: Mapping[str, Any]) -> list[uuid.UUID]:
    """The other case that a move writes to: the master that is merged into, or taken out of."""
    if action == "merge":
        return _ids([payload.get("master")])
    if action == "split":
        master = tx.execute(select(Case.master_id).where(Case.id == case_id)).scalar()
        return [master] if master else []
    return []


def check_partner(record: Record, action: str, locked: Sequence[uuid.UUID]) -> None:
    """Is the locked master still the one that a follower is taken out of?

    Raises:
        PartnerChanged: it was taken out and merged into another one while this transaction waited.
    """
    if action == "split" and record.facts.master_id is not None and record.facts.master_id not in locked:
        raise PartnerChanged


def place(hearing: Hearing, action: str, payload: Mapping[str, Any]) -> Place | None:
    """Where a corrected case lies: its grid and area anew."""
    location = payload.get("location")
    if action != "correct" or not isinstance(location, dict) or not {"lon", "lat", "crs"} <= location.keys():
        return None
    try:
        found = whereabouts.locate(
            hearing.atlas, float(location["lon"]), float(location["lat"]), location["crs"], location.get("accuracy_m")
        )
    except (TypeError, ValueError, KeyError):
        return None  # the check of the fields says why
    area = found.grid.village if found.grid else whereabouts.nearest_township(hearing.atlas, found)
    if area is None or found.lon is None or found.lat is None:
        return None
    return Place(
        {
            "grid_id": found.grid.id if found.grid else None, "grid_match": found.match,
            "grid_candidates": whereabouts.candidates(found), "area_code": area, "lon": found.lon, "lat": found.lat,
            "cell": duplicates.cell_of(found.lon, found.lat),
        }
    )  # fmt: skip


def other_case(hearing: Hearing, case_id: uuid.UUID, action: str, payload: Mapping[str, Any]) -> Facts | None:
    """The other case that the payload names, if there is one and this person may see it.

    Raises:
        Refusal: `invalid` naming the field: it looks alike whether it is hidden or not there.
    """
    name = CASE_NAMED_BY.get(action, "")
    named = _ids([payload.get(name)])
    if not named:
        return None
    other = records.load(hearing, named[0]) if named[0] != case_id else None
    if other is None or not records.visible(other, access.subjects(hearing.person)):
        raise invalid(f"payload.{name}", "找不到这个事项。", "There is no such case.")
    return other.facts


def _ids(values: Iterable[Any]) -> list[uuid.UUID]:
    found = []
    for value in values:
        try:
            found.append(uuid.UUID(value))
        except (TypeError, ValueError, AttributeError):
            continue
    return found
