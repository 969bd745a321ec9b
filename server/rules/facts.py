"""What decisions look at: a case with its clocks, assignments and requests as plain values; decides nothing.

Fields are named as the columns that keep them, so that a row becomes a value without a word of translation.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from server.rules.deadlines import Pause, TimeUnit


class State(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"  # 待受理
    ACCEPTED = "accepted"  # 待分派
    IN_PROGRESS = "in_progress"  # 处置中
    AWAITING_VERIFICATION = "awaiting_verification"  # 待核查
    SUSPENDED = "suspended"  # 挂起
    EXTERNAL = "external"  # 转出待回执
    CLOSED = "closed"  # 已结案
    REJECTED = "rejected"  # 不予受理
    VOID = "void"  # 作废
    MERGED = "merged"  # 并入


OPEN: frozenset[str] = frozenset(
    {
        State.SUBMITTED, State.ACCEPTED, State.IN_PROGRESS, State.AWAITING_VERIFICATION, State.SUSPENDED,
        State.EXTERNAL,
    }
)  # fmt: skip
"""States in which somebody must act; exactly one unit holds the case."""
LED: frozenset[str] = frozenset({State.IN_PROGRESS, State.SUSPENDED, State.EXTERNAL})
"""States with exactly one open lead."""


LEVELS = ("grid", "village", "township", "county", "city", "external")
"""Where something was settled, the lowest first."""


class TaskState(StrEnum):
    """Where one unit's assignment stands."""

    PENDING = "pending"  # 待签收
    HANDLING = "handling"  # 处理中
    RETURN_ASKED = "return_asked"  # 申请退回
    REPORTED = "reported"  # 已反馈
    RETURNED = "returned"  # 已退回
    RECALLED = "recalled"  # 收回
    WAIVED = "waived"  # 免除


ACTIVE: frozenset[str] = frozenset({TaskState.PENDING, TaskState.HANDLING, TaskState.RETURN_ASKED})

TaskRole = Literal["lead", "co", "copied"]
ClockKind = Literal[
    "accept", "dispatch", "sign", "arrive", "contact", "handle", "verify", "answer", "reply", "receipt", "overall"
]
RequestKind = Literal[
    "return", "ruling", "extension", "suspension", "renewal", "transfer", "void", "check", "supervision"
]
Told = Literal[
    "reporter", "holder", "holder_leader", "old_holder", "old_dispatcher", "first_responsible", "dispatcher", "lead",
    "co", "units", "superior", "person", "handlers", "verifier", "approver", "asker", "issuer", "overseer",
]  # fmt: skip
"""Who hears of a move besides whoever makes it. `reporter`: everyone who filed a report of this case. `holder`, `lead`,
`co`, `dispatcher`, `first_responsible`: that unit's members as things stand after the move; `old_holder` (of an ended
case: who held it last), `old_dispatcher`: before it.
`units`: those this move gives a part, or takes one from. `superior`: the centre above the unit that held it. `person`:
the one asked or named. `approver` and `asker`: who must answer a request, and who made it. `issuer`: who supervises.
`overseer`: who must know that a limit ran out.
Copied units always hear."""

OPEN_REQUEST, SILENT = "open", "silent"


@dataclass(frozen=True, slots=True)
class Clock:
    """时限: running while neither met nor ended; `stage` is the ladder's highest rung that has fired,
    `fixed` says that somebody set its due by hand, so that a changed calendar leaves it."""

    id: uuid.UUID
    kind: str
    unit_id: uuid.UUID
    assignment_id: uuid.UUID | None
    request_id: uuid.UUID | None
    round: int
    started_at: datetime
    amount: int
    unit: TimeUnit
    due_original: datetime
    due_current: datetime
    met_at: datetime | None = None
    ended_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    stage: int = 0
    fixed: bool = False
    offline_late: bool = False
    excused: bool = False

    @property
    def running(self) -> bool:
        return self.met_at is None and self.ended_at is None

    @property
    def paused(self) -> bool:
        return self.running and bool(self.pauses) and self.pauses[-1][1] is None

    def overdue(self, now: datetime) -> bool:
        """Has it run out? One that stands still is judged by when it stopped."""
        return self.running and (self.pauses[-1][0] if self.paused else now) > self.due_current


