"""The only door through which a held case changes: check access, decide, append a step, move the clocks.

`open_case()` writes a case's first step for intake; `advance()` makes every later move, a person's or the office's
own. Nothing else writes `cases.state`.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update

from server.db import insert_once, insert_rows, upsert_rows
from server.models import Case, PhotoListing, Step
from server.rules.effects import Ask, Effects, World, apply
from server.rules.facts import Facts
from server.rules.history import remember
from server.rules.merging import with_follower, without_follower
from server.rules.refusals import Refusal, invalid
from server.rules.rulebook import RuleBook
from server.rules.situation import Situation
from server.rules.standing import RESIDENT, SYSTEM, Standing, stand
from server.rules.upkeep import next_look
from server.rules.workflow import BY_ACTION, OVERTAKING, Decision, decide
from server.services import (
    access,
    audience,
    colleagues,
    log,
    outbox,
    outcome,
    parties,
    records,
    references,
)
from server.services.hearing import Hearing
from server.services.people import SignedIn
from server.services.records import Record


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
    as_unit: uuid.UUID | None = None
    assignment: uuid.UUID | None = None
    request: uuid.UUID | None = None


class Made(NamedTuple):
    """A move that was made: the case before and after it, and what is to be written."""

    action: str
    before: Record
    after: Record
    entry: log.Entry
    effects: Effects
    changed: Mapping[str, Any]


_OF_THE_MASTER = {"absorb": with_follower, "release": without_follower, "doubt": with_follower}
"""Moves of the master that a follower joined, left or found fault with, and how that left it."""
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
    subjects: Sequence[str],
    change: int,
    origin_due: datetime | None,
) -> tuple[dict[str, Any], Facts, dict[str, Any]] | None:
    """Write a new case with its submit step, clocks and audience.

    Returns: the case's columns, its facts and its first step; None when the id was taken by another transaction
    meanwhile (nothing is written then).
    """
    standing = Standing(hearing.person.id, frozenset({"reporter"}))
    ask = Ask(submission.id, "submit", {}, hearing.now, standing, origin_due=origin_due)
    effects = decide(facts, ask, World(hearing.rules, hearing.atlas), overtaken=False).effects
    after = apply(facts, effects, hearing.now)
    entry = log.compose(
        step_id=submission.id, case_id=submission.id, seq=1, previous=log.START, action="submit",
        person_id=hearing.person.id, behalf=None, as_unit=None, at=hearing.now, device_at=submission.device_at,
        based_on=0, effects=effects, payload=payload, content=submission.content, change=change,
        state=str(after.state),
    )  # fmt: skip
    row = {**case, **_columns(after), "version": 1, "head_hash": entry.hash}
    # Empty columns are left out: the driver keeps what it worked out of a statement only below fifty values.
    if not insert_once(hearing.tx, Case, {name: value for name, value in row.items() if value is not None}):
        return None
    if not log.append(hearing.tx, [entry]):
        raise Refusal("already_different")
    outcome.start_clocks(hearing.tx, submission.id, after)
    outcome.open_audience(hearing.tx, submission.id, subjects, hearing.now, change)
    outbox.announce(
        hearing, "submit", facts, after, effects, submission.id, change, actor=hearing.person.id,
        sensitive=is_sensitive(row, hearing.rules),
    )  # fmt: skip
    return row, after, records.step_view(1, entry.envelope, entry.payload, entry.hash)


def advance(
    hearing: Hearing,
    record: Record,
    wish: Wish,
    submission: Submission,
    change: int,
    partner: Record | None = None,
) -> Record:
    """Make one move on a locked case that the person may see and whose step id is new.

    Args:
        partner: the other case that it writes to, locked as well.

    Returns: the case as it stands after the move (and after what the system does right after it).

    Raises:
        Refusal: `case_has_moved`, `move_not_allowed`, `which_one`, or `invalid` naming the fields.
    """
    case, person = record.case, hearing.person
    if not 1 <= wish.based_on <= case["version"]:
        raise invalid("based_on", "事项没有这个版本。", "The case has no such version.")
    standing = standing_on(hearing, record)
    other = references.other_case(hearing, case["id"], wish.action, wish.payload, partner)
    ask = Ask(
        submission.id, wish.action, wish.payload, hearing.now, standing, device_at=submission.device_at,
        as_unit=wish.as_unit, assignment=wish.assignment, request=wish.request,
        place=references.place(hearing, wish.action, wish.payload),
        other=other.facts if other else None,
    )  # fmt: skip
    world = World(hearing.rules, hearing.atlas)
    decision = decide(record.facts, ask, world, overtaken=_overtaken(record, wish, person))
    names = _check_references(hearing, record, standing, wish)
    codes = {one.case["id"]: one.case["code"] for one in (other, partner) if one and _seen(hearing, one)}
    known = replace(record, names={**record.names, **names, **codes})
    moves = _move(hearing, known, wish, submission, change, decision, by=person.id, partner=partner)
    return _write_enclosures(hearing, _write(hearing, moves, change), wish, submission)


def advance_by_itself(
    hearing: Hearing, record: Record, wish: Wish, step_id: uuid.UUID, change: int
) -> Record:  # fmt: skip
    """Make one of the office's own moves on a locked case: time ran out, a unit ended."""
    return _write(hearing, _by_the_office(hearing, record, wish, step_id, change), change)


