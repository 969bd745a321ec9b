"""What a person is to a case: every role that the table of moves may ask for. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from server.rules.emergencies import alerted_centres, waits_for_anybody
from server.rules.facts import Assignment, Facts, Request, TaskState
from server.rules.offices import Offices
from server.rules.rulebook import RuleBook

Role = Literal[
    "reporter",
    "follower",
    "holder",
    "dispatcher",
    "lead",
    "co",
    "handler",
    "unit",
    "superior",
    "leader",
    "upstream",
    "overseer",
    "verifier",
    "merger",
    "asked",
    "approver",
    "issuer",
    "inspector",
    "reviewer",
    "visitor",
    "resident",
    "alerted",
    "system",
]
"""`follower`: who filed a case that was merged into this one.
`handler`: everyone who did something about it, or was named to 承办人.
`unit`: member of a unit with an open assignment, copied ones aside. `superior`:
member of a centre above the unit concerned; `leader`: leader of such a centre. `upstream`: superior, or dispatcher of
what another unit holds.
`overseer`: superior, or holder or dispatcher of an open case. `asked`: a check was asked of them. `approver`: may
answer an open request. `issuer`: supervises. `visitor`: member of a centre that dispatched or verified it, or the
closed case that it follows. `resident`:
came with code and secret. `alerted`: member of a centre that was told of an emergency which nobody accepted yet.
`system`: the office itself."""


ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Who:
    """A person as far as the rules need to know them.

    Args:
        id: None for the office itself.
        units: units they act for, and `leads` those of them they lead.
        inspects: codes of areas they inspect.
        stands_for: persons on leave whose stand-in 代理人 they are; what bars those bars them.
    """

    id: uuid.UUID | None
    units: frozenset[uuid.UUID] = frozenset()
    leads: frozenset[uuid.UUID] = frozenset()
    inspects: frozenset[str] = frozenset()
    stands_for: frozenset[uuid.UUID] = frozenset()

    @property
    def selves(self) -> frozenset[uuid.UUID]:
        """Themselves and whom they stand in for."""
        return self.stands_for | ({self.id} if self.id else frozenset())


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's roles to one case.

    Args:
        person: who; None for the system.
        selves: themselves and whom they stand in for.
        roles: every role they have.
        through: role → the units that give it to them.
        tasks: open assignments they act for, as a member of its unit or named to it.
        answers: open requests they may answer. `issued`: supervisions they may lift.
        units, leads: the units they act for and lead.
    """

    person: uuid.UUID | None
    roles: frozenset[Role]
    selves: frozenset[uuid.UUID] = frozenset()
    through: Mapping[str, Sequence[uuid.UUID]] = field(default_factory=dict)
    tasks: frozenset[uuid.UUID] = frozenset()
    answers: frozenset[uuid.UUID] = frozenset()
    issued: frozenset[uuid.UUID] = frozenset()
    units: frozenset[uuid.UUID] = frozenset()
    leads: frozenset[uuid.UUID] = frozenset()


SYSTEM = Standing(None, frozenset({"system"}))
"""The office itself: time that runs out, units that end."""
RESIDENT = Standing(None, frozenset({"resident"}))
"""Whoever shows a report's code and secret."""


def stand(who: Who, facts: Facts, offices: Offices, rules: RuleBook) -> Standing:
    """Every role this person has to the case."""
    above = offices.superiors(facts.concerned) if facts.concerned else ()
    superior = [unit for unit in above if unit in who.units]
    holding = _one(facts.holder_id, who)
    dispatching = _one(facts.dispatcher_id, who)
    told = alerted_centres(facts, offices, rules) if waits_for_anybody(facts) else []
    open_ends = [*holding, *dispatching] if facts.open else []
    through: dict[str, Sequence[uuid.UUID]] = {
        "holder": holding,
        "dispatcher": dispatching,
        "superior": superior,
        "leader": [unit for unit in above if unit in who.leads],
        "upstream": [*dict.fromkeys([*(dispatching if facts.dispatcher_id != facts.holder_id else ()), *superior])],
        "overseer": [*dict.fromkeys([*open_ends, *superior])],
        "visitor": _closers(facts, who),
        "reviewer": _one(facts.reviewer_id, who),
        "alerted": [unit for unit in told if unit in who.units],
        "merger": [one for unit in facts.mergers for one in (unit, *offices.superiors(unit)) if one in who.units],
    }
    roles: set[Role] = {role for role, units in through.items() if units}  # type: ignore[misc]  # keys are roles
    tasks = {one.id for one in facts.assignments if one.active and _acts_for(one, who)}
    by_unit = [one for one in facts.assignments if one.active and one.unit_id in who.units]
    through["unit"] = [one.unit_id for one in by_unit]
    mine = [one for one in facts.assignments if one.id in tasks]
    through["lead"] = [one.unit_id for one in mine if one.role == "lead"]
    through["co"] = [one.unit_id for one in mine if one.role == "co"]
    for one in facts.assignments:
        if one.id in tasks:
            roles |= {"lead"} if one.role == "lead" else {"co"}
    roles |= {"unit"} if by_unit else set()
    answers = {one.id for one in facts.requests if one.open and _answers(one, who)}
    through["approver"] = [one.to_unit_id for one in facts.requests if one.id in answers and one.to_unit_id]
    roles |= (
        {"approver"}
        if any(one.id in answers and one.kind not in ("check", "supervision") for one in facts.requests)
        else set()
    )
    roles |= {"asked"} if any(one.id in answers and one.kind == "check" for one in facts.requests) else set()
    leading = bool(through["leader"])
    issued = {one.id for one in facts.requests if one.kind == "supervision" and _issued(one, who, leading=leading)}
    roles |= {"issuer"} if issued else set()
    if facts.reporters & who.selves:
        roles.add("reporter")
    if facts.followers_reporters & who.selves:
        roles.add("follower")
    if facts.handlers & who.selves:
        roles.add("handler")
    if facts.verifiers & who.selves:
        roles.add("verifier")
    if any(offices.inside(facts.area_code, code) for code in who.inspects):
        roles.add("inspector")
    return Standing(
        who.id, frozenset(roles), who.selves, through, frozenset(tasks), frozenset(answers), frozenset(issued),
        who.units, who.leads,
    )  # fmt: skip


def _one(unit: uuid.UUID | None, who: Who) -> list[uuid.UUID]:
    return [unit] if unit is not None and unit in who.units else []


def _closers(facts: Facts, who: Who) -> list[uuid.UUID]:
    """Centres that dispatched or ended it; of a follower also those that did so with its closed master."""
    ended = [facts, *([facts.closing] if facts.closing is not None else [])]
    units = [unit for one in ended for unit in (one.ended_by_unit_id, one.dispatcher_id)]
    return [*dict.fromkeys(unit for unit in units if unit is not None and unit in who.units)]


def _acts_for(task: Assignment, who: Who) -> bool:
    return task.unit_id in who.units or (task.handler_id in who.selves and task.state != TaskState.PENDING)


def _answers(request: Request, who: Who) -> bool:
    if request.by_person_id in who.selves:
        return False  # who asks never grants
    if request.to_person_id is not None:
        return request.to_person_id in who.selves
    return request.to_unit_id in (who.leads if request.to_leader else who.units)


def _issued(request: Request, who: Who, *, leading: bool) -> bool:
    """Whoever issued it, a leader of that unit; what the office issued by itself is a superior's leader's to lift."""
    if request.by_person_id is None:
        return leading and request.state != "lifted"
    return request.state != "lifted" and (request.by_person_id in who.selves or request.by_unit_id in who.leads)
