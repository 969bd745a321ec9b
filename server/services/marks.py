"""What each base of the indicators looks at, as one query a base: its members, each with its marks.

Everything is read as of one instant, from steps (the state of a case is that of its last step before it), clocks and
requests. Every query starts from a range of an index that the period bounds: the audience's (subject, received_at),
the clocks' (kind, due), the steps' (action, at). Counts nothing.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)  # fmt: skip
from sqlalchemy.orm import aliased

from server.models import Audience, Case, Deadline, Request, Step, StepPayload
from server.models.extracts import TRUTHS, case_field, epoch, text_field
from server.rules.indicators import LEVELS, ROUTES, UNREPORTED, Base
from server.services.records import ERASED

ENDED_OTHERWISE = ("void", "merged", "rejected")
EVER_ACCEPTED = ("accepted", "in_progress", "awaiting_verification", "suspended", "external", "closed")
CLOSING = ("verify_pass", "pass_unsampled", "register_only")
SETTLED = ("resolved", "mediated")
PROMPT = ("accept", "sign", "verify")
UNIT_CLOCKS = (*PROMPT, "dispatch", "arrive", "contact", "handle")
"""Clocks that one unit must meet. The overall one is the case's: a late finish must not count twice."""


class Asked(NamedTuple):
    """What figures are about.

    Args:
        subjects: whose cases count, as the audience names them.
        areas: codes of the areas they lie in.
        start, until: the period's first instant, and the first one that is no longer looked at.
        window: seconds after a closing in which it must hold.
        disputes: codes of the categories of disputes.
        by: what the members' `key` is.
    """

    subjects: Sequence[str]
    areas: Sequence[str]
    start: datetime
    until: datetime
    window: int
    disputes: Sequence[str]
    by: str


Marks = Mapping[str, ColumnElement[bool]]
_FINISHES = or_(
    Step.action.in_(("finish", "settle_on_spot", "register_only")),
    and_(Step.action == "receipt", Step.state == "awaiting_verification"),
)
_CLOSES = and_(Step.action.in_(CLOSING), Step.state == "closed")
_REOPENS = or_(Step.action == "reopen", and_(Step.action == "review", Step.state == "accepted"))


def members(base: Base, asked: Asked) -> CTE:
    """The base's members: case_id, received_at, member_id (the clock's, where clocks are looked at), key, closed_at,
    and each mark as 1 or 0."""
    return _QUERIES[base](asked).cte("members")


def marks_of(found: CTE) -> list[str]:
    """The names of its mark columns."""
    return [name for name in found.c.keys() if name not in _PLAIN]  # noqa: SIM118  # a collection of columns


_PLAIN = frozenset({"case_id", "received_at", "member_id", "key", "closed_at"})


def _received(asked: Asked, *, again: bool = False) -> Select[Any]:
    cohort = _with_key(
        select(Case.id, Case.received_at, Case.category)
        .where(Case.id.in_(_seen(asked)), Case.area_code.in_(asked.areas)),
        asked,
    ).cte("cohort")  # fmt: skip
    story = _story(cohort, asked)
    category = cohort.c.category
    marks = {**_standing(story, cohort.c.id, asked), **_disputes(story, cohort.c.id, category, asked)}
    if again:
        marks |= {"undone": _undone(story, cohort.c.id, asked)}
    return _select(
        cohort.c.id, cohort.c.received_at, cohort.c.id, cohort.c.key, story.c.closed_at, marks
    ).join(story, story.c.case_id == cohort.c.id)  # fmt: skip