def advance_as_resident(
    hearing: Hearing,
    record: Record,
    wish: Wish,
    submission: Submission,
    change: int,
    partner: Record | None = None,
) -> Record:
    """Make the move of somebody who showed a report's code and secret.

    Args:
        partner: the case that this one follows, locked as well.

    Raises:
        Refusal: `move_not_allowed`, or `invalid` naming the fields.
    """
    ask = Ask(submission.id, wish.action, wish.payload, hearing.now, RESIDENT, device_at=submission.device_at)
    decision = decide(record.facts, ask, World(hearing.rules, hearing.atlas), overtaken=False)
    moves = _move(hearing, record, wish, submission, change, decision, by=None, partner=partner)
    return _write(hearing, moves, change)


def wake_at(hearing: Hearing, facts: Facts, case_id: uuid.UUID) -> None:
    """Say anew when the office must look at a locked case; time alone changes nothing else about it."""
    moment = next_look(facts, World(hearing.rules, hearing.atlas))
    hearing.tx.execute(update(Case).where(Case.id == case_id).values(wake_at=moment))


def standing_on(hearing: Hearing, record: Record) -> Standing:
    """What the person is to this case."""
    who = access.who(hearing.person, hearing.atlas, sensitive=is_sensitive(record.case, hearing.rules))
    return stand(who, record.facts, hearing.atlas, hearing.rules)


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


def _move(
    hearing: Hearing,
    record: Record,
    wish: Wish,
    submission: Submission,
    change: int,
    decision: Decision,
    *,
    by: uuid.UUID | None,
    partner: Record | None = None,
) -> list[Made]:
    """This move and what the system does right after it: on this case, or on the master that it joined or left."""
    case, before = record.case, record.facts
    effects, unit = decision
    behalf = access.behalf(hearing.person, unit, _concerned(before, wish)) if by else None
    after = apply(before, effects, hearing.now, submission.device_at)
    after = remember(after, wish.action, by, behalf, unit, wish.payload, hearing.now)
    grid = _grid_called(hearing, after.grid_id) if "grid_id" in effects.fields else record.grid
    if grid != record.grid or after.area_code != before.area_code:
        after = replace(after, village_desk=hearing.atlas.desk_of(grid[0] if grid else None, after.area_code))
    entry = log.compose(
        step_id=submission.id, case_id=case["id"], seq=case["version"] + 1, previous=case["head_hash"],
        action=wish.action, person_id=by, behalf=behalf, as_unit=unit, at=hearing.now,
        device_at=submission.device_at, based_on=wish.based_on, effects=effects,
        payload={name: value for name, value in wish.payload.items() if name != "parties"},
        content=submission.content, change=change, state=str(after.state),
    )  # fmt: skip
    changed = {**effects.fields, "version": entry.seq, "head_hash": entry.hash}
    row = {**case, **changed}
    seats = audience.follow(
        hearing.atlas, record.seats, before, after, effects, hearing.rules,
        sensitive=is_sensitive(row, hearing.rules),
    )  # fmt: skip
    step = records.step_view(entry.seq, entry.envelope, entry.payload, entry.hash)
    moved = replace(records.with_step(record, after, row, step, seats), grid=grid)
    made = Made(wish.action, record, moved, entry, effects, changed)
    if effects.then is None:
        return [made]
    action, payload = effects.then
    following = moved if action not in _OF_THE_MASTER else partner
    if following is None:
        return [made]
    if action in _OF_THE_MASTER:
        following = replace(following, facts=_OF_THE_MASTER[action](following.facts, after))
    step_id = uuid.uuid5(submission.id, action)
    next_wish = Wish(action, following.case["version"], payload)
    return [made, *_by_the_office(hearing, following, next_wish, step_id, change)]


