"""What couriers do, each in a few lines: open the office, call services as a route does. All may run twice at once."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

from flask import Flask

from server import clock, create_app
from server.db import glance, transaction
from server.office import office
from server.services import deliveries, freezing, reference, relay, tidying
from server.services import sweep as sweeping
from server.services.deliveries import Claim
from workers import broker
from workers.carrying import carry

_here: list[Flask] = []


def use(app: Flask) -> None:
    """Do this process's jobs in this office; without one, the first job makes it."""
    _here[:] = [app]


def in_office() -> AbstractContextManager[object]:
    """This process's office."""
    if not _here:
        use(create_app())
    return _here[0].app_context()


def is_due() -> bool:
    """Is there anything to plan or to hand out? Reads only, so that an idle courier writes nothing."""
    with in_office(), glance() as connection:
        return relay.is_due(connection, clock.now())


def plan() -> int:
    """Plan deliveries for what was announced."""
    with in_office(), transaction() as tx:
        return relay.plan(tx, clock.now())


def claim(room: dict[str, int]) -> list[Claim]:
    """Take what is due under a lease."""
    with in_office():
        lease = timedelta(seconds=office().settings.courier_lease_s)
        with transaction() as tx:
            return deliveries.claim(tx, clock.now(), lease, room)


def release(claims: Sequence[Claim]) -> None:
    """Give back what could not be handed on."""
    with in_office(), transaction() as tx:
        deliveries.release(tx, claims)


def deliver(batch: Sequence[Sequence[str | int]]) -> int:
    """RQ's job: carry one batch of claims."""
    with in_office():
        return carry(broker.read_claims(batch))


def collect() -> int:
    """Digests 汇总: one notice for what was collected for each person."""
    with in_office(), transaction() as tx:
        return relay.collect(tx, clock.now())


def urge() -> int:
    """Robots and text messages for urgent cases that nobody has taken on."""
    with in_office(), transaction() as tx:
        rules = reference.rule_book_or_none(tx)
        return relay.urge(tx, reference.atlas(tx), rules, clock.now()) if rules else 0


def sweep() -> int:
    """Whatever time alone brings about: reminders, silence that agrees, suspensions that end."""
    with in_office():
        with glance() as connection:
            ready = reference.rule_book_or_none(connection) is not None
        return sweeping.sweep(clock.now()) if ready else 0


def freeze() -> int:
    """Reports 报表 of the month that is frozen by now, a few at a time."""
    with in_office():
        with glance() as connection:
            ready = reference.rule_book_or_none(connection) is not None
        return freezing.freeze(clock.now()) if ready else 0


def tidy() -> int:
    """Forget what was carried long ago."""
    with in_office(), transaction() as tx:
        rules = reference.rule_book_or_none(tx)
        return tidying.tidy(tx, rules, clock.now()) if rules else 0
