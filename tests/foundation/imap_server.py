"""A small mailbox on this machine that speaks as much IMAP (RFC 3501) as is needed to look through it."""

import contextlib
import email
import re
import socket
import ssl
import threading


class Mailbox:
    """Messages by uid, their flags, and every command that was sent, with those that anybody could have read.

    `tls` is the server's side of it; `at_once`, or after STARTTLS.
    """

    def __init__(self, *, keeps_flags=True, password="secret @/", tls=None, at_once=False):
        self.messages, self.flags, self.commands, self.in_the_clear = {}, {}, [], []
        self.tls, self.at_once = tls, at_once
        self.keeps_flags, self.password = keeps_flags, password
        self.fails_at = ""

    def put(self, raw, *flags):
        uid = len(self.messages) + 1
        self.messages[uid] = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        self.flags[uid] = set(flags)
        return uid

    @contextlib.contextmanager
    def served(self):
        """Its port on 127.0.0.1, while the block lasts."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self._accept, args=[listener], daemon=True).start()
            yield listener.getsockname()[1]

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = listener.accept()
                threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            open_ones.enter_context(connection)
            if self.at_once:
                connection = open_ones.enter_context(self.tls.wrap_socket(connection, server_side=True))
            connection.sendall(b"* OK ready\r\n")
            while line := _line(connection):
                tag, _, command = line.decode().strip().partition(" ")
                self.commands.append(command)
                if not isinstance(connection, ssl.SSLSocket):
                    self.in_the_clear.append(command)
                name = command.split()[1 if command.upper().startswith("UID ") else 0].upper()
                if name == self.fails_at:
                    return
                answer, ending = getattr(self, f"_{name.lower()}")(command)
                connection.sendall(answer + f"{tag} {ending}\r\n".encode())
                if name == "STARTTLS" and ending.startswith("OK"):
                    connection = open_ones.enter_context(self.tls.wrap_socket(connection, server_side=True))
                if name == "LOGOUT":
                    return

    def _capability(self, command):
        can = b" STARTTLS" if self.tls and not self.at_once else b""
        return b"* CAPABILITY IMAP4rev1%s\r\n" % can, "OK done"

    def _starttls(self, command):
        return b"", "OK begin" if self.tls else "BAD what?"

    def _login(self, command):
        is_right = command == f'LOGIN bounces@example.org "{self.password}"'
        return b"", "OK done" if is_right else "NO [AUTHENTICATIONFAILED] no"

    def _select(self, command):
        if command != 'SELECT "Returned mail"':
            return b"", "NO no such mailbox"
        kept = rb"(\Answered \Flagged \Deleted \Seen \Draft \*)" if self.keeps_flags else rb"(\Seen \Deleted)"
        count = f"* {len(self.messages)} EXISTS\r\n".encode()
        return count + b"* OK [PERMANENTFLAGS " + kept + b"] limited\r\n", "OK [READ-WRITE] done"

    def _search(self, command):
        found = re.fullmatch(
            r"UID SEARCH SINCE \d{1,2}-[A-Z][a-z]{2}-\d{4} (UNKEYWORD SharedLivesNoted|UNSEEN)"
            r' OR HEADER "Content-Type" "delivery-status" OR HEADER "X-Failed-Recipients" "@"'
            r' OR FROM "mailer-daemon" FROM "postmaster"',
            command,
        )
        if not found:
            return b"", "BAD what?"
        unwanted = r"\Seen" if found[1] == "UNSEEN" else "SharedLivesNoted"
        uids = [
            str(uid) for uid, raw in self.messages.items() if unwanted not in self.flags[uid] and _is_from_a_server(raw)
        ]
        return f"* SEARCH {' '.join(uids)}\r\n".encode(), "OK done"

    def _fetch(self, command):
        uid, start, length = map(
            int, re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<(\d+)\.(\d+)>\)", command).groups()
        )
        raw = self.messages[uid][start : start + length]
        return b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (uid, len(raw), raw), "OK done"

    def _store(self, command):
        uid, flags = re.fullmatch(r"UID STORE (\d+) \+FLAGS \((.*)\)", command).groups()
        self.flags[int(uid)] |= set(flags.split())
        return b"", "OK done"

    def _logout(self, command):
        return b"* BYE\r\n", "OK done"


def _line(connection):
    """Byte by byte: what follows STARTTLS belongs to another layer."""
    line = b""
    while not line.endswith(b"\n") and (byte := connection.recv(1)):
        line += byte
    return line


def _is_from_a_server(raw):
    message = email.message_from_bytes(raw)
    sender = str(message["From"]).lower()
    return (
        "delivery-status" in str(message["Content-Type"])
        or "@" in str(message.get("X-Failed-Recipients", ""))
        or "mailer-daemon" in sender
        or "postmaster" in sender
    )
