"""代理、值班、撤并、专属网格: people on leave, at night, units that end, grids with a desk of their own."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from server.cli import COMMANDS
from server.db import transaction
from server.models import DutyShift, Grant, Person, Unit
from server.services import sweep
from tests.server.stories.tale import Tale


def run(tale: Tale, monkeypatch: pytest.MonkeyPatch, name: str, *arguments: str, exit_code: int = 0) -> str:
    """What an operator's command says, given in the office of the story."""
    settings = tale.stage.office.settings
    url = settings.database_url.render_as_string(hide_password=False)
    owner = settings.migrate_url.render_as_string(hide_password=False)
    given = {"DATA_DIR": str(settings.data_dir), "KEYS_FILE": str(settings.keys_file)}
    if not settings.embedded:
        given |= {"DATABASE_URL": url, "MIGRATE_URL": owner}
    for key, value in given.items():
        monkeypatch.setenv(f"GRIDLOOP_{key}", value)
    command = next(one for one in COMMANDS if one.name == name)
    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.output


def test_a_stand_in_acts_for_somebody_on_leave_and_is_barred_by_what_they_did(
    tale: Tale, monkeypatch: pytest.MonkeyPatch
):
    # health1 stands in for township1 from Tuesday to Friday.
    run(tale, monkeypatch, "stand-in", "township1", "health1", "--from", "2026-03-03T08:00", "--to", "2026-03-06T18:00")
    tale.files("township1", source="walk_in")
    tale.does("township1", "handle_here")
    assert not tale.sees("health1")
    tale.at("03-03 09:00").does("health1", "progress", text="已接手，正在办理。")
    step = tale.look("leader1")["steps"][-1]
    assert (step["by"]["name"], step["on_behalf_of"]["name"]) == ("张思源", "谢彩霞")
    assert step["as_unit"]["name"] == "禾桥街道综治中心"
    tale.does("township3", "finish")
    # township1 handled it, so neither they nor whoever stands in for them verifies.
    tale.is_refused("health1", "verify_pass", "move_not_allowed")
    tale.does("leader1", "verify_pass")
    assert not tale.at("03-06 18:00").sees("health1")


def test_a_step_names_the_one_on_leave_even_when_nothing_else_does(tale: Tale, monkeypatch: pytest.MonkeyPatch):
    run(tale, monkeypatch, "stand-in", "village17", "health3", "--from", "2026-03-02T08:00", "--to", "2026-03-02T18:00")
    tale.files("worker1")
    tale.does("health3", "accept")
    step = tale.look("worker1")["steps"][-1]
    assert (step["by"]["name"], step["on_behalf_of"]["name"]) == ("曹和平", "钱向阳")


def test_an_emergency_at_two_in_the_morning_is_accepted_by_whoever_is_first(tale: Tale):
    tale.at("03-03 02:00").files("worker1", urgency=4)
    assert tale.running() == {"accept": "03-03 02:15", "overall": "03-10 18:00"}
    assert tale.notices() == ["submit: village task, fire task, township task, county task, emergency task"]
    assert {"accept", "handle_here"} <= tale.offered("township1") & tale.offered("county1")
    tale.at("03-03 02:04").does("township1", "accept")
    assert (tale.holder(), tale.case["first_responsible"]["name"]) == ("township", "禾桥街道综治中心")
    assert tale.running()["dispatch"] == "03-03 02:19"
    tale.is_refused("county1", "accept", "move_not_allowed")
    tale.is_refused("village1", "accept", "move_not_allowed")
    tale.does("township1", "dispatch", lead="fire")
    assert (tale.running()["sign"], tale.running()["arrive"]) == ("03-03 02:34", "03-03 03:04")


def test_an_emergency_received_above_may_be_accepted_by_every_centre_that_was_told_and_by_one_of_them(tale: Tale):
    tale.at("03-03 02:00").files("township1", source="walk_in", urgency=4)
    assert (tale.holder(), tale.notices()) == (
        "township", ["submit: village task, fire task, township task, county task, emergency task"]
    )  # fmt: skip
    assert {"accept", "handle_here"} <= tale.offered("village1") & tale.offered("county1") & tale.offered("township3")
    for account in ("city1", "fire1", "emergency1"):
        assert not {"accept", "handle_here"} & tale.offered(account)
        tale.is_refused(account, "accept", "move_not_allowed")
    assert not tale.sees("village2")
    filed = tale.version()
    tale.does("village1", "accept")
    assert (tale.holder(), tale.case["first_responsible"]["name"]) == ("village", "望禾社区综治工作站")
    for account in ("township1", "county1"):
        tale.is_refused(account, "accept", "case_has_moved", based_on=filed)
        tale.is_refused(account, "accept", "move_not_allowed")
        assert "accept" not in tale.offered(account)
    # What was accepted once and then sent up is its new holder's alone.
    tale.does("village1", "escalate")
    assert ("accept" in tale.offered("township1"), "accept" in tale.offered("county1")) == (True, False)


