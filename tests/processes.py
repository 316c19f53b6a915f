"""For tests that start, watch and kill processes of their own."""

import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def is_running(pid):
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        # One that has ended, but that nobody has asked about, does not count.
        return sys.platform != "linux" or ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


def text_of(path):
    return path.read_text() if path.exists() else ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
