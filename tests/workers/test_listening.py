"""The web server's processes under an application that can be slow or crash; the office's own has no such routes."""

import signal
import sys
import threading

import pytest

OFFICE = """
import os, time, pathlib
from workers import listening
from workers.logs import GRANIAN

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        pathlib.Path("begun").touch()
        while not pathlib.Path("go_on").exists():
            time.sleep(0.02)
    if path == "/crash":
        os._exit(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]

listener = listening.listen("127.0.0.1", int(os.environ["GRIDLOOP_PORT"]))
listening.serve(listener, lambda: application, processes={processes}, threads=4, logging=GRANIAN)
"""


@pytest.fixture
def office(start):
    """`office(processes)` serves the application above in the test's own folder."""
    return lambda processes: start(
        sys.executable, "-c", OFFICE.replace("{processes}", str(processes))
    ).wait_until_it_answers()


def test_a_stop_lets_a_running_request_finish(office, tmp_path):
    running = office(1)
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(running.ask("/slow")))
    asking.start()
    running.wait_until((tmp_path / "begun").exists)
    running.process.terminate()

    def refuses() -> bool:
        try:
            running.ask()
        except OSError:
            return True
        return False

    running.wait_until(refuses)
    assert running.process.poll() is None
    (tmp_path / "go_on").touch()
    asking.join()
    assert [status for status, _ in answers] == [200]
    assert running.process.wait() == 0


def test_one_thread_hears_a_stop_and_no_other_can_swallow_it(office):
    """A signal the kernel hands to another thread does not wake the main one, and the stop would be lost."""
    running = office(1)
    (worker,) = running.workers()
    together = [threading.Thread(target=running.ask) for _ in range(8)]
    for asking in together:
        asking.start()
    for asking in together:
        asking.join()
    assert running.threads_that_take(signal.SIGTERM, running.process.pid) == 1
    assert running.threads_that_take(signal.SIGTERM, worker) == 1


def test_a_crash_costs_only_the_requests_of_that_worker(office):
    """While the worker is replaced, clients wait in the socket's queue; nobody is turned away."""
    running = office(1)
    _, crashed = running.ask()
    with pytest.raises(ConnectionResetError):
        running.ask("/crash")
    status, successor = running.ask()
    assert status == 200
    assert successor != crashed


def test_several_workers_share_one_socket(office):
    running = office(2)
    running.wait_until(lambda: len(running.workers()) == 2)
    workers = {str(pid).encode() for pid in running.workers()}
    seen: set[bytes] = set()

    def both_answered() -> bool:
        seen.add(running.ask()[1])
        return len(seen) == 2

    running.wait_until(both_answered)
    assert seen == workers
