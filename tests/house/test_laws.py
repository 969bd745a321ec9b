"""The laws of the house, held against the source itself: one door, one commit, one clock, one place for each thing."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from server.migrations.privileges import APPEND_ONLY
from server.rules.refusals import SENTENCES
from server.rules.workflow import MOVES

TOP = Path(__file__).resolve().parents[2]
ROOMS = ("server", "grids", "geodata", "workers")


@cache
def sources(room: str) -> dict[str, ast.Module]:
    """Path below the top → syntax tree, for every Python file of a room."""
    found = {
        path.relative_to(TOP).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((TOP / room).rglob("*.py"))
    }
    assert found, room
    return found


def nodes(*rooms: str) -> Iterator[tuple[str, ast.AST]]:
    for room in rooms:
        for path, tree in sources(room).items():
            for node in ast.walk(tree):
                yield path, node


def called(node: ast.AST) -> str | None:
    """The last word of what is called: `tx.execute(…)` → "execute"."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else None


def owner(node: ast.AST) -> str:
    """What stands before the last dot of a call: `datetime.now()` → "datetime"."""
    target = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    return ast.unparse(target) if target is not None else ""


def places(*found: tuple[str, ast.AST]) -> set[str]:
    return {path for path, _ in found}


WRITING = ("insert", "update", "delete", "insert_once", "insert_all_once", "insert_rows", "upsert_rows")


def writers_of(model: str) -> set[str]:
    """Files in which rows of this model are inserted, updated or deleted."""
    return {
        path
        for path, node in nodes("server", "workers")
        if called(node) in WRITING
        and isinstance(node, ast.Call)
        and any(isinstance(argument, ast.Name) and argument.id == model for argument in node.args[:2])
    }


def test_only_the_case_door_writes_cases():
    assert writers_of("Case") == {"server/services/cases.py"}


@pytest.mark.parametrize("model", ["Step", "StepPayload"])
def test_only_the_log_writes_steps(model: str):
    assert writers_of(model) == {"server/services/log.py"}


def test_who_sees_a_case_is_written_where_moves_take_effect_and_photos_arrive():
    assert writers_of("Audience") == {"server/services/outcome.py", "server/services/photos.py"}


@pytest.mark.parametrize(
    ("model", "file"),
    [("Party", "parties"), ("Audit", "people"), ("Person", "people"), ("Grant", "staffing"), ("Session", "people"),
     ("Photo", "photos"), ("Upload", "uploads"), ("Report", "intake"), ("Grid", "places"), ("Unit", "places")],
)  # fmt: skip
def test_personal_and_binding_rows_are_written_in_few_places(model: str, file: str):
    allowed = {f"server/services/{file}.py", "server/services/staffing.py"}
    assert f"server/services/{file}.py" in writers_of(model)
    assert writers_of(model) <= allowed


def test_no_statement_to_the_books_is_written_as_text_outside_models_and_migrations():
    written = re.compile(r"^\s*(INSERT INTO|UPDATE|DELETE FROM|TRUNCATE)\b", re.IGNORECASE)
    found = {
        path
        for path, node in nodes("server", "workers")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and written.match(node.value)
    }
    # db composes the INSERTs that every report makes, for a model that the caller names.
    known = {"server/models/numbers.py", "server/db.py"}
    assert {path for path in found if not path.startswith("server/migrations/")} == known


def test_there_is_one_commit():
    commits = places(*((path, node) for path, node in nodes(*ROOMS) if called(node) in ("commit", "begin")))
    assert commits == {"server/db.py", "server/migrations/env.py"}


def test_there_is_one_clock():
    asks = {
        path
        for path, node in nodes(*ROOMS)
        if (called(node) in ("now", "utcnow", "today") and owner(node) in ("datetime", "date", "dt", "func"))
        or (called(node) in ("time", "time_ns", "localtime", "gmtime") and owner(node) == "time")
    }  # fmt: skip
    assert asks == {"server/clock.py"}


def test_the_clock_is_read_only_at_the_doors():
    readers = {path for path, node in nodes("server") if called(node) == "now" and owner(node) == "clock"}
    doors = {"server/api/guard.py", "server/api/routes/sessions.py", "server/api/routes/looks.py"}
    assert {path for path in readers if not path.startswith("server/cli/")} <= doors


