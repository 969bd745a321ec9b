"""How somebody wants to be told, and by what beside the app: choices for each kind, phone numbers, chat robots."""

import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, select, update

from server.db import insert_once, insert_rows
from server.keys import Keys
from server.models import Mobile, NoticeChoice, Robot
from server.rules.notices import USUAL_WAY
from server.services.parties import mask_digits

ROBOTS = ("wecom", "dingtalk", "feishu")
_NONCE_BYTES = 12


def choices(connection: Connection, person_id: uuid.UUID) -> dict[str, str]:
    """Kind of notice → way, as this person chose or as is usual."""
    rows = connection.execute(select(NoticeChoice.kind, NoticeChoice.way).where(NoticeChoice.person_id == person_id))
    return {**USUAL_WAY, **{row.kind: row.way for row in rows}}


def choose(tx: Connection, person_id: uuid.UUID, chosen: Mapping[str, str]) -> None:
    """Replace a person's choices; what is usual needs no row."""
    tx.execute(delete(NoticeChoice).where(NoticeChoice.person_id == person_id))
    rows = [
        {"person_id": person_id, "kind": kind, "way": way} for kind, way in chosen.items() if USUAL_WAY[kind] != way
    ]
    if rows:
        insert_rows(tx, NoticeChoice, rows)


def phone(connection: Connection, keys: Keys, person_id: uuid.UUID) -> str | None:
    """The number text messages go to."""
    row = connection.execute(select(Mobile.key_id, Mobile.sealed).where(Mobile.person_id == person_id)).first()
    return _open(keys, person_id, row.key_id, row.sealed) if row else None


def masked_phone(connection: Connection, keys: Keys, person_id: uuid.UUID) -> str | None:
    """The same as its owner may see it on a screen."""
    return mask_digits(phone(connection, keys, person_id), 3, 4)


def keep_phone(tx: Connection, keys: Keys, person_id: uuid.UUID, number: str | None) -> None:
    """Keep another number, or none."""
    tx.execute(delete(Mobile).where(Mobile.person_id == person_id))
    if number:
        row = {"person_id": person_id, "key_id": keys.active, "sealed": _seal(keys, person_id, number)}
        insert_once(tx, Mobile, row)


def add_robot(tx: Connection, keys: Keys, unit: uuid.UUID, kind: str, address: str) -> uuid.UUID:
    """Give a unit a robot in its chat group; `address` is the secret part of the robot's address."""
    robot_id = uuid.uuid4()
    row = {
        "id": robot_id, "unit_id": unit, "kind": kind, "key_id": keys.active,
        "sealed": _seal(keys, robot_id, address),
    }  # fmt: skip
    insert_once(tx, Robot, row)
    return robot_id


def end_robot(tx: Connection, robot_id: uuid.UUID, now: datetime) -> bool:
    """It is told nothing any more. Returns: was there such a robot?"""
    ended = update(Robot).where(Robot.id == robot_id, Robot.ended_at.is_(None)).values(ended_at=now)
    return tx.execute(ended).rowcount == 1


def robot_address(keys: Keys, row: Mapping[str, Any]) -> str:
    """The secret part of a robot's address, from its row."""
    return _open(keys, row["id"], row["key_id"], row["sealed"])


def _seal(keys: Keys, row_id: uuid.UUID, text: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(keys.parties[keys.active]).encrypt(nonce, text.encode(), row_id.bytes)


def _open(keys: Keys, row_id: uuid.UUID, key_id: str, sealed: bytes) -> str:
    plain = AESGCM(keys.parties[key_id]).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row_id.bytes)
    return plain.decode()
