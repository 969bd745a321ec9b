"""Moves on paper in one line each: a story says who does what, and only what matters about it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from server.rules.facts import Assignment, Clock, Request
from tests.server.paper_forms import TEXT
from tests.server.paper_office import TOWN, Matter, unit_id

WHY = {"reason": TEXT}
FORMS: dict[str, dict[str, Any]] = {
    "accept": {}, "handle_here": {}, "reject": {"code": "not_ours", "basis": TEXT, "guidance": TEXT},
    "register_only": {"text": TEXT}, "object": WHY, "overrule": WHY, "withdraw": WHY, "take_over": WHY, "resume": WHY,
    "split": WHY, "reopen": WHY, "refuse_return": WHY, "refuse_extension": WHY, "refuse_suspension": WHY,
    "refuse_transfer": WHY, "refuse_void": WHY, "lift": WHY, "verify_fail": WHY, "correct": WHY, "merge": WHY,
    "settle_on_spot": {"result": TEXT}, "escalate": {"reason": TEXT, "work_done": TEXT},
    "hand_down": {"reason": TEXT, "answer_to_me": False}, "send_back": {"code": "beyond_means", "text": TEXT},
    "transfer": WHY, "sign": {}, "progress": {"text": TEXT}, "feedback": {"result": TEXT}, "add_co": {},
    "finish": {"result": "resolved", "text": TEXT}, "waive_co": WHY, "redispatch": WHY, "name_handler": {},
    "mediate": {"place": TEXT, "level": "village", "mediator": TEXT, "present": "yes", "outcome": "no_agreement"},
    "ask_return": {"code": "not_our_duty", "text": TEXT}, "rule": {"clause": TEXT, "text": TEXT}, "dispatch": {},
    "ask_extension": WHY, "ask_suspension": {"code": "waiting_approval", "text": TEXT, "measures": TEXT},
    "renew_suspension": {"code": "still_waiting", "text": TEXT, "measures": TEXT},
    "refer_out": {"target": "court", "letter": TEXT, "route": "court", "text": TEXT}, "receipt": {"text": TEXT},
    "answer_source": {"text": TEXT}, "ask_check": {"question": TEXT},
    "answer_check": {"finding": "true", "no_photo_reason": TEXT}, "verify_pass": {"mode": "on_site", "note": TEXT},
    "supervise": {"rung": "reminder", "text": TEXT}, "acknowledge": {"text": TEXT}, "comment": {"text": TEXT},
    "visit": {"result": "satisfied"}, "rate": {"result": "satisfied"}, "review": {"text": TEXT},
    "inspect": {"mode": "on_site", "finding": "true", "text": TEXT}, "void": {"code": "test", "text": TEXT},
    "supplement": {"text": TEXT},
}  # fmt: skip


def do(matter: Matter, name: str, action: str, **changes: Any) -> None:
    """One move with a form that is in order but for `changes`; units are named, days and hours counted from now."""
    payload = {**FORMS.get(action, {}), **{key: _said(matter, key, value) for key, value in changes.items()}}
    if action in ("accept", "handle_here"):
        payload = {"category": matter.facts.category, "urgency": matter.facts.urgency, **payload}
    if action == "mediate":
        payload["at"] = matter.office.now.isoformat()
    matter.make(name, action, payload)


def _said(matter: Matter, key: str, value: Any) -> Any:
    now = matter.office.now
    said: dict[str, Callable[[], Any]] = {
        "due_at": lambda: (now + timedelta(**value)).isoformat() if isinstance(value, dict) else value.isoformat(),
        "arrive_by": lambda: str(now + timedelta(**value)),
        "review_on": lambda: (now + timedelta(days=value)).date().isoformat(),
        "checked_on": lambda: (now + timedelta(days=value)).date().isoformat(),
        "lead": lambda: str(unit_id(value)),
        "unit": lambda: str(unit_id(value)),
        "units": lambda: [str(unit_id(one)) for one in value],
        "pool": lambda: [str(unit_id(one)) for one in value],
        "copied": lambda: [str(unit_id(one)) for one in value],
        "co": lambda: [{"unit": str(unit_id(one)), "due_at": (now + timedelta(hours=5)).isoformat()} for one in value],
        "co_at_fault": lambda: str(unit_id(value)),
    }
    return said[key]() if key in said else value


def unit(matter: Matter, field: str) -> str | None:
    """The name of the unit in a field of the case."""
    found = getattr(matter.facts, f"{field}_id")
    return TOWN.names[found] if found else None


def part(matter: Matter, name: str) -> Assignment:
    """The last assignment of this unit."""
    return next(one for one in reversed(matter.facts.assignments) if one.unit_id == unit_id(name))


def clock(matter: Matter, kind: str, name: str | None = None) -> Clock:
    """The last clock of this kind (of this unit's assignment)."""
    tasks = {one.id for one in matter.facts.assignments if name is None or one.unit_id == unit_id(name)}
    return [
        one for one in matter.facts.clocks if one.kind == kind and (name is None or one.assignment_id in tasks)
    ][-1]  # fmt: skip


def ask(matter: Matter, kind: str) -> Request:
    """The last request of this kind."""
    return [one for one in matter.facts.requests if one.kind == kind][-1]


def answers(matter: Matter, kind: str) -> tuple[str | None, bool]:
    """Who answers the last request of this kind, and whether a leader must."""
    found = ask(matter, kind)
    return TOWN.names[found.to_unit_id] if found.to_unit_id else None, found.to_leader


def running(matter: Matter) -> set[str]:
    """Kinds of the clocks that run."""
    return {one.kind for one in matter.facts.running()}


def soon(matter: Matter, **span: float) -> datetime:
    return matter.office.now + timedelta(**span)
