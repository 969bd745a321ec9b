"""The office's secret keys: read from one file, never printed, never stored in the database.

Each purpose has its own key, so that losing or rotating one says nothing about the others: `parties` seals
personal data (several may be held, the newest seals), `index` makes phone and ID numbers findable without
being readable, `content` recognises a re-sent submission and is never rotated, `push` proves to push services
that a notice is ours (VAPID; browsers subscribe for its public half, so a new one makes them subscribe anew).
"""

import base64
import binascii
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.config import SettingsError

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """32-byte keys; `parties` maps key id → key, `active` is the id that seals new rows.

    `push` is a P-256 private key; None in files made before there were push messages.
    """

    parties: dict[str, bytes] = field(repr=False)
    active: str
    index: bytes = field(repr=False)
    content: bytes = field(repr=False)
    push: bytes | None = field(default=None, repr=False)

    @property
    def push_public(self) -> str | None:
        """The public half as browsers want it: an uncompressed point in base64url."""
        if self.push is None:
            return None
        key = ec.derive_private_key(int.from_bytes(self.push), ec.SECP256R1()).public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).decode("ascii").rstrip("=")


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
            "push": _encode(_new_push_key()),
        },
        indent=2,
    )
    draft = _write_draft(path, text)
    try:
        # A hard link fails if the name is taken, so two first starts cannot swap keys under each other.
        os.link(draft, path)
    finally:
        draft.unlink()


def renew_push_key(path: Path) -> None:
    """Put a new push key into a keys file, in one step; every other key stays.

    Raises:
        SettingsError: the file is missing or damaged.
    """
    read_keys(path)
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    draft = _write_draft(path, json.dumps({**data, "push": _encode(_new_push_key())}, indent=2))
    draft.chmod(path.stat().st_mode & 0o777)
    draft.replace(path)


def _new_push_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_numbers().private_value.to_bytes(_KEY_BYTES)


def _write_draft(path: Path, text: str) -> Path:
    """Write the text beside `path`, readable by its owner only and safe on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink()
        raise
    return draft


def read_keys(path: Path) -> Keys:
    """Read a keys file.

    Raises:
        SettingsError: it is missing, may not be read, or a key is not 32 bytes of base64.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        keys = Keys(
            parties={name: _decode(text) for name, text in data["parties"].items()},
            active=data["active"],
            index=_decode(data["index"]),
            content=_decode(data["content"]),
            push=_decode(data["push"]) if "push" in data else None,
        )
    except FileNotFoundError:
        raise SettingsError(f"The keys file {path} is missing; restore it, its loss makes data unreadable.") from None
    except PermissionError:
        raise SettingsError(f"The keys file {path} may not be read by the user this runs as.") from None
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
