"""Read place, grid and case codes, their levels and parents; knows no list of real places."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

Level = Literal["province", "city", "county", "township", "village"]

# Digits of a 12-digit place code (统计用区划代码): how many belong to each level, from the left.
_SEGMENTS: tuple[tuple[Level, int, int], ...] = (
    ("province", 0, 2),
    ("city", 2, 4),
    ("county", 4, 6),
    ("township", 6, 9),
    ("village", 9, 12),
)
_CASE = re.compile(r"([1-9][0-9]{5})-([0-9]{8})-([1-9][0-9]*)-([0-9X])", re.ASCII)
_LOCAL_GRID = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._-]{0,30}[0-9A-Za-z])?", re.ASCII)


class CodeError(ValueError):
    """A code that cannot be what it claims: `code` is stable, `zh` and `en` are sentences for a person."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class PlaceCode:
    """A well-formed 12-digit place code (区划代码); `parent` is the place above, None above a province."""

    text: str
    level: Level
    parent: str | None


@dataclass(frozen=True, slots=True)
class CaseCode:
    """The parts of a case code (一案一码); `day` is a date in the office's zone."""

    text: str
    county6: str
    day: date
    sequence: int


def read_place_code(text: str) -> PlaceCode:
    """Level and parent of a place code; CodeError `bad_place_code` when no place can have it.

    The level is that of the last segment that is not zero. Whether a township is a street, a town,
    a development zone or a 园艺场 does not matter here: every number is admitted. A city without
    counties (东莞, 中山) has its townships directly below it; any other missing level is refused.
    """
    if len(text) != 12 or not (text.isascii() and text.isdigit()):
        raise CodeError(
            "bad_place_code",
            f"区划代码须为 12 位数字:{_shown(text)}",
            f"A place code has 12 digits: {_shown(text)}",
        )
    filled = [text[start:end].strip("0") != "" for _, start, end in _SEGMENTS]
    province, city, county, township, village = filled
    if not province or (not city and (county or township or village)) or (village and not township):
        raise CodeError(
            "bad_place_code",
            f"区划代码缺少上级部分:{text}",
            f"The place code leaves out a level above it: {text}",
        )
    depth = max(number for number, present in enumerate(filled) if present)
    above = max((number for number in range(depth) if filled[number]), default=None)
    parent = None if above is None else text[: _SEGMENTS[above][2]].ljust(12, "0")
    return PlaceCode(text, _SEGMENTS[depth][0], parent)


def _village_of_place15(text: str) -> str:
    """Scheme `place15`: a village's place code and three digits, 001 to 999."""
    if len(text) != 15 or not (text.isascii() and text.isdigit()):
        raise CodeError(
            "bad_grid_code",
            f"网格编码须为 15 位数字:{_shown(text)}",
            f"A grid code has 15 digits: {_shown(text)}",
        )
    try:
        place = read_place_code(text[:12])
    except CodeError as refusal:
        raise CodeError("bad_grid_code", f"网格编码 {text}:{refusal.zh}", f"Grid {text}: {refusal.en}") from None
    if place.level != "village" or text[12:] == "000":
        raise CodeError(
            "bad_grid_code",
            f"网格编码须为村(社区)代码加 001 至 999:{text}",
            f"A grid code is a village's code followed by 001 to 999: {text}",
        )
    return place.text


def _village_of_local(text: str) -> None:
    """Scheme `local`: 1 to 32 letters, digits, dots, hyphens, underscores; the village is told beside it."""
    if not _LOCAL_GRID.fullmatch(text):
        raise CodeError(
            "bad_grid_code",
            f"网格编码须为 1 至 32 位字母、数字或 . _ -,首尾为字母或数字:{_shown(text)}",
            f"A grid code is 1 to 32 letters, digits or . _ -, not at either end: {_shown(text)}",
        )


DEFAULT_SCHEME = "place15"

# A scheme checks a grid code and names its village where the code itself tells it.
GRID_SCHEMES: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {"place15": _village_of_place15, "local": _village_of_local}
)


def read_grid_code(text: str, scheme: str = DEFAULT_SCHEME) -> str | None:
    """The village code that a grid code names, None where its scheme does not tell.

    CodeError `bad_grid_code` when the code breaks the scheme's rule, `unknown_scheme` when there is
    no such scheme.
    """
    try:
        village_of = GRID_SCHEMES[scheme]
    except KeyError:
        known = ", ".join(GRID_SCHEMES)
        raise CodeError(
            "unknown_scheme",
            f"没有名为 {_shown(scheme)} 的网格编码规则,可用:{known}",
            f"There is no grid code scheme {_shown(scheme)}; known: {known}",
        ) from None
    return village_of(text)


def parent_code(text: str) -> str | None:
    """The place directly above a 15-digit grid code or a 12-digit place code; None above a province."""
    return _village_of_place15(text) if len(text) == 15 else read_place_code(text).parent


def case_code(county6: str, day: date, sequence: int) -> str:
    """Write `{county6}-{yyyymmdd}-{sequence}-{check}`; ValueError when county or sequence is senseless.

    The check character is ISO/IEC 7064 MOD 11-2 (GB/T 17710) over all digits in order, as on the
    resident identity card, so that a clerk knows its X. It finds every wrong digit and every swap of
    two characters less than ten digits apart.
    """
    if not (len(county6) == 6 and county6.isascii() and county6.isdigit() and county6[0] != "0"):
        raise ValueError(f"county6 must be the six digits of a county: {county6!r}")
    if sequence < 1:
        raise ValueError(f"a case sequence starts at 1: {sequence}")
    stem = f"{county6}-{day:%Y%m%d}-{sequence}"
    return f"{stem}-{_mod_11_2(stem.replace('-', ''))}"


def parse_case_code(text: str) -> CaseCode:
    """Read a case code as a person types it; CodeError `bad_case_code`.

    Spaces around it and a small x are forgiven.
    """
    canonical = text.strip().upper()
    parts = _CASE.fullmatch(canonical)
    if not parts:
        raise CodeError(
            "bad_case_code",
            f"事项编号形如 411202-20261122-1-X:{_shown(text)}",
            f"A case code looks like 411202-20261122-1-X: {_shown(text)}",
        )
    county6, day_text, sequence, check = parts.groups()
    if _mod_11_2(county6 + day_text + sequence) != check:
        raise CodeError(
            "bad_case_code",
            f"事项编号校验位不符,请核对:{canonical}",
            f"The check character does not fit, please compare: {canonical}",
        )
    try:
        day = date(int(day_text[:4]), int(day_text[4:6]), int(day_text[6:]))
    except ValueError:
        raise CodeError(
            "bad_case_code",
            f"事项编号中的日期不存在:{canonical}",
            f"The case code names a day that does not exist: {canonical}",
        ) from None
    return CaseCode(canonical, county6, day, int(sequence))


def _mod_11_2(digits: str) -> str:
    """ISO/IEC 7064 MOD 11-2 check character of a digit string."""
    product = 0
    for digit in digits:
        product = (product + int(digit)) * 2 % 11
    return "0123456789X"[(12 - product) % 11]


def _shown(text: str) -> str:
    """A wrong code as it may stand in a sentence: short, and visible where it is blank."""
    return repr(text[:40])
