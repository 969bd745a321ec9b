"""Who may come in and as what: persons, grants, sessions, counted sign-in tries."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.columns import Instant, code_text


class Person(Base):
    """An account belongs to one person and is never handed on."""

    __tablename__ = "persons"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(code_text(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(Boolean)
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
    grants_change: Mapped[int] = mapped_column(BigInteger)
    """Rises with every change of this person's grants; `changes` reports it."""


class Grant(Base):
    """授权: a role on exactly one of unit, grid and area (none for admin and auditor), from and to."""

    __tablename__ = "grants"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"), index=True)
    grid_code: Mapped[str | None] = mapped_column(code_text(32), index=True)
    area_code: Mapped[str | None] = mapped_column(code_text(12), ForeignKey("areas.code"))
    named: Mapped[bool] = mapped_column(Boolean)
    """专人: named for cases that only named members may see; leaders always are."""
    behalf_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"), index=True)
    """代理: held for this person, who is on leave from and to; what bars them bars the stand-in."""
    valid_from: Mapped[datetime] = mapped_column(Instant())
    valid_to: Mapped[datetime | None] = mapped_column(Instant())


class DutyShift(Base):
    """值班: one person is on duty for a unit out of hours."""

    __tablename__ = "duty_shifts"
    __table_args__ = (UniqueConstraint("unit_id", "person_id", "starts_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("units.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant())
    ends_at: Mapped[datetime] = mapped_column(Instant())


class Session(Base):
    """A signed-in device; only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    device: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant())
    renewed_at: Mapped[datetime] = mapped_column(Instant())
    expires_at: Mapped[datetime] = mapped_column(Instant())
    revoked_at: Mapped[datetime | None] = mapped_column(Instant())


class SignInTries(Base):
    """Failures in a row for an account name, known or not, so that a lock tells nobody which exist."""

    __tablename__ = "sign_in_tries"

    account: Mapped[str] = mapped_column(code_text(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[datetime | None] = mapped_column(Instant())
    last_at: Mapped[datetime] = mapped_column(Instant())
