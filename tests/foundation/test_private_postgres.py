"""The private server, tried with real processes that are really killed."""

import json
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from sharedlives.foundation.private_postgres import NoPostgres, accounts, programs
from tests.processes import is_running, wait_for

ROOT = Path(__file__).parents[2]
# What a server gives up that never waits for the disk, as the one for tests does.
PROMISES = ("fsync", "synchronous_commit", "full_page_writes")
# Uses the database in the folder given until its standard input ends; says who serves it.
CLIENT = """
import json, sys
sys.path.insert(0, sys.argv[1])
import psycopg
from sharedlives.foundation import private_postgres
server = private_postgres.start(sys.argv[2], durable=sys.argv[3] == "durable")
with psycopg.connect(dbname="postgres", **server) as connection:
    settings = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in sys.argv[4:]}
print(json.dumps(settings | server), flush=True)
sys.stdin.read()
"""

# What Django does with it, given only the settings' few words.
DJANGO = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from django.conf import settings
private = {"ENGINE": "sharedlives.foundation.private_database", "NAME": "sharedlives"}
settings.configure(LOCAL_FOLDER=Path(sys.argv[2]), DATABASES={"default": private})
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_database(), current_setting('fsync'), current_setting('server_encoding')")
    print(*cursor.fetchone())
"""


class Client:
    begun = []

    def __init__(self, folder, *settings, durability="fast", before="", **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-c", before + CLIENT, ROOT, folder, durability, "data_directory", *settings],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.begun.append(self)

    def connected(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.answer = json.loads(line)
        self.server = int((Path(self.answer["data_directory"]) / "postmaster.pid").read_text().split()[0])
        return self

    def refused(self):
        said = self.process.communicate(timeout=10)[1]
        assert self.process.returncode == 1
        return said.splitlines()[-1]

    def leave(self):
        self.process.communicate(timeout=10)

    def kill(self):
        self.process.kill()
        if not self.process.stdin.closed:
            self.process.communicate(timeout=10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A path with a space and a comma, too long for a socket. The first test that needs the cluster makes it."""
    return tmp_path_factory.mktemp("short") / ("a long, " + "very " * 20 + "long name") / "postgres"


@pytest.fixture(autouse=True)
def _nobody_stays():
    """Whoever comes while a server is still going shares it, and the promises it was started with."""
    yield
    servers = [client.server for client in Client.begun if hasattr(client, "server")]
    while Client.begun:
        Client.begun.pop().kill()
    wait_for(lambda: not any(is_running(server) for server in servers))


def supervisor_of(server):
    return int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])


def test_processes_share_one_server_which_ends_after_the_last_of_them(folder):
    first = Client(folder, *PROMISES).connected()
    assert [first.answer[word] for word in PROMISES] == ["off", "off", "off"]
    second = Client(folder).connected()
    assert first.server == second.server

    first.leave()
    assert is_running(second.server)
    second.leave()

    wait_for(lambda: not is_running(second.server))
    assert not (folder / "address").exists()


def test_only_its_owner_can_reach_it_and_it_ends_by_itself_when_those_who_use_it_are_killed(folder):
    client = Client(folder, "listen_addresses", "unix_socket_permissions").connected()

    assert client.answer["listen_addresses"] == ""
    assert client.answer["unix_socket_permissions"] == "0700"
    for closed in (folder, Path(client.answer["host"])):
        assert (closed.stat().st_mode & 0o777, closed.stat().st_uid) == (0o700, os.geteuid())
    assert (folder / "server.log").stat().st_mode & 0o777 == 0o600

    client.kill()

    wait_for(lambda: not is_running(client.server))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_a_killed_supervisor_takes_the_server_along_and_the_next_start_is_clean(folder):
    client = Client(folder).connected()

    os.kill(supervisor_of(client.server), signal.SIGKILL)
    after = Client(folder).connected()

    assert not is_running(client.server)
    assert after.server != client.server
    client.leave()
    after.leave()
    wait_for(lambda: not is_running(after.server))