def test_only_one_file_knows_status_codes_of_refusals():
    for path, node in nodes("server"):
        if path == "server/api/problems.py":
            continue
        if isinstance(node, ast.ImportFrom) and node.module in ("http", "werkzeug.exceptions"):
            names = {alias.name for alias in node.names}
            # Turning werkzeug's own "no such file" into ours is not knowing a status.
            assert (path, names) == ("server/api/routes/pwa.py", {"NotFound"}), path
        assert called(node) not in ("abort", "make_problem"), path
    below = {
        (path, node.value)
        for path, node in nodes("server")
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool)
        and path.startswith("server/api/") and 400 <= node.value < 600
    } - {("server/api/problems.py", value) for value in range(400, 600)}  # fmt: skip
    assert below == {("server/api/routes/health.py", 503)}  # "not ready" is an answer, not a refusal


def test_every_refusal_that_is_uttered_has_its_sentence_and_every_sentence_is_uttered():
    uttered: dict[str, str] = {}
    for path, node in nodes("server"):
        if called(node) == "Refusal" and isinstance(node, ast.Call):
            code = node.args[0]
            if isinstance(code, ast.Constant):
                uttered[code.value] = path
        if called(node) == "invalid":
            uttered["invalid"] = path
        if isinstance(node, ast.keyword) and node.arg == "refuses":
            for constant in ast.walk(node.value):
                if isinstance(constant, ast.Constant):
                    assert constant.value in SENTENCES, (path, constant.value)
    assert set(uttered) <= set(SENTENCES), set(uttered) - set(SENTENCES)
    by_http = {"no_such_method", "internal"}  # said for werkzeug's and Python's own exceptions
    assert set(SENTENCES) - set(uttered) <= by_http


def test_what_a_route_can_refuse_is_what_it_says_it_refuses():
    # Codes that only one kind of request can meet must be stated by a route, or nobody could be prepared for them.
    stated = {
        constant.value
        for path, node in nodes("server")
        if isinstance(node, ast.keyword) and node.arg == "refuses"
        for constant in ast.walk(node.value)
        if isinstance(constant, ast.Constant)
    }
    by_the_door = {
        "not_signed_in", "must_change_password", "csrf_failed", "invalid", "not_json", "cut_short", "wrong_media_type",
        "too_large", "unavailable", "internal", "no_such_method",
    }  # fmt: skip
    assert set(SENTENCES) - by_the_door <= stated


@pytest.mark.parametrize(
    ("room", "strangers"),
    [
        ("grids", ("server", "workers", "geodata", "flask", "sqlalchemy")),
        ("geodata", ("server", "workers", "grids", "flask", "sqlalchemy")),
        ("server/rules", ("server.services", "server.models", "server.api", "server.db", "server.clock", "flask",
                          "sqlalchemy", "os", "pathlib", "random")),
        ("server", ("workers", "rq", "redis", "pywebpush", "requests", "urllib.request", "http.client", "socket")),
    ],
)  # fmt: skip
def test_a_room_knows_nothing_of_those_above_it(room: str, strangers: tuple[str, ...]):
    # Looking a name up is not calling anybody; a browser's push endpoint is checked before it is kept.
    allowed = {("server/services/resolving.py", "socket")}
    for path, node in nodes(room):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module]
        for module in modules:
            if (path, module) in allowed:
                continue
            assert not [one for one in strangers if module == one or module.startswith(f"{one}.")], (path, module)


def test_the_log_and_the_audit_are_append_only_by_name():
    assert set(APPEND_ONLY) >= {"steps", "audit"}


def test_moves_have_words_in_both_languages_and_one_row_each():
    actions = [move.action for move in MOVES]
    assert len(actions) == len(set(actions))
    for move in MOVES:
        for zh, en in ((move.zh, move.en), *((need.zh, need.en) for need in move.needs)):
            assert re.search(r"[\u4e00-\u9fff]", zh), move.action
            assert en.isascii(), move.action


def test_names_of_modules_say_what_is_in_them():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "handlers", "base", "core"}
    for room in (*ROOMS, "tests", "deploy"):
        for path in (TOP / room).rglob("*.py"):
            assert path.stem not in vague, path
