"""Is the log whole? Every case's chain, the state it folds to, and the anchors over all steps. Mends nothing.

A changed, missing or moved step breaks its case's chain; a cut tail disagrees with the case's version and head;
a case that vanished with all its steps is missed by the next anchor, which digests every step written before it.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, insert, select

from server.models import Anchor, Assignment, Case, Deadline, Request, Step, StepPayload
from server.models.numbers import change_horizon
from server.rules import facts
from server.rules.effects import apply
from server.rules.facts import Facts
from server.services import log
from server.services.records import CASE_FACTS, ERASED

KEPT_BESIDE: Mapping[str, Callable[..., Any]] = {
    "clocks": facts.Clock,
    "assignments": facts.Assignment,
    "requests": facts.Request,
}
"""What a case has beside its own columns, and the value that a row of it is."""


class Fault(NamedTuple):
    """Something in the log that is not as it was written: where, and what."""

    where: str
    zh: str
    en: str


def check_cases(connection: Connection) -> Iterator[Fault | None]:
    """Every case in turn: None when it is sound, else what is wrong with it."""
    columns = [column for column in Case.__table__.columns if column.name not in ("lon", "lat", "cell")]
    payloads = [StepPayload.salt, StepPayload.payload]
    chains = _Beside(
        connection,
        select(Step.__table__, *payloads).outerjoin(StepPayload, StepPayload.step_id == Step.id)
        .order_by(Step.case_id, Step.seq),
    )  # fmt: skip
    kept = {
        name: _Beside(connection, select(model.__table__).order_by(model.case_id, model.id))
        for name, model in (("clocks", Deadline), ("assignments", Assignment), ("requests", Request))
    }
    for case in connection.execute(select(*columns).order_by(Case.id).execution_options(yield_per=500)):
        yield _check_chain(case, chains.of(case.id), {name: rows.of(case.id) for name, rows in kept.items()})


class _Beside:
    """Rows of another table, read in step with the cases: both come in the order of the case's id."""

    def __init__(self, connection: Connection, ordered: Select[Any]) -> None:
        rows = connection.execute(ordered.execution_options(yield_per=500))
        self._groups = groupby(rows, key=lambda row: row.case_id)
        self._next = next(self._groups, None)

    def of(self, case_id: uuid.UUID) -> Sequence[Row[Any]]:
        """The rows of this case."""
        if self._next is None or self._next[0] != case_id:
            return ()
        found = list(self._next[1])
        self._next = next(self._groups, None)
        return found


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


def fold(covers: Sequence[Mapping[str, Any]]) -> Facts:
    """The case that a chain of envelopes leads to, with its clocks, assignments and requests."""
    case = Facts(None, "", 0, None)
    for cover in covers:
        at, device_at = datetime.fromisoformat(cover["at"]), datetime.fromisoformat(cover["device_at"])
        case = apply(case, log.effects_of(cover), at, device_at)
    return case


def _disagreeing(
    case: Row[Any], kept: Mapping[str, Sequence[Row[Any]]], covers: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Names of what is stored otherwise than the steps say. Steps of releases that did not keep everything in them are
    held to the case's columns only."""
    told = {name for cover in covers for name in cover["effects"]["case"]}
    if not all("asked" in cover["effects"] for cover in covers):
        state: dict[str, Any] = {}
        for cover in covers:
            state.update(cover["effects"]["case"])
        stored = json.loads(log.canonical({name: case._mapping[name] for name in state}))
        return sorted(name for name in state if state[name] != stored[name])
    folded = fold(covers)
    wrong = [name for name in told if name in CASE_FACTS and getattr(folded, name) != case._mapping[name]]
    for name, kind in KEPT_BESIDE.items():
        stored = [kind(**{key: value for key, value in row._mapping.items() if key != "case_id"}) for row in kept[name]]
        if sorted(stored, key=_by_id) != sorted(getattr(folded, name), key=_by_id):
            wrong.append(name)
    return sorted(wrong)


def _by_id(value: Any) -> uuid.UUID:
    found: uuid.UUID = value.id
    return found


def _check_chain(case: Row[Any], steps: Sequence[Row[Any]], kept: Mapping[str, Sequence[Row[Any]]]) -> Fault | None:
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
    if wrong := _disagreeing(case, kept, [json.loads(step.envelope) for step in steps]):
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
