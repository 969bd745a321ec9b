"""The process set that operators get: units and compose start commands that exist, with settings that exist."""

import re
from pathlib import Path

import pytest
import yaml

from server.config import SettingsError, read_settings
from workers.main import gridloop

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("gridloop-*.service"))
PROGRAM = "/opt/gridloop/.venv/bin/gridloop "


def known_settings() -> set[str]:
    with pytest.raises(SettingsError) as refusal:
        read_settings({"GRIDLOOP_NO_SUCH_SETTING": ""})
    return set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", str(refusal.value).partition("known are")[2]))


def test_there_is_a_unit_for_each_process_that_stays():
    started = {
        match[1] for unit in UNITS for match in re.finditer(rf"^ExecStart={PROGRAM}(\w+)$", unit.read_text(), re.M)
    }
    assert started == {"serve", "courier", "schedule"}
    assert started <= set(gridloop.commands)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_as_nobody_special_on_the_operator_s_settings(unit: Path):
    text = unit.read_text()
    for line in ("User=gridloop", "EnvironmentFile=/etc/gridloop/gridloop.env", "NoNewPrivileges=yes",
                 "ProtectSystem=strict", "WorkingDirectory=/opt/gridloop"):  # fmt: skip
        assert f"\n{line}\n" in text


def test_the_compose_file_runs_the_same_processes_with_settings_that_exist():
    services = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())["services"]
    commands = {one["command"] for one in services.values() if isinstance(one.get("command"), str)}
    assert commands == {"serve", "courier", "schedule", "migrate"}
    for one in services.values():
        given = [name for name in one.get("environment", {}) if name.startswith("GRIDLOOP_")]
        assert {name.removeprefix("GRIDLOOP_") for name in given} <= known_settings()
    assert {"database", "redis", "nginx"} <= set(services)
    assert [name for name, one in services.items() if "ports" in one] == ["nginx"]


def test_the_two_nginx_files_keep_the_same_limits():
    limits = r"^\s*(client_max_body_size|client_body_timeout|ssl_protocols|proxy_read_timeout|location = /metrics) .*$"
    found = [
        re.findall(limits, (DEPLOY / path).read_text(), re.M) for path in ("nginx/gridloop.conf", "compose/nginx.conf")
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_the_runbook_speaks_of_every_command_an_operator_has_for_couriers():
    text = (DEPLOY / "README.md").read_text()
    for words in ("gridloop courier", "gridloop-schedule", "outbox list", "outbox dead", "outbox again", "robot add",
                  "make-push-key"):  # fmt: skip
        assert words in text