@dataclass(frozen=True, slots=True)
class Assignment:
    """主办, 协办 or 知会 of one unit; `pool` units wait for one of them to sign and lead."""

    id: uuid.UUID
    role: str
    unit_id: uuid.UUID
    state: str
    handler_id: uuid.UUID | None = None
    pool: bool = False
    place: str | None = None
    arrive_by: datetime | None = None
    opened_at: datetime | None = None
    signed_at: datetime | None = None
    arrived_at: datetime | None = None
    reported_at: datetime | None = None
    ended_at: datetime | None = None
    result: str | None = None

    @property
    def active(self) -> bool:
        return self.role != "copied" and self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Request:
    """An ask that somebody else answers: a return, an extension, a check, a supervision to be acknowledged …

    Args:
        to_unit_id, to_leader: who answers: the unit's members, or its leaders only.
        to_person_id: or one person.
        terms: what was asked for, as the kind needs it (JSON).
        state: `open`; `silent` when its time passed without an answer; else how it ended.
    """

    id: uuid.UUID
    kind: str
    assignment_id: uuid.UUID | None
    by_unit_id: uuid.UUID | None
    by_person_id: uuid.UUID | None
    to_unit_id: uuid.UUID | None
    to_leader: bool
    to_person_id: uuid.UUID | None
    asked_at: datetime
    answer_due: datetime | None
    answered_at: datetime | None = None
    state: str = OPEN_REQUEST
    terms: dict[str, Any] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.state in (OPEN_REQUEST, SILENT)


