"""What must be true of the books after whatever happened: the eleven of workflow.md as far as rows tell them."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from server import clock
from server.db import reading
from server.models import Case, Deadline, Message, Step
from server.rules.facts import LED, OPEN
from server.services import access, cases, records, verify
from server.services.hearing import hear_the_office
from server.services.records import Record
from server.services.reference import Atlas

DID_IT = frozenset({"sign", "progress", "mediate", "feedback", "finish", "settle_on_spot", "handle_here"})
JUDGED_IT = frozenset({"verify_pass", "visit", "inspect", "review"})
TAKEN_BACK = frozenset({"returned", "recalled", "waived"})


def wrong_with(app: Flask, codes: Mapping[uuid.UUID, str]) -> list[str]:
    """Everything that is not as it must be, in words; `codes`: every case there is, with the code it was given."""
    found: list[str] = []
    with app.app_context(), reading() as snapshot:
        found += [f"verify-log: {one.where} {one.en}" for one in verify.check_cases(snapshot) if one is not None]
        found += [f"verify-log: {one.where} {one.en}" for one in verify.check_anchors(snapshot)]
        kept = {row.id: row.code for row in snapshot.execute(select(Case.id, Case.code))}
        found += [] if kept == dict(codes) else ["a case's code changed, or a case came or went"]
        states = snapshot.execute(select(Case.state, func.count()).group_by(Case.state)).all()
        found += [] if sum(row[1] for row in states) == len(codes) else [f"the counts by state do not add up: {states}"]
        hearing = hear_the_office(snapshot, clock.now())
        for case_id in codes:
            record = records.load(hearing, case_id)
            assert record is not None
            sensitive = cases.is_sensitive(record.case, hearing.rules)
            parts = (_state(record), _people(record), _clocks(record), _audience(record, hearing.atlas, sensitive))
            found += [f"{codes[case_id]}: {why}" for part in parts for why in part]
        twice = snapshot.execute(
            select(Message.person_id, Message.step_id).group_by(Message.person_id, Message.step_id)
            .having(func.count() > 1)
        ).all()  # fmt: skip
        found += [f"{len(twice)} notices came twice"] if twice else []
    return found


def _state(record: Record) -> Iterable[str]:
    facts = record.facts
    leads = [one for one in facts.assignments if one.role == "lead" and one.active and not one.pool]
    pool = [one for one in facts.assignments if one.role == "lead" and one.active and one.pool]
    if (facts.state in LED) != (len(leads) == 1 or (not leads and bool(pool))):
        yield f"{facts.state} with {len(leads)} leads and {len(pool)} in a pool"
    if facts.state == "closed" and (any(one.active for one in facts.assignments) or _asked(record)):
        yield "closed with something open"
    if (facts.state in OPEN) != (facts.holder_id is not None):
        yield f"{facts.state} held by {facts.holder_id}"


def _asked(record: Record) -> list[str]:
    """Open requests, but for what may be asked about a closed case."""
    return [one.kind for one in record.facts.asked() if one.kind not in ("supervision", "check")]


def _people(record: Record) -> Iterable[str]:
    did: set[uuid.UUID] = set()
    for step in record.steps:
        if step["action"] in JUDGED_IT and step["by"] in did:
            yield f"step {step['seq']}: {step['action']} by a handler"
        if step["action"] in DID_IT and step["by"] is not None:
            did.add(step["by"])


def _clocks(record: Record) -> Iterable[str]:
    facts = record.facts
    overall = [one for one in facts.clocks if one.kind == "overall"]
    if [(one.round, one.started_at) for one in overall] != [(1, facts.received_at)]:
        yield "the overall clock was restarted"
    open_ones = Counter((one.kind, one.assignment_id, one.request_id) for one in facts.running())
    if twice := [one for one, count in open_ones.items() if count > 1]:
        yield f"two clocks run at once: {twice}"
    for one in facts.clocks:
        if any(end is not None and end < start for start, end in one.pauses):
            yield f"a pause of {one.kind} ends before it begins"
        if facts.state == "suspended" and one.kind in ("handle", "overall") and one.running and not one.paused:
            yield f"suspended while {one.kind} counts"


def _audience(record: Record, atlas: Atlas, sensitive: bool) -> Iterable[str]:
    facts, kind = record.facts, "s" if sensitive else "u"
    seeing = {subject for subject, seat in record.seats.items() if not seat.gone}
    parts = [one.unit_id for one in facts.assignments if one.active or one.role == "copied"]
    units = access.with_superiors(
        atlas, [facts.holder_id, facts.dispatcher_id, facts.first_responsible_id, *parts]
    )  # fmt: skip
    for unit in units:
        if f"{kind}:{unit}" not in seeing:
            yield f"{atlas.units[unit].name} does not see it"
    if missing := [one for one in facts.reporters if f"p:{one}" not in seeing]:
        yield f"reporters do not see it: {missing}"
    taken = {one.unit_id for one in facts.assignments if one.state in TAKEN_BACK}
    requests = [one for one in facts.asked() if one.kind != "supervision"]
    asked = {unit for one in requests for unit in (one.to_unit_id, one.by_unit_id)}
    still = {one.unit_id for one in facts.assignments if one.state not in TAKEN_BACK} | asked | set(units)
    for unit in taken - still:
        if not atlas.is_centre(unit) and f"{kind}:{unit}" in seeing:
            yield f"{atlas.units[unit].name} still sees what was taken back"


def overall_dues(app: Flask) -> dict[uuid.UUID, datetime]:
    """Case → when its overall clock was first due: never changes."""
    with app.app_context(), reading() as snapshot:
        rows = snapshot.execute(select(Deadline.case_id, Deadline.due_original).where(Deadline.kind == "overall"))
        return {row.case_id: row.due_original for row in rows}


def steps_by_people(app: Flask) -> dict[uuid.UUID, str]:
    """Step id → action, of the steps that devices sent (a report's own step aside)."""
    with app.app_context(), reading() as snapshot:
        rows = snapshot.execute(
            select(Step.id, Step.action).where(Step.person_id.is_not(None), Step.action != "submit")
        )
        return {row.id: row.action for row in rows}


def everything(app: Flask) -> dict[str, Any]:
    """How many steps and notices there are, and every case's version and head: what a replay must leave alone."""
    with app.app_context(), reading() as snapshot:
        heads: Sequence[Any] = snapshot.execute(select(Case.id, Case.version, Case.head_hash).order_by(Case.id)).all()
        counts = [snapshot.execute(select(func.count()).select_from(one)).scalar_one() for one in (Step, Message)]
        return {"heads": [tuple(one) for one in heads], "counts": counts}


def same_step(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