def test_after_a_killed_server_the_next_start_recovers_what_was_written(folder):
    client = Client(folder, *PROMISES, durability="durable").connected()
    assert [client.answer[word] for word in PROMISES] == ["on", "on", "on"]
    with psycopg.connect(host=client.answer["host"], port=5432, user="postgres", dbname="postgres") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")

    os.kill(client.server, signal.SIGKILL)
    wait_for(lambda: not is_running(client.server))
    after = Client(folder, durability="durable").connected()

    with psycopg.connect(host=after.answer["host"], port=5432, user="postgres", dbname="postgres") as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_killed_while_making_the_cluster_it_makes_it_anew(tmp_path):
    client = Client(tmp_path)
    wait_for(lambda: list(tmp_path.glob("pg*.unfinished/base/1/*")))
    supervisor = wait_for(lambda: _processes_of(tmp_path, "supervisor"))

    client.kill()
    for pid in supervisor:
        os.kill(pid, signal.SIGKILL)

    wait_for(lambda: not _processes_of(tmp_path, ""))
    assert not list(tmp_path.glob("pg*[0-9]"))
    after = Client(tmp_path).connected()
    after.leave()
    assert not list(tmp_path.glob("*.unfinished"))


def _processes_of(folder, word):
    found = subprocess.run(["pgrep", "-f", f"{word}.*{folder}"], capture_output=True, text=True).stdout
    return [int(pid) for pid in found.split() if is_running(int(pid))]


def test_a_spoilt_cluster_is_made_anew_if_it_was_never_meant_to_last(folder):
    client = Client(folder).connected()
    client.leave()
    wait_for(lambda: not is_running(client.server))
    (Path(client.answer["data_directory"]) / "global" / "pg_control").write_bytes(b"spoilt")

    assert "PostgreSQL did not start; why stands in" in Client(folder, durability="durable").refused()

    Client(folder).connected().leave()


def test_django_finds_its_database_made(folder):
    command = [sys.executable, "-c", DJANGO, ROOT, folder.parent]

    answers = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]

    assert answers == ["sharedlives on UTF8\n"] * 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_keeps_the_cluster_where_nobody_can_reach_it(tmp_path, public_folder):
    before = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from sharedlives.foundation import private_postgres
private_postgres.SUPERVISOR[-1] = private_postgres.SUPERVISOR[-1].replace(
    "supervisor.main",
    "from sharedlives.foundation.private_postgres import accounts; import pathlib; "
    "accounts.can_enter_namespace = lambda folder: False; "
    "accounts.PUBLIC_FOLDER = pathlib.Path({str(public_folder)!r}); supervisor.main",
)
"""
    client = Client(tmp_path, before=before).connected()

    cluster = Path(client.answer["data_directory"])
    assert public_folder in cluster.parents
    assert cluster.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert Path(f"/proc/{client.server}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    client.kill()
    wait_for(lambda: not is_running(client.server))


@pytest.fixture
def public_folder():
    """pytest's own temporary folders are closed to others."""
    with tempfile.TemporaryDirectory(dir=accounts.PUBLIC_FOLDER) as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_a_folder_that_somebody_else_has_laid_out_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)

    with pytest.raises(NoPostgres, match="link is needed for the private database, but belongs to another account"):
        accounts.own_folder(tmp_path / "link", os.geteuid())
    assert accounts.own_folder(tmp_path / "ours", os.geteuid()).stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_cluster_of_another_account_is_refused_in_a_sentence(tmp_path):
    os.chown(tmp_path, 1, 1)

    assert "belongs to another account: start this as that one, or delete the folder" in Client(tmp_path).refused()


def test_programs_that_are_missing_or_broken_or_too_old_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(NoPostgres, match=r"^There are no PostgreSQL programs here .* 15 or newer. Install PostgreSQL"):
        programs.find()

    _pretend_programs(tmp_path, "exit 1")
    with pytest.raises(NoPostgres, match="Seen: .*postgres does not run"):
        programs.find()

    _pretend_programs(tmp_path, "echo 'postgres (PostgreSQL) 14.9'")
    with pytest.raises(NoPostgres, match="holds version 14"):
        programs.find()

    _pretend_programs(tmp_path, "echo 'postgres (PostgreSQL) 15.2'")
    assert programs.find() == (tmp_path, 15)


def test_without_programs_the_caller_gets_the_sentence(tmp_path):
    refusal = Client(tmp_path / "postgres", PG_BIN=str(tmp_path)).refused()

    assert refusal.startswith("sharedlives.foundation.private_postgres.NoPostgres: There are no PostgreSQL programs")


def _pretend_programs(folder, script):
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


def test_the_newest_programs_come_first(tmp_path):
    for version in ("9.6", "18", "15"):
        (tmp_path / version / "bin").mkdir(parents=True)

    found = programs.newest_first(f"{tmp_path}/*/bin")

    assert [path.parent.name for path in found] == ["18", "15", "9.6"]
