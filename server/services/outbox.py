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
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from server.models import Audience, DutyShift, Grant, Message, NoticeChoice, Person
from server.models.columns import FreshId, Subject
from server.rules import notices, telling
from server.rules.effects import Effects, World
from server.rules.emergencies import EMERGENCY
from server.rules.facts import Facts
from server.rules.telling import KINDS, Circle, Hearer
from server.rules.workflow import BY_ACTION
from server.services.hearing import Hearing

_AT = bindparam("now", type_=Message.created_at.type)
_STAND_IN, _WATCHER = aliased(Grant), aliased(Grant)
"""Grants of whoever stands in for somebody, and of whoever is on duty."""


def _in_force(grant: Any) -> ColumnElement[bool]:
    return and_(grant.valid_from <= _AT, or_(grant.valid_to.is_(None), grant.valid_to > _AT))


def _sworn(grant: Any, kind: str) -> ColumnElement[bool]:
    """Somebody who works for a unit; of a sensitive case only leaders and named members."""
    works = grant.role.in_(("member", "leader"))
    return and_(works, or_(grant.role == "leader", grant.named)) if kind == "s" else works


_ON_WATCH = and_(DutyShift.person_id == _WATCHER.person_id, DutyShift.unit_id == _WATCHER.unit_id,
                 DutyShift.starts_at <= _AT, DutyShift.ends_at > _AT)  # fmt: skip


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

    Whoever is on leave has it in the inbox without a sound, and their stand-in hears what is asked of them. Of an
    emergency, whoever is on duty hears aloud where a unit's roster names somebody; the unit's others find it in the
    inbox.

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
        "at_it": list(after.handlers) if urgency >= EMERGENCY else [],
        "units": [one.id for one in heard if one.circle != "person"],
        "people": [one.id for one in heard if one.circle == "person"],
        **{f"{circle}_{kind}": _ids(heard, circle, kind) for circle in get_args(Circle) for kind in KINDS},
    }
    filled = frozenset(name for name, value in values.items() if isinstance(value, list) and value)
    hearing.tx.execute(_promise("s" if sensitive else "u", filled, urgency >= EMERGENCY), {
        name: value for name, value in values.items() if not isinstance(value, list) or name in filled
    })  # fmt: skip


def _ids(heard: Iterable[Hearer], circle: str, kind: str) -> list[uuid.UUID]:
    return [one.id for one in heard if one.circle == circle and one.kind == kind]


def _listed(name: str) -> BindParameter[Any]:
    return bindparam(name, type_=Person.id.type, expanding=True)


@cache
def _promise(kind: Literal["u", "s"], filled: frozenset[str], emergency: bool) -> Insert:
    """One statement from units to messages: INSERT … SELECT over the grants in force.

    Args:
        kind: "s" for a sensitive case, which only leaders and named members hear of.
        filled: the lists that are not empty. A move fills two or three of a dozen; a statement without the others is
            composed, sent and planned in half the time.
        emergency: the duty rosters decide who is woken.
    """

    def among(column: Any, name: str) -> ColumnElement[bool]:
        return column.in_(_listed(name)) if name in filled else false()

    member = and_(_sworn(Grant, kind), _in_force(Grant))
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
    on_watch = exists().where(_ON_WATCH, _WATCHER.unit_id == Grant.unit_id, _sworn(_WATCHER, kind), _in_force(_WATCHER))
    asked_to_lead = or_(*(among(Grant.unit_id, f"leaders_{name}") for name in KINDS))
    awake = or_(
        ~on_watch,
        on_watch.where(DutyShift.person_id.in_([Grant.person_id, Grant.behalf_id])),
        and_(Grant.role == "leader", asked_to_lead),
        among(Grant.person_id, "at_it"),
    )
    aloud = case((awake, 1), else_=0) if emergency else literal(1)
    of_absent = case(
        *((among(_STAND_IN.behalf_id, f"person_{name}"), weights[name]) for name in telling.ASKING), else_=0
    )
    parts = {
        "units": [
            select(Grant.person_id, of_unit.label("weight"), aloud.label("aloud"))
            .where(member, among(Grant.unit_id, "units"))
        ],
        "people": [
            select(Person.id.label("person_id"), of_person.label("weight"), literal(1).label("aloud"))
            .where(among(Person.id, "people")),
            select(_STAND_IN.person_id, of_absent.label("weight"), literal(1).label("aloud"))
            .where(among(_STAND_IN.behalf_id, "people"), _in_force(_STAND_IN)),
        ],
    }  # fmt: skip
    heard = union_all(*(part for name in parts if name in filled for part in parts[name])).subquery()
    weight = func.max(heard.c.weight)
    found = (
        select(heard.c.person_id, weight.label("weight"), func.max(heard.c.aloud).label("aloud"))
        .group_by(heard.c.person_id)
        .having(weight > 0)
        .subquery()
    )
    named = case({weight: name for name, weight in weights.items()}, value=found.c.weight)
    usual = case(dict(notices.USUAL_WAY.items()), value=named)
    on_leave = exists().where(_STAND_IN.behalf_id == Person.id, _in_force(_STAND_IN))
    chosen: ColumnElement[Any] = literal("at_once") if emergency else func.coalesce(NoticeChoice.way, usual)
    way = case((or_(on_leave, found.c.aloud == 0), "inbox"), else_=chosen)
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
                exists().where(
                    _STAND_IN.person_id == Person.id, _in_force(_STAND_IN),
                    audience.where(Audience.subject == Subject("p", _STAND_IN.behalf_id)).correlate(_STAND_IN),
                ),
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
