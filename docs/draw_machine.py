"""Draws docs/machine.md from the table of moves: `python docs/draw_machine.py`. A test fails when it is stale."""

from collections.abc import Iterable
from pathlib import Path

from server.rules.facts import OPEN, State
from server.rules.workflow import MOVES, Move

PAGE = Path(__file__).with_name("machine.md")
_STATES = {
    State.SUBMITTED: "待受理",
    State.ACCEPTED: "待分派",
    State.IN_PROGRESS: "处置中",
    State.SUSPENDED: "挂起",
    State.EXTERNAL: "转出待回执",
    State.AWAITING_VERIFICATION: "待核查",
    State.CLOSED: "已结案",
    State.REJECTED: "不予受理",
    State.VOID: "作废",
    State.MERGED: "并入",
}
_PICTURES: tuple[tuple[str, str, frozenset[State]], ...] = (
    ("The way through", "主线：受理、分派、处置、核查、结案",
     frozenset({State.SUBMITTED, State.ACCEPTED, State.IN_PROGRESS, State.AWAITING_VERIFICATION, State.CLOSED})),
    ("Standing still, and outside the house", "挂起与转出",
     frozenset({State.ACCEPTED, State.IN_PROGRESS, State.SUSPENDED, State.EXTERNAL, State.AWAITING_VERIFICATION})),
    ("Not taken on, voided, merged", "不予受理、作废、并案",
     frozenset({State.SUBMITTED, State.ACCEPTED, State.IN_PROGRESS, State.SUSPENDED, State.REJECTED, State.VOID,
                State.MERGED})),
)  # fmt: skip
"""Three pictures, since one with sixty arrows shows nothing: each draws the moves between its states, and an arrow that
stands in an earlier one is not drawn again."""
_HEAD = """# The machine, as the table of moves has it

Drawn from `server/rules/workflow.py` by `docs/draw_machine.py`; do not edit it by hand. A move that may lead to several
states is drawn to each; one that leaves the state as it is stands only in the list below.
"""
_LIST = """
## All moves

"any" is every state, "open" every state in which somebody must act. A move may also leave the state as it is: an ask
that waits, a closing that goes on to who handed it down. "Compares": refused when somebody else has decided meanwhile.
`?` marks a field that may be left out.

"""


def draw() -> str:
    """The whole page."""
    drawn: set[tuple[str, str, str]] = set()
    parts = [_HEAD, *(_picture(*picture, drawn) for picture in _PICTURES), _LIST]
    rows = ["| action | 中文 | from | to | who | compares | needs |", "|---|---|---|---|---|---|---|"]
    return "".join(parts) + "\n".join([*rows, *(_row(move) for move in MOVES)]) + "\n"


def _picture(title: str, words: str, states: frozenset[State], drawn: set[tuple[str, str, str]]) -> str:
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in MOVES:
        for source, target in _arrows(move):
            if {source, target} <= states | {"[*]"} and (move.action, source, target) not in drawn:
                drawn.add((move.action, source, target))
                arrows.setdefault((source, target), []).append(move.zh)
    lines = [f"    {state} : {state} {zh}" for state, zh in _STATES.items() if state in states]
    lines += [f"    {source} --> {target} : {'、'.join(names)}" for (source, target), names in arrows.items()]
    return "\n".join([f"\n## {title} {words}\n", "```mermaid", "stateDiagram-v2", *lines, "```", ""])


def _arrows(move: Move) -> Iterable[tuple[str, str]]:
    """From and to of every change of state that this move may make."""
    if not move.sources:
        return [("[*]", target) for target in move.targets]
    changes = [(source, target) for source in _STATES for target in move.leads_from(source) if source in move.sources]
    return [(source, target) for source, target in changes if source != target]


def _row(move: Move) -> str:
    needs = ", ".join(need.name if need.required else f"{need.name}?" for need in move.needs) or "–"
    compares = "yes" if move.compares else ""
    who, to = ", ".join(sorted(move.who)), ", ".join(move.targets) or "same"
    return f"| {move.action} | {move.zh} | {_named(move.sources)} | {to} | {who} | {compares} | {needs} |"


def _named(states: frozenset[str]) -> str:
    if states == OPEN:
        return "open"
    if states == set(State):
        return "any"
    return ", ".join(state for state in _STATES if state in states) or "–"


if __name__ == "__main__":
    PAGE.write_text(draw(), encoding="utf-8")
