"""Tell what changed between two versions of the grids; decides nothing about either."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import shapely
from shapely.geometry.base import BaseGeometry

Aspect = Literal["name", "village", "layer", "geometry"]


class DrawnGrid(Protocol):
    """A grid of one version, from a file or from the books."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def village_code(self) -> str: ...
    @property
    def layer(self) -> str: ...
    @property
    def geometry(self) -> BaseGeometry: ...


@dataclass(frozen=True, slots=True)
class Redraw:
    """Codes by what became of them, each in order; `changed` says in which aspects."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: dict[str, tuple[Aspect, ...]]
    unchanged: tuple[str, ...]


def compare(before: Iterable[DrawnGrid], after: Iterable[DrawnGrid]) -> Redraw:
    """What a redraw does. A shape counts as unchanged when it has the same vertices, wherever its rings start."""
    old = {grid.code: grid for grid in before}
    new = {grid.code: grid for grid in after}
    aspects = {code: _differences(old[code], new[code]) for code in sorted(old.keys() & new.keys())}
    return Redraw(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed={code: differences for code, differences in aspects.items() if differences},
        unchanged=tuple(code for code, differences in aspects.items() if not differences),
    )


def _differences(before: DrawnGrid, after: DrawnGrid) -> tuple[Aspect, ...]:
    differences: list[Aspect] = []
    if before.name != after.name:
        differences.append("name")
    if before.village_code != after.village_code:
        differences.append("village")
    if before.layer != after.layer:
        differences.append("layer")
    if not _in_one_form(before.geometry).equals_exact(_in_one_form(after.geometry), tolerance=0):
        differences.append("geometry")
    return tuple(differences)


def _in_one_form(geometry: BaseGeometry) -> BaseGeometry:
    """Rings in a fixed order and direction; a collection of one polygon, as some formats save it, is that polygon."""
    parts = shapely.get_parts(geometry)
    return (parts[0] if len(parts) == 1 else geometry).normalize()
