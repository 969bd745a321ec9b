"""Stores the reports of a month once it is frozen, a few at a time; for the couriers' schedule.

They are counted in a snapshot and stored in a transaction of their own, so that nobody who writes waits for counting.
"""

from datetime import datetime

from server.db import reading, transaction
from server.rules import figures
from server.rules.figures import Period
from server.rules.indicators import BY
from server.services import frozen, indicators
from server.services.hearing import Hearing, hear_the_office
from server.services.indicators import Question, Scope

MOST = 20
"""Reports at a time."""


def freeze(now: datetime, most: int = MOST) -> int:
    """Store reports of the latest frozen month that are not stored yet: every centre's own area, split every way.

    Returns: how many were stored; 0 when all are there.
    """
    with reading() as snapshot:
        hearing = hear_the_office(snapshot, now)
        month = figures.last_frozen_month(now, hearing.rules.calendar)
        wanted = _wanted(hearing, month)[:most]
        counted = [(scope, question, indicators.count_all(hearing, scope, question)) for scope, question in wanted]
    if not counted:
        return 0
    with transaction() as tx:
        return sum(
            frozen.keep(tx, scope.name, asked.area, asked.period, asked.by, report, now)
            for scope, asked, report in counted
        )


def _wanted(hearing: Hearing, month: Period) -> list[tuple[Scope, Question]]:
    there = frozen.kept(hearing.tx, month)
    return [
        (scope, Question(area, month, by))
        for area in sorted(hearing.atlas.centres)
        for scope in (indicators.of_centre(hearing.atlas, area),)
        for by in BY
        if (scope.name, by) not in there
    ]
