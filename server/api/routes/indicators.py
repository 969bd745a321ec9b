"""指标: a period's figures, and the cases behind each of them."""

from typing import Any

from flask import g

from server.api.guard import GuardedBlueprint, signed_in, who
from server.api.schemas.indicators import BehindQuerySchema, BehindSchema, FigureReportSchema, FiguresQuerySchema
from server.api.views import cases as views
from server.db import reading
from server.rules.figures import Period
from server.services import figure_cases, indicators
from server.services.hearing import hear
from server.services.indicators import Question

figures = GuardedBlueprint("indicators", __name__, description="指标 Indicators")


@figures.route(
    "/indicators", method="GET", guard=signed_in, query=FiguresQuerySchema(), answers={200: FigureReportSchema()},
    refuses=("not_for_your_role",),
)  # fmt: skip
def show_figures(query: dict[str, Any]) -> dict[str, Any]:
    """The figures of a centre's or inspector's area, row by row, each with its definition."""
    question = _question(query)
    with reading() as snapshot:
        hearing = hear(snapshot, who(), g.now)
        found = indicators.report(hearing, indicators.scope_of(hearing, question.area), question)
    return {"definitions": indicators.definitions(), **found}


@figures.route(
    "/indicators/cases", method="GET", guard=signed_in, query=BehindQuerySchema(), answers={200: BehindSchema()},
    refuses=("not_for_your_role",),
)  # fmt: skip
def list_cases_behind(query: dict[str, Any]) -> dict[str, Any]:
    """The cases behind one figure of one row, or of the total."""
    question = _question(query)
    with reading() as snapshot:
        hearing = hear(snapshot, who(), g.now)
        page = figure_cases.behind(
            hearing, indicators.scope_of(hearing, question.area), question, query["indicator"], query["part"],
            query["limit"], query["cursor"],
        )  # fmt: skip
    return {
        "items": [views.summary(hearing.atlas, row) for row in page.rows],
        "next_cursor": page.next_cursor,
        "definition": indicators.definitions()[page.figure],
        "count": page.number,
        "hidden": page.hidden,
    }


def _question(query: dict[str, Any]) -> Question:
    period = Period(query["first"], query["last"])
    indicators.check(period)
    return Question(query["area"], period, query["by"], query.get("key"))
