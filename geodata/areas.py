"""Read a table of place codes (区划代码表) into areas and findings; stores nothing and knows no real places.

What a code means is told by the caller, because the rules of codes live with the grids.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from geodata.findings import Finding, Severity, UnusableFileError
from geodata.names import name_fault
from geodata.tables import Row, read_table

_COLUMNS = ("code12", "name", "level", "parent12")
_LEVELS = {"city": "市", "county": "县(区)", "township": "乡镇(街道)", "village": "村(社区)"}


class PlaceCodeLike(Protocol):
    """What is read from a place code: its level word and the code above it."""

    @property
    def level(self) -> str: ...
    @property
    def parent(self) -> str | None: ...


class CodeRefusalLike(Protocol):
    """How a code is refused: a ValueError that carries both sentences."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class AreaRow:
    """行政区划; `parent` is the code above, None for a city."""

    code: str
    name: str
    level: str
    parent: str | None


def read_areas(
    path: Path, read_code: Callable[[str], PlaceCodeLike], known: Collection[str] = ()
) -> tuple[list[AreaRow], list[Finding]]:
    """The areas of a CSV file with the columns code12, name, level, parent12, and everything wrong with it.

    `read_code` tells level and parent of a code or raises a ValueError with `zh` and `en`; `known` are codes
    of areas that exist already. Rows stand parents first and without those that have an error of their own,
    so any `error` among the findings means that the table must not be imported. Never raises for bad input.
    """
    try:
        rows = read_table(path, _COLUMNS)
    except UnusableFileError as unusable:
        return [], list(unusable.findings)
    if not rows:
        return [], [Finding("error", "empty_file", "文件中没有数据行", "The file has no rows")]
    findings: list[Finding] = []
    first_lines: dict[str, int] = {}
    for row in rows:
        first_lines.setdefault(row.cells["code12"], row.line)
    areas = []
    for row in rows:
        remarks = _check_row(row, read_code, first_lines, known)
        findings += remarks
        if not remarks:
            cells = row.cells
            parent = cells["parent12"] if cells["level"] != "city" else None
            areas.append(AreaRow(cells["code12"], cells["name"], cells["level"], parent))
    return sorted(areas, key=lambda area: area.code), findings


def _check_row(
    row: Row, read_code: Callable[[str], PlaceCodeLike], first_lines: dict[str, int], known: Collection[str]
) -> list[Finding]:
    code, name, level, parent = (row.cells[column] for column in _COLUMNS)
    findings: list[Finding] = []

    def remark(kind: str, zh: str, en: str, severity: Severity = "error") -> None:
        findings.append(Finding(severity, kind, f"第 {row.line} 行:{zh}", f"Line {row.line}: {en}", code, row.line))

    try:
        place = read_code(code)
    except ValueError as error:
        refusal = cast(CodeRefusalLike, error)
        remark("bad_code", refusal.zh, refusal.en)
        return findings
    if place.level == "province":
        remark("province", "省级不需导入,已略过", "provinces are not kept, passed over", "warning")
        return findings
    if first_lines[code] != row.line:
        remark(
            "duplicate_code",
            f"代码 {code} 与第 {first_lines[code]} 行重复",
            f"{code} stands already in line {first_lines[code]}",
        )
    if fault := name_fault(name):
        remark("bad_name", f"代码 {code}:{fault[0]}", f"{code}: {fault[1]}")
    if level != place.level:
        remark(
            "wrong_level",
            f"代码 {code} 是{_LEVELS[place.level]}级({place.level}),表中写的是 {level or '空'}",
            f"{code} is a {place.level} by its code, the table says {level or 'nothing'}",
        )
    if parent != (place.parent or ""):
        remark(
            "wrong_parent",
            f"代码 {code} 的上级应为 {place.parent},表中写的是 {parent or '空'}",
            f"the parent of {code} is {place.parent} by its code, the table says {parent or 'nothing'}",
        )
    elif place.level != "city" and parent not in first_lines and parent not in known:
        remark(
            "unknown_parent",
            f"代码 {code} 的上级 {parent} 不在表中,也未曾导入",
            f"the parent {parent} of {code} is neither in the table nor imported before",
        )
    return findings
