"""The rule book as one value: categories, limits, reasons, numbers and the calendar. Pure; loaded elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.rules.deadlines import Span
from server.rules.workdays import Calendar


@dataclass(frozen=True, slots=True)
class Category:
    """事项类别: one node of the tree. `parent` is None for the tops; only leaves are filed under."""

    code: str
    name: str
    name_en: str
    parent: str | None
    leaf: bool
    photo_required: bool
    after_photo_required: bool
    settle_on_spot: bool
    consultation: bool
    grid_worker: bool
    sensitive: bool
    avoid_village: bool
    least_verification: str
    attempts: int


@dataclass(frozen=True, slots=True, eq=False)
class RuleBook:
    """What officials may argue with and a deployment may edit; it is replaced as a whole, so one equals itself only.

    Args:
        categories: code → category.
        limits: (category or "*", urgency "1".."4" or "*", clock kind) → span.
        reasons: action → reason code → (Chinese, English).
        numbers: every other setting by key, e.g. `duplicate_distance_m`.
        calendar: the office's days and shifts.
    """

    categories: Mapping[str, Category]
    limits: Mapping[tuple[str, str, str], Span]
    reasons: Mapping[str, Mapping[str, tuple[str, str]]]
    numbers: Mapping[str, Any]
    calendar: Calendar

    def line_of(self, category: str) -> Iterator[str]:
        """The category and everything above it, most specific first."""
        code: str | None = category
        while code is not None:
            yield code
            code = self.categories[code].parent

    def limit(self, category: str, urgency: int, kind: str) -> Span:
        """The span for a clock of this kind. An urgency's own row beats a category's: 特急 stays 特急.

        Raises:
            LookupError: the rule book has no row for this kind, not even for "*".
        """
        for level in (str(urgency), "*"):
            for code in (*self.line_of(category), "*"):
                if span := self.limits.get((code, level, kind)):
                    return span
        raise LookupError(f"the rule book has no limit of kind {kind!r}")
