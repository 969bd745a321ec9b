"""The chain of steps: canonical JSON, salted digests and hashes; an altered, missing or moved step shows.

A step's hash covers the previous hash and its envelope; the envelope holds a salted SHA-256 of the payload,
so payload and salt can be erased later while the chain still verifies.
"""

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from server.db import insert_all_once, insert_rows
from server.models import Step, StepPayload
from server.rules.effects import Effects
from server.rules.facts import Assignment, Clock, Request

START = bytes(32)
"""The hash before a case's first step."""


class Entry(NamedTuple):
    """A step about to be written, and the hash it will have."""

    id: uuid.UUID
    case_id: uuid.UUID
    seq: int
    action: str
    person_id: uuid.UUID | None
    content: bytes
    envelope: str
    hash: bytes
    at: datetime
    state: str
    unit_id: uuid.UUID | None
    salt: bytes
    payload: str
    change: int


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces and normalised numbers: equal values give equal text."""
    return json.dumps(_normal(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_digest(body: Any, key: bytes) -> bytes:
    """HMAC-SHA-256 of a submission as received, under a key that is never rotated."""
    return hmac.digest(key, canonical(body).encode(), "sha256")


def step_hash(previous: bytes, envelope: str) -> bytes:
    """What the chain stores for this envelope after that hash."""
    return hashlib.sha256(previous + envelope.encode()).digest()


def payload_digest(salt: bytes, payload: str) -> str:
    """Salted SHA-256 of a payload's canonical JSON, in hex."""
    return hashlib.sha256(salt + payload.encode()).hexdigest()


def compose(
    *,
    step_id: uuid.UUID,
    case_id: uuid.UUID,
    seq: int,
    previous: bytes,
    action: str,
    person_id: uuid.UUID | None,
    behalf: uuid.UUID | None,
    as_unit: uuid.UUID | None,
    at: datetime,
    device_at: datetime,
    based_on: int,
    effects: Effects,
    payload: Any,
    content: bytes,
    change: int,
    state: str,
) -> Entry:
    """Build a step and its hash."""
    salt = secrets.token_bytes(16)
    payload_text = canonical(payload)
    envelope = canonical(
        {
            "seq": seq, "id": step_id, "action": action, "by": person_id, "behalf": behalf, "as_unit": as_unit,
            "at": at, "device_at": device_at, "based_on": based_on, "effects": _effects(effects),
            "payload_digest": payload_digest(salt, payload_text),
        }
    )  # fmt: skip
    return Entry(
        step_id, case_id, seq, action, person_id, content, envelope, step_hash(previous, envelope), at, state, as_unit,
        salt, payload_text, change,
    )  # fmt: skip


def append(tx: Connection, entries: Sequence[Entry]) -> bool:
    """Write steps; False when one of their ids was taken meanwhile."""
    rows = [
        {
            "id": entry.id, "case_id": entry.case_id, "seq": entry.seq, "action": entry.action,
            "person_id": entry.person_id, "content": entry.content, "change": entry.change,
            "envelope": entry.envelope, "hash": entry.hash, "at": entry.at, "state": entry.state,
            "unit_id": entry.unit_id,
        }
        for entry in entries
    ]  # fmt: skip
    if not insert_all_once(tx, Step, rows):
        return False
    payloads = [{"step_id": entry.id, "salt": entry.salt, "payload": entry.payload} for entry in entries]
    insert_rows(tx, StepPayload, payloads)
    return True


def _effects(effects: Effects) -> dict[str, Any]:
    """What is folded later. Who was told or let in is kept elsewhere, when to look next follows from the clocks and the
    ladder of the day. Columns that hold their default are left out."""
    return {
        "case": {name: value for name, value in effects.fields.items() if name != "wake_at"},
        "started": [_spare(clock) for clock in effects.started],
        "met": list(effects.met),
        "ended": list(effects.ended),
        "unmet": list(effects.unmet),
        "clocks": effects.clocks,
        "opened": [_spare(one) for one in effects.opened],
        "tasks": effects.tasks,
        "asked": [_spare(one) for one in effects.asked],
        "answers": effects.answers,
    }


def _spare(value: Clock | Assignment | Request) -> dict[str, Any]:
    return {
        one.name: kept
        for one in fields(value)
        if (kept := getattr(value, one.name)) != one.default and not (kept == {} and one.default is MISSING)
    }


def effects_of(cover: Mapping[str, Any]) -> Effects:
    """The effects that an envelope holds, as values again."""
    stored = cover["effects"]
    return Effects(
        fields=_columns(stored["case"]),
        started=[Clock(**_columns(one)) for one in stored["started"]],
        met=[uuid.UUID(one) for one in stored["met"]],
        ended=[uuid.UUID(one) for one in stored["ended"]],
        unmet=[uuid.UUID(one) for one in stored["unmet"]],
        clocks=_by_id(stored["clocks"]),
        opened=[Assignment(**_columns(one)) for one in stored["opened"]],
        tasks=_by_id(stored["tasks"]),
        asked=[Request(**_columns(one)) for one in stored["asked"]],
        answers=_by_id(stored["answers"]),
    )


def _by_id(rows: Mapping[str, Mapping[str, Any]]) -> dict[uuid.UUID, dict[str, Any]]:
    return {uuid.UUID(key): _columns(changes) for key, changes in rows.items()}


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _revived(name, value) for name, value in row.items()}


def _revived(name: str, value: Any) -> Any:
    """JSON's words as the column's value: ids by `_id`, instants by their ending, pauses as pairs."""
    if value is None:
        return None
    if name == "pauses":
        return tuple((datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
                     for start, end in value)  # fmt: skip
    if name == "id" or (name.endswith("_id") and name != "grid_id") or name == "repeat_of":
        return uuid.UUID(value)
    if name.endswith(("_at", "_due", "due_original", "due_current", "arrive_by")) and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def _normal(value: Any) -> Any:
    if value is None or type(value) is str:  # most are, and to ask whether something is a Mapping takes long
        return value
    if isinstance(value, dict | Mapping):
        return {str(key): _normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value
