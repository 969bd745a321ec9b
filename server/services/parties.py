"""Personal data of parties 当事人: sealed at rest, masked when listed, found by keyed index, opened on purpose.

Sealing is AES-256-GCM with the row's id bound in, so a sealed value moved to another row does not open.
Phone and ID number are indexed by HMAC-SHA-256 under a key of their own.
"""

import hmac
import json
import secrets
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select

from server.db import insert_rows
from server.keys import Keys
from server.models import Party

_NONCE_BYTES = 12
_SECRETS = ("name", "phone", "id_number", "consent")


def store(
    tx: Connection, keys: Keys, case_id: uuid.UUID, parent_id: uuid.UUID, parties: Sequence[Mapping[str, Any]]
) -> None:
    """Seal and write the parties a report or step names; nothing for none."""
    rows = []
    for position, party in enumerate(parties):
        row_id = uuid.uuid4()
        rows.append(
            {
                "id": row_id, "case_id": case_id, "parent_id": parent_id, "position": position,
                "role": party.get("role") or "", "key_id": keys.active, "sealed": seal(keys, row_id, party),
                "phone_index": blind_index(keys, "phone", party.get("phone")),
                "id_number_index": blind_index(keys, "id_number", party.get("id_number")),
            }
        )  # fmt: skip
    if rows:
        insert_rows(tx, Party, rows)


def seal(keys: Keys, row_id: uuid.UUID, party: Mapping[str, Any]) -> bytes:
    """Encrypt the personal fields of a party for this row."""
    plain = json.dumps({name: party.get(name) for name in _SECRETS if party.get(name) is not None}).encode()
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(keys.parties[keys.active]).encrypt(nonce, plain, row_id.bytes)


def unseal(keys: Keys, row_id: uuid.UUID, key_id: str, sealed: bytes) -> dict[str, Any]:
    """The personal fields of a sealed row.

    Raises:
        cryptography.exceptions.InvalidTag: the value was altered or belongs to another row.
    """
    plain = AESGCM(keys.parties[key_id]).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row_id.bytes)
    opened: dict[str, Any] = json.loads(plain)
    return opened


def blind_index(keys: Keys, kind: str, value: str | None) -> bytes | None:
    """What an equal phone or ID number will have again; None for none."""
    if not value or not (normal := _normal(value)):
        return None
    return hmac.digest(keys.index, f"{kind}:{normal}".encode(), "sha256")


def masked_rows(keys: Keys, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stored parties {id, parent_id, position, role, key_id, sealed} as everyone in the audience may see them."""
    in_order = sorted(rows, key=lambda row: (row["parent_id"], row["position"]))
    return [mask({"role": row["role"], **unseal(keys, row["id"], row["key_id"], row["sealed"])}) for row in in_order]


def mask(party: Mapping[str, Any]) -> dict[str, Any]:
    """A party as everyone in a case's audience may see it: {role, name, phone, id_number}."""
    return {
        "role": party.get("role") or "",
        "name": mask_name(party.get("name")),
        "phone": mask_digits(party.get("phone"), 3, 4),
        "id_number": mask_digits(party.get("id_number"), 0, 4),
    }


def unmasked(connection: Connection, keys: Keys, case_id: uuid.UUID) -> list[dict[str, Any]]:
    """The case's parties in clear; the caller has stated and logged a purpose."""
    return [
        {"role": role, "name": None, "phone": None, "id_number": None, **opened}
        for _id, role, opened in _opened(connection, keys, case_id)
    ]


def cases_with(keys: Keys, kind: str, value: str) -> Any:
    """A subquery of case ids whose parties have this phone (`kind` "phone") or ID number ("id_number")."""
    column = Party.phone_index if kind == "phone" else Party.id_number_index
    return select(Party.case_id).where(column == blind_index(keys, kind, value))


def mask_name(name: str | None) -> str | None:
    """张三丰 → 张*."""
    return None if not name else name[0] + "*"


def mask_digits(text: str | None, head: int, tail: int) -> str | None:
    """13812341234 → 138****1234; short values are hidden whole."""
    if not text:
        return None
    if len(text) < head + tail + 4:
        return "****"
    return f"{text[:head]}****{text[-tail:]}"


def _opened(connection: Connection, keys: Keys, case_id: uuid.UUID) -> list[tuple[uuid.UUID, str, dict[str, Any]]]:
    rows = connection.execute(
        select(Party.id, Party.role, Party.key_id, Party.sealed)
        .where(Party.case_id == case_id)
        .order_by(Party.parent_id, Party.position)
    )
    return [(row.id, row.role, unseal(keys, row.id, row.key_id, row.sealed)) for row in rows]


def _normal(value: str) -> str:
    text = unicodedata.normalize("NFKC", value).upper()
    return "".join(character for character in text if character.isalnum())
