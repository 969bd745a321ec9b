"""Figures that are frozen: what a period's report said when its time to be corrected was over; only ever added to.

The indexes here serve figures alone: clocks by the due as extended, and cases by the one they repeat.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.cases import Case, Deadline
from server.models.columns import Instant, code_text


class FrozenFigures(Base):
    """冻结报表: one period's report for one area, one way of splitting it, and those whose cases it counts."""

    __tablename__ = "frozen_figures"

    scope: Mapped[str] = mapped_column(code_text(48), primary_key=True)
    """Whose cases are counted: `c:<area>`, its centre's."""
    area_code: Mapped[str] = mapped_column(code_text(12), ForeignKey("areas.code"), primary_key=True)
    first_day: Mapped[date] = mapped_column(Date, primary_key=True)
    last_day: Mapped[date] = mapped_column(Date, primary_key=True)
    split_by: Mapped[str] = mapped_column(String(10), primary_key=True)
    frozen_at: Mapped[datetime] = mapped_column(Instant())
    report: Mapped[dict[str, Any]] = mapped_column(JSON)


Index("ix_deadlines_kind_due_current", Deadline.kind, Deadline.due_current)
Index(
    "ix_cases_repeat_of", Case.repeat_of,
    postgresql_where=text("repeat_of IS NOT NULL"), sqlite_where=text("repeat_of IS NOT NULL"),
)  # fmt: skip
