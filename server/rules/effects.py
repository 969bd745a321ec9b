"""What a move changes, as a value; how it is put together, and what the case is after it. Decides nothing.

`apply()` is the fold: the office uses it to write what follows from a move, the log's check to prove that the steps
lead to what is stored, and the tests to walk in memory.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from server.rules import deadlines
from server.rules.facts import Assignment, Clock, Facts, Request, RequestKind, State, TaskState
from server.rules.offices import Offices
from server.rules.rulebook import RuleBook
from server.rules.standing import Standing


@dataclass(frozen=True, slots=True)
class World:
    """What is in force while a move is judged."""

    rules: RuleBook
    offices: Offices


@dataclass(frozen=True, slots=True)
class Place:
    """Where a corrected case lies, as columns of the case."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """A move that somebody wants to make.

    Args:
        step_id: minted by the device. `now`: by the server's clock; `device_at`: by the device's.
        as_unit: the unit they act for, when they say so.
        assignment, request: which one it is about, when they say so.
        place: what was found at a corrected location.
        other: the case that the payload names (a master, the one it repeats), if they may see it.
        origin_due: when a submitted matter's origin wants it done.
    """

    step_id: uuid.UUID
    action: str
    payload: Mapping[str, Any]
    now: datetime
    standing: Standing
    device_at: datetime | None = None
    as_unit: uuid.UUID | None = None
    assignment: uuid.UUID | None = None
    request: uuid.UUID | None = None
    place: Place | None = None
    other: Facts | None = None
    origin_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Concerned:
    """People and units that a move is about, for those who are told of it.

    Args:
        person: the one asked, named or put in charge. `issuer`: the one who supervises.
        approver, asker: the units that must answer a request, and that made it.
        approving_leader: only the approver's leaders answer.
        overseers: units that must know that a limit ran out.
    """

    person: uuid.UUID | None = None
    approver: uuid.UUID | None = None
    approving_leader: bool = False
    asker: uuid.UUID | None = None
    issuer: uuid.UUID | None = None
    overseers: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """What a move changes; stored with the step, so that the state can be folded from the steps alone.

    Args:
        fields: case column → new value.
        started, opened, asked: clocks, assignments and requests that begin.
        met: ids of clocks met by this move. `ended`: stopped without being met. `unmet`: running again.
        clocks, tasks, answers: id → column → new value, for clocks, assignments and requests.
        seen_by: units that join the audience. `unseen_by`: units that lose sight of the rest.
        shown_to, hidden_from: the same for single persons.
        concerned: who it is about.
        then: a move that the system makes right after it, on this case or on `other`: (action, payload).
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    started: Sequence[Clock] = ()
    met: Sequence[uuid.UUID] = ()
    ended: Sequence[uuid.UUID] = ()
    unmet: Sequence[uuid.UUID] = ()
    clocks: Mapping[uuid.UUID, Mapping[str, Any]] = field(default_factory=dict)
    opened: Sequence[Assignment] = ()
    tasks: Mapping[uuid.UUID, Mapping[str, Any]] = field(default_factory=dict)
    asked: Sequence[Request] = ()
    answers: Mapping[uuid.UUID, Mapping[str, Any]] = field(default_factory=dict)
    seen_by: Sequence[uuid.UUID] = ()
    unseen_by: Sequence[uuid.UUID] = ()
    shown_to: Sequence[uuid.UUID] = ()
    hidden_from: Sequence[uuid.UUID] = ()
    concerned: Concerned = Concerned()
    then: tuple[str, Mapping[str, Any]] | None = None


