"""The process set that operators get: units and compose start commands that exist, with settings that exist."""

import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.config import Settings, SettingsError, read_settings
from tests.deploy.front import SHIPPED
from workers import courier, listening
from workers.main import gridloop

TOP = Path(__file__).resolve().parents[2]
DEPLOY = TOP / "deploy"
COMPOSE = DEPLOY / "compose"
UNITS = sorted((DEPLOY / "systemd").glob("gridloop-*.service"))
PROGRAM = "/opt/gridloop/.venv/bin/gridloop"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "gridloop"}
COMMANDS = {name: one for name, one in OURS.items() if "entrypoint" not in one}
"""Services that run a command of `gridloop`; the others run a script of deploy/."""
FURTHER: dict[str, dict[str, Any]] = yaml.safe_load((COMPOSE / "hosts.yaml").read_text())["services"]
STAYS = {name for name, one in SERVICES.items() if "profiles" not in one}
MADE_BY_HAND = {"gridloop.env", ".env", "secrets", "tls", "backups"}
"""What the operator makes beside compose.yaml, as its first lines say."""


def known_settings() -> set[str]:
    with pytest.raises(SettingsError) as refusal:
        read_settings({"GRIDLOOP_NO_SUCH_SETTING": ""})
    return set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", str(refusal.value).partition("known are")[2]))


def settings_of(service: str) -> Settings:
    """What Gridloop reads in this container: the environment file as it is shipped, then compose's own values."""
    file = dict(re.findall(r"^(GRIDLOOP_\w+)=(.*)$", (DEPLOY / "gridloop.env").read_text(), re.M))
    given = {name: re.sub(r"\$\{\w+:\?\}", "secret", value) for name, value in OURS[service]["environment"].items()}
    return read_settings({**file, **given})


def mounts(service: str) -> dict[str, str]:
    """Folder or file in the container → where it comes from."""
    found = [one.split(":") for one in SERVICES[service].get("volumes", [])]
    return {one[1]: one[0] for one in found}


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_there_is_a_unit_for_each_process_that_stays():
    started = {
        match[1] for unit in UNITS for match in re.finditer(rf"^ExecStart={PROGRAM} (\w+)$", unit.read_text(), re.M)
    }
    assert started == {"serve", "courier", "schedule"}
    assert started <= set(gridloop.commands)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_as_nobody_special_on_the_operator_s_settings(unit: Path):
    text = unit.read_text()
    for line in ("User=gridloop", "EnvironmentFile=/etc/gridloop/gridloop.env", "NoNewPrivileges=yes",
                 "ProtectSystem=strict", "WorkingDirectory=/opt/gridloop"):  # fmt: skip
        assert f"\n{line}\n" in text


