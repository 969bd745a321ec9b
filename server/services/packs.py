"""The offline pack 离线包 of an area: what a phone needs to work without a network. Built once per version."""

import threading
from collections import OrderedDict
from typing import Any

from sqlalchemy import Connection, select

from grids.locator import GridShape
from grids.packs import simplify
from server.models import Grid
from server.rules.rulebook import RuleBook
from server.services.hearing import Hearing
from server.services.reference import Atlas

_KEPT = 64
_lock = threading.Lock()
_built: OrderedDict[tuple[str, int, int], dict[str, Any]] = OrderedDict()

_WORDS = {
    "minutes": ("分钟", "minutes"),
    "hours": ("小时", "hours"),
    "working_hours": ("个工作时", "working hours"),
    "working_days": ("个工作日", "working days"),
    "calendar_days": ("日", "days"),
}


def version_of(hearing: Hearing, area: str) -> str:
    """What identifies the pack's content; equal versions are equal packs."""
    return f"{area}-{hearing.person.places_stamp}-{hearing.person.rules_stamp}"


def pack(hearing: Hearing, area: str) -> dict[str, Any]:
    """Grids (simplified, shared borders kept), units, categories, reasons and limits of an area."""
    key = (area, hearing.person.places_stamp, hearing.person.rules_stamp)
    with _lock:
        if key in _built:
            _built.move_to_end(key)
            return _built[key]
    made = {
        "area": {"code": area, "name": hearing.atlas.areas[area].name},
        "version": version_of(hearing, area),
        "grids": _grids(hearing.tx, hearing.atlas, area),
        "units": _units(hearing.atlas, area),
        "categories": categories(hearing.rules),
        "reasons": reasons(hearing.rules),
        "limits": _limits(hearing.rules),
    }
    with _lock:
        _built[key] = made
        while len(_built) > _KEPT:
            _built.popitem(last=False)
    return made


def categories(rules: RuleBook) -> list[dict[str, Any]]:
    """The category tree, flat."""
    return [
        {
            "code": one.code, "name": one.name, "name_en": one.name_en, "parent": one.parent, "leaf": one.leaf,
            "photo_required": one.photo_required, "after_photo_required": one.after_photo_required,
            "settle_on_spot": one.settle_on_spot, "consultation": one.consultation,
            "grid_worker": one.grid_worker, "sensitive": one.sensitive,
            "least_verification": one.least_verification,
        }
        for one in rules.categories.values()
    ]  # fmt: skip


def reasons(rules: RuleBook) -> dict[str, list[dict[str, str]]]:
    """Reason codes of each move that asks for one."""
    return {
        action: [{"code": code, "zh": zh, "en": en} for code, (zh, en) in offered.items()]
        for action, offered in rules.reasons.items()
    }


def _grids(connection: Connection, atlas: Atlas, area: str) -> list[dict[str, Any]]:
    entries = {one.id: one for one in atlas.grids.values() if atlas.within(one.village, area)}
    rows = connection.execute(select(Grid.id, Grid.geometry).where(Grid.id.in_(entries)).order_by(Grid.code)).all()
    shapes = simplify(GridShape(entries[row.id].code, entries[row.id].layer, row.geometry) for row in rows)
    return [
        {
            "code": entry.code, "name": entry.name, "layer": entry.layer, "village": entry.village,
            "version": entry.version, "geometry": shapes[entry.code],
        }
        for entry in (entries[row.id] for row in rows)
    ]  # fmt: skip


def _units(atlas: Atlas, area: str) -> list[dict[str, Any]]:
    line = set(atlas.line_of(area))
    return [
        {
            "id": unit.id, "name": unit.name, "kind": unit.kind, "level": atlas.areas[unit.area].level,
            "area": {"code": unit.area, "name": atlas.areas[unit.area].name},
        }
        for unit in atlas.units.values()
        if unit.area in line or atlas.within(unit.area, area)
    ]  # fmt: skip


def _limits(rules: RuleBook) -> list[dict[str, Any]]:
    found = []
    for (category, urgency, kind), span in sorted(rules.limits.items()):
        zh, en = _WORDS[span.unit]
        words = {"zh": f"{span.amount}{zh}", "en": f"{span.amount} {en}"}
        found.append({"category": category, "urgency": urgency, "kind": kind, "words": words})
    return found