def _by_the_office(hearing: Hearing, record: Record, wish: Wish, step_id: uuid.UUID, change: int) -> list[Made]:
    ask = Ask(step_id, wish.action, wish.payload, hearing.now, SYSTEM, request=wish.request)
    decision = decide(record.facts, ask, World(hearing.rules, hearing.atlas), overtaken=False)
    return _move(hearing, record, wish, Submission(step_id, bytes(32), hearing.now), change, decision, by=None)


def _write(hearing: Hearing, moves: Sequence[Made], change: int) -> Record:
    """Write moves that were made together, one statement a table, and tell of them. Returns the case of the first as it
    stands."""
    tx = hearing.tx
    if not log.append(tx, [one.entry for one in moves]):
        raise Refusal("already_different")
    turns: dict[uuid.UUID, outcome.Turn] = {}
    changed: dict[uuid.UUID, dict[str, Any]] = {}
    for one in moves:
        case_id = one.after.case["id"]
        begun = turns[case_id].before if case_id in turns else one.before
        turns[case_id] = outcome.Turn(begun, one.after)
        changed[case_id] = {**changed.get(case_id, {}), **one.changed}
    if len(turns) == 1:
        ((case_id, values),) = changed.items()
        tx.execute(update(Case).where(Case.id == case_id).values(**values))
    else:
        upsert_rows(tx, Case, [turn.after.case for turn in turns.values()])
    outcome.write(tx, list(turns.values()), change)
    for one in moves:
        outbox.announce(
            hearing, one.action, one.before.facts, one.after.facts, one.effects, one.entry.id, change,
            actor=one.entry.person_id, sensitive=is_sensitive(one.after.case, hearing.rules),
        )  # fmt: skip
    return turns[moves[0].after.case["id"]].after


def _write_enclosures(hearing: Hearing, record: Record, wish: Wish, submission: Submission) -> Record:
    """Parties and photos that came with a step, and the names of people it mentions for the first time."""
    tx, case_id = hearing.tx, record.case["id"]
    people = wish.payload.get("parties") or []
    photos = wish.payload.get("photos") or []
    parties.store(tx, hearing.keys, case_id, submission.id, people)
    list_photos(tx, case_id, submission.id, hearing.person.id, wish.action, photos)
    names = {**record.names, hearing.person.id: hearing.person.name}
    if unknown := [one for one in colleagues.mentioned(record.facts, record.steps[-1]) if one not in names]:
        names |= records.names_of(tx, unknown)
    listed = [
        {"sha256": bytes.fromhex(one), "kind": wish.action, "step": submission.id, "missing": True} for one in photos
    ]
    return replace(
        record,
        parties=[*record.parties, *(parties.mask(one) for one in people)],
        photos=[*record.photos, *listed],
        names=names,
        facts=replace(record.facts, resident=record.facts.resident or bool(people)),
    )


def _grid_called(hearing: Hearing, grid_id: int | None) -> tuple[str, str] | None:
    """Code and name of a current grid."""
    return next(((grid.code, grid.name) for grid in hearing.atlas.grids.values() if grid.id == grid_id), None)


def _columns(facts: Facts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in records.CASE_FACTS}


def _seen(hearing: Hearing, record: Record) -> bool:
    return records.visible(record, access.subjects(hearing.person))


def _overtaken(record: Record, wish: Wish, person: SignedIn) -> bool:
    """Did somebody else decide something since the version this move is based on?"""
    return BY_ACTION[wish.action].compares and any(
        step["seq"] > wish.based_on and step["action"] in OVERTAKING and step["by"] != person.id
        for step in record.steps
    )


def _check_references(hearing: Hearing, record: Record, standing: Standing, wish: Wish) -> dict[uuid.UUID, str]:
    """Does the payload name people and categories that it may? Returns the people's names by id."""
    category = hearing.rules.categories.get(str(wish.payload.get("category", "")))
    holder = record.facts.holder_id
    held_by_village = holder is not None and hearing.atlas.level_of(holder) == "village"
    if category is not None and category.avoid_village and held_by_village:
        raise invalid(
            "payload.category", "此类事项不由村社区受理，请联系乡镇综治中心。", "A village does not hold this."
        )
    here = Situation(record.facts, standing, World(hearing.rules, hearing.atlas), hearing.now)
    return colleagues.check(hearing, here, wish.action, wish.payload)


def _concerned(facts: Facts, wish: Wish) -> Iterable[uuid.UUID | None]:
    """Persons who may act in person: the one asked, the handler named, the reporters, also of what follows the case."""
    asked = [one.to_person_id for one in facts.requests if wish.request in (one.id, None) and one.to_person_id]
    return [*asked, *(one.handler_id for one in facts.assignments if one.active), *facts.reporters,
            *facts.followers_reporters]  # fmt: skip
