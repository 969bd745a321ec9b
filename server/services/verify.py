"""Is the log whole? Every case's chain, the state it folds to, and the anchors over all steps. Mends nothing.

A changed, missing or moved step breaks its case's chain; a cut tail disagrees with the case's version and head;
a case that vanished with all its steps is missed by the next anchor, which digests every step written before it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select

from server.models import Anchor, Case, Step, StepPayload
from server.models.numbers import change_horizon
from server.services import log

ERASED = "erased"
"""What stands in place of a payload whose personal content was erased."""


class Fault(NamedTuple):
    """Something in the log that is not as it was written: where, and what."""

    where: str
    zh: str
    en: str


def check_cases(connection: Connection) -> Iterator[Fault | None]:
    """Every case in turn: None when it is sound, else what is wrong with it."""
    columns = [column for column in Case.__table__.columns if column.name not in ("lon", "lat", "cell")]
    steps = connection.execute(
        select(Step.__table__, StepPayload.salt, StepPayload.payload)
        .outerjoin(StepPayload, StepPayload.step_id == Step.id)
        .order_by(Step.case_id, Step.seq)
        .execution_options(yield_per=500)
    )
    chains = groupby(steps, key=lambda step: step.case_id)
    chain = next(chains, None)
    for case in connection.execute(select(*columns).order_by(Case.id).execution_options(yield_per=500)):
        found: Sequence[Row[Any]] = ()
        if chain is not None and chain[0] == case.id:
            found = list(chain[1])
            chain = next(chains, None)
        yield _check_chain(case, found)


def check_anchors(connection: Connection) -> Iterator[Fault]:
    """Do all steps still hash to what each anchor says?"""
    since, digest = 0, log.START
    for anchor in connection.execute(select(Anchor.__table__).order_by(Anchor.upto)).all():
        count, digest = _digest(connection, since, anchor.upto, digest)
        if (count, digest) != (anchor.steps, anchor.digest):
            yield Fault(
                f"anchor {anchor.upto}",
                f"{anchor.at.isoformat()} 的锚点之前，步骤有缺失或改动（应有 {anchor.steps} 条，现有 {count} 条）。",
                f"Steps before the anchor of {anchor.at.isoformat()} are missing or changed "
                f"({anchor.steps} then, {count} now).",
            )
            digest = anchor.digest
        since = anchor.upto


def write_anchor(tx: Connection, now: datetime) -> int:
    """Digest the steps since the last anchor and write it down. Returns how many there were; none writes nothing."""
    last = tx.execute(select(Anchor.__table__).order_by(Anchor.upto.desc()).limit(1)).first()
    since, before = (last.upto, last.digest) if last else (0, log.START)
    upto = change_horizon(tx)
    count, digest = _digest(tx, since, upto, before)
    if count:
        tx.execute(insert(Anchor).values(upto=upto, steps=count, digest=digest, at=now))
    return count


def fold(envelopes: Sequence[str]) -> dict[str, Any]:
    """The case columns that a chain of steps leads to, in canonical JSON's words."""
    state: dict[str, Any] = {}
    for envelope in envelopes:
        state.update(json.loads(envelope)["effects"]["case"])
    return state


def _check_chain(case: Row[Any], steps: Sequence[Row[Any]]) -> Fault | None:
    previous = log.START
    for place, step in enumerate(steps, start=1):
        cover = json.loads(step.envelope)
        told = (step.seq, str(step.id), step.action, str(step.person_id) if step.person_id else None)
        if step.seq != place:
            return Fault(case.code, f"缺少第 {place} 步。", f"Step {place} is missing.")
        if told != (cover["seq"], cover["id"], cover["action"], cover["by"]):
            return Fault(case.code, f"第 {place} 步与封面不符。", f"Step {place} disagrees with its envelope.")
        if step.hash != log.step_hash(previous, step.envelope):
            return Fault(case.code, f"第 {place} 步的哈希不符。", f"The hash of step {place} does not fit.")
        if step.payload is None or not _payload_fits(cover, step):
            return Fault(case.code, f"第 {place} 步的内容被改动。", f"The payload of step {place} was changed.")
        previous = step.hash
    if len(steps) != case.version or previous != case.head_hash:
        return Fault(
            case.code,
            f"应有 {case.version} 步，现有 {len(steps)} 步，或末步不符。",
            f"It should end with step {case.version}; found {len(steps)} steps, or another end.",
        )
    folded = fold([step.envelope for step in steps])
    stored = json.loads(log.canonical({name: case._mapping[name] for name in folded}))
    if wrong := sorted(name for name in folded if folded[name] != stored[name]):
        return Fault(
            case.code, f"状态与流转记录不符：{', '.join(wrong)}。", f"Not as its steps say: {', '.join(wrong)}."
        )
    return None


def _payload_fits(cover: dict[str, Any], step: Row[Any]) -> bool:
    if step.payload == ERASED:
        return True
    digest: str = cover["payload_digest"]
    return log.payload_digest(step.salt, step.payload) == digest


def _digest(connection: Connection, since: int, upto: int, before: bytes) -> tuple[int, bytes]:
    rolling, count = hashlib.sha256(before), 0
    rows = connection.execute(
        select(Step.hash)
        .where(Step.change >= since, Step.change < upto)
        .order_by(Step.change, Step.id)
        .execution_options(yield_per=5000)
    )
    for row in rows:
        rolling.update(row.hash)
        count += 1
    return count, rolling.digest()
