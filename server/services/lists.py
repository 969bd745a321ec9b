"""Lists of cases: what a person may see, filtered, newest first, page by page.

The order is (received_at, id), which never changes, so a page is one range of an index: each of the person's
subjects gives its own first rows, and the merge takes the newest. Lists of what waits for somebody start
from the holder's index instead.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Tuple, and_, literal, or_, select, tuple_, union
from sqlalchemy.orm import aliased

from server.models import Assignment, Audience, Case, Deadline, Grid, Request
from server.rules.facts import State, TaskState
from server.rules.refusals import invalid
from server.services import access, parties
from server.services.hearing import Hearing

WAITING: Mapping[str, State] = {
    "accept": State.SUBMITTED,
    "dispatch": State.ACCEPTED,
    "verify": State.AWAITING_VERIFICATION,
}
"""What waits for a holder, by `ask`."""
AT_WORK: Mapping[str, TaskState] = {"sign": TaskState.PENDING, "handle": TaskState.HANDLING}
"""What waits for a unit with an assignment, helpers of a case without a lead among them."""


class Page(NamedTuple):
    """Rows of a list and where the next page begins."""

    rows: Sequence[Mapping[str, Any]]
    next_cursor: str | None


def list_cases(hearing: Hearing, filters: Mapping[str, Any], limit: int, cursor: str | None) -> Page:
    """One page of the cases this person may see.

    Raises:
        Refusal: `invalid` naming `cursor` when it was made for other filters.
    """
    after = read_cursor(cursor, filters) if cursor else None
    conditions = _conditions(hearing, filters)
    statement = (
        _by_holder(hearing, conditions, after)
        if filters.get("ask") or filters.get("unit")
        else _by_audience(hearing, conditions, after, limit + 1)
    )
    order = statement.subquery()
    keys = hearing.tx.execute(
        select(order).order_by(order.c.received_at.desc(), order.c.id.desc()).limit(limit + 1)
    ).all()
    page = keys[:limit]
    more = make_cursor(page[-1].received_at, page[-1].id, filters) if len(keys) > limit else None
    return Page(summaries(hearing, [key.id for key in page]), more)


def find_by_party(hearing: Hearing, kind: str, value: str) -> Sequence[Mapping[str, Any]]:
    """The newest 200 cases this person may see that name a party with this phone or ID number."""
    rows = hearing.tx.execute(
        select(Case.id)
        .where(Case.id.in_(parties.cases_with(hearing.keys, kind, value)), access.sees(access.subjects(hearing.person)))
        .order_by(Case.received_at.desc(), Case.id.desc())
        .limit(200)
    )
    return summaries(hearing, [row.id for row in rows])


def summaries(hearing: Hearing, ids: Sequence[uuid.UUID]) -> list[Mapping[str, Any]]:
    """Case columns with grid_code, grid_name and due_at, in the order of the ids (all of them visible)."""
    rows = hearing.tx.execute(
        select(Case.__table__, Grid.code.label("grid_code"), Grid.name.label("grid_name"), Deadline.due_current)
        .outerjoin(Grid, Grid.id == Case.grid_id)
        .outerjoin(
            Deadline,
            and_(
                Deadline.case_id == Case.id,
                Deadline.kind == "overall",
                Deadline.met_at.is_(None),
                Deadline.ended_at.is_(None),
            ),
        )
        .where(Case.id.in_(ids))
    )
    found = {row.id: row._mapping for row in rows}
    return [dict(found[one]) for one in ids]


def _conditions(hearing: Hearing, filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name, column in (("state", Case.state), ("category", Case.category), ("source", Case.source)):
        if name in filters:
            found.append(column == filters[name])
    if "grid" in filters:
        found.append(Case.grid_id.in_(select(Grid.id).where(Grid.code == filters["grid"])))
    if "area" in filters:
        found.append(Case.area_code.in_(_areas_below(hearing, filters["area"])))
    if "unit" in filters:
        found.append(Case.holder_id == filters["unit"])
    if "ask" in filters:
        found.append(_waits_for(hearing, filters["ask"]))
    if "overdue" in filters:
        late = (
            select(Deadline.id)
            .where(
                Deadline.case_id == Case.id,
                Deadline.met_at.is_(None),
                Deadline.ended_at.is_(None),
                Deadline.due_current < hearing.now,
            )
            .exists()
        )
        found.append(late if filters["overdue"] else ~late)
    if "q" in filters:
        words = filters["q"].strip()
        found.append(or_(Case.code == words, Case.title.icontains(words, autoescape=True)))
    return found


def _areas_below(hearing: Hearing, code: str) -> list[str]:
    return [area for area in hearing.atlas.areas if hearing.atlas.within(area, code)]


def _waits_for(hearing: Hearing, ask: str) -> ColumnElement[bool]:
    person = hearing.person
    leads = [grant.unit for grant in person.grants if grant.role == "leader"]
    selves = [person.id, *(grant.behalf for grant in person.grants if grant.behalf)]
    waiting = select(Request.case_id).where(Request.answered_at.is_(None), Request.kind != "check")
    if ask == "answer":
        asked = or_(
            and_(Request.to_unit_id.in_(person.units), Request.to_leader.is_(False)), Request.to_unit_id.in_(leads)
        )
        return Case.id.in_(waiting.where(asked))
    if ask == "check":
        checks = select(Request.case_id).where(Request.answered_at.is_(None), Request.to_person_id.in_(selves))
        return Case.id.in_(checks)
    if ask == "visit":
        master = aliased(Case)
        closed = select(master.id).where(master.state == State.CLOSED, master.registered_only.is_(False))
        own, of_the_master = (
            or_(case.ended_by_unit_id.in_(person.units), case.dispatcher_id.in_(person.units))
            for case in (Case, master)
        )
        follows = and_(Case.state == State.MERGED, closed.where(master.id == Case.master_id, or_(own, of_the_master))
                       .exists())  # fmt: skip
        return and_(Case.visit_owed.is_(True), or_(and_(Case.state == State.CLOSED, own), follows))
    if ask in AT_WORK:
        mine = Assignment.unit_id.in_(person.units)  # a named handler works for a unit and does not sign for it
        task = select(Assignment.case_id).where(
            mine if ask == "sign" else or_(mine, Assignment.handler_id.in_(selves)),
            Assignment.state == AT_WORK[ask],
            Assignment.role != "copied",
        )
        return and_(Case.id.in_(task), Case.state.in_((State.IN_PROGRESS, State.ACCEPTED)))
    return and_(Case.holder_id.in_(person.units), Case.state == WAITING[ask])


def _by_holder(
    hearing: Hearing, conditions: Sequence[ColumnElement[bool]], after: tuple[datetime, uuid.UUID] | None
) -> Select[Any]:
    statement = select(Case.received_at, Case.id).where(*conditions, access.sees(access.subjects(hearing.person)))
    if after:
        statement = statement.where(tuple_(Case.received_at, Case.id) < key_after(after))
    return statement


def _by_audience(
    hearing: Hearing,
    conditions: Sequence[ColumnElement[bool]],
    after: tuple[datetime, uuid.UUID] | None,
    limit: int,
) -> Any:
    branches = []
    for subject in access.subjects(hearing.person):
        branch = select(Audience.received_at, Audience.case_id.label("id")).where(
            Audience.subject == subject, Audience.gone.is_(False)
        )
        if conditions:
            branch = branch.join(Case, Case.id == Audience.case_id).where(*conditions)
        if after:
            branch = branch.where(tuple_(Audience.received_at, Audience.case_id) < key_after(after))
        first = branch.order_by(Audience.received_at.desc(), Audience.case_id.desc()).limit(limit).subquery()
        branches.append(select(first.c.received_at, first.c.id))
    return union(*branches)


def key_after(after: tuple[datetime, uuid.UUID]) -> Tuple:
    """A list's key as the database compares it."""
    return tuple_(literal(after[0], Case.received_at.type), literal(after[1], Case.id.type))


def _fingerprint(filters: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(filters, sort_keys=True, default=str).encode()).hexdigest()[:12]


def make_cursor(received_at: datetime, case_id: uuid.UUID, filters: Mapping[str, Any]) -> str:
    """Where the page after this row begins, for these filters only."""
    text = json.dumps([received_at.isoformat(), str(case_id), _fingerprint(filters)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, filters: Mapping[str, Any]) -> tuple[datetime, uuid.UUID]:
    """The key that a cursor holds.

    Raises:
        Refusal: `invalid` naming `cursor` when nobody made it, or for other filters.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        received_at, case_id, fingerprint = json.loads(text)
        moment = datetime.fromisoformat(received_at)
        key = moment.astimezone(UTC), uuid.UUID(case_id)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise invalid("cursor", "翻页位置无效。", "This cursor is not valid.") from None
    if fingerprint != _fingerprint(filters) or moment.tzinfo is None:
        raise invalid("cursor", "翻页位置属于其他筛选条件。", "This cursor belongs to other filters.")
    return key
