"""The escalation ladder 督办阶梯: which stage a running clock has reached, and when the next one comes.

The ladder is data, `numbers["ladder"]` of the rule book: clock kind (or "*" for kinds without a ladder of their own) →
stages in rising order, each by the `share` of the limit that is used or the `working_days_after` its due. This module
reads it and tells times; it neither looks at a clock nor issues anything. Ask it of clocks that run: one that stands
still comes to no further stage, and `pauses` keep the time that it stood still from counting.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from server.rules.deadlines import Pause, TimeUnit, add_working_days, at_share, resumed
from server.rules.rulebook import RuleBook


class Stage(IntEnum):
    """How far one deadline has gone; each fires once, and of several reached at once only the highest."""

    NONE = 0
    YELLOW = 1  # 黄灯: the holder and its leader are reminded
    RED = 2  # 红灯, 催办: the superior is told
    SUPERVISED = 3  # 普通督办
    YELLOW_CARD = 4  # 黄牌
    RED_CARD = 5  # 红牌 with 提级督办: the next level up becomes supervisor


RUNGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "reminder": ("催办", "reminder"),
        "supervision": ("普通督办", "supervision"),
        "yellow_card": ("黄牌", "yellow card"),
        "red_card": ("红牌", "red card"),
    }
)
"""督办级别, lowest first: rung → (Chinese, English)."""

PROPOSED: frozenset[Stage] = frozenset({Stage.YELLOW_CARD, Stage.RED_CARD})
"""Stages that the system proposes and a leader issues."""

_RUNG_OF = dict(zip((Stage.RED, Stage.SUPERVISED, Stage.YELLOW_CARD, Stage.RED_CARD), RUNGS, strict=True))


def rung_of(stage: Stage) -> str | None:
    """The rung that a stage stands for; a yellow light is a reminder to oneself and stands for none."""
    return _RUNG_OF.get(stage)


def height(rung: str | None) -> int:
    """How high a rung stands, for comparing; 0 for none.

    Raises:
        ValueError: there is no such rung.
    """
    return 0 if rung is None else 1 + list(RUNGS).index(rung)


def opens_take_over(kind: str, stage: Stage, rules: RuleBook) -> bool:
    """May a superior centre take over 提级接管 for want of this kind of clock, once it has reached this stage?"""
    return any(row.get("opens") == "take_over" and _stage_of(row) <= stage for row in _ladder(kind, rules))


def stages(
    kind: str,
    started_at: datetime,
    due_current: datetime,
    unit: TimeUnit,
    rules: RuleBook,
    pauses: Sequence[Pause] = (),
) -> list[tuple[Stage, datetime]]:
    """Every stage of this clock's ladder with the instant (UTC) at which it is reached, in order.

    The red light comes at `due_current` itself, which still is on time for whoever finishes at that very instant.
    Stages after it come when the office closes, on the so many-th working day after the day of `due_current`.

    Args:
        pauses: when the clock stood still, in order of time; those before the due have moved `due_current` already.

    Raises:
        LookupError: the rule book has no ladder for this kind, not even for "*".
    """
    return [
        (_stage_of(row), _instant(row, started_at, due_current, unit, rules, pauses)) for row in _ladder(kind, rules)
    ]


def reached(
    kind: str,
    started_at: datetime,
    due_current: datetime,
    unit: TimeUnit,
    rules: RuleBook,
    now: datetime,
    pauses: Sequence[Pause] = (),
) -> Stage:
    """The highest stage that this clock has reached, whether or not those below it ever fired."""
    passed = (stage for stage, at in stages(kind, started_at, due_current, unit, rules, pauses) if at <= now)
    return max(passed, default=Stage.NONE)


def next_at(
    kind: str,
    started_at: datetime,
    due_current: datetime,
    unit: TimeUnit,
    after: Stage,
    rules: RuleBook,
    pauses: Sequence[Pause] = (),
) -> datetime | None:
    """When this clock wants looking at again, given the stage already fired; None at the top of its ladder."""
    row = next((one for one in _ladder(kind, rules) if _stage_of(one) > after), None)
    return None if row is None else _instant(row, started_at, due_current, unit, rules, pauses)


def _ladder(kind: str, rules: RuleBook) -> Sequence[Mapping[str, Any]]:
    ladders: Mapping[str, Sequence[Mapping[str, Any]]] = rules.numbers["ladder"]
    return ladders[kind] if kind in ladders else ladders["*"]


def _stage_of(row: Mapping[str, Any]) -> Stage:
    return Stage[row["stage"].upper()]


def _instant(
    row: Mapping[str, Any],
    started_at: datetime,
    due_current: datetime,
    unit: TimeUnit,
    rules: RuleBook,
    pauses: Sequence[Pause],
) -> datetime:
    if "share" in row:
        return at_share(started_at, due_current, row["share"], unit, rules.calendar, pauses)
    at = add_working_days(due_current, row["working_days_after"], rules.calendar)
    for paused_at, resumed_at in pauses:
        if resumed_at is not None and paused_at >= due_current:
            at = resumed(at, paused_at, resumed_at, "working_days", rules.calendar)
    return at
