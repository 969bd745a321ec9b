"""Read the files of the rule book (规则库): categories, limits, holidays, reasons, shifts, numbers; applies none.

A deployment copies the folder, edits it in a spreadsheet and loads it again; every mistake is listed with its
file and line before anything is used.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from geodata.cells import WrongCellError, choice_of, flag_of, number_of, pattern_of, text_of, time_of
from geodata.findings import Finding, UnusableFileError
from geodata.numbers import read_numbers
from geodata.tables import Row, read_table

DEFAULT_FOLDER = Path(__file__).with_name("reference")

Mode = Literal["on_site", "phone", "photo"]
LimitKind = Literal[
    "accept", "dispatch", "sign", "arrive", "contact", "handle", "verify", "answer", "reply", "receipt", "overall"
]
TimeUnit = Literal["minutes", "hours", "working_hours", "working_days", "calendar_days"]

_CATEGORY_CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
_REASON_CODE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """事项类别; a `leaf` is what is filed, the others only group. `attempts`: mediations owed before escalating."""

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
    least_verification: Mode
    avoid_village: bool
    attempts: int


@dataclass(frozen=True, slots=True)
class LimitRow:
    """时限; `category` is a code or `*`, `urgency` 1 to 4 or `*`."""

    category: str
    urgency: str
    kind: LimitKind
    amount: int
    unit: TimeUnit


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """A day that differs from the calendar library, or one that it does not know: off or worked (调休)."""

    day: date
    kind: Literal["off", "work"]
    name: str


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """理由代码 that a move may give."""

    action: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """办公时段 in the office's zone."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The whole rule book, in the order of its files. `numbers`: every other setting by key, the ladder among them."""

    categories: tuple[CategoryRow, ...]
    limits: tuple[LimitRow, ...]
    holidays: tuple[HolidayRow, ...]
    reasons: tuple[ReasonRow, ...]
    shifts: tuple[ShiftRow, ...]
    numbers: Mapping[str, Any]


RowT = TypeVar("RowT", CategoryRow, LimitRow, HolidayRow, ReasonRow, ShiftRow)


def read_rulebook(folder: Path = DEFAULT_FOLDER) -> Rulebook:
    """The rule book of a folder; UnusableFileError with every mistake in all of its files."""
    findings: list[Finding] = []
    categories = _read(folder / "categories.csv", CategoryRow, _read_category, lambda row: row.code, findings)
    limits = _read(
        folder / "limits.csv", LimitRow, _read_limit, lambda row: f"{row.category},{row.urgency},{row.kind}", findings
    )
    holidays = _read(folder / "holidays.csv", HolidayRow, _read_holiday, lambda row: str(row.day), findings)
    reasons = _read(folder / "reasons.csv", ReasonRow, _read_reason, lambda row: f"{row.action},{row.code}", findings)
    shifts = _read(folder / "shifts.csv", ShiftRow, _read_shift, lambda row: str(row.start), findings)
    numbers = read_numbers(folder / "numbers.json", get_args(LimitKind), findings)
    if not findings:
        findings += _check_together(categories, limits, shifts)
    if findings:
        raise UnusableFileError(findings)
    return Rulebook(tuple(categories), tuple(limits), tuple(holidays), tuple(reasons), tuple(shifts), numbers)


def _read(
    path: Path,
    row_type: type[RowT],
    read_row: Callable[[Row], RowT],
    key_of: Callable[[RowT], str],
    findings: list[Finding],
) -> list[RowT]:
    """The good rows of one file; what is wrong goes to `findings`."""

    def remark(code: str, zh: str, en: str, line: int) -> None:
        zh, en = f"{path.name} 第 {line} 行:{zh}", f"{path.name} line {line}: {en}"
        findings.append(Finding("error", code, zh, en, path.name, line))

    try:
        rows = read_table(path, row_type.__dataclass_fields__)
    except UnusableFileError as unusable:
        findings += [
            Finding("error", f.code, f"{path.name}:{f.zh}", f"{path.name}: {f.en}", path.name)
            for f in unusable.findings
        ]
        return []
    read: dict[str, RowT] = {}
    for row in rows:
        try:
            record = read_row(row)
        except WrongCellError as wrong:
            remark("bad_value", wrong.zh, wrong.en, row.line)
            continue
        if key_of(record) in read:
            remark("duplicate", f"{key_of(record)} 重复", f"{key_of(record)} stands twice", row.line)
        read[key_of(record)] = record
    return list(read.values())


