"""The picture of the machine in docs/ is the table's own."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_machine_s_page_is_drawn_from_the_table_as_it_stands() -> None:
    drawn = runpy.run_path(str(DOCS / "draw_machine.py"))["draw"]()
    assert (DOCS / "machine.md").read_text(encoding="utf-8") == drawn, "run `python docs/draw_machine.py`"
