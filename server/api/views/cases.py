"""A case on the wire: summary, whole, steps and moves, as `schemas/cases` documents them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from server.rules.effects import World
from server.rules.escalation import Stage, rung_of
from server.rules.facts import Assignment, Clock, Request
from server.rules.needs import TEXT_MAX, TEXT_MIN, Need
from server.rules.situation import Situation
from server.rules.workflow import Offer, offers
from server.services import cases, colleagues, mentions, records
from server.services.colleagues import Colleague
from server.services.hearing import Hearing
from server.services.records import Record
from server.services.reference import Atlas


def summary(atlas: Atlas, row: Mapping[str, Any]) -> dict[str, Any]:
    """A case in a list; `row` comes from `lists.summaries()`."""
    grid = (row["grid_code"], row["grid_name"]) if row["grid_code"] is not None else None
    return {**_head(atlas, row, grid), "due_at": row["due_current"]}


def whole(hearing: Hearing, record: Record, duplicates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A case with everything its audience may see, and the moves open to this person."""
    case, facts, atlas = record.case, record.facts, hearing.atlas
    return {
        **_head(atlas, case, record.grid),
        "due_at": next((clock.due_current for clock in facts.running("overall")), None),
        "text": record.report["text"],
        "location": _where(case, record.report),
        "no_location_reason": record.report["no_location_reason"],
        "confidential": case["confidential"],
        "dispatcher": unit(atlas, case["dispatcher_id"]),
        "first_responsible": unit(atlas, case["first_responsible_id"]),
        "leader_in_charge": _person(record, case["leader_in_charge_id"]),
        "master": case["master_id"],
        "result": case["result"],
        "route": case["route"],
        "assignments": [_assignment(atlas, record, one) for one in facts.assignments],
        "requests": [_request(atlas, record, one) for one in facts.requests if one.open or _in_force(one)],
        "deadlines": [_deadline(atlas, clock) for clock in facts.clocks],
        "rung": case["rung"],
        "rework_count": case["rework_count"],
        "reopen_count": case["reopen_count"],
        "settled_level": case["settled_level"],
        "satisfaction": case["satisfaction"],
        "parties": record.parties,
        "steps": [step(atlas, record.names, one) for one in record.steps],
        "names": mentions.names(hearing, record),
        "photos": [{**photo, "sha256": photo["sha256"].hex()} for photo in record.photos],
        "possible_duplicates": duplicates,
        "moves": _moves(hearing, record),
    }


def step(atlas: Atlas, names: Mapping[uuid.UUID, str], one: Mapping[str, Any]) -> dict[str, Any]:
    """One step of the log."""
    shown = {name: one[name] for name in ("seq", "id", "action", "at", "device_at", "hash")}
    return {
        **shown,
        "payload": {} if one["payload"] == records.ERASED else one["payload"],
        "by": _named(names, one["by"]),
        "on_behalf_of": _named(names, one["behalf"]),
        "as_unit": unit(atlas, one["as_unit"]),
    }


def _named(names: Mapping[uuid.UUID, str], person: uuid.UUID | None) -> dict[str, Any] | None:
    return {"id": person, "name": names.get(person, "")} if person else None


def _person(record: Record, person: uuid.UUID | None) -> dict[str, Any] | None:
    return _named(record.names, person)


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


def _deadline(atlas: Atlas, clock: Clock) -> dict[str, Any]:
    return {
        "id": clock.id,
        "kind": clock.kind,
        "unit": unit(atlas, clock.unit_id),
        "assignment": clock.assignment_id,
        "request": clock.request_id,
        "round": clock.round,
        "due_original": clock.due_original,
        "due_current": clock.due_current,
        "met_at": clock.met_at,
        "ended_at": clock.ended_at,
        "paused": clock.paused,
        "light": _light(clock),
        "rung": rung_of(Stage(clock.stage)),
        "offline_late": clock.offline_late,
        "excused": clock.excused,
    }


def _light(clock: Clock) -> str | None:
    """黄灯, 红灯 of a running clock."""
    if not clock.running or clock.stage == Stage.NONE:
        return None
    return "yellow" if clock.stage == Stage.YELLOW else "red"


def _assignment(atlas: Atlas, record: Record, task: Assignment) -> dict[str, Any]:
    handling = [one for one in record.facts.clocks if one.assignment_id == task.id and one.kind == "handle"]
    latest = max(handling, key=lambda clock: clock.round, default=None)
    return {
        "id": task.id,
        "role": task.role,
        "unit": unit(atlas, task.unit_id),
        "state": task.state,
        "handler": _person(record, task.handler_id),
        "pool": task.pool,
        "place": task.place,
        "arrive_by": task.arrive_by,
        "due_at": latest.due_current if latest else None,
        "signed_at": task.signed_at,
        "arrived_at": task.arrived_at,
        "reported_at": task.reported_at,
        "result": task.result,
    }


def _in_force(request: Request) -> bool:
    return request.kind == "supervision" and request.state == "acknowledged"


def _request(atlas: Atlas, record: Record, request: Request) -> dict[str, Any]:
    return {
        "id": request.id,
        "kind": request.kind,
        "state": request.state,
        "assignment": request.assignment_id,
        "by": unit(atlas, request.by_unit_id),
        "to": unit(atlas, request.to_unit_id) or _person(record, request.to_person_id),
        "asked_at": request.asked_at,
        "answer_due": request.answer_due,
        "terms": request.terms,
    }


def _moves(hearing: Hearing, record: Record) -> list[dict[str, Any]]:
    held = cases.standing_on(hearing, record)
    here = Situation(record.facts, held, World(hearing.rules, hearing.atlas), hearing.now)
    found = offers(here)
    people = colleagues.offered(hearing, here, found)
    return [_move(hearing, here, one, people) for one in found]


def _move(
    hearing: Hearing, here: Situation, offer: Offer, people: Mapping[tuple[str, str], Sequence[Colleague]]
) -> dict[str, Any]:
    about = {"assignment": offer.assignment, "request": offer.request}
    return {
        "action": offer.move.action,
        "label": {"zh": offer.move.zh, "en": offer.move.en},
        **{name: value for name, value in about.items() if value is not None},
        "needs": [_need(hearing, here, one, offer.move.action, people) for one in offer.move.needs],
        "then": list(offer.then),
    }


def _need(
    hearing: Hearing,
    here: Situation,
    need: Need,
    action: str,
    people: Mapping[tuple[str, str], Sequence[Colleague]],
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": need.name,
        "type": need.type,
        "required": need.is_required(hearing.rules.categories[here.facts.category]),
        "label": {"zh": need.zh, "en": need.en},
    }
    if need.type == "text":
        described |= {"min_length": TEXT_MIN, "max_length": TEXT_MAX}
    if need.type == "choice":
        described["choices"] = [_choice(code, zh, en) for code, zh, en in need.choices_in(action, here)]
    if need.units is not None:
        offered = [hearing.atlas.units[one] for one in need.units(here)]
        described["choices"] = [_choice(str(one.id), one.name, one.name) for one in offered]
    if need.people is not None:
        described["choices"] = [_choice(str(one.id), one.name, one.name) for one in people[action, need.name]]
    return described


def _choice(value: str, zh: str, en: str) -> dict[str, Any]:
    return {"value": value, "label": {"zh": zh, "en": en}}
