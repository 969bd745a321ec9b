"""What each base of the indicators looks at, as one query a base: its members, each with its marks.

Everything is read as of one instant, from steps (the state of a case is that of its last step before it; `stood` tells
where it lay and whose its clocks were), clocks and requests. Every query starts from a range of an index that the
period bounds: the audience's (subject, received_at), the clocks' (kind, due), the steps' (action, at). Counts nothing.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, and_, exists, false, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from server.models import Audience, Case, Deadline, Request, Step
from server.models.extracts import TRUTHS, case_field
from server.rules.indicators import Base
from server.services import stood
from server.services.story import (
    CLOSES,
    ENDED_OTHERWISE,
    FINISHES,
    REOPENS,
    bit,
    disputes,
    last,
    registered,
    standing,
    tell,
    there_is,
    undone,
)

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
        over: has the period ended? What changed since must not show.
    """

    subjects: Sequence[str]
    areas: Sequence[str]
    start: datetime
    until: datetime
    window: int
    disputes: Sequence[str]
    by: str
    over: bool


Marks = Mapping[str, ColumnElement[bool]]


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
        select(Case.id, Case.received_at, _stood("category", asked).label("category"))
        .where(Case.id.in_(_seen(asked)), _lay_there(asked)),
        asked,
    ).cte("cohort")  # fmt: skip
    tale = tell(cohort, asked.until)
    dispute = cohort.c.category.in_(asked.disputes)
    marks = {**standing(tale, cohort.c.id, asked.until), **disputes(tale, cohort.c.id, dispute, asked.until)}
    if again:
        marks |= {"undone": undone(tale, cohort.c.id, asked.window)}
    return _select(
        cohort.c.id, cohort.c.received_at, cohort.c.id, cohort.c.key, tale.c.closed_at, marks
    ).join(tale, tale.c.case_id == cohort.c.id)  # fmt: skip


def _due(asked: Asked, due: Any) -> Select[Any]:
    cohort = _with_key(
        select(Case.id, Case.received_at, due.label("due"))
        .join(Deadline, Deadline.case_id == Case.id)
        .where(
            Deadline.kind == "overall", due >= asked.start, due < asked.until, _lay_there(asked), _is_seen(asked),
        ),
        asked,
        own_clock=True,
    ).cte("cohort")  # fmt: skip
    tale = tell(cohort, asked.until)
    finished = (
        select(func.max(Step.at))
        .where(
            Step.case_id == tale.c.case_id, Step.at < asked.until, FINISHES,
            Step.seq < func.coalesce(tale.c.first_closing, 1_000_000),
        )
        .scalar_subquery()
    )  # fmt: skip
    # The first closing stays, whatever came after it; before it, the finish that awaits verification stands.
    stands = or_(tale.c.first_closing.is_not(None), tale.c.state == "awaiting_verification")
    in_time = and_(stands, func.coalesce(finished <= cohort.c.due, false()))
    counted = and_(tale.c.state.not_in(ENDED_OTHERWISE), not_(registered(tale)))
    late_void = and_(tale.c.state == "void", func.coalesce(tale.c.voided_at > cohort.c.due, false()))
    marks = {
        "counted": counted,
        "closed": tale.c.state == "closed",
        "suspended": tale.c.state == "suspended",
        "in_time": in_time,
        "overdue": or_(and_(counted, not_(in_time)), late_void),
    }
    return _select(
        cohort.c.id, cohort.c.received_at, cohort.c.id, cohort.c.key, tale.c.closed_at, marks
    ).join(tale, tale.c.case_id == cohort.c.id)  # fmt: skip


def _clocks(asked: Asked, due: Any, kinds: Sequence[str]) -> Select[Any]:
    ended_before = and_(Deadline.met_at.is_(None), func.coalesce(Deadline.ended_at <= due, false()))
    marks: dict[str, ColumnElement[bool]] = {
        **{kind: Deadline.kind == kind for kind in (*PROMPT, "arrive")},
        "in_time": func.coalesce(Deadline.met_at <= due, false()),
        "offline_late": Deadline.offline_late.is_(True),
        "excused": Deadline.excused.is_(True),
    }
    key = _owner(Deadline, asked) if asked.by == "unit" else _case_key(asked)
    nothing = literal(None, Step.at.type)
    return (
        _select(Case.id, Case.received_at, Deadline.id, key, nothing, marks)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(
            Deadline.kind.in_(kinds), due >= asked.start, due < asked.until, not_(ended_before),
            _lay_there(asked), _is_seen(asked),
        )
    )  # fmt: skip


