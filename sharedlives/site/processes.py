"""The processes of `serve`: web and job worker, forked from one that has everything loaded, and ending with it."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
import traceback

from django.db import connections
from gunicorn.app.base import BaseApplication
from procrastinate.contrib.django import app

from sharedlives.foundation import patience

SECONDS_TO_FINISH = 5


class Asked(BaseException):
    """A signal asked us to end."""

    def __init__(self, number):
        self.number = number


def listen_for_signals():
    def ask(number, frame):
        _on_each_signal(signal.SIG_IGN)  # once is enough: ending takes a few seconds at most
        raise Asked(number)

    _on_each_signal(ask)


def _on_each_signal(action):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)


class Children:
    """Forked processes that are started again when they end, and end when we do, even if we are killed.

    They learn of it from a pipe whose other end we alone hold open, and never write to.
    """

    def __init__(self, say):
        self.say = say
        self.lifeline, self.our_end = os.pipe()
        self.running = {}

    def start(self, name, run):
        connections.close_all()  # a connection cannot be shared by two processes
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            self._be_child(run)
        self.running[pid] = (name, run, time.monotonic())

    def _be_child(self, run):
        code = 1
        try:
            _on_each_signal(signal.SIG_DFL)
            os.setsid()  # Ctrl-C is for the parent, which then ends us in good order
            os.close(self.our_end)
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            run()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _end_with_parent(self):
        os.read(self.lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(SECONDS_TO_FINISH)
        os.killpg(0, signal.SIGKILL)

    def look_after(self):
        """Start again whatever has ended; one that ended soon waits a little first."""
        for pid, (name, run, started) in list(self.running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            del self.running[pid]
            self.say(f"The {name} has ended ({_how(status)}); starting it again.")
            time.sleep(max(0.0, started + 2 - time.monotonic()))
            self.start(name, run)

    def stop(self):
        """Ask all to finish what they do, then insist."""
        deadline = time.monotonic() + SECONDS_TO_FINISH
        for pid in self.running:
            _signal(os.kill, pid, signal.SIGTERM)
        while self._reap() and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in self.running:
            _signal(os.killpg, pid, signal.SIGKILL)

    def _reap(self):
        for pid in list(self.running):
            if os.waitpid(pid, os.WNOHANG)[0]:
                _signal(os.killpg, pid, signal.SIGKILL)  # what it may have left behind
                del self.running[pid]
        return self.running


def _signal(send, pid, number):
    with contextlib.suppress(ProcessLookupError):
        send(pid, number)


def _how(status):
    code = os.waitstatus_to_exitcode(status)
    return f"code {code}" if code >= 0 else signal.Signals(-code).name


def listen(first_port):
    """A socket on the first free port; being bound already, nobody can take the port from us."""
    for port in range(first_port, min(first_port + 100, 65536)):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(128)
        except (OSError, OverflowError):
            listener.close()
            continue
        return listener
    raise OSError(f"No port from {first_port} up is free.")


class Web(BaseApplication):
    """gunicorn on a socket of ours, with an application that is loaded already."""

    def __init__(self, application, listener):
        self.application = application
        self.listener = listener
        super().__init__()

    def load_config(self):
        for name, value in {
            "bind": f"fd://{os.dup(self.listener.fileno())}",
            "worker_class": "gthread",
            "workers": 2,
            "threads": 4,
            "graceful_timeout": SECONDS_TO_FINISH - 2,
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "sharedlives",
        }.items():
            self.cfg.set(name, value)

    def load(self):
        patience.answer_in_time()
        return self.application


def run_worker():
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(shutdown_graceful_timeout=SECONDS_TO_FINISH - 2)
