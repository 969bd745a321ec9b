"""What a case was before an instant that is over: its place, its category, and who owned its clocks.

The case and its clocks hold what is so now. What was so then is what the last step before the instant wrote; steps are
read only where a later one can have changed it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import aliased

from server.models import Case, Deadline, Step
from server.models.extracts import case_field, owner_given

CHANGING: Mapping[str, tuple[str, ...]] = {
    "area_code": ("correct",),
    "category": ("correct", "accept", "handle_here"),
}
"""Column of a case → the actions that may write it again after the first step did."""


def column(name: str, before: datetime) -> Any:
    """Where a case of the enclosing query lay, or what it was."""
    then, later, now = aliased(Step), aliased(Step), getattr(Case, name)
    written = case_field(then.envelope, name)
    old = _newest(written, then, Case.id, before)
    changed = _there_is(later, Case.id, later.at >= before, later.action.in_(CHANGING[name]))
    return case((changed, func.coalesce(old, now)), else_=now)


def owner(clock: type[Deadline], case_id: Any, before: datetime) -> Any:
    """Who owned a clock of the enclosing query: who dispatches, and which unit took another's place, changes it."""
    then, later = aliased(Step), aliased(Step)
    old = _newest(owner_given(then.envelope, clock.id), then, case_id, before)
    return case((_there_is(later, case_id, later.at >= before), func.coalesce(old, clock.unit_id)), else_=clock.unit_id)


def _newest(written: ColumnElement[Any], step: type[Step], case_id: Any, before: datetime) -> Any:
    """What the last step before the instant wrote, if one of them wrote it."""
    return (
        select(written)
        .where(step.case_id == case_id, step.at < before, written.is_not(None))
        .order_by(step.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def _there_is(step: type[Step], case_id: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(step.id).where(step.case_id == case_id, *conditions).limit(1)
    return found.scalar_subquery().is_not(None)
