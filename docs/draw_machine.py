"""Draws docs/machine.md from the table of moves: `python docs/draw_machine.py`. A test fails when it is stale."""

from pathlib import Path

from server.rules.facts import State
from server.rules.workflow import MOVES, Move

PAGE = Path(__file__).with_name("machine.md")
_STATES = {
    State.SUBMITTED: "待受理",
    State.ACCEPTED: "待分派",
    State.IN_PROGRESS: "处置中",
    State.AWAITING_VERIFICATION: "待核查",
    State.CLOSED: "已结案",
    State.REJECTED: "不予受理",
    State.VOID: "作废",
}
_HEAD = """# The machine, as the table of moves has it

Drawn from `server/rules/workflow.py` by `docs/draw_machine.py`; do not edit it by hand.

```mermaid
stateDiagram-v2
"""


def draw() -> str:
    """The whole page."""
    lines = [f"    {state} : {state} {words}" for state, words in _STATES.items()]
    for move in MOVES:
        for source in sorted(move.sources) or ["[*]"]:
            if move.target is not None and source != move.target:
                lines.append(f"    {source} --> {move.target} : {move.zh} {move.action}")
    rows = ["| action | 中文 | from | to | who | compares | needs |", "|---|---|---|---|---|---|---|"]
    rows += [_row(move) for move in MOVES]
    return _HEAD + "\n".join(lines) + "\n```\n\n" + "\n".join(rows) + "\n"


def _row(move: Move) -> str:
    sources = ", ".join(sorted(move.sources)) or "–"
    needs = ", ".join(need.name if need.required else f"{need.name}?" for need in move.needs) or "–"
    compares = "yes" if move.compares else ""
    who = ", ".join(sorted(move.who))
    return f"| {move.action} | {move.zh} | {sources} | {move.target or 'same'} | {who} | {compares} | {needs} |"


if __name__ == "__main__":
    PAGE.write_text(draw(), encoding="utf-8")
