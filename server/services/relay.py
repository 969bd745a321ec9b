"""Plans deliveries for committed messages: at once, collected, and by robot or text message when nobody reacts.

Each function works in one transaction and takes rows that no other courier holds (SKIP LOCKED), so any number of
couriers may run them. A delivery's id follows from what it carries and where to: planning twice plans once.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, or_, select, true, update
from sqlalchemy.orm import aliased

from server.db import insert_once, insert_rows
from server.models import (
    Case,
    Deadline,
    Delivery,
    DutyShift,
    Grant,
    Grid,
    Message,
    Mobile,
    Person,
    PushSubscription,
    Robot,
    Session,
)
from server.rules.emergencies import EMERGENCY, alerted, waits_for_anybody
from server.rules.facts import Facts
from server.rules.notices import COLLECTED_FOR, not_before, waits_for
from server.rules.rulebook import RuleBook
from server.services.reference import Atlas

AT_A_TIME = 200
URGED = ("accept", "sign")
"""Clocks that say that nobody has reacted yet."""

_WAITING = and_(Message.carried_at.is_(None), Message.way != "inbox")


def is_due(connection: Connection, now: datetime) -> bool:
    """Is there a message to plan for at once, or a delivery to hand out? Reads only, so that idling writes nothing."""
    message = exists().where(Message.carried_at.is_(None), Message.way == "at_once", Message.not_before <= now)
    delivery = exists().where(
        Delivery.state == "waiting",
        Delivery.next_at <= now,
        or_(Delivery.leased_until.is_(None), Delivery.leased_until <= now),
    )
    return bool(connection.execute(select(or_(message, delivery))).scalar())


def plan(tx: Connection, now: datetime) -> int:
    """Plan what is to be told at once. Returns: how many messages were taken care of.

    Somebody who has just had a notice gets the next ones collected, but nothing urgent, and no task because of news.
    """
    rows = tx.execute(
        select(Message.id, Message.person_id, Message.case_id, Message.kind, Message.urgency, Message.read_at)
        .where(Message.carried_at.is_(None), Message.way == "at_once", Message.not_before <= now)
        .order_by(Message.urgency.desc(), Message.not_before)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return 0
    recent = _just_told(tx, {row.person_id for row in rows if waits_for(row.kind, row.urgency)}, now)
    going: list[Row[Any]] = []
    later: list[uuid.UUID] = []
    for row in rows:
        if any((row.person_id, kind) in recent for kind in waits_for(row.kind, row.urgency)):
            later.append(row.id)
            continue
        going.append(row)
        if row.read_at is None and row.urgency < EMERGENCY:
            recent.add((row.person_id, row.kind))
    if later:
        tx.execute(update(Message).where(Message.id.in_(later)).values(way="collected"))
    _plan_pushes(tx, [(row, 1) for row in going if row.read_at is None], now)
    tx.execute(update(Message).where(Message.id.in_([row.id for row in going])).values(carried_at=now))
    return len(rows)


def collect(tx: Connection, now: datetime) -> int:
    """Make one notice of what was collected for each person for a minute. Returns: how many messages.

    The person's row is held meanwhile, so that two collectors do not make two notices of it.
    """
    old_enough = and_(_WAITING, Message.way == "collected", Message.not_before <= now - COLLECTED_FOR)
    people = tx.execute(
        select(Person.id)
        .where(exists().where(Message.person_id == Person.id, old_enough))
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True, key_share=True)
    ).scalars()
    rows = tx.execute(
        select(Message.id, Message.person_id, Message.case_id, Message.urgency, Message.read_at)
        .where(Message.person_id.in_(list(people)), _WAITING, Message.way == "collected", Message.not_before <= now)
        .order_by(Message.person_id, Message.urgency.desc(), Message.created_at.desc())
        .with_for_update(skip_locked=True)
    ).all()
    notices = []
    for _person, group in groupby(rows, key=lambda row: row.person_id):
        unread = [row for row in group if row.read_at is None]
        if not unread:
            continue
        notices.append((unread[0], len(unread)))
        covered = [row.id for row in unread[1:]]
        if covered:
            tx.execute(update(Message).where(Message.id.in_(covered)).values(carried_with=unread[0].id))
    _plan_pushes(tx, notices, now, queue="digest")
    if rows:
        tx.execute(update(Message).where(Message.id.in_([row.id for row in rows])).values(carried_at=now))
    return len(rows)


def urge(tx: Connection, atlas: Atlas, rules: RuleBook, now: datetime) -> int:
    """Tell robots and phones of urgent cases that nobody has taken on. Returns: how many deliveries were planned.

    The rule book's `urge_after_minutes` says after how long, by urgency; an urgency without a number is never urged.
    Quiet hours hold all but emergencies. A new emergency is called out wherever it is told: at the centres up to the
    county and at the duty department.
    """
    patience: Mapping[str, int] = rules.numbers["urge_after_minutes"]
    late = [
        and_(Case.urgency == int(urgency), Deadline.started_at <= now - timedelta(minutes=minutes))
        for urgency, minutes in patience.items()
        if not_before(int(urgency), now, rules) <= now
    ]
    if not late:
        return 0
    silent = tx.execute(
        select(
            Deadline.id, Deadline.unit_id, Deadline.case_id, Case.state, Case.urgency, Case.category,
            Case.area_code, Case.holder_id, Case.first_responsible_id, Case.confidential, Grid.code.label("grid_code"),
        )
        .join(Case, Case.id == Deadline.case_id)
        .outerjoin(Grid, Grid.id == Case.grid_id)
        .where(
            Deadline.met_at.is_(None), Deadline.ended_at.is_(None), Deadline.kind.in_(URGED), or_(*late),
            ~exists().where(Delivery.deadline_id == Deadline.id),
        )
        .order_by(Case.urgency.desc(), Deadline.started_at)
    ).all()  # fmt: skip
    planned, targets_of = 0, cache(partial(_loud_targets, tx, atlas, now))
    for clock in silent:
        if planned >= AT_A_TIME:
            break
        sensitive = clock.confidential or rules.categories[clock.category].sensitive
        facts = Facts(
            clock.state, clock.category, clock.urgency, clock.holder_id, area_code=clock.area_code,
            first_responsible_id=clock.first_responsible_id,
            village_desk=atlas.desk_of(clock.grid_code, clock.area_code),
        )  # fmt: skip
        told = alerted(facts, atlas, rules) if waits_for_anybody(facts) else []
        for channel, target in {one for unit in (clock.unit_id, *told) for one in targets_of(unit, sensitive)}:
            row = _delivery(channel, target, clock.case_id, clock.urgency, now, deadline_id=clock.id)
            planned += insert_once(tx, Delivery, row)
    return planned


def _just_told(tx: Connection, people: Iterable[uuid.UUID], now: datetime) -> set[tuple[uuid.UUID, str]]:
    """Who of these had a notice within the minute, and of which kind."""
    told = select(Message.person_id, Message.kind).where(
        Message.person_id.in_(list(people)),
        Message.created_at > now - timedelta(days=1),
        Message.carried_at > now - COLLECTED_FOR,
        Message.way != "inbox",
        Message.urgency < EMERGENCY,
    )
    return {(row.person_id, row.kind) for row in tx.execute(told)}


def _plan_pushes(tx: Connection, notices: Sequence[tuple[Row[Any], int]], now: datetime, queue: str = "normal") -> None:
    """One delivery for each notice and each browser that its person is signed in on."""
    if not notices:
        return
    alive = tx.execute(
        select(PushSubscription.person_id, PushSubscription.id)
        .join(Session, Session.id == PushSubscription.session_id)
        .join(Person, Person.id == PushSubscription.person_id)
        .where(
            PushSubscription.person_id.in_({row.person_id for row, _ in notices}),
            PushSubscription.ended_at.is_(None), Session.revoked_at.is_(None), Person.ended_at.is_(None),
        )
        .order_by(PushSubscription.person_id)
    ).all()  # fmt: skip
    browsers = {person: [one.id for one in group] for person, group in groupby(alive, key=itemgetter(0))}
    rows = [
        _delivery(
            "webpush", target, row.case_id, row.urgency, now, message_id=row.id, covers=covers,
            queue="urgent" if row.urgency >= EMERGENCY else queue,
        )
        for row, covers in notices
        for target in browsers.get(row.person_id, ())
    ]  # fmt: skip
    if rows:
        insert_rows(tx, Delivery, rows)


def _loud_targets(
    tx: Connection, atlas: Atlas, now: datetime, unit: uuid.UUID, sensitive: bool
) -> list[tuple[str, uuid.UUID]]:
    """The unit's robots (its parent centre's where it has none), and the phones of whoever is on duty 值班; of all its
    people where the roster names nobody. In the place of somebody on leave, their stand-in's. Of a sensitive case only
    phones of those who may see it."""
    near, stand_in = [unit, atlas.parent_centre(unit)], aliased(Grant)
    robots = tx.execute(select(Robot.unit_id, Robot.id).where(Robot.unit_id.in_(near), Robot.ended_at.is_(None))).all()
    own = [row.id for row in robots if row.unit_id == unit] or [row.id for row in robots]
    on_duty = exists().where(
        DutyShift.unit_id == unit, DutyShift.person_id.in_([Grant.person_id, Grant.behalf_id]),
        DutyShift.starts_at <= now, DutyShift.ends_at > now,
    )  # fmt: skip
    on_leave = exists().where(
        stand_in.behalf_id == Grant.person_id, stand_in.valid_from <= now,
        or_(stand_in.valid_to.is_(None), stand_in.valid_to > now),
    )  # fmt: skip
    reached = tx.execute(
        select(Grant.person_id, on_duty.label("on_duty"))
        .join(Mobile, Mobile.person_id == Grant.person_id)
        .where(
            Grant.unit_id == unit, Grant.role.in_(("member", "leader")), Grant.valid_from <= now,
            or_(Grant.valid_to.is_(None), Grant.valid_to > now), ~on_leave,
            or_(Grant.role == "leader", Grant.named) if sensitive else true(),
        )
    ).all()  # fmt: skip
    phones = {row.person_id for row in reached if row.on_duty} or {row.person_id for row in reached}
    return [*(("robot", one) for one in own), *(("sms", one) for one in phones)]


def _delivery(
    channel: str,
    target: uuid.UUID,
    case_id: uuid.UUID,
    urgency: int,
    now: datetime,
    *,
    message_id: uuid.UUID | None = None,
    deadline_id: uuid.UUID | None = None,
    covers: int = 1,
    queue: str = "urgent",
) -> dict[str, Any]:
    carried = message_id or deadline_id
    assert carried is not None  # noqa: S101  # a delivery carries something
    return {
        "id": uuid.uuid5(carried, f"{channel}:{target}"), "channel": channel, "target": target,
        "message_id": message_id, "deadline_id": deadline_id, "case_id": case_id, "urgency": urgency, "queue": queue,
        "covers": covers, "state": "waiting", "tries": 0, "claim": 0, "next_at": now, "created_at": now,
    }  # fmt: skip
