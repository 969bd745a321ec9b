"""Figures of a period: whom they are for, the report row by row, and what a frozen period said.

A report counts what its scope sees: the audience of the area's centre, or of its inspectors, whoever of them asks.
Members with the same key and marks are counted by the database; which of them make which figure is the rules' word.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, get_args

from sqlalchemy import Connection, func, select

from server.models.extracts import epoch
from server.rules import figures
from server.rules.figures import Period
from server.rules.indicators import (
    BESIDE,
    COUNTS,
    RATES,
    ROUTES,
    SOURCE_NAMES,
    UNREPORTED,
    Base,
    holds,
)
from server.rules.refusals import Refusal, invalid
from server.services import frozen
from server.services.hearing import Hearing
from server.services.marks import Asked, marks_of, members
from server.services.reference import Atlas

TOTAL = ""
"""The key of the row that counts everything."""
DISPUTES = "D"
_TICK = timedelta(microseconds=1)


class Question(NamedTuple):
    """What somebody wants figures of.

    Args:
        by: how the rows split it.
        key: one row of them, where the cases behind it are asked for.
    """

    area: str
    period: Period
    by: str
    key: str | None = None


class Scope(NamedTuple):
    """Whose cases are counted: `name` says it in a word (`c:<area>` its centre, `a:<area>` its inspectors), `subjects`
    as the audience does."""

    name: str
    subjects: tuple[str, ...]


def scope_of(hearing: Hearing, area: str) -> Scope:
    """The nearest centre on the line from the area upwards that this person belongs to, or area that they inspect.

    Raises:
        Refusal: `invalid` naming an unknown area; `not_for_your_role` for anybody else's.
    """
    atlas, person = hearing.atlas, hearing.person
    if area not in atlas.areas:
        raise invalid("area", "没有这个区域。", "There is no such area.")
    inspected = {grant.area for grant in person.grants if grant.role == "inspector"}
    for code in atlas.line_of(area):
        centre = atlas.centres.get(code)
        if centre is not None and centre.id in person.units:
            return of_centre(atlas, code)
        if code in inspected:
            return Scope(f"a:{code}", (f"a:{code}",))
    raise Refusal("not_for_your_role")


def check(period: Period) -> None:
    """Refuse a period that runs backwards or is longer than a year.

    Raises:
        Refusal: `invalid` naming `to`.
    """
    if period.last < period.first:
        raise invalid("to", "结束日期早于开始日期。", "The period ends before it begins.")
    if (period.last - period.first).days >= figures.LONGEST_DAYS:
        raise invalid(
            "to", f"统计期最长 {figures.LONGEST_DAYS} 天。", f"A period has at most {figures.LONGEST_DAYS} days."
        )


def report(hearing: Hearing, scope: Scope, question: Question) -> dict[str, Any]:
    """`as_of`, `frozen`, `rows` and `total` of a period; a frozen one says again what it said when it was frozen."""
    found = frozen.stored(hearing.tx, scope.name, question.area, question.period, question.by)
    return _with_final(hearing, scope, question, found or count_all(hearing, scope, question))


def asked(hearing: Hearing, scope: Scope, question: Question) -> Asked:
    """The question as queries understand it."""
    start, end = figures.bounds(question.period, hearing.rules.calendar)
    days = hearing.rules.numbers["repeat_days"]
    return Asked(
        subjects=scope.subjects,
        areas=_areas(hearing, question),
        start=start,
        until=min(end, hearing.now + _TICK),
        window=int(timedelta(days=days).total_seconds()),
        disputes=[code for code in hearing.rules.categories if DISPUTES in hearing.rules.line_of(code)],
        by=question.by,
        over=end <= hearing.now,
    )


def as_of(hearing: Hearing, period: Period) -> datetime:
    """The instant as of which a period's figures stand."""
    return min(figures.bounds(period, hearing.rules.calendar)[1], hearing.now)


def window_over(hearing: Hearing, period: Period) -> bool:
    """Has the time passed in which a closing must hold, for every case of the period?"""
    _, end = figures.bounds(period, hearing.rules.calendar)
    return hearing.now >= end + timedelta(days=hearing.rules.numbers["repeat_days"])


def definitions() -> dict[str, Any]:
    """Every figure's words and what it is made of, as they are published with every report."""
    counts = {
        key: {**_words(one), "kind": "count", "numerator": key, "denominator": None} for key, one in COUNTS.items()
    }
    rates = {
        key: {
            **_words(one), "kind": "rate", "numerator": one.numerator, "denominator": one.denominator,
            "beside": list(BESIDE.get(key, ())),
        }
        for key, one in RATES.items()
    }  # fmt: skip
    return counts | rates


def _words(one: Any) -> dict[str, Any]:
    return {"name": {"zh": one.zh, "en": one.en}, "definition": {"zh": one.says_zh, "en": one.says_en}}


def of_centre(atlas: Atlas, area: str) -> Scope:
    """What an area's centre, and whoever was its centre before, see together: the discreet cases included."""
    centres = [one.id for one in atlas.units.values() if one.kind == "centre" and one.area == area]
    return Scope(f"c:{area}", tuple(f"{kind}:{unit}" for unit in centres for kind in ("u", "s")))


