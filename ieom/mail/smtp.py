"""One connection to the organisation's mail server, by yagmail; and what its answers mean.

yagmail keeps the account and opens the connection; the talking is done on its `smtp`, one recipient a transaction,
with the step before the message's final dot visible to the caller (RFC 5321, 4.1.1.4). Its `send()` is never used: it
logs in anew for each message and sends again by itself when a connection is lost.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

import yagmail

from ieom.errors import BadInput
from ieom.settings import Settings

AFTER_THE_DOT = 600.0
"""Seconds allowed for the answer to the final dot (RFC 5321, 4.5.3.2.6)."""
PIECE = 65536
"""Bytes of a message for which the time-out counts (RFC 5321, 4.5.3.2.5): a slow line may need longer for all of it."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
DEAD = {"5.1.1", "5.1.10", "5.2.1"}
"""Enhanced codes (RFC 3463, RFC 7505) that mean the address itself is dead; other refusals leave it alone."""


@dataclass(frozen=True)
class Account:
    """Where and as whom to send."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    security: str = "starttls"
    timeout: float = 60.0
    patience: float = AFTER_THE_DOT
    """Seconds for the answer to the final dot."""
    authority: ssl.SSLContext | None = None
    """Certificates to trust; the system's when None."""

    helo: str = ""
    """The name said in EHLO; this machine's own when empty."""

    def __post_init__(self) -> None:
        if self.security not in {"starttls", "tls", "none"}:
            raise BadInput(f"'{self.security}' is no way to secure a mail account; say starttls, tls or none")
        if self.security == "none" and self.host not in LOOPBACK:
            raise BadInput(
                f"IEOM_SMTP_SECURITY=none is for a server on this machine alone, not for {self.host}; "
                "use starttls or tls"
            )
        if self.user and not self.password:  # yagmail would ask for it at the terminal, and wait
            raise BadInput(f"the mail account {self.user} has no password: give IEOM_SMTP_PASSWORD")

    @classmethod
    def of(cls, settings: Settings) -> Account:
        """The account that the settings name. Raises `BadInput` when there is none or it would be unsafe."""
        if not settings.smtp_host:
            raise BadInput("no mail account is set: give IEOM_SMTP_HOST, IEOM_SMTP_USER and IEOM_SMTP_PASSWORD")
        return cls(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_user,
            settings.smtp_password.get_secret_value(),
            settings.smtp_security,
            settings.smtp_timeout,
            helo=settings.smtp_helo,
        )


