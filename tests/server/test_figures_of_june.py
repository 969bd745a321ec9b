"""Figures of one month, computed by hand in the prose below, on both databases.

June 2026, a township with two villages that have something to count. A blocked fire lane is due on its fifth working
day at 18:00; Friday 19 June is Dragon Boat Festival.

| case | what happened | due |
|---|---|---|
| A | Mon 1 09:00, village handles it, finished Tue 2 10:00, verified Tue 2 15:00: 30 hours | Mon 8 |
| B | Mon 1 10:00, the same, verified Wed 3 10:00: 48 hours; reopened on Thu 2 July | Mon 8 |
| C | Tue 2 09:00, the same, verified Thu 4 09:00; reopened Fri 5 June and not finished since | Tue 9 |
| D | Wed 3 09:00, nobody accepts it; voided Thu 11 | Wed 10 |
| E | Thu 4 09:00, village handles it, suspended Fri 5 until July | Thu 11 |
| F | Fri 5 09:00, merged into G at 10:00 | – |
| G | Thu 4 11:00, sent up at 11:30, dispatched to the fire department, verified Tue 9 11:00: 120 hours | Thu 11 |
| H | Mon 8 09:00, settled on the spot, verified 10:00 by the village: 1 hour | Mon 15 |
| I | Mon 8 09:00, village from Wed 10 16:00; granted until Tue 16 12:00; verified Tue 16 11:00: 194 hours | Mon 15 |
| J | other village, Mon 29 09:00, nobody accepts it | Mon 6 July |
| K | Wed 10 09:00, declined at 10:00 | – |
| L | Wed 10 09:00, withdrawn at 10:00 | – |
| M | outside all grids, Thu 11 09:00, nobody accepts it | Thu 18 |
| N | a dispute, Fri 12 09:00, mediated and finished Sat 13, verified Mon 15 09:00: 72 hours | Sun 12 July |
"""

from collections.abc import Iterator

import pytest

from server.rules.indicators import BY, COUNTS, RATES
from tests.conftest import Office
from tests.server.june import DISPUTE, FIRE, OTHER_VILLAGE, OUTSIDE, TOWNSHIP, VILLAGE, June, in_grid_of, open_in_june

WHY = {"reason": "复查发现通道又被占用。"}


