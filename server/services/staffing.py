"""Accounts and grants: who works where. Signing in is another matter (`people`)."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from argon2 import PasswordHasher
from sqlalchemy import Connection, Select, select, update

from server.db import insert_rows
from server.models import Area, Grant, Grid, Person, Unit
from server.models.numbers import next_change
from server.rules.refusals import Refusal, invalid
from server.services.people import PASSWORD_MAX, PASSWORD_MIN

ROLES = ("grid_worker", "member", "leader", "inspector", "admin", "auditor")

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


def read_target(tx: Connection, role: str, unit: str | None, grid: str | None, area: str | None) -> Target:
    """Does the role stand on what it needs, and does that exist?

    Raises:
        Refusal: `invalid`, naming what is missing, superfluous or unknown.
    """
    wanted = {"grid_worker": "grid", "member": "unit", "leader": "unit", "inspector": "area"}.get(role)
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