def _due(asked: Asked, due: Any) -> Select[Any]:
    cohort = _with_key(
        select(Case.id, Case.received_at, due.label("due"))
        .join(Deadline, Deadline.case_id == Case.id)
        .where(
            Deadline.kind == "overall", due >= asked.start, due < asked.until, Case.area_code.in_(asked.areas),
            _is_seen(asked),
        ),
        asked,
        own_clock=True,
    ).cte("cohort")  # fmt: skip
    story = _story(cohort, asked)
    finished = (
        select(func.max(Step.at))
        .where(
            Step.case_id == story.c.case_id, Step.at < asked.until, _FINISHES,
            Step.seq < func.coalesce(story.c.first_closing, 1_000_000),
        )
        .scalar_subquery()
    )  # fmt: skip
    # The first closing stays, whatever came after it; before it, the finish that awaits verification stands.
    stands = or_(story.c.first_closing.is_not(None), story.c.state == "awaiting_verification")
    in_time = and_(stands, func.coalesce(finished <= cohort.c.due, false()))
    counted = and_(story.c.state.not_in(ENDED_OTHERWISE), not_(_registered(story)))
    late_void = and_(story.c.state == "void", func.coalesce(story.c.voided_at > cohort.c.due, false()))
    marks = {
        "counted": counted,
        "closed": story.c.state == "closed",
        "suspended": story.c.state == "suspended",
        "in_time": in_time,
        "overdue": or_(and_(counted, not_(in_time)), late_void),
    }
    return _select(
        cohort.c.id, cohort.c.received_at, cohort.c.id, cohort.c.key, story.c.closed_at, marks
    ).join(story, story.c.case_id == cohort.c.id)  # fmt: skip


def _clocks(asked: Asked, due: Any, kinds: Sequence[str]) -> Select[Any]:
    ended_before = and_(Deadline.met_at.is_(None), func.coalesce(Deadline.ended_at <= due, false()))
    marks: dict[str, ColumnElement[bool]] = {
        **{kind: Deadline.kind == kind for kind in (*PROMPT, "arrive")},
        "in_time": func.coalesce(Deadline.met_at <= due, false()),
        "offline_late": Deadline.offline_late.is_(True),
        "excused": Deadline.excused.is_(True),
    }
    key = Deadline.unit_id if asked.by == "unit" else _case_key(asked)
    nothing = literal(None, Step.at.type)
    return (
        _select(Case.id, Case.received_at, Deadline.id, key, nothing, marks)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(
            Deadline.kind.in_(kinds), due >= asked.start, due < asked.until, not_(ended_before),
            Case.area_code.in_(asked.areas), _is_seen(asked),
        )
    )  # fmt: skip


def _events(asked: Asked) -> Select[Any]:
    happened: dict[str, ColumnElement[bool]] = {
        "decided": Step.action.in_(("accept", "handle_here", "settle_on_spot", "register_only", "reject")),
        "dispatched": Step.action.in_(("dispatch", "redispatch", "hand_down")),
        "verified": Step.action.in_(("verify_pass", "verify_fail", "pass_unsampled")),
        "ended": _CLOSES,
        "rework": Step.action == "verify_fail",
        "returned": Step.action.in_(("ask_return", "send_back")),
        "misdispatched": or_(Step.action.in_(("agree_return", "send_back")), _ruled_misdispatched()),
        "extended": Step.action == "grant_extension",
        "suspended_in": and_(
            Step.action.in_(("approve_suspension", "ask_suspension")), Step.state == "suspended", not_(_stood_still())
        ),
        "rejected": Step.action == "reject",
        "withdrawn": Step.action == "withdraw",
        "voided": and_(Step.action.in_(("void", "grant_void")), Step.state == "void"),
        "merged": Step.action == "merge",
        "referred": Step.action == "refer_out",
        "reopened_in": _REOPENS,
        "overruled": Step.action == "overrule",
        "rejections": Step.action.in_(("reject", "overrule")),
        "inspected": Step.action == "inspect",
        "false_closing": and_(Step.action == "inspect", case_field(Step.envelope, "found_false").in_(TRUTHS)),
        "rated": and_(Step.action.in_(("visit", "rate")), case_field(Step.envelope, "satisfaction").is_not(None)),
    }  # fmt: skip
    rating = _last(Step.action.in_(("visit", "rate")), case_field(Step.envelope, "satisfaction"))
    told = (
        select(
            Step.case_id, rating.label("rating"),
            *(func.max(_bit(flag)).label(name) for name, flag in happened.items()),
        )
        .where(Step.action.in_(EVENTS), Step.at >= asked.start, Step.at < asked.until)
        .group_by(Step.case_id)
        .cte("told")
    )  # fmt: skip
    cohort = _with_key(
        select(Case.id, Case.received_at)
        .join(told, told.c.case_id == Case.id)
        .where(Case.area_code.in_(asked.areas), _is_seen(asked)),
        asked,
    ).cte("cohort")  # fmt: skip
    marks: dict[str, ColumnElement[bool]] = {name: told.c[name] == 1 for name in happened}
    marks["satisfied"] = func.coalesce(told.c.rating.in_(("satisfied", "fairly")), false())
    nothing = literal(None, Step.at.type)
    return _select(cohort.c.id, cohort.c.received_at, cohort.c.id, cohort.c.key, nothing, marks).join(
        told, told.c.case_id == cohort.c.id
    )


