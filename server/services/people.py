"""Who is at the door: accounts, passwords, sessions, lockout, grants."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Label, Row, bindparam, delete, insert, or_, select, update

from server.db import glance, insert_once, transaction
from server.models import Audit, Grant, Person, Session, SignInTries, Stamp
from server.rules.refusals import Refusal, invalid
from server.services.reference import PLACES, RULES

SESSION_LIFE = timedelta(days=30)
RENEW_AFTER = timedelta(hours=12)
TRIES_ALLOWED = 5
LOCK_FOR = timedelta(minutes=15)
PASSWORD_MIN, PASSWORD_MAX = 10, 200

_hasher = PasswordHasher()
_NOBODYS_HASH = _hasher.hash(secrets.token_hex(16))
"""Checked for unknown accounts, so that they take as long as known ones."""


class Granted(NamedTuple):
    """授权 in force: the role and what it stands on."""

    role: str
    unit: uuid.UUID | None
    grid: str | None
    area: str | None
    named: bool
    behalf: uuid.UUID | None
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person asking, with what may have changed since: read in one statement."""

    id: uuid.UUID
    account: str
    name: str
    must_change_password: bool
    session_id: uuid.UUID
    renewed_at: datetime
    expires_at: datetime
    grants: tuple[Granted, ...]
    places_stamp: int
    rules_stamp: int

    @property
    def units(self) -> list[uuid.UUID]:
        """Units this person belongs to, as member or leader."""
        return list(dict.fromkeys(g.unit for g in self.grants if g.role in ("member", "leader") and g.unit))

    @property
    def grids(self) -> list[str]:
        """Codes of the grids this person walks, in the order they were granted."""
        return [g.grid for g in self.grants if g.role == "grid_worker" and g.grid]

    def has(self, role: str) -> bool:
        return any(g.role == role for g in self.grants)


THE_OFFICE = SignedIn(
    uuid.UUID(int=0), "", "网格闭环", False, uuid.UUID(int=0), datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC), (), 0, 0,
)  # fmt: skip
"""Who is heard when the office acts by itself: nobody's account, no grants."""


class NewSession(NamedTuple):
    """What a device gets once: the token is stored nowhere else."""

    token: str
    expires_at: datetime
    person_id: uuid.UUID
    name: str
    must_change_password: bool


def _stamp(name: str, label: str) -> Label[int]:
    return select(Stamp.version).where(Stamp.name == name).scalar_subquery().label(label)


_AT = bindparam("at", type_=Session.expires_at.type)
_GRANTED = (
    (Grant.person_id == Person.id) & (Grant.valid_from <= _AT) & or_(Grant.valid_to.is_(None), Grant.valid_to > _AT)
)
_GRANT_COLUMNS = (
    Grant.role, Grant.unit_id, Grant.grid_code, Grant.area_code, Grant.named, Grant.behalf_id, Grant.valid_from,
    Grant.valid_to, _stamp(PLACES, "places_stamp"), _stamp(RULES, "rules_stamp"),
)  # fmt: skip
_WHO = (
    select(
        Person.id, Person.account, Person.name, Person.must_change_password,
        Session.id.label("session_id"), Session.renewed_at, Session.expires_at, *_GRANT_COLUMNS,
    )
    .join(Session, Session.person_id == Person.id)
    .outerjoin(Grant, _GRANTED)
    .where(
        Session.token_hash == bindparam("token_hash"), Session.revoked_at.is_(None), Session.expires_at > _AT,
        Person.ended_at.is_(None),
    )
    .order_by(Grant.valid_from, Grant.id)
)  # fmt: skip
_WHO_BY_ACCOUNT = (
    select(
        Person.id, Person.account, Person.name, Person.must_change_password,
        Person.id.label("session_id"), _AT.label("renewed_at"), _AT.label("expires_at"), *_GRANT_COLUMNS,
    )
    .outerjoin(Grant, _GRANTED)
    .where(Person.account == bindparam("account"))
    .order_by(Grant.valid_from, Grant.id)
)  # fmt: skip


def as_signed_in(connection: Connection, account: str, now: datetime) -> SignedIn:
    """The person of this account as if they had signed in, for commands that act in their name.

    Raises:
        LookupError: there is no such account.
    """
    rows = connection.execute(_WHO_BY_ACCOUNT, {"account": account, "at": now}).all()
    if not rows:
        raise LookupError(account)
    return _signed_in(rows)


def identify(token: str, now: datetime) -> SignedIn | None:
    """Whose session this token opens, if any; one statement, no write."""
    with glance() as connection:
        rows = connection.execute(_WHO, {"token_hash": token_hash(token), "at": now}).all()
    if not rows:
        return None
    return _signed_in(rows)


