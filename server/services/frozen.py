"""Reports of frozen periods in the books: stored once, said again for ever, never changed. Counts nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from server.db import insert_once
from server.models import FrozenFigures
from server.rules.figures import Period


def stored(tx: Connection, scope: str, area: str, period: Period, by: str) -> dict[str, Any] | None:
    """What was frozen, if it was."""
    row = tx.execute(
        select(FrozenFigures.report).where(
            FrozenFigures.scope == scope, FrozenFigures.area_code == area, FrozenFigures.first_day == period.first,
            FrozenFigures.last_day == period.last, FrozenFigures.split_by == by,
        )
    ).first()  # fmt: skip
    return dict(row.report) if row is not None else None


def keep(
    tx: Connection, scope: str, area: str, period: Period, by: str, report: Mapping[str, Any], now: datetime
) -> bool:
    """Freeze a report; False when it was frozen before, and stays as it was."""
    row = {
        "scope": scope, "area_code": area, "first_day": period.first, "last_day": period.last, "split_by": by,
        "frozen_at": now, "report": report,
    }  # fmt: skip
    return insert_once(tx, FrozenFigures, row)


def kept(tx: Connection, period: Period) -> set[tuple[str, str]]:
    """Which reports of a period are there: (scope, by)."""
    rows = tx.execute(
        select(FrozenFigures.scope, FrozenFigures.split_by).where(
            FrozenFigures.first_day == period.first, FrozenFigures.last_day == period.last
        )
    )
    return {(row.scope, row.split_by) for row in rows}
