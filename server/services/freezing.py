"""Stores the reports of a month once it is frozen, a few in each transaction; for the office's nightly work."""

from server.rules import figures
from server.rules.indicators import BY
from server.services import frozen, indicators
from server.services.hearing import Hearing
from server.services.indicators import Question

MOST = 20
"""Reports in one transaction: on SQLite everybody who writes waits for it."""


def freeze_next(hearing: Hearing, most: int = MOST) -> int:
    """Store reports of the latest frozen month that are not stored yet: every centre's own area, split every way.

    Returns: how many were stored; 0 when all are there.
    """
    month = figures.last_frozen_month(hearing.now, hearing.rules.calendar)
    there = frozen.kept(hearing.tx, month)
    wanted = [
        (indicators.of_centre(centre.id), Question(area, month, by))
        for area, centre in sorted(hearing.atlas.centres.items())
        for by in BY
        if (f"u:{centre.id}", by) not in there
    ][:most]
    return sum(
        frozen.keep(
            hearing.tx, scope.name, question.area, month, question.by,
            indicators.count_all(hearing, scope, question), hearing.now,
        )
        for scope, question in wanted
    )  # fmt: skip
