"""A case as a whole, read in one statement or put together while it is being written; decides nothing."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, or_, select, union, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from server.models import (
    Assignment,
    Audience,
    Case,
    Deadline,
    DutyShift,
    Grant,
    Grid,
    Party,
    Person,
    PhotoListing,
    Report,
    Request,
    Step,
    StepPayload,
)
from server.models.columns import UnitOf
from server.models.nested import nested, unnest
from server.rules import facts as rules
from server.rules.history import TELLING, remember
from server.rules.workflow import LEADERS_MATTER
from server.services import access, parties
from server.services.audience import Seat
from server.services.hearing import Hearing

PLACE_FIELDS = ("raw_lon", "raw_lat", "crs", "accuracy_m", "fix", "no_location_reason", "text")
CASE_FACTS = tuple(one.name for one in fields(rules.Facts) if one.name in Case.__table__.columns)
"""Facts that are columns of the case."""
ERASED = "erased"
"""What stands in place of a payload whose personal content was erased."""


@dataclass(frozen=True, slots=True)
class Record:
    """Everything about a case that its audience may see, as plain values.

    Args:
        case: columns of `Case`.
        facts: the case as the rules see it, with its clocks, assignments and requests.
        report: `PLACE_FIELDS` of the report that opened it.
        grid: (code, name) of the grid version it was filed in.
        steps: in order; each {seq, id, action, by, behalf, as_unit, at, device_at, based_on, payload, hash}.
        photos: {sha256 (bytes), kind, step, missing}.
        parties: masked.
        names: person id → name, for everyone the case mentions; and the code of another case that was read with it.
        seats: subject → its row of the audience.
    """

    case: Mapping[str, Any]
    facts: rules.Facts
    report: Mapping[str, Any]
    grid: tuple[str, str] | None
    steps: Sequence[Mapping[str, Any]]
    photos: Sequence[Mapping[str, Any]]
    parties: Sequence[Mapping[str, Any]]
    names: Mapping[uuid.UUID, str]
    seats: Mapping[str, Seat]


def _columns(model: Any, *leave_out: str) -> list[InstrumentedAttribute[Any]]:
    return [getattr(model, column.key) for column in model.__table__.columns if column.key not in leave_out]


_Columns = Sequence[InstrumentedAttribute[Any]]
_ID = bindparam("id", type_=Case.id.type)
_NOW = bindparam("now", type_=DutyShift.starts_at.type)
_STEPS: _Columns = [Step.seq, Step.envelope, Step.hash, StepPayload.payload]
_CLOCKS, _TASKS = _columns(Deadline, "case_id"), _columns(Assignment, "case_id")
_REQUESTS = _columns(Request, "case_id")
_SEATS: _Columns = [Audience.subject, Audience.gone, Audience.lasting]
_PHOTOS: _Columns = [PhotoListing.sha256, PhotoListing.kind, PhotoListing.parent_id, PhotoListing.position,
           PhotoListing.arrived_at]  # fmt: skip
_PARTIES: _Columns = [Party.id, Party.parent_id, Party.position, Party.role, Party.key_id, Party.sealed]
_NAMES: _Columns = [Person.id, Person.name]
_REPORTERS: _Columns = [Report.person_id]
_FOLLOWER = aliased(Case)
_FOLLOWERS: _Columns = [_FOLLOWER.id, _FOLLOWER.reporter_id]
_ON_DUTY: _Columns = [DutyShift.unit_id]
_LED: _Columns = [Grant.unit_id]


def _mentioned(case_id: BindParameter[uuid.UUID]) -> Select[Any]:
    """Everyone the case mentions."""
    mentioned = union(
        select(Step.person_id).where(Step.case_id == case_id),
        select(Assignment.handler_id).where(Assignment.case_id == case_id),
        select(Request.to_person_id).where(Request.case_id == case_id),
        select(Case.leader_in_charge_id).where(Case.id == case_id),
    ).subquery()
    return select(Person).where(Person.id.in_(select(mentioned.c[0])))


def _on_duty(case_id: BindParameter[uuid.UUID]) -> Select[Any]:
    """The holder and the dispatcher, where their roster has somebody on duty now."""
    held = aliased(Case)
    return (
        select(DutyShift)
        .join(held, DutyShift.unit_id.in_((held.holder_id, held.dispatcher_id)))
        .where(held.id == case_id, DutyShift.starts_at <= _NOW, DutyShift.ends_at > _NOW)
    )


def _led(case_id: BindParameter[uuid.UUID]) -> Select[Any]:
    """Units of the audience that have a leader in office."""
    concerned = select(UnitOf(Audience.subject)).where(
        Audience.case_id == case_id, or_(*(Audience.subject.startswith(kind) for kind in ("u:", "s:")))
    )
    return select(Grant).where(
        Grant.unit_id.in_(concerned), Grant.role == "leader", Grant.valid_from <= _NOW,
        or_(Grant.valid_to.is_(None), Grant.valid_to > _NOW),
    )  # fmt: skip


def _whole(case_id: BindParameter[uuid.UUID], *, led: bool = False) -> Select[Any]:
    """Everything of one case as one row.

    Args:
        led: also which of its units have a leader in office, which few moves ask.
    """
    return (
        select(
            Case.__table__,
            *(getattr(Report, name).label(f"report_{name}") for name in PLACE_FIELDS),
            Report.origin_system,
            Grid.code.label("grid_code"),
            Grid.name.label("grid_name"),
            nested("steps", _STEPS, select(Step).join(StepPayload, StepPayload.step_id == Step.id).where(
                Step.case_id == case_id)),
            nested("clocks", _CLOCKS, select(Deadline).where(Deadline.case_id == case_id)),
            nested("tasks", _TASKS, select(Assignment).where(Assignment.case_id == case_id)),
            nested("requests", _REQUESTS, select(Request).where(Request.case_id == case_id)),
            nested("photos", _PHOTOS, select(PhotoListing).where(PhotoListing.case_id == case_id)),
            nested("parties", _PARTIES, select(Party).where(Party.case_id == case_id)),
            nested("seats", _SEATS, select(Audience).where(Audience.case_id == case_id)),
            nested("names", _NAMES, _mentioned(case_id)),
            nested("reporters", _REPORTERS, select(Report).where(Report.case_id == case_id)),
            nested("followers", _FOLLOWERS, select(_FOLLOWER).where(_FOLLOWER.master_id == case_id)),
            nested("on_duty", _ON_DUTY, _on_duty(case_id)),
            *([nested("led", _LED, _led(case_id))] if led else []),
        )
        .join(Report, Report.id == Case.id)
        .outerjoin(Grid, Grid.id == Case.grid_id)
        .where(Case.id == case_id)
    )  # fmt: skip


_WHOLE, _WHOLE_LED = _whole(_ID), _whole(_ID, led=True)
_SEEN = _WHOLE.where(access.sees(bindparam("subjects", expanding=True)))
_BOTH = union_all(_WHOLE, _whole(bindparam("other", type_=Case.id.type)))


def load(hearing: Hearing, case_id: uuid.UUID) -> Record | None:
    """Read a whole case (one statement); None when there is no such case. Whether it may be seen is the caller's
    to ask."""
    return _with_master(hearing, _alone(hearing, case_id))


def _alone(hearing: Hearing, case_id: uuid.UUID) -> Record | None:
    return _record(hearing, hearing.tx.execute(_WHOLE, {"id": case_id, "now": hearing.now}).first())


def _with_master(hearing: Hearing, record: Record | None, held: Record | None = None) -> Record | None:
    """A follower with the case that it follows, which is read for this unless it was `held` with it; nobody else costs
    a statement more."""
    if record is None or record.facts.state != rules.State.MERGED or record.facts.master_id is None:
        return record
    same = held is not None and held.case["id"] == record.facts.master_id
    master = held if same else _alone(hearing, record.facts.master_id)
    return replace(record, facts=replace(record.facts, master=master.facts if master else None))


def load_with(
    hearing: Hearing, case_id: uuid.UUID, other: uuid.UUID | None, action: str
) -> tuple[Record | None, Record | None]:
    """Read a whole case, and another one with it (one statement), with what this action has to know."""
    given = {"id": case_id, "now": hearing.now}
    if other is None:
        statement = _WHOLE_LED if action in LEADERS_MATTER else _WHOLE
        return _with_master(hearing, _record(hearing, hearing.tx.execute(statement, given).first())), None
    rows = {row.id: row for row in hearing.tx.execute(_BOTH, {**given, "other": other})}
    partner = _record(hearing, rows.get(other))
    return _with_master(hearing, _record(hearing, rows.get(case_id)), partner), partner


def load_seen(hearing: Hearing, case_id: uuid.UUID) -> Record | None:
    """Read a whole case that the person may see; what they may not see costs as little as what is not there."""
    given = {"id": case_id, "now": hearing.now, "subjects": access.subjects(hearing.person)}
    return _with_master(hearing, _record(hearing, hearing.tx.execute(_SEEN, given).first()))


def _record(hearing: Hearing, row: Row[Any] | None) -> Record | None:
    if row is None:
        return None
    values = row._mapping
    case = {column.name: values[column.name] for column in Case.__table__.columns}

    def rows(name: str, columns: Sequence[Any]) -> list[dict[str, Any]]:
        return unnest(values[name], columns, hearing.tx.dialect)

    steps = [
        step_view(one["seq"], one["envelope"], one["payload"], one["hash"])
        for one in sorted(rows("steps", _STEPS), key=lambda one: one["seq"])
    ]
    return Record(
        case=case,
        facts=_facts(
            hearing, case, steps, rows("clocks", _CLOCKS), rows("tasks", _TASKS), rows("requests", _REQUESTS),
            reporters=[one["person_id"] for one in rows("reporters", _REPORTERS)],
            parties=bool(json.loads(values["parties"])), origin=values["origin_system"] is not None,
            followers=[(one["id"], one["reporter_id"]) for one in rows("followers", _FOLLOWERS)], grid=row.grid_code,
            on_duty=[one["unit_id"] for one in rows("on_duty", _ON_DUTY)],
            led=[one["unit_id"] for one in rows("led", _LED)] if "led" in values else (),
        ),
        report={name: values[f"report_{name}"] for name in PLACE_FIELDS},
        grid=(row.grid_code, row.grid_name) if row.grid_code is not None else None,
        steps=steps,
        photos=[
            {"sha256": one["sha256"], "kind": one["kind"], "step": one["parent_id"],
             "missing": one["arrived_at"] is None}
            for one in sorted(rows("photos", _PHOTOS), key=lambda one: (one["parent_id"], one["position"]))
        ],
        parties=parties.masked_rows(hearing.keys, rows("parties", _PARTIES)),
        names=_with_stood_in(hearing.tx, steps, {one["id"]: one["name"] for one in rows("names", _NAMES)}),
        seats={one["subject"]: Seat(one["gone"], one["lasting"]) for one in rows("seats", _SEATS)},
    )  # fmt: skip


def _facts(
    hearing: Hearing,
    case: Mapping[str, Any],
    steps: Iterable[Mapping[str, Any]],
    clocks: Iterable[Mapping[str, Any]],
    tasks: Iterable[Mapping[str, Any]],
    requests: Iterable[Mapping[str, Any]],
    *,
    reporters: Sequence[uuid.UUID],
    parties: bool,
    origin: bool,
    followers: Sequence[tuple[uuid.UUID, uuid.UUID]],
    grid: str | None,
    on_duty: Sequence[uuid.UUID],
    led: Sequence[uuid.UUID],
) -> rules.Facts:
    found = rules.Facts(
        **{name: case[name] for name in CASE_FACTS},
        clocks=tuple(
            rules.Clock(**one) for one in sorted(clocks, key=lambda one: (one["started_at"], one["kind"], one["id"]))
        ),
        assignments=tuple(rules.Assignment(**one) for one in sorted(tasks, key=_by_opening)),
        requests=tuple(rules.Request(**one) for one in sorted(requests, key=lambda one: (one["asked_at"], one["id"]))),
        reporters=frozenset(reporters),
        followers=frozenset(followers),
        village_desk=hearing.atlas.desk_of(grid, case["area_code"]),
        resident=parties,
        origin=origin,
        on_duty=frozenset(on_duty),
        led=frozenset(led),
    )
    for step in steps:
        if step["action"] in TELLING and step["payload"] != ERASED:
            at = datetime.fromisoformat(step["at"])
            found = remember(found, step["action"], step["by"], step["behalf"], step["as_unit"], step["payload"], at)
    return found


def _with_stood_in(
    connection: Connection, steps: Iterable[Mapping[str, Any]], names: dict[uuid.UUID, str]
) -> dict[uuid.UUID, str]:
    """The names, with those of people somebody stood in for, which only the envelopes mention; seldom a statement."""
    unknown = {one["behalf"] for one in steps if one["behalf"] is not None} - names.keys()
    return names | names_of(connection, unknown) if unknown else names


def _by_opening(task: Mapping[str, Any]) -> tuple[Any, ...]:
    return task["opened_at"], {"lead": 0, "co": 1, "copied": 2}[task["role"]], task["id"]


def step_view(seq: int, envelope: str, payload: str, step_hash: bytes) -> dict[str, Any]:
    """A stored step as plain values."""
    cover = json.loads(envelope)
    return {
        "seq": seq,
        "id": uuid.UUID(cover["id"]),
        "action": cover["action"],
        "by": uuid.UUID(cover["by"]) if cover["by"] else None,
        "behalf": uuid.UUID(cover["behalf"]) if cover.get("behalf") else None,
        "as_unit": uuid.UUID(cover["as_unit"]) if cover["as_unit"] else None,
        "at": cover["at"],
        "device_at": cover["device_at"],
        "based_on": cover["based_on"],
        "payload": json.loads(payload) if payload != ERASED else ERASED,
        "hash": step_hash.hex(),
    }


def load_step(connection: Connection, step_id: uuid.UUID) -> tuple[dict[str, Any], dict[uuid.UUID, str]]:
    """One step as plain values, and the names of the people it mentions."""
    row = connection.execute(
        select(Step.seq, Step.envelope, Step.hash, StepPayload.payload)
        .join(StepPayload, StepPayload.step_id == Step.id)
        .where(Step.id == step_id)
    ).one()
    step = step_view(row.seq, row.envelope, row.payload, row.hash)
    return step, names_of(connection, [one for one in (step["by"], step["behalf"]) if one])


def names_of(connection: Connection, people: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Person id → name."""
    rows = connection.execute(select(Person.id, Person.name).where(Person.id.in_(list(people))))
    return {row.id: row.name for row in rows}


def visible(record: Record, subjects: Iterable[str]) -> bool:
    """Does one of these subjects have a seat in the case's audience?"""
    return any(subject in record.seats and not record.seats[subject].gone for subject in subjects)


def with_step(
    record: Record, after: rules.Facts, case: Mapping[str, Any], step: Mapping[str, Any], seats: Mapping[str, Seat]
) -> Record:
    """The record after a move, without reading it again."""
    return replace(record, facts=after, case=case, steps=[*record.steps, step], seats=seats)
