"""Files a person can read in one sitting and that say what they are for; tests that test; no name of a registry."""

import ast
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
ROOMS = ("server", "grids", "geodata", "workers", "deploy", "tests", "pwa", "docs")
MADE = {"node_modules", "dist", "__pycache__", "test-results", ".venv", "build"}
WRITTEN = {
    ".py", ".ts", ".tsx", ".css", ".html", ".js", ".mjs", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".sh",
    ".md", ".txt", ".env", ".service", ".conf", ".lock", ".mako", ".csv", "",
}  # fmt: skip
LONGEST = 400


def files(*suffixes: str) -> Iterator[Path]:
    """Files of the rooms and of the top that a person wrote."""
    yield from (path for path in TOP.iterdir() if path.is_file() and path.suffix in suffixes)
    for room in ROOMS:
        for folder, below, names in os.walk(TOP / room):
            below[:] = [name for name in below if name not in MADE and not name.startswith(".")]
            yield from (Path(folder, name) for name in names if Path(name).suffix in suffixes)


def test_no_file_is_longer_than_one_sitting():
    # A migration is one list of statements and is never read again once it has run.
    read = [path for path in files(".py", ".ts", ".tsx", ".sh") if "versions" not in path.parts]
    assert len(read) > 100
    assert [path for path in read if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST] == []


def test_a_module_says_in_one_sentence_what_it_is_for():
    silent = []
    for path in files(".py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and not (ast.get_docstring(tree) or "").strip():
            silent.append(path)
    assert silent == []


def test_tests_stand_in_rooms_without_init_under_names_of_their_own():
    tests = sorted((TOP / "tests").rglob("*.py"))
    assert not [path for path in tests if path.name == "__init__.py"]
    names = Counter(path.stem for path in tests if path.stem.startswith("test_"))
    assert not [name for name, count in names.items() if count > 1]


def test_a_file_of_tests_holds_tests_and_none_is_silent():
    for path in (TOP / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        assert tests, path
        for test in tests:
            # It asserts, or it calls what does: pytest.raises, expect(), a function that checks.
            assert [node for node in ast.walk(test) if isinstance(node, ast.Assert | ast.Call)], (path, test.name)


def test_no_file_names_a_package_registry():
    hosts = [".".join(parts) for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("npmmirror", "com"),
        ("yarnpkg", "com"), ("jsdelivr", "net"), ("unpkg", "com"),
    )]  # fmt: skip
    for path in files(*WRITTEN):
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [host for host in hosts if host in text], path


def test_the_licence_is_there():
    assert "Apache License" in (TOP / "LICENSE").read_text(encoding="utf-8")
