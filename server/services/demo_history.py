"""A plausible past for the demonstration county: each report goes its way through the case door, as people would.

The dice are thrown alike every time. Nobody's row is written by hand, so what the figures show was really done.
"""

import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from server.db import transaction
from server.rules.facts import Facts, State
from server.rules.refusals import Refusal
from server.services import cases, holding, people, records, staffing
from server.services.hearing import Hearing, hear

_WORK = ("已到现场查看，正在处理。", "已联系当事人，约定时间处理。", "已安排人员和材料。")
_DONE = ("问题已解决，现场恢复正常。", "已处理完毕，并告知当事人。", "整改到位，隐患消除。")
_CHECKED = ("现场查看，情况属实。", "电话回访，当事人认可。", "照片与现场一致。")


@dataclass
class Story:
    """One case on its way: who acts next is found from where it stands; time passes between the moves."""

    case_id: uuid.UUID
    dice: random.Random
    at: datetime
    until: datetime
    acted: list[str] = field(default_factory=list)

    def wait(self, least_hours: float, most_hours: float) -> bool:
        """Let time pass; False when that would lie in the future."""
        self.at += timedelta(hours=self.dice.uniform(least_hours, most_hours))
        return self.at < self.until

    def make(self, unit: Callable[[Facts], uuid.UUID | None], action: str, **payload: Any) -> bool:
        """Somebody of this unit makes the move; False when nobody may, and the story ends there."""
        with transaction() as tx:
            held = holding.hold(self.hearing(tx), self.case_id, action)
            actor = unit(held.record.facts) if held else None
            if held is None or actor is None:
                return False
            record = held.record
            hearing = hear(tx, self._somebody(tx, actor, record.facts, action), self.at)
            step_id = uuid.UUID(int=self.dice.getrandbits(128), version=4)
            wish = cases.Wish(action, record.case["version"], payload)
            try:
                cases.advance(hearing, record, wish, cases.Submission(step_id, bytes(32), self.at), held.change)
            except Refusal:
                return False
        self.acted.append(action)
        return True

    def look(self) -> Facts:
        """The case as it stands."""
        with transaction() as tx:
            return self.facts(tx)

    def facts(self, tx: Connection) -> Facts:
        """The case as this transaction sees it."""
        record = records.load(self.hearing(tx), self.case_id)
        if record is None:
            raise LookupError(self.case_id)
        return record.facts

    def hearing(self, tx: Connection) -> Hearing:
        """The office's own eyes at this point of the story."""
        return hear(tx, people.THE_OFFICE, self.at)

    def _somebody(self, tx: Connection, unit: uuid.UUID, facts: Facts, action: str) -> people.SignedIn:
        """A member of the unit; to verify and visit, one who did not handle it."""
        found = [people.as_signed_in(tx, account, self.until) for account in staffing.accounts_of(tx, unit)]
        free = [one for one in found if one.id not in facts.handlers] if action in ("verify_pass", "visit") else found
        return self.dice.choice(free or found)


def holder(facts: Facts) -> uuid.UUID | None:
    return facts.holder_id


def lead(facts: Facts) -> uuid.UUID | None:
    return facts.lead.unit_id if facts.lead else None


def verifier(facts: Facts) -> uuid.UUID | None:
    return facts.ended_by_unit_id


def live(story: Story) -> None:
    """Take a submitted case as far as its dice and its time allow."""
    for step in _steps(story):
        if not step:
            return


def _steps(story: Story) -> Iterator[bool]:
    dice = story.dice
    facts = story.look()
    confirmed: Mapping[str, Any] = {"category": facts.category, "urgency": facts.urgency}
    way = dice.choices(("here", "up", "declined", "left"), (55, 30, 5, 10))[0]
    if way == "left":
        return
    yield story.wait(0.1, 4)
    if way == "declined":
        yield story.make(
            holder, "reject", code="not_ours", basis="不属于网格事项受理范围。", guidance="已告知到窗口单位办理。"
        )
        return
    if way == "here":
        yield story.make(holder, "handle_here", **confirmed)
    else:
        yield story.make(holder, "accept", **confirmed)
        yield story.wait(0.2, 6)
        yield story.make(
            holder, "escalate", reason="需要乡镇部门到场处置。", work_done="已到现场查看并劝导。",
            override_reason="情况较急，需部门介入。",
        )  # fmt: skip
        yield story.wait(0.2, 4)
        yield story.make(holder, "accept", **confirmed)
        yield story.wait(0.2, 4)
        yield story.make(holder, "dispatch", lead=_duty_unit(story))
        yield story.wait(0.2, 6)
        yield story.make(lead, "sign")
    yield from _handle(story)


def _handle(story: Story) -> Iterator[bool]:
    dice = story.dice
    yield story.wait(2, 60)
    yield story.make(lead, "progress", text=dice.choice(_WORK))
    disputed = story.look().category.startswith("D")
    if disputed:
        yield story.make(
            lead, "mediate", at=story.at.isoformat(), place="村(社区)调解室", level="village", mediator="调解员",
            present="yes", outcome="agreement",
        )  # fmt: skip
    yield story.wait(4, 90)
    result = "mediated" if disputed else dice.choices(("resolved", "unfounded", "guided"), (90, 6, 4))[0]
    road = {"route": "mediation"} if disputed else {}
    photo = {"photos": [f"{dice.getrandbits(256):064x}"]}
    yield story.make(lead, "finish", result=result, text=dice.choice(_DONE), **road, **photo)
    yield story.wait(1, 20)
    if dice.random() < 0.07:
        yield story.make(holder, "verify_fail", reason="现场仍有遗留问题。")
        yield story.wait(2, 16)
        yield story.make(lead, "finish", result=result, text=dice.choice(_DONE), **road, **photo)
        yield story.wait(1, 8)
    yield story.make(holder, "verify_pass", mode="on_site", note=dice.choice(_CHECKED))
    if dice.random() < 0.5:
        yield story.wait(10, 80)
        yield story.make(verifier, "visit", result=dice.choices(("satisfied", "fairly"), (80, 20))[0])


def _duty_unit(story: Story) -> str:
    """The nearest department that answers for the category, else the centre itself."""
    with transaction() as tx:
        hearing = story.hearing(tx)
        facts = story.facts(tx)
        line = list(hearing.rules.line_of(facts.category))
        centre = facts.holder_id if facts.state == State.ACCEPTED else None
        reach = hearing.atlas.within_reach(centre) if centre else []
        area = hearing.atlas.area_of(centre) if centre else facts.area_code
        answering = [unit for unit in hearing.atlas.answering(line, area) if unit in reach]
        return str(next(iter(answering), centre))
