"""Builds or tests the PWA with npm, only when something changed; it needs no network when nothing did.

    .venv/bin/python deploy/local/pwa.py build|test|check

Stamps inside node_modules say which lock is installed and which sources dist was built from. They are removed
before the work and written after it.
"""
# ruff: noqa: S603, T201  # it starts npm with arguments of its own and talks to the person at the terminal

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import node

PWA = Path(__file__).resolve().parents[2] / "pwa"
INSTALLED = PWA / "node_modules" / ".gridloop-installed"
BUILT = PWA / "node_modules" / ".gridloop-built"


def install() -> None:
    """Bring node_modules to package-lock.json."""
    wanted = digest([PWA / "package.json", PWA / "package-lock.json"])
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return
    print("安装前端依赖… / Installing what the app is built with …", flush=True)
    INSTALLED.unlink(missing_ok=True)
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    INSTALLED.write_text(wanted)


def build() -> None:
    """Bring dist to the sources."""
    wanted = digest(sources())
    if (PWA / "dist" / "index.html").exists() and BUILT.exists() and BUILT.read_text() == wanted:
        return
    print("构建手机端… / Building the app …", flush=True)
    BUILT.unlink(missing_ok=True)
    npm("run", "--silent", "build")
    BUILT.write_text(wanted)


def sources() -> list[Path]:
    """Every file the build may read: all but what is installed, built or a test."""
    left_out = {"node_modules", "dist", "tests"}
    tops = [path for path in PWA.iterdir() if path.name not in left_out]
    return sorted(path for top in tops for path in (top, *top.rglob("*")) if path.is_file())


def digest(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(PWA)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def npm(*arguments: str) -> None:
    found = node.anywhere()
    path = f"{found}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = [str(found / "npm"), *arguments]
    # The Node from PyPI carries certificates of its own; the machine's are the ones its owner chose.
    surroundings = os.environ | {"PATH": path, "NODE_USE_SYSTEM_CA": "1", "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    # close_fds: an npm that outlives this script keeps the lock, so nobody works beside it.
    if subprocess.call(command, cwd=PWA, env=surroundings, close_fds=False):
        sys.exit(f"npm {' '.join(arguments[:2])} 没有成功。 / npm {' '.join(arguments[:2])} did not succeed.")


def main(work: str) -> None:
    """Install and do one piece of work; two calls at once wait for each other."""
    turn = os.open(PWA, os.O_RDONLY)
    os.set_inheritable(turn, True)
    fcntl.flock(turn, fcntl.LOCK_EX)
    if work != "check":  # it takes seconds and uses what is installed
        install()
    if work == "build":
        build()
    else:
        npm("run", "--silent", work)


if __name__ == "__main__":
    if sys.argv[1:] not in (["build"], ["test"], ["check"]):
        sys.exit("pwa.py build|test|check")
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
