"""What the two commands and the operator's papers promise, held against the files themselves."""

import re
import subprocess
from pathlib import Path

import pytest

from server.config import SettingsError, read_settings

TOP = Path(__file__).resolve().parents[2]


def test_make_help_speaks_of_every_target():
    targets = set(re.search(r"^\.PHONY: (.+)$", (TOP / "Makefile").read_text(), re.M)[1].split())
    told = subprocess.run(["make", "help"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\w+)", told, re.M)) == targets - {"help"}


def test_every_setting_is_explained_to_operators_and_no_other():
    with pytest.raises(SettingsError) as refusal:
        read_settings({"GRIDLOOP_NO_SUCH_SETTING": ""})
    known = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", str(refusal.value).partition("known are")[2]))
    explained = set(re.findall(r"^#?GRIDLOOP_([A-Z_]+)=", (TOP / "deploy/gridloop.env").read_text(), re.M))
    assert explained == known


def test_the_settings_file_for_operators_makes_sense_as_it_stands():
    lines = re.findall(r"^(GRIDLOOP_\w+)=(.*)$", (TOP / "deploy/gridloop.env").read_text(), re.M)
    assert read_settings(dict(lines)).embedded


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock", "requirements-test.lock"])
def test_python_locks_name_no_registry_and_hash_everything(lock: str):
    text = (TOP / lock).read_text()
    assert "://" not in text
    entries = re.split(r"^(?=\w)", text, flags=re.M)[1:]
    assert entries
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_tests_run_what_is_shipped():
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^([\w.\[\]-]+==[^ ;]+)", (TOP / lock).read_text(), re.M))

    assert pins("requirements.lock") | pins("requirements-build.lock") <= pins("requirements-test.lock")


def test_the_app_s_lock_names_no_registry():
    assert '"resolved"' not in (TOP / "pwa/package-lock.json").read_text()


def test_ci_runs_make_test():
    assert "exec make test" in (TOP / ".ci/run").read_text()
    assert (TOP / ".ci/run").stat().st_mode & 0o111
