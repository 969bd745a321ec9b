"""The closed loop: requests, stand-ins, duty rosters, and what cases, steps, assignments and clocks say beyond the
ground floor."""

import json
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from server.models.columns import Instant, code_text

revision = "0002_closed_loop"
down_revision = "0001_ground_floor"

_OPEN = ("submitted", "accepted", "in_progress", "awaiting_verification")
_ACCEPTING = ("accept", "handle_here", "settle_on_spot", "register_only")
_FINISHING = ("finish", "settle_on_spot", "register_only")


def upgrade() -> None:
    _requests()
    _people()
    for name, kind, reference in (
        ("accepted_at", Instant(), None), ("finished_at", Instant(), None), ("wake_at", Instant(), None),
        ("split_at", Instant(), None), ("suspended_at", Instant(), None), ("review_at", Instant(), None),
        ("ended_by_unit_id", sa.Uuid(), "units"), ("handed_by_id", sa.Uuid(), "units"),
        ("answer_to_id", sa.Uuid(), "units"), ("reviewer_id", sa.Uuid(), "units"),
        ("leader_in_charge_id", sa.Uuid(), "persons"), ("master_id", sa.Uuid(), "cases"),
        ("rung", sa.String(12), None), ("satisfaction", sa.String(10), None),
    ):  # fmt: skip
        _add("cases", name, kind, reference=reference)
    for name in ("hand_downs", "visit_tries"):
        _add("cases", name, sa.Integer(), default="0")
    for name in ("visit_owed", "escalated", "registered_only", "self_verified", "objected", "found_false"):
        _add("cases", name, sa.Boolean(), default="false")
    _add("assignments", "handler_id", sa.Uuid(), reference="persons")
    _add("assignments", "pool", sa.Boolean(), default="false")
    _add("assignments", "place", sa.Text())
    _add("assignments", "arrive_by", Instant())
    _add("assignments", "ended_at", Instant())
    _add("deadlines", "request_id", sa.Uuid(), reference="requests")
    _add("deadlines", "pauses", sa.JSON(), default="'[]'")
    _add("deadlines", "stage", sa.Integer(), default="0")
    for name in ("fixed", "offline_late", "excused"):
        _add("deadlines", name, sa.Boolean(), default="false")
    _add("units", "ended_at", Instant())
    _steps()
    _cases()
    _indexes()


