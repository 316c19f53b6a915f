"""Start a private PostgreSQL for people who only want to try the site or run its tests.

Nobody needs to install or configure a server: the first process that needs the database starts one, every other
process shares it, and it stops by itself a moment after the last one has gone, also when that one was killed.
Whoever sets DATABASE_URL never comes here.

How the pieces hold on to each other (files in the folder given to `start`; all locks are the kernel's, so that a
killed process leaves none behind):

    clients.lock      shared by every process that uses the database; nobody left means: stop
    start.lock        held while one client starts the supervisor
    supervisor.lock   held by the supervisor, a small process of its own that starts and stops the server
    server.lock       inherited by the server and all its children; free once the last of them has gone
    address           where the socket is; there only while the server answers
    pg18/             the cluster, one for each major version
"""

import fcntl
import os
import select
import subprocess
import sys
from pathlib import Path

PORT = "5432"  # only the name of a socket here: no network port is opened
USER = "postgres"
START_SECONDS = 120
# -I keeps PYTHONPATH and the current folder from standing in for the standard library.
SUPERVISOR = [
    sys.executable,
    "-I",
    "-c",
    f"import sys; sys.path.insert(0, {str(Path(__file__).parents[3])!r}); "
    f"from {__name__} import supervisor; supervisor.main(*sys.argv[1:])",
]

_held_locks = {}


class NoPostgres(RuntimeError):
    """Says in a sentence fit to show why there is no database."""


def start(folder, *, durable=True):
    """Have a server for this folder run as long as this process lives; return what libpq needs to find it."""
    folder = Path(folder).resolve()
    _become_client(folder)
    socket_folder = _running(folder)
    if not socket_folder:
        with open(folder / "start.lock", "w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            socket_folder = _running(folder) or _launch(folder, durable)
    return {"host": socket_folder, "port": PORT, "user": USER}


def _become_client(folder):
    if folder in _held_locks:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.geteuid():
            raise PermissionError
        clients = os.open(folder / "clients.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise NoPostgres(
            f"{folder} belongs to another account: start this as that one, or delete the folder."
        ) from None
    fcntl.flock(clients, fcntl.LOCK_SH)  # waits while a supervisor is stopping its server
    _held_locks[folder] = clients


def _running(folder):
    """The socket's folder, or None without a server: a look at two files, cheap enough for every new connection."""
    try:
        socket_folder = (folder / "address").read_text()
        with open(folder / "supervisor.lock") as lock:
            return None if try_lock(lock, fcntl.LOCK_SH) else socket_folder
    except FileNotFoundError:
        return None


def try_lock(file, kind=fcntl.LOCK_EX):
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _launch(folder, durable):
    (folder / "address").unlink(missing_ok=True)
    log = _open_log(folder / "server.log")
    launcher = subprocess.Popen(
        [*SUPERVISOR, str(folder), "durable" if durable else "fast"],
        start_new_session=True,  # so Ctrl-C in the terminal leaves it to those who use the database
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        cwd="/",
    )
    os.close(log)
    launcher.wait()  # the supervisor is its child, and nobody's in the end
    with launcher.stdout as report:
        words = os.read(report.fileno(), 4000) if select.select([report], [], [], START_SECONDS)[0] else b""
    if words != b"ready":
        raise NoPostgres(words.decode() or f"PostgreSQL did not start; why stands in {folder / 'server.log'}.")
    return (folder / "address").read_text()


def _open_log(path):
    """Appended to, begun anew when it has grown long, and for its owner alone: it may quote what a query held."""
    long = path.exists() and path.stat().st_size > 5_000_000
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if long else 0), 0o600)
