"""The process that starts the private server, and stops it when nobody uses it any more."""

import contextlib
import ctypes
import locale
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import PORT, START_SECONDS, USER, NoPostgres, accounts, try_lock

LOOK_EVERY = 0.25  # seconds between two looks whether a client is left
PATIENCE = ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 60))
PR_SET_PDEATHSIG = 1
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "sharedlives",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class ServerEnded(RuntimeError):
    """The server did not start; why stands in its log."""


def main(folder, durability):
    if os.fork():
        os._exit(0)
    try:
        supervise(Path(folder), durability == "durable")
        report("ready")
    except NoPostgres as refusal:
        report(str(refusal))
        sys.exit(str(refusal))


def report(words):
    """Tell the client that waits, and let go of it."""
    with contextlib.suppress(BrokenPipeError):
        os.write(1, words.encode())
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)


def supervise(folder, durable):
    with open(folder / "supervisor.lock", "a") as lock:
        if not _take_over(folder, lock):
            return
        server, sockets = _start(folder, durable)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.send_signal(signal.SIGINT))
        _announce(folder, sockets)
        _stop_when_nobody_is_left(folder, server)
        with contextlib.suppress(OSError):
            sockets.rmdir()  # one of its own, in /tmp; any other still has files


def _take_over(folder, lock):
    """Become the supervisor; or leave it to another one that has been quicker, once its server answers."""
    deadline = time.monotonic() + START_SECONDS / 2
    while not try_lock(lock):
        if (folder / "address").exists():
            return False
        if time.monotonic() > deadline:
            raise NoPostgres(f"Another PostgreSQL in {folder} neither starts nor ends.")
        time.sleep(0.05)
    (folder / "address").unlink(missing_ok=True)
    return True


def _start(folder, durable):
    account = accounts.choose(folder)
    with open(folder / "server.lock", "a") as lock:
        _wait_for_the_last_server(lock, account.base)
        found, version = account.find_programs()
        account.run_as["pass_fds"] = [lock.fileno()]
        cluster = account.base / f"pg{version}"
        if not (cluster / "PG_VERSION").exists():
            _make_cluster(found, version, cluster, account, durable)
        sockets = account.socket_folder()
        try:
            return _start_server(found, cluster, sockets, account, durable), sockets
        except ServerEnded:
            if durable:
                raise
        # Never forced to the disk, so a power cut may have spoilt it; and nothing in it matters.
        _make_cluster(found, version, cluster, account, durable)
        return _start_server(found, cluster, sockets, account, durable), sockets


def _wait_for_the_last_server(lock, base):
    """One whose supervisor was killed: Linux has told it to stop (see _dying_with_us), elsewhere we do."""
    deadline = time.monotonic() + START_SECONDS / 4
    while not try_lock(lock):
        if sys.platform != "linux":
            for pid_file in base.glob("pg*/postmaster.pid"):
                with contextlib.suppress(OSError, ValueError):
                    os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
        if time.monotonic() > deadline:
            raise NoPostgres(f"An earlier PostgreSQL in {base} does not end.")
        time.sleep(0.05)


def _make_cluster(programs, version, cluster, account, durable):
    """Under another name first: a cluster that bears its own name is complete."""
    unfinished = cluster.with_name(f"{cluster.name}.unfinished")
    for leftover in (unfinished, cluster):
        shutil.rmtree(leftover, ignore_errors=True)
    accounts.own_folder(unfinished, account.uid)
    command = [programs / "initdb", "-D", unfinished, "-U", USER, "-E", "UTF8", "-A", "trust", "--no-instructions"]
    if not durable:
        command.append("--no-sync")
    subprocess.run([*command, *_locale(version)], check=True, **_child_arguments(account, signal.SIGKILL))
    unfinished.rename(cluster)


def _locale(version):
    """Sort by code point and know every letter: the same everywhere, whatever the machine's language."""
    if version >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    for name in ("C.UTF-8", "en_GB.UTF-8", "en_US.UTF-8"):
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, name)
            return ["--locale=C", f"--lc-ctype={name}"]
    return ["--locale=C"]


def _start_server(programs, cluster, sockets, account, durable):
    settings = SETTINGS | {"unix_socket_directories": str(sockets)} | ({} if durable else NOT_DURABLE)
    words = [f"--{name}={value}" for name, value in settings.items()]
    server = subprocess.Popen(
        [programs / "postgres", "-D", cluster, *words], **_child_arguments(account, signal.SIGINT)
    )
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(server, cluster):
        if server.poll() is not None or time.monotonic() > deadline:
            _stop(server)
            raise ServerEnded(server.returncode)
        time.sleep(0.01)
    return server


def _is_ready(server, cluster):
    """What pg_ctl asks too: the last line of the server's own file."""
    with contextlib.suppress(FileNotFoundError):
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return lines[:1] == [str(server.pid)] and lines[-1].strip() == "ready"
    return False


def _child_arguments(account, last_signal):
    """Popen's arguments for a child that gets this signal when we die."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    supervisor = os.getpid()
    enter_namespace = account.run_as.get("preexec_fn")

    def preexec():
        if enter_namespace:
            enter_namespace()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, last_signal)
            if os.getppid() != supervisor:
                os._exit(1)

    return account.run_as | {
        "preexec_fn": preexec,
        "env": environment | {"LC_ALL": "C", "TZ": "UTC"},
        "stdin": subprocess.DEVNULL,
        "stdout": sys.stderr,  # the log; our standard output is the pipe to the client
        "cwd": "/",
    }


def _announce(folder, sockets):
    unfinished = folder / "address.unfinished"
    unfinished.write_text(str(sockets))
    unfinished.rename(folder / "address")
    report("ready")


def _stop_when_nobody_is_left(folder, server):
    with open(folder / "clients.lock") as clients:
        while not _ends_within(LOOK_EVERY, server):
            if try_lock(clients):
                (folder / "address").unlink(missing_ok=True)
                _stop(server)


def _stop(server):
    """Ask it to end; failing that be rude, and leave the rest to PostgreSQL's crash recovery."""
    for number, seconds in PATIENCE:
        server.send_signal(number)
        if _ends_within(seconds, server):
            return


def _ends_within(seconds, server):
    try:
        server.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
