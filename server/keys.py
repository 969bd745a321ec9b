"""The office's secret keys: read from one file, never printed, never stored in the database.

Three purposes, three keys, so that losing or rotating one says nothing about the others: `parties` seals
personal data (several may be held, the newest seals), `index` makes phone and ID numbers findable without
being readable, `content` recognises a re-sent submission and is never rotated.
"""

import base64
import binascii
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from server.config import SettingsError

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """32-byte keys; `parties` maps key id → key, `active` is the id that seals new rows."""

    parties: dict[str, bytes] = field(repr=False)
    active: str
    index: bytes = field(repr=False)
    content: bytes = field(repr=False)


def make_keys(path: Path) -> None:
    """Write a new keys file, readable by its owner only, in one step.

    Raises:
        FileExistsError: the file is there already; keys are never overwritten.
    """
    text = json.dumps(
        {
            "parties": {"k1": _encode(secrets.token_bytes(_KEY_BYTES))},
            "active": "k1",
            "index": _encode(secrets.token_bytes(_KEY_BYTES)),
            "content": _encode(secrets.token_bytes(_KEY_BYTES)),
        },
        indent=2,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A hard link fails if the name is taken, so two first starts cannot swap keys under each other.
        os.link(draft, path)
    finally:
        draft.unlink()


def read_keys(path: Path) -> Keys:
    """Read a keys file.

    Raises:
        SettingsError: it is missing or a key is not 32 bytes of base64.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        keys = Keys(
            parties={name: _decode(text) for name, text in data["parties"].items()},
            active=data["active"],
            index=_decode(data["index"]),
            content=_decode(data["content"]),
        )
    except FileNotFoundError:
        raise SettingsError(f"The keys file {path} is missing; restore it, its loss makes data unreadable.") from None
    except (ValueError, KeyError, AttributeError, TypeError, binascii.Error):
        raise SettingsError(f"The keys file {path} is damaged: it must hold parties, active, index, content.") from None
    if keys.active not in keys.parties:
        raise SettingsError(f"The keys file {path} names the active key {keys.active!r} but does not hold it.")
    return keys


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _decode(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != _KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return key
