"""Read the rule book's numbers.json; checks the escalation ladder 督办阶梯 in it and judges no other value.

A ladder belongs to a clock kind, or to "*" for kinds without one of their own. Its stages rise; each comes when a
`share` of the limit is used or so many `working_days_after` the due, and may say what it `opens`.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from geodata.findings import Finding

StageName = Literal["yellow", "red", "supervised", "yellow_card", "red_card"]
"""黄灯, 红灯, 普通督办, 黄牌, 红牌: lowest first."""

Mistake = tuple[str, str]
"""What is wrong, in Chinese and in English."""

_STAGES: tuple[str, ...] = get_args(StageName)


def read_numbers(path: Path, kinds: Collection[str], findings: list[Finding]) -> dict[str, Any]:
    """The settings of a file by key; what is wrong goes to `findings`.

    Args:
        kinds: the clock kinds that may have a ladder.
    """

    def remark(code: str, zh: str, en: str) -> None:
        findings.append(Finding("error", code, f"{path.name}:{zh}", f"{path.name}: {en}", path.name))

    try:
        numbers = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        numbers = None
    if not isinstance(numbers, dict):
        remark("unreadable", "无法读取，须为一个 JSON 对象", "cannot be read, it must be one JSON object")
        return {}
    for zh, en in _mistakes(numbers.get("ladder"), kinds):
        remark("bad_ladder", f"ladder {zh}", f"ladder {en}")
    return numbers


def _mistakes(ladders: object, kinds: Collection[str]) -> Iterator[Mistake]:
    if not isinstance(ladders, dict) or "*" not in ladders:
        yield "须为对象，且含通用阶梯 *", "must be an object with a ladder for *"
        return
    for kind, rows in ladders.items():
        if kind not in ("*", *kinds):
            yield f"中的时限种类 {kind} 不存在", f"names {kind}, which is no kind of clock"
        elif not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            yield f"{kind} 须为各级的列表", f"{kind} must be a list of stages"
        elif bad := next((row for row in rows if not _is_stage(row)), None):
            shown = json.dumps(bad, ensure_ascii=False)
            yield f"{kind} 中的一级有误：{shown}", f"{kind} has a stage that is wrong: {shown}"
        elif any(not _rises(lower, upper) for lower, upper in pairwise(rows)):
            yield (
                f"{kind} 的各级须逐级升高且依次推后",
                f"{kind} must rise stage by stage, each later than the one before",
            )


def _is_stage(row: Mapping[str, Any]) -> bool:
    """A known stage with exactly one of the two times, and nothing unknown beside them."""
    if row.get("stage") not in _STAGES:
        return False
    match {key: row[key] for key in row if key != "stage"}:
        case {"share": int() | float() as share, **rest}:
            return not rest and not isinstance(share, bool) and 0 < share <= 1
        case {"working_days_after": int() as days, **rest}:
            return not rest and not isinstance(days, bool) and days >= 1
    return False


def _rises(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> bool:
    return _STAGES.index(lower["stage"]) < _STAGES.index(upper["stage"]) and _time_of(lower) < _time_of(upper)


def _time_of(row: Mapping[str, Any]) -> tuple[float, int]:
    """Sorts all shares before all days after the due."""
    return row.get("share", 1), row.get("working_days_after", 0)