@pytest.mark.systemd
def test_systemd_understands_every_line_of_the_units(tmp_path: Path):
    """It checks programs and documents, too: they are looked for where this repository lies."""
    files = [*UNITS, *(DEPLOY / "systemd").glob("*.timer")]
    for file in files:
        (tmp_path / file.name).write_text(file.read_text().replace("/opt/gridloop", str(TOP)))
    command = ["systemd-analyze", "verify", *(tmp_path / file.name for file in files)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    # What it says of other units of this machine is not about ours.
    ours = [line for line in found.stderr.splitlines() if str(tmp_path) in line or "gridloop" in line]
    assert ours == []
    assert found.returncode == 0, found.stderr


def test_a_container_hears_a_stop_while_it_starts():
    assert [name for name, one in OURS.items() if not one.get("init")] == []


def test_whoever_is_told_to_stop_has_the_time_to_finish():
    drains = {"serve": listening.DRAIN_S, "courier": courier.DRAIN_S}
    for unit in UNITS:
        text = unit.read_text()
        if found := re.search(rf"^ExecStart={PROGRAM} (serve|courier)$", text, re.M):
            assert int(re.search(r"^TimeoutStopSec=(\d+)$", text, re.M)[1]) > drains[found[1]]
    for name in ("web", "courier"):
        assert seconds(SERVICES[name]["stop_grace_period"]) > drains[SERVICES[name]["command"]]


def test_the_compose_file_runs_the_same_processes_with_settings_that_exist():
    assert {one["command"] for one in COMMANDS.values()} == {"serve", "courier", "schedule", "migrate"}
    assert {one["command"] for one in COMMANDS.values()} <= set(gridloop.commands)
    for name in OURS.keys() - COMMANDS.keys():
        program, script = OURS[name]["entrypoint"]
        assert program == ".venv/bin/python"
        assert (TOP / script).exists()
    explained = set(re.findall(r"^#?(GRIDLOOP_\w+)=", (DEPLOY / "gridloop.env").read_text(), re.M))
    for one in OURS.values():
        assert set(one["environment"]) <= explained
        assert {name.removeprefix("GRIDLOOP_") for name in one["environment"]} <= known_settings()
        assert (DEPLOY / one["env_file"]).exists()
    assert {"database", "redis", "nginx"} == SERVICES.keys() - OURS.keys()
    assert [name for name, one in SERVICES.items() if "ports" in one] == ["nginx"]


@pytest.mark.parametrize("service", OURS)
def test_a_container_finds_what_its_settings_name(service: str):
    settings = settings_of(service)
    assert settings.redis_url is not None
    assert settings.database_url.host == "database"
    assert settings.redis_url.startswith("redis://redis:6379")
    assert {"database", "redis"} <= SERVICES.keys()
    [secret] = OURS[service]["secrets"]
    assert str(settings.keys_file) == f"/run/secrets/{secret}"
    assert str(settings.data_dir) in mounts(service)
    assert settings.photo_dir.is_relative_to(settings.data_dir)
    assert settings.database_url.username == "gridloop_app"
    assert settings.migrate_url.username == ("gridloop_app" if service in STAYS else "gridloop_owner")
    for role in (settings.database_url.username, settings.migrate_url.username):
        assert f"CREATE ROLE {role} LOGIN" in (COMPOSE / "roles.sh").read_text()


def test_what_is_mounted_is_shipped_made_by_hand_or_declared():
    declared = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    for service in SERVICES:
        for source in mounts(service).values():
            if source.startswith("./"):
                assert (COMPOSE / source).exists() or source.removeprefix("./") in MADE_BY_HAND
            else:
                assert source in declared["volumes"]
    assert {one["file"].partition("/")[0] for one in declared["secrets"].values()} <= MADE_BY_HAND
    certificates = re.findall(r"^\s*ssl_certificate\w* +(\S+);", SHIPPED["compose"].read_text(), re.M)
    assert {str(Path(one).parent) for one in certificates} <= mounts("nginx").keys()
    assert mounts("nginx")["/etc/nginx/conf.d/default.conf"] == "./nginx.conf"


def test_health_is_asked_where_the_processes_answer():
    web, couriers = settings_of("web"), settings_of("courier")
    assert f"http://127.0.0.1:{web.port}/readyz" in SERVICES["web"]["healthcheck"]["test"]
    assert f"http://127.0.0.1:{couriers.courier_metrics_port}/metrics" in SERVICES["courier"]["healthcheck"]["test"]
    assert f"server web:{web.port} resolve;" in SHIPPED["compose"].read_text()
    assert f"server 127.0.0.1:{read_settings({}).port};" in SHIPPED["systemd"].read_text()
    for name, one in SERVICES.items():
        for awaited in one.get("depends_on", {}):
            assert awaited in SERVICES, name


def test_the_two_nginx_files_differ_in_where_gridloop_is_and_who_serves_the_files():
    lines = [
        [line for line in path.read_text().partition("upstream gridloop")[2].splitlines() if line.strip()]
        for path in (SHIPPED["systemd"], SHIPPED["compose"])
    ]
    own = "\n".join(lines[0])
    files = re.search(r"    # Scripts and styles carry.*?\n    \}\n", own, re.S)
    own = own.replace(files[0], "").replace("server 127.0.0.1:8000;", "zone web 64k;\n    server web:8000 resolve;")
    assert own == "\n".join(lines[1])


def test_nginx_asks_again_where_web_is():
    text = SHIPPED["compose"].read_text()
    assert re.search(r"^resolver 127\.0\.0\.11 valid=\d+s", text, re.M)
    assert len(set(re.findall(r"(?:zone |shared:)(\w+)", text))) == 2  # one name for both is refused at the start
    # The first one with `resolve` was 1.27.3.
    assert tuple(map(int, SERVICES["nginx"]["image"].partition(":")[2].split("."))) >= (1, 28)


def test_nothing_an_operator_makes_gets_into_the_image_or_the_repository():
    ignored = (COMPOSE / "Dockerfile.dockerignore").read_text().split()
    uncommitted = [line.rstrip("/") for line in (TOP / ".gitignore").read_text().splitlines()]
    told = (COMPOSE / "compose.yaml").read_text().partition("name: gridloop")[0]
    for name in MADE_BY_HAND:
        assert name in told
        assert f"deploy/compose/{name}" in ignored
        assert f"deploy/compose/{name}" in uncommitted


def test_one_service_builds_the_image_and_the_others_use_it():
    assert [name for name, one in SERVICES.items() if "build" in one] == ["web"]


def test_a_backup_is_made_by_programs_of_the_database_s_own_version():
    [client] = re.findall(r"postgresql-client-(\d+)", (COMPOSE / "Dockerfile").read_text())
    assert re.fullmatch(rf"postgis/postgis:{client}-[\d.]+", SERVICES["database"]["image"])
    assert mounts("backup") == mounts("restore")
    assert mounts("backup").items() >= mounts("web").items()
    assert OURS["backup"]["command"] == ["/backups"]


def test_couriers_of_further_hosts_reach_the_first_one_s_database_and_redis():
    assert {name for name in STAYS if name in OURS} | {"database", "redis"} == FURTHER.keys()
    redis, usual = FURTHER["redis"], SERVICES["redis"]
    assert redis["command"] == [*usual["command"], "--requirepass", "${REDIS_PASSWORD:?}"]
    assert redis["environment"] == {"REDISCLI_AUTH": "${REDIS_PASSWORD:?}"}
    for name in ("database", "redis"):
        [port] = FURTHER[name]["ports"]
        assert port.startswith("${PRIVATE_ADDRESS:?}:")
    for name in STAYS & OURS.keys():
        values = FURTHER[name]["environment"].items()
        assert FURTHER[name]["environment"].keys() <= OURS[name]["environment"].keys()
        given = {key: re.sub(r"\$\{\w+:\?\}", "10.0.0.1", value) for key, value in values}
        settings = read_settings({**OURS[name]["environment"], **given})
        assert (settings.database_url.host, settings.database_url.database) == ("10.0.0.1", "gridloop")
        assert settings.redis_url == "redis://:10.0.0.1@10.0.0.1:6379/0"


def test_the_image_is_built_from_what_is_there():
    text = (COMPOSE / "Dockerfile").read_text().replace("\\\n", " ")
    assert f'ENTRYPOINT ["{PROGRAM}"]' in text
    [build] = [line for line in text.splitlines() if line.startswith("RUN python3")]
    ignored = (COMPOSE / "Dockerfile.dockerignore").read_text().split()
    for script in re.findall(r"\b\w+/[\w/]+\.py", build):
        assert (TOP / script).exists()
        assert not any(fnmatch(script, f"{pattern}*") for pattern in ignored)
    for program in {one["healthcheck"]["test"][1] for one in OURS.values() if "healthcheck" in one}:
        assert program in re.search(r"apt-get install (.*?) &&", text)[1].split()


@pytest.mark.skipif(not shutil.which("apt-cache"), reason="not a Debian")
def test_the_packages_of_the_image_and_the_runbook_exist():
    texts = [(COMPOSE / "Dockerfile").read_text().replace("\\\n", " "), (DEPLOY / "README.md").read_text()]
    installed = [
        word for text in texts for line in re.findall(r"(?:apt|apt-get) install ([^&#`\n]*)", text)
        for word in line.split() if not word.startswith("-")
    ]  # fmt: skip
    assert "nginx" in installed
    unknown = subprocess.run(
        ["apt-cache", "show", "--no-all-versions", *installed], env=os.environ | {"LC_ALL": "C"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    ).stderr  # fmt: skip
    # A package of another release of Debian (the runbook names one of Debian 12) is not this machine's matter.
    missing = set(re.findall(r"Unable to locate package (\S+)", unknown))
    assert {one for one in missing if not one.startswith("postgresql-15")} == set()


def test_the_runbook_speaks_of_every_command_an_operator_has_for_couriers():
    text = (DEPLOY / "README.md").read_text()
    for words in ("gridloop courier", "gridloop-schedule", "outbox list", "outbox dead", "outbox again", "robot add",
                  "make-push-key"):  # fmt: skip
        assert words in text
