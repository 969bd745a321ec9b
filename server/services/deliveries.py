"""Hands deliveries to workers under a lease, one worker at a time, and writes down what became of each try.

    claim → (a queue) → set_out → the channel, outside any transaction → finish

The lease and the count of tries are committed before anything is sent. A worker that dies in between lets the lease
run out, and the delivery is claimed again: it may then be sent a second time, under the same topic and tag, so that
the person sees one notice.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select, update

from server.keys import Keys
from server.models import Case, Delivery, Message, Person, PushSubscription, Robot, Session
from server.rules import notices
from server.services import inbox, reach, reference, subscriptions

QUEUES = ("urgent", "normal", "digest")
"""In the order in which workers serve them."""
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 300, 1800, 7200))
"""Between tries; after the last one a delivery is a dead letter, which only an operator sends again."""
LONGEST_PAUSE = timedelta(hours=12)
LEAST_SENDING = timedelta(seconds=15)
"""A channel takes ten seconds at most: a shorter lease would run out under a worker that is still waiting."""
ROBOT_TRIES_A_MINUTE = 18
"""WeCom and DingTalk take 20 messages a minute of one robot and then shut it out for ten."""


class Claim(NamedTuple):
    """A delivery handed out; the number tells it from the same delivery handed out again."""

    id: uuid.UUID
    number: int
    queue: str


@dataclass(frozen=True, slots=True)
class Errand:
    """What a channel needs to send one delivery; nothing personal but the address it goes to.

    Args:
        address: webpush: endpoint, p256dh, auth. robot: kind, secret. sms: phone.
        zh, en: the notice in both languages. tag: notices with the same one replace each other.
    """

    claim: Claim
    channel: str
    address: Mapping[str, str]
    zh: str
    en: str
    tag: str
    case_id: uuid.UUID
    case_code: str
    message_id: uuid.UUID | None
    urgency: int
    unread: int
    collected: bool


class Outcome(NamedTuple):
    """What became of a try.

    Args:
        word: for figures and operators, e.g. "delivered", "gone", "status 500".
        state: delivered; waiting (to be tried again); dropped (nobody to tell); dead (trying again is no use).
        retry_after: how long whoever refused asks us to wait.
        gone: the target itself no longer exists.
    """

    word: str
    state: str
    retry_after: timedelta | None = None
    gone: bool = False


DELIVERED = Outcome("delivered", "delivered")


def claim(tx: Connection, now: datetime, lease: timedelta, room: Mapping[str, int]) -> list[Claim]:
    """Take what is due and free, up to `room` for each queue, the most urgent first."""
    found: list[Claim] = []
    for queue in QUEUES:
        rows = tx.execute(
            select(Delivery.id, Delivery.claim)
            .where(
                Delivery.state == "waiting", Delivery.queue == queue, Delivery.next_at <= now,
                or_(Delivery.leased_until.is_(None), Delivery.leased_until <= now),
            )
            .order_by(Delivery.next_at)
            .limit(max(room[queue], 0))
            .with_for_update(skip_locked=True)
        ).all()  # fmt: skip
        found += [Claim(row.id, row.claim + 1, queue) for row in rows]
    if found:
        tx.execute(
            update(Delivery)
            .where(Delivery.id.in_([one.id for one in found]))
            .values(claim=Delivery.claim + 1, leased_until=now + lease)
        )
    return found


def release(tx: Connection, claims: Sequence[Claim]) -> None:
    """Give back what could not be handed on."""
    for one in claims:
        tx.execute(
            update(Delivery).where(Delivery.id == one.id, Delivery.claim == one.number).values(leased_until=None)
        )


def set_out(tx: Connection, keys: Keys, claims: Sequence[Claim], now: datetime, lease: timedelta) -> list[Errand]:
    """Count a try for each claim that still holds, and say what to send; what needs no sending any more is dropped.

    What was planned or failed in the day and comes up in quiet hours waits for the morning, without counting as a try.
    What had its last try and no outcome, because its worker died each time, is a dead letter.
    """
    errands: list[Errand] = []
    numbers = {one.id: one for one in claims}
    rules = reference.rule_book(tx)
    rows = tx.execute(
        select(Delivery.__table__, Case.code.label("case_code"))
        .join(Case, Case.id == Delivery.case_id)
        .where(Delivery.id.in_(list(numbers)), Delivery.state == "waiting")
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    ).all()
    for row in rows:
        one = numbers[row.id]
        if row.claim != one.number:
            continue
        morning = notices.not_before(row.urgency, now, rules)
        if morning > now:
            _update(tx, row.id, next_at=morning, leased_until=None)
            continue
        if row.tries > len(PAUSES):
            _update(tx, row.id, state="dead", outcome=row.outcome or "no outcome", ended_at=now, leased_until=None)
            continue
        if row.channel == "robot" and (wait := _robot_is_busy(tx, row.target, now)):
            _update(tx, row.id, next_at=now + wait, leased_until=None)
            continue
        errand = _errand(tx, keys, row, one)
        if isinstance(errand, str):
            _update(tx, row.id, state="dropped", outcome=errand, ended_at=now, leased_until=None)
            continue
        until = now + max(lease, LEAST_SENDING)
        _update(tx, row.id, tries=row.tries + 1, tried_at=now, leased_until=until)
        errands.append(errand)
    return errands


def finish(tx: Connection, errand: Errand, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a try; a late worker's success counts, its failure does not."""
    row = tx.execute(
        select(Delivery.tries, Delivery.claim, Delivery.state, Delivery.target)
        .where(Delivery.id == errand.claim.id)
        .with_for_update()
    ).first()
    if row is None or row.state != "waiting":
        return
    if row.claim != errand.claim.number and outcome.state != "delivered":
        return
    if outcome.gone and errand.channel == "webpush":
        subscriptions.end(tx, row.target, "gone", now)
    if outcome.state != "waiting":
        _update(tx, errand.claim.id, state=outcome.state, outcome=outcome.word, ended_at=now, leased_until=None)
    elif row.tries > len(PAUSES):
        _update(tx, errand.claim.id, state="dead", outcome=outcome.word, ended_at=now, leased_until=None)
    else:
        pause = min(max(PAUSES[row.tries - 1], outcome.retry_after or timedelta()), LONGEST_PAUSE)
        _update(tx, errand.claim.id, outcome=outcome.word, next_at=now + pause, leased_until=None)


