"""The rule book's files are complete, and a wrong line is refused by its number."""

import json
import shutil
from collections import Counter
from datetime import date, time

import pytest

from geodata.findings import UnusableFileError
from geodata.rulebook import DEFAULT_FOLDER, LimitRow, read_rulebook

BOOK = read_rulebook()
CATEGORIES = {category.code: category for category in BOOK.categories}
LEAVES = [category for category in BOOK.categories if category.leaf]

DISPUTES = (
    "婚姻家庭 邻里 房屋宅基地 合同 生产经营 损害赔偿 山林土地 征地拆迁 环境污染 劳动争议 旅游 消费 医疗 道路交通事故 "
    "物业 知识产权 互联网/电商 其他"
)


def test_there_are_enough_leaves_under_the_seven_tops():
    tops = [category.code for category in BOOK.categories if category.parent is None]
    assert tops == ["D", "S", "H", "C", "P", "R", "E"]
    assert len(LEAVES) >= 60
    assert set(tops) == {leaf.code[0] for leaf in LEAVES}
    assert all(category.name and category.name_en for category in BOOK.categories)


def test_the_eighteen_kinds_of_dispute_are_leaves():
    names = [leaf.name for leaf in LEAVES if leaf.code.startswith("D")]
    assert [name.removesuffix("纠纷") for name in names] == DISPUTES.split()


def test_a_hazard_can_be_filed_and_verified_without_a_visit():
    assert CATEGORIES["H-FIRE-01"].leaf
    assert any(
        leaf.code.startswith("H")
        and not leaf.photo_required
        and not leaf.after_photo_required
        and leaf.least_verification == "photo"
        for leaf in LEAVES
    )


def test_people_at_risk_and_complaints_about_cadres_pass_the_village_by():
    assert all(leaf.sensitive and leaf.avoid_village for leaf in LEAVES if leaf.code.startswith("R"))
    assert [leaf.name for leaf in LEAVES if leaf.avoid_village and not leaf.code.startswith("R")] == ["干部作风投诉"]


def test_mediation_attempts_are_those_of_the_rules():
    assert CATEGORIES["D-02"].attempts == 3
    assert CATEGORIES["D-10"].attempts == 0
    assert {leaf.attempts for leaf in LEAVES if not leaf.code.startswith("D")} == {0}


@pytest.mark.parametrize(
    "row",
    [
        ("*", "*", "accept", 2, "working_hours"),
        ("*", "*", "dispatch", 4, "working_hours"),
        ("*", "*", "sign", 4, "working_hours"),
        ("*", "*", "verify", 1, "working_days"),
        ("*", "4", "accept", 15, "minutes"),
        ("*", "4", "dispatch", 15, "minutes"),
        ("*", "4", "sign", 30, "minutes"),
        ("*", "4", "arrive", 60, "minutes"),
        ("*", "*", "contact", 2, "calendar_days"),
        ("D", "*", "handle", 30, "calendar_days"),
        ("C-01", "*", "handle", 1, "working_days"),
        ("C-02", "*", "handle", 5, "working_hours"),
        ("C-03", "*", "handle", 4, "working_days"),
        ("C-04", "*", "handle", 15, "working_days"),
        ("*", "*", "handle", 7, "working_days"),
    ],
)
def test_the_limits_are_those_of_the_public_rules(row):
    limits = {(limit.category, limit.urgency, limit.kind): limit for limit in BOOK.limits}

    assert limits[row[:3]] == LimitRow(*row)


def test_whoever_has_a_time_to_handle_has_one_overall():
    handled = {(limit.category, limit.urgency) for limit in BOOK.limits if limit.kind == "handle"}
    assert handled == {(limit.category, limit.urgency) for limit in BOOK.limits if limit.kind == "overall"}


def test_moves_that_ask_for_a_reason_code_have_some():
    counts = Counter(reason.action for reason in BOOK.reasons)
    for action in ("reject", "send_back", "ask_return", "ask_suspension", "renew_suspension", "void"):
        assert counts[action] >= 2
    assert {reason.code for reason in BOOK.reasons if reason.action == "void"} == {"test", "no_such_matter", "refiled"}


