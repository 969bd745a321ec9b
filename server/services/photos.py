"""Photos: bytes arrive under a report or step that listed them, are checked, kept by hash, and served clean.

The folder holds `incoming/<id>` while bytes arrive and `<ab>/<sha256>` once they are checked; the row in the
books follows the file, so what the books name is always there. Renditions lie beside it, made when first seen.
"""

import hashlib
import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, select, update

from server.db import glance, insert_once, transaction
from server.models import Audience, Case, Photo, PhotoListing, Step
from server.models.numbers import next_change
from server.office import office
from server.rules.refusals import Refusal
from server.services import access, pictures
from server.services.people import SignedIn

CHUNK = 64 * 1024


def require_listing(person: SignedIn, parent_id: uuid.UUID, case_id: uuid.UUID | None, sha256: str) -> bool:
    """Was this photo promised by a stored report or step of this person, and has it arrived already?

    Raises:
        Refusal: `parent_missing`, or `not_listed`.
    """
    with glance() as connection:
        row = connection.execute(
            select(Step.case_id, PhotoListing.sha256, PhotoListing.arrived_at)
            .outerjoin(
                PhotoListing,
                (PhotoListing.parent_id == Step.id) & (PhotoListing.sha256 == bytes.fromhex(sha256)),
            )
            .where(Step.id == parent_id, Step.person_id == person.id)
        ).first()
    if row is None or (case_id is not None and row.case_id != case_id):
        raise Refusal("parent_missing")
    if row.sha256 is None:
        raise Refusal("not_listed")
    return row.arrived_at is not None


def receive(stream: IO[bytes], length: int | None, sha256: str) -> Path:
    """Write a request's body to the incoming folder and compare length and hash.

    Raises:
        Refusal: `too_large`, `cut_short`, or `photo_refused` for other bytes than the hash says.
    """
    if length is not None and length > pictures.BYTES_MAX:
        raise Refusal("too_large")
    path = incoming(uuid.uuid4())
    try:
        digest, size = hashlib.sha256(), 0
        with path.open("xb") as file:
            for chunk in _chunks(stream):
                size += len(chunk)
                if size > pictures.BYTES_MAX:
                    raise Refusal("too_large")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if length is not None and size != length:
            raise Refusal("cut_short")
        if digest.hexdigest() != sha256:
            raise Refusal("photo_refused")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def keep(person: SignedIn, parent_id: uuid.UUID, sha256: str, path: Path, now: datetime) -> pictures.Picture:
    """Check the picture, move it to its place, and write down that it arrived.

    Raises:
        Refusal: `photo_refused`; the file is gone then.
    """
    try:
        picture = pictures.inspect(path)
        size = path.stat().st_size
        place = stored(sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)
    with transaction() as tx:
        row = {"size": size, "width": picture.width, "height": picture.height, "stored_at": now}
        insert_once(tx, Photo, {"sha256": bytes.fromhex(sha256), **row})
        _mark_arrived(tx, person, parent_id, sha256, now)
    return picture


def rendition(person: SignedIn, sha256: str, size: str) -> Path:
    """The file to serve, for somebody who may see a case the photo belongs to and has arrived for.

    Raises:
        Refusal: `not_found` for everybody else.
    """
    with glance() as connection:
        seen = connection.execute(
            select(PhotoListing.case_id)
            .join(Audience, Audience.case_id == PhotoListing.case_id)
            .where(
                PhotoListing.sha256 == bytes.fromhex(sha256), PhotoListing.arrived_at.is_not(None),
                Audience.subject.in_(access.subjects(person)), Audience.gone.is_(False),
            )
            .limit(1)
        ).first()  # fmt: skip
    if seen is None:
        raise Refusal("not_found")
    original = stored(sha256)
    place = original.with_name(f"{sha256}.{size}.jpg")
    if not place.exists():
        draft = place.with_name(f".{place.name}.{uuid.uuid4()}")
        draft.write_bytes(pictures.render(original, size))
        draft.replace(place)
    return place


def stored(sha256: str) -> Path:
    """Where a checked photo lies."""
    return office().settings.photo_dir / sha256[:2] / sha256


def incoming(upload_id: uuid.UUID) -> Path:
    """Where bytes gather before they are checked."""
    folder = office().settings.photo_dir / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / str(upload_id)


def _mark_arrived(tx: Connection, person: SignedIn, parent_id: uuid.UUID, sha256: str, now: datetime) -> None:
    case_id = tx.execute(
        update(PhotoListing)
        .where(
            PhotoListing.parent_id == parent_id,
            PhotoListing.sha256 == bytes.fromhex(sha256),
            PhotoListing.person_id == person.id,
            PhotoListing.arrived_at.is_(None),
        )
        .values(arrived_at=now)
        .returning(PhotoListing.case_id)
    ).scalar()
    if case_id is not None:
        # A move on the case writes the same rows: hold the case first, or the two wait for each other.
        tx.execute(select(Case.id).where(Case.id == case_id).with_for_update(key_share=True))
        tx.execute(
            update(Audience).where(Audience.case_id == case_id, Audience.gone.is_(False)).values(change=next_change(tx))
        )


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