def together(*parts: Effects) -> Effects:
    """Several effects as one; of two values for the same column the later one holds, and met beats ended."""
    met = _chain(part.met for part in parts)
    return Effects(
        fields=_merge(part.fields for part in parts),
        started=_chain(part.started for part in parts),
        met=met,
        ended=[one for one in _chain(part.ended for part in parts) if one not in met],
        unmet=_chain(part.unmet for part in parts),
        clocks=_merge_rows(part.clocks for part in parts),
        opened=_chain(part.opened for part in parts),
        tasks=_merge_rows(part.tasks for part in parts),
        asked=_chain(part.asked for part in parts),
        answers=_merge_rows(part.answers for part in parts),
        seen_by=_chain(part.seen_by for part in parts),
        unseen_by=_chain(part.unseen_by for part in parts),
        shown_to=_chain(part.shown_to for part in parts),
        hidden_from=_chain(part.hidden_from for part in parts),
        concerned=next((part.concerned for part in reversed(parts) if part.concerned != Concerned()), Concerned()),
        then=next((part.then for part in reversed(parts) if part.then), None),
    )


def apply(facts: Facts, effects: Effects, now: datetime, device_at: datetime | None = None) -> Facts:
    """The case after a move.

    A clock met after its due by a move whose device time was in time is 离线迟到: late, and counted apart.
    """
    touched = {*effects.clocks, *effects.met, *effects.ended, *effects.unmet}
    clocks = [_clock_after(one, effects, now, device_at) if one.id in touched else one for one in facts.clocks]
    tasks = [replace(one, **effects.tasks[one.id]) if one.id in effects.tasks else one for one in facts.assignments]
    requests = [replace(one, **effects.answers[one.id]) if one.id in effects.answers else one for one in facts.requests]
    return replace(
        facts,
        **{name: value for name, value in effects.fields.items() if name in _FACTS},
        clocks=(*clocks, *effects.started),
        assignments=(*tasks, *effects.opened),
        requests=(*requests, *effects.asked),
    )


_FACTS = frozenset(Facts.__slots__)
"""Columns of a case that no decision looks at, such as its coordinates, are written and not folded here."""


def _clock_after(clock: Clock, effects: Effects, now: datetime, device_at: datetime | None) -> Clock:
    changed = replace(clock, **effects.clocks.get(clock.id, {}))
    if clock.id in effects.met:
        late = now > changed.due_current
        in_time = device_at is not None and device_at <= changed.due_current
        changed = replace(changed, met_at=now, offline_late=late and in_time, pauses=_closed(changed, now))
    if clock.id in effects.ended:
        changed = replace(changed, ended_at=now, pauses=_closed(changed, now))
    if clock.id in effects.unmet:
        changed = replace(changed, met_at=None, ended_at=None, offline_late=False)
    return changed


def credited(facts: Facts, effects: Effects, now: datetime, world: World) -> Effects:
    """The same effects; a clock that they end while it stands still first gets back the time that it stood."""
    stopping, given = {*effects.met, *effects.ended}, dict[uuid.UUID, Mapping[str, Any]]()
    for clock in facts.clocks:
        if clock.id not in stopping:
            continue
        changed = replace(clock, **effects.clocks.get(clock.id, {}))
        if changed.paused:
            since = changed.pauses[-1][0]
            due = deadlines.resumed(changed.due_current, since, now, changed.unit, world.rules.calendar)
            given[clock.id] = {"due_current": due}
    return together(effects, Effects(clocks=given)) if given else effects


def _closed(clock: Clock, now: datetime) -> tuple[tuple[datetime, datetime | None], ...]:
    return tuple((start, now if end is None else end) for start, end in clock.pauses)


