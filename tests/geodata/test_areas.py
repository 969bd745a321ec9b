"""Lists of place codes become areas or findings that name the line."""

import random

import pytest

from geodata.areas import AreaRow, read_areas
from geodata.demo import demo_county
from grids.codes import read_place_code

HEADER = "code12,name,level,parent12"
ROWS = [
    "990100000000,澜岚市,city,990000000000",
    "990101000000,青禾县,county,990100000000",
    "990101001000,禾桥街道,township,990101000000",
    "990101001001,望禾社区,village,990101001000",
    "990101400000,青禾县园艺场,township,990101000000",
    "990101400598,园艺场虚拟生活区,village,990101400000",
]


def read(tmp_path, lines, encoding="utf-8", known=(), newline="\n"):
    path = tmp_path / "areas.csv"
    path.write_bytes((newline.join(lines) + newline).encode(encoding))
    return read_areas(path, read_place_code, known)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_table_is_read_in_the_encodings_clerks_save(tmp_path, encoding, newline):
    areas, findings = read(tmp_path, [HEADER, *ROWS], encoding, newline=newline)
    assert findings == []
    assert areas[0] == AreaRow("990100000000", "澜岚市", "city", None)
    assert [area.name for area in areas if area.parent == "990101000000"] == ["禾桥街道", "青禾县园艺场"]


def test_rare_characters_survive_gb18030(tmp_path):
    areas, findings = read(tmp_path, [HEADER, "990100000000,𠮷㐂市,city,990000000000"], "gb18030")
    assert (areas[0].name, findings) == ("𠮷㐂市", [])


def test_the_order_of_rows_and_columns_does_not_matter(tmp_path):
    straight, _ = read(tmp_path, [HEADER, *ROWS])
    shuffled = ROWS.copy()
    random.Random(3).shuffle(shuffled)
    turned = [",".join(reversed(row.split(","))) + ",more" for row in shuffled]
    areas, findings = read(tmp_path, ["parent12,level,name,code12,note", *turned])
    assert (areas, findings) == (straight, [])


def test_the_demonstration_county_reads_back(tmp_path):
    rows = [f"{a.code},{a.name},{a.level},{a.parent or '990000000000'}" for a in demo_county().areas]
    areas, findings = read(tmp_path, [HEADER, *rows])
    assert findings == []
    assert areas == [
        AreaRow(a.code, a.name, a.level, a.parent) for a in sorted(demo_county().areas, key=lambda a: a.code)
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("99010100100,某社区,village,990101001000", "bad_code"),
        ("9.90101E+11,某社区,village,990101001000", "bad_code"),
        (",某社区,village,990101001000", "bad_code"),
        ("990101001001,又一个,village,990101001000", "duplicate_code"),
        ("990101001002,,village,990101001000", "bad_name"),
        (f"990101001002,{'长' * 101},village,990101001000", "bad_name"),
        ("990101001002,某\t社区,village,990101001000", "bad_name"),
        ("990101001002,某社区,township,990101001000", "wrong_level"),
        ("990101001002,某社区,,990101001000", "wrong_level"),
        ("990101001002,某社区,village,990101000000", "wrong_parent"),
        ("990101001002,某社区,village,", "wrong_parent"),
        ("990101002001,某社区,village,990101002000", "unknown_parent"),
        ("990101001002", "bad_name"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path, row, code):
    areas, findings = read(tmp_path, [HEADER, *ROWS, "", row])
    first = findings[0]
    assert (first.severity, first.code, first.line) == ("error", code, 9)
    assert first.zh.startswith("第 9 行")
    assert first.en.startswith("Line 9")
    assert first.where == row.split(",")[0]
    assert len(areas) == len(ROWS)


def test_all_mistakes_are_listed_not_only_the_first(tmp_path):
    _, findings = read(tmp_path, [HEADER, "x,a,village,y", *ROWS, "990101001001,b,township,1"])
    assert [(finding.line, finding.code) for finding in findings] == [
        (2, "bad_code"),
        (9, "duplicate_code"),
        (9, "wrong_level"),
        (9, "wrong_parent"),
    ]


def test_a_parent_imported_before_is_known(tmp_path):
    areas, findings = read(tmp_path, [HEADER, ROWS[3]], known={"990101001000"})
    assert (len(areas), findings) == (1, [])


def test_a_province_is_passed_over_with_a_warning(tmp_path):
    areas, findings = read(tmp_path, [HEADER, "990000000000,某省,province,", *ROWS])
    assert [(finding.severity, finding.code) for finding in findings] == [("warning", "province")]
    assert len(areas) == len(ROWS)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "missing_column"),
        ("代码,名称\n1,2\n".encode(), "missing_column"),
        (HEADER.encode(), "empty_file"),
        (HEADER.encode("utf-16"), "not_text"),
        (b"\xff\xfe\x00\x01\x02", "not_text"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00", "not_text"),
        (HEADER.encode() + b'\n"' + b"x" * 200_000, "not_a_table"),
    ],
)
def test_a_file_that_is_no_table_is_one_finding(tmp_path, content, code):
    path = tmp_path / "areas.csv"
    path.write_bytes(content)
    areas, findings = read_areas(path, read_place_code)
    assert (areas, [finding.code for finding in findings]) == ([], [code])


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_a_file_that_cannot_be_opened_is_one_finding(tmp_path, name):
    assert [finding.code for finding in read_areas(tmp_path / name, read_place_code)[1]] == ["cannot_open"]