class What(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    REFUSED = "refused"  # permanently, for this recipient
    DEFERRED = "deferred"  # temporarily
    BACK = "back"  # the connection was lost before the final dot: nothing was taken
    IN_DOUBT = "in_doubt"  # lost after the final dot: it may have been taken
    POLICY = "policy"  # 5.7.x: the server will not have this; pause and tell a person
    CONFIGURATION = "configuration"  # log-in or sender refused: stop everything, fail nobody


@dataclass(frozen=True)
class Outcome:
    """One attempt's outcome, with the server's answer as it stands in the ledger."""

    what: What
    code: int | None = None
    answer: str = ""
    reconnect: bool = False
    slower: bool = False

    @property
    def dead_address(self) -> bool:
        """Whether the server said that the address itself does not exist."""
        return self.what is What.REFUSED and enhanced(self.answer) in DEAD


def enhanced(answer: str) -> str:
    """The enhanced status code of an answer (RFC 3463), or an empty string."""
    found = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", answer)
    return found.group(1) if found else ""


def said(answer: bytes | str) -> str:
    """An answer as one line of at most 500 characters."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:500]


def meaning(code: int, answer: str, *, step: str) -> Outcome:
    """What an answer means; `step` is one of connect, login, mail, rcpt, data, dot. What is no answer of SMTP leaves a
    message in doubt after its final dot, and untaken before."""
    if 200 <= code < 300 or (step == "data" and code == 354):
        return Outcome(What.SENT, code, answer)
    if not 400 <= code < 600:
        what = What.IN_DOUBT if step == "dot" else What.BACK
        return Outcome(what, None, f"the server answered nonsense: {code} {answer}", reconnect=True)
    if code == 421:
        return Outcome(What.DEFERRED, code, answer, reconnect=True, slower=True)
    if step in {"connect", "login", "mail"} or code in {530, 535}:
        if code >= 500:
            return Outcome(What.CONFIGURATION, code, answer, reconnect=True, slower=step == "connect")
        return Outcome(What.DEFERRED, code, answer, reconnect=True, slower=True)
    if code >= 500:
        policy = enhanced(answer).startswith("5.7.")
        return Outcome(What.POLICY if policy else What.REFUSED, code, answer)
    return Outcome(What.DEFERRED, code, answer, slower=code == 452)


def stuffed(message: bytes) -> bytes:
    """A line's leading dot doubled (RFC 5321, 4.5.2)."""
    return re.sub(rb"(?m)^\.", b"..", message)


@lru_cache(maxsize=1)
def _own_name() -> str:
    """This machine's full name, or its address as a literal (RFC 5321, 4.1.3); looked up once, not a connection."""
    name = socket.getfqdn()
    if "." in name:
        return name
    try:
        return f"[{socket.gethostbyname(socket.gethostname())}]"
    except OSError:
        return "[127.0.0.1]"


class Connection:
    """One logged-in connection. `offer` goes as far as the server's 354, `write` sends the message without its final
    dot, `finish` the dot. What fails before the dot was not taken; what fails after it may have been."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._client: Any = None

    def open(self) -> Outcome | None:
        """Connect and log in; None when that worked, else what went wrong."""
        account = self.account
        context = account.authority or ssl.create_default_context()
        more: dict[str, Any] = {"timeout": account.timeout, "local_hostname": account.helo or _own_name()}
        if account.security == "tls":
            more["context"] = context
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

    def offer(self, sender: str, recipient: str, size: int) -> Outcome:
        """MAIL, RCPT and DATA for a message of `size` bytes; `Outcome.what` is SENT when the server waits for it."""
        smtp = self._client.smtp
        try:
            options = [f"SIZE={size}"] if smtp.has_extn("size") else []
            if not (sender + recipient).isascii():
                if not smtp.has_extn("smtputf8"):
                    return Outcome(What.REFUSED, None, "the server takes no address beyond ASCII (SMTPUTF8)")
                options += ["SMTPUTF8"]
            steps: tuple[tuple[str, Callable[..., tuple[int, bytes]], tuple[Any, ...]], ...] = (
                ("mail", smtp.mail, (sender, options)),
                ("rcpt", smtp.rcpt, (recipient,)),
                ("data", smtp.docmd, ("DATA",)),
            )
            for step, send, told in steps:
                code, answer = send(*told)
                outcome = meaning(code, said(answer), step=step)
                if outcome.what is not What.SENT:
                    return outcome if outcome.reconnect else self._reset(outcome)
            if code != 354:
                return Outcome(What.BACK, None, said(f"the server answered DATA with {code}"), reconnect=True)
        except OSError as error:
            return Outcome(What.BACK, None, said(f"connection lost: {error}"), reconnect=True)
        return outcome

    def _reset(self, outcome: Outcome) -> Outcome:
        """RSET after a refusal, so that the next transaction begins clean; the refusal stands whatever becomes of it."""
        try:
            code, _ = self._client.smtp.rset()
        except OSError:
            code = 0
        return outcome if code == 250 else replace(outcome, reconnect=True)

    def write(self, message: bytes) -> Outcome | None:
        """Send the message, dot-stuffed and in whole lines, without its final dot. None when it is out."""
        sock, whole = self._client.smtp.sock, memoryview(message)
        try:
            for start in range(0, len(whole), PIECE):
                sock.sendall(whole[start : start + PIECE])
        except OSError as error:
            self.abandon()
            return Outcome(What.BACK, None, said(f"connection lost: {error}"), reconnect=True)
        return None

    def finish(self) -> Outcome:
        """Send the final dot and wait for the answer; a connection lost from here on leaves the message in doubt."""
        smtp = self._client.smtp
        try:
            smtp.sock.settimeout(self.account.patience)
            smtp.sock.sendall(b".\r\n")
            code, answer = smtp.getreply()
        except OSError as error:
            self.abandon()
            return Outcome(What.IN_DOUBT, None, said(f"no answer after the message: {error}"), reconnect=True)
        if smtp.sock is not None:
            smtp.sock.settimeout(self.account.timeout)
        return meaning(code, said(answer), step="dot")

    def abandon(self) -> None:
        """Cut the connection at once: within a message, a goodbye would be read as a line of it."""
        if self._client is not None and self._client.smtp is not None:
            self._client.smtp.close()

    def close(self) -> None:
        """Say goodbye if anyone still listens."""
        if self._client is not None:
            try:
                self._client.close()
            except (OSError, AttributeError):
                self._client.is_closed = True
            self._client = None