def sign_in(account: str, password: str, device: str, now: datetime) -> NewSession:
    """Open a session for this device.

    The failure is counted before the password is checked (a slow check must not let a crowd of parallel
    guesses through) and taken back when it was right. The check runs outside any transaction.

    Raises:
        Refusal: `bad_credentials`, or `too_many_tries` for 15 minutes after five failures in a row.
    """
    with transaction() as tx:
        person = _count_try(tx, account, now)
    if not _matches(person.password_hash if person else _NOBODYS_HASH, password) or person is None:
        raise Refusal("bad_credentials")
    token = secrets.token_urlsafe(32)
    expires_at = now + SESSION_LIFE
    with transaction() as tx:
        tx.execute(delete(SignInTries).where(SignInTries.account == account))
        session_id = uuid.uuid4()
        tx.execute(
            insert(Session).values(
                id=session_id, token_hash=token_hash(token), person_id=person.id, device=device[:200],
                created_at=now, renewed_at=now, expires_at=expires_at,
            )
        )  # fmt: skip
        note(tx, now, person.id, "sign_in", str(session_id))
    return NewSession(token, expires_at, person.id, person.name, person.must_change_password)


def _count_try(tx: Connection, account: str, now: datetime) -> Row[Any] | None:
    insert_once(tx, SignInTries, {"account": account, "failures": 0, "last_at": now})
    tries = tx.execute(select(SignInTries.__table__).where(SignInTries.account == account).with_for_update()).one()
    if tries.locked_until and tries.locked_until > now:
        raise Refusal("too_many_tries", extra={"retry_at": tries.locked_until})
    failures = 1 if tries.locked_until else tries.failures + 1
    tx.execute(
        update(SignInTries)
        .where(SignInTries.account == account)
        .values(failures=failures, locked_until=now + LOCK_FOR if failures >= TRIES_ALLOWED else None, last_at=now)
    )
    return tx.execute(
        select(Person.id, Person.name, Person.password_hash, Person.must_change_password).where(
            Person.account == account, Person.ended_at.is_(None)
        )
    ).first()


def csrf_token(token: str) -> str:
    """The page token of a session: derived from its secret, so it needs no storage and dies with it."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def renew(session_id: uuid.UUID, now: datetime) -> datetime:
    """A device in use stays signed in. Returns the new end."""
    expires_at = now + SESSION_LIFE
    with transaction() as tx:
        tx.execute(update(Session).where(Session.id == session_id).values(renewed_at=now, expires_at=expires_at))
    return expires_at


def list_sessions(connection: Connection, person_id: uuid.UUID, now: datetime) -> Sequence[Row[Any]]:
    """The person's open sessions, newest first: rows of id, device, created_at, renewed_at, expires_at."""
    return connection.execute(
        select(Session.id, Session.device, Session.created_at, Session.renewed_at, Session.expires_at)
        .where(Session.person_id == person_id, Session.revoked_at.is_(None), Session.expires_at > now)
        .order_by(Session.created_at.desc())
    ).all()


def revoke(tx: Connection, person_id: uuid.UUID, session_id: uuid.UUID, now: datetime) -> None:
    """Sign a device out at once.

    Raises:
        Refusal: `not_found` when it is not a session of this person.
    """
    done = tx.execute(
        update(Session)
        .where(Session.id == session_id, Session.person_id == person_id, Session.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if done.rowcount == 0:
        raise Refusal("not_found")
    note(tx, now, person_id, "sign_out", str(session_id))


def change_password(person: SignedIn, old: str, new: str, now: datetime) -> None:
    """Set a new password and sign out the person's other devices.

    Raises:
        Refusal: `bad_credentials` for a wrong old one, `invalid` for a new one that is too weak.
    """
    if not PASSWORD_MIN <= len(new) <= PASSWORD_MAX or new == old:
        raise invalid(
            "new_password",
            f"新密码至少 {PASSWORD_MIN} 位，且不同于旧密码。",
            f"A new password has at least {PASSWORD_MIN} characters and differs from the old one.",
        )
    with glance() as connection:
        kept = connection.execute(select(Person.password_hash).where(Person.id == person.id)).scalar_one()
    if not _matches(kept, old):
        raise Refusal("bad_credentials")
    hashed = _hasher.hash(new)
    with transaction() as tx:
        tx.execute(
            update(Person).where(Person.id == person.id).values(password_hash=hashed, must_change_password=False)
        )
        tx.execute(
            update(Session)
            .where(Session.person_id == person.id, Session.id != person.session_id, Session.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        note(tx, now, person.id, "change_password", str(person.id))


def note(tx: Connection, now: datetime, person_id: uuid.UUID | None, action: str, what: str, **detail: object) -> None:
    """Add a line to the audit log. Nothing personal goes into `detail`."""
    tx.execute(insert(Audit).values(at=now, person_id=person_id, action=action, object=what, detail=detail))


def _signed_in(rows: Sequence[Row[Any]]) -> SignedIn:
    first = rows[0]
    return SignedIn(
        id=first.id,
        account=first.account,
        name=first.name,
        must_change_password=first.must_change_password,
        session_id=first.session_id,
        renewed_at=first.renewed_at,
        expires_at=first.expires_at,
        grants=tuple(
            Granted(r.role, r.unit_id, r.grid_code, r.area_code, r.named, r.behalf_id, r.valid_from, r.valid_to)
            for r in rows
            if r.role is not None
        ),
        places_stamp=first.places_stamp,
        rules_stamp=first.rules_stamp,
    )


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def token_hash(token: str) -> bytes:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode()).digest()
