"""One connection to the organisation's mail server, by yagmail: one recipient a transaction, pipelined where the server
offers it (RFC 2920), with the step before a message's final dot visible to the caller (RFC 5321, 4.1.1.4).

yagmail keeps the account and opens the connection; the talking is done on its `smtp`. Its `send()` is never used: it
logs in anew for each message and sends again by itself when a connection is lost.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import yagmail

from ieom.mail.account import Account, own_name
from ieom.mail.answers import DEAD, TOO_LARGE, Outcome, What, meaning, said

__all__ = ["DEAD", "Account", "Connection", "Envelope", "Outcome", "What", "meaning", "said", "stuffed"]

PIECE = 65536
"""Bytes of a message for which the time-out counts (RFC 5321, 4.5.3.2.5): a slow line may need longer for all of it."""
DOT = b".\r\n"


@dataclass(frozen=True)
class Envelope:
    """One letter's transaction: from whom to whom, how many bytes, and whether they go beyond ASCII."""

    sender: str
    recipient: str
    size: int
    eight_bit: bool = False

    @property
    def international(self) -> bool:
        """Whether an address goes beyond ASCII (RFC 6531)."""
        return not (self.sender + self.recipient).isascii()


def stuffed(message: bytes) -> bytes:
    """A line's leading dot doubled (RFC 5321, 4.5.2)."""
    if b"\n." not in message and not message.startswith(b"."):
        return message
    return re.sub(rb"(?m)^\.", b"..", message)


