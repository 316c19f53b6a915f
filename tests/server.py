"""The real server with several processes, on the database of the tests, and visitors who speak HTTP with it."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from django.db import connection

from .processes import free_port

ROOT = Path(__file__).parent.parent


class Server:
    """gunicorn with `workers` processes; ends with the block it is used in. `env` adds to its variables."""

    def __init__(self, database: str, *, workers=3, threads=4, settings="tests.settings", env=None):
        self.port = free_port()
        self.how = {
            "args": [
                *[sys.executable, "-m", "gunicorn", "sharedlives.wsgi", "--worker-class", "gthread"],
                *["--workers", str(workers), "--threads", str(threads), "--bind", f"127.0.0.1:{self.port}"],
                *["--no-control-socket", "--log-level", "error", "--graceful-timeout", "3"],
            ],
            "env": os.environ
            | {"DJANGO_SETTINGS_MODULE": settings, "SERVED_DATABASE": database, "LOG_LEVEL": "CRITICAL"}
            | (env or {}),
        }

    def __enter__(self):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(**self.how, **quiet, cwd=ROOT, start_new_session=True)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if Visitor(self.port).get("/healthz")[0] == 200:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError("the server did not begin to answer")

    def __exit__(self, *exc_info):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def workers(self) -> list[int]:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in listed.stdout.split()]

    def kill_a_worker(self) -> None:
        """kill -9, whatever it is doing."""
        if workers := self.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(workers[0], signal.SIGKILL)


class Visitor:
    """One browser: keeps its cookies, fills in forms, presses again when no answer comes."""

    def __init__(self, port, *, timeout=30, address=""):
        self.port, self.timeout, self.cookies = port, timeout, {}
        self.headers = {"X-Forwarded-For": address} if address else {}
        self.statuses = Counter()  # 0 for no answer at all

    def get(self, path):
        return self._ask("GET", path)

    def post(self, path, fields):
        fields = {**fields, "csrfmiddlewaretoken": self.cookies.get("csrf", "")}
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            headers = self.headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            for header in response.headers.get_all("Set-Cookie") or []:
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
            return response.status, response.headers.get("Location", ""), response.read().decode()
        finally:
            connection.close()

    def reserve(self, path, name, *, patience=60):
        """Open the form, send it, and press again until an answer comes; the page it led to, or None."""
        fields = self.open_form(path, name, patience=patience)
        return fields and self.send(path, fields, patience=patience)

    def open_form(self, path, name, *, patience):
        """What they will send, or None."""
        page = self._until(patience, lambda: self.get(path), 200)
        return page and answers(re.search(r'name="stamp" value="([^"]+)"', page[2])[1], name)

    def send(self, path, fields, *, patience):
        """The page it led to, or None."""
        answer = self._until(patience, lambda: self.post(path, fields), 302)
        return answer and answer[1]

    def _until(self, patience, ask, wanted):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                answer = ask()
            except (OSError, http.client.HTTPException):
                answer = (0, "", "")
            self.statuses[answer[0]] += 1
            if answer[0] == wanted:
                return answer
            time.sleep(0.1)
        return None


def answers(stamp, name):
    return {
        "stamp": stamp,
        "contact_name": name,
        "email": f"{name.lower().replace(' ', '.')}@example.org",
        "support_workers": "0",
        "people-TOTAL_FORMS": "1",
        "people-INITIAL_FORMS": "0",
    }


def all_at_once(number, visit):
    """Run `visit(n)` for n below `number`, each in a thread of its own, all starting together; the results."""
    results, barrier = [None] * number, threading.Barrier(number)

    def work(n):
        barrier.wait()
        try:
            results[n] = visit(n)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
