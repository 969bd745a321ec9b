"""Push subscriptions 推送订阅: where a person's browsers can be reached, told by the devices under ids they mint."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from server.db import insert_once
from server.models import Person, PushSubscription
from server.rules.refusals import Refusal
from server.services.people import SignedIn

MOST_ALIVE = 20
"""Browsers of one person; the one unseen for longest gives way."""


def hear_again(
    tx: Connection, person: SignedIn, subscription_id: uuid.UUID, content: bytes, now: datetime
) -> bool | None:
    """A browser tells of its subscription whenever the app starts. Returns: None when it is new to us; else whether
    it is alive: one that the push service has given up is not, and the browser needs another.

    Raises:
        Refusal: `already_different` when the id stands for something else.
    """
    known = _find(tx, subscription_id)
    if known is None:
        return None
    if known["person_id"] != person.id or known["content"] != content:
        raise Refusal("already_different")
    seen = {"seen_at": now, "session_id": person.session_id}
    tx.execute(update(PushSubscription).where(PushSubscription.id == subscription_id).values(seen))
    return known["ended_at"] is None


def subscribe(
    tx: Connection, person: SignedIn, subscription_id: uuid.UUID, content: bytes, body: Mapping[str, Any], now: datetime
) -> None:
    """Keep a browser's subscription under a new id; an endpoint belongs to one id at a time.

    Raises:
        Refusal: `already_different` when another request was faster with something else.
    """
    # Page and service worker may tell of one endpoint at once, under two ids: one after the other.
    tx.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    _make_room(tx, person.id, body["endpoint"], now)
    row = {
        "id": subscription_id, "person_id": person.id, "session_id": person.session_id, "content": content,
        "endpoint": body["endpoint"], "endpoint_hash": _hash(body["endpoint"]), "p256dh": body["p256dh"],
        "auth": body["auth"], "created_at": now, "seen_at": now,
    }  # fmt: skip
    if not insert_once(tx, PushSubscription, row):
        hear_again(tx, person, subscription_id, content, now)


def unsubscribe(tx: Connection, person_id: uuid.UUID, subscription_id: uuid.UUID, now: datetime) -> None:
    """This browser is to be left in peace; again changes nothing.

    Raises:
        Refusal: `not_found` when it is not theirs.
    """
    known = _find(tx, subscription_id)
    if known is None or known["person_id"] != person_id:
        raise Refusal("not_found")
    end(tx, subscription_id, "asked", now)


def end(tx: Connection, subscription_id: uuid.UUID, why: str, now: datetime) -> None:
    """Send nothing there any more: the person `asked`, the push service said `gone`, a newer one `replaced` it."""
    tx.execute(
        update(PushSubscription)
        .where(PushSubscription.id == subscription_id, PushSubscription.ended_at.is_(None))
        .values(ended_at=now, ended_why=why)
    )


def _find(tx: Connection, subscription_id: uuid.UUID) -> dict[str, Any] | None:
    row = tx.execute(
        select(PushSubscription.person_id, PushSubscription.content, PushSubscription.ended_at)
        .where(PushSubscription.id == subscription_id)
        .with_for_update()
    ).first()
    return dict(row._mapping) if row else None


def _make_room(tx: Connection, person_id: uuid.UUID, endpoint: str, now: datetime) -> None:
    """Whoever had this endpoint before (the same browser, perhaps another person's) has it no longer."""
    tx.execute(
        update(PushSubscription)
        .where(PushSubscription.endpoint_hash == _hash(endpoint), PushSubscription.ended_at.is_(None))
        .values(ended_at=now, ended_why="replaced")
    )
    alive = tx.execute(
        select(PushSubscription.id)
        .where(PushSubscription.person_id == person_id, PushSubscription.ended_at.is_(None))
        .order_by(PushSubscription.seen_at.desc())
        .offset(MOST_ALIVE - 1)
    ).scalars()
    for one in alive.all():
        end(tx, one, "replaced", now)


def _hash(endpoint: str) -> bytes:
    return hashlib.sha256(endpoint.encode()).digest()
