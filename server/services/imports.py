"""Files of places come in: read, judged whole, then put into the books or not at all.

An error among the findings forbids the import; warnings and repairs are said and do not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from geodata.areas import read_areas
from geodata.boundaries import Boundary, read_boundaries
from geodata.findings import Finding
from grids.codes import read_grid_code, read_place_code
from grids.locator import GridShape
from grids.redraw import Redraw, compare
from grids.topology import find_faults
from server.db import reading, transaction
from server.services import places

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import found and did.

    Args:
        findings: everything a clerk should know, errors first.
        changes: words for what changed (or would have), in both languages.
        done: was anything written? False with errors, with --dry-run and when nothing had changed.
    """

    findings: Sequence[Finding]
    changes: str
    done: bool


def is_allowed(findings: Sequence[Finding]) -> bool:
    """No error among them."""
    return all(finding.severity != "error" for finding in findings)


def import_areas(path: Path, *, dry_run: bool) -> Outcome:
    """Bring place codes in from a CSV file."""
    with reading() as snapshot:
        known = places.area_codes(snapshot)
    areas, findings = read_areas(path, read_place_code, known)
    if dry_run or not is_allowed(findings):
        return Outcome(_in_order(findings), f"{len(areas)} 个区域 areas", done=False)
    with transaction() as tx:
        changed = places.put_areas(tx, areas)
    return Outcome(_in_order(findings), f"{changed} 个区域有变化 areas changed", done=changed > 0)


def import_grids(
    path: Path, now: datetime, *, crs: str | None, scheme: str, least_m2: float, dry_run: bool, progress: Progress
) -> Outcome:
    """Bring grids in from a boundary file; a redraw makes new versions, old cases keep theirs.

    Args:
        crs: the file's coordinate system when it does not say (or says it wrongly).
        scheme: the rule for grid codes.
        least_m2: overlaps and gaps from this size on are listed.
    """
    with reading() as snapshot:
        villages = places.area_codes(snapshot, "village")
        present = places.current_grids(snapshot)
    boundaries, findings = read_boundaries(
        path, partial(read_grid_code, scheme=scheme), crs=crs, known_villages=villages, progress=progress
    )
    findings = [*findings, *_faults(boundaries, present, least_m2)]
    named = {boundary.village_code for boundary in boundaries}
    plan = compare([row for row in present if row.village_code in named], boundaries)
    if dry_run or not is_allowed(findings):
        return Outcome(_in_order(findings), _words(plan), done=False)
    with transaction() as tx:
        redraw = places.put_grids(tx, boundaries, now)
    return Outcome(_in_order(findings), _words(redraw), done=bool(redraw.added or redraw.changed or redraw.removed))


def _faults(boundaries: Sequence[Boundary], present: Sequence[Row[Any]], least_m2: float) -> list[Finding]:
    """Overlaps and gaps that the file makes, among its grids and with the neighbours that stay."""
    named = {boundary.village_code for boundary in boundaries}
    incoming = {boundary.code for boundary in boundaries}
    staying = [row for row in present if row.village_code not in named and row.code not in incoming]
    drawn: list[Any] = [*boundaries, *staying]  # two kinds of row with the same fields
    shapes = [GridShape(one.code, one.layer, one.geometry) for one in drawn]
    return [
        Finding("warning", fault.kind, fault.zh, fault.en, where=fault.codes[0])
        for fault in find_faults(shapes, least_m2)
        if incoming & set(fault.codes)
    ]


def _words(redraw: Redraw) -> str:
    counts = (len(redraw.added), len(redraw.changed), len(redraw.removed), len(redraw.unchanged))
    zh = "新增 {} · 变更 {} · 停用 {} · 未变 {}".format(*counts)
    return zh + "   added {}, changed {}, ended {}, unchanged {}".format(*counts)


def _in_order(findings: Sequence[Finding]) -> list[Finding]:
    rank = {"error": 0, "repaired": 1, "warning": 2}
    return sorted(findings, key=lambda one: rank[one.severity])
