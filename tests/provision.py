"""Installs the Debian packages the tests need and says which tests must be left out; it runs no test.

    tests/provision.py [NEED …]      prints the needs that stay unmet, comma-separated: postgresql, browser,
                                     firefox, redis, nginx, systemd

Packages are installed through apt as root or through sudo without a password, and only when something is
missing. In CI nothing may be left out: an unmet need ends it with exit code 1.
"""
# ruff: noqa: T201  # it starts apt-get from PATH and answers on standard output

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from glob import glob

SYSTEM_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
"""Debian keeps servers where only root looks."""


def has_postgres() -> bool:
    return bool(shutil.which("pg_virtualenv") and glob("/usr/share/postgresql/*/extension/postgis.control"))


def has_browser() -> bool:
    """Debian's Chromium, and a font that can write Chinese."""
    if not shutil.which("chromium") or not shutil.which("fc-list"):
        return False
    return bool(subprocess.check_output(["fc-list", ":lang=zh"]))


def has_firefox() -> bool:
    return bool(shutil.which("firefox-esr"))


def has_redis() -> bool:
    return bool(shutil.which("redis-server") and shutil.which("redis-cli"))


def has_nginx() -> bool:
    """nginx, and curl, which asks the health checks of the compose file."""
    return bool(shutil.which("nginx", path=SYSTEM_PATH) and shutil.which("curl"))


def has_systemd() -> bool:
    """What checks units; systemd need not be running."""
    return bool(shutil.which("systemd-analyze"))


def postgres_packages() -> list[str]:
    """PostgreSQL and PostGIS of whatever version apt offers."""
    english = os.environ | {"LC_ALL": "C"}
    asked = ["apt-cache", "depends", "postgresql"]
    told = subprocess.run(asked, env=english, capture_output=True, text=True, check=False).stdout
    version = re.search(r"Depends: postgresql-(\d+)", told)
    postgis = f"postgresql-{version[1]}-postgis-3" if version else "postgresql-postgis"
    return ["postgresql", "postgresql-common", postgis]


NEEDS: dict[str, tuple[Callable[[], bool], Callable[[], list[str]]]] = {
    "postgresql": (has_postgres, postgres_packages),
    "browser": (has_browser, lambda: ["chromium", "fontconfig", "fonts-noto-cjk"]),
    "firefox": (has_firefox, lambda: ["firefox-esr"]),
    "redis": (has_redis, lambda: ["redis-server"]),
    "nginx": (has_nginx, lambda: ["nginx", "curl"]),
    "systemd": (has_systemd, lambda: ["systemd"]),
}


def as_root() -> list[str] | None:
    """What to put before a command so that it runs as root, or None."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def install(missing: list[str]) -> None:
    """Try to install what `missing` needs; success is judged by looking again."""
    root = as_root()
    if root is None or not shutil.which("apt-get"):
        return
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    # Standard output is for the answer.
    subprocess.run([*apt, "update"], stdout=sys.stderr, check=False)
    for need in missing:
        print(f"安装 {need} 测试所需的软件包… / Installing packages for the {need} tests …", file=sys.stderr)
        packages = NEEDS[need][1]()
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", *packages], stdout=sys.stderr, check=False)


def unmet(needs: list[str]) -> list[str]:
    return [need for need in needs if not NEEDS[need][0]()]


def main(needs: list[str]) -> None:
    if missing := unmet(needs):
        install(missing)
    left_out = unmet(needs)
    for need in left_out:
        packages = " ".join(NEEDS[need][1]())
        print(f"不运行 {need} 测试，缺少： / The {need} tests are left out; missing: {packages}", file=sys.stderr)
    if left_out and os.environ.get("CI") == "true":
        sys.exit("CI 中不得省略测试。 / In CI no test may be left out.")
    print(",".join(left_out))


if __name__ == "__main__":
    main(sys.argv[1:] or list(NEEDS))
