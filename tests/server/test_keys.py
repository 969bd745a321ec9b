"""The keys file: made once, read whole, refused with one sentence when it is damaged, never printed."""

import base64
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from server.config import SettingsError
from server.keys import Keys, make_keys, read_keys


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "deep" / "keys.json"
    make_keys(found)
    return found


def changed(path: Path, **changes: Any) -> Path:
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, **changes}))
    return path


def test_new_keys_are_three_different_ones_of_32_bytes_for_the_owner_only(path: Path):
    keys = read_keys(path)
    each = [*keys.parties.values(), keys.index, keys.content]
    assert {len(key) for key in each} == {32}
    assert len(set(each)) == 3
    assert keys.active in keys.parties
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]


def test_two_files_never_hold_the_same_keys(path: Path, tmp_path: Path):
    make_keys(tmp_path / "other.json")
    assert read_keys(path) != read_keys(tmp_path / "other.json")


def test_existing_keys_are_never_overwritten(path: Path):
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        make_keys(path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]


def test_of_two_first_starts_at_once_one_makes_the_keys_and_both_read_the_same(tmp_path: Path):
    path, start, lost = tmp_path / "keys.json", threading.Barrier(4), []

    def first_start() -> None:
        start.wait()
        try:
            make_keys(path)
        except FileExistsError:
            lost.append(1)

    threads = [threading.Thread(target=first_start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lost) == 3
    assert isinstance(read_keys(path), Keys)


@pytest.mark.parametrize(
    "changes",
    [
        {"index": "short"},
        {"index": base64.b64encode(bytes(31)).decode()},
        {"content": base64.b64encode(bytes(33)).decode()},
        {"content": None},
        {"index": "*" * 44},
        {"parties": []},
        {"parties": {"k1": 7}},
        {"active": "k2"},
        {"active": None},
    ],
    ids=str,
)
def test_damaged_keys_stop_the_start_with_one_sentence_that_shows_no_key(path: Path, changes: dict[str, Any]):
    kept = json.loads(path.read_text())
    with pytest.raises(SettingsError) as stopped:
        read_keys(changed(path, **changes))
    sentence = str(stopped.value)
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for secret in (kept["index"], kept["content"], *kept["parties"].values()):
        assert secret not in sentence


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"parties": {}}'])
def test_what_is_no_keys_file_is_refused(path: Path, text: str):
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"damaged|does not hold"):
        read_keys(path)


def test_a_missing_keys_file_says_what_its_loss_means(tmp_path: Path):
    with pytest.raises(SettingsError, match="missing"):
        read_keys(tmp_path / "nowhere.json")


def test_a_keys_file_of_somebody_else_is_refused_in_a_sentence(keys_file: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)  # this test may run as root, whom no mode keeps out
    with pytest.raises(SettingsError, match="may not be read"):
        read_keys(keys_file)


def test_keys_do_not_show_when_they_are_printed(path: Path):
    keys = read_keys(path)
    shown = repr(keys) + str(keys)
    assert repr(keys.index) not in shown
    assert repr(keys.content) not in shown


def test_older_keys_stay_readable_beside_the_one_that_seals(path: Path):
    older = read_keys(path)
    held = {"k1": base64.b64encode(older.parties["k1"]).decode(), "k2": base64.b64encode(os.urandom(32)).decode()}
    keys = read_keys(changed(path, parties=held, active="k2"))
    assert keys.parties["k1"] == older.parties["k1"]
    assert keys.active == "k2"
