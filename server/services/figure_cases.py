"""The cases behind a figure, newest first, page by page: those the person may see, and how many more there are."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, func, select, tuple_

from server.models import Audience
from server.rules.indicators import COUNTS, part_of
from server.rules.refusals import invalid
from server.services import access, indicators, lists
from server.services.hearing import Hearing
from server.services.indicators import Question, Scope
from server.services.marks import members


class Behind(NamedTuple):
    """A page of the cases behind a figure.

    Args:
        figure: the key of the count that this part is.
        number: the figure itself; None where only the window's end can tell.
        hidden: how many of them this person may not see.
    """

    figure: str
    rows: Sequence[Mapping[str, Any]]
    next_cursor: str | None
    number: int | None
    hidden: int


def behind(
    hearing: Hearing, scope: Scope, question: Question, indicator: str, part: str, limit: int, cursor: str | None
) -> Behind:
    """One page of what makes this part of an indicator; a case stands there once for each of its clocks counted.

    Raises:
        Refusal: `invalid` naming `indicator`, `part`, `key` or `cursor`.
    """
    figure = part_of(indicator, part)
    if figure is None:
        known = part_of(indicator, "numerator") is not None
        raise invalid("part" if known else "indicator", "没有这项指标。", "There is no such figure.")
    made = COUNTS[figure]
    filters = {"scope": scope.name, "question": question, "figure": figure}
    after = lists.read_cursor(cursor, filters) if cursor else None
    if made.base == "window" and not indicators.window_over(hearing, question.period):
        return Behind(figure, [], None, None, 0)
    found = members(made.base, indicators.asked(hearing, scope, question))
    conditions: list[ColumnElement[bool]] = [
        found.c[mark.removeprefix("!")] == (0 if mark.startswith("!") else 1) for mark in made.marks
    ]
    if question.key is not None and question.by != "area":
        conditions.append(found.c.key == _key(question))
    seen = exists().where(
        Audience.case_id == found.c.case_id, Audience.subject.in_(access.subjects(hearing.person)),
        Audience.gone.is_(False),
    )  # fmt: skip
    number = hearing.tx.execute(select(func.count()).select_from(found).where(*conditions)).scalar_one()
    visible = hearing.tx.execute(select(func.count()).select_from(found).where(*conditions, seen)).scalar_one()
    page = select(found.c.received_at, found.c.member_id, found.c.case_id).where(*conditions, seen)
    if after:
        page = page.where(tuple_(found.c.received_at, found.c.member_id) < lists.key_after(after))
    keys = hearing.tx.execute(
        page.order_by(found.c.received_at.desc(), found.c.member_id.desc()).limit(limit + 1)
    ).all()
    shown = keys[:limit]
    more = lists.make_cursor(shown[-1].received_at, shown[-1].member_id, filters) if len(keys) > limit else None
    rows = lists.summaries(hearing, [key.case_id for key in shown])
    return Behind(figure, rows, more, number, number - visible)


def _key(question: Question) -> Any:
    if question.by != "unit":
        return question.key
    try:
        return uuid.UUID(question.key)
    except ValueError:
        raise invalid("key", "没有这一行。", "There is no such row.") from None
