"""Photos: what arrived, which parents listed them, unfinished uploads."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.columns import Instant


class Photo(Base):
    """A picture that was checked and re-encoded; the files lie in the photo folder under its SHA-256."""

    __tablename__ = "photos"

    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    stored_at: Mapped[datetime] = mapped_column(Instant())


class PhotoListing(Base):
    """A photo that a report or a step promised; arrived only when the promiser sent the bytes."""

    __tablename__ = "photo_listings"

    parent_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    """The report's or the step's id (a submit step has its report's id)."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True, index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[str] = mapped_column(String(20))
    position: Mapped[int] = mapped_column(Integer)
    arrived_at: Mapped[datetime | None] = mapped_column(Instant())


class Upload(Base):
    """A tus upload under way; its bytes lie in the photo folder, so any web process can go on with it."""

    __tablename__ = "uploads"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    parent_id: Mapped[uuid.UUID] = mapped_column()
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    length: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant(), index=True)
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
