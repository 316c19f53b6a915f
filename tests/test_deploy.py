"""The files in deploy/, tried with the programs they are for."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection

from tests.factories import create_charity, create_date
from tests.processes import free_port, wait_for
from tests.server import ROOT, Server, Visitor

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HALF_A_HEADER = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
HALF_A_FORM = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\ncontact_name=Ann"
)


@pytest.fixture
def date(transactional_db):
    create_charity()
    return create_date()


@pytest.fixture
def server(date):
    with Server(connection.settings_dict["NAME"], workers=1, threads=4) as server:
        yield server


@contextmanager
def half_requests(number, port, words):
    """So many who have begun to send something and never go on."""
    with ExitStack() as stack:
        for _ in range(number):
            stack.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(words)
        yield


def answers_at(port):
    with suppress(OSError):
        return Visitor(port).get("/healthz")[0] == 200


@pytest.fixture
def proxy(server):
    """nginx with our own configuration, but for the certificate and the ports; says at which port."""
    if not NGINX:
        pytest.skip("nginx is not installed")
    port = free_port()
    ours = (ROOT / "deploy" / "nginx.conf").read_text().split("\nserver {\n    listen 80;")[0]
    ours = re.sub(r"\n    (ssl_|http2 )[^\n]*", "", ours)
    ours = ours.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace(
        "127.0.0.1:8001", f"127.0.0.1:{server.port}"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{\n"
            + "".join(
                f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            + ours
            + "}\n"
        )
        process = subprocess.Popen([NGINX, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"])
        wait_for(lambda: answers_at(port))
        yield port
        process.terminate()
        process.wait()


@pytest.mark.parametrize("words", [HALF_A_HEADER, HALF_A_FORM], ids=["header", "form"])
def test_fifty_half_requests_hold_up_nobody_behind_the_proxy(date, proxy, words):
    with half_requests(50, proxy, words):
        began = time.monotonic()
        page = Visitor(proxy, timeout=5).reserve(date.get_reserve_url(), "Ann", patience=5)

        assert page
        assert time.monotonic() - began < 5


def test_while_the_site_is_started_anew_the_proxy_says_so_in_words(date, proxy, server):
    assert Visitor(proxy).get("/")[0] == 200
    [worker] = server.workers()
    os.kill(server.process.pid, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    server.process.wait()

    status, _location, page = Visitor(proxy, timeout=5).get(date.get_reserve_url())

    assert status == 503
    assert "We will be back in a few minutes" in page
    assert "0151 496 0000" in page


def test_without_a_proxy_as_many_half_requests_as_threads_are_enough(server):
    """Why there is one: this proves the test above, and would be welcome to fail some day."""
    with half_requests(8, server.port, HALF_A_HEADER), pytest.raises(OSError, match="timed out"):
        Visitor(server.port, timeout=1).get("/")


def test_the_web_server_is_reached_through_the_proxy_alone():
    service = (ROOT / "deploy" / "sharedlives-web.service").read_text()

    assert "--bind 127.0.0.1:" in service
    assert "--worker-class gthread" in service
