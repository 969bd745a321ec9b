"""A walk through services on a real database: random people of the demonstration county make random moves while time
passes, and after each move the rows are held against what the page of moves says is always true."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select

from geodata.demo import demo_county
from server.db import reading, transaction
from server.models import Case, Grant, Person, Step
from server.office import office as open_office
from server.rules.effects import World, apply
from server.rules.emergencies import newly_alerted
from server.rules.facts import OPEN, Assignment, Facts, State
from server.rules.refusals import Refusal
from server.rules.situation import Situation
from server.rules.workflow import offers
from server.services import access, cases, holding, intake, log, people, records, sweep, verify
from server.services.hearing import Hearing, hear
from server.services.records import Record
from tests.conftest import Office
from tests.server.always_true import always_true
from tests.server.conftest import count_rows
from tests.server.paper_forms import TEXT, Form
from tests.server.walking import CROWDING, WEIGHT

ACCOUNTS = (
    "worker1", "village1", "village17", "villageleader1", "village2", "worker2", "fire1", "fire3", "fireleader1",
    "police1", "township1", "township3", "leader1", "township2", "leader2", "county1", "county2", "countyleader1",
    "city1", "cityleader1", "emergency1", "inspector1", "mediator1",
)  # fmt: skip
CATEGORIES = ("H-FIRE-01", "D-02", "C-05", "P-01", "D-10", "S-07", "S-05")
WAITS = (0.1, 0.1, 0.5, 1, 1, 3, 5, 9, 24, 48, 100, 800)
MOST_OPEN = 4


class WalkInTheBooks:
    """One office with a database, its cases, and what happened in it."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office, self.dice = office, Random(seed)
        self.now = datetime.now(UTC) + timedelta(minutes=1)
        self.made: Counter[str] = Counter()
        self.bodies: dict[uuid.UUID, tuple[str, uuid.UUID, dict[str, Any]]] = {}
        self.cases: list[uuid.UUID] = []
        with office.app.app_context(), reading() as snapshot:
            known = set(snapshot.execute(select(Person.account)).scalars())
            rows = snapshot.execute(select(Grant.unit_id, Grant.person_id).where(Grant.unit_id.is_not(None))).all()
            self.accounts = [one for one in ACCOUNTS if one in known]
            self.people = {one: people.as_signed_in(snapshot, one, self.now) for one in self.accounts}
        self.members: dict[uuid.UUID, list[uuid.UUID]] = {}
        for row in rows:
            self.members.setdefault(row.unit_id, []).append(row.person_id)

    def walk(self, moves: int) -> None:
        """Make this many moves, a person's or the office's own."""
        while self.made.total() < moves:
            kind = self.dice.random()
            if not self.cases or kind < 0.04:
                self.file()
            elif kind < 0.12:
                self.wait(self.dice.choice(WAITS))
            else:
                self.move()

    def file(self) -> None:
        account = self.dice.choice(("worker1", "worker2", "village1", "township1"))
        report_id, place = self._id(), self.dice.choice(demo_county().grids).geometry.representative_point()
        body: dict[str, Any] = {
            "category": self.dice.choice(CATEGORIES), "text": TEXT, "urgency": self.dice.choice((1, 2, 3, 4)),
            "source": "patrol", "location": {"lon": place.x, "lat": place.y, "crs": "wgs84", "accuracy_m": 5.0,
                                             "fix": "gps"},
            "no_location_reason": None, "grid_code": None, "filed_at": self.now, "photos": [],
            "parties": [{"name": "王某", "role": "当事人"}] if self.dice.random() < 0.5 else [], "on_behalf_of": None,
            "occurred_at": None, "involved_count": None, "amount": None, "confidential": self.dice.random() < 0.1,
            "same_as": None, "origin": None, "settled": None,
        }  # fmt: skip
        try:
            with self._hearing(account) as hearing:
                intake.file_report(hearing, body, cases.Submission(report_id, bytes(32), self.now))
        except Refusal as refusal:
            if refusal.code != "invalid":
                raise
            return
        self.made["submit"] += 1
        self.cases = [*self.cases, report_id][-40:]
        self.check(report_id)

    def wait(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        before = self._steps()
        with self.office.app.app_context():
            while sweep.sweep(self.now):
                pass
        self.made["by the office"] += self._steps() - before

    def move(self) -> None:
        """Somebody who may do something to a case does it."""
        case_id = self.dice.choice(self.cases[-MOST_OPEN:] if self.dice.random() < 0.8 else self.cases)
        found = self._wish(case_id)
        if found is not None:
            self._make(found[0], case_id, found[1])
        self.check(case_id)

    def _wish(self, case_id: uuid.UUID) -> tuple[str, cases.Wish] | None:
        """Somebody who may do something to a case, and what they would do, on a form that they filled in."""
        with self.office.app.app_context(), reading() as snapshot:
            hearing = hear(snapshot, people.THE_OFFICE, self.now)
            record = records.load(hearing, case_id)
            assert record is not None
            for account in self.dice.sample(self.accounts, len(self.accounts)):
                heard = replace(hearing, person=self.people[account])
                if not records.visible(record, access.subjects(heard.person)):
                    continue
                standing, world = cases.standing_on(heard, record), World(hearing.rules, hearing.atlas)
                here = Situation(record.facts, standing, world, self.now)
                found = [one for one in offers(here) if one.move.action not in CROWDING[:4] or self.dice.random() < 0.1]
                if not found:
                    continue
                offer = min(self.dice.choices(found, k=3), key=lambda one: WEIGHT.get(one.move.action, 0))
                others = [one for one in self.cases if one != case_id]
                payload = Form(offer.move, here, others, lambda unit: self.members.get(unit, ()), self.dice).filled()
                request = offer.request if offer.move.request else None
                wish = cases.Wish(
                    offer.move.action, record.case["version"], payload, None, offer.assignment, request
                )  # fmt: skip
                return account, wish
        return None

    def _make(self, account: str, case_id: uuid.UUID, wish: cases.Wish) -> None:
        body = {"action": wish.action, "based_on": wish.based_on, "payload": wish.payload,
                "at": self.now.isoformat()}  # fmt: skip
        body |= {"assignment": str(wish.assignment)} if wish.assignment else {}
        body |= {"request": str(wish.request)} if wish.request else {}
        step_id = self._id()
        try:
            with self._hearing(account) as hearing:
                content = log.content_digest(body, open_office().keys.content)
                held = holding.hold(hearing, case_id, wish.action, wish.payload)
                assert held is not None
                submission = cases.Submission(step_id, content, self.now)
                moved = cases.advance(hearing, held.record, wish, submission, held.change, held.partner)
                again = records.load(hearing, case_id)
        except Refusal as refusal:
            if refusal.code not in ("invalid", "move_not_allowed", "which_one"):
                raise
            return
        self.made[wish.action] += 1
        self.bodies[step_id] = (account, case_id, body)
        assert again is not None
        for beside in ("clocks", "assignments", "requests"):  # the answer, put together, is what the rows say
            told, stored = getattr(moved.facts, beside), getattr(again.facts, beside)
            assert sorted(told, key=lambda one: one.id) == sorted(stored, key=lambda one: one.id), beside

    def check(self, case_id: uuid.UUID) -> None:
        """What is always true of this case, read from its rows."""
        with self.office.app.app_context(), reading() as snapshot:
            hearing = hear(snapshot, people.THE_OFFICE, self.now)
            record = records.load(hearing, case_id)
            assert record is not None
            always_true(record.facts, hearing.atlas)
            assert [step["seq"] for step in record.steps] == list(range(1, record.case["version"] + 1))
            covers = [json.loads(row) for row in snapshot.execute(
                select(Step.envelope).where(Step.case_id == case_id).order_by(Step.seq)).scalars()]  # fmt: skip
            seen = {subject for subject, seat in record.seats.items() if not seat.gone}
            wanted = expected_audience(hearing, record, covers)
            assert seen == wanted, (record.steps[-1]["action"], seen - wanted, wanted - seen)

    def check_all(self) -> None:
        """What is always true of the books as a whole."""
        with self.office.app.app_context(), reading() as snapshot:
            assert [fault for fault in verify.check_cases(snapshot) if fault] == []
            counts = snapshot.execute(select(Case.state, func.count()).group_by(Case.state)).all()
            total = snapshot.execute(select(func.count()).select_from(Case)).scalar_one()
            assert sum(count for _, count in counts) == total
            codes = set(snapshot.execute(select(Case.code)).scalars())
            assert len(codes) == total
            held = snapshot.execute(select(Case.state, Case.holder_id)).all()
            assert all((row.holder_id is not None) == (row.state in OPEN) for row in held)

    def replay(self, count: int) -> None:
        """Steps sent again are answered and change nothing."""
        sent = self.dice.sample(sorted(self.bodies), min(count, len(self.bodies)))
        clients = {account: self.office.client(account) for account in self.accounts}
        before = count_rows(self.office)
        for step_id in sent:
            account, case_id, body = self.bodies[step_id]
            answer = clients[account].put(f"/cases/{case_id}/steps/{step_id}", json=body)
            assert answer.status_code == 200, (body, answer.text)
        assert count_rows(self.office) == before

    @contextmanager
    def _hearing(self, account: str) -> Iterator[Hearing]:
        with self.office.app.app_context(), transaction() as tx:
            yield hear(tx, self.people[account], self.now)

    def _id(self) -> uuid.UUID:
        return uuid.UUID(int=self.dice.getrandbits(128), version=4)

    def _steps(self) -> int:
        return int(self.office.rows(select(func.count()).select_from(Step))[0][0])


def expected_audience(hearing: Hearing, record: Record, covers: Sequence[dict[str, Any]]) -> set[str]:
    """The subjects that the page's sixth sentence names, worked out from the steps alone."""
    facts, atlas = record.facts, hearing.atlas
    units, areas = set[uuid.UUID | None](), set[str]()
    avoided = hearing.rules.categories[record.case["category"]].avoid_village
    then = Facts(None, "", 0, None)
    named = set[uuid.UUID | None]()  # at the acceptance; they stay until another part of theirs is taken from them
    for cover, step in zip(covers, record.steps, strict=True):
        before, then = then, apply(then, log.effects_of(cover), datetime.fromisoformat(cover["at"]))
        then = replace(then, village_desk=atlas.desk_of(None, then.area_code))
        named -= at_work(before) - at_work(then)
        if step["action"] == "release":
            named -= {uuid.UUID(one) for one in step["payload"]["reporters"]}
        if step["action"] == "accept" and step["payload"].get("handler"):
            named.add(uuid.UUID(step["payload"]["handler"]))
        units |= set(newly_alerted(before, then, atlas, hearing.rules))
        areas |= set(atlas.line_of(then.area_code))
        units |= {then.dispatcher_id}
        if then.state not in (State.IN_PROGRESS, State.SUSPENDED):
            units.add(then.holder_id)
    units |= {one.unit_id for one in staying(facts)} | {facts.first_responsible_id, facts.reviewer_id, facts.holder_id}
    units |= {one.to_unit_id for one in facts.asked()}
    persons = {*facts.reporters, *facts.followers_reporters, *at_work(facts), *named}
    persons |= {one.to_person_id for one in facts.requests if one.kind == "check"}
    kind = "s" if cases.is_sensitive(record.case, hearing.rules) else "u"
    found = {f"{kind}:{unit}" for unit in access.with_superiors(atlas, units)}
    if avoided:
        areas = {code for code in areas if atlas.areas[code].level != "village"}
    return found | {f"p:{one}" for one in persons if one} | {f"a:{code}" for code in areas}


def staying(facts: Facts) -> list[Assignment]:
    """The assignments that were not taken back."""
    return [one for one in facts.assignments if one.state not in ("returned", "recalled", "waived")]


def at_work(facts: Facts) -> set[uuid.UUID | None]:
    """The people whom a move named and who still are."""
    return {*(one.handler_id for one in staying(facts)), facts.leader_in_charge_id}
