"""Cases that may be about the same matter: near in place, time and kind. A list to look at, never a verdict."""

import math
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select

from server.models import Case
from server.rules.facts import OPEN
from server.rules.rulebook import RuleBook
from server.rules.similarity import similarity
from server.services.access import sees, subjects
from server.services.hearing import Hearing

CELL_DEGREES = 0.005
SHOWN = 10
METRES_PER_DEGREE = 111_195
"""Of a great circle on the mean Earth radius of 6,371 km."""
_ROW = 100_000
"""Cells a row of the numbering holds; 0.005° makes 72,000 around the equator."""


_NEARBY = (
    select(Case.id, Case.code, Case.title, Case.state, Case.category, Case.lon, Case.lat)
    .where(
        Case.cell.in_([bindparam(f"cell{place}", type_=Case.cell.type) for place in range(9)]),
        Case.received_at.between(bindparam("since"), bindparam("until")),
        Case.category.in_(bindparam("categories", expanding=True)),
        Case.id != bindparam("id"),
        sees(bindparam("subjects", expanding=True)),
    )
    .order_by(Case.received_at.desc())
    .limit(200)
)


def cell_of(lon: float, lat: float) -> int:
    """The number of the 0.005° square that a WGS-84 point lies in (about 460 m × 556 m at 34° N)."""
    return math.floor(lat / CELL_DEGREES) * _ROW + math.floor(lon / CELL_DEGREES)


def find(hearing: Hearing, case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Other cases this person may see, of the same or a sibling category, within the rule book's distance and
    days of this one, nearest first: {case_id, code, title, state, distance_m, reasons}. Texts that begin alike are one
    more reason."""
    rules = hearing.rules
    if case["cell"] is None or case["state"] not in OPEN:
        return []
    reach, alike = float(rules.numbers["duplicate_distance_m"]), float(rules.numbers["duplicate_similarity"])
    rows = hearing.tx.execute(
        _NEARBY,
        {
            **{f"cell{place}": cell for place, cell in enumerate(_around(case["cell"]))},
            "since": case["received_at"] - timedelta(days=rules.numbers["duplicate_days"]),
            "until": case["received_at"],
            "categories": _siblings(case["category"], rules),
            "id": case["id"],
            "subjects": subjects(hearing.person),
        },
    )
    found = []
    for row in rows:
        metres = _metres(case["lon"], case["lat"], row.lon, row.lat)
        if metres <= reach:
            reasons = ["near", "recent", "same_category" if row.category == case["category"] else "sibling_category"]
            if similarity(case["title"], row.title) >= alike:
                reasons.append("similar_text")
            found.append(
                {
                    "case_id": row.id, "code": row.code, "title": row.title, "state": row.state,
                    "distance_m": round(metres, 1),
                    "reasons": reasons,
                }
            )  # fmt: skip
    return sorted(found, key=_by_distance)[:SHOWN]


def _by_distance(found: Mapping[str, Any]) -> tuple[float, uuid.UUID]:
    return found["distance_m"], found["case_id"]


def _around(cell: int) -> list[int]:
    return [cell + row * _ROW + column for row in (-1, 0, 1) for column in (-1, 0, 1)]


def _siblings(category: str, rules: RuleBook) -> list[str]:
    parent = rules.categories[category].parent
    return [code for code, other in rules.categories.items() if other.parent == parent] if parent else [category]


def _metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Distance on a sphere flattened around the point: within 0.5 % over the few hundred metres asked for."""
    return math.hypot((other_lon - lon) * math.cos(math.radians(lat)), other_lat - lat) * METRES_PER_DEGREE
