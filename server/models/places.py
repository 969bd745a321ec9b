"""Where things are and who answers there: areas, grids with versions, units, duties."""

import uuid
from datetime import datetime

from shapely.geometry.base import BaseGeometry
from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.columns import Instant, Shape, code_text


class Area(Base):
    """行政区划: city → county → township → village; the codes form the tree."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(code_text(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    level: Mapped[str] = mapped_column(String(10))
    parent_code: Mapped[str | None] = mapped_column(code_text(12), ForeignKey("areas.code"), index=True)


class Grid(Base):
    """One version of one grid 网格; the version with `valid_to` empty is the one in force."""

    __tablename__ = "grids"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        Index("ix_grids_current", "code", unique=True, postgresql_where=text("valid_to IS NULL"),
              sqlite_where=text("valid_to IS NULL")),
        Index("ix_grids_geometry", "geometry", postgresql_using="gist").ddl_if(dialect="postgresql"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=False), primary_key=True
    )
    code: Mapped[str] = mapped_column(code_text(32))
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(100))
    layer: Mapped[str] = mapped_column(String(10))
    village_code: Mapped[str] = mapped_column(code_text(12), ForeignKey("areas.code"), index=True)
    geometry: Mapped[BaseGeometry] = mapped_column(Shape())
    valid_from: Mapped[datetime] = mapped_column(Instant())
    valid_to: Mapped[datetime | None] = mapped_column(Instant())


class Unit(Base):
    """单位: a centre 综治中心 (one for each area), a department 部门 of an area, a mediation body 调委会, or the desk
    of special grids 专属网格工作站, which receives and hands out like a village's."""

    __tablename__ = "units"
    __table_args__ = (
        Index("ix_units_one_centre", "area_code", unique=True,
              postgresql_where=text("kind = 'centre' AND ended_at IS NULL"),
              sqlite_where=text("kind = 'centre' AND ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(10))
    area_code: Mapped[str] = mapped_column(code_text(12), ForeignKey("areas.code"), index=True)
    successor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant())


class GridDesk(Base):
    """A special grid 专属网格 (enterprise, campus, market) whose desk is its own, whatever version is in force."""

    __tablename__ = "grid_desks"

    grid_code: Mapped[str] = mapped_column(code_text(32), primary_key=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("units.id"))


class Duty(Base):
    """职责清单: which unit answers for a category (or all below it) in an area (and all below it)."""

    __tablename__ = "duties"
    __table_args__ = (UniqueConstraint("category", "area_code", "unit_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(code_text(32))
    area_code: Mapped[str] = mapped_column(code_text(12), ForeignKey("areas.code"))
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("units.id"))
