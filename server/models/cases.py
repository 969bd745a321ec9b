"""The books: reports as filed, cases, their steps, clocks and audience."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    String,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.columns import Instant, Spans, code_text, long_text


class Case(Base):
    """事项: the office's handling of one matter. Only `services/cases.advance()` writes `state`."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_cell_received_at", "cell", "received_at"),
        Index("ix_cases_holder_id_state", "holder_id", "state", "received_at"),
        Index("ix_cases_area_code", "area_code", "received_at"),
        Index("ix_cases_wake_at", "wake_at", postgresql_where=text("wake_at IS NOT NULL"),
              sqlite_where=text("wake_at IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(code_text(40), unique=True)
    state: Mapped[str] = mapped_column(String(24))
    version: Mapped[int] = mapped_column(Integer)
    head_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    category: Mapped[str] = mapped_column(code_text(32), ForeignKey("categories.code"))
    urgency: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(12))
    confidential: Mapped[bool] = mapped_column(Boolean)
    repeat_of: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"))
    reporter_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime] = mapped_column(Instant())
    received_at: Mapped[datetime] = mapped_column(Instant())
    accepted_at: Mapped[datetime | None] = mapped_column(Instant())
    """When it was first accepted, or settled before that."""
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    """The last finish or settlement; empty while it is at work."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
    wake_at: Mapped[datetime | None] = mapped_column(Instant())
    """When the sweep must look at it."""
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id"))
    grid_match: Mapped[str] = mapped_column(String(8))
    grid_candidates: Mapped[list[Any]] = mapped_column(JSON)
    area_code: Mapped[str] = mapped_column(code_text(12), ForeignKey("areas.code"))
    lon: Mapped[float | None] = mapped_column(Float(53))
    lat: Mapped[float | None] = mapped_column(Float(53))
    cell: Mapped[int | None] = mapped_column(BigInteger)
    """Square of 0.005° the place lies in: what "nearby" searches go through."""
    holder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    dispatcher_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    first_responsible_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    ended_by_unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    """The centre that held it when it was closed, declined, voided or merged."""
    handed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    reviewer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    leader_in_charge_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    """包案领导."""
    master_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    split_at: Mapped[datetime | None] = mapped_column(Instant())
    suspended_at: Mapped[datetime | None] = mapped_column(Instant())
    review_at: Mapped[datetime | None] = mapped_column(Instant())
    rung: Mapped[str | None] = mapped_column(String(12))
    result: Mapped[str | None] = mapped_column(String(12))
    route: Mapped[str | None] = mapped_column(String(32))
    settled_level: Mapped[str | None] = mapped_column(String(10))
    satisfaction: Mapped[str | None] = mapped_column(String(10))
    rework_count: Mapped[int] = mapped_column(Integer)
    reopen_count: Mapped[int] = mapped_column(Integer)
    hand_downs: Mapped[int] = mapped_column(Integer)
    visit_tries: Mapped[int] = mapped_column(Integer)
    visit_owed: Mapped[bool] = mapped_column(Boolean)
    escalated: Mapped[bool] = mapped_column(Boolean)
    registered_only: Mapped[bool] = mapped_column(Boolean)
    self_verified: Mapped[bool] = mapped_column(Boolean)
    objected: Mapped[bool] = mapped_column(Boolean)
    found_false: Mapped[bool] = mapped_column(Boolean)


class Report(Base):
    """上报: what a person filed, exactly; never edited afterwards."""

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_origin", "origin_system", "origin_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    category: Mapped[str] = mapped_column(code_text(32))
    text: Mapped[str] = mapped_column(long_text())
    urgency: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(12))
    filed_at: Mapped[datetime] = mapped_column(Instant())
    received_at: Mapped[datetime] = mapped_column(Instant())
    raw_lon: Mapped[float | None] = mapped_column(Float(53))
    raw_lat: Mapped[float | None] = mapped_column(Float(53))
    crs: Mapped[str | None] = mapped_column(String(8))
    accuracy_m: Mapped[float | None] = mapped_column(Float(53))
    fix: Mapped[str | None] = mapped_column(String(8))
    no_location_reason: Mapped[str | None] = mapped_column(long_text())
    chosen_grid: Mapped[str | None] = mapped_column(code_text(32))
    occurred_at: Mapped[datetime | None] = mapped_column(Instant())
    involved_count: Mapped[int | None] = mapped_column(Integer)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    same_as: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"))
    origin_system: Mapped[str | None] = mapped_column(code_text(64))
    origin_id: Mapped[str | None] = mapped_column(code_text(128))
    origin_due_at: Mapped[datetime | None] = mapped_column(Instant())


class Step(Base):
    """流转记录: one thing that happened to a case. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "steps"
    __table_args__ = (UniqueConstraint("case_id", "seq"), Index("ix_steps_action_at", "action", "at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    seq: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Instant())
    state: Mapped[str] = mapped_column(String(24))
    """The case's state after it: what stood at any earlier moment can be read from the steps alone."""
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    """The unit it was made for."""
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    content: Mapped[bytes] = mapped_column(LargeBinary(32))
    """HMAC-SHA-256 of the submission as received: tells a replay from another content under the same id."""
    change: Mapped[int] = mapped_column(BigInteger, index=True)
    """Change number of the transaction that wrote it: anchors of the log go by it."""
    envelope: Mapped[str] = mapped_column(long_text())
    """Canonical JSON: seq, id, action, actor, times, based_on, effects and the digest of the payload."""
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class StepPayload(Base):
    """What a step carried, beside the chain, so that it can be erased while the chain still verifies."""

    __tablename__ = "step_payloads"

    step_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("steps.id"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    payload: Mapped[str] = mapped_column(long_text())


class Assignment(Base):
    """分派: one unit's part in a case: 主办 lead, 协办 co or 知会 copied."""

    __tablename__ = "assignments"
    __table_args__ = (Index("ix_assignments_unit_id_state", "unit_id", "state"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    role: Mapped[str] = mapped_column(String(6))
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("units.id"))
    state: Mapped[str] = mapped_column(String(12))
    handler_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"), index=True)
    """承办人 named by the unit."""
    pool: Mapped[bool] = mapped_column(Boolean)
    """One of several that wait for whoever signs first; the centre stands as lead meanwhile."""
    place: Mapped[str | None] = mapped_column(long_text())
    arrive_by: Mapped[datetime | None] = mapped_column(Instant())
    opened_at: Mapped[datetime] = mapped_column(Instant())
    signed_at: Mapped[datetime | None] = mapped_column(Instant())
    arrived_at: Mapped[datetime | None] = mapped_column(Instant())
    reported_at: Mapped[datetime | None] = mapped_column(Instant())
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
    result: Mapped[str | None] = mapped_column(long_text())


class Request(Base):
    """An ask that somebody else answers: a return, an extension, a suspension, a transfer, a check, a supervision."""

    __tablename__ = "requests"
    __table_args__ = (
        Index("ix_requests_to_unit_id", "to_unit_id", postgresql_where=text("answered_at IS NULL"),
              sqlite_where=text("answered_at IS NULL")),
        Index("ix_requests_to_person_id", "to_person_id", postgresql_where=text("answered_at IS NULL"),
              sqlite_where=text("answered_at IS NULL")),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    assignment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("assignments.id"))
    by_unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    by_person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    to_unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    to_leader: Mapped[bool] = mapped_column(Boolean)
    to_person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant())
    answer_due: Mapped[datetime | None] = mapped_column(Instant())
    answered_at: Mapped[datetime | None] = mapped_column(Instant())
    state: Mapped[str] = mapped_column(String(14))
    """`open`, `silent` (its time passed), else how it ended."""
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)


class Deadline(Base):
    """时限: one clock of one kind, owned by one unit; `due_original` never changes."""

    __tablename__ = "deadlines"
    __table_args__ = (
        Index("ix_deadlines_open_due", "due_current", postgresql_where=text("met_at IS NULL AND ended_at IS NULL"),
              sqlite_where=text("met_at IS NULL AND ended_at IS NULL")),
        Index("ix_deadlines_kind_due_original", "kind", "due_original"),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("units.id"))
    assignment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("assignments.id"))
    request_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("requests.id"))
    round: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(Instant())
    amount: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str] = mapped_column(String(15))
    due_original: Mapped[datetime] = mapped_column(Instant())
    due_current: Mapped[datetime] = mapped_column(Instant())
    met_at: Mapped[datetime | None] = mapped_column(Instant())
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
    """Stopped without being met: the case ended or moved away."""
    pauses: Mapped[tuple[tuple[datetime, datetime | None], ...]] = mapped_column(Spans())
    """From when to when it stood still."""
    stage: Mapped[int] = mapped_column(Integer)
    """The highest stage of the ladder that has fired."""
    fixed: Mapped[bool] = mapped_column(Boolean)
    """Its due was set by hand; a changed calendar leaves it."""
    offline_late: Mapped[bool] = mapped_column(Boolean)
    """离线迟到: met in time by the device's clock, too late by ours."""
    excused: Mapped[bool] = mapped_column(Boolean)


class Audience(Base):
    """知情范围: who may see a case. Lists, details, counts, changes, photos all read these rows and no others.

    `subject` is `p:<person id>`, `u:<unit id>`, `s:<unit id>` (a sensitive case: the unit's leaders and named
    members only) or `a:<area code>` (its inspectors); a person stands under several.
    """

    __tablename__ = "audience"
    __table_args__ = (
        Index("ix_audience_list", "subject", "received_at", "case_id"),
        Index("ix_audience_changes", "subject", "change", "case_id"),
    )

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(code_text(48), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(Instant())
    change: Mapped[int] = mapped_column(BigInteger)
    gone: Mapped[bool] = mapped_column(Boolean)
    lasting: Mapped[bool] = mapped_column(Boolean)
    """Stays whatever happens: the reporter, centres that held the case, their superiors, inspectors."""
