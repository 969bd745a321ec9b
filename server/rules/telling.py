"""Who is told of a move 告知, by its row in the table, and with which kind of notice. Pure; it expands no unit."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from server.rules.effects import Effects, World
from server.rules.emergencies import newly_alerted
from server.rules.facts import Facts, TaskState, Told

Kind = Literal["task", "oversight", "news"]
"""待办: it waits for whoever is told. 督办: about somebody they lead or supervise. 进展: good to know."""
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The weightiest first: somebody told twice of one move gets the first that fits."""
ASKING: tuple[Kind, ...] = ("task", "oversight")
"""Kinds that ask something of whoever is told; a stand-in hears them in the place of somebody on leave."""
Circle = Literal["members", "leaders", "person"]

_GONE: frozenset[str] = frozenset({TaskState.RECALLED, TaskState.WAIVED, TaskState.RETURNED})


class Hearer(NamedTuple):
    """A unit's members (leaders among them), its leaders only, or one person; and the kind of notice they get."""

    circle: Circle
    id: uuid.UUID
    kind: Kind


@dataclass(frozen=True, slots=True)
class Scene:
    """A move that has just been made: the case before and after it, and what it changed."""

    before: Facts
    after: Facts
    effects: Effects
    world: World

    def units(self, role: str) -> list[uuid.UUID]:
        """Units whose part of this role was not taken back."""
        return [one.unit_id for one in self.after.assignments if one.role == role and one.state not in _GONE]


def hearers(told: Iterable[Told], scene: Scene) -> list[Hearer]:
    """Everyone the words of a row stand for; copied units always, and of an emergency
    every centre up to the county."""
    found = [hearer for word in sorted(told) for hearer in _WORDS[word](scene)]
    found += _members(scene.units("copied"), "news")
    found += _members(newly_alerted(scene.before, scene.after, scene.world.offices, scene.world.rules), "task")
    heaviest: dict[tuple[Circle, uuid.UUID], Hearer] = {}
    for hearer in sorted(found, key=lambda one: KINDS.index(one.kind)):
        heaviest.setdefault((hearer.circle, hearer.id), hearer)
    return list(heaviest.values())


def _members(units: Iterable[uuid.UUID | None], kind: Kind) -> list[Hearer]:
    return [Hearer("members", unit, kind) for unit in units if unit is not None]


def _leaders(units: Iterable[uuid.UUID | None], kind: Kind) -> list[Hearer]:
    return [Hearer("leaders", unit, kind) for unit in units if unit is not None]


def _people(people: Iterable[uuid.UUID | None], kind: Kind) -> list[Hearer]:
    return [Hearer("person", person, kind) for person in people if person is not None]


def _holder(scene: Scene) -> list[Hearer]:
    return _members([scene.after.holder_id], "task" if scene.after.open else "news")


def _units(scene: Scene) -> list[Hearer]:
    """Those that the move gives a part to, and those whose part it takes back."""
    given = [one.unit_id for one in scene.effects.opened if one.role != "copied"]
    taken = [one.unit_id for one in scene.after.assignments if one.id in scene.effects.tasks and one.state in _GONE]
    return [*_members(given, "task"), *_members(taken, "news")]


def _lead(scene: Scene) -> list[Hearer]:
    leads = scene.units("lead")[-1:]
    return _members(leads, "task" if leads == [scene.after.holder_id] else "news")


def _approver(scene: Scene) -> list[Hearer]:
    answers = _leaders if scene.effects.concerned.approving_leader else _members
    return answers([scene.effects.concerned.approver], "task")


def _superior(scene: Scene) -> list[Hearer]:
    held = scene.before.concerned or scene.after.concerned
    return _members([scene.world.offices.parent_centre(held)] if held else [], "oversight")


_WORDS: Mapping[Told, Callable[[Scene], list[Hearer]]] = {
    "reporter": lambda scene: _people((*scene.after.reporters, *scene.after.followers_reporters), "news"),
    "holder": _holder,
    "holder_leader": lambda scene: _leaders([scene.after.holder_id], "oversight"),
    "old_holder": lambda scene: _members([scene.before.holder_id or scene.before.ended_by_unit_id], "news"),
    "old_dispatcher": lambda scene: _members([scene.before.dispatcher_id], "news"),
    "first_responsible": lambda scene: _members([scene.after.first_responsible_id], "news"),
    "dispatcher": lambda scene: _members([scene.after.dispatcher_id], "news"),
    "lead": _lead,
    "co": lambda scene: _members(scene.units("co"), "news"),
    "units": _units,
    "superior": _superior,
    "person": lambda scene: _people([scene.effects.concerned.person], "task"),
    "handlers": lambda scene: _people(scene.before.handlers, "news"),
    "verifier": lambda scene: _people(scene.after.verifiers, "news"),
    "approver": _approver,
    "asker": lambda scene: _members([scene.effects.concerned.asker], "news"),
    "issuer": lambda scene: _people([scene.effects.concerned.issuer], "oversight"),
    "overseer": lambda scene: _members(scene.effects.concerned.overseers, "oversight"),
}
"""What each word of the column `told` stands for."""
