"""Which centre holds a new case first 首个持有单位: by source, category and place. Pure."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["patrol", "wechat_group", "visit", "walk_in", "hotline", "police", "court", "petition", "other"]

BY_PLACE: frozenset[str] = frozenset({"patrol", "visit", "wechat_group", "other"})
"""Sources whose cases go to the village desk of the grid; all others go to the centre that was addressed."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What routing looks at; codes are area codes.

    Args:
        source: how the matter came in.
        village: the village of the grid, if a grid was found.
        nearest_township: for a point outside all grids, the township of the nearest one.
        reporter_village: the reporter's own village, if their grants name one.
        reporter_area: the area of the centre where the reporter stands (walk-ins, hotlines).
    """

    source: str
    village: str | None
    nearest_township: str | None
    reporter_village: str | None
    reporter_area: str | None


def first_holder_area(seen: Circumstances) -> str | None:
    """The area whose centre holds the case first; None when neither place nor person names one.

    For a category that must avoid the village the caller goes on to the township above.
    """
    if seen.source not in BY_PLACE and seen.reporter_area:
        return seen.reporter_area
    return seen.village or seen.nearest_township or seen.reporter_village or seen.reporter_area