def play(june: June) -> dict[str, str]:
    """Everything that happens until the end of June; letter → case id."""
    case: dict[str, str] = {}
    case["A"] = june.settle("Mon 2026-06-01 09:00", "Mon 2026-06-01 09:30", "Tue 2026-06-02 10:00",
                            "Tue 2026-06-02 15:00")  # fmt: skip
    case["B"] = june.settle("Mon 2026-06-01 10:00", "Mon 2026-06-01 10:30", "Tue 2026-06-02 11:00",
                            "Wed 2026-06-03 10:00")  # fmt: skip
    case["C"] = june.settle("Tue 2026-06-02 09:00", "Tue 2026-06-02 09:30", "Wed 2026-06-03 11:00",
                            "Thu 2026-06-04 09:00")  # fmt: skip
    june.move("Fri 2026-06-05 09:00", "township1", case["C"], "reopen", **WHY)
    case["D"] = june.file("Wed 2026-06-03 09:00")
    june.move("Thu 2026-06-11 09:00", "village1", case["D"], "void", code="no_such_matter", text="现场没有此事。")
    request = june.client("leader1").get(f"/cases/{case['D']}").json["requests"][0]
    assert request["kind"] == "void"
    june.move("Thu 2026-06-11 10:00", "leader1", case["D"], "grant_void")
    case["E"] = june.file("Thu 2026-06-04 09:00")
    june.handle("Thu 2026-06-04 09:30", case["E"])
    june.move(
        "Thu 2026-06-04 15:00", "village1", case["E"], "ask_suspension", code="waiting_appraisal",
        text="等待消防鉴定结果。", measures="已设围挡并派人值守。", review_on="2026-07-03",
    )  # fmt: skip
    june.move("Fri 2026-06-05 09:00", "leader1", case["E"], "approve_suspension")
    case["G"] = june.file("Thu 2026-06-04 11:00")
    june.move("Thu 2026-06-04 11:30", "village1", case["G"], "escalate", reason="需要消防部门到场。",
              work_done="已劝说住户先清理。")  # fmt: skip
    june.move("Thu 2026-06-04 11:40", "township1", case["G"], "accept", category=FIRE, urgency=2)
    june.move("Thu 2026-06-04 11:50", "township1", case["G"], "dispatch", lead=june.unit("fire1"))
    june.move("Thu 2026-06-04 15:00", "fire1", case["G"], "sign")
    case["F"] = june.file("Fri 2026-06-05 09:00")
    june.move("Fri 2026-06-05 10:00", "township1", case["F"], "merge", master=case["G"], reason="同一处消防通道。")
    june.finish("Mon 2026-06-08 15:00", case["G"], "fire1")
    june.verify("Tue 2026-06-09 11:00", case["G"])
    case["H"] = june.file("Mon 2026-06-08 09:00", settled={"result": "当场搬走了纸箱。", "photos": []})
    june.verify("Mon 2026-06-08 10:00", case["H"], "village1")
    case["I"] = june.file("Mon 2026-06-08 09:00")
    case["K"] = june.file("Wed 2026-06-10 09:00")
    june.move("Wed 2026-06-10 10:00", "village1", case["K"], "reject", code="not_ours", basis="不属于受理范围。",
              guidance="请到政务服务中心办理。")  # fmt: skip
    case["L"] = june.file("Wed 2026-06-10 09:00")
    june.move("Wed 2026-06-10 10:00", "worker1", case["L"], "withdraw", reason="住户已经自己清理。")
    june.handle("Wed 2026-06-10 16:00", case["I"])
    june.move("Thu 2026-06-11 09:00", "village1", case["I"], "ask_extension", reason="住户外出，周二才回来。",
              due_at="2026-06-16T12:00:00+08:00")  # fmt: skip
    june.move("Thu 2026-06-11 10:00", "township1", case["I"], "grant_extension")
    case["M"] = june.file("Thu 2026-06-11 09:00", location=OUTSIDE)
    june.finish("Tue 2026-06-16 10:00", case["I"])
    june.verify("Tue 2026-06-16 11:00", case["I"])
    case["N"] = june.file("Fri 2026-06-12 09:00", category=DISPUTE)
    june.handle("Fri 2026-06-12 09:30", case["N"], category=DISPUTE)
    june.move("Sat 2026-06-13 10:00", "village1", case["N"], "mediate", at="2026-06-13T09:00:00+08:00",
              place="村委会调解室", level="village", mediator="老周", present="yes", outcome="agreement")  # fmt: skip
    june.finish("Sat 2026-06-13 10:30", case["N"], result="mediated", route="mediation")
    june.verify("Mon 2026-06-15 09:00", case["N"])
    case["J"] = june.file("Mon 2026-06-29 09:00", "worker2", location=in_grid_of(OTHER_VILLAGE))
    june.move("Thu 2026-07-02 10:00", "township1", case["B"], "reopen", **WHY)
    return case


@pytest.fixture(scope="module")
def story(shared_office: Office) -> Iterator[tuple[June, dict[str, str]]]:
    with pytest.MonkeyPatch.context() as patch:
        june = open_in_june(shared_office, patch)
        yield june, play(june)


