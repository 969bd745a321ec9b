"""The only door through which a case changes: lock, check access, decide, append a step, move the clocks.

`open_case()` writes a case's first step for intake; `advance()` makes every later move. Nothing else writes
`cases.state`.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update

from server.db import insert_once, insert_rows
from server.models import Case, PhotoListing, Step
from server.models.numbers import next_change
from server.rules.facts import Ask, Facts, Standing, State, World
from server.rules.refusals import Refusal, invalid
from server.rules.rulebook import RuleBook
from server.rules.workflow import BY_ACTION, OVERTAKING, decide
from server.services import access, log, outbox, outcome, parties, records
from server.services.hearing import Hearing
from server.services.people import SignedIn


@dataclass(frozen=True, slots=True)
class Submission:
    """A device's write as it arrived.

    Args:
        id: the step id (for a report, the report's id) that the device minted.
        content: digest of the body as received.
        device_at: the device's clock.
    """

    id: uuid.UUID
    content: bytes
    device_at: datetime


class Wish(NamedTuple):
    """A move somebody asks for on a case."""

    action: str
    based_on: int
    payload: Mapping[str, Any]
    as_unit: uuid.UUID | None
    assignment: uuid.UUID | None = None


_FIND = select(Step.case_id, Step.person_id, Step.action, Step.content).where(Step.id == bindparam("id"))


def find(tx: Connection, step_id: uuid.UUID) -> Row[Any] | None:
    """The step that already has this id, if any: case_id, person_id, action, content."""
    return tx.execute(_FIND, {"id": step_id}).first()


def check_replay(known: Row[Any], person: SignedIn, content: bytes, action: str, case_id: uuid.UUID) -> None:
    """Same person, same object, same content.

    Raises:
        Refusal: `already_different` for anything else; nothing about the other content is disclosed.
    """
    same_object = known.case_id == case_id and (known.action == "submit") == (action == "submit")
    if known.person_id != person.id or known.content != content or not same_object:
        raise Refusal("already_different")


def open_case(
    hearing: Hearing,
    submission: Submission,
    facts: Facts,
    case: Mapping[str, Any],
    payload: Mapping[str, Any],
    audience: Sequence[str],
    change: int,
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]] | None:
    """Write a new case with its submit step, clocks and audience.

    Returns: the case's columns, its deadlines and its first step; None when the id was taken by another
    transaction meanwhile (nothing is written then).
    """
    standing = Standing(hearing.person.id, frozenset({"reporter"}))
    ask = Ask(submission.id, "submit", {}, hearing.now, standing)
    effects = decide(facts, ask, World(hearing.rules, hearing.atlas), overtaken=False)
    entry = log.compose(
        step_id=submission.id, case_id=submission.id, seq=1, previous=log.START, action="submit",
        person_id=hearing.person.id, as_unit=None, at=hearing.now, device_at=submission.device_at, based_on=0,
        effects=effects, payload=payload, content=submission.content, change=change,
    )  # fmt: skip
    row = {**case, **effects.fields, "version": 1, "head_hash": entry.hash}
    if not insert_once(hearing.tx, Case, row):
        return None
    if not log.append(hearing.tx, entry):
        raise Refusal("already_different")
    clocks = outcome.start_clocks(hearing.tx, submission.id, effects)
    outcome.open_audience(hearing.tx, submission.id, audience, hearing.now, change)
    outbox.announce(
        hearing, "submit", facts, row, effects, submission.id, change, actor=hearing.person.id,
        sensitive=is_sensitive(row, hearing.rules),
    )  # fmt: skip
    return row, clocks, records.step_view(1, entry.envelope, entry.payload, entry.hash)


def lock(tx: Connection, case_id: uuid.UUID) -> dict[str, Any] | None:
    """The case's columns, held until the transaction ends; None when there is no such case."""
    row = tx.execute(select(Case.__table__).where(Case.id == case_id).with_for_update()).first()
    return dict(row._mapping) if row else None


def advance(hearing: Hearing, case: Mapping[str, Any], wish: Wish, submission: Submission) -> None:
    """Make one move on a locked case that the person may see and whose step id is new.

    Raises:
        Refusal: `case_has_moved`, `move_not_allowed`, or `invalid` naming the fields.
    """
    tx, person, rules = hearing.tx, hearing.person, hearing.rules
    if not 1 <= wish.based_on <= case["version"]:
        raise invalid("based_on", "事项没有这个版本。", "The case has no such version.")
    facts, standing = _facts(hearing, case, wish.action)
    ask = Ask(submission.id, wish.action, wish.payload, hearing.now, standing, wish.assignment)
    effects = decide(facts, ask, World(rules, hearing.atlas), overtaken=_overtaken(tx, case, wish, person))
    _check_references(hearing, case, wish)
    entry = log.compose(
        step_id=submission.id, case_id=case["id"], seq=case["version"] + 1, previous=case["head_hash"],
        action=wish.action, person_id=person.id,
        as_unit=_acting_unit(wish, person, facts, standing),
        at=hearing.now, device_at=submission.device_at, based_on=wish.based_on, effects=effects,
        payload={name: value for name, value in wish.payload.items() if name != "parties"},
        content=submission.content, change=(change := next_change(tx)),
    )  # fmt: skip
    if not log.append(tx, entry):
        raise Refusal("already_different")
    changed = {**effects.fields, "version": entry.seq, "head_hash": entry.hash}
    tx.execute(update(Case).where(Case.id == case["id"]).values(**changed))
    after = {**case, **changed}
    outcome.write(hearing, after, effects, sensitive=is_sensitive(after, rules), change=change)
    parties.store(tx, hearing.keys, case["id"], submission.id, wish.payload.get("parties") or [])
    list_photos(tx, case["id"], submission.id, person.id, wish.action, wish.payload.get("photos") or [])
    outbox.announce(
        hearing, wish.action, facts, after, effects, submission.id, change, actor=person.id,
        sensitive=is_sensitive(after, rules),
    )  # fmt: skip


def standing_on(hearing: Hearing, case: Mapping[str, Any], facts: Facts, past: records.History) -> Standing:
    """What the person is to this case."""
    return access.standing(
        hearing.person,
        hearing.atlas,
        facts,
        reporter=case["reporter_id"],
        sensitive=is_sensitive(case, hearing.rules),
        verifiers=past.verifiers,
    )


def is_sensitive(case: Mapping[str, Any], rules: RuleBook) -> bool:
    """Only leaders and named members of the units concerned may see it."""
    return bool(case["confidential"]) or rules.categories[case["category"]].sensitive


def list_photos(
    tx: Connection, case_id: uuid.UUID, parent_id: uuid.UUID, person_id: uuid.UUID, kind: str, photos: Sequence[str]
) -> None:
    """Write down which photos a report or step promises; nothing for none."""
    if photos:
        insert_rows(tx, PhotoListing,
            [
                {
                    "parent_id": parent_id, "sha256": bytes.fromhex(photo), "case_id": case_id,
                    "person_id": person_id, "kind": kind, "position": position,
                }
                for position, photo in enumerate(photos)
            ],
        )  # fmt: skip


def village_desk(hearing: Hearing, case: Mapping[str, Any]) -> uuid.UUID | None:
    """The desk of the village the case lies in, if it lies in one."""
    area = case["area_code"]
    desk = hearing.atlas.centres.get(area) if hearing.atlas.areas[area].level == "village" else None
    return desk.id if desk else None


def _facts(hearing: Hearing, case: Mapping[str, Any], action: str) -> tuple[Facts, Standing]:
    tx, case_id = hearing.tx, case["id"]
    tells = case["state"] not in (State.SUBMITTED, State.ACCEPTED) or action == "escalate"
    past = records.history(records.telling_steps(tx, case_id) if tells else ())
    tasks = records.assignments(tx, case_id) if case["dispatcher_id"] or case["reopen_count"] else []
    facts = records.facts(case, records.clocks(tx, case_id), tasks, past, village_desk(hearing, case))
    return facts, standing_on(hearing, case, facts, past)


def _overtaken(tx: Connection, case: Mapping[str, Any], wish: Wish, person: SignedIn) -> bool:
    if not BY_ACTION[wish.action].compares or wish.based_on == case["version"]:
        return False
    later = select(Step.id).where(
        Step.case_id == case["id"],
        Step.seq > wish.based_on,
        Step.action.in_(OVERTAKING),
        Step.person_id.is_distinct_from(person.id),
    )
    return tx.execute(later.limit(1)).first() is not None


def _check_references(hearing: Hearing, case: Mapping[str, Any], wish: Wish) -> None:
    category = hearing.rules.categories.get(wish.payload.get("category", ""))
    held_by_village = case["holder_id"] and hearing.atlas.level_of(case["holder_id"]) == "village"
    if category is not None and category.avoid_village and held_by_village:
        raise invalid(
            "payload.category", "此类事项不由村社区受理，请联系乡镇综治中心。", "A village does not hold this."
        )
    if other := wish.payload.get("repeat_of"):
        other_id = uuid.UUID(other)
        if other_id == case["id"] or not access.may_see(hearing.tx, hearing.person, other_id):
            raise invalid("payload.repeat_of", "找不到这个事项。", "There is no such case.")


def _acting_unit(wish: Wish, person: SignedIn, facts: Facts, standing: Standing) -> uuid.UUID | None:
    """The unit somebody acts for: the one they name, else the one their role on this case belongs to."""
    if wish.as_unit is not None and wish.as_unit not in person.units:
        raise invalid("as_unit", "您不属于该单位。", "You do not belong to this unit.")
    tasks = {task for ids in standing.tasks.values() for task in ids}
    fitting = [one.unit for one in facts.assignments if one.id in tasks]
    fitting += [facts.holder] if "holder" in standing.roles and facts.holder else []
    fitting += [facts.dispatcher] if "dispatcher" in standing.roles and facts.dispatcher else []
    return wish.as_unit or next(iter(fitting), None)