class Connection:
    """One logged-in connection. `offer` goes as far as the server's 354, `write` sends the message without its final
    dot, `finish` the dot, and with it the next letter's MAIL, RCPT and DATA where the server allows that. What fails
    before the dot was not taken; what fails after it may have been."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.pipelining = False
        """Whether the server takes commands before it has answered those before (RFC 2920)."""
        self._client: Any = None
        self._asked: Envelope | None = None
        """The transaction whose commands went out behind the last final dot."""
        self._refused = False
        """Whether the last transaction was refused and is still to be reset."""

    def open(self) -> Outcome | None:
        """Connect and log in; None when that worked, else what went wrong."""
        account = self.account
        context = account.authority or (None if account.security == "none" else ssl.create_default_context())
        more: dict[str, Any] = {"timeout": account.timeout, "local_hostname": account.helo or own_name()}
        if account.security == "tls":
            more["context"] = context
        self._asked, self._refused = None, False
        try:
            self._client = yagmail.SMTP(
                user=account.user or None,
                password=account.password or None,
                host=account.host,
                port=account.port,
                smtp_ssl=account.security == "tls",
                smtp_starttls={"context": context} if account.security == "starttls" else False,
                smtp_skip_login=not account.user,
                soft_email_validation=False,
                **more,
            )
            self._client.user = account.user  # a log-in without '@' would be taken for one at gmail.com
            self._client.login()
            smtp = self._client.smtp
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            self.pipelining = smtp.has_extn("pipelining")
        except ssl.SSLCertVerificationError as error:
            return Outcome(What.CONFIGURATION, None, said(f"the server's certificate is not trusted: {error}"))
        except OSError as error:
            code = getattr(error, "smtp_code", None)
            if isinstance(code, int) and code > 0:
                step = "connect" if self._client is None or self._client.smtp is None else "login"
                return meaning(code, said(getattr(error, "smtp_error", b"")), step=step)
            if "STARTTLS" in str(error) or "AUTH" in str(error):
                return Outcome(What.CONFIGURATION, None, said(str(error)))
            return Outcome(What.BACK, None, said(f"{account.host}:{account.port}: {error}"), reconnect=True)
        return None

    def alive(self) -> bool:
        """Whether the server still listens: it may have said goodbye while no letter could go."""
        if self._asked is not None:
            return True
        try:
            return self._unasked() is None
        except OSError:
            return False

    def unfit(self, envelope: Envelope) -> Outcome | None:
        """What keeps this server from taking the letter, as far as it said so in its greeting."""
        smtp = self._client.smtp
        if not (envelope.sender + envelope.recipient).isprintable():
            return Outcome(What.REFUSED, None, "an address holds a line break or another control character")
        if envelope.international and not smtp.has_extn("smtputf8"):
            return Outcome(What.REFUSED, None, "the server takes no address beyond ASCII (SMTPUTF8)")
        if envelope.eight_bit and not smtp.has_extn("8bitmime"):
            return Outcome(What.REFUSED, None, "the server takes no letter beyond ASCII (8BITMIME)")
        most = smtp.esmtp_features.get("size", "")
        if most.isdecimal() and 0 < int(most) < envelope.size:  # 0 is 'no limit' (RFC 1870, 3)
            told = f"{TOO_LARGE} a letter of {envelope.size:,} bytes, while the server takes {int(most):,}"
            return Outcome(What.POLICY, None, told)
        return None

    def offer(self, envelope: Envelope, *, accepted: Callable[[], None] = lambda: None) -> Outcome:
        """MAIL, RCPT and DATA; `Outcome.what` is SENT when the server waits for the message. Where they went out with
        the last `finish`, only the answers are read. `accepted` is called as soon as the recipient is."""
        if self._asked is not envelope and (unfit := self.unfit(envelope)) is not None:
            return unfit
        try:
            outcome = (self._answers if self.pipelining else self._step_by_step)(envelope, accepted)
        except OSError as error:
            return self._lost(error)
        finally:
            self._asked = None
        return outcome

    def _commands(self, envelope: Envelope) -> list[tuple[str, bytes]]:
        """What to say before the message: RSET where the transaction before was refused, MAIL, RCPT, DATA."""
        smtp = self._client.smtp
        options = f" SIZE={envelope.size}" if smtp.has_extn("size") else ""
        options += " BODY=8BITMIME" if envelope.eight_bit else ""
        options += " SMTPUTF8" if envelope.international else ""
        mail, rcpt = f"MAIL FROM:<{envelope.sender}>{options}\r\n", f"RCPT TO:<{envelope.recipient}>\r\n"
        steps = [("mail", mail.encode()), ("rcpt", rcpt.encode()), ("data", b"DATA\r\n")]
        return [("rset", b"RSET\r\n"), *steps] if self._refused else steps

    def _step_by_step(self, envelope: Envelope, accepted: Callable[[], None]) -> Outcome:
        smtp = self._client.smtp
        for step, command in self._commands(envelope):
            smtp.sock.sendall(command)
            code, answer = smtp.getreply()
            if step == "rset":
                if code != 250:
                    return self._out_of_step(step, code, answer)
                continue
            self._refused = True
            outcome = meaning(code, said(answer), step=step)
            if outcome.what is not What.SENT:
                return outcome
            if step == "rcpt":
                accepted()
        self._refused = False
        return outcome if code == 354 else self._out_of_step("DATA", code, answer)

    def _answers(self, envelope: Envelope, accepted: Callable[[], None]) -> Outcome:
        """All commands in one go, and then all answers: also those of commands that came to nothing."""
        smtp = self._client.smtp
        commands = self._commands(envelope)
        if self._asked is not envelope:
            smtp.sock.sendall(b"".join(command for _, command in commands))
        first: Outcome | None = None
        codes: dict[str, int] = {}
        for step, _ in commands:
            try:
                codes[step], answer = smtp.getreply()
            except OSError as error:
                refused = self._asked is envelope and codes.get("rcpt", 0) >= 400
                if step == "data" and refused and isinstance(error.__context__, TimeoutError):
                    return self._astray("one answer fewer than commands")
                raise
            if codes[step] == 354 and step != "data" and self._asked is envelope:
                return self._astray(f"354 for {step.upper()}")
            if step == "rset":
                if codes[step] != 250:
                    return self._out_of_step(step, codes[step], answer)
                continue
            outcome = meaning(codes[step], said(answer), step=step)
            if first is None and outcome.what is not What.SENT:
                first = outcome
                if outcome.reconnect and (outcome.code is None or outcome.code == 421):
                    return outcome  # no more answers come, or none that could be told apart
            elif step == "rcpt" and first is None:
                accepted()
        self._refused = first is not None
        if codes["data"] == 354:
            return outcome if first is None else self._take_back(first, taken=200 <= codes["rcpt"] < 300)
        return first or self._out_of_step("DATA", codes["data"], answer)

    def _take_back(self, outcome: Outcome, *, taken: bool) -> Outcome:
        """A refused transaction whose pipelined DATA still got 354: a lone dot ends it (RFC 2920, 3.1). Not where the
        recipient was taken: an empty letter would go out; then the connection is cut."""
        smtp = self._client.smtp
        with contextlib.suppress(OSError):
            if not taken:
                smtp.sock.sendall(DOT)
                code, _ = smtp.getreply()
                if 400 <= code < 600 and code != 421:
                    return outcome
        self.abandon()
        return replace(outcome, reconnect=True)

    def _out_of_step(self, step: str, code: int, answer: bytes) -> Outcome:
        self.abandon()
        return Outcome(What.BACK, None, f"the server answered {step} with {code} {said(answer)}", reconnect=True)

    def _astray(self, found: str) -> Outcome:
        """The answers do not fit the commands: the message before them may have got none."""
        self.abandon()
        return Outcome(What.BACK, None, f"the server's answers are out of step: {found}", reconnect=True, astray=True)

    @property
    def has_asked(self) -> bool:
        """Whether commands of a next transaction went with the last final dot."""
        return self._asked is not None

    def _lost(self, error: OSError) -> Outcome:
        """The connection broke before the final dot; what the server said of it before counts."""
        outcome = Outcome(What.BACK, None, said(f"connection lost: {error}"), reconnect=True)
        with contextlib.suppress(OSError, ValueError):
            outcome = self._unasked() or outcome
        self.abandon()
        return outcome

    def _unasked(self) -> Outcome | None:
        """What the server said without being asked, or that it has gone: with the message half sent this is about
        the message or the end of the connection, and taken for the answer to the dot it would be a lie."""
        smtp = self._client.smtp
        if smtp.sock is None or smtp.file is None:
            return None
        smtp.sock.settimeout(0)
        try:
            talking = bool(smtp.file.peek(1))
        except ssl.SSLWantReadError:
            talking = False
        finally:
            smtp.sock.settimeout(self.account.timeout)
        if talking:
            code, answer = smtp.getreply()
            return meaning(code, said(answer), step="body")
        if _readable(smtp.sock):
            return Outcome(What.BACK, None, "the server closed the connection", reconnect=True)
        return None

    def write(self, *message: bytes) -> Outcome | None:
        """Send the message, dot-stuffed and in whole lines, without its final dot. None when it is out."""
        sock = self._client.smtp.sock
        try:
            for part in message:
                whole = memoryview(part)
                for start in range(0, len(whole), PIECE):
                    sock.sendall(whole[start : start + PIECE])
        except OSError as error:
            return self._lost(error)
        return None

    def finish(self, following: Envelope | None = None) -> Outcome:
        """Send the final dot and wait for the answer; a connection lost from here on leaves the message in doubt. The
        commands for `following` go with the dot where the server takes them so; `offer` it next, or `close`."""
        smtp = self._client.smtp
        try:
            unasked = self._unasked()
        except OSError as error:
            return self._lost(error)
        if unasked is not None:
            self.abandon()
            return unasked
        words = DOT
        if following is not None and self.pipelining and self.unfit(following) is None:
            words += b"".join(command for _, command in self._commands(following))
            self._asked = following
        try:
            smtp.sock.settimeout(self.account.patience)
            smtp.sock.sendall(words)
            code, answer = smtp.getreply()
        except OSError as error:
            self.abandon()
            return Outcome(What.IN_DOUBT, None, said(f"no answer after the message: {error}"), reconnect=True)
        if smtp.sock is not None:
            smtp.sock.settimeout(self.account.timeout)
        return meaning(code, said(answer), step="dot")

    def abandon(self) -> None:
        """Cut the connection at once: within a message, a goodbye would be read as a line of it."""
        self._asked = None
        if self._client is not None and self._client.smtp is not None:
            self._client.smtp.close()

    def close(self) -> None:
        """Say goodbye if anyone still listens, and waits for no message."""
        if self._asked is not None:
            self.abandon()
        if self._client is not None:
            try:
                self._client.close()
            except (OSError, AttributeError):
                self._client.is_closed = True
            self._client = None


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
