"""What a move's payload refers to: a corrected place, another case. Looks it up, judges nothing else."""

import uuid
from collections.abc import Mapping
from typing import Any

from server.rules.effects import Place
from server.rules.refusals import invalid
from server.services import access, duplicates, records, whereabouts
from server.services.hearing import Hearing
from server.services.records import Record

CASE_NAMED_BY: Mapping[str, str] = {
    "merge": "master", "void": "case", "accept": "repeat_of", "handle_here": "repeat_of",
}  # fmt: skip
"""Moves whose payload names another case, and the field that does."""


def case_named(action: str, payload: Mapping[str, Any]) -> uuid.UUID | None:
    """The other case that a move's payload names."""
    try:
        return uuid.UUID(payload.get(CASE_NAMED_BY.get(action, "")))
    except (TypeError, ValueError, AttributeError):
        return None


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


def other_case(
    hearing: Hearing, case_id: uuid.UUID, action: str, payload: Mapping[str, Any], held: Record | None
) -> Record | None:
    """The other case that the payload names, if there is one and this person may see it.

    Args:
        held: the one that this move writes to, which was read with it.

    Raises:
        Refusal: `invalid` naming the field: it looks alike whether it is hidden or not there.
    """
    named = case_named(action, payload)
    if named is None:
        return None
    other = held if action == "merge" else records.load(hearing, named) if named != case_id else None
    if other is None or not records.visible(other, access.subjects(hearing.person)):
        raise invalid(f"payload.{CASE_NAMED_BY[action]}", "找不到这个事项。", "There is no such case.")
    return other
