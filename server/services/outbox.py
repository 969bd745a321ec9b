"""Promises: who is told of a move is written in the move's own transaction, one message for each person.

It sends nothing. What the couriers make of the messages stands in `relay` and `deliveries`; the inbox shows
them as soon as the transaction is committed.
"""

import uuid
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, get_args

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Insert,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    insert,
    null,
    or_,
    select,
    true,
    union_all,
)

from server.models import Audience, Grant, Message, NoticeChoice, Person
from server.models.columns import FreshId, Subject
from server.rules import notices, telling
from server.rules.effects import Effects, World
from server.rules.emergencies import EMERGENCY
from server.rules.facts import Facts
from server.rules.telling import KINDS, Circle, Hearer
from server.rules.workflow import BY_ACTION
from server.services.hearing import Hearing

_AT = bindparam("now", type_=Message.created_at.type)
_IN_FORCE = and_(Grant.valid_from <= _AT, or_(Grant.valid_to.is_(None), Grant.valid_to > _AT))


def announce(
    hearing: Hearing,
    action: str,
    before: Facts,
    after: Facts,
    effects: Effects,
    step_id: uuid.UUID,
    change: int,
    *,
    actor: uuid.UUID | None,
    sensitive: bool,
) -> None:
    """Write a message for everyone who hears of this step: never the actor, nobody outside the case's audience.

    Args:
        before, after: the case as the move was judged on, and as it stands now.
        actor: who made the move; None for the system.
    """
    scene = telling.Scene(before, after, effects, World(hearing.rules, hearing.atlas))
    heard = telling.hearers(BY_ACTION[action].told, scene)
    if not heard:
        return
    urgency = after.urgency
    values = {
        "now": hearing.now,
        "actor": actor,
        "case_id": after.id,
        "step_id": step_id,
        "action": action,
        "urgency": urgency,
        "change": change,
        "not_before": notices.not_before(urgency, hearing.now, hearing.rules),
        "loses_sight": list(effects.unseen_by),
        "units": [one.id for one in heard if one.circle != "person"],
        "people": [one.id for one in heard if one.circle == "person"],
        **{f"{circle}_{kind}": _ids(heard, circle, kind) for circle in get_args(Circle) for kind in KINDS},
    }
    filled = frozenset(name for name, value in values.items() if isinstance(value, list) and value)
    hearing.tx.execute(_promise("s" if sensitive else "u", filled), {
        name: value for name, value in values.items() if not isinstance(value, list) or name in filled
    })  # fmt: skip


def _ids(heard: Iterable[Hearer], circle: str, kind: str) -> list[uuid.UUID]:
    return [one.id for one in heard if one.circle == circle and one.kind == kind]


def _listed(name: str) -> BindParameter[Any]:
    return bindparam(name, type_=Person.id.type, expanding=True)


@cache
def _promise(kind: Literal["u", "s"], filled: frozenset[str]) -> Insert:
    """One statement from units to messages: INSERT … SELECT over the grants in force.

    Args:
        kind: "s" for a sensitive case, which only leaders and named members hear of.
        filled: the lists that are not empty. A move fills two or three of a dozen; a statement without the others is
            composed, sent and planned in half the time.
    """

    def among(column: Any, name: str) -> ColumnElement[bool]:
        return column.in_(_listed(name)) if name in filled else false()

    sworn: ColumnElement[bool] = or_(Grant.role == "leader", Grant.named) if kind == "s" else true()
    member = and_(Grant.role.in_(("member", "leader")), sworn, _IN_FORCE)
    weights = {name: len(KINDS) - place for place, name in enumerate(KINDS)}
    of_unit = case(
        *(
            (or_(
                among(Grant.unit_id, f"members_{name}"),
                and_(among(Grant.unit_id, f"leaders_{name}"), Grant.role == "leader"),
            ), weight)
            for name, weight in weights.items()
        ),
        else_=0,
    )  # fmt: skip
    of_person = case(*((among(Person.id, f"person_{name}"), weight) for name, weight in weights.items()), else_=0)
    parts = {
        "units": select(Grant.person_id, of_unit.label("weight")).where(member, among(Grant.unit_id, "units")),
        "people": select(Person.id.label("person_id"), of_person.label("weight")).where(among(Person.id, "people")),
    }
    heard = union_all(*(part for name, part in parts.items() if name in filled)).subquery()
    weight = func.max(heard.c.weight)
    weightiest = select(heard.c.person_id, weight.label("weight")).group_by(heard.c.person_id).having(weight > 0)
    found = weightiest.subquery()
    named = case({weight: name for name, weight in weights.items()}, value=found.c.weight)
    usual = case(dict(notices.USUAL_WAY.items()), value=named)
    way = case((_given("urgency") >= EMERGENCY, "at_once"), else_=func.coalesce(NoticeChoice.way, usual))
    mine = exists().where(Grant.person_id == Person.id, member)
    audience = exists().where(Audience.case_id == _given("case_id"), Audience.gone.is_(False))
    rows = (
        select(
            FreshId(), Person.id, _given("case_id"), _given("step_id"), _given("action"), named, _given("urgency"),
            way, _given("change"), _given("created_at", "now"), _given("not_before"),
            case((way == "inbox", _given("created_at", "now")), else_=null()),
        )
        .join(found, found.c.person_id == Person.id)
        .outerjoin(NoticeChoice, and_(NoticeChoice.person_id == Person.id, NoticeChoice.kind == named))
        .where(
            Person.ended_at.is_(None),
            Person.id.is_distinct_from(bindparam("actor", type_=Person.id.type)),
            or_(
                audience.where(Audience.subject == Subject("p", Person.id)),
                mine.where(audience.where(Audience.subject == Subject(kind, Grant.unit_id)).correlate(Grant)),
                mine.where(among(Grant.unit_id, "loses_sight")),
            ),
        )
    )  # fmt: skip
    columns = (
        "id", "person_id", "case_id", "step_id", "action", "kind", "urgency", "way", "change", "created_at",
        "not_before", "carried_at",
    )  # fmt: skip
    return insert(Message).from_select(columns, rows)


def _given(column: str, name: str | None = None) -> BindParameter[Any]:
    return bindparam(name or column, type_=Message.__table__.c[column].type)
