"""One person being heard: the transaction, who asks, when, and the reference data in force for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from server.keys import Keys
from server.office import office
from server.rules.rulebook import RuleBook
from server.services import reference
from server.services.people import THE_OFFICE, SignedIn
from server.services.reference import Atlas


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a service needs to know; made once for each answer.

    Args:
        tx: the transaction or snapshot everything happens in.
        person: who asks.
        now: when, by the server's clock.
    """

    tx: Connection
    person: SignedIn
    now: datetime
    atlas: Atlas
    rules: RuleBook
    keys: Keys


def hear_the_office(tx: Connection, now: datetime) -> Hearing:
    """Open a hearing in which the office acts by itself, with the places and rules in force."""
    return Hearing(tx, THE_OFFICE, now, reference.atlas(tx), reference.rule_book(tx), office().keys)


def hear(tx: Connection, person: SignedIn, now: datetime) -> Hearing:
    """Open a hearing with the places and rules that the person's request saw, or newer ones."""
    return Hearing(
        tx,
        person,
        now,
        reference.atlas(tx, person.places_stamp),
        reference.rule_book(tx, person.rules_stamp),
        office().keys,
    )
