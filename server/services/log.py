"""The chain of steps: canonical JSON, salted digests and hashes; an altered, missing or moved step shows.

A step's hash covers the previous hash and its envelope; the envelope holds a salted SHA-256 of the payload,
so payload and salt can be erased later while the chain still verifies.
"""

import hashlib
import hmac
import json
import secrets
import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from server.db import insert_once, insert_rows
from server.models import Step, StepPayload
from server.rules.facts import Effects

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
    as_unit: uuid.UUID | None,
    at: datetime,
    device_at: datetime,
    based_on: int,
    effects: Effects,
    payload: Any,
    content: bytes,
    change: int,
) -> Entry:
    """Build a step and its hash."""
    salt = secrets.token_bytes(16)
    payload_text = canonical(payload)
    envelope = canonical(
        {
            "seq": seq, "id": step_id, "action": action, "by": person_id, "as_unit": as_unit, "at": at,
            "device_at": device_at, "based_on": based_on, "effects": _effects(effects),
            "payload_digest": payload_digest(salt, payload_text),
        }
    )  # fmt: skip
    return Entry(
        step_id, case_id, seq, action, person_id, content, envelope, step_hash(previous, envelope), salt, payload_text,
        change,
    )  # fmt: skip


def append(tx: Connection, entry: Entry) -> bool:
    """Write a step; False when its id was taken meanwhile, and nothing was written."""
    row = {
        "id": entry.id, "case_id": entry.case_id, "seq": entry.seq, "action": entry.action,
        "person_id": entry.person_id, "content": entry.content, "change": entry.change,
        "envelope": entry.envelope, "hash": entry.hash,
    }  # fmt: skip
    if not insert_once(tx, Step, row):
        return False
    insert_rows(tx, StepPayload, [{"step_id": entry.id, "salt": entry.salt, "payload": entry.payload}])
    return True


def _effects(effects: Effects) -> dict[str, Any]:
    return {
        "case": dict(effects.fields),
        "started": [
            {
                "id": clock.id, "kind": clock.kind, "unit": clock.unit, "assignment": clock.assignment,
                "round": clock.round, "started_at": clock.started_at,
                "amount": clock.span.amount, "time_unit": clock.span.unit, "due": clock.due,
            }
            for clock in effects.started
        ],
        "met": list(effects.met),
        "ended": list(effects.ended),
        "unmet": list(effects.unmet),
        "redue": {str(key): due for key, due in effects.redue.items()},
        "opened": [{"id": one.id, "role": one.role, "unit": one.unit, "state": one.state} for one in effects.opened],
        "tasks": {str(key): dict(changes) for key, changes in effects.tasks.items()},
    }  # fmt: skip


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
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
