"""Fills in the forms of moves at random, as a phone would: from what each field offers in the situation at hand."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from server.rules.needs import Need
from server.rules.situation import Situation
from server.rules.workflow import Move

TEXT = "写明情况若干字"
PHOTO = "0" * 64


@dataclass
class Form:
    """One move's form in one situation.

    Args:
        cases: other cases that may be named.
        people_of: the people of a unit.
    """

    move: Move
    here: Situation
    cases: Sequence[uuid.UUID]
    people_of: Callable[[uuid.UUID], Sequence[uuid.UUID]]
    dice: Random

    def filled(self) -> dict[str, Any]:
        """A payload, complete as to what is required; most optional fields stay empty."""
        category = self.here.world.rules.categories[self.here.facts.category]
        wanted = [need for need in self.move.needs if need.is_required(category) or self.dice.random() < 0.4]
        values = {need.name: _VALUES[need.type](self, need) for need in wanted}
        payload = {name: value for name, value in values.items() if value not in (None, [])}
        if self.move.action in _FITTING:
            _FITTING[self.move.action](self, payload)
        return payload

    def choice(self, need: Need) -> str | None:
        return self._one_of([one[0] for one in need.choices_in(self.move.action, self.here)])

    def category(self, _need: Need) -> str:
        leaves = [code for code, one in self.here.world.rules.categories.items() if one.leaf]
        return self.here.facts.category if self.dice.random() < 0.8 else self.dice.choice(leaves)

    def urgency(self, _need: Need) -> int:
        return self.here.facts.urgency if self.dice.random() < 0.8 else self.dice.randint(1, 4)

    def case(self, _need: Need) -> str | None:
        return self._one_of(self.cases)

    def unit(self, need: Need) -> str | None:
        return self._one_of(need.units(self.here) if need.units else ())

    def units(self, need: Need) -> list[str]:
        units = list(need.units(self.here)) if need.units else []
        return [str(one) for one in self.dice.sample(units, min(len(units), self.dice.choice((1, 2, 2))))]

    def person(self, need: Need) -> str | None:
        people = need.people(self.here) if need.people else None
        return self._one_of([one for unit in (people.units if people else ()) for one in self.people_of(unit)])

    def moment(self, need: Need) -> str | None:
        if self.move.action == "ask_extension":
            running = self.here.facts.running("handle")
            dues = [one.due_current for one in running if one.unit_id == self.here.facts.holder_id]
            return (max(dues, default=self.here.now) + timedelta(hours=self.dice.choice((12, 24)))).isoformat()
        if need.name in ("at", "arrived_at"):
            return self.here.now.isoformat()
        return None if need.name == "due_at" else self._soon()

    def day(self, need: Need) -> str:
        if need.name == "checked_on":
            return self.here.now.date().isoformat()
        return (self.here.now + timedelta(days=self.dice.choice((3, 10, 28)))).date().isoformat()

    def dispatching(self, payload: dict[str, Any]) -> None:
        """A lead or a pool, helpers that are neither, somebody who is only told."""
        payload.pop("lead" if len(payload.get("pool", ())) == 2 and self.dice.random() < 0.8 else "pool", None)
        facts = self.here.facts
        reach = [str(one) for one in self.here.world.offices.within_reach(facts.holder_id)] if facts.holder_id else []
        if "pool" not in payload:
            payload.setdefault("lead", self.dice.choice(reach))
        busy = {payload.get("lead"), *payload.get("pool", ()), *(str(one.unit_id) for one in facts.helpers)}
        free = [one for one in reach if one not in busy]
        helping = self.dice.sample(free, min(len(free), self.dice.choice((0, 1, 2))))
        rest = [one for one in free if one not in helping]
        for name, value in (("co", [{"unit": one, "due_at": self._soon()} for one in helping]), ("copied", rest[:1])):
            payload.pop(name, None)
            if value:
                payload[name] = value

    def whistling(self, payload: dict[str, Any]) -> None:
        """A place and a time, or neither."""
        if not {"place", "arrive_by"} <= payload.keys():
            payload.pop("place", None)
            payload.pop("arrive_by", None)

    def _soon(self) -> str:
        return (self.here.now + timedelta(hours=self.dice.choice((1, 3, 20)))).isoformat()

    def _one_of(self, choices: Sequence[object]) -> str | None:
        return str(self.dice.choice(choices)) if choices else None


_VALUES: Mapping[str, Callable[[Form, Need], Any]] = {
    "text": lambda _form, _need: TEXT,
    "line": lambda _form, _need: TEXT,
    "choice": Form.choice,
    "category": Form.category,
    "urgency": Form.urgency,
    "photos": lambda form, _need: [f"{form.dice.getrandbits(256):064x}"],
    "parties": lambda _form, _need: [{"name": "王某", "role": "当事人"}],
    "case": Form.case,
    "unit": Form.unit,
    "units": Form.units,
    "helpers": lambda _form, _need: None,
    "moment": Form.moment,
    "day": Form.day,
    "flag": lambda form, _need: form.dice.random() < 0.5,
    "person": Form.person,
    "location": lambda _form, _need: {"lon": 111.19, "lat": 34.78, "crs": "wgs84"},
}
_FITTING: Mapping[str, Callable[[Form, dict[str, Any]], Any]] = {
    "dispatch": Form.dispatching,
    "add_co": Form.whistling,
    "renew_suspension": lambda form, payload: payload.setdefault("checked_on", form.here.now.date().isoformat()),
    "answer_check": lambda _form, payload: payload.setdefault("no_photo_reason", TEXT),
    "escalate": lambda _form, payload: payload.setdefault("override_reason", TEXT),
    "supplement": lambda _form, payload: payload.setdefault("text", TEXT),
    "correct": lambda form, payload: payload.setdefault("urgency", form.here.facts.urgency),
}
"""Fields that go with each other or shut each other out."""
