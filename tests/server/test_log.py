"""The log as it lies in the books: hashes chain, the state is the fold of the steps, and nothing can be rewritten."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from server.db import transaction
from server.models import Audit, Case, Deadline, Party, Report, Step, StepPayload
from tests.conftest import Office
from tests.server.conftest import REJECTING, accepting, filed, move

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def cases(office: Office, report: Make) -> list[uuid.UUID]:
    """Cases that went each of the ways there are, with steps by several hands."""
    worker, desk = office.client("worker1"), office.client("village1")
    made = [filed(worker, report(text=f"第{number}件：楼道里堆了杂物。")) for number in range(4)]
    for case in made:
        move(worker, case, "supplement", {"text": "今天又多了两个纸箱。", "parties": [{"name": "甲"}]})
    assert move(desk, made[1], "accept", accepting(made[1], category="H-GAS-01", urgency=4)).status_code == 201
    assert move(desk, made[2], "reject", REJECTING).status_code == 201
    assert move(worker, made[3], "withdraw", {"reason": "住户已经自己清理干净。"}).status_code == 201
    assert move(worker, made[1], "supplement", {"text": "气味更重了，请快一些。"}).status_code == 201
    assert desk.post(f"/cases/{made[0]['id']}/parties/open", json={"purpose": "核对"}).status_code == 200
    return [uuid.UUID(case["id"]) for case in made]


def chain_of(office: Office, case_id: uuid.UUID) -> list[Any]:
    return office.rows(
        select(Step.__table__, StepPayload.salt, StepPayload.payload)
        .join(StepPayload, StepPayload.step_id == Step.id)
        .where(Step.case_id == case_id)
        .order_by(Step.seq)
    )


def test_the_chain_can_be_checked_by_anybody_with_the_rows_and_sha_256(office: Office, cases: list[uuid.UUID]):
    for case_id in cases:
        before, chain = bytes(32), chain_of(office, case_id)
        for number, step in enumerate(chain, start=1):
            cover = json.loads(step.envelope)
            assert (step.seq, cover["seq"]) == (number, number)
            assert hashlib.sha256(before + step.envelope.encode()).digest() == step.hash
            assert hashlib.sha256(step.salt + step.payload.encode()).hexdigest() == cover["payload_digest"]
            assert (cover["id"], cover["action"]) == (str(step.id), step.action)
            assert cover["by"] == str(step.person_id)
            assert step.envelope == json.dumps(cover, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            before = step.hash
        case = office.rows(select(Case.version, Case.head_hash).where(Case.id == case_id))[0]
        assert (case.version, case.head_hash) == (len(chain), before)


def test_equal_payloads_have_different_digests_so_that_none_can_be_guessed(office: Office, cases: list[uuid.UUID]):
    supplements = [step for case_id in cases for step in chain_of(office, case_id) if step.action == "supplement"]
    alike = [step for step in supplements if step.payload == supplements[0].payload]
    assert len(alike) == len(cases)
    assert len({json.loads(step.envelope)["payload_digest"] for step in alike}) == len(alike)


def test_the_state_is_the_fold_of_the_steps(office: Office, cases: list[uuid.UUID]):
    for case_id in cases:
        folded: dict[str, Any] = {}
        clocks: dict[str, dict[str, Any]] = {}
        for step in chain_of(office, case_id):
            cover = json.loads(step.envelope)
            effects = cover["effects"]
            folded |= effects["case"]
            for clock in effects["started"]:
                clocks[clock["id"]] = {
                    "due": clock["due_current"],
                    "original": clock["due_original"],
                    "unit": clock["unit_id"],
                }
                clocks[clock["id"]] |= {"met": None, "ended": None}
            for clock_id, changes in effects["clocks"].items():
                clocks[clock_id]["due"] = changes.get("due_current", clocks[clock_id]["due"])
                clocks[clock_id]["unit"] = changes.get("unit_id", clocks[clock_id]["unit"])
            for name in ("met", "ended"):
                for clock_id in effects[name]:
                    clocks[clock_id][name] = cover["at"]
        case = office.rows(select(Case.__table__).where(Case.id == case_id))[0]._mapping
        assert folded["state"] == case["state"]
        for name, value in folded.items():
            stored = case[name]
            assert (stored.isoformat() if isinstance(stored, datetime) else stored) == (
                uuid.UUID(value) if isinstance(stored, uuid.UUID) else value
            ), name
        stored_clocks = office.rows(select(Deadline.__table__).where(Deadline.case_id == case_id))
        assert {str(clock.id): _seen(clock) for clock in stored_clocks} == clocks


def _seen(clock: Any) -> dict[str, Any]:
    return {
        "due": clock.due_current.isoformat(),
        "original": clock.due_original.isoformat(),
        "unit": str(clock.unit_id),
        "met": clock.met_at and clock.met_at.isoformat(),
        "ended": clock.ended_at and clock.ended_at.isoformat(),
    }


def test_a_report_that_was_refused_leaves_no_gap_in_any_chain(office: Office, cases: list[uuid.UUID]):
    desk = office.client("village1")
    case = desk.get(f"/cases/{cases[0]}").json
    assert move(desk, case, "accept", {}).status_code == 422
    assert move(desk, case, "accept", accepting(case)).status_code == 201
    assert [step.seq for step in chain_of(office, cases[0])] == [1, 2, 3]


@pytest.mark.parametrize("table", [Step, Audit])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_application_cannot_rewrite_the_log(office: Office, cases: list[uuid.UUID], table: Any, change: str):
    before = office.rows(select(table.__table__))
    statement = update(table).values(action="forged") if change == "update" else delete(table)
    with office.app.app_context(), pytest.raises(DBAPIError), transaction() as tx:
        tx.execute(statement)
    assert office.rows(select(table.__table__)) == before


@pytest.mark.parametrize("table", ["steps", "audit"])
def test_even_the_owner_of_the_tables_is_stopped_by_triggers(office: Office, cases: list[uuid.UUID], table: str):
    attempts = [f"UPDATE {table} SET action = 'forged'", f"DELETE FROM {table}"]
    if not office.settings.embedded:
        attempts.append(f"TRUNCATE {table} CASCADE")
    engine = create_engine(office.settings.migrate_url, poolclass=NullPool)
    for attempt in attempts:
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(attempt))


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_the_application_s_role_may_only_read_and_add_to_the_log(office: Office):
    ask = text("SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) "
               "AS privilege WHERE has_table_privilege(current_user, :table, privilege)")  # fmt: skip
    for table in ("steps", "audit"):
        assert {row[0] for row in office.rows(ask.bindparams(table=table))} == {"SELECT", "INSERT"}
    assert {row[0] for row in office.rows(ask.bindparams(table="cases"))} == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert office.rows(text("SELECT has_schema_privilege(current_user, 'public', 'CREATE')"))[0][0] is False
    owners = text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'steps'")
    assert office.rows(owners)[0][0] != office.settings.database_url.username


def test_what_was_filed_is_kept_as_it_was_filed(office: Office, report: Make):
    place = {"lon": 111.1391, "lat": 34.7711, "crs": "gcj02", "accuracy_m": 12.5, "fix": "network"}
    body = report(location=place, occurred_at="2026-11-19T22:00:00-05:00", amount=1234.56, involved_count=3)
    case = filed(office.client("worker1"), body)
    row = office.rows(select(Report.__table__))[0]
    kept = {"lon": row.raw_lon, "lat": row.raw_lat, "crs": row.crs, "accuracy_m": row.accuracy_m, "fix": row.fix}
    assert kept == place
    assert (float(row.amount), row.involved_count) == (1234.56, 3)
    assert row.occurred_at == datetime.fromisoformat("2026-11-20T03:00:00+00:00")
    assert row.filed_at == datetime.fromisoformat(body["filed_at"])
    assert case["steps"][0]["payload"]["location"] == place
    assert {name: case["location"][name] for name in place} == place
    assert case["location"]["wgs84"]["lon"] != place["lon"]


def test_parties_stand_outside_the_steps_so_that_they_can_be_erased(office: Office, cases: list[uuid.UUID]):
    with office.app.app_context(), transaction() as tx:
        tx.execute(delete(Party))
    test_the_chain_can_be_checked_by_anybody_with_the_rows_and_sha_256(office, cases)
    assert office.client("village1").get(f"/cases/{cases[0]}").json["parties"] == []