def start_clock(
    kind: str,
    unit: uuid.UUID,
    facts: Facts,
    ask: Ask,
    world: World,
    *,
    assignment: uuid.UUID | None = None,
    request: uuid.UUID | None = None,
    span: deadlines.Span | None = None,
    due: datetime | None = None,
) -> Clock:
    """Start a clock of this kind by the rule book (or by `span`), or one that runs out earlier at `due`.

    What stands still while it starts, such as a helper's part in a suspended case, goes on with the rest.
    """
    span = span or world.rules.limit(facts.category, facts.urgency, kind)
    rounds = [clock.round for clock in facts.clocks if clock.kind == kind and clock.assignment_id == assignment]
    number = max(rounds, default=0) + 1
    longest = deadlines.due(ask.now, span, world.rules.calendar)
    until = due or longest
    suspended = facts.state == State.SUSPENDED and kind not in ("answer", "reply")
    still = suspended or (facts.state == State.EXTERNAL and assignment is not None)
    return Clock(
        id=uuid.uuid5(ask.step_id, f"{kind}:{request or assignment or unit}"),
        kind=kind,
        unit_id=unit,
        assignment_id=assignment,
        request_id=request,
        round=number,
        started_at=ask.now,
        amount=span.amount,
        unit=span.unit,
        due_original=until,
        due_current=until,
        fixed=until != longest,
        pauses=((ask.now, None),) if still else (),
    )


def pause(clocks: Iterable[Clock], now: datetime) -> Effects:
    """These clocks stand still from now on; one that stands already is left alone."""
    return Effects(
        clocks={clock.id: {"pauses": (*clock.pauses, (now, None))} for clock in clocks if not clock.paused}
    )  # fmt: skip


def resume(clocks: Iterable[Clock], now: datetime, world: World) -> Effects:
    """Standing clocks run again; the time they stood does not count."""
    changes: dict[uuid.UUID, Mapping[str, Any]] = {}
    for clock in clocks:
        if clock.paused:
            since = clock.pauses[-1][0]
            due = deadlines.resumed(clock.due_current, since, now, clock.unit, world.rules.calendar)
            changes[clock.id] = {"pauses": (*clock.pauses[:-1], (since, now)), "due_current": due}
    return Effects(clocks=changes)


def stop(clocks: Iterable[Clock]) -> Effects:
    """These clocks end without being met."""
    return Effects(ended=[clock.id for clock in clocks])


def meet(clocks: Iterable[Clock]) -> Effects:
    """These clocks are met."""
    return Effects(met=[clock.id for clock in clocks])


def overall_to(unit: uuid.UUID, facts: Facts, now: datetime) -> Effects:
    """The overall limit is this unit's from now on; one that has run out stays with the unit that let it."""
    return Effects(
        clocks={clock.id: {"unit_id": unit} for clock in facts.running("overall") if not clock.overdue(now)}
    )  # fmt: skip


def drop(facts: Facts, tasks: Collection[Assignment], state: TaskState, now: datetime) -> Effects:
    """Assignments end in this state: their clocks stop, their requests and what their units were to acknowledge fall,
    their units lose sight."""
    dropped, units = {one.id for one in tasks}, {one.unit_id for one in tasks} - {facts.dispatcher_id}
    overseen = [one for one in facts.asked("supervision") if one.to_unit_id in units]
    return together(
        stop(clock for clock in facts.running() if clock.assignment_id in dropped),
        fall([*overseen, *(one for one in facts.asked() if one.assignment_id in dropped)], facts, now),
        Effects(
            tasks={one.id: {"state": state, "ended_at": now} for one in tasks},
            unseen_by=[one.unit_id for one in tasks],
            hidden_from=[one.handler_id for one in tasks if one.handler_id is not None],
        ),
    )


def fall(requests: Collection[Request], facts: Facts, now: datetime, state: str = "fallen") -> Effects:
    """Requests end without an answer of their own; their clocks stop."""
    gone = {one.id for one in requests}
    return together(
        stop(clock for clock in facts.running("answer") if clock.request_id in gone),
        Effects(answers={one.id: {"state": state, "answered_at": now} for one in requests}),
    )


def fall_all(facts: Facts, now: datetime, *, but: uuid.UUID | None = None) -> Effects:
    """Whatever is asked falls, as the case goes to other hands; only supervision 督办 goes along."""
    return fall([one for one in facts.asked() if one.kind != "supervision" and one.id != but], facts, now)


