"""Effects of more time 延期 and of standing still 挂起: asked by the lead, granted by somebody else."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from server.rules.dispatching import due_of
from server.rules.effects import Ask, Effects, World, answer, ask_for, pause, resume, together
from server.rules.facts import Assignment, Clock, Facts, Request, State, TaskState
from server.rules.handing import request_of
from server.rules.handling import name_handler, task_of
from server.rules.refusals import Refusal, invalid
from server.rules.returning import answering_centre
from server.rules.situation import Situation

SHAM_MEDIATION = "sham_mediation"
"""涉嫌虚假调解: suspended at once, decided within a working day."""


def lead_signed(task: Assignment, here: Situation) -> bool:
    """The lead's members ask for the whole case; a centre that only stands in for a pool does not."""
    at_work = task.role == "lead" and task.state == TaskState.HANDLING and not task.pool
    return at_work and task.unit_id in here.standing.units


def may_ask_extension(task: Assignment, here: Situation) -> bool:
    """Before the due, no other ask waiting, and not a third time."""
    waiting = here.facts.asked("extension", "suspension")
    if not lead_signed(task, here) or waiting or len(_granted(here.facts, task)) >= 2:
        return False
    return here.now < due_of(here.facts, task)


def _granted(facts: Facts, task: Assignment) -> list[Request]:
    """Extensions this lead was granted."""
    return [
        one for one in facts.requests
        if one.kind == "extension" and one.state == "granted" and one.assignment_id == task.id
    ]  # fmt: skip


def ask_extension(facts: Facts, ask: Ask, world: World) -> Effects:
    """延期: a new date, by both extensions together at most the original length again; the second one is for a leader
    to grant.

    Raises:
        Refusal: `invalid` for a date that is not later, or too late.
    """
    task = task_of(facts, ask)
    clock = _handle_clock(facts, task)
    wished, granted = datetime.fromisoformat(ask.payload["due_at"]), _granted(facts, task)
    before = datetime.fromisoformat(granted[0].terms["from"]) if granted else clock.due_current
    longest = before + (clock.due_original - clock.started_at)
    if not clock.due_current < wished <= longest:
        raise invalid(
            "payload.due_at", "延期须晚于现时限，且不超过原时限的长度。",
            "Later than the due, by no more than the original length.",
        )  # fmt: skip
    to = answering_centre(facts, task.unit_id, world)
    terms = {"due_at": ask.payload["due_at"], "from": clock.due_current.isoformat()}
    return ask_for(
        "extension", facts, ask, world, by=task.unit_id, to=to, to_leader=bool(granted), assignment=task.id,
        terms=terms,
    )  # fmt: skip


def grant_extension(facts: Facts, ask: Ask, _world: World) -> Effects:
    """The lead's due moves, and the case's with it where it would come earlier; the original dues stay."""
    request = request_of(facts, ask)
    due = datetime.fromisoformat(request.terms["due_at"])
    moved = [
        clock
        for clock in facts.running("handle", "overall")
        if clock.due_current < due and clock.assignment_id in (request.assignment_id, None)
    ]
    clocks: dict[Any, dict[str, Any]] = {clock.id: {"due_current": due, "fixed": True} for clock in moved}
    return together(answer(request, facts, ask.now, "granted"), Effects(clocks=clocks))


def may_ask_suspension(task: Assignment, here: Situation) -> bool:
    """The lead asks while nothing else waits for an answer."""
    return lead_signed(task, here) and not here.facts.asked("extension", "suspension", "return", "ruling")


def ask_suspension(facts: Facts, ask: Ask, world: World) -> Effects:
    """挂起: the dispatcher's leader decides; suspected sham mediation stands still at once.

    Raises:
        Refusal: `invalid` for a review date that is past or too far away.
    """
    task = task_of(facts, ask)
    review = review_instant(ask, world)
    to = answering_centre(facts, task.unit_id, world)
    terms = {"code": ask.payload["code"], "review_at": review.isoformat()}
    asked = ask_for(
        "suspension", facts, ask, world, by=task.unit_id, to=to, to_leader=True, assignment=task.id, terms=terms
    )
    if ask.payload["code"] != SHAM_MEDIATION:
        return asked
    return together(suspend(facts, ask.now, review), asked)


def approve_suspension(facts: Facts, ask: Ask, _world: World) -> Effects:
    """Granted: the case stands still until its review date (a renewal: until the next one)."""
    request = request_of(facts, ask)
    review = datetime.fromisoformat(request.terms["review_at"])
    if review <= ask.now:
        raise Refusal("move_not_allowed")
    still = Effects({"review_at": review}) if facts.state == State.SUSPENDED else suspend(facts, ask.now, review)
    return together(answer(request, facts, ask.now, "granted"), still)


