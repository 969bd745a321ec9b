"""The life of a case as one table: states, moves, who may make them, what they need and what they change.

`decide()` judges one move, `offers()` lists what a person may do now; both read the same rows. Pure: no
Flask, SQL, clock or I/O. Adding a move is adding a row (and its effect, where no present one fits).
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from server.rules import deadlines
from server.rules.needs import Need, check
from server.rules.refusals import Refusal
from server.rules.rulebook import RuleBook


class State(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"  # 待受理
    ACCEPTED = "accepted"  # 待分派
    REJECTED = "rejected"  # 不予受理
    VOID = "void"  # 作废


OPEN: frozenset[str] = frozenset({State.SUBMITTED, State.ACCEPTED})
"""States in which somebody must act; exactly one unit holds the case."""

Role = Literal["reporter", "holder"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline as the table sees it: running while neither met nor ended."""

    id: uuid.UUID
    kind: str
    unit: uuid.UUID
    started_at: datetime
    due_current: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision looks at. `state` is None before the case exists; `clocks` are the running ones."""

    state: str | None
    category: str
    urgency: int
    holder: uuid.UUID | None
    first_responsible: uuid.UUID | None
    clocks: tuple[Clock, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """A move that somebody wants to make: which, with what, under which step id, and when."""

    step_id: uuid.UUID
    action: str
    payload: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """A clock that a move starts."""

    id: uuid.UUID
    kind: str
    unit: uuid.UUID
    started_at: datetime
    span: deadlines.Span
    due: datetime


@dataclass(frozen=True, slots=True)
class Effects:
    """What a move changes; stored with the step, so that the state can be folded from the steps alone.

    Args:
        fields: case column → new value.
        started: clocks that begin.
        met: ids of clocks that were met by this move.
        ended: ids of clocks that stop without being met.
        redue: clock id → new `due_current`.
    """

    fields: Mapping[str, Any]
    started: Sequence[Started] = ()
    met: Sequence[uuid.UUID] = ()
    ended: Sequence[uuid.UUID] = ()
    redue: Mapping[uuid.UUID, datetime] | None = None


Effect = Callable[[Facts, Ask, RuleBook], Effects]
Condition = Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Move:
    """流转规则: one row of the table.

    Args:
        action: code word. `zh`, `en`: the words on the button.
        sources: states it starts from (empty: the case does not exist yet).
        target: state it leads to; None leaves the state as it is.
        who: roles, any of which suffices.
        compares: does a comparing step by another person since `based_on` forbid it?
        needs: the fields it asks for.
        effect: what it changes.
        condition: what else must hold.
    """

    action: str
    zh: str
    en: str
    sources: frozenset[str]
    target: State | None
    who: frozenset[Role]
    compares: bool
    needs: tuple[Need, ...]
    effect: Effect
    condition: Condition = lambda _facts: True


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that somebody may make now, and which actions would follow for them."""

    move: Move
    then: tuple[str, ...]


def _start(kind: str, unit: uuid.UUID, facts: Facts, ask: Ask, rules: RuleBook) -> Started:
    span = rules.limit(facts.category, facts.urgency, kind)
    return Started(
        id=uuid.uuid5(ask.step_id, kind),
        kind=kind,
        unit=unit,
        started_at=ask.now,
        span=span,
        due=deadlines.due(ask.now, span, rules.calendar),
    )


def _submit(facts: Facts, ask: Ask, rules: RuleBook) -> Effects:
    if facts.holder is None:
        raise ValueError("a new case needs its first holder")
    clocks = [_start(kind, facts.holder, facts, ask, rules) for kind in ("accept", "overall")]
    fields = {
        "state": State.SUBMITTED,
        "holder_id": facts.holder,
        "category": facts.category,
        "urgency": facts.urgency,
        "first_responsible_id": None,
    }
    return Effects(fields, started=clocks)


def _supplement(_facts: Facts, _ask: Ask, _rules: RuleBook) -> Effects:
    return Effects({})


def _end(state: State) -> Effect:
    def effect(facts: Facts, ask: Ask, _rules: RuleBook) -> Effects:
        met = [clock.id for clock in facts.clocks if clock.kind == "accept" and state is State.REJECTED]
        ended = [clock.id for clock in facts.clocks if clock.id not in met]
        return Effects({"state": state, "holder_id": None, "ended_at": ask.now}, met=met, ended=ended)

    return effect


