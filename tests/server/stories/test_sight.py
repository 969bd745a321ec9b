"""知情范围: who finds a case after a move, and that every way of finding it says the same."""

from typing import Any

import pytest

from tests.server.conftest import jpeg, let_commits_settle, sha256
from tests.server.stories.tale import Tale

PHONE = "13812341234"
WAYS = ("agreed return", "redispatch", "waived", "escalated", "merged", "redispatch while its check is open")


def ways(tale: Tale, account: str, since: str, photo: str) -> dict[str, bool]:
    """Every way of finding the case, and whether somebody finds it so."""
    client, case = tale.stage.client(account), tale.case["id"]
    news = client.get(f"/changes?since={since}").json["items"]
    heard = [one for one in news if one["id"] == case]
    purpose = {"purpose": "核对当事人"}
    found = client.post("/cases/search", json={"phone": PHONE, **purpose}).json["items"]
    return {
        "whole": tale.sees(account),
        "listed": tale.listed(account),
        "by state": tale.listed(account, f"state={tale.state()}"),
        "by area": tale.listed(account, "area=990101000000"),
        "searched": any(one["id"] == case for one in found),
        "photo": client.get(f"/photos/{photo}?size=thumb").status_code == 200,
        "parties": client.post(f"/cases/{case}/parties/open", json=purpose).status_code == 200,
        "told, not gone": bool(heard) and not heard[-1]["gone"],
    }


@pytest.mark.parametrize("how", WAYS)
def test_a_unit_whose_part_ended_finds_the_case_in_no_way_at_all(tale: Tale, how: str):
    stage, photo = tale.stage, jpeg(100 + WAYS.index(how))
    let_commits_settle(stage.office)
    loser = "police1" if how == "waived" else "fire1"
    cursor = stage.client(loser).get("/changes").json["next_cursor"]
    report = {"photos": [sha256(photo)], "parties": [{"name": "欧阳清欢", "phone": PHONE}]}
    tale.is_led_by("fire", co={"police": "03-04 12:00"}, report=report)
    path = f"/reports/{tale.case['id']}/photos/{sha256(photo)}"
    assert stage.client("worker1").put(path, data=photo, content_type="image/jpeg").status_code == 201
    let_commits_settle(stage.office)
    assert set(ways(tale, loser, cursor, sha256(photo)).values()) == {True}
    if how == "agreed return":
        tale.does("fire1", "ask_return")
        tale.does("township1", "agree_return")
    elif how == "redispatch":
        tale.does("township1", "redispatch", lead="order")
    elif how == "redispatch while its check is open":
        tale.does("fire1", "ask_suspension", review_on="2026-03-20")
        tale.does("leader1", "approve_suspension")
        tale.does("fire1", "ask_check", person="fire3")
        tale.does("fire1", "resume")
        tale.does("township1", "redispatch", lead="order")
    elif how == "waived":
        tale.does("township1", "waive_co", unit="police")
    elif how == "escalated":
        tale.does("township1", "escalate")
    else:
        master = Tale(stage)
        master.files("worker1")
        tale.does("township1", "merge", master=master.case["id"])
    let_commits_settle(stage.office)
    shown = ways(tale, loser, cursor, sha256(photo))
    assert set(shown.values()) == {False}, shown
    gone = [
        one for one in stage.client(loser).get(f"/changes?since={cursor}").json["items"] if one["id"] == tale.case["id"]
    ]
    assert [one["gone"] for one in gone] == [True]  # their phones throw it away
    # The centre that sent it there, its superiors and whoever reported it find it still.
    for account in ("worker1", "village1", "township1", "county1", "inspector1"):
        assert tale.sees(account), account


def test_each_ask_lists_what_waits_for_somebody_and_only_them(tale: Tale):
    waiting: list[tuple[str, str, str]] = []

    def waits(ask: str, for_whom: str, *not_for: str) -> None:
        assert tale.listed(for_whom, f"ask={ask}"), (ask, for_whom)
        for account in (*not_for, "worker1", "inspector1"):
            assert not tale.listed(account, f"ask={ask}"), (ask, account)
        waiting.append((ask, for_whom, tale.state()))

    quarrel: dict[str, Any] = {"parties": [{"name": "甲"}]}
    tale.files("worker1", **quarrel)
    waits("accept", "village1", "township1")
    tale.does("village1", "ask_check", person="worker3")
    waits("check", "worker3", "village1", "worker4")
    tale.does("village1", "escalate")
    tale.does("township1", "accept")
    waits("dispatch", "township1", "village1", "county1")
    tale.does("township1", "dispatch", lead="fire", co={"police": "03-04 12:00"})
    waits("sign", "fire1", "township1")
    waits("sign", "police1", "village1")
    tale.does("fire1", "sign")
    waits("handle", "fire1", "police1", "township1")
    tale.does("fire1", "ask_extension", due_at="03-06 18:00")
    waits("answer", "township1", "fire1", "county1")
    assert not tale.listed("fire1", "overdue=true")
    tale.at("03-05 18:00:01")
    assert (tale.listed("fire1", "overdue=true"), tale.listed("fire1", "overdue=false")) == (True, False)
    tale.does("fire1", "finish")
    waits("verify", "township1", "fire1", "county1")
    tale.does("township1", "verify_pass")
    waits("visit", "township3", "fire1", "county1")
    assert {ask for ask, *_ in waiting} == {
        "accept", "check", "dispatch", "sign", "handle", "answer", "verify", "visit"
    }  # fmt: skip


def test_helpers_of_a_returned_case_find_it_and_a_handler_is_not_asked_to_sign(tale: Tale):
    tale.is_led_by("fire", co={"village": "03-04 12:00"})
    tale.does("village1", "name_handler", person="worker1")
    tale.does("fire1", "ask_return")
    tale.does("township1", "agree_return")
    assert (tale.listed("village1", "ask=sign"), tale.listed("worker1", "ask=sign")) == (True, False)
    tale.does("village1", "sign")
    assert (tale.listed("village1", "ask=handle"), tale.listed("worker1", "ask=handle")) == (True, True)
    assert "feedback" in tale.offered("worker1")


def test_a_unit_whose_part_was_taken_back_keeps_the_code_and_its_own_steps(tale: Tale):
    tale.is_led_by("fire")
    tale.does("fire1", "progress")
    tale.does("township1", "redispatch", lead="order")
    path = f"/cases/{tale.case['id']}/own-steps"
    kept = tale.stage.client("fire1").get(path).json
    assert kept["code"] == tale.case["code"]
    assert [step["action"] for step in kept["steps"]] == ["sign", "progress"]
    assert not tale.sees("fire1")
    assert tale.stage.client("police1").get(path).status_code == 404  # never had a part in it