def send_again(tx: Connection, ids: Sequence[uuid.UUID] | None, now: datetime) -> int:
    """Dead letters (these, or all) are tried anew. Returns: how many."""
    dead = Delivery.state == "dead"
    chosen = dead if ids is None else dead & Delivery.id.in_(ids)
    again = update(Delivery).where(chosen).values(state="waiting", tries=0, next_at=now, ended_at=None)
    return tx.execute(again).rowcount


def list_deliveries(connection: Connection, state: str, limit: int) -> list[Mapping[str, Any]]:
    """The newest deliveries in this state, with the case's code."""
    rows = connection.execute(
        select(Delivery.__table__, Case.code.label("case_code"))
        .join(Case, Case.id == Delivery.case_id)
        .where(Delivery.state == state)
        .order_by(Delivery.created_at.desc(), Delivery.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in rows]


class Figures(NamedTuple):
    """What an operator watches.

    Args:
        oldest: when the oldest delivery that is due, or message not yet planned for, became due.
        outcomes: (channel, state, last word) → deliveries that wait, are dead, or ended within the last hour.
        tries: channel → tries of those. waiting: queue → deliveries.
    """

    oldest: datetime | None
    outcomes: Mapping[tuple[str, str, str], int]
    tries: Mapping[str, int]
    waiting: Mapping[str, int]


def figures(connection: Connection, now: datetime) -> Figures:
    """Count the tables: workers come and go, rows stay."""
    due = connection.execute(
        select(func.min(Delivery.created_at)).where(Delivery.state == "waiting", Delivery.next_at <= now)
    ).scalar()
    unplanned = [
        connection.execute(
            select(func.min(Message.not_before)).where(
                Message.carried_at.is_(None), Message.way == way, Message.not_before <= since
            )
        ).scalar()
        for way, since in (("at_once", now), ("collected", now - notices.COLLECTED_FOR))
    ]
    counted = connection.execute(
        select(Delivery.channel, Delivery.state, Delivery.outcome, func.count(), func.sum(Delivery.tries))
        .where(or_(Delivery.state.in_(("waiting", "dead")), Delivery.ended_at > now - timedelta(hours=1)))
        .group_by(Delivery.channel, Delivery.state, Delivery.outcome)
    ).all()
    tries: dict[str, int] = {}
    for channel, _state, _word, _count, tried in counted:
        tries[channel] = tries.get(channel, 0) + tried
    waiting = connection.execute(
        select(Delivery.queue, func.count()).where(Delivery.state == "waiting").group_by(Delivery.queue)
    )
    return Figures(
        min((one for one in (due, *unplanned) if one is not None), default=None),
        {(channel, state, word or "none"): count for channel, state, word, count, _tried in counted},
        tries,
        {**dict.fromkeys(QUEUES, 0), **{row[0]: row[1] for row in waiting}},
    )


def _update(tx: Connection, delivery_id: uuid.UUID, **values: Any) -> None:
    tx.execute(update(Delivery).where(Delivery.id == delivery_id).values(**values))


def _robot_is_busy(tx: Connection, robot: uuid.UUID, now: datetime) -> timedelta | None:
    """How long until this robot may speak again. Its row is held, so that two workers do not count past each other."""
    tx.execute(select(Robot.id).where(Robot.id == robot).with_for_update()).first()
    since = now - timedelta(minutes=1)
    spoken = tx.execute(
        select(Delivery.tried_at)
        .where(Delivery.target == robot, Delivery.tried_at > since)
        .order_by(Delivery.tried_at.desc())
        .offset(ROBOT_TRIES_A_MINUTE - 1)
        .limit(1)
    ).scalar()
    return None if spoken is None else spoken - since


def _errand(tx: Connection, keys: Keys, row: Any, claimed: Claim) -> Errand | str:
    """The errand, or the word for why there is none any more."""
    address = _ADDRESSES[row.channel](tx, keys, row.target)
    if address is None:
        return "no target"
    urging = notices.urging_wording(row.case_code)
    if row.message_id is None:
        return Errand(
            claimed, row.channel, address, *urging, f"urge-{row.case_id}", row.case_id, row.case_code, None,
            row.urgency, 0, collected=False,
        )  # fmt: skip
    message = tx.execute(select(Message.__table__).where(Message.id == row.message_id)).one()
    if message.read_at is not None:
        return "read"
    unread = inbox.count_unread(tx, message.person_id)
    words = (
        notices.collected_wording(row.covers)
        if row.covers > 1
        else notices.wording(message.kind, message.action, message.urgency, row.case_code)
    )
    tag = "collected" if row.covers > 1 else f"case-{row.case_id}"
    return Errand(
        claimed, row.channel, address, *words, tag, row.case_id, row.case_code, message.id, row.urgency, unread,
        collected=row.covers > 1,
    )  # fmt: skip


def _browser(tx: Connection, _keys: Keys, target: uuid.UUID) -> dict[str, str] | None:
    row = tx.execute(
        select(PushSubscription.endpoint, PushSubscription.p256dh, PushSubscription.auth)
        .join(Session, Session.id == PushSubscription.session_id)
        .join(Person, Person.id == PushSubscription.person_id)
        .where(
            PushSubscription.id == target, PushSubscription.ended_at.is_(None), Session.revoked_at.is_(None),
            Person.ended_at.is_(None),
        )
    ).first()  # fmt: skip
    return dict(row._mapping) if row else None


def _robot(tx: Connection, keys: Keys, target: uuid.UUID) -> dict[str, str] | None:
    row = tx.execute(select(Robot.__table__).where(Robot.id == target, Robot.ended_at.is_(None))).first()
    return {"kind": row.kind, "secret": reach.robot_address(keys, dict(row._mapping))} if row else None


def _phone(tx: Connection, keys: Keys, target: uuid.UUID) -> dict[str, str] | None:
    number = reach.phone(tx, keys, target)
    return {"phone": number} if number else None


_ADDRESSES = {"webpush": _browser, "robot": _robot, "sms": _phone}
