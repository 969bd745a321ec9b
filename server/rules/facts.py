"""What decisions look at and what they change: plain values shared by the table of moves and its effects."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from server.rules import deadlines
from server.rules.rulebook import RuleBook


class State(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"  # 待受理
    ACCEPTED = "accepted"  # 待分派
    IN_PROGRESS = "in_progress"  # 处置中
    AWAITING_VERIFICATION = "awaiting_verification"  # 待核查
    CLOSED = "closed"  # 已结案
    REJECTED = "rejected"  # 不予受理
    VOID = "void"  # 作废


OPEN: frozenset[str] = frozenset({State.SUBMITTED, State.ACCEPTED, State.IN_PROGRESS, State.AWAITING_VERIFICATION})
"""States in which somebody must act; exactly one unit holds the case."""


class TaskState(StrEnum):
    """Where one unit's assignment stands."""

    PENDING = "pending"  # 待签收
    HANDLING = "handling"  # 处理中
    REPORTED = "reported"  # 已反馈
    RECALLED = "recalled"  # 收回
    WAIVED = "waived"  # 免除


ACTIVE: frozenset[str] = frozenset({TaskState.PENDING, TaskState.HANDLING})

Role = Literal["reporter", "holder", "dispatcher", "lead", "co", "superior", "leader", "verifier"]
TaskRole = Literal["lead", "co", "copied"]
Told = Literal[
    "reporter", "holder", "holder_leader", "old_holder", "first_responsible", "dispatcher", "lead", "co", "units",
    "superior", "person", "handlers", "verifier", "approver", "asker", "issuer",
]
"""Who hears of a move besides whoever makes it. `reporter`: everyone who filed a report of this case. `holder`, `lead`,
`co`, `dispatcher`, `first_responsible`: that unit's members as things stand after the move; `old_holder` before it.
`units`: those this move gives a part, or takes one from. `superior`: the centre above the unit that held it. `person`:
the one asked or named. `approver` and `asker`: who must answer a request, and who made it. `issuer`: who supervises.
Copied units always hear."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline as the rules see it: running while neither met nor ended."""

    id: uuid.UUID
    kind: str
    unit: uuid.UUID
    assignment: uuid.UUID | None
    round: int
    started_at: datetime
    due_current: datetime
    running: bool


@dataclass(frozen=True, slots=True)
class Assignment:
    """主办, 协办 or 知会 of one unit."""

    id: uuid.UUID
    role: str
    unit: uuid.UUID
    state: str

    @property
    def active(self) -> bool:
        return self.role != "copied" and self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision looks at.

    Args:
        state: None before the case exists.
        village_desk: the centre of the village the case lies in, if it lies in one.
        settled_level: the least level it may count as settled at.
        received_at, ended_at: by the server's clock.
        handlers: everyone who signed, progressed, mediated, fed back, finished or settled 承办人.
        attempts: mediation attempts with the parties present, and whether the parties refused.
    """

    state: str | None
    category: str
    urgency: int
    holder: uuid.UUID | None
    first_responsible: uuid.UUID | None
    dispatcher: uuid.UUID | None = None
    village_desk: uuid.UUID | None = None
    settled_level: str | None = None
    rework_count: int = 0
    reopen_count: int = 0
    received_at: datetime | None = None
    ended_at: datetime | None = None
    clocks: tuple[Clock, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    handlers: frozenset[uuid.UUID] = frozenset()
    attempts: int = 0
    refused: bool = False

    @property
    def lead(self) -> Assignment | None:
        """The open lead assignment, if any."""
        return next((one for one in self.assignments if one.role == "lead" and one.active), None)

    @property
    def helpers(self) -> list[Assignment]:
        """Open co assignments."""
        return [one for one in self.assignments if one.role == "co" and one.active]

    def running(self, kind: str, assignment: uuid.UUID | None = None) -> list[uuid.UUID]:
        """Ids of running clocks of a kind, of one assignment or of the case."""
        return [
            clock.id
            for clock in self.clocks
            if clock.running and clock.kind == kind and (assignment is None or clock.assignment == assignment)
        ]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is to a case.

    Args:
        person: who.
        roles: every role they have to it.
        tasks: ids of the open assignments they act for, by the assignment's role.
    """

    person: uuid.UUID
    roles: frozenset[Role]
    tasks: Mapping[str, Sequence[uuid.UUID]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """A move that somebody wants to make: which, with what, under which step id, on which assignment, and when."""

    step_id: uuid.UUID
    action: str
    payload: Mapping[str, Any]
    now: datetime
    standing: Standing
    assignment: uuid.UUID | None = None


class Offices(Protocol):
    """The tree of units, as far as the rules need it."""

    def level_of(self, unit: uuid.UUID) -> str:
        """village, township, county or city: the level of the unit's area."""

    def parent_centre(self, unit: uuid.UUID) -> uuid.UUID | None:
        """The centre above: a department's is its own area's; the top centre has none."""

    def within_reach(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        """Units a centre may hand work to: itself, departments and mediation bodies of its area, and for a
        township its village desks."""


@dataclass(frozen=True, slots=True)
class World:
    """What is in force while a move is judged."""

    rules: RuleBook
    offices: Offices


@dataclass(frozen=True, slots=True)
class Started:
    """A clock that a move starts."""

    id: uuid.UUID
    kind: str
    unit: uuid.UUID
    assignment: uuid.UUID | None
    round: int
    started_at: datetime
    span: deadlines.Span
    due: datetime


@dataclass(frozen=True, slots=True)
class Effects:
    """What a move changes; stored with the step, so that the state can be folded from the steps alone.

    Args:
        fields: case column → new value.
        started: clocks that begin.
        met: ids of clocks met by this move. `ended`: stopped without being met. `unmet`: running again.
        redue: clock id → new `due_current`.
        opened: assignments that begin.
        tasks: assignment id → column → new value.
        seen_by: units that join the audience. `unseen_by`: units that lose sight of the rest.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    started: Sequence[Started] = ()
    met: Sequence[uuid.UUID] = ()
    ended: Sequence[uuid.UUID] = ()
    unmet: Sequence[uuid.UUID] = ()
    redue: Mapping[uuid.UUID, datetime] = field(default_factory=dict)
    opened: Sequence[Assignment] = ()
    tasks: Mapping[uuid.UUID, Mapping[str, Any]] = field(default_factory=dict)
    seen_by: Sequence[uuid.UUID] = ()
    unseen_by: Sequence[uuid.UUID] = ()


def start_clock(
    kind: str,
    unit: uuid.UUID,
    facts: Facts,
    ask: Ask,
    world: World,
    *,
    assignment: uuid.UUID | None = None,
    due: datetime | None = None,
) -> Started:
    """Start a clock of this kind by the rule book, or one that runs out earlier at `due`."""
    span = world.rules.limit(facts.category, facts.urgency, kind)
    rounds = [clock.round for clock in facts.clocks if clock.kind == kind and clock.assignment == assignment]
    number = max(rounds, default=0) + 1
    return Started(
        id=uuid.uuid5(ask.step_id, f"{kind}:{assignment or unit}"),
        kind=kind,
        unit=unit,
        assignment=assignment,
        round=number,
        started_at=ask.now,
        span=span,
        due=due or deadlines.due(ask.now, span, world.rules.calendar),
    )
