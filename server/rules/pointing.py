"""Which assignment, request and unit a move is about, where somebody may mean several. Pure."""

import uuid
from collections.abc import Iterable, Sequence

from server.rules.effects import Ask
from server.rules.refusals import Refusal
from server.rules.standing import ROLES, Role

UNIT_MATTERS = frozenset({"take_over", "overrule", "accept", "handle_here"})
"""Moves whose effect depends on which of somebody's units makes them."""


def the_one(fitting: Sequence[uuid.UUID], named: uuid.UUID | None, kind: str) -> uuid.UUID:
    """The one named, or the only one that fits.

    Raises:
        Refusal: `which_one` with the choices; `move_not_allowed` when none fits.
    """
    if named is not None:
        fitting = [one for one in fitting if one == named]
    if not fitting:
        raise Refusal("move_not_allowed")
    if len(fitting) > 1:
        raise Refusal("which_one", extra={"choices": [{kind: str(one)} for one in fitting]})
    return fitting[0]


def acting_unit(action: str, who: Iterable[Role], ask: Ask) -> uuid.UUID | None:
    """The unit somebody acts for: the one they name, else the one their role on this case belongs to.

    Raises:
        Refusal: `invalid` for a unit that gives them no part in this; `which_one` where it matters and several do.
    """
    units = list(dict.fromkeys(unit for role in sorted(who, key=ROLES.index) for unit in
                               ask.standing.through.get(role, ())))  # fmt: skip
    if ask.as_unit is not None:
        if ask.as_unit not in ask.standing.units or (units and ask.as_unit not in units):
            raise Refusal("invalid", errors={"as_unit": ("您不能以该单位办理此事。", "Not for this unit.")})
        return ask.as_unit
    held = ask.standing.through.get("holder", ())
    if action in UNIT_MATTERS and not held and len(units) > 1:
        raise Refusal("which_one", extra={"choices": [{"unit": str(one)} for one in units]})
    return next(iter(units), None)
