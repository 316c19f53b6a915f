"""What goes wrong meanwhile: processes killed, the database stopped, a mail server that does not take mail."""

import contextlib
import email
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
from aiosmtpd.controller import Controller

from sharedlives.foundation import private_postgres

ROOT = Path(__file__).parent.parent


class Postgres:
    """A private server that can be stopped and started again."""

    def __init__(self, folder):
        self.folder = folder
        self.address = private_postgres.start(folder)

    def make_database(self, name):
        """A new one in place of what was there."""
        with psycopg.connect(dbname="postgres", autocommit=True, **self.address) as server:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {name} TEMPLATE template0")

    @property
    def pid(self):
        with psycopg.connect(dbname="postgres", **self.address) as server:
            (folder,) = server.execute("SHOW data_directory").fetchone()
        return int((Path(folder) / "postmaster.pid").read_text().split()[0])

    def stop_for(self, seconds):
        """As `systemctl stop` does: whoever is connected is thrown out."""
        os.kill(self.pid, signal.SIGINT)
        time.sleep(seconds)
        private_postgres.start(self.folder)


AT_A_TIME = 4  # jobs


class Jobs:
    """The job worker, as deploy/sharedlives-worker.service starts it: again whenever it ends, after the visitors."""

    COMMAND = [sys.executable, "manage.py", "procrastinate", "worker", "--concurrency", str(AT_A_TIME)]

    def __init__(self):
        self.killed, self.is_over = 0, threading.Event()

    def __enter__(self):
        self._start()
        self.keeper = threading.Thread(target=self._keep)
        self.keeper.start()
        return self

    def __exit__(self, *exc_info):
        self.is_over.set()
        self.keeper.join()
        self.process.terminate()
        self.process.wait()

    def _start(self):
        self.process = subprocess.Popen(
            ["nice", "-n", "10", *self.COMMAND],
            cwd=ROOT,
            env=os.environ | {"LOG_LEVEL": "CRITICAL"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _keep(self):
        while not self.is_over.wait(0.2):
            if self.process.poll() is not None:
                self._start()

    def kill(self):
        self.process.kill()
        self.killed += 1


class MailServer:
    """Takes what it is sent and counts it by Message-ID; or refuses, hangs, or takes only what is sent again."""

    def __init__(self, manner=""):
        self.manner, self.accepted, self.seen = manner, [], set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.manner == "greylists" and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 Greylisted, please come back in a minute"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.accepted.append(email.message_from_bytes(envelope.content)["Message-ID"])
        return "250 OK"

    @contextlib.contextmanager
    def listening(self, port):
        if self.manner == "refuses":
            yield
        elif self.manner == "hangs":
            with socket.create_server(("127.0.0.1", port), backlog=500):
                yield
        else:
            logging.getLogger("mail.log").setLevel(logging.WARNING)
            controller = Controller(self, hostname="127.0.0.1", port=port)
            controller.start()
            yield
            controller.stop()


@contextlib.contextmanager
def meanwhile(do, *, every, once=False):
    """In a thread, every so many seconds; not at all when that is 0."""
    is_over = threading.Event()

    def work():
        while every and not is_over.wait(every):
            do()
            if once:
                return

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join()