def count_all(hearing: Hearing, scope: Scope, question: Question) -> dict[str, Any]:
    """The report as the rows say now, but for the value that only the window's end can tell."""
    query = asked(hearing, scope, question)
    row_of = _rows_by(hearing, question)
    tallies: dict[str, dict[str, int]] = {}
    hours: dict[str, list[float]] = {}
    for base in get_args(Base):
        if base != "window":
            _tally(hearing.tx, base, query, row_of, tallies)
    _time(hearing.tx, query, row_of, hours)
    names = _names(hearing, question, tallies)
    return {
        "as_of": as_of(hearing, question.period).isoformat(),
        "frozen": hearing.now >= figures.freezes_at(question.period, hearing.rules.calendar),
        "rows": [{"key": key, "name": name, **_figures(tallies.get(key, {}), hours.get(key, []))}
                 for key, name in names.items()],
        "total": {"key": None, "name": hearing.atlas.areas[question.area].name,
                  **_figures(tallies.get(TOTAL, {}), hours.get(TOTAL, []))},
    }  # fmt: skip


def _with_final(hearing: Hearing, scope: Scope, question: Question, found: dict[str, Any]) -> dict[str, Any]:
    """The value that only the window's end can tell, beside what was frozen; empty until then."""
    tallies: dict[str, dict[str, int]] = {}
    over = window_over(hearing, question.period)
    if over:
        _tally(hearing.tx, "window", asked(hearing, scope, question), _rows_by(hearing, question), tallies)
    late = [key for key, one in COUNTS.items() if one.base == "window"]

    def final(key: str) -> dict[str, Any]:
        counts = {name: tallies.get(key, {}).get(name, 0) if over else None for name in late}
        rates = {
            name: figures.rate(counts[one.numerator] or 0, counts[one.denominator] or 0) if over else None
            for name, one in RATES.items()
            if one.numerator in late
        }
        return {**counts, **rates}

    rows = [{**row, **final(row["key"])} for row in found["rows"]]
    return {**found, "rows": rows, "total": {**found["total"], **final(TOTAL)}}


def _tally(
    tx: Connection, base: Base, query: Asked, row_of: Callable[[Any], str], tallies: dict[str, dict[str, int]]
) -> None:
    """Count a base's members into every figure that its marks make them part of, in their row and in the total."""
    found = members(base, query)
    names = marks_of(found)
    columns = [found.c[name] for name in names]
    made = {key: one.marks for key, one in COUNTS.items() if one.base == base}
    alike = tx.execute(select(found.c.key, *columns, func.count()).group_by(found.c.key, *columns))
    for key, *bits, many in alike:
        marks = frozenset(name for name, bit in zip(names, bits, strict=True) if bit)
        for figure, condition in made.items():
            if holds(condition, marks):
                for row in (row_of(key), TOTAL):
                    tally = tallies.setdefault(row, {})
                    tally[figure] = tally.get(figure, 0) + many


def _time(tx: Connection, query: Asked, row_of: Callable[[Any], str], hours: dict[str, list[float]]) -> None:
    found = members("received", query)
    took = (epoch(found.c.closed_at) - epoch(found.c.received_at)).label("took")
    for row in tx.execute(select(found.c.key, took).where(found.c.closed == 1)):
        for key in (row_of(row.key), TOTAL):
            hours.setdefault(key, []).append(row.took)


def _figures(tally: Mapping[str, int], hours: Sequence[float]) -> dict[str, Any]:
    counts = {key: tally.get(key, 0) for key, one in COUNTS.items() if one.base != "window"}
    rates = {
        key: figures.rate(counts[one.numerator], counts[one.denominator])
        for key, one in RATES.items()
        if one.numerator in counts
    }
    took = figures.durations(hours)
    shares = figures.shares({route: counts[f"route_{route}"] for route in (*ROUTES, UNREPORTED)})
    return {
        **counts, **rates, "mean_hours": took.mean, "median_hours": took.median, "p90_hours": took.p90,
        "route_shares": shares,
    }  # fmt: skip


def _areas(hearing: Hearing, question: Question) -> list[str]:
    """The areas looked at: all below the one asked for, or those of one of its rows."""
    atlas, area = hearing.atlas, question.area
    if question.by != "area" or question.key is None:
        return _below(hearing, area)
    if question.key == area:
        return [area]
    if question.key not in atlas.children.get(area, ()):
        raise invalid("key", "没有这一行。", "There is no such row.")
    return _below(hearing, question.key)


def _below(hearing: Hearing, area: str) -> list[str]:
    found, level = list[str](), [area]
    while level:
        found += level
        level = [code for one in level for code in hearing.atlas.children.get(one, ())]
    return found


def _rows_by(hearing: Hearing, question: Question) -> Callable[[Any], str]:
    """Which row a member's key belongs to: by area, that of the child it lies in, or the area's own rest."""
    if question.by != "area":
        return str
    children = {
        below: child
        for child in hearing.atlas.children.get(question.area, ())
        for below in _below(hearing, child)
    }  # fmt: skip
    return lambda key: children.get(key, question.area)


def _names(hearing: Hearing, question: Question, keys: Iterable[str]) -> dict[str, str]:
    """The rows in their order: every child of the area and its own rest, or whatever has a figure."""
    atlas, area = hearing.atlas, question.area
    found = sorted(key for key in keys if key != TOTAL)
    if question.by == "area":
        children = sorted(atlas.children.get(area, ()))
        own = atlas.areas[area].name + ("（未划到下级）" if children else "")
        return {**{code: atlas.areas[code].name for code in children}, area: own}
    if question.by == "category":
        return {key: hearing.rules.categories[key].name for key in found}
    if question.by == "unit":
        return {key: atlas.units[uuid.UUID(key)].name for key in found}
    return {key: SOURCE_NAMES.get(key, key) for key in found}
