"""A case on the wire: summary, whole, steps and moves, as `schemas/cases` documents them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from server.rules.facts import Facts
from server.rules.needs import TEXT_MAX, TEXT_MIN, Need
from server.rules.rulebook import Category
from server.rules.workflow import offers
from server.services import cases, records
from server.services.hearing import Hearing
from server.services.records import Record
from server.services.reference import Atlas


def summary(atlas: Atlas, row: Mapping[str, Any]) -> dict[str, Any]:
    """A case in a list; `row` comes from `lists.summaries()`."""
    grid = (row["grid_code"], row["grid_name"]) if row["grid_code"] is not None else None
    return {**_head(atlas, row, grid), "due_at": row["due_current"]}


def whole(hearing: Hearing, record: Record, duplicates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A case with everything its audience may see, and the moves open to this person."""
    case, atlas = record.case, hearing.atlas
    running = [clock for clock in record.deadlines if clock["met_at"] is None and clock["ended_at"] is None]
    return {
        **_head(atlas, case, record.grid),
        "due_at": next((clock["due_current"] for clock in running if clock["kind"] == "overall"), None),
        "text": record.report["text"],
        "location": _where(case, record.report),
        "no_location_reason": record.report["no_location_reason"],
        "confidential": case["confidential"],
        "dispatcher": unit(atlas, case["dispatcher_id"]),
        "first_responsible": unit(atlas, case["first_responsible_id"]),
        "leader_in_charge": None,
        "result": case["result"],
        "route": case["route"],
        "assignments": [_assignment(atlas, record, one) for one in record.assignments],
        "requests": [],
        "deadlines": [_deadline(atlas, clock) for clock in record.deadlines],
        "rung": None,
        "rework_count": case["rework_count"],
        "reopen_count": case["reopen_count"],
        "settled_level": case["settled_level"],
        "parties": record.parties,
        "steps": [step(atlas, record.names, one) for one in record.steps],
        "photos": [{**photo, "sha256": photo["sha256"].hex()} for photo in record.photos],
        "possible_duplicates": duplicates,
        "moves": _moves(hearing, record),
    }


def step(atlas: Atlas, names: Mapping[uuid.UUID, str], one: Mapping[str, Any]) -> dict[str, Any]:
    """One step of the log."""
    by = {"id": one["by"], "name": names[one["by"]]} if one["by"] else None
    return {**one, "by": by, "as_unit": unit(atlas, one["as_unit"])}


def unit(atlas: Atlas, unit_id: uuid.UUID | None) -> dict[str, Any] | None:
    """A unit's {id, name}."""
    return {"id": unit_id, "name": atlas.units[unit_id].name} if unit_id else None


def _head(atlas: Atlas, case: Mapping[str, Any], grid: tuple[str, str] | None) -> dict[str, Any]:
    code, name = grid or (None, None)
    return {
        "id": case["id"],
        "code": case["code"],
        "state": case["state"],
        "version": case["version"],
        "category": case["category"],
        "urgency": case["urgency"],
        "title": case["title"],
        "source": case["source"],
        "created_at": case["created_at"],
        "received_at": case["received_at"],
        "grid": {"code": code, "name": name, "match": case["grid_match"], "candidates": case["grid_candidates"]},
        "area": {"code": case["area_code"], "name": atlas.areas[case["area_code"]].name},
        "holder": unit(atlas, case["holder_id"]),
    }


def _where(case: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, Any] | None:
    if report["raw_lon"] is None:
        return None
    return {
        "lon": report["raw_lon"],
        "lat": report["raw_lat"],
        "crs": report["crs"],
        "accuracy_m": report["accuracy_m"],
        "fix": report["fix"],
        "wgs84": {"lon": case["lon"], "lat": case["lat"]},
    }


def _deadline(atlas: Atlas, clock: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": clock["id"],
        "kind": clock["kind"],
        "unit": unit(atlas, clock["unit_id"]),
        "assignment": clock["assignment_id"],
        "round": clock["round"],
        "due_original": clock["due_original"],
        "due_current": clock["due_current"],
        "met_at": clock["met_at"],
        "ended_at": clock["ended_at"],
        "paused": False,
        "rung": None,
    }


def _assignment(atlas: Atlas, record: Record, task: Mapping[str, Any]) -> dict[str, Any]:
    dues = [
        clock["due_current"]
        for clock in record.deadlines
        if clock["assignment_id"] == task["id"] and clock["kind"] == "handle"
    ]
    return {
        "id": task["id"],
        "role": task["role"],
        "unit": unit(atlas, task["unit_id"]),
        "state": task["state"],
        "handler": None,
        "due_at": dues[-1] if dues else None,
        "signed_at": task["signed_at"],
        "arrived_at": task["arrived_at"],
        "reported_at": task["reported_at"],
        "result": task["result"],
    }


def _moves(hearing: Hearing, record: Record) -> list[dict[str, Any]]:
    past = records.history(record.steps)
    desk = cases.village_desk(hearing, record.case)
    facts = records.facts(record.case, record.deadlines, record.assignments, past, desk)
    held = cases.standing_on(hearing, record.case, facts, past)
    category = hearing.rules.categories[record.case["category"]]
    return [
        {
            "action": offer.move.action,
            "label": {"zh": offer.move.zh, "en": offer.move.en},
            "needs": [_need(hearing, one, offer.move.action, facts, category) for one in offer.move.needs],
            "then": list(offer.then),
        }
        for offer in offers(facts, held, hearing.rules)
    ]


def _need(hearing: Hearing, need: Need, action: str, facts: Facts, category: Category) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": need.name,
        "type": need.type,
        "required": need.is_required(category),
        "label": {"zh": need.zh, "en": need.en},
    }
    if need.type == "text":
        described |= {"min_length": TEXT_MIN, "max_length": TEXT_MAX}
    if need.type == "choice":
        described["choices"] = [
            {"value": code, "label": {"zh": zh, "en": en}}
            for code, zh, en in need.choices
            or [(code, *words) for code, words in hearing.rules.reasons.get(action, {}).items()]
        ]
    if need.units is not None:
        offered = [hearing.atlas.units[one] for one in need.units(facts, hearing.atlas)]
        described["choices"] = [{"value": str(one.id), "label": {"zh": one.name, "en": one.name}} for one in offered]
    return described
