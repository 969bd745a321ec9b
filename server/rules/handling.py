"""Effects of handling together 联动处置: dispatch, sign, progress, co-handlers, feedback, finish."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.rules import deadlines
from server.rules.facts import Ask, Assignment, Effects, Facts, Started, State, TaskState, World, start_clock
from server.rules.receiving import confirm, holder_of
from server.rules.refusals import Refusal, Sentence, invalid

FIRST_CONTACT = "D"
"""Top category whose lead must contact the parties in time: disputes 矛盾纠纷."""


def dispatch(facts: Facts, ask: Ask, world: World) -> Effects:
    """分派: one lead, any number of co-handlers and copied units, each with its own clocks.

    Raises:
        Refusal: `invalid` naming units out of the centre's reach, units named twice, and impossible dues.
    """
    centre = holder_of(facts)
    payload = ask.payload
    lead = uuid.UUID(payload["lead"])
    co = [(uuid.UUID(one["unit"]), datetime.fromisoformat(one["due_at"])) for one in payload.get("co") or []]
    copied = [uuid.UUID(one) for one in payload.get("copied") or []]
    within = set(world.offices.within_reach(centre))
    errors: dict[str, Sentence] = {}
    for name, units in (("lead", [lead]), ("co", [unit for unit, _ in co]), ("copied", copied)):
        if not set(units) <= within:
            errors[f"payload.{name}"] = ("不在本中心可分派的单位之内。", "Not a unit this centre may hand work to.")
    named = [lead, *(unit for unit, _ in co), *copied]
    if len(set(named)) < len(named):
        errors["payload.co"] = ("同一单位列了两次。", "A unit is named twice.")
    if errors:
        raise Refusal("invalid", errors=errors)
    due = _lead_due(facts, ask, world, payload.get("due_at"))
    for _, co_due in co:
        if not ask.now < co_due <= due:
            raise invalid("payload.co", "协办时限须晚于现在、不晚于主办时限。", "Not later than the lead's due.")
    opened, clocks = _open(facts, ask, world, [("lead", lead, due), *(("co", unit, at) for unit, at in co)])
    silent = [_assignment(ask, "copied", unit) for unit in copied]
    return Effects(
        {"state": State.IN_PROGRESS, "dispatcher_id": centre, "holder_id": lead},
        started=clocks,
        met=facts.running("dispatch"),
        opened=[*opened, *silent],
        seen_by=named,
    )


def handle_here(facts: Facts, ask: Ask, world: World) -> Effects:
    """自办: accept, dispatch to itself and sign in one step."""
    centre = holder_of(facts)
    confirmed, effects = confirm(facts, ask, world)
    task = replace(_assignment(ask, "lead", centre), state=TaskState.HANDLING)
    return replace(
        effects,
        fields={**effects.fields, "state": State.IN_PROGRESS, "dispatcher_id": centre},
        started=_handling_clocks(confirmed, ask, world, task, None),
        met=[*effects.met, *facts.running("dispatch")],
        opened=[task],
    )


def sign(facts: Facts, ask: Ask, _world: World) -> Effects:
    """签收: the unit has it."""
    task = task_of(facts, ask)
    if task.state != TaskState.PENDING:
        raise Refusal("move_not_allowed")
    met = [*facts.running("sign", task.id)]
    changes: dict[str, Any] = {"state": TaskState.HANDLING, "signed_at": ask.now}
    if ask.payload.get("arrived_at"):
        changes["arrived_at"] = datetime.fromisoformat(ask.payload["arrived_at"])
        met += facts.running("arrive", task.id)
    return Effects(met=met, tasks={task.id: changes})


def progress(facts: Facts, ask: Ask, _world: World) -> Effects:
    """进展: only who has signed reports it."""
    _handling(facts, ask)
    return Effects()


def mediate(facts: Facts, ask: Ask, _world: World) -> Effects:
    """调解: any outcome meets the contact clock."""
    _handling(facts, ask)
    return Effects(met=facts.running("contact"))


def add_co(facts: Facts, ask: Ask, world: World) -> Effects:
    """增派协办: more units help; their due is the lead's or earlier.

    Raises:
        Refusal: `invalid` naming units out of reach or at work already, and impossible dues.
    """
    if facts.dispatcher is None or facts.lead is None:
        raise Refusal("move_not_allowed")
    units = [uuid.UUID(one) for one in ask.payload["units"]]
    busy = {one.unit for one in facts.assignments if one.active}
    reach = set(world.offices.within_reach(facts.dispatcher))
    if not set(units) <= reach - busy or len(set(units)) < len(units):
        raise invalid("payload.units", "单位不可分派，或已在办理。", "A unit is out of reach or at work already.")
    lead_due = max(
        clock.due_current for clock in facts.clocks if clock.kind == "handle" and clock.assignment == facts.lead.id
    )
    due = datetime.fromisoformat(ask.payload["due_at"]) if ask.payload.get("due_at") else lead_due
    if not ask.now < due <= max(lead_due, ask.now) and due != lead_due:
        raise invalid("payload.due_at", "协办时限不晚于主办时限。", "A co-handler's due is not after the lead's.")
    opened, clocks = _open(facts, ask, world, [("co", unit, due) for unit in units])
    return Effects(started=clocks, opened=opened, seen_by=units)


def waive_co(facts: Facts, ask: Ask, _world: World) -> Effects:
    """免除协办."""
    unit = uuid.UUID(ask.payload["unit"])
    task = next((one for one in facts.helpers if one.unit == unit), None)
    if task is None:
        raise invalid("payload.unit", "该单位不是在办的协办单位。", "This unit is no open co-handler.")
    return _drop(facts, [task], TaskState.WAIVED)


def redispatch(facts: Facts, ask: Ask, world: World) -> Effects:
    """改派: another lead; its own time starts, at least what the rule book gives the category.

    Raises:
        Refusal: `invalid` naming a lead that is out of reach or at work already.
    """
    if facts.dispatcher is None or facts.lead is None:
        raise Refusal("move_not_allowed")
    lead = uuid.UUID(ask.payload["lead"])
    busy = {one.unit for one in facts.assignments if one.active}
    if lead not in world.offices.within_reach(facts.dispatcher) or lead in busy:
        raise invalid("payload.lead", "单位不可分派，或已在办理。", "A unit is out of reach or at work already.")
    dropped = _drop(facts, [facts.lead], TaskState.RECALLED)
    due = _lead_due(facts, ask, world, None)
    opened, clocks = _open(facts, ask, world, [("lead", lead, due)])
    return replace(dropped, fields={"holder_id": lead}, started=clocks, opened=opened, seen_by=[lead])


def feedback(facts: Facts, ask: Ask, _world: World) -> Effects:
    """反馈: a co-handler is done."""
    task = _handling(facts, ask)
    changes = {"state": TaskState.REPORTED, "reported_at": ask.now, "result": ask.payload["result"]}
    return Effects(met=facts.running("handle", task.id), tasks={task.id: changes})


def finish(facts: Facts, ask: Ask, world: World) -> Effects:
    """办结反馈: the lead is done; whoever dispatched verifies, never the village that dispatched to itself.

    Raises:
        Refusal: `invalid` while a co-handler that is not yet due has not fed back.
    """
    task = _handling(facts, ask)
    if facts.dispatcher is None:
        raise Refusal("move_not_allowed")
    late = [one for one in facts.helpers if _is_past_due(facts, one, ask.now)]
    waiting = [one for one in facts.helpers if one not in late]
    if waiting:
        raise invalid("payload.result", "还有协办单位未反馈。", "A co-handler has not fed back yet.")
    verifier = facts.dispatcher
    if task.unit == verifier and world.offices.level_of(verifier) == "village":
        verifier = world.offices.parent_centre(verifier) or verifier
    changes = {task.id: {"state": TaskState.REPORTED, "reported_at": ask.now, "result": ask.payload["result"]}}
    return Effects(
        {
            "state": State.AWAITING_VERIFICATION, "holder_id": verifier, "result": ask.payload["result"],
            "route": ask.payload.get("route"),
        },
        started=[start_clock("verify", verifier, facts, ask, world)],
        met=[*facts.running("handle", task.id), *facts.running("overall")],
        ended=[*facts.running("contact"), *(clock for one in late for clock in _clocks_of(facts, one))],
        tasks={**changes, **{one.id: {"state": TaskState.WAIVED} for one in late}},
        seen_by=[verifier],
        unseen_by=[one.unit for one in late],
    )  # fmt: skip


def task_of(facts: Facts, ask: Ask) -> Assignment:
    """The open assignment a move is about: the one named, or the only one that fits.

    Raises:
        Refusal: `which_one` with the choices, `move_not_allowed` when none fits.
    """
    mine = {one for ids in ask.standing.tasks.values() for one in ids}
    fitting = [one for one in facts.assignments if one.active and one.id in mine]
    if ask.action == "feedback":
        fitting = [one for one in fitting if one.role == "co"]
    if ask.action == "finish":
        fitting = [one for one in fitting if one.role == "lead"]
    if ask.assignment is not None:
        fitting = [one for one in fitting if one.id == ask.assignment]
    if not fitting:
        raise Refusal("move_not_allowed")
    if len(fitting) > 1:
        raise Refusal("which_one", extra={"choices": [{"assignment": str(one.id)} for one in fitting]})
    return fitting[0]


def _handling(facts: Facts, ask: Ask) -> Assignment:
    task = task_of(facts, ask)
    if task.state != TaskState.HANDLING:
        raise Refusal("move_not_allowed")
    return task


def _assignment(ask: Ask, role: str, unit: uuid.UUID) -> Assignment:
    return Assignment(uuid.uuid5(ask.step_id, f"{role}:{unit}"), role, unit, TaskState.PENDING)


def _open(
    facts: Facts, ask: Ask, world: World, wanted: Sequence[tuple[str, uuid.UUID, datetime]]
) -> tuple[list[Assignment], list[Started]]:
    opened: list[Assignment] = []
    clocks: list[Started] = []
    for role, unit, due in wanted:
        task = _assignment(ask, role, unit)
        opened.append(task)
        clocks.append(start_clock("sign", unit, facts, ask, world, assignment=task.id))
        if facts.urgency == 4:
            clocks.append(start_clock("arrive", unit, facts, ask, world, assignment=task.id))
        clocks += _handling_clocks(facts, ask, world, task, due)
    return opened, clocks


def _handling_clocks(facts: Facts, ask: Ask, world: World, task: Assignment, due: datetime | None) -> list[Started]:
    clocks = [start_clock("handle", task.unit, facts, ask, world, assignment=task.id, due=due)]
    if task.role == "lead" and FIRST_CONTACT in world.rules.line_of(facts.category):
        clocks.append(start_clock("contact", task.unit, facts, ask, world, assignment=task.id))
    return clocks


def _lead_due(facts: Facts, ask: Ask, world: World, wished: str | None) -> datetime:
    longest = deadlines.due(ask.now, world.rules.limit(facts.category, facts.urgency, "handle"), world.rules.calendar)
    if wished is None:
        return longest
    due = datetime.fromisoformat(wished)
    if not ask.now < due <= longest:
        raise invalid("payload.due_at", "时限须晚于现在、不超过规则库的时限。", "Past, or later than the rules allow.")
    return due


def _drop(facts: Facts, tasks: Sequence[Assignment], state: TaskState) -> Effects:
    return Effects(
        ended=[clock for task in tasks for clock in _clocks_of(facts, task)],
        tasks={task.id: {"state": state} for task in tasks},
        unseen_by=[task.unit for task in tasks if task.unit != facts.dispatcher],
    )


def _clocks_of(facts: Facts, task: Assignment) -> list[uuid.UUID]:
    return [clock.id for clock in facts.clocks if clock.running and clock.assignment == task.id]


def _is_past_due(facts: Facts, task: Assignment, now: datetime) -> bool:
    dues = [c.due_current for c in facts.clocks if c.kind == "handle" and c.assignment == task.id and c.running]
    return bool(dues) and max(dues) < now