def test_the_office_has_its_shifts():
    assert BOOK.shifts[0].start < time(12) < BOOK.shifts[-1].end


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(DEFAULT_FOLDER, tmp_path / "book", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "book"


def test_a_deployments_own_holidays_are_read(folder):
    (folder / "holidays.csv").write_text("day,kind,name\n2027-01-01,off,元旦\n2027-01-03,work,调休\n", "gb18030")
    holidays = read_rulebook(folder).holidays
    assert [(holiday.day, holiday.kind) for holiday in holidays] == [
        (date(2027, 1, 1), "off"),
        (date(2027, 1, 3), "work"),
    ]


@pytest.mark.parametrize(
    ("file", "row", "code"),
    [
        ("categories.csv", "Z-01,名,Name,Z,1,0,0,0,0,0,0,phone,0,0", "bad_parent"),
        ("categories.csv", "C-99,名,Name,D,1,0,0,0,0,0,0,phone,0,0", "bad_parent"),
        ("categories.csv", "C-01-01,名,Name,C-01,1,0,0,0,0,0,0,phone,0,0", "bad_parent"),
        ("categories.csv", "C-01,名,Name,C,1,0,0,0,0,0,0,phone,0,0", "duplicate"),
        ("categories.csv", "c-99,名,Name,C,1,0,0,0,0,0,0,phone,0,0", "bad_value"),
        ("categories.csv", "C-99,,Name,C,1,0,0,0,0,0,0,phone,0,0", "bad_value"),
        ("categories.csv", "C-99,名,Name,C,yes,0,0,0,0,0,0,phone,0,0", "bad_value"),
        ("categories.csv", "C-99,名,Name,C,1,0,0,0,0,0,0,email,0,0", "bad_value"),
        ("categories.csv", "C-99,名,Name,C,1,0,0,0,0,0,0,phone,0,-1", "bad_value"),
        ("limits.csv", "Z,*,handle,1,hours", "unknown_category"),
        ("limits.csv", "C,5,handle,1,hours", "bad_value"),
        ("limits.csv", "C,*,handle,1,weeks", "bad_value"),
        ("limits.csv", "C,*,handle,0,hours", "bad_value"),
        ("limits.csv", "C,*,handle,9,hours", "duplicate"),
        ("holidays.csv", "2027-02-30,off,x", "bad_value"),
        ("holidays.csv", "2027-02-03,free,x", "bad_value"),
        ("reasons.csv", "reject,Not Ours,一,b", "bad_value"),
        ("reasons.csv", "reject,fresh,,b", "bad_value"),
        ("shifts.csv", "18:00,17:00", "bad_value"),
        ("shifts.csv", "25:00,26:00", "bad_value"),
        ("shifts.csv", "11:00,13:00", "bad_shifts"),
    ],
)
def test_a_mistake_in_a_file_is_told_before_anything_is_used(folder, file, row, code):
    with (folder / file).open("a", encoding="utf-8") as table:
        table.write(row + "\n")
    with pytest.raises(UnusableFileError) as unusable:
        read_rulebook(folder)
    (finding,) = unusable.value.findings
    assert finding.code == code
    if code in ("bad_value", "duplicate"):
        lines = (folder / file).read_text(encoding="utf-8").splitlines()
        assert (finding.where, finding.line) == (file, len(lines))


def test_the_ladder_of_the_rules_is_there():
    ladder = BOOK.numbers["ladder"]
    assert (
        ladder["handle"]
        == ladder["overall"]
        == [
            {"stage": "yellow", "share": 0.8},
            {"stage": "red", "share": 1},
            {"stage": "supervised", "working_days_after": 1},
            {"stage": "yellow_card", "working_days_after": 3},
            {"stage": "red_card", "working_days_after": 7},
        ]
    )
    short = [{"stage": "yellow", "share": 0.8}, {"stage": "red", "share": 1}]
    assert ladder["*"] == short
    assert set(ladder) == {"*", "handle", "overall"}


YELLOW, RED = {"stage": "yellow", "share": 0.8}, {"stage": "red", "share": 1}


@pytest.mark.parametrize(
    ("ladder", "said"),
    [
        (None, "must be an object"),
        ([YELLOW, RED], "must be an object"),
        ({"handle": [YELLOW, RED]}, "a ladder for *"),
        ({"*": [RED], "handel": [YELLOW, RED]}, "handel, which is no kind"),
        ({"*": YELLOW}, "must be a list"),
        ({"*": ["yellow", "red"]}, "must be a list"),
        ({"*": [{"stage": "pink", "share": 0.8}]}, "is wrong"),
        ({"*": [{"share": 0.8}]}, "is wrong"),
        ({"*": [{"stage": "yellow"}]}, "is wrong"),
        ({"*": [{"stage": "yellow", "share": 0}]}, "is wrong"),
        ({"*": [{"stage": "yellow", "share": 80}]}, "is wrong"),
        ({"*": [{"stage": "yellow", "share": True}]}, "is wrong"),
        ({"*": [{"stage": "yellow", "share": "0.8"}]}, "is wrong"),
        ({"*": [{"stage": "red_card", "working_days_after": 0}]}, "is wrong"),
        ({"*": [{"stage": "red_card", "working_days_after": 1.5}]}, "is wrong"),
        ({"*": [{"stage": "red_card", "working_days_after": True}]}, "is wrong"),
        ({"*": [{"stage": "red", "share": 1, "working_days_after": 1}]}, "is wrong"),
        ({"*": [{"stage": "red", "share": 1, "after": 1}]}, "is wrong"),
        ({"*": [{"stage": "red", "working_days_after": 1, "after": 1}]}, "is wrong"),
        ({"*": [{"stage": "red", "share": 1, "opens": "take_over"}]}, "is wrong"),
        ({"*": [RED, YELLOW]}, "must rise"),
        ({"*": [{"stage": "red", "share": 0.8}, {"stage": "yellow", "share": 1}]}, "must rise"),
        ({"*": [YELLOW, YELLOW]}, "must rise"),
        ({"*": [YELLOW, {"stage": "red", "share": 0.8}]}, "must rise"),
        ({"*": [{"stage": "yellow", "working_days_after": 1}, RED]}, "must rise"),
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_told(folder, ladder, said):
    (folder / "numbers.json").write_text(json.dumps({**BOOK.numbers, "ladder": ladder}), encoding="utf-8")
    with pytest.raises(UnusableFileError) as unusable:
        read_rulebook(folder)
    (finding,) = unusable.value.findings
    assert (finding.code, finding.where) == ("bad_ladder", "numbers.json")
    assert said in finding.en


def test_an_office_may_leave_stages_out(folder):
    ladder = {"*": [RED], "receipt": [], "handle": [YELLOW, {"stage": "red_card", "working_days_after": 2}]}
    # As an editor on Windows saves it.
    (folder / "numbers.json").write_text(json.dumps({"duplicate_days": 3, "ladder": ladder}), encoding="utf-8-sig")
    assert read_rulebook(folder).numbers == {"duplicate_days": 3, "ladder": ladder}


@pytest.mark.parametrize("text", [None, "", "{", "[1]"])
def test_numbers_that_cannot_be_read_are_told(folder, text):
    (folder / "numbers.json").unlink()
    if text is not None:
        (folder / "numbers.json").write_text(text, encoding="utf-8")
    with pytest.raises(UnusableFileError) as unusable:
        read_rulebook(folder)
    assert [(finding.code, finding.where) for finding in unusable.value.findings] == [("unreadable", "numbers.json")]


def test_a_limit_for_everything_must_remain(folder):
    text = (folder / "limits.csv").read_text(encoding="utf-8")
    (folder / "limits.csv").write_text(text.replace("*,*,accept,2,working_hours\n", ""), encoding="utf-8")
    with pytest.raises(UnusableFileError) as unusable:
        read_rulebook(folder)
    assert [(finding.code, finding.where) for finding in unusable.value.findings] == [("missing_limit", "accept")]


def test_mistakes_in_several_files_come_together(folder):
    (folder / "shifts.csv").write_text("start,end\n9,x\n", encoding="utf-8")
    (folder / "reasons.csv").unlink()
    with pytest.raises(UnusableFileError) as unusable:
        read_rulebook(folder)
    assert {finding.where for finding in unusable.value.findings} == {"shifts.csv", "reasons.csv"}