EVENTS = (
    "accept", "handle_here", "settle_on_spot", "register_only", "reject", "dispatch", "redispatch", "hand_down",
    "verify_pass", "verify_fail", "pass_unsampled", "ask_return", "send_back", "agree_return", "rule",
    "grant_extension", "approve_suspension", "ask_suspension", "withdraw", "void", "grant_void", "merge", "refer_out",
    "reopen", "review", "overrule", "inspect", "visit", "rate",
)  # fmt: skip
"""Actions that some event is made of: the index over (action, at) is read for these alone."""

_QUERIES: Mapping[str, Callable[[Asked], Select[Any]]] = {
    "received": _received,
    "window": lambda asked: _received(asked, again=True),
    "due": lambda asked: _due(asked, Deadline.due_original),
    "due_current": lambda asked: _due(asked, Deadline.due_current),
    "clocks": lambda asked: _clocks(asked, Deadline.due_original, UNIT_CLOCKS),
    "clocks_current": lambda asked: _clocks(asked, Deadline.due_current, PROMPT),
    "events": _events,
}


def _select(
    case_id: Any, received_at: Any, member_id: Any, key: Any, closed_at: Any, marks: Marks
) -> Select[Any]:  # fmt: skip
    return select(
        case_id.label("case_id"), received_at.label("received_at"), member_id.label("member_id"), key.label("key"),
        closed_at.label("closed_at"), *(_bit(mark).label(name) for name, mark in marks.items()),
    )  # fmt: skip


def _story(cohort: CTE, asked: Asked) -> CTE:
    """What happened to each case before `until`, from its steps."""
    return (
        select(
            Step.case_id,
            _last(Step.state.is_not(None), Step.state).label("state"),
            _last(_FINISHES, Step.action).label("finish"),
            _last(_FINISHES, case_field(Step.envelope, "result")).label("result"),
            _last(or_(_FINISHES, Step.action == "refer_out"), case_field(Step.envelope, "route")).label("route"),
            _last(_CLOSES, case_field(Step.envelope, "settled_level")).label("level"),
            func.max(_bit(Step.state.in_(EVER_ACCEPTED))).label("accepted"),
            func.max(_bit(Step.action == "escalate")).label("escalated"),
            func.max(_bit(_REOPENS)).label("reopened"),
            func.min(case((_CLOSES, Step.seq))).label("first_closing"),
            func.max(case((_CLOSES, Step.at))).label("closed_at"),
            func.max(case((Step.action.in_(("withdraw", "void", "grant_void")), Step.at))).label("voided_at"),
        )
        .join(cohort, cohort.c.id == Step.case_id)
        .where(Step.at < asked.until)
        .group_by(Step.case_id)
        .cte("story")
    )


def _standing(story: CTE, case_id: Any, asked: Asked) -> dict[str, ColumnElement[bool]]:
    closed = and_(story.c.state == "closed", not_(_registered(story)))
    settled = and_(closed, func.coalesce(story.c.result.in_(SETTLED), false()))
    level = story.c.level
    other = aliased(Case)
    repeats = exists().where(other.repeat_of == case_id, other.received_at < asked.until)
    return {
        "valid": and_(story.c.state.not_in(ENDED_OTHERWISE), not_(_registered(story))),
        "accepted": story.c.accepted == 1,
        "registered": _registered(story),
        "closed": closed,
        "settled": settled,
        "spot": func.coalesce(story.c.finish == "settle_on_spot", false()),
        "at_village": func.coalesce(level.in_(LEVELS[:2]), false()),
        **{f"to_{one}": func.coalesce(level.in_(LEVELS[: at + 1]), false()) for at, one in enumerate(LEVELS[:5])},
        "escalated": story.c.escalated == 1,
        "reopened": story.c.reopened == 1,
        "repeated": and_(settled, repeats),
    }


