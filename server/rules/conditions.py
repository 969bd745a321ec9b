"""What else must hold for a move, beside state and role: one small question each. Pure."""

from collections.abc import Callable
from dataclasses import replace

from server.rules import closing, handing
from server.rules.facts import Assignment, Request, State, TaskState
from server.rules.overseeing import late_by_the_line
from server.rules.situation import Situation

Condition = Callable[[Situation], bool]
TaskFits = Callable[[Assignment, Situation], bool]
RequestFits = Callable[[Request, Situation], bool]


def always(_here: Situation) -> bool:
    return True


def every(*conditions: Condition) -> Condition:
    """All of these hold."""
    return lambda here: all(condition(here) for condition in conditions)


def nobody_accepted(here: Situation) -> bool:
    return here.facts.first_responsible_id is None


def may_withdraw(here: Situation) -> bool:
    return nobody_accepted(here) and not here.facts.withdrawn


def may_decline(here: Situation) -> bool:
    """Nobody accepted it, and nobody above has ordered that it be accepted."""
    return nobody_accepted(here) and not here.facts.overruled


def consultation(here: Situation) -> bool:
    return here.world.rules.categories[here.facts.category].consultation


def centre_decides(here: Situation) -> bool:
    """While a lead is at work only its dispatcher decides for the case; and only a centre with one above goes up."""
    if here.facts.state == State.IN_PROGRESS and "dispatcher" not in here.standing.roles:
        return False
    centre = here.facts.dispatcher_id if here.facts.state == State.IN_PROGRESS else here.facts.holder_id
    return centre is not None and here.world.offices.parent_centre(centre) is not None


def has_centres_below(here: Situation) -> bool:
    return here.facts.holder_id is not None and bool(handing.centres_for(here.facts, here.world))


def has_peers(here: Situation) -> bool:
    holder = here.facts.holder_id
    offices = here.world.offices
    if holder is None or offices.parent_centre(holder) is None or here.facts.asked("transfer"):
        return False
    return bool(offices.peers(holder))


def may_refer_out(here: Situation) -> bool:
    """A lead at work is the dispatcher's to refer out, an accepted case the holder's."""
    if here.facts.state != State.IN_PROGRESS:
        return "holder" in here.standing.roles
    return "dispatcher" in here.standing.roles and lead_is_no_stand_in(here)


def helpers_at_work(here: Situation) -> bool:
    return bool(here.facts.helpers)


def lead_is_no_stand_in(here: Situation) -> bool:
    """A pool that nobody signed yet has no lead to replace or to help."""
    lead = here.facts.lead
    return lead is not None and not lead.pool


def answers_origin(here: Situation) -> bool:
    """A centre answers it, until its origin knows the result."""
    centres = any(here.world.offices.is_centre(unit) for unit in here.standing.units)
    return here.facts.origin and "result" not in here.facts.answered and centres


def not_archived(here: Situation) -> bool:
    return not closing.archived(here)


def under_review_if_closed(here: Situation) -> bool:
    return here.facts.state != State.CLOSED or here.facts.reviewer_id is not None


def verifies(here: Situation) -> bool:
    """The holder, nobody who handled it; what a centre did by itself may also be verified by its parent."""
    return closing.no_handler(here) and ("holder" in here.standing.roles or here.facts.self_verified)


def under_review(here: Situation) -> bool:
    return here.facts.reviewer_id is not None and closing.neither_handler_nor_verifier(here)


def may_visit(here: Situation) -> bool:
    """Nobody visits about what they handled, and the tries have an end."""
    closed = closing.as_closed(here.facts)
    if closed is None or closed.visit_tries >= here.world.rules.numbers["visit_tries"]:
        return False
    return closing.no_handler(replace(here, facts=closed)) and may_rate(here)


def may_rate(here: Situation) -> bool:
    """Once for each closing; a follower for itself, when its master is closed."""
    closed = closing.as_closed(here.facts)
    return closed is not None and closed.satisfaction is None and not_archived(replace(here, facts=closed))


def no_void_asked(here: Situation) -> bool:
    return not here.facts.followers and ("leader" in here.standing.roles or not here.facts.asked("void"))


def excusable(here: Situation) -> bool:
    return bool(late_by_the_line(here))


def handling(task: Assignment, _here: Situation) -> bool:
    return task.state == TaskState.HANDLING and not task.pool


def handling_as(role: str) -> TaskFits:
    """Its unit is at work, in this role."""
    return lambda task, here: task.role == role and handling(task, here)


def names_handlers(task: Assignment, here: Situation) -> bool:
    return task.unit_id in here.standing.units and not task.pool


def answers_kind(*kinds: str) -> RequestFits:
    """An open request of one of these kinds that this person may answer."""
    return lambda request, here: request.open and request.kind in kinds and request.id in here.standing.answers


def to_acknowledge(request: Request, here: Situation) -> bool:
    """Whoever a rung stands against acknowledges it."""
    return request.open and request.kind == "supervision" and request.id in here.standing.answers


def to_lift(request: Request, here: Situation) -> bool:
    return request.kind == "supervision" and request.id in here.standing.issued and request.state != "fallen"
