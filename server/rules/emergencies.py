"""特急: who is told at once of an emergency, and which of them may accept it. Pure."""

import uuid

from server.rules.facts import Facts, State
from server.rules.offices import Offices
from server.rules.rulebook import RuleBook

EMERGENCY = 4
"""特急."""
ALERTED = ("village", "township", "county")
"""Levels whose centres are told."""


def alerted_centres(case: Facts, offices: Offices, rules: RuleBook) -> list[uuid.UUID]:
    """The holder, and the centres of village, township and county above it and where the case lies; not the village's
    where the category must avoid it. The first of them to accept holds the case."""
    above = [*_line(case.holder_id, offices), *offices.centres_over(case.area_code)]
    desks = [case.village_desk] if case.village_desk else []
    centres = [one for one in above if not desks or offices.level_of(one) != "village"]
    found = [one for one in (*desks, *centres) if offices.level_of(one) in ALERTED]
    if rules.categories[case.category].avoid_village:
        found = [one for one in found if offices.level_of(one) != "village"]
    return list(dict.fromkeys([*([case.holder_id] if case.holder_id else []), *found]))


def alerted(case: Facts, offices: Offices, rules: RuleBook) -> list[uuid.UUID]:
    """Everyone who is told: these centres, and the category's duty department."""
    return [
        *alerted_centres(case, offices, rules), *offices.answering(list(rules.line_of(case.category)), case.area_code),
    ]  # fmt: skip


def waits_for_anybody(case: Facts) -> bool:
    """An emergency that nobody accepted yet."""
    return case.urgency == EMERGENCY and case.state == State.SUBMITTED and case.first_responsible_id is None


def newly_alerted(before: Facts, after: Facts, offices: Offices, rules: RuleBook) -> list[uuid.UUID]:
    """Who is to be told now of a case filed as 特急, made one before anybody accepted it, or moved to another place."""
    if not waits_for_anybody(after):
        return []
    known = alerted(before, offices, rules) if waits_for_anybody(before) else []
    return [one for one in alerted(after, offices, rules) if one not in known]


def _line(unit: uuid.UUID | None, offices: Offices) -> list[uuid.UUID]:
    return list(offices.superiors(unit)) if unit else []