def _events(asked: Asked) -> Select[Any]:
    happened: dict[str, ColumnElement[bool]] = {
        "decided": Step.action.in_(("accept", "handle_here", "settle_on_spot", "register_only", "reject")),
        "dispatched": Step.action.in_(("dispatch", "redispatch", "hand_down")),
        "verified": Step.action.in_(("verify_pass", "verify_fail", "pass_unsampled")),
        "ended": CLOSES,
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
        "reopened_in": REOPENS,
        "overruled": Step.action == "overrule",
        "rejections": Step.action.in_(("reject", "overrule")),
        "inspected": Step.action == "inspect",
        "false_closing": and_(Step.action == "inspect", case_field(Step.envelope, "found_false").in_(TRUTHS)),
        "rated": and_(Step.action.in_(("visit", "rate")), case_field(Step.envelope, "satisfaction").is_not(None)),
    }  # fmt: skip
    rating = last(Step.action.in_(("visit", "rate")), case_field(Step.envelope, "satisfaction"))
    told = _with_key(
        select(Case.id, Case.received_at, rating.label("rating"), *(func.max(bit(flag)).label(name)
               for name, flag in happened.items()))
        .join(Step, Step.case_id == Case.id)
        .where(
            Step.action.in_(EVENTS), Step.at >= asked.start, Step.at < asked.until,
            _lay_there(asked), _is_seen(asked),
        ),
        asked,
        grouped=True,
    ).cte("cohort")  # fmt: skip
    marks: dict[str, ColumnElement[bool]] = {name: told.c[name] == 1 for name in happened}
    marks["satisfied"] = func.coalesce(told.c.rating.in_(("satisfied", "fairly")), false())
    nothing = literal(None, Step.at.type)
    return _select(told.c.id, told.c.received_at, told.c.id, told.c.key, nothing, marks)


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
        closed_at.label("closed_at"), *(bit(mark).label(name) for name, mark in marks.items()),
    )  # fmt: skip


def _ruled_misdispatched() -> ColumnElement[bool]:
    ruled = there_is(
        Request.id, Request.case_id == Step.case_id, Request.kind == "ruling", Request.answered_at == Step.at,
        Request.state == "misdispatched",
    )  # fmt: skip
    return and_(Step.action == "rule", ruled)


def _stood_still() -> ColumnElement[bool]:
    """Was the case suspended before this step? Then it renews a suspension, or approves what stood still at once."""
    before = aliased(Step)
    return there_is(before.id, before.case_id == Step.case_id, before.seq == Step.seq - 1, before.state == "suspended")


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


def _stood(name: str, asked: Asked) -> Any:
    """A column of the case as of the instant: while the period runs, as it is."""
    return stood.column(name, asked.until) if asked.over else getattr(Case, name)


def _owner(clock: type[Deadline], asked: Asked) -> Any:
    return stood.owner(clock, Case.id, asked.until) if asked.over else clock.unit_id


def _lay_there(asked: Asked) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _stood("area_code", asked).in_(asked.areas)
    return found


def _case_key(asked: Asked) -> Any:
    return Case.source if asked.by == "source" else _stood(_COLUMN_OF[asked.by], asked)


_COLUMN_OF = {"area": "area_code", "category": "category"}


def _with_key(cohort: Select[Any], asked: Asked, *, own_clock: bool = False, grouped: bool = False) -> Select[Any]:
    """With the column `key`; by unit, it is the one that owns the case's overall clock. `grouped`: a row for each case
    out of several."""
    overall = aliased(Deadline)
    if asked.by != "unit":
        key = _case_key(asked)
    elif own_clock:
        key = _owner(Deadline, asked)
    else:
        key = _owner(overall, asked)
        cohort = cohort.outerjoin(overall, and_(overall.case_id == Case.id, overall.kind == "overall"))
    found = cohort.add_columns(key.label("key"))
    return found.group_by(Case.id, Case.received_at, "key") if grouped else found
