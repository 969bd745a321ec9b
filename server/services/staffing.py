"""Accounts and grants: who works where. Signing in is another matter (`people`)."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from argon2 import PasswordHasher
from sqlalchemy import Connection, Select, or_, select, update

from server.db import insert_once, insert_rows
from server.models import Area, DutyShift, Grant, Grid, Person, Unit
from server.models.numbers import next_change
from server.rules.refusals import Refusal, invalid
from server.services.people import PASSWORD_MAX, PASSWORD_MIN

ROLES = ("grid_worker", "member", "leader", "invited", "inspector", "admin", "auditor")
"""`invited`: one of the 五员 a unit calls in; sees a case only when named its handler."""
STANDS_ON = {"grid_worker": "grid", "member": "unit", "leader": "unit", "invited": "unit", "inspector": "area"}
"""What a role stands on; the others stand on nothing."""
STOOD_IN = ("grid_worker", "member", "leader", "inspector")
"""Roles a stand-in takes on."""

_hasher = PasswordHasher()


class Target(NamedTuple):
    """What a role stands on: a unit, a grid, an area, or nothing (admin, auditor)."""

    unit: uuid.UUID | None = None
    grid: str | None = None
    area: str | None = None


def hash_password(password: str) -> str:
    """For callers that give many accounts the same first password: argon2 is slow on purpose.

    Raises:
        Refusal: `invalid` when it is too short.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise invalid("password", f"密码至少 {PASSWORD_MIN} 位。", f"Passwords have {PASSWORD_MIN} characters or more.")
    return _hasher.hash(password)


def add_person(tx: Connection, account: str, name: str, password_hash: str, *, must_change: bool) -> uuid.UUID:
    """Make an account without any grant.

    Raises:
        Refusal: `invalid` when the account exists.
    """
    if tx.execute(select(Person.id).where(Person.account == account)).first():
        raise _account_exists(account)
    row = _person_row(account, name, password_hash, must_change=must_change, change=0)
    insert_rows(tx, Person, [row])
    person_id: uuid.UUID = row["id"]
    return person_id


def grant(
    tx: Connection, person_id: uuid.UUID, role: str, now: datetime, target: Target, *, named: bool = False
) -> None:
    """Give a person a role from now on; their devices hear of it through `changes`."""
    insert_rows(tx, Grant, [_grant_row(person_id, role, now, target, named=named)])
    tx.execute(update(Person).where(Person.id == person_id).values(grants_change=next_change(tx)))


def accounts_of(connection: Connection, unit: uuid.UUID) -> list[str]:
    """Accounts of a unit's members and leaders, in order."""
    return list(
        connection.execute(
            select(Person.account)
            .join(Grant, Grant.person_id == Person.id)
            .where(Grant.unit_id == unit, Grant.role.in_(("member", "leader")), Grant.valid_to.is_(None))
            .order_by(Person.account)
        ).scalars()
    )


def end_grants(tx: Connection, person_id: uuid.UUID, role: str, target: Target, now: datetime) -> int:
    """Take a role from a person, and from whoever holds it for them. Returns how many grants ended."""
    ended = tx.execute(
        update(Grant)
        .where(
            or_(Grant.person_id == person_id, Grant.behalf_id == person_id), Grant.role == role,
            Grant.unit_id.is_not_distinct_from(target.unit), Grant.grid_code.is_not_distinct_from(target.grid),
            Grant.area_code.is_not_distinct_from(target.area), or_(Grant.valid_to.is_(None), Grant.valid_to > now),
        )
        .values(valid_to=now)
    ).rowcount  # fmt: skip
    tx.execute(update(Person).where(Person.id == person_id).values(grants_change=next_change(tx)))
    return ended


def end_grants_on(tx: Connection, unit: uuid.UUID, now: datetime) -> None:
    """A unit ends, and with it every role in it."""
    lasting = (Grant.unit_id == unit, or_(Grant.valid_to.is_(None), Grant.valid_to > now))
    held = select(Grant.person_id).where(*lasting)
    tx.execute(update(Person).where(Person.id.in_(held)).values(grants_change=next_change(tx)))
    tx.execute(update(Grant).where(*lasting).values(valid_to=now))