@dataclass(frozen=True, slots=True)
class Facts:
    """A case as decisions see it. Counters and marks are columns of `cases`; what stands last is read beside it.

    Args:
        state: None before the case exists.
        ended_by_unit_id: the centre that held the case when it was closed, rejected, voided or withdrawn.
        settled_level: the least level it may count as settled at.
        escalated: it went up to a superior for handling.
        handed_by_id: who handed it down, while the centre below has it from there. hand_downs: how often that happened.
        expecting: centres that handed it down and verify what is closed below. `sent_back`: it came back up once.
        overruled: a superior had it accepted, so that it may not be declined again.
        withdrawn: its reporter took it back, which no office decided.
        looked_at: when somebody last looked at the place: answered a check, or sent a photo of the progress.
        doubted: an inspection, or a resident of a case that follows it, found fault with its present closing.
        reviewer_id: the centre that must review the closing.
        found_false: an inspection said that the handling was false 虚假办结.
        wake_at: when the office must look at the case next by itself.
        village_desk: the centre of the village the case lies in, if it lies in one.
        resident: somebody who is not of the office is concerned and may be visited.
        master: the case that it was merged into, once more as decisions see it.
        heard_at: when its resident was last asked at a visit or rated it.
        reporters: who filed its reports. `followers`: cases merged into it, each with whoever filed it.
        handlers: everyone who signed, progressed, mediated, fed back, finished or settled 承办人, or was named to.
        verifiers: who verified its closing. `mergers`: units that merged it into another.
        attempts: mediation attempts with the parties present, and whether the parties refused.
        answered: kinds of answers its origin got.
        led: units concerned that have a leader in office, where a move asks.
        on_duty: of holder and dispatcher, those whose roster 值班表 has somebody on duty now.
    """

    state: str | None
    category: str
    urgency: int
    holder_id: uuid.UUID | None
    id: uuid.UUID | None = None
    first_responsible_id: uuid.UUID | None = None
    dispatcher_id: uuid.UUID | None = None
    ended_by_unit_id: uuid.UUID | None = None
    source: str = "patrol"
    area_code: str = ""
    result: str | None = None
    route: str | None = None
    settled_level: str | None = None
    escalated: bool = False
    registered_only: bool = False
    self_verified: bool = False
    repeat_of: uuid.UUID | None = None
    rework_count: int = 0
    reopen_count: int = 0
    handed_by_id: uuid.UUID | None = None
    hand_downs: int = 0
    objected: bool = False
    leader_in_charge_id: uuid.UUID | None = None
    rung: str | None = None
    master_id: uuid.UUID | None = None
    split_at: datetime | None = None
    suspended_at: datetime | None = None
    review_at: datetime | None = None
    reviewer_id: uuid.UUID | None = None
    found_false: bool = False
    visit_owed: bool = False
    visit_tries: int = 0
    satisfaction: str | None = None
    received_at: datetime | None = None
    accepted_at: datetime | None = None
    finished_at: datetime | None = None
    ended_at: datetime | None = None
    wake_at: datetime | None = None
    grid_id: int | None = None
    origin: bool = False
    clocks: tuple[Clock, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    requests: tuple[Request, ...] = ()
    reporters: frozenset[uuid.UUID] = frozenset()
    village_desk: uuid.UUID | None = None
    resident: bool = False
    followers: frozenset[tuple[uuid.UUID, uuid.UUID]] = frozenset()
    handlers: frozenset[uuid.UUID] = frozenset()
    verifiers: frozenset[uuid.UUID] = frozenset()
    mergers: frozenset[uuid.UUID] = frozenset()
    attempts: int = 0
    refused: bool = False
    answered: frozenset[str] = frozenset()
    expecting: frozenset[uuid.UUID] = frozenset()
    sent_back: bool = False
    overruled: bool = False
    withdrawn: bool = False
    looked_at: datetime | None = None
    heard_at: datetime | None = None
    doubted: bool = False
    led: frozenset[uuid.UUID] = frozenset()
    on_duty: frozenset[uuid.UUID] = frozenset()
    master: "Facts | None" = None

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def followers_reporters(self) -> frozenset[uuid.UUID]:
        """Who filed the cases merged into it."""
        return frozenset(reporter for _, reporter in self.followers)

    @property
    def closing(self) -> "Facts | None":
        """The case whose closing answers for this one: its own, or its master's; None while there is none."""
        answering = self.master if self.state == State.MERGED else self
        return answering if answering is not None and answering.state == State.CLOSED else None

    @property
    def lead(self) -> Assignment | None:
        """The open lead assignment, if any."""
        return next((one for one in self.assignments if one.role == "lead" and one.active), None)

    @property
    def helpers(self) -> list[Assignment]:
        """Open co assignments."""
        return [one for one in self.assignments if one.role == "co" and one.active]

    @property
    def last_lead(self) -> Assignment | None:
        """The lead that works or worked on it last."""
        ends = {one.reported_at: one for one in self.assignments if one.role == "lead" and one.reported_at is not None}
        return self.lead or (ends[max(ends)] if ends else None)

    @property
    def concerned(self) -> uuid.UUID | None:
        """The unit whose superiors decide above it: who holds it, or held it when it ended."""
        return self.holder_id or self.ended_by_unit_id or self.dispatcher_id

    def running(
        self, *kinds: str, assignment: uuid.UUID | None = None, request: uuid.UUID | None = None
    ) -> list[Clock]:
        """Running clocks of these kinds (all kinds when none is named), of one assignment or request if named."""
        return [
            clock
            for clock in self.clocks
            if clock.running
            and (not kinds or clock.kind in kinds)
            and (assignment is None or clock.assignment_id == assignment)
            and (request is None or clock.request_id == request)
        ]

    def asked(self, *kinds: str, assignment: uuid.UUID | None = None) -> list[Request]:
        """Open requests of these kinds."""
        return [
            one
            for one in self.requests
            if one.open and (not kinds or one.kind in kinds) and (assignment is None or one.assignment_id == assignment)
        ]