WANTED: dict[str, int] = {
    "received": 14,  # every letter
    "valid": 10,  # without D and L (void), F (merged), K (declined)
    "accepted": 8,  # A B C E G H I N
    "registered": 0,
    "closed": 6,  # A B G H I N; C is open again, B was until after June
    "closed_accepted": 6,
    "closed_spot": 1,  # H
    "settled": 6,
    "settled_to_grid": 1,  # H
    "settled_to_village": 5,  # A B H I N
    "settled_to_township": 6,  # and G
    "settled_to_county": 6,
    "settled_to_city": 6,
    "settled_village": 5,  # A B H I N
    "settled_village_not_spot": 4,  # without H
    "valid_not_spot": 9,
    "one_go": 6,
    "due": 8,  # A B C E G H I M; D void, F merged, K declined, L void; J and N are due in July
    "due_closed": 5,  # A B G H I
    "due_suspended": 1,  # E
    "closed_on_time": 5,  # A B C G H: what C's first closing was, it stays
    "overdue": 4,  # E I M, and D, voided the day after its due
    "due_current": 7,  # without E, which stands still
    "closed_on_time_current": 6,  # and I, within what was granted
    "disputes": 1,
    "disputes_mediated": 1,
    "mediation_success": 1,
    "disputes_closed": 1,
    "route_mediation": 1,
    "route_administrative": 0,
    "route_court": 0,
    "route_arbitration": 0,
    "route_petition": 0,
    "route_unreported": 0,
    # Two working hours to accept. F (merged), G (at the village) and L (withdrawn) ended before; G counts at the
    # township. D ran on until it was voided; I was late; J and M were never accepted.
    "accept_due": 12,  # A B C D E G H I J K M N
    "accept_in_time": 8,  # A B C E G H K N
    "accept_due_current": 12,
    "accept_in_time_current": 8,
    "sign_due": 1,  # the fire department, four working hours
    "sign_in_time": 1,
    "sign_due_current": 1,
    "sign_in_time_current": 1,
    "verify_due": 7,  # A B C G H I N, a working day each
    "verify_in_time": 7,
    "verify_due_current": 7,
    "verify_in_time_current": 7,
    "arrivals_due": 0,
    "no_show": 0,
    "offline_late": 0,
    "offline_excused": 0,
    # What happened in June, B's reopening did not.
    "decided": 9,  # A B C E G H I K N
    "dispatched": 1,  # G
    "verified": 7,
    "ended": 7,
    "rework": 0,
    "returned": 0,
    "misdispatched": 0,
    "extended": 1,  # I
    "suspended_in": 1,  # E
    "rejected": 1,  # K
    "withdrawn": 1,  # L
    "voided": 1,  # D
    "merged": 1,  # F
    "referred": 0,
    "reopened_in": 1,  # C
    "overruled": 0,
    "rejections": 1,
    "inspected": 0,
    "false_closing": 0,
    "rated": 0,
    "satisfied": 0,
}
"""Every count but two: `clocks_due` is not worth counting by hand, and the window is a story of its own."""
RATES_WANTED: dict[str, float | None] = {
    "completion": 75.0,  # 6 of 8
    "closure": 62.5,  # 5 of 8
    "on_time": 62.5,
    "on_time_current": 85.71,  # 6 of 7
    "prompt_accept": 66.67,
    "prompt_sign": 100.0,
    "prompt_verify": 100.0,
    "settlement": 100.0,
    "settlement_to_grid": 16.67,
    "settlement_to_village": 83.33,
    "settlement_to_township": 100.0,
    "village": 50.0,  # 5 of 10
    "village_of_closed": 83.33,
    "village_not_spot": 44.44,  # 4 of 9
    "spot": 16.67,
    "one_go_rate": 100.0,
    "mediation_of_accepted": 100.0,
    "rework_rate": 0.0,
    "extension_rate": 100.0,
    "rejection_rate": 11.11,  # 1 of 9
    "void_rate": 7.14,  # 1 of 14
    "merge_rate": 7.14,
    "reopening_rate": 14.29,  # 1 of 7
    "wrong_rejection_rate": 0.0,
    "false_rate": None,  # nothing was inspected
    "no_show_rate": None,
    "satisfaction": None,
    "participation": 0.0,
}


def test_the_month_s_figures_are_those_computed_by_hand(story: tuple[June, dict[str, str]]):
    june, _ = story
    june.at("Mon 2026-07-20 09:00")
    total = june.figures()["total"]
    assert {key: total[key] for key in WANTED} == WANTED
    assert {key: total[key] for key in RATES_WANTED} == RATES_WANTED
    # 1, 30, 48, 72, 120 and 194 hours.
    assert (total["mean_hours"], total["median_hours"], total["p90_hours"]) == (77.5, 60.0, 194.0)
    assert total["route_shares"] == {
        "mediation": 100.0, "administrative": 0.0, "court": 0.0, "arbitration": 0.0, "petition": 0.0, "unreported": 0.0,
    }  # fmt: skip
    assert COUNTS.keys() - WANTED.keys() == {"clocks_due", "one_go_final", "one_go_closed"}


def test_each_village_has_its_row_and_what_lies_outside_all_grids_one_of_its_own(
    story: tuple[June, dict[str, str]]
):  # fmt: skip
    june, _ = story
    june.at("Mon 2026-07-20 09:00")
    rows = {row["key"]: row for row in june.figures()["rows"]}
    assert len(rows) == 9  # eight villages and the rest
    first, other, rest = rows[VILLAGE], rows[OTHER_VILLAGE], rows[TOWNSHIP]
    assert (first["received"], first["due"], first["closed"], first["settled_village"]) == (12, 7, 6, 5)
    # The other village had nothing due: no rate, not a zero.
    assert (other["received"], other["due"], other["closure"], other["on_time"]) == (1, 0, None, None)
    assert (rest["received"], rest["due"], rest["due_closed"], rest["closure"], rest["overdue"]) == (1, 1, 0, 0.0, 1)
    assert "未划到下级" in rest["name"]


