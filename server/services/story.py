"""What happened to each case before an instant, folded from its steps by the database, and the marks that follow.

The envelope of a step says what it wrote into its case and is never overwritten; the case's own columns are. Chooses
no cases and counts none.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)  # fmt: skip
from sqlalchemy.orm import aliased

from server.models import Case, Step, StepPayload
from server.models.extracts import case_field, epoch, text_field
from server.rules.indicators import LEVELS, ROUTES, UNREPORTED
from server.services.records import ERASED

ENDED_OTHERWISE = ("void", "merged", "rejected")
EVER_ACCEPTED = ("accepted", "in_progress", "awaiting_verification", "suspended", "external", "closed")
CLOSING = ("verify_pass", "pass_unsampled", "register_only")
SETTLED = ("resolved", "mediated")
FINISHES = or_(
    Step.action.in_(("finish", "settle_on_spot", "register_only")),
    and_(Step.action == "receipt", Step.state == "awaiting_verification"),
)
CLOSES = and_(Step.action.in_(CLOSING), Step.state == "closed")
REOPENS = or_(Step.action == "reopen", and_(Step.action == "review", Step.state == "accepted"))


def tell(cohort: CTE, until: datetime) -> CTE:
    """What happened to each case before `until`, from its steps."""
    return (
        select(
            Step.case_id,
            last(Step.state.is_not(None), Step.state).label("state"),
            last(FINISHES, Step.action).label("finish"),
            last(FINISHES, case_field(Step.envelope, "result")).label("result"),
            last(or_(FINISHES, Step.action == "refer_out"), case_field(Step.envelope, "route")).label("route"),
            last(CLOSES, case_field(Step.envelope, "settled_level")).label("level"),
            func.max(bit(Step.state.in_(EVER_ACCEPTED))).label("accepted"),
            func.max(bit(Step.action == "escalate")).label("escalated"),
            func.max(bit(REOPENS)).label("reopened"),
            func.min(case((CLOSES, Step.seq))).label("first_closing"),
            func.max(case((CLOSES, Step.at))).label("closed_at"),
            func.max(case((Step.action.in_(("withdraw", "void", "grant_void")), Step.at))).label("voided_at"),
        )
        .join(cohort, cohort.c.id == Step.case_id)
        .where(Step.at < until)
        .group_by(Step.case_id)
        .cte("story")
    )


def standing(story: CTE, case_id: Any, until: datetime) -> dict[str, ColumnElement[bool]]:
    """Marks of where each case stands, and how it was settled."""
    closed = and_(story.c.state == "closed", not_(registered(story)))
    settled = and_(closed, func.coalesce(story.c.result.in_(SETTLED), false()))
    level = story.c.level
    other = aliased(Case)
    repeats = there_is(other.id, other.repeat_of == case_id, other.received_at < until)
    return {
        "valid": and_(story.c.state.not_in(ENDED_OTHERWISE), not_(registered(story))),
        "accepted": story.c.accepted == 1,
        "registered": registered(story),
        "closed": closed,
        "settled": settled,
        "spot": func.coalesce(story.c.finish == "settle_on_spot", false()),
        "at_village": func.coalesce(level.in_(LEVELS[:2]), false()),
        **{f"to_{one}": func.coalesce(level.in_(LEVELS[: at + 1]), false()) for at, one in enumerate(LEVELS[:5])},
        "escalated": story.c.escalated == 1,
        "reopened": story.c.reopened == 1,
        "repeated": and_(settled, repeats),
    }


def disputes(story: CTE, case_id: Any, dispute: ColumnElement[bool], until: datetime) -> dict[str, ColumnElement[bool]]:
    """Marks of disputes: mediated or not, and by which road they ended."""
    mediated = and_(dispute, func.coalesce(story.c.result == "mediated", false()), story.c.state == "closed")
    outcome = case((StepPayload.payload != ERASED, text_field(StepPayload.payload, "outcome")))
    attempted = there_is(
        Step.id, Step.case_id == case_id, Step.action == "mediate", Step.at < until,
        StepPayload.step_id == Step.id, func.coalesce(outcome, "") != "contacted",
    )  # fmt: skip
    found = {"dispute": dispute, "tried": and_(dispute, or_(attempted, mediated)), "mediated": mediated}
    closed = and_(dispute, story.c.state == "closed")
    for route in ROUTES:
        found[f"route_{route}"] = and_(closed, func.coalesce(story.c.route == route, false()))
    found[f"route_{UNREPORTED}"] = and_(closed, func.coalesce(story.c.route.not_in(ROUTES), literal(True)))
    return found


def undone(story: CTE, case_id: Any, window: int) -> ColumnElement[bool]:
    """Reopened or repeated within so many seconds of its closing, also after the instant."""
    ends = epoch(story.c.closed_at) + window
    other, later = aliased(Case), aliased(Step)
    again = or_(later.action == "reopen", and_(later.action == "review", later.state == "accepted"))
    return or_(
        there_is(later.id, later.case_id == case_id, again, later.at >= story.c.closed_at, epoch(later.at) <= ends),
        there_is(other.id, other.repeat_of == case_id, epoch(other.received_at) <= ends),
    )


def registered(story: CTE) -> ColumnElement[bool]:
    """Closed as a consultation that was answered."""
    return and_(story.c.state == "closed", func.coalesce(story.c.finish == "register_only", false()))


def last(when: ColumnElement[bool], value: Any) -> ColumnElement[str]:
    """The value of the last step on which it is not empty: the greatest text that begins with the step's number."""
    numbered = cast(Step.seq + 1_000_000, String) + ":" + value
    return func.substr(func.max(case((when, numbered))), 9)


def there_is(one: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Is there such a row? For marks: PostgreSQL may answer EXISTS outside of WHERE by reading the whole table into
    memory, which grows with the years; a single row it can only look up."""
    return select(one).where(*conditions).limit(1).scalar_subquery().is_not(None)


def bit(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """1 or 0: what can be grouped, counted and compared alike on both databases."""
    return case((condition, literal(1, Integer)), else_=literal(0, Integer))