def _accept(facts: Facts, ask: Ask, rules: RuleBook) -> Effects:
    """A confirmed category may shorten the overall limit; lengthening it is not the holder's to give."""
    if facts.holder is None:
        raise ValueError("an open case has a holder")
    confirmed = Facts(
        facts.state, ask.payload["category"], ask.payload["urgency"], facts.holder, facts.first_responsible
    )
    fields: dict[str, Any] = {
        "state": State.ACCEPTED,
        "category": confirmed.category,
        "urgency": confirmed.urgency,
        "first_responsible_id": facts.first_responsible or facts.holder,
    }
    if ask.payload.get("repeat_of"):
        fields["repeat_of"] = uuid.UUID(ask.payload["repeat_of"])
    span = rules.limit(confirmed.category, confirmed.urgency, "overall")
    redue = {
        clock.id: min(clock.due_current, deadlines.due(clock.started_at, span, rules.calendar))
        for clock in facts.clocks
        if clock.kind == "overall"
    }
    return Effects(
        fields,
        started=[_start("dispatch", facts.holder, confirmed, ask, rules)],
        met=[clock.id for clock in facts.clocks if clock.kind == "accept"],
        redue=redue,
    )


_TEXT = Need("text", "text", "补充说明", "What to add", required=False)

MOVES: tuple[Move, ...] = (
    Move(
        "submit", "上报", "Report", frozenset(), State.SUBMITTED, frozenset({"reporter"}), False,
        (), _submit,
    ),
    Move(
        "supplement", "补充", "Add to it", OPEN, None, frozenset({"reporter", "holder"}), False,
        (
            _TEXT,
            Need("photos", "photos", "照片", "Photos", required=False),
            Need("parties", "parties", "当事人", "Parties", required=False),
        ),
        _supplement,
    ),
    Move(
        "withdraw", "撤回", "Withdraw", frozenset({State.SUBMITTED}), State.VOID, frozenset({"reporter"}), False,
        (Need("reason", "text", "撤回原因", "Why"),),
        _end(State.VOID),
        condition=lambda facts: facts.first_responsible is None,
    ),
    Move(
        "accept", "受理", "Accept", frozenset({State.SUBMITTED}), State.ACCEPTED, frozenset({"holder"}), True,
        (
            Need("category", "category", "事项类别", "Category"),
            Need("urgency", "urgency", "紧急程度", "Urgency"),
            Need("repeat_of", "case", "重复的事项", "The case it repeats", required=False),
        ),
        _accept,
    ),
    Move(
        "reject", "不予受理", "Decline", frozenset({State.SUBMITTED}), State.REJECTED, frozenset({"holder"}), True,
        (
            Need("code", "choice", "不予受理原因", "Reason"),
            Need("basis", "text", "依据", "Basis"),
            Need("guidance", "text", "告知去向", "Where to go instead"),
        ),
        _end(State.REJECTED),
        condition=lambda facts: facts.first_responsible is None,
    ),
)  # fmt: skip
"""流转规则表. `submit` enters through intake, which checks the report itself."""

BY_ACTION: Mapping[str, Move] = {move.action: move for move in MOVES}
COMPARING: frozenset[str] = frozenset(move.action for move in MOVES if move.compares)


def decide(facts: Facts, roles: frozenset[Role], ask: Ask, rules: RuleBook, *, overtaken: bool) -> Effects:
    """Judge one move.

    Args:
        roles: what the person is to this case.
        overtaken: did another person make a comparing step after the version this move is based on?

    Raises:
        Refusal: `case_has_moved`, `move_not_allowed`, or `invalid` with the fields of the payload.
    """
    move = BY_ACTION[ask.action]
    if move.compares and overtaken:
        raise Refusal("case_has_moved")
    if not _allows(move, facts, roles):
        raise Refusal("move_not_allowed")
    if errors := check(move.needs, ask.action, ask.payload, rules):
        raise Refusal("invalid", errors={f"payload.{name}": why for name, why in errors.items()})
    return move.effect(facts, ask, rules)


def offers(facts: Facts, roles: frozenset[Role]) -> list[Offer]:
    """The moves open to somebody with these roles, in the table's order."""
    return [
        Offer(move, tuple(after.action for after in MOVES if _follows(move, after, roles)))
        for move in MOVES
        if _allows(move, facts, roles)
    ]


def _allows(move: Move, facts: Facts, roles: frozenset[Role]) -> bool:
    here = facts.state in move.sources if facts.state is not None else not move.sources
    return here and bool(move.who & roles) and move.condition(facts)


def _follows(move: Move, after: Move, roles: frozenset[Role]) -> bool:
    return move.target is not None and move.target in after.sources and bool(after.who & roles)
