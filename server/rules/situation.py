"""One person before one case at one moment: what the conditions of the table look at. Decides nothing."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from server.rules.effects import World
from server.rules.facts import Assignment, Facts, Request
from server.rules.standing import Standing


@dataclass(frozen=True, slots=True)
class Situation:
    """The case, what the person is to it, the rules and offices in force, and the time."""

    facts: Facts
    standing: Standing
    world: World
    now: datetime

    @property
    def tasks(self) -> list[Assignment]:
        """Open assignments the person acts for."""
        return [one for one in self.facts.assignments if one.active and one.id in self.standing.tasks]

    @property
    def answerable(self) -> list[Request]:
        """Open requests the person may answer."""
        return [one for one in self.facts.requests if one.open and one.id in self.standing.answers]

    def centre(self) -> uuid.UUID | None:
        """The centre whose reach counts: the dispatcher, before there is one the holder."""
        return self.facts.dispatcher_id or self.facts.holder_id
