"""`serve` as people start it: real processes, a private database, kills and all."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from sharedlives.foundation.models import Charity
from sharedlives.site import demo, trial
from sharedlives.site.processes import listen
from tests.factories import create_charity, create_user
from tests.processes import is_running, wait_for

ROOT = Path(__file__).parents[2]


class Serve:
    def __init__(self, local_folder, *options, **variables):
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "PG_BIN")}
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "serve", *options],
            env=kept | {"SHAREDLIVES_LOCAL_FOLDER": str(local_folder)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        self.said = ""

    def ready(self):
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                self.port = int(re.search(r"^Ready: http://127\.0\.0\.1:(\d+)/$", self.said, re.M)[1])
                return self
        raise AssertionError(self.said)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def family(self):
        """It, the web server with its two workers, and the job worker; the database has a tree of its own."""
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            children = Path(f"/proc/{pid}/task/{pid}/children")
            queue += [int(child) for child in children.read_text().split()] if children.exists() else []
        return found

    def end(self, number):
        self.process.send_signal(number)
        self.said += self.process.communicate(timeout=15)[0]
        return self.process.returncode


@pytest.fixture(scope="module")
def local_folder(tmp_path_factory):
    """The first test that starts `serve` fills it; those after it start warm."""
    folder = tmp_path_factory.mktemp("local folder")
    (folder / "secret_key").write_text("a made-up key for tests, long enough to please Django's checks")
    return folder


@pytest.fixture
def serve(local_folder):
    started = []

    def start(*options, **variables):
        started.append(Serve(local_folder, "--port", str(free_port()), *options, **variables))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.stdout.close()
        each.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_opens_on_the_next_free_port_says_where_to_go_and_ends_in_good_order(serve, local_folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        site = serve("--port", str(taken)).ready()

    assert f"Port {taken} is taken; using {site.port}." in site.said
    status, page = site.get("/")
    assert (status, "<h1" in page) == (200, True)
    style = re.search(r'href="(/static/css/site\.[0-9a-f]+\.css)"', page)[1]
    assert site.get(style)[0] == 200
    passwords = json.loads((local_folder / "demo_passwords.json").read_text())
    assert set(passwords) == set(demo.STAFF)
    for email, known in passwords.items():
        assert f"{email:<24} {known['password']}" in site.said
    assert (local_folder / "demo_passwords.json").stat().st_mode & 0o777 == 0o600

    assert site.end(signal.SIGTERM) == 0
    wait_for(lambda: not (local_folder / "postgres" / "address").exists())
    assert not is_listening(site.port)
    assert "Traceback" not in site.said


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_what_dies_is_started_again_and_everything_goes_with_a_killed_parent(serve, local_folder):
    site = serve().ready()
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()]
    assert [each for each in listening if each.endswith(f":{site.port:04X}")][0] == f"0100007F:{site.port:04X}"

    for pid in site.family():
        if _parent(pid) == site.process.pid:
            os.kill(pid, signal.SIGKILL)

    assert sorted(site.process.stdout.readline() for _ in range(2)) == [
        f"The {name} has ended (SIGKILL); starting it again.\n" for name in ("job worker", "web server")
    ]
    assert site.get("/")[0] == 200

    # One web process can answer before the other is there.
    wait_for(lambda: len(site.family()) == 5)
    family = site.family()
    site.end(signal.SIGKILL)
    wait_for(lambda: not any(is_running(pid) for pid in family))
    wait_for(lambda: not (local_folder / "postgres" / "address").exists())
    assert not is_listening(site.port)


def test_interrupted_at_its_preparations_it_ends_quietly(serve, local_folder):
    site = serve()
    wait_for(lambda: (local_folder / "postgres" / "address").exists())

    assert site.end(signal.SIGINT) == 130
    assert site.said.strip() == "Stopping ..."


def _parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_without_its_folder_it_explains_itself():
    command = [sys.executable, ROOT / "manage.py", "serve"]
    variables = {"PATH": os.environ["PATH"], "SECRET_KEY": "x", "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}

    answer = subprocess.run(command, env=variables, capture_output=True, text=True)

    assert answer.returncode == 1
    assert answer.stderr.startswith("CommandError: Start this as `python3 run.py serve`.")


def test_listen_goes_up_to_the_first_free_port():
    first = listen(free_port())
    with first, listen(first.getsockname()[1]) as second:
        assert second.getsockname()[1] > first.getsockname()[1]


@pytest.mark.django_db
def test_demo_passwords_are_made_once_and_hold_even_if_somebody_changed_them(settings, tmp_path):
    settings.LOCAL_FOLDER = tmp_path
    create_user(email="admin@demo.example")
    create_user(email="colleague@example.org")

    first = trial.sign_ins()
    admin = get_user_model().objects.get(email="admin@demo.example")
    admin.set_password("something else entirely")
    admin.save()

    assert trial.sign_ins() == first
    assert list(first) == ["admin@demo.example"]
    assert get_user_model().objects.get(email="admin@demo.example").check_password(first["admin@demo.example"])
    assert get_user_model().objects.get(email="colleague@example.org").check_password("a long enough password")


@pytest.mark.django_db
def test_links_lead_to_where_the_site_answers_but_a_real_address_is_left_alone():
    trial.use_site_address("http://127.0.0.1:8001")
    assert Charity.current().site_address == "http://127.0.0.1:8001"

    create_charity(site_address="https://www.example.org")
    trial.use_site_address("http://127.0.0.1:8002")

    assert Charity.current().site_address == "https://www.example.org"
