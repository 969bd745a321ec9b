"""The tree of units as far as the rules need it: a protocol that the office's atlas and the tests fulfil."""

import uuid
from collections.abc import Sequence
from typing import Protocol


class Offices(Protocol):
    """The tree of units, as far as the rules need it."""

    def level_of(self, unit: uuid.UUID) -> str:
        """village, township, county or city: the level of the unit's area."""

    def name_of(self, unit: uuid.UUID) -> str:
        """What the unit is called."""

    def is_centre(self, unit: uuid.UUID) -> bool:
        """Is it a centre or a special grid's desk, and not a department or mediation body?"""

    def superiors(self, unit: uuid.UUID) -> Sequence[uuid.UUID]:
        """Centres above a unit, the nearest first."""

    def parent_centre(self, unit: uuid.UUID) -> uuid.UUID | None:
        """The centre above: a department's is its own area's; the top centre has none."""

    def child_centres(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        """Centres directly below."""

    def centres_below(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        """Centres below, at any depth."""

    def peers(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        """Other centres of the same level."""

    def within_reach(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        """Units a centre may hand work to: itself, departments and mediation bodies of its area, and for a
        township its village desks."""

    def covers(self, centre: uuid.UUID, area: str) -> bool:
        """Does the area lie in the centre's own?"""

    def inside(self, area: str, outer: str) -> bool:
        """Is the area the outer one or below it?"""

    def answering(self, categories: Sequence[str], area: str) -> Sequence[uuid.UUID]:
        """Units whose duty it is where the area lies, the nearest first; `categories`: one and those above it."""

    def area_of(self, unit: uuid.UUID) -> str:
        """The code of the unit's area."""
