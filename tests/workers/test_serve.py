"""`gridloop serve` as an operator meets it: alone on its data, alone on its port, gone when it is gone."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from server.config import SettingsError
from workers.alone import hold_alone
from workers.main import main


def is_one_sentence(ended: subprocess.CompletedProcess[str]) -> bool:
    """A refusal: exit code 2, nothing on standard output, one line and no traceback on standard error."""
    return ended.returncode == 2 and not ended.stdout and ended.stderr.count("\n") == 1


def test_a_second_serve_on_the_same_data_refuses_and_the_first_goes_on(serve, gridloop):
    first = serve()
    second = gridloop("serve", port=str(first.port + 1))
    assert is_one_sentence(second), second.stderr
    assert f"process {first.process.pid}" in second.stderr
    assert first.ask()[0] == 200


def test_another_way_to_the_same_database_is_the_same_database(serve, gridloop, tmp_path: Path):
    serve()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "data")
    second = gridloop(
        "serve",
        data_dir=str(tmp_path / "other"),
        keys_file=str(tmp_path / "data/keys.json"),
        database_url=f"sqlite:///{tmp_path}/elsewhere/gridloop.sqlite",
    )
    assert is_one_sentence(second), second.stderr
    assert "already serves" in second.stderr


def test_a_taken_port_refuses(gridloop):
    with socket.create_server(("127.0.0.1", 0)) as other:
        refused = gridloop("serve", port=str(other.getsockname()[1]))
    assert is_one_sentence(refused), refused.stderr
    assert "is taken" in refused.stderr


def test_a_port_shared_by_socket_option_is_taken_too(gridloop):
    """A server that sets SO_REUSEPORT would let a second one of its kind in beside it."""
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        refused = gridloop("serve", port=str(other.getsockname()[1]))
    assert is_one_sentence(refused), refused.stderr


def test_two_offices_on_one_port_refuse(serve, gridloop, tmp_path: Path):
    first = serve()
    second = gridloop("serve", data_dir=str(tmp_path / "other"), port=str(first.port))
    assert is_one_sentence(second), second.stderr
    assert "is taken" in second.stderr


def test_a_killed_main_process_takes_its_worker_along(serve):
    first = serve()
    (worker,) = first.workers()
    os.kill(worker, signal.SIGSTOP)  # even one that cannot run any code of ours
    first.end(signal.SIGKILL)
    first.wait_until(lambda: first.is_gone(worker))
    assert serve(port=str(first.port)).ask()[0] == 200


def test_a_killed_worker_is_replaced(serve):
    running = serve()
    (worker,) = running.workers()
    os.kill(worker, signal.SIGKILL)
    running.wait_until(lambda: running.workers() not in ([], [worker]))
    assert running.ask()[0] == 200
    assert "Unexpected exit" in running.log.read_text()


def test_it_stops_when_told_and_its_log_is_json_lines(serve):
    running = serve()
    workers = running.workers()
    assert {running.threads_that_take(signal.SIGTERM, pid) for pid in (running.process.pid, *workers)} == {1}
    assert running.end(signal.SIGTERM) == 0
    assert all(running.is_gone(worker) for worker in workers)
    lines = [json.loads(line) for line in running.log.read_text().splitlines() if line.startswith("{")]
    web = [line["event"] for line in lines if line["event"].startswith("web_")]  # its courier may speak in between
    assert web == ["web_started", "web_stopped"]


def test_a_closed_terminal_stops_it(serve):
    running = serve()
    assert running.end(signal.SIGHUP) == 0


def test_ctrl_c_in_a_terminal_is_heard_once(serve):
    """The terminal signals the whole group; a worker that ended on its own would look like a crash."""
    running = serve()
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.process.wait() == 0
    assert "Unexpected exit" not in running.log.read_text()


@pytest.mark.parametrize("settings", [{"host": "192.0.2.1"}, {"data_dir": "/proc/gridloop"}])
def test_what_this_machine_does_not_have_is_one_sentence(gridloop, settings: dict[str, str]):
    refused = gridloop("serve", **settings)
    assert is_one_sentence(refused), refused.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "80a"),
        ("PORT", "0"),
        ("WEB_THREADS", "1"),
        ("WEB_PROCESSES", "2"),
        ("DATABASE_URL", "oracle://x"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "postgresql://x/y"),
        ("TIMEZONE", "Mars/Olympus"),
        ("COLOUR", "red"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_senseless_setting_is_one_sentence(
    command: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(f"GRIDLOOP_{name}", value)
    with pytest.raises(SystemExit) as ended:
        main([command])
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert f"GRIDLOOP_{name}" in told.err or name == "DATABASE_URL"
    assert not told.out


def test_the_lock_lives_as_long_as_any_process_that_inherited_it(tmp_path: Path):
    database = tmp_path / "gridloop.sqlite"
    descriptor = hold_alone(database)
    with subprocess.Popen(["sleep", "600"], pass_fds=[descriptor]) as heir:
        os.close(descriptor)
        with pytest.raises(SettingsError):
            hold_alone(database)
        heir.kill()
    os.close(hold_alone(database))
