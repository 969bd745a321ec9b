"""The rule book 规则库: what a deployment may edit; loaded from files, changed as rows."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Date, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.columns import code_text


class Category(Base):
    """事项类别: a node of the category tree; only leaves are filed under."""

    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(code_text(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    parent: Mapped[str | None] = mapped_column(code_text(32))
    leaf: Mapped[bool] = mapped_column(Boolean)
    photo_required: Mapped[bool] = mapped_column(Boolean)
    after_photo_required: Mapped[bool] = mapped_column(Boolean)
    settle_on_spot: Mapped[bool] = mapped_column(Boolean)
    consultation: Mapped[bool] = mapped_column(Boolean)
    grid_worker: Mapped[bool] = mapped_column(Boolean)
    sensitive: Mapped[bool] = mapped_column(Boolean)
    avoid_village: Mapped[bool] = mapped_column(Boolean)
    least_verification: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer)


class Limit(Base):
    """时限: how long a clock of this kind runs; the most specific category and urgency wins."""

    __tablename__ = "limits"

    category: Mapped[str] = mapped_column(code_text(32), primary_key=True)
    urgency: Mapped[str] = mapped_column(String(1), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    amount: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str] = mapped_column(String(15))


class Holiday(Base):
    """A day that differs from what the calendar library (or Monday–Friday) says."""

    __tablename__ = "holidays"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(String(4))
    name: Mapped[str] = mapped_column(String(50))


class Reason(Base):
    """A reason code that a move offers, in both languages."""

    __tablename__ = "reasons"

    action: Mapped[str] = mapped_column(code_text(32), primary_key=True)
    code: Mapped[str] = mapped_column(code_text(32), primary_key=True)
    zh: Mapped[str] = mapped_column(String(200))
    en: Mapped[str] = mapped_column(String(200))


class Rule(Base):
    """Every other number an office may set: key → JSON value."""

    __tablename__ = "rules"

    key: Mapped[str] = mapped_column(code_text(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Stamp(Base):
    """A version for a whole table's worth of reference data, so that processes know when to reload."""

    __tablename__ = "stamps"

    name: Mapped[str] = mapped_column(code_text(32), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
