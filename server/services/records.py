"""A case as a whole, read in one snapshot or put together while it is being written; decides nothing."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from server.keys import Keys
from server.models import Assignment, Case, Deadline, Grid, Person, PhotoListing, Report, Step, StepPayload
from server.rules import facts as rules
from server.services import parties

HANDLING = frozenset({"settle_on_spot", "handle_here", "sign", "progress", "mediate", "feedback", "finish"})
"""Actions that make somebody a handler 承办人."""
PLACE_FIELDS = ("raw_lon", "raw_lat", "crs", "accuracy_m", "fix", "no_location_reason", "text")


@dataclass(frozen=True, slots=True)
class Record:
    """Everything about a case that its audience may see, as plain values.

    Args:
        case: columns of `Case`.
        report: `PLACE_FIELDS` of the report that opened it.
        grid: (code, name) of the grid version it was filed in.
        steps: in order; each {seq, id, action, by, as_unit, at, device_at, payload, hash}.
        deadlines: columns of `Deadline`.
        assignments: columns of `Assignment`.
        photos: {sha256 (bytes), kind, step, missing}.
        parties: masked.
        names: person id → name, for everyone the steps mention.
    """

    case: Mapping[str, Any]
    report: Mapping[str, Any]
    grid: tuple[str, str] | None
    steps: Sequence[Mapping[str, Any]]
    deadlines: Sequence[Mapping[str, Any]]
    assignments: Sequence[Mapping[str, Any]]
    photos: Sequence[Mapping[str, Any]]
    parties: Sequence[Mapping[str, Any]]
    names: Mapping[uuid.UUID, str]


def load(connection: Connection, keys: Keys, case_id: uuid.UUID) -> Record:
    """Read a whole case (seven statements); the caller has made sure that it may be seen."""
    row = connection.execute(
        select(
            Case.__table__,
            *(getattr(Report, name).label(f"report_{name}") for name in PLACE_FIELDS),
            Grid.code.label("grid_code"),
            Grid.name.label("grid_name"),
        )
        .join(Report, Report.id == Case.id)
        .outerjoin(Grid, Grid.id == Case.grid_id)
        .where(Case.id == case_id)
    ).one()
    values = row._mapping
    return Record(
        case={column.name: values[column] for column in Case.__table__.columns},
        report={name: values[f"report_{name}"] for name in PLACE_FIELDS},
        grid=(row.grid_code, row.grid_name) if row.grid_code is not None else None,
        steps=(steps := _steps(connection, case_id)),
        deadlines=clocks(connection, case_id),
        assignments=assignments(connection, case_id),
        photos=photos(connection, case_id),
        parties=parties.masked(connection, keys, case_id),
        names=_names(connection, {step["by"] for step in steps if step["by"]}),
    )


def photos(connection: Connection, case_id: uuid.UUID) -> list[dict[str, Any]]:
    """The photos a case's reports and steps listed, arrived or not."""
    return [
        {"sha256": row.sha256, "kind": row.kind, "step": row.parent_id, "missing": row.arrived_at is None}
        for row in connection.execute(
            select(PhotoListing.__table__)
            .where(PhotoListing.case_id == case_id)
            .order_by(PhotoListing.parent_id, PhotoListing.position)
        )
    ]


def step_view(seq: int, envelope: str, payload: str, step_hash: bytes) -> dict[str, Any]:
    """A stored step as plain values."""
    cover = json.loads(envelope)
    return {
        "seq": seq,
        "id": uuid.UUID(cover["id"]),
        "action": cover["action"],
        "by": uuid.UUID(cover["by"]) if cover["by"] else None,
        "as_unit": uuid.UUID(cover["as_unit"]) if cover["as_unit"] else None,
        "at": cover["at"],
        "device_at": cover["device_at"],
        "payload": json.loads(payload),
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
    return step, _names(connection, {step["by"]} if step["by"] else set())


def clocks(connection: Connection, case_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every deadline of a case, in the order in which they started."""
    rows = connection.execute(
        select(Deadline.__table__).where(Deadline.case_id == case_id).order_by(Deadline.started_at, Deadline.kind)
    )
    return [dict(row._mapping) for row in rows]


def assignments(connection: Connection, case_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every assignment of a case, in the order in which they were made, the lead first."""
    rows = connection.execute(
        select(Assignment.__table__)
        .where(Assignment.case_id == case_id)
        .order_by(Assignment.opened_at, Assignment.role.desc(), Assignment.id)
    )
    return [dict(row._mapping) for row in rows]


class History(NamedTuple):
    """What the steps so far say about people and attempts."""

    handlers: frozenset[uuid.UUID]
    verifiers: frozenset[uuid.UUID]
    attempts: int
    refused: bool


def history(steps: Iterable[Mapping[str, Any]]) -> History:
    """Read it from steps {action, by, payload}."""
    seen = list(steps)
    mediations = [one["payload"] for one in seen if one["action"] == "mediate"]
    return History(
        handlers=frozenset(one["by"] for one in seen if one["action"] in HANDLING and one["by"]),
        verifiers=frozenset(one["by"] for one in seen if one["action"] == "verify_pass" and one["by"]),
        attempts=sum(one["present"] == "yes" and one["outcome"] != "contacted" for one in mediations),
        refused=any(one["outcome"] == "refused" for one in mediations),
    )


def telling_steps(connection: Connection, case_id: uuid.UUID) -> list[dict[str, Any]]:
    """The steps that `history` looks at: {action, by, payload}."""
    rows = connection.execute(
        select(Step.action, Step.person_id, StepPayload.payload)
        .join(StepPayload, StepPayload.step_id == Step.id)
        .where(Step.case_id == case_id, Step.action.in_((*HANDLING, "verify_pass")))
        .order_by(Step.seq)
    )
    return [{"action": row.action, "by": row.person_id, "payload": json.loads(row.payload)} for row in rows]


def facts(
    case: Mapping[str, Any],
    deadlines: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
    past: History,
    village_desk: uuid.UUID | None,
) -> rules.Facts:
    """What the rules look at."""
    return rules.Facts(
        state=case["state"],
        category=case["category"],
        urgency=case["urgency"],
        holder=case["holder_id"],
        first_responsible=case["first_responsible_id"],
        dispatcher=case["dispatcher_id"],
        village_desk=village_desk,
        settled_level=case["settled_level"],
        rework_count=case["rework_count"],
        reopen_count=case["reopen_count"],
        received_at=case["received_at"],
        ended_at=case["ended_at"],
        clocks=tuple(
            rules.Clock(
                clock["id"], clock["kind"], clock["unit_id"], clock["assignment_id"], clock["round"],
                clock["started_at"], clock["due_current"], clock["met_at"] is None and clock["ended_at"] is None,
            )
            for clock in deadlines
        ),
        assignments=tuple(rules.Assignment(one["id"], one["role"], one["unit_id"], one["state"]) for one in tasks),
        handlers=past.handlers,
        attempts=past.attempts,
        refused=past.refused,
    )  # fmt: skip


def _steps(connection: Connection, case_id: uuid.UUID) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(Step.seq, Step.envelope, Step.hash, StepPayload.payload)
        .join(StepPayload, StepPayload.step_id == Step.id)
        .where(Step.case_id == case_id)
        .order_by(Step.seq)
    )
    return [step_view(row.seq, row.envelope, row.payload, row.hash) for row in rows]


def _names(connection: Connection, people: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = connection.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    return {row.id: row.name for row in rows}
