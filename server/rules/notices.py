"""When and how loudly a notice reaches somebody: ways, quiet hours, and the words it is told in. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args

from server.rules.emergencies import EMERGENCY
from server.rules.rulebook import RuleBook
from server.rules.telling import ASKING, KINDS
from server.rules.workflow import BY_ACTION

Way = Literal["at_once", "collected", "inbox"]
"""即时: on every device at once. 汇总: together with others, once a minute. 收件箱: seen when the app is opened."""
WAYS: tuple[Way, ...] = get_args(Way)
USUAL_WAY: Mapping[str, Way] = {"task": "at_once", "oversight": "at_once", "news": "collected"}
COLLECTED_FOR = timedelta(minutes=1)
"""How long collected notices wait for others; also the least time between two notices that are not urgent."""
URGENT = 3
"""紧急: what is asked at this urgency waits for no other notice."""
_LABELS: Mapping[str, tuple[str, str]] = {
    "task": ("待办", "To do"),
    "oversight": ("督办", "Supervision"),
    "news": ("进展", "News"),
}


def not_before(urgency: int, now: datetime, rules: RuleBook) -> datetime:
    """When a notice may make a sound: now, or when the quiet hours 免打扰 that `now` lies in end.

    The rule book's `quiet_hours` is ["22:00", "07:00"] on the office's clock, or null for none.
    """
    span = rules.numbers["quiet_hours"]
    if urgency >= EMERGENCY or not span:
        return now
    begins, ends = (time.fromisoformat(text) for text in span)
    local = now.astimezone(rules.calendar.zone)
    at = local.time()
    quiet = begins <= at < ends if begins <= ends else at >= begins or at < ends
    if not quiet:
        return now
    day = local.date() if at < ends else local.date() + timedelta(days=1)
    return datetime.combine(day, ends, rules.calendar.zone).astimezone(UTC)


def waits_for(kind: str, urgency: int) -> tuple[str, ...]:
    """Kinds of notice after which one of this kind waits out the minute, so that ten events are one notice.

    News give way to everything. What is asked of somebody comes at once unless something was asked of them a moment
    ago, and when it is urgent, always.
    """
    if kind == "news":
        return () if urgency >= EMERGENCY else KINDS
    return () if urgency >= URGENT else ASKING


def wording(kind: str, action: str, urgency: int, code: str) -> tuple[str, str]:
    """One notice in Chinese and English: what it is and the case's code, nothing personal."""
    label, label_en = _LABELS[kind]
    move = BY_ACTION.get(action)
    zh, en = (move.zh, move.en) if move else (action, action)
    loud, loud_en = ("【特急】", "EMERGENCY: ") if urgency >= EMERGENCY else ("", "")
    return f"{loud}{label}·{zh} {code}", f"{loud_en}{label_en} - {en} {code}"


def collected_wording(count: int) -> tuple[str, str]:
    """Several notices in one."""
    return f"{count} 条新通知", f"{count} new notices"


def urging_wording(code: str) -> tuple[str, str]:
    """What a robot or a text message says when an urgent case waits and nobody reacts."""
    return f"【紧急】事项 {code} 尚未签收，请立即处理。", f"URGENT: nobody has taken on case {code} yet."
