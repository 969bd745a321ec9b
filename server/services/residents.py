"""What a resident may see and say without signing in: whoever shows a report's code and its secret. Opens nothing else.

The code is no secret; the secret came back once, with the answer to the report. Wrong tries are counted for each
address in the database, so that any number of web processes count together.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from server.db import insert_once, transaction
from server.models import Case, Report, SignInTries
from server.rules.closing import as_closed
from server.rules.conditions import may_rate
from server.rules.effects import World
from server.rules.refusals import Refusal
from server.rules.situation import Situation
from server.rules.standing import RESIDENT
from server.services import cases, holding, records
from server.services.hearing import Hearing, hear_the_office
from server.services.records import Record

TRIES_ALLOWED = 20
LOCK_FOR = timedelta(minutes=15)


def look(code: str, secret: str, address: str, now: datetime) -> dict[str, Any]:
    """Where the matter stands: {code, state, category, received_at, due_at, holder, result, satisfaction, may_rate}.

    A report merged into another shows how that one stands.

    Raises:
        Refusal: `not_found` for a wrong code or secret alike, `too_many_tries`.
    """
    with transaction() as tx:
        hearing = hear_the_office(tx, now)
        found = _find(tx, code, secret)
        record = records.load(hearing, found) if found else None
        if record is not None:
            return _shown(hearing, record)
        refusal = _count_try(tx, address, now)
    raise refusal


def rate(
    code: str, secret: str, address: str, submission: cases.Submission, payload: Mapping[str, Any], now: datetime
) -> bool:
    """评价: say how satisfied one is. Returns whether the rating is new; the same again changes nothing.

    Raises:
        Refusal: `not_found`, `too_many_tries`, `move_not_allowed`, `already_different`, or `invalid`.
    """
    while True:
        try:
            return _rate_once(code, secret, address, submission, payload, now)
        except holding.PartnerChanged:
            continue  # only a merge that was committed meanwhile brings this about


def _rate_once(
    code: str, secret: str, address: str, submission: cases.Submission, payload: Mapping[str, Any], now: datetime
) -> bool:
    with transaction() as tx:
        hearing = hear_the_office(tx, now)
        found = _find(tx, code, secret)
        if found is not None:
            return _rate(hearing, found, submission, payload)
        refusal = _count_try(tx, address, now)
    raise refusal


def _rate(hearing: Hearing, case_id: Any, submission: cases.Submission, payload: Mapping[str, Any]) -> bool:
    held = holding.hold(hearing, case_id, "rate")
    known = cases.find(hearing.tx, submission.id)
    if known is not None:
        if known.case_id != case_id or known.content != submission.content:
            raise Refusal("already_different")
        return False
    if held is None:
        raise Refusal("not_found")
    wish = cases.Wish("rate", held.record.case["version"], payload)
    cases.advance_as_resident(hearing, held.record, wish, submission, held.change, held.partner)
    return True


def _find(tx: Connection, code: str, secret: str) -> Any:
    """The case of this code, if the secret is one of its reports'."""
    rows = tx.execute(
        select(Report.case_id, Report.secret_hash).join(Case, Case.id == Report.case_id).where(Case.code == code)
    ).all()
    given = hashlib.sha256(secret.encode()).digest()
    return next((row.case_id for row in rows if hmac.compare_digest(row.secret_hash, given)), None)


def _shown(hearing: Hearing, record: Record) -> dict[str, Any]:
    leading = record.facts.master or record.facts
    told = as_closed(record.facts) or record.facts
    holder = leading.holder_id
    here = Situation(record.facts, RESIDENT, World(hearing.rules, hearing.atlas), hearing.now)
    return {
        "code": record.case["code"],
        "state": leading.state,
        "category": record.facts.category,
        "received_at": record.facts.received_at,
        "due_at": next((clock.due_current for clock in leading.running("overall")), None),
        "holder": {"id": holder, "name": hearing.atlas.units[holder].name} if holder else None,
        "result": leading.result,
        "satisfaction": told.satisfaction,
        "may_rate": may_rate(here),
    }


def _count_try(tx: Connection, address: str, now: datetime) -> Refusal:
    """Count a wrong try; the refusal to raise once this is committed. Addresses are kept as hashes."""
    key = f"look:{hashlib.sha256(address.encode()).hexdigest()[:32]}"
    insert_once(tx, SignInTries, {"account": key, "failures": 0, "last_at": now})
    tries = tx.execute(select(SignInTries.__table__).where(SignInTries.account == key).with_for_update()).one()
    if tries.locked_until and tries.locked_until > now:
        return Refusal("too_many_tries", extra={"retry_at": tries.locked_until})
    failures = 1 if now - tries.last_at > LOCK_FOR else tries.failures + 1
    locked = now + LOCK_FOR if failures >= TRIES_ALLOWED else None
    tx.execute(
        update(SignInTries)
        .where(SignInTries.account == key)
        .values(failures=failures, locked_until=locked, last_at=now)
    )
    return Refusal("not_found")