def _disputes(story: CTE, case_id: Any, category: Any, asked: Asked) -> dict[str, ColumnElement[bool]]:
    dispute = category.in_(asked.disputes)
    mediated = and_(dispute, func.coalesce(story.c.result == "mediated", false()), story.c.state == "closed")
    outcome = case((StepPayload.payload != ERASED, text_field(StepPayload.payload, "outcome")))
    attempted = (
        exists()
        .where(Step.case_id == case_id, Step.action == "mediate", Step.at < asked.until)
        .where(StepPayload.step_id == Step.id, func.coalesce(outcome, "") != "contacted")
    )
    found = {"dispute": dispute, "tried": and_(dispute, or_(attempted, mediated)), "mediated": mediated}
    closed = and_(dispute, story.c.state == "closed")
    for route in ROUTES:
        found[f"route_{route}"] = and_(closed, func.coalesce(story.c.route == route, false()))
    found[f"route_{UNREPORTED}"] = and_(closed, func.coalesce(story.c.route.not_in(ROUTES), literal(True)))
    return found


def _undone(story: CTE, case_id: Any, asked: Asked) -> ColumnElement[bool]:
    """Reopened or repeated within the window after its closing, also after the period."""
    ends = epoch(story.c.closed_at) + asked.window
    other, later = aliased(Case), aliased(Step)
    again = or_(later.action == "reopen", and_(later.action == "review", later.state == "accepted"))
    return or_(
        exists().where(later.case_id == case_id, again, later.at >= story.c.closed_at, epoch(later.at) <= ends),
        exists().where(other.repeat_of == case_id, epoch(other.received_at) <= ends),
    )


def _registered(story: CTE) -> ColumnElement[bool]:
    return and_(story.c.state == "closed", func.coalesce(story.c.finish == "register_only", false()))


def _ruled_misdispatched() -> ColumnElement[bool]:
    ruled = exists().where(
        Request.case_id == Step.case_id, Request.kind == "ruling", Request.answered_at == Step.at,
        Request.state == "misdispatched",
    )  # fmt: skip
    return and_(Step.action == "rule", ruled)


def _stood_still() -> ColumnElement[bool]:
    """Was the case suspended before this step? Then it renews a suspension, or approves what stood still at once."""
    before = aliased(Step)
    return exists().where(
        before.case_id == Step.case_id, before.seq == Step.seq - 1, before.state == "suspended"
    )  # fmt: skip


def _last(when: ColumnElement[bool], value: Any) -> ColumnElement[str]:
    """The value of the last step on which it is not empty: the greatest text that begins with the step's number."""
    numbered = cast(Step.seq + 1_000_000, String) + ":" + value
    return func.substr(func.max(case((when, numbered))), 9)


def _bit(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, literal(1, Integer)), else_=literal(0, Integer))


def _seen(asked: Asked) -> Select[tuple[uuid.UUID]]:
    """Cases received in the period that these subjects see: a range of the list's own index."""
    return select(Audience.case_id).where(
        Audience.subject.in_(asked.subjects), Audience.gone.is_(False),
        Audience.received_at >= asked.start, Audience.received_at < asked.until,
    )  # fmt: skip


def _is_seen(asked: Asked) -> ColumnElement[bool]:
    return exists().where(
        Audience.case_id == Case.id, Audience.subject.in_(asked.subjects), Audience.gone.is_(False)
    )  # fmt: skip


def _case_key(asked: Asked) -> Any:
    return {"area": Case.area_code, "category": Case.category, "source": Case.source}[asked.by]


def _with_key(cohort: Select[Any], asked: Asked, *, own_clock: bool = False) -> Select[Any]:
    """With the column `key`; by unit, it is the one that owns the case's overall clock."""
    if asked.by != "unit":
        return cohort.add_columns(_case_key(asked).label("key"))
    if own_clock:
        return cohort.add_columns(Deadline.unit_id.label("key"))
    overall = aliased(Deadline)
    return cohort.add_columns(overall.unit_id.label("key")).outerjoin(
        overall, and_(overall.case_id == Case.id, overall.kind == "overall")
    )