def test_each_lateness_counts_once_at_the_unit_that_owned_the_clock(story: tuple[June, dict[str, str]]):
    june, _ = story
    june.at("Mon 2026-07-20 09:00")
    rows = {row["key"]: row for row in june.figures(by="unit")["rows"]}
    desk, township, fire = (rows[june.unit(one)] for one in ("village1", "township1", "fire1"))
    # To accept: the village had A B C D E H I K N and was late with D and I; the township G, and M too late.
    assert (desk["accept_due"], desk["accept_in_time"]) == (9, 7)
    assert (township["accept_due"], township["accept_in_time"]) == (2, 1)
    assert (fire["sign_due"], fire["sign_in_time"], fire["received"]) == (1, 1, 0)
    # Whole cases stand with the unit that owns their overall clock: G since the township dispatched it, and M.
    assert (township["due"], township["closed_on_time"], township["overdue"]) == (2, 1, 1)


@pytest.mark.parametrize("by", BY)
def test_rows_sum_to_the_total_in_every_count(story: tuple[June, dict[str, str]], by: str):
    june, _ = story
    june.at("Thu 2026-10-01 09:00")  # the window is over, so that every count has a value
    found = june.figures(by=by)
    for key in COUNTS:
        assert sum(row[key] for row in found["rows"]) == found["total"][key], key
    assert found["total"]["received"] == 14


@pytest.mark.parametrize("by", BY)
def test_every_figure_is_as_long_as_the_list_behind_it(story: tuple[June, dict[str, str]], by: str):
    june, _ = story
    june.at("Thu 2026-10-01 09:00")
    found = june.figures("leader1", by=by)
    for row in [found["total"], *(one for one in found["rows"] if one["received"])]:
        key = {"key": row["key"]} if row["key"] else {}
        for figure in ("received", "closed", "due", "overdue", "settled_village", "accept_in_time", "ended",
                       "one_go_final", "closed_on_time_current", "sign_due_current"):  # fmt: skip
            page = june.behind(figure, account="leader1", by=by, **key)
            assert len(page["items"]) == page["count"] == row[figure], (figure, row["name"])
            assert page["hidden"] == 0


def test_the_list_behind_a_figure_names_exactly_its_cases(story: tuple[June, dict[str, str]]):
    june, case = story
    june.at("Mon 2026-07-20 09:00")
    letters = {case_id: letter for letter, case_id in case.items()}
    assert june.behind("closure", "denominator")["definition"]["name"] == {"zh": "应结", "en": "Due"}
    for indicator, part, expected in (
        ("closure", "numerator", "ABGHI"),
        ("closure", "denominator", "ABCEGHIM"),
        ("on_time", "numerator", "ABCGH"),
        ("village", "numerator", "ABHIN"),
        ("village", "denominator", "ABCEGHIJMN"),
        ("overdue", "numerator", "DEIM"),
        ("void_rate", "numerator", "D"),
        ("reopening_rate", "numerator", "C"),
        ("prompt_accept", "numerator", "ABCEGHKN"),
    ):
        page = june.behind(indicator, part)
        assert "".join(sorted(letters[one["id"]] for one in page["items"])) == expected, indicator
        received = [one["received_at"] for one in page["items"]]
        assert received == sorted(received, reverse=True)


def test_the_list_comes_in_pages_that_hold_each_case_once(story: tuple[June, dict[str, str]]):
    june, case = story
    june.at("Mon 2026-07-20 09:00")
    found, cursor = [], {}
    while True:
        page = june.ask("township1", "/indicators/cases", indicator="received", limit=4, **cursor).json
        found.append([one["id"] for one in page["items"]])
        assert page["count"] == 14
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [len(one) for one in found] == [4, 4, 4, 2]
    assert {one for page in found for one in page} == set(case.values())


def test_what_is_published_with_the_figures_says_what_each_is_made_of(story: tuple[June, dict[str, str]]):
    june, _ = story
    june.at("Mon 2026-07-20 09:00")
    found = june.figures()
    assert found["definitions"].keys() == COUNTS.keys() | RATES.keys()
    assert found["definitions"]["closure"]["numerator"] == "due_closed"
    assert found["definitions"]["closure"]["denominator"] == "due"
    assert "false_rate" in found["definitions"]["closure"]["beside"]
    assert (found["as_of"], found["frozen"]) == ("2026-06-30T16:00:00+00:00", True)


def test_in_the_middle_of_a_month_figures_stand_as_of_now(story: tuple[June, dict[str, str]]):
    # On Thursday 4 June at noon A and B were closed, and C, which was reopened the day after; nothing was due yet.
    june, _ = story
    june.at("Thu 2026-06-04 12:00")
    found = june.figures()
    assert (found["as_of"], found["frozen"]) == ("2026-06-04T04:00:00+00:00", False)
    total = found["total"]
    assert (total["received"], total["closed"], total["due"], total["closure"]) == (6, 3, 0, None)  # A B C D E G