def stand_in(tx: Connection, person_id: uuid.UUID, stand_in_id: uuid.UUID, since: datetime, until: datetime) -> int:
    """代理: for a stated time somebody holds every role of a person on leave. Returns how many.

    Raises:
        Refusal: `invalid` when the two are one, the time is none, or there is no role to hold.
    """
    if person_id == stand_in_id:
        raise invalid("stand_in", "代理人不能是本人。", "Nobody stands in for themselves.")
    if until <= since:
        raise invalid("to", "结束时间须晚于开始时间。", "The end must be after the beginning.")
    held = tx.execute(
        select(Grant.__table__).where(
            Grant.person_id == person_id, Grant.behalf_id.is_(None), Grant.role.in_(STOOD_IN),
            Grant.valid_from < until, or_(Grant.valid_to.is_(None), Grant.valid_to > since),
        )
    ).all()  # fmt: skip
    rows = [
        {
            **row._mapping, "id": uuid.uuid4(), "person_id": stand_in_id, "behalf_id": person_id,
            "valid_from": max(since, row.valid_from), "valid_to": min(until, row.valid_to or until),
        }
        for row in held
    ]  # fmt: skip
    if not rows:
        raise invalid("person", "该人员这段时间没有可代理的岗位。", "This person holds no role in that time.")
    insert_rows(tx, Grant, rows)
    tx.execute(update(Person).where(Person.id == stand_in_id).values(grants_change=next_change(tx)))
    return len(rows)


def put_on_duty(tx: Connection, unit: uuid.UUID, person_id: uuid.UUID, since: datetime, until: datetime) -> None:
    """值班: one person is on duty for a unit from and to; the same again changes nothing.

    Raises:
        Refusal: `invalid` when the time is none.
    """
    if until <= since:
        raise invalid("to", "结束时间须晚于开始时间。", "The end must be after the beginning.")
    shift = {"id": uuid.uuid4(), "unit_id": unit, "person_id": person_id, "starts_at": since, "ends_at": until}
    insert_once(tx, DutyShift, shift, "unit_id", "person_id", "starts_at")


def person_of(tx: Connection, account: str) -> uuid.UUID:
    """The person of this account.

    Raises:
        Refusal: `invalid` when there is none.
    """
    found: uuid.UUID | None = tx.execute(select(Person.id).where(Person.account == account)).scalar()
    if found is None:
        raise invalid("account", f"没有账号 {account}。", f"There is no account {account}.")
    return found


def read_target(tx: Connection, role: str, unit: str | None, grid: str | None, area: str | None) -> Target:
    """Does the role stand on what it needs, and does that exist?

    Raises:
        Refusal: `invalid`, naming what is missing, superfluous or unknown.
    """
    wanted = STANDS_ON.get(role)
    given = {name: value for name, value in (("unit", unit), ("grid", grid), ("area", area)) if value}
    if set(given) != ({wanted} if wanted else set()):
        need = wanted or "nothing"
        raise invalid(need, f"岗位 {role} 需要且只需要：{need}。", f"The role {role} stands on {need}.")
    target = Target(unit=_read_uuid(unit), grid=grid, area=area)
    known: dict[str, Select[Any]] = {
        "unit": select(Unit.id).where(Unit.id == target.unit),
        "grid": select(Grid.id).where(Grid.code == grid, Grid.valid_to.is_(None)),
        "area": select(Area.code).where(Area.code == area),
    }
    if wanted and tx.execute(known[wanted]).first() is None:
        raise invalid(wanted, f"没有 {given[wanted]}。", f"There is no {wanted} {given[wanted]}.")
    return target


def add_workers(tx: Connection, password: str, now: datetime) -> list[tuple[str, str, str]]:
    """One account for every current grid that nobody walks, all with the same first password to be changed.

    Returns: (account, name, grid code) of each; the account is `w` and the grid's code.
    """
    password_hash = hash_password(password)
    lonely = tx.execute(
        select(Grid.code, Grid.name)
        .where(
            Grid.valid_to.is_(None),
            ~select(Grant.id).where(Grant.grid_code == Grid.code, Grant.role == "grid_worker").exists(),
        )
        .order_by(Grid.code)
    ).all()
    added = [(f"w{grid.code}", f"{grid.name}网格员"[:100], grid.code) for grid in lonely]
    taken = set(tx.execute(select(Person.account)).scalars())
    people, grants, change = [], [], next_change(tx)
    for account, name, code in added:
        if account in taken:
            raise _account_exists(account)
        people.append(_person_row(account, name, password_hash, must_change=True, change=change))
        grants.append(_grant_row(people[-1]["id"], "grid_worker", now, Target(grid=code), named=False))
    insert_rows(tx, Person, people)
    insert_rows(tx, Grant, grants)
    return added


def _account_exists(account: str) -> Refusal:
    return invalid("account", f"账号 {account} 已存在。", f"The account {account} exists already.")


def _person_row(account: str, name: str, password_hash: str, *, must_change: bool, change: int) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(), "account": account, "name": name, "password_hash": password_hash,
        "must_change_password": must_change, "grants_change": change,
    }  # fmt: skip


def _grant_row(person_id: uuid.UUID, role: str, now: datetime, target: Target, *, named: bool) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(), "person_id": person_id, "role": role, "unit_id": target.unit, "grid_code": target.grid,
        "area_code": target.area, "named": named, "valid_from": now,
    }  # fmt: skip


def _read_uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
