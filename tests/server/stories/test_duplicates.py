"""Possible duplicates: near, recent, of the same or a sibling category, perhaps in like words; never a bar."""

import pytest
from shapely import Point

from server.rules.similarity import similarity
from tests.server.conftest import place_at, place_in
from tests.server.stories.tale import Tale

FIRE = "三号楼楼道堆放杂物，堵住了消防通道。"
HERE = place_in("990101001003004")


def metres_east(metres: float) -> dict[str, object]:
    # A degree of longitude is 91.3 km at 34.8° N.
    return place_at(Point(HERE["lon"] + metres / 91_300, HERE["lat"]))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # 消防 防通 通道 against 消防 防通 通道
        ("消防通道", "消防 通道！", 1.0),
        # 消防 防通 通道 (3) and 防通 通道 道堵 (3): two in common
        ("消防通道", "防通道堵", 4 / 6),
        ("消防通道", "路灯不亮", 0.0),
        # 啊啊 twice against 啊啊 once
        ("啊啊啊", "啊啊", 2 / 3),
        ("ABC", "abc", 1.0),
        ("甲", "甲", 0.0),
        ("", "消防通道", 0.0),
    ],
)
def test_texts_are_alike_by_pairs_of_characters(one: str, other: str, expected: float):
    assert similarity(one, other) == pytest.approx(expected)
    assert similarity(other, one) == similarity(one, other)


def test_each_possible_duplicate_says_why(tale: Tale):
    older = Tale(tale.stage)
    older.at("02-22 08:59").files("village3", location=HERE, text=FIRE)  # more than seven days ago
    alike, other, far, elsewhere = (Tale(tale.stage) for _ in range(4))
    tale.at("02-24 09:00")
    alike.files("worker18", location=metres_east(30), text="三号楼楼道里堆放杂物，消防通道堵住了！")
    other.files(
        "worker18", location=metres_east(60), text="电动车整夜在门厅里充电。", category="H-FIRE-02", photos=["a" * 64]
    )
    far.files("worker18", location=metres_east(130), text=FIRE)
    elsewhere.files("worker18", location=HERE, text=FIRE, category="C-03", photos=["a" * 64])
    found = tale.at("03-01 09:00").files("worker1", location=HERE, text=FIRE, category="H-FIRE-01")
    assert found["possible_duplicates"] == []  # worker1 may see none of them
    shown = tale.look("village3")["possible_duplicates"]
    assert [(one["case_id"], one["reasons"]) for one in shown] == [
        (alike.case["id"], ["near", "recent", "same_category", "similar_text"]),
        (other.case["id"], ["near", "recent", "sibling_category"]),
    ]
    assert [round(one["distance_m"]) for one in shown] == [30, 60]
    # They bar nothing: it is accepted as it is, or merged by the desk.
    tale.does("village3", "merge", master=alike.case["id"])
    assert tale.state() == "merged"
    assert tale.look("village3")["possible_duplicates"] == []  # nothing is merged any more
