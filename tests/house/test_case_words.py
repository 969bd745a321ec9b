"""The phone has a word for whatever the office's table can put into a case; the words say what the table says."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from server.rules.escalation import RUNGS, Stage
from server.rules.facts import ClockKind, RequestKind, State, TaskState
from server.rules.workflow import MOVES

SOURCES = Path(__file__).resolve().parents[2] / "pwa" / "src"
WORD = re.compile(r"^  (\w+): \[\s*\"([^\"]+)\"", re.MULTILINE)


def words() -> dict[str, str]:
    files = [SOURCES / f"{name}-words.ts" for name in ("case", "step")]
    return dict(WORD.findall("\n".join(path.read_text(encoding="utf-8") for path in files)))


def test_every_step_of_the_table_is_named_as_its_button_is():
    known = words()
    assert {move.action: known.get(f"act_{move.action}") for move in MOVES} == {move.action: move.zh for move in MOVES}


def test_every_state_clock_request_and_rung_has_a_word():
    missing = [
        *_missing("case", State),
        *_missing("task", TaskState),
        *_missing("clock", get_args(ClockKind)),
        *_missing("request", get_args(RequestKind)),
        *_missing("rung", RUNGS),
        *_missing("stage", (str(int(stage)) for stage in Stage if stage)),
    ]
    assert missing == []


def test_every_field_and_fixed_choice_of_a_move_has_a_word():
    needs = {need.name: need for move in MOVES for need in move.needs}
    chosen = {value for need in needs.values() if need.type == "choice" for value, _, _ in need.choices}
    rungs = {f"said_{rung}" for rung in RUNGS}
    assert [*_missing("field", needs), *(word for word in _missing("said", chosen) if word not in rungs)] == []


def _missing(kind: str, codes: Iterable[str]) -> list[str]:
    known = words()
    return [f"{kind}_{code}" for code in codes if f"{kind}_{code}" not in known]
