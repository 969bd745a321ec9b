"""Finds a Node that can build the PWA: the machine's own, else the one pip put into .venv."""
# ruff: noqa: S603  # it asks the `node` on PATH for its version

import shutil
import subprocess
from pathlib import Path

VENV_BIN = Path(__file__).resolve().parents[2] / ".venv" / "bin"
# What "engines" in pwa/package.json asks for.
OLDEST = (20, 19)


def on_machine() -> Path | None:
    """The folder of a new enough `node` with its `npm` on PATH, outside .venv."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm or Path(node).parent == VENV_BIN:
        return None
    return Path(node).parent if version(node) >= OLDEST else None


def anywhere() -> Path:
    """The folder of the Node to use."""
    return on_machine() or VENV_BIN


def version(node: str) -> tuple[int, ...]:
    """(major, minor) of the program at `node`; (0,) if it does not answer."""
    try:
        answer = subprocess.check_output([node, "--version"], text=True)
        return tuple(int(part) for part in answer.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return (0,)
