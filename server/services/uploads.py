"""Uploads that break off and go on: the server's half of tus 1.0 (core and creation).

The bytes on disk are the truth about the offset; each chunk is written as it comes, so a cut request keeps
what arrived. A finished upload becomes a photo like one that came whole. Protocol: https://tus.io/protocols/resumable-upload
"""

import fcntl
import hashlib
import os
import uuid
from datetime import datetime, timedelta
from typing import IO, Any, NamedTuple

from sqlalchemy import Row, delete, insert, select, update

from server.db import glance, transaction
from server.models import Upload
from server.rules.refusals import Refusal
from server.services import photos
from server.services.people import SignedIn

KEPT_FOR = timedelta(days=7)


class Progress(NamedTuple):
    """How much of an upload is here, in bytes."""

    offset: int
    length: int


def create(
    person: SignedIn, parent_id: uuid.UUID, case_id: uuid.UUID | None, sha256: str, length: int, now: datetime
) -> uuid.UUID:
    """Open an upload for a photo that a report or step of this person lists.

    Raises:
        Refusal: `parent_missing`, `not_listed`.
    """
    arrived = photos.require_listing(person, parent_id, case_id, sha256)
    upload_id = uuid.uuid4()
    with transaction() as tx:
        stale = tx.execute(
            delete(Upload).where(Upload.person_id == person.id, Upload.created_at < now - KEPT_FOR).returning(Upload.id)
        ).scalars()
        forgotten = list(stale)
        tx.execute(
            insert(Upload).values(
                id=upload_id, person_id=person.id, parent_id=parent_id, sha256=bytes.fromhex(sha256),
                length=length, created_at=now, finished_at=now if arrived else None,
            )
        )  # fmt: skip
    for one in forgotten:
        photos.incoming(one).unlink(missing_ok=True)
    if not arrived:
        photos.incoming(upload_id).touch()
    return upload_id


def progress(person: SignedIn, upload_id: uuid.UUID, now: datetime) -> Progress:
    """How far an upload is; one whose last byte came just before a crash is finished here.

    Raises:
        Refusal: `not_found`, or `photo_refused` for a complete upload that turned out to be no such photo.
    """
    upload = _find(person, upload_id)
    if upload.finished_at is not None:
        return Progress(upload.length, upload.length)
    path = photos.incoming(upload_id)
    offset = path.stat().st_size if path.exists() else 0
    if offset == upload.length:
        _finish(person, upload, now)
    return Progress(offset, upload.length)


def append(person: SignedIn, upload_id: uuid.UUID, offset: int, stream: IO[bytes], now: datetime) -> Progress:
    """Write the request's bytes at `offset`, each chunk as it comes.

    Raises:
        Refusal: `not_found`, `upload_conflict` (with `offset`), `too_large`, `photo_refused`.
    """
    upload = _find(person, upload_id)
    if upload.finished_at is not None:
        raise Refusal("upload_conflict", extra={"offset": upload.length})
    with photos.incoming(upload_id).open("ab") as file:
        # One writer at a time, across processes: a phone may try again while its first request still hangs.
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal("upload_conflict", extra={"offset": os.fstat(file.fileno()).st_size}) from None
        here = os.fstat(file.fileno()).st_size
        if offset != here:
            raise Refusal("upload_conflict", extra={"offset": here})
        while chunk := stream.read(photos.CHUNK):
            if here + len(chunk) > upload.length:
                raise Refusal("too_large")
            file.write(chunk)
            file.flush()
            here += len(chunk)
        os.fsync(file.fileno())
        if here == upload.length:
            _finish(person, upload, now)
    return Progress(here, upload.length)


def _find(person: SignedIn, upload_id: uuid.UUID) -> Row[Any]:
    with glance() as connection:
        upload = connection.execute(
            select(Upload.__table__).where(Upload.id == upload_id, Upload.person_id == person.id)
        ).first()
    if upload is None:
        raise Refusal("not_found")
    return upload


def _finish(person: SignedIn, upload: Row[Any], now: datetime) -> None:
    path = photos.incoming(upload.id)
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").digest() != upload.sha256:
                raise Refusal("photo_refused")
        photos.keep(person, upload.parent_id, upload.sha256.hex(), path, now)
    except Refusal:
        path.unlink(missing_ok=True)
        with transaction() as tx:
            tx.execute(delete(Upload).where(Upload.id == upload.id))
        raise
    with transaction() as tx:
        tx.execute(update(Upload).where(Upload.id == upload.id).values(finished_at=now))