def _read_category(row: Row) -> CategoryRow:
    parent = row.cells["parent"]
    return CategoryRow(
        code=pattern_of(row, "code", _CATEGORY_CODE),
        name=text_of(row, "name"),
        name_en=text_of(row, "name_en"),
        parent=pattern_of(row, "parent", _CATEGORY_CODE) if parent else None,
        leaf=flag_of(row, "leaf"),
        photo_required=flag_of(row, "photo_required"),
        after_photo_required=flag_of(row, "after_photo_required"),
        settle_on_spot=flag_of(row, "settle_on_spot"),
        consultation=flag_of(row, "consultation"),
        grid_worker=flag_of(row, "grid_worker"),
        sensitive=flag_of(row, "sensitive"),
        least_verification=choice_of(row, "least_verification", get_args(Mode)),
        avoid_village=flag_of(row, "avoid_village"),
        attempts=number_of(row, "attempts", 0),
    )


def _read_limit(row: Row) -> LimitRow:
    return LimitRow(
        category="*" if row.cells["category"] == "*" else pattern_of(row, "category", _CATEGORY_CODE),
        urgency=choice_of(row, "urgency", ("*", "1", "2", "3", "4")),
        kind=choice_of(row, "kind", get_args(LimitKind)),
        amount=number_of(row, "amount", 1),
        unit=choice_of(row, "unit", get_args(TimeUnit)),
    )


def _read_holiday(row: Row) -> HolidayRow:
    try:
        day = date.fromisoformat(row.cells["day"])
    except ValueError:
        raise WrongCellError("day", "须为 2027-01-01 形式的日期", "must be a date like 2027-01-01") from None
    return HolidayRow(day, choice_of(row, "kind", ("off", "work")), text_of(row, "name"))


def _read_reason(row: Row) -> ReasonRow:
    return ReasonRow(
        action=pattern_of(row, "action", _REASON_CODE),
        code=pattern_of(row, "code", _REASON_CODE),
        zh=text_of(row, "zh"),
        en=text_of(row, "en"),
    )


def _read_shift(row: Row) -> ShiftRow:
    start, end = time_of(row, "start"), time_of(row, "end")
    if end <= start:
        raise WrongCellError("end", "须晚于 start", "must be later than start")
    return ShiftRow(start, end)


def _check_together(categories: list[CategoryRow], limits: list[LimitRow], shifts: list[ShiftRow]) -> list[Finding]:
    """What only shows when the files are seen together."""
    findings: list[Finding] = []

    def remark(code: str, zh: str, en: str, where: str) -> None:
        findings.append(Finding("error", code, zh, en, where))

    known = {category.code: category for category in categories}
    for code, parent in ((category.code, category.parent) for category in categories if category.parent):
        if parent not in known or known[parent].leaf:
            zh, en = f"类别 {code} 的上级 {parent} 不存在或为末级", f"{parent}, parent of {code}, is missing or a leaf"
            remark("bad_parent", zh, en, code)
        elif not code.startswith(f"{parent}-"):
            # Codes that grow downwards cannot form a circle, and a prefix names all that lies below.
            zh, en = (
                f"类别代码 {code} 须以上级代码 {parent}- 开头",
                f"{code} must begin with its parent's code, {parent}-",
            )
            remark("bad_parent", zh, en, code)
    for name in sorted({limit.category for limit in limits} - {"*", *known}):
        remark(
            "unknown_category", f"时限表中的类别 {name} 不存在", f"The limits name {name}, which does not exist", name
        )
    for kind in sorted(set(get_args(LimitKind)) - {r.kind for r in limits if (r.category, r.urgency) == ("*", "*")}):
        remark("missing_limit", f"时限表缺少 {kind} 的通用行(*,*)", f"The limits lack a row *,* for {kind}", kind)
    ordered = sorted(shifts, key=lambda shift: shift.start)
    if not shifts or any(later.start < earlier.end for earlier, later in pairwise(ordered)):
        remark("bad_shifts", "办公时段为空或相互重叠", "The shifts are missing or overlap", "shifts.csv")
    return findings
