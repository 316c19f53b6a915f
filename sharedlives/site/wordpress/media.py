"""Where the files of a blog's pictures come from: a folder first, the network only when asked."""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from django.core.files.base import ContentFile

from sharedlives.foundation.picture_decoding import MOST_BYTES

MOST_FILES = 500_000
MOST_REDIRECTS = 3
MOST_FAILURES = 5  # of one host; then it is left in peace
SECONDS_TO_ANSWER, SECONDS_IN_ALL = 10, 60
TOO_SLOW = "The file took too long to come."


class Missing(Exception):
    """There is no such file, or it must not be taken; the message says why, fit to show."""


class Folder:
    """A copy of wp-content/uploads on this machine, with its folders by year and month or all in one."""

    def __init__(self, root: Path):
        self.root = root.resolve(strict=True)
        self.files: dict[str, Path] = {}
        for folder, _, names in os.walk(self.root, followlinks=False):
            for name in names:
                path = Path(folder, name)
                self.files.setdefault(_below_uploads(path.relative_to(self.root).as_posix()), path)
            if len(self.files) > MOST_FILES:
                raise Missing(f"The folder holds more than {MOST_FILES:,} files. Name the one with the uploads alone.")

    def open(self, address: str) -> ContentFile:
        """The file of an uploaded picture. Raises Missing."""
        parts = [part for part in urlsplit(address).path.split("/") if part not in ("", ".", "..")]
        for start in range(len(parts)):
            path = self.files.get(_below_uploads("/".join(parts[start:])))
            if path:
                return ContentFile(_bytes_of(path), name=path.name)
        raise Missing("It is not in the folder.")


def _below_uploads(path: str) -> str:
    return path.rpartition("uploads/")[2].lower()


def _bytes_of(path: Path) -> bytes:
    """A plain file's content: no link leads out of the folder, no pipe keeps us waiting."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Missing("It cannot be opened, or is only a link to another file.") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Missing("It is no plain file.")
        return file.read(MOST_BYTES + 1)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not of this machine, this network or a cloud's insides."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        # Other ways to write an IPv4 address.
        inner: ipaddress.IPv4Address | None = (
            found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        )
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None and not is_public(str(inner)):
            return False
    # Addresses that RFC 3879 and RFC 4291 gave up, and that some systems still take for near ones.
    is_of_old = isinstance(found, ipaddress.IPv6Address) and (found.is_site_local or int(found) < 1 << 32)
    return found.is_global and not found.is_multicast and not is_of_old


class Network:
    """Fetches from the hosts of a list and from nowhere else.

    `may_connect` is asked about the very IP address that the connection then goes to, for every redirect anew. Tests,
    which have no public server, give their own; no option of a command reaches it.
    """

    def __init__(
        self,
        hosts: Collection[str],
        *,
        may_connect: Callable[[str], bool] = is_public,
        ports: Collection[int] = (80, 443),
    ):
        self.hosts = {host.lower().removeprefix("www.") for host in hosts}
        self.may_connect, self.ports = may_connect, ports
        self.failures: Counter[str] = Counter()

    def open(self, address: str) -> ContentFile:
        """The file at an address. Raises Missing; tries nothing twice."""
        until = time.monotonic() + SECONDS_IN_ALL
        for _ in range(MOST_REDIRECTS + 1):
            host = self._checked_host(address)
            try:
                answer = self._ask(address, until)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures[host] += 1
                if time.monotonic() > until:
                    raise Missing(TOO_SLOW) from error
                raise Missing(f"{host} did not answer as it should ({type(error).__name__}).") from error
            if isinstance(answer, bytes):
                return ContentFile(answer, name=urlsplit(address).path.rpartition("/")[2])
            address = _onward(address, answer)
        raise Missing("Its address redirects too often.")

    def _checked_host(self, address: str) -> str:
        try:
            parts = urlsplit(address)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise Missing("Its address cannot be read.") from None
        if parts.scheme not in ("http", "https") or parts.username or parts.password is not None:
            raise Missing("Its address is none of the web.")
        if host.removeprefix("www.") not in self.hosts:
            raise Missing(f"{host} is not among the hosts to fetch from.")
        if (port or (443 if parts.scheme == "https" else 80)) not in self.ports:
            raise Missing("Its address names an unusual port.")
        if self.failures[host] >= MOST_FAILURES:
            raise Missing(f"{host} failed {MOST_FAILURES} times; it was not asked again.")
        return host

    def _ask(self, address: str, until: float) -> bytes | str:
        """The file's bytes, or where the server sends us instead."""
        parts = urlsplit(address)
        connected = self._connected(parts.hostname or "", parts.port, is_secure=parts.scheme == "https")
        with connected, _cut_off(connected, until):
            host = (parts.hostname or "") if parts.port is None else f"{parts.hostname}:{parts.port}"
            connection = http.client.HTTPConnection(parts.hostname or "", timeout=SECONDS_TO_ANSWER)
            connection.sock = connected
            path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"Host": host, "Accept": "image/*", "User-Agent": "SharedLivesCMS"})
            answer = connection.getresponse()
            if answer.status in (301, 302, 303, 307, 308):
                return answer.getheader("Location") or ""
            if answer.status != 200:
                raise Missing(f"{parts.hostname} answered {answer.status}.")
            return _read(answer, until)

    def _connected(self, host: str, port: int | None, *, is_secure: bool) -> socket.socket:
        port = port or (443 if is_secure else 80)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(info[4][0]) for info in found]
        # One private address among public ones is a trap, not a mistake.
        if not addresses or not all(map(self.may_connect, addresses)):
            raise Missing(f"{host} is an address inside a private network.")
        connected = socket.create_connection((addresses[0], port), timeout=SECONDS_TO_ANSWER)
        if is_secure:
            return ssl.create_default_context().wrap_socket(connected, server_hostname=host)
        return connected


@contextmanager
def _cut_off(connected: socket.socket, until: float) -> Iterator[None]:
    """End a connection at that moment, whatever is still coming: a byte now and then would keep us waiting for ever."""

    def end() -> None:
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0, until - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _onward(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        raise Missing("Its address redirects to one that cannot be read.") from None


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    pieces, length = [], 0
    while piece := answer.read1(65536):
        pieces.append(piece)
        length += len(piece)
        if length > MOST_BYTES:
            raise Missing("The file is too large: at most 8 MB.")
    if time.monotonic() > until:  # then this is a part of it
        raise Missing(TOO_SLOW)
    return b"".join(pieces)


class Media:
    """Asks each source in its turn."""

    def __init__(self, sources: list[Folder | Network]):
        self.sources = sources

    def open(self, *addresses: str) -> ContentFile:
        """The file behind the first of these addresses that has one. Raises Missing."""
        problems = [] if self.sources else ["No folder was given, and fetching was not asked for."]
        for source in self.sources:
            for address in dict.fromkeys(addresses):
                try:
                    return source.open(address)
                except Missing as problem:
                    problems.append(str(problem))
        raise Missing(" ".join(dict.fromkeys(problems)))
