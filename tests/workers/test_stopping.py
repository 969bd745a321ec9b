"""Whoever is told to stop hears it: no thread may start before the signals are blocked, for it would not block them."""

import subprocess
import sys


def test_loading_every_command_starts_no_thread():
    counting = "import os, workers.main; print(len(os.listdir('/proc/self/task')))"
    loaded = subprocess.run([sys.executable, "-c", counting], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "1"