def test_what_becomes_an_emergency_before_it_is_accepted_is_told_like_one(tale: Tale):
    tale.at("03-09 10:00").files("worker1")
    assert not tale.sees("emergency1")
    tale.does("township1", "correct", urgency=4)
    assert tale.notices()[-1] == (
        "correct: village task, fire task, township task, county task, emergency task, worker1 news"
    )
    assert tale.sees("emergency1")
    tale.does("county1", "accept")
    assert tale.holder() == "county"


def test_with_nobody_on_duty_at_night_the_centre_above_may_take_over(
    tale: Tale, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    unit, file = tale.stage.units["township"], tmp_path / "roster.csv"
    file.write_text(f"unit,account,from,to\n{unit},township1,2026-03-02T18:00,2026-03-02T23:00\n", encoding="utf-8")
    run(tale, monkeypatch, "import-roster", str(file))
    tale.at("03-02 17:30").files("township1", source="walk_in")
    for hour, open_to_the_county in (
        ("03-02 17:59", False),  # the office is open
        ("03-02 22:59", False),  # township1 is on duty
        ("03-02 23:00", True),
        ("03-03 08:29", True),
        ("03-03 08:30", False),
    ):
        assert ("take_over" in tale.at(hour).offered("county1")) == open_to_the_county, hour
        assert "take_over" in tale.offered("countyleader1")  # by a leader's order at any time
    tale.at("03-02 23:30").does("county1", "take_over")
    assert (tale.holder(), tale.state()) == ("county", "accepted")
    assert tale.notices()[-1] == "take_over: township news, county task"
    # A village keeps no roster.
    other = Tale(tale.stage)
    other.at("03-02 23:31").files("worker1")
    assert "take_over" not in other.offered("township1") | other.offered("county1")


def test_an_emergency_that_somebody_of_two_units_accepts_asks_for_which(tale: Tale, monkeypatch: pytest.MonkeyPatch):
    run(tale, monkeypatch, "stand-in", "county2", "township3", "--from", "2026-03-02T08:00", "--to", "2026-03-02T18:00")
    tale.files("worker1", urgency=4)
    told = tale.is_refused("township3", "accept", "which_one")
    assert {one["unit"] for one in told["choices"]} == {
        str(tale.stage.units[word]) for word in ("township", "county")
    }  # fmt: skip
    tale.does("township3", "accept", as_unit="county")
    assert tale.holder() == "county"


def test_a_duty_roster_is_imported_once_however_often(tale: Tale, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    unit, file = tale.stage.units["county"], tmp_path / "roster.csv"
    file.write_text(
        f"unit,account,from,to\n{unit},township1,2026-03-02T18:00,2026-03-03T08:30\n"
        f"{unit},leader1,2026-03-03T18:00,2026-03-04T08:30\n",
        encoding="utf-8",
    )
    for _ in range(2):
        assert "2 shifts" in run(tale, monkeypatch, "import-roster", str(file))
    rows = tale.stage.office.rows(
        select(DutyShift.starts_at, DutyShift.ends_at).where(DutyShift.unit_id == unit).order_by(DutyShift.starts_at)
    )
    assert [row.ends_at - row.starts_at for row in rows] == [timedelta(hours=14.5)] * 2
    assert rows[0].starts_at.isoformat() == "2026-03-02T10:00:00+00:00"


def test_a_special_grid_has_a_desk_of_its_own_below_the_township(tale: Tale, monkeypatch: pytest.MonkeyPatch):
    said = run(tale, monkeypatch, "add-desk", "990101001002901", "禾桥市场专属工作站")
    desk = said.split()[1]
    tale.files("worker17", grid="990101001002901")
    assert tale.case["holder"] == {"id": desk, "name": "禾桥市场专属工作站"}
    assert (tale.sees("village2"), tale.sees("township1")) == (False, True)
    tale.at("03-02 11:01").does("township1", "take_over")
    tale.is_refused("township1", "dispatch", "invalid", "payload.lead", lead=desk)


def test_a_unit_that_ends_leaves_everything_to_its_successor(tale: Tale, monkeypatch: pytest.MonkeyPatch):
    health, order = (str(tale.stage.units[word]) for word in ("health", "order"))
    tale.is_led_by("health", co={"police": "03-04 12:00"})
    done = Tale(tale.stage)
    done.is_led_by("health")
    done.does("health1", "finish")
    over = Tale(tale.stage)
    over.is_led_by("health")
    over.does("health1", "finish")
    over.does("township1", "verify_pass")
    assert "2 cases" in run(tale, monkeypatch, "end-unit", health, order)
    assert tale.stage.office.rows(select(Unit.successor_id).where(Unit.id == tale.stage.units["health"])) == [
        (tale.stage.units["order"],)
    ]
    assert (tale.holder(), tale.steps()[-1].endswith("succeed by itself")) == ("order", True)
    assert tale.tasks() == {"order": "lead handling", "police": "co pending"}
    assert tale.sees("order1")
    assert tale.listed("order1", "ask=handle")
    assert {"handle order 03-05 18:00", "handle police 03-04 12:00"} <= set(tale.clocks())
    # Its past stays its own; nothing new goes to it, and what it must do again its successor does.
    assert (over.tasks(), over.sees("order1")) == ({"health": "lead reported"}, False)
    done.does("township1", "verify_fail")
    assert (done.holder(), done.tasks(), done.sees("order1")) == ("order", {"order": "lead handling"}, True)
    # Nobody is a member of what has ended: whoever was sees nothing any more but the code and their own steps.
    assert tale.stage.client("health1").get("/me").json["units"] == []
    for one in (tale, done, over):
        assert (one.sees("health1"), one.listed("health1")) == (False, False)
        kept = tale.stage.client("health1").get(f"/cases/{one.case['id']}/own-steps").json
        assert kept["code"] == one.case["code"]
        assert {step["by"]["name"] for step in kept["steps"]} == {"张思源"}
    assert tale.stage.client("worker2").get(f"/cases/{tale.case['id']}/own-steps").status_code == 404
    tale.does("order1", "progress")
    tale.is_refused("township1", "redispatch", "invalid", "payload.lead", lead="health")
    with tale.stage.office.app.app_context():
        assert sweep.succeed(tale.stage.units["health"], tale.stage.units["order"], tale.stage.clock.now()) == 0


def test_what_is_on_its_way_to_a_unit_that_ends_arrives_at_its_successor(tale: Tale, monkeypatch: pytest.MonkeyPatch):
    units = {word: str(tale.stage.units[word]) for word in ("village2", "town village", "town")}
    tale.files("worker1")
    tale.does("village1", "transfer", unit="village2")
    asked = Tale(tale.stage)
    asked.files("village9", source="walk_in")
    asked.does("village9", "handle_here")
    asked.does("village9", "ask_extension", due_at="03-06 12:00")
    assert "1 cases" in run(tale, monkeypatch, "end-unit", units["village2"], units["town village"])
    assert not tale.sees("village9")  # the transfer is not agreed to yet
    tale.does("township1", "agree_transfer")
    assert (tale.state(), tale.holder(), tale.sees("village9")) == ("submitted", "town village", True)
    run(tale, monkeypatch, "end-unit", units["town"], str(tale.stage.units["township"]))
    assert (asked.request("extension")["to"]["name"], asked.listed("township1", "ask=answer")) == (
        "禾桥街道综治中心", True,
    )  # fmt: skip
    asked.does("township1", "grant_extension")
    assert asked.running()["handle"] == "03-06 12:00"


def test_no_account_is_made_when_its_list_cannot_be_written(
    tale: Tale, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with tale.stage.office.app.app_context(), transaction() as tx:
        tx.execute(update(Grant).where(Grant.grid_code == "990101001002001").values(grid_code="990101001001001"))
    accounts = select(Person.account).order_by(Person.account)
    before = tale.stage.office.rows(accounts)
    asked = ["--password", "a-first-password"]
    nowhere = str(tmp_path / "nowhere" / "workers.csv")
    assert nowhere in run(tale, monkeypatch, "add-workers", nowhere, *asked, exit_code=1)
    assert tale.stage.office.rows(accounts) == before
    file = tmp_path / "workers.csv"
    run(tale, monkeypatch, "add-workers", str(file), *asked)
    added = len(tale.stage.office.rows(accounts)) - len(before)
    assert added == len(file.read_text(encoding="utf-8").splitlines()) - 1 > 0