def _add(table: str, name: str, kind: Any, *, reference: str | None = None, default: str | None = None) -> None:
    """Add a column alike on both databases; a default only fills the rows that are there."""
    dialect = op.get_bind().dialect
    words = f"ALTER TABLE {table} ADD COLUMN {name} {kind.compile(dialect=dialect)}"
    if default is not None:
        default = {"false": "0"}.get(default, default) if dialect.name == "sqlite" else default
        words += f" NOT NULL DEFAULT {default}"
    if reference is not None:
        words += f" CONSTRAINT fk_{table}_{name} REFERENCES {reference} (id)"
    op.execute(words)
    if default is not None and dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT")


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("by_unit_id", sa.Uuid(), nullable=True),
        sa.Column("by_person_id", sa.Uuid(), nullable=True),
        sa.Column("to_unit_id", sa.Uuid(), nullable=True),
        sa.Column("to_leader", sa.Boolean(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("answer_due", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name="fk_requests_assignment_id"),
        sa.ForeignKeyConstraint(["by_person_id"], ["persons.id"], name="fk_requests_by_person_id"),
        sa.ForeignKeyConstraint(["by_unit_id"], ["units.id"], name="fk_requests_by_unit_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_requests_case_id"),
        sa.ForeignKeyConstraint(["to_person_id"], ["persons.id"], name="fk_requests_to_person_id"),
        sa.ForeignKeyConstraint(["to_unit_id"], ["units.id"], name="fk_requests_to_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_case_id", "requests", ["case_id"])
    for name in ("to_unit_id", "to_person_id"):
        waiting = sa.text("answered_at IS NULL")
        op.create_index(f"ix_requests_{name}", "requests", [name], postgresql_where=waiting, sqlite_where=waiting)


def _people() -> None:
    op.create_table(
        "grid_desks",
        sa.Column("grid_code", code_text(32), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_grid_desks_unit_id"),
        sa.PrimaryKeyConstraint("grid_code", name="pk_grid_desks"),
    )
    _add("grants", "behalf_id", sa.Uuid(), reference="persons")
    op.create_index("ix_grants_behalf_id", "grants", ["behalf_id"])
    op.create_table(
        "duty_shifts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_duty_shifts_person_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_duty_shifts_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_shifts"),
        sa.UniqueConstraint("unit_id", "person_id", "starts_at", name="uq_duty_shifts_unit_id_person_id_starts_at"),
    )
    op.create_index("ix_duty_shifts_unit_id", "duty_shifts", ["unit_id"])


def _steps() -> None:
    """What the envelope says anyway, as columns that figures can go by. The triggers rest while old rows are filled."""
    connection = op.get_bind()
    epoch = "'1970-01-01T00:00:00.000000Z'" if connection.dialect.name == "sqlite" else "'1970-01-01T00:00:00Z'"
    _add("steps", "at", Instant(), default=epoch)
    _add("steps", "state", sa.String(24), default="''")
    _add("steps", "unit_id", sa.Uuid(), reference="units")
    steps = sa.table(
        "steps", sa.column("id", sa.Uuid()), sa.column("case_id", sa.Uuid()), sa.column("seq", sa.Integer()),
        sa.column("envelope", sa.Text()), sa.column("at", Instant()), sa.column("state", sa.String()),
        sa.column("unit_id", sa.Uuid()),
    )  # fmt: skip
    in_order = sa.select(steps.c.id, steps.c.case_id, steps.c.envelope).order_by(steps.c.case_id, steps.c.seq)
    rows = connection.execute(in_order)
    states: dict[object, str] = {}
    filled = []
    for row in rows:
        cover = json.loads(row.envelope)
        states[row.case_id] = cover["effects"]["case"].get("state", states.get(row.case_id, ""))
        unit = uuid.UUID(cover["as_unit"]) if cover["as_unit"] else None
        at = datetime.fromisoformat(cover["at"])
        filled.append({"step": row.id, "when_": at, "after": states[row.case_id], "unit_": unit})
    if not filled:
        return
    guarded = ("ALTER TABLE steps DISABLE TRIGGER steps_append_only",) if connection.dialect.name == "postgresql" else (
        "DROP TRIGGER steps_no_update",
    )  # fmt: skip
    again = ("ALTER TABLE steps ENABLE TRIGGER steps_append_only",) if connection.dialect.name == "postgresql" else (
        "CREATE TRIGGER steps_no_update BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'steps are append-only'); END",
    )  # fmt: skip
    for words in guarded:
        op.execute(words)
    connection.execute(
        sa.update(steps).where(steps.c.id == sa.bindparam("step")).values(
            at=sa.bindparam("when_"), state=sa.bindparam("after"), unit_id=sa.bindparam("unit_"),
        ),
        filled,
    )  # fmt: skip
    for words in again:
        op.execute(words)


def _cases() -> None:
    """What old cases would say had they been handled by this release."""
    cases = sa.table(
        "cases", sa.column("id", sa.Uuid()), sa.column("state", sa.String()), sa.column("received_at", Instant()),
        sa.column("wake_at", Instant()), sa.column("accepted_at", Instant()), sa.column("finished_at", Instant()),
        sa.column("dispatcher_id", sa.Uuid()), sa.column("first_responsible_id", sa.Uuid()),
        sa.column("ended_by_unit_id", sa.Uuid()), sa.column("escalated", sa.Boolean()),
        sa.column("registered_only", sa.Boolean()),
    )  # fmt: skip
    steps = sa.table(
        "steps", sa.column("case_id", sa.Uuid()), sa.column("action", sa.String()), sa.column("at", Instant()),
        sa.column("seq", sa.Integer()), sa.column("unit_id", sa.Uuid()),
    )  # fmt: skip

    def made(*actions: str) -> Any:
        return (steps.c.case_id == cases.c.id) & steps.c.action.in_(actions)

    def when(moment: Any, *actions: str) -> Any:
        return sa.select(moment(steps.c.at)).where(made(*actions)).scalar_subquery()

    ending = sa.select(steps.c.unit_id).where(made("verify_pass", "register_only", "reject"))
    last = ending.order_by(steps.c.seq.desc()).limit(1).scalar_subquery()
    ended_by = sa.func.coalesce(last, cases.c.dispatcher_id, cases.c.first_responsible_id)
    for statement in (
        cases.update().where(cases.c.state.in_(_OPEN)).values(wake_at=cases.c.received_at),
        cases.update().values(accepted_at=when(sa.func.min, *_ACCEPTING)),
        cases.update()
        .where(cases.c.state.in_(("awaiting_verification", "closed")))
        .values(finished_at=when(sa.func.max, *_FINISHING)),
        cases.update().where(cases.c.state.in_(("closed", "rejected"))).values(ended_by_unit_id=ended_by),
        cases.update().where(sa.exists().where(made("escalate"))).values(escalated=True),
        cases.update().where(sa.exists().where(made("register_only"))).values(registered_only=True),
    ):
        op.execute(statement)


def _indexes() -> None:
    op.create_index("ix_cases_area_code", "cases", ["area_code", "received_at"])
    op.create_index("ix_cases_master_id", "cases", ["master_id"])
    waking = sa.text("wake_at IS NOT NULL")
    op.create_index("ix_cases_wake_at", "cases", ["wake_at"], postgresql_where=waking, sqlite_where=waking)
    op.create_index("ix_steps_action_at", "steps", ["action", "at"])
    op.create_index("ix_assignments_handler_id", "assignments", ["handler_id"])
    op.create_index("ix_deadlines_kind_due_original", "deadlines", ["kind", "due_original"])
    op.drop_index("ix_units_one_centre", "units")
    one = sa.text("kind = 'centre' AND ended_at IS NULL")
    op.create_index(
        "ix_units_one_centre", "units", ["area_code"], unique=True, postgresql_where=one, sqlite_where=one
    )  # fmt: skip
