"""Every word of the column `told`, and who is behind it, at one moment of an invented case."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from server.rules import notices, telling
from server.rules.effects import Concerned, Effects, World
from server.rules.facts import Assignment, Facts, Told
from server.rules.rulebook import Category, RuleBook
from server.rules.telling import Scene, hearers
from server.rules.workdays import Calendar
from server.rules.workflow import BY_ACTION, MOVES

NAMES = (
    "village", "township", "county", "city", "fire", "health", "market", "worker", "cadre", "asked", "other_reporter",
    "checker", "leader",
)  # fmt: skip
IDS = {name: uuid.uuid5(uuid.NAMESPACE_DNS, name) for name in NAMES}
WHO = {one: name for name, one in IDS.items()}


@dataclass(frozen=True)
class Tree:
    """village → township → county → city; departments of the township."""

    parents: Mapping[str, str | None]

    def parent_centre(self, unit: uuid.UUID) -> uuid.UUID | None:
        above = self.parents[WHO[unit]]
        return IDS[above] if above else None

    def level_of(self, unit: uuid.UUID) -> str:
        name = WHO[unit]
        return name if name in ("village", "township", "county", "city") else "township"

    def superiors(self, unit: uuid.UUID) -> list[uuid.UUID]:
        above = self.parent_centre(unit)
        return [above, *self.superiors(above)] if above else []

    def centres_over(self, area: str) -> list[uuid.UUID]:
        return [IDS[one] for one in ("village", "township", "county", "city")] if area == "a village" else []

    def answering(self, categories: list[str], area: str) -> list[uuid.UUID]:
        return [IDS["fire"]] if "H" in categories and area == "a village" else []


OFFICES = Tree(
    {"village": "township", "township": "county", "county": "city", "city": None, "fire": "township",
     "health": "township", "market": "township"}
)  # fmt: skip


def assignment(role: str, unit: str, state: str = "handling") -> Assignment:
    return Assignment(uuid.uuid5(IDS[unit], role), role, IDS[unit], state)


FIRE = {
    code: Category(code, "", "", parent, True, False, False, False, False, True, False, False, "photo", 0)
    for code, parent in (("H", None), ("H-FIRE-01", "H"))
}
WORLD = World(RuleBook(FIRE, {}, {}, {}, Calendar(ZoneInfo("Asia/Shanghai"), [], {})), OFFICES)  # type: ignore[arg-type]
LEAD, CO, COPIED = assignment("lead", "fire"), assignment("co", "health"), assignment("copied", "market", "pending")


def scene(**changes: Any) -> Scene:
    """In progress: the fire brigade leads and holds, health helps, market is copied, the township dispatched."""
    before = Facts(
        "in_progress", "H-FIRE-01", 2, IDS["fire"], first_responsible_id=IDS["village"],
        dispatcher_id=IDS["township"], assignments=(LEAD, CO, COPIED), handlers=frozenset({IDS["cadre"]}),
        verifiers=frozenset({IDS["checker"]}), reporters=frozenset({IDS["worker"]}),
        followers=frozenset({(uuid.UUID(int=7), IDS["other_reporter"])}), area_code="a village",
    )  # fmt: skip
    after = replace(before, **changes.pop("after", {}))
    return replace(Scene(before, after, Effects(), WORLD), **changes)


def told(word: Told, at: Scene) -> set[tuple[str, str, str]]:
    found = {(one.circle, WHO[one.id], one.kind) for one in hearers([word], at)}
    assert ("members", "market", "news") in found, "copied units always hear"
    return found - {("members", "market", "news")}


CONCERNED = Concerned(
    person=IDS["asked"], approver=IDS["township"], asker=IDS["fire"], issuer=IDS["leader"], overseers=(IDS["county"],)
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("reporter", {("person", "worker", "news"), ("person", "other_reporter", "news")}),
        ("holder", {("members", "fire", "task")}),
        ("holder_leader", {("leaders", "fire", "oversight")}),
        ("old_holder", {("members", "fire", "news")}),
        ("old_dispatcher", {("members", "township", "news")}),
        ("first_responsible", {("members", "village", "news")}),
        ("dispatcher", {("members", "township", "news")}),
        ("lead", {("members", "fire", "task")}),
        ("co", {("members", "health", "news")}),
        ("units", set()),
        ("superior", {("members", "township", "oversight")}),
        ("person", {("person", "asked", "task")}),
        ("handlers", {("person", "cadre", "news")}),
        ("verifier", {("person", "checker", "news")}),
        ("approver", {("members", "township", "task")}),
        ("asker", {("members", "fire", "news")}),
        ("issuer", {("person", "leader", "oversight")}),
        ("overseer", {("members", "county", "oversight")}),
    ],
)
def test_each_word(word: Told, expected: set[tuple[str, str, str]]):
    assert told(word, scene(effects=Effects(concerned=CONCERNED))) == expected


def test_the_table_uses_no_word_without_a_meaning_and_each_is_tried_above():
    words = set(get_args(Told))
    assert {word for move in MOVES for word in move.told} <= words
    assert set(telling._WORDS) == words


@pytest.mark.parametrize("word", ["person", "approver", "asker", "issuer"])
def test_a_word_whose_fact_does_not_exist_yet_tells_nobody(word: Told):
    assert told(word, scene()) == set()


def test_a_leader_s_approval_is_asked_of_leaders():
    concerned = Concerned(approver=IDS["township"], approving_leader=True)
    assert told("approver", scene(effects=Effects(concerned=concerned))) == {("leaders", "township", "task")}


def test_units_are_those_given_a_part_and_those_whose_part_was_taken_back():
    given = assignment("lead", "township", "pending")
    effects = Effects(opened=[given], tasks={LEAD.id: {"state": "recalled"}, CO.id: {"signed_at": None}})
    after = {"assignments": (replace(LEAD, state="recalled"), CO, COPIED, given), "holder_id": IDS["township"]}
    assert told("units", scene(effects=effects, after=after)) == {
        ("members", "township", "task"), ("members", "fire", "news"),
    }  # fmt: skip
    assert told("lead", scene(effects=effects, after=after)) == {("members", "township", "task")}


def test_of_an_ended_case_whoever_held_it_last_hears():
    ended = Facts("rejected", "H-FIRE-01", 2, None, ended_by_unit_id=IDS["village"])
    at = Scene(ended, replace(ended, state="submitted", holder_id=IDS["township"]), Effects(), WORLD)
    assert {(WHO[one.id], one.kind) for one in hearers(BY_ACTION["object"].told, at)} == {
        ("village", "news"), ("township", "task"),
    }  # fmt: skip


def test_nothing_waits_for_the_holder_of_an_ended_case():
    assert told("holder", scene(after={"state": "void", "holder_id": IDS["village"]})) == {
        ("members", "village", "news")
    }
    assert told("holder", scene(after={"state": "closed", "holder_id": None})) == set()


def test_somebody_told_twice_gets_the_weightier_notice():
    found = [one for one in hearers(["lead", "old_holder"], scene()) if one.id == IDS["fire"]]
    assert [one.kind for one in found] == ["task"]


def test_an_emergency_is_heard_up_to_the_county_and_by_the_duty_department():
    new = Facts(None, "H-FIRE-01", 4, IDS["village"])
    at = scene(
        before=new,
        after={
            "urgency": 4, "state": "submitted", "holder_id": IDS["village"], "assignments": (),
            "first_responsible_id": None,
        },
    )  # fmt: skip
    assert {WHO[one.id] for one in hearers(["holder"], at)} == {"village", "township", "county", "fire"}
    # Held above, the village where it lies hears of it too; what was told is not told again.
    above = replace(at, after=replace(at.after, holder_id=IDS["county"]))
    assert {WHO[one.id] for one in hearers(["holder"], above)} == {"village", "township", "county", "fire"}
    assert {WHO[one.id] for one in hearers(["holder"], replace(above, before=at.after))} == {"county"}
    # Made an emergency later, before and not after somebody accepted it.
    raised = replace(at, before=replace(at.after, urgency=2))
    assert {WHO[one.id] for one in hearers(["holder"], raised)} == {"village", "township", "county", "fire"}
    accepted = replace(raised, after=replace(at.after, first_responsible_id=IDS["village"]))
    assert {WHO[one.id] for one in hearers(["holder"], accepted)} == {"village"}


SHANGHAI = ZoneInfo("Asia/Shanghai")


def rules(quiet: list[str] | None) -> RuleBook:
    return RuleBook({}, {}, {}, {"quiet_hours": quiet}, Calendar(SHANGHAI, [], {}))


@pytest.mark.parametrize(
    ("now", "quiet", "until"),
    [
        ("2026-11-20T21:59:59", ["22:00", "07:00"], "2026-11-20T21:59:59"),
        ("2026-11-20T22:00:00", ["22:00", "07:00"], "2026-11-21T07:00:00"),
        ("2026-11-21T03:00:00", ["22:00", "07:00"], "2026-11-21T07:00:00"),
        ("2026-11-21T07:00:00", ["22:00", "07:00"], "2026-11-21T07:00:00"),
        ("2026-11-20T13:10:00", ["12:30", "14:00"], "2026-11-20T14:00:00"),
        ("2026-11-20T12:00:00", ["12:30", "14:00"], "2026-11-20T12:00:00"),
        ("2026-11-21T03:00:00", None, "2026-11-21T03:00:00"),
    ],
)
def test_quiet_hours_hold_back_what_is_no_emergency(now: str, quiet: list[str] | None, until: str):
    at = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    assert notices.not_before(3, at, rules(quiet)) == datetime.fromisoformat(until).replace(tzinfo=SHANGHAI)
    assert notices.not_before(4, at, rules(quiet)) == at


def test_words_hold_the_code_in_both_languages():
    zh, en = notices.wording("task", "dispatch", 4, "990101-20261122-31-8")
    assert (zh, en) == ("【特急】待办·分派 990101-20261122-31-8", "EMERGENCY: To do - Dispatch 990101-20261122-31-8")
    assert notices.wording("news", "from_a_newer_release", 1, "x") == (
        "进展·from_a_newer_release x", "News - from_a_newer_release x",
    )  # fmt: skip