def refuse_suspension(facts: Facts, ask: Ask, world: World) -> Effects:
    """Refused: what stood still at once goes on; a refused renewal leaves the review date as it was."""
    request = request_of(facts, ask)
    refused = answer(request, facts, ask.now, "refused")
    if request.kind == "suspension" and facts.state == State.SUSPENDED:
        return together(refused, go_on(facts, ask.now, world))
    return refused


def may_renew(task: Assignment, here: Situation) -> bool:
    """The lead asks once at a time."""
    return lead_signed(task, here) and not here.facts.asked("renewal", "suspension")


def renew_suspension(facts: Facts, ask: Ask, world: World) -> Effects:
    """续挂: the parent's leader decides, after 90 days the county's. Whoever is named answers for the measures and does
    the work from now on; else the handler named before, or whoever asks.

    Raises:
        Refusal: `invalid` for a review date that is past or too far away, or when nobody looked at the place lately.
    """
    task = task_of(facts, ask)
    review, checked = review_instant(ask, world), _site_checked_on(facts, ask, world)
    dispatcher = facts.dispatcher_id
    if dispatcher is None or facts.suspended_at is None:
        raise Refusal("move_not_allowed")
    to = world.offices.parent_centre(dispatcher) or dispatcher
    if ask.now - facts.suspended_at > timedelta(days=world.rules.numbers["suspension_county_days"]):
        above = [one for one in (dispatcher, *world.offices.superiors(dispatcher)) if one != task.unit_id]
        to = next((one for one in above if world.offices.level_of(one) == "county"), to)
    responsible = ask.payload.get("person") or task.handler_id or ask.standing.person
    terms = {
        "code": ask.payload["code"], "review_at": review.isoformat(), "checked_on": checked.isoformat(),
        "responsible": str(responsible),
    }  # fmt: skip
    asked = ask_for(
        "renewal", facts, ask, world, by=task.unit_id, to=to, to_leader=True, assignment=task.id, terms=terms
    )
    if not ask.payload.get("person"):
        return asked
    named = name_handler(facts, ask, world)
    return together(named, replace(asked, concerned=replace(asked.concerned, person=named.concerned.person)))


def _site_checked_on(facts: Facts, ask: Ask, world: World) -> date:
    """现场核查: the day that the lead states, or on which somebody was sent to look or sent a photo of the progress.

    Raises:
        Refusal: `invalid` unless it lies within the rule book's days.
    """
    calendar, days = world.rules.calendar, world.rules.numbers["suspension_days"]
    stated, today = ask.payload.get("checked_on"), calendar.day_of(ask.now)
    known = calendar.day_of(facts.looked_at) if facts.looked_at else None
    checked = date.fromisoformat(stated) if stated else known
    if checked is None or not today - timedelta(days=days) <= checked <= today:
        raise invalid(
            "payload.checked_on", f"请填写最近 {days} 天内的现场核查日期。",
            f"When was the place looked at? It must be within the last {days} days.",
        )  # fmt: skip
    return checked


def resume_work(facts: Facts, ask: Ask, world: World) -> Effects:
    """恢复: by the lead, somebody upstream, or the review date; open asks about standing still fall."""
    asks = facts.asked("suspension", "renewal")
    fallen = [answer(one, facts, ask.now, "fallen") for one in asks]
    return together(*fallen, go_on(facts, ask.now, world))


def suspend(facts: Facts, now: datetime, review: datetime) -> Effects:
    """Every clock but those of asks stands still."""
    fields = {"state": State.SUSPENDED, "suspended_at": now, "review_at": review}
    return together(pause(working_clocks(facts), now), Effects(fields))


def go_on(facts: Facts, now: datetime, world: World) -> Effects:
    """The clocks run again."""
    fields = {"state": State.IN_PROGRESS, "suspended_at": None, "review_at": None}
    return together(resume(working_clocks(facts), now, world), Effects(fields))


def working_clocks(facts: Facts) -> list[Clock]:
    """Running clocks of the work itself; answers to asks, and replies to an origin, do not wait with it."""
    return [clock for clock in facts.running() if clock.kind not in ("answer", "reply")]


def review_instant(ask: Ask, world: World) -> datetime:
    """The end of the review day in the office's zone.

    Raises:
        Refusal: `invalid` unless it lies ahead and within the rule book's days.
    """
    calendar = world.rules.calendar
    day = date.fromisoformat(ask.payload["review_on"])
    today = ask.now.astimezone(calendar.zone).date()
    longest = world.rules.numbers["suspension_days"]
    if not today < day <= today + timedelta(days=longest):
        raise invalid(
            "payload.review_on", f"复查日期须在今天之后、{longest} 天之内。", f"After today, within {longest} days."
        )
    return datetime.combine(day, time(23, 59, 59), calendar.zone)


def _handle_clock(facts: Facts, task: Assignment) -> Clock:
    running = facts.running("handle", assignment=task.id)
    if not running:
        raise Refusal("move_not_allowed")
    return running[0]
