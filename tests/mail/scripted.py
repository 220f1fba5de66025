"""A mail server that does what a script says, on a real socket: one connection after another."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Sequence


class Scripted:
    """`answers(command, number)` gives the answer to a command (MAIL, RCPT, DATA, '.', ...) of the n-th transaction:
    a line, 'drop' to cut the connection, 'stall' to say nothing any more, 'skip' to say nothing once, or 'late:' and a line that is said when the client
    has gone. `features` are those of EHLO, `tls` makes STARTTLS work, with `split` each byte is sent by itself, more than
    `most` connections at once are sent away."""

    def __init__(
        self,
        answers: Callable[[str, int], str],
        *,
        greeting: str = "220 ready",
        features: str | Sequence[str] = "",
        tls: ssl.SSLContext | None = None,
        split: bool = False,
        most: int = 1000,
    ) -> None:
        self.answers, self.greeting, self.tls, self.split = answers, greeting, tls, split
        self.features = features.split() if isinstance(features, str) else list(features)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.messages: list[bytes] = []
        self.commands: list[str] = []
        self.connections = 0
        self.free = threading.Semaphore(most)
        self.transactions = 0
        self.over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a connection
        self.socket.close()

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _say(self, connection: socket.socket, text: str) -> None:
        content = text.encode() + b"\r\n"
        if self.split:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in content:
                connection.sendall(bytes([byte]))
        else:
            connection.sendall(content)

    def _talk(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            if not self.free.acquire(blocking=False):
                self._say(plain, "421 4.7.0 too many connections")
                return
            try:
                self._session(plain)
            finally:
                self.free.release()

    def _session(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._say(plain, self.greeting)
            connection = self._commands(plain)
            if connection is not None:  # the same again within TLS
                with connection:
                    self._commands(connection)

    def _commands(self, connection: socket.socket) -> socket.socket | None:
        """Answer until the end; the encrypted connection when STARTTLS was said."""
        with connection.makefile("rb") as lines:
            for line in lines:
                verb = line.split()[0].upper().decode() if line.split() else ""
                self.commands.append(line.decode().rstrip("\r\n"))
                if verb == "EHLO":
                    rows = ["scripted", *self.features]
                    self._say(
                        connection,
                        "\r\n".join(f"250{'-' if n < len(rows) - 1 else ' '}{row}" for n, row in enumerate(rows)),
                    )
                    continue
                if verb == "STARTTLS" and self.tls is not None:
                    self._say(connection, "220 go on")
                    return self.tls.wrap_socket(connection, server_side=True)
                if verb == "QUIT":
                    self._say(connection, "221 bye")
                    return None
                if verb == "RSET":
                    self._say(connection, "250 ok")
                    continue
                if verb == "MAIL":
                    self.transactions += 1
                answer = self._answer(connection, verb)
                if not answer:
                    return None
                if verb == "DATA" and answer.startswith("354") and not self._message(connection, lines):
                    return None
        return None

    def _answer(self, connection: socket.socket, verb: str) -> str:
        """What was answered; nothing when the connection is to end."""
        answer = self.answers(verb, self.transactions)
        if answer == "drop":
            return ""
        if answer == "skip":
            return answer
        if answer == "stall":
            self.over.wait(30)
            return ""
        if answer.startswith("late:"):
            connection.settimeout(10)
            while connection.recv(1024):  # until the client has given up
                pass
            answer = answer.removeprefix("late:")
        self._say(connection, answer)
        return answer

    def _message(self, connection: socket.socket, lines) -> bool:
        unasked = self.answers("body", self.transactions)
        if unasked:
            lines.readline()
            if unasked != "drop":
                self._say(connection, unasked)
                next((line for line in lines if line == b".\r\n"), b"")
            return False
        content = b""
        for line in lines:
            if line == b".\r\n":
                break
            content += line[1:] if line.startswith(b".") else line
        else:
            return False
        self.messages.append(content)
        return bool(self._answer(connection, "."))


def well(verb: str, _number: int) -> str:
    """Everything is fine."""
    return {"DATA": "354 go on", ".": "250 2.0.0 taken", "body": ""}.get(verb, "250 ok")
