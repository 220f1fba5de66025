"""A mail server that does what a script says, on a real socket: one connection after another."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable


class Scripted:
    """`answers(command, number)` gives the answer to a command (MAIL, RCPT, DATA, '.', ...) of the n-th transaction:
    a line, 'drop' to cut the connection, or 'stall' to say nothing."""

    def __init__(self, answers: Callable[[str, int], str], *, greeting: str = "220 ready", features: str = "") -> None:
        self.answers, self.greeting, self.features = answers, greeting, features
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.messages: list[bytes] = []
        self.connections = 0
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

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            connection.sendall(self.greeting.encode() + b"\r\n")
            for line in lines:
                verb = line.split()[0].upper().decode() if line.split() else ""
                if verb == "EHLO":
                    features = [feature for feature in self.features.split() if feature]
                    rows = ["scripted", *features]
                    connection.sendall(
                        "".join(
                            f"250{'-' if n < len(rows) - 1 else ' '}{row}\r\n" for n, row in enumerate(rows)
                        ).encode()
                    )
                    continue
                if verb == "QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                if verb == "RSET":
                    connection.sendall(b"250 ok\r\n")
                    continue
                if verb == "MAIL":
                    self.transactions += 1
                answer = self._answer(connection, verb)
                if not answer:
                    return
                if verb == "DATA" and answer.startswith("354") and not self._message(connection, lines):
                    return

    def _answer(self, connection: socket.socket, verb: str) -> str:
        """What was answered; nothing when the connection is to end."""
        answer = self.answers(verb, self.transactions)
        if answer == "drop":
            return ""
        if answer == "stall":
            self.over.wait(30)
            return ""
        connection.sendall(answer.encode() + b"\r\n")
        return answer

    def _message(self, connection: socket.socket, lines) -> bool:
        if self.answers("body", self.transactions) == "drop":
            lines.readline()
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