def answer(request: Request, facts: Facts, now: datetime, state: str) -> Effects:
    """A request is answered; its clock is met, and whoever asked is concerned."""
    return together(
        meet(facts.running("answer", request=request.id)),
        Effects(
            answers={request.id: {"state": state, "answered_at": now}},
            concerned=Concerned(asker=request.by_unit_id, person=request.by_person_id),
        ),
    )


def ask_for(
    kind: RequestKind,
    facts: Facts,
    ask: Ask,
    world: World,
    *,
    by: uuid.UUID | None,
    to: uuid.UUID | None = None,
    to_leader: bool = False,
    to_person: uuid.UUID | None = None,
    assignment: uuid.UUID | None = None,
    terms: Mapping[str, Any] | None = None,
    due: datetime | None = None,
) -> Effects:
    """Open a request with its answer clock. Without a leader in office, the parent centre answers for the unit."""
    if to is not None:
        to, to_leader = answerer(to, facts, world, to_leader=to_leader)
    span = answer_limit(kind, facts, world)
    until = due or deadlines.due(ask.now, span, world.rules.calendar)
    made = Request(
        id=uuid.uuid5(ask.step_id, kind),
        kind=kind,
        assignment_id=assignment,
        by_unit_id=by,
        by_person_id=ask.standing.person,
        to_unit_id=to,
        to_leader=to_leader,
        to_person_id=to_person,
        asked_at=ask.now,
        answer_due=until,
        terms=dict(terms or {}),
    )
    owner = to or by
    clocks = [start_clock("answer", owner, facts, ask, world, request=made.id, span=span, due=until)] if owner else []
    return Effects(
        asked=[made],
        started=clocks,
        seen_by=[to] if to else [],
        shown_to=[to_person] if to_person else [],
        concerned=Concerned(approver=to, approving_leader=to_leader, person=to_person),
    )


def answerer(unit: uuid.UUID, facts: Facts, world: World, *, to_leader: bool) -> tuple[uuid.UUID, bool]:
    """Who answers, and whether a leader must: without one in office, the parent centre answers for the unit."""
    if to_leader and unit not in facts.led:
        return world.offices.parent_centre(unit) or unit, False
    return unit, to_leader


def answer_limit(kind: str, facts: Facts, world: World) -> deadlines.Span:
    """How long an answer may take: the rule book's `answer_limits` for this kind, else its limit for answers."""
    if facts.urgency < 4 and (row := world.rules.numbers["answer_limits"].get(kind)):
        return deadlines.Span(row[0], row[1])
    return world.rules.limit(facts.category, facts.urgency, "answer")


def end_case(facts: Facts, ask: Ask, state: State, *, met: Collection[str] = ()) -> Effects:
    """The case ends: clocks of the kinds `met` count as met, all others stop; nothing of it stays open.

    Only the reply to an origin is still owed.
    """
    running = [clock for clock in facts.running() if clock.kind != "reply"]
    return together(
        Effects({"state": state, "holder_id": None, "ended_at": ask.now, "ended_by_unit_id": facts.holder_id,
                 "suspended_at": None, "review_at": None}),
        drop(facts, [one for one in facts.assignments if one.active], TaskState.RECALLED, ask.now),
        fall(facts.asked(), facts, ask.now),
        Effects(
            met=[clock.id for clock in running if clock.kind in met],
            ended=[clock.id for clock in running if clock.kind not in met],
        ),
    )  # fmt: skip


def _chain(parts: Iterable[Sequence[Any]]) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        found += [one for one in part if one not in found]
    return found


def _merge(parts: Iterable[Mapping[Any, Any]]) -> dict[Any, Any]:
    return {key: value for part in parts for key, value in part.items()}


def _merge_rows(parts: Iterable[Mapping[uuid.UUID, Mapping[str, Any]]]) -> dict[uuid.UUID, Mapping[str, Any]]:
    merged: dict[uuid.UUID, Mapping[str, Any]] = {}
    for part in parts:
        for key, changes in part.items():
            merged[key] = {**merged.get(key, {}), **changes}
    return merged
