"""What a mail server's answers mean for a letter (RFC 5321, 4.2; RFC 3463), and what becomes of one attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ieom.rules.replies import enhanced

DEAD = {"5.1.1", "5.1.10", "5.2.1"}
"""Enhanced codes (RFC 3463, RFC 7505) that mean the address itself is dead; other refusals leave it alone."""
TOO_LARGE = "5.3.4"
"""The server takes no message of this size from anybody (RFC 1870, 6.1; RFC 3463)."""


class What(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    REFUSED = "refused"  # permanently, for this recipient
    DEFERRED = "deferred"  # temporarily
    BACK = "back"  # the connection was lost before the final dot: nothing was taken
    IN_DOUBT = "in_doubt"  # lost after the final dot: it may have been taken
    POLICY = "policy"  # 5.7.x, or too large: the server will not have this; pause and tell a person
    CONFIGURATION = "configuration"  # log-in or sender refused: stop everything, fail nobody


@dataclass(frozen=True)
class Outcome:
    """One attempt's outcome, with the server's answer as it stands in the ledger."""

    what: What
    code: int | None = None
    answer: str = ""
    reconnect: bool = False
    slower: bool = False
    astray: bool = False
    """Of commands that went with a final dot an answer is missing: what was read as the dot's was the next one's."""

    @property
    def dead_address(self) -> bool:
        """Whether the server said that the address itself does not exist."""
        return self.what is What.REFUSED and enhanced(self.answer) in DEAD


def said(answer: bytes | str) -> str:
    """An answer as one line of at most 500 characters."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:500]


def meaning(code: int, answer: str, *, step: str) -> Outcome:
    """What an answer means; `step` is one of connect, login, mail, rcpt, data, body, dot. What is no answer of SMTP
    leaves a message in doubt after its final dot, and untaken before."""
    if step != "body" and (200 <= code < 300 or (step == "data" and code == 354)):
        return Outcome(What.SENT, code, answer)
    if not 400 <= code < 600:
        what = What.IN_DOUBT if step == "dot" else What.BACK
        return Outcome(what, None, f"the server answered nonsense: {code} {answer}", reconnect=True)
    if code == 421:
        return Outcome(What.DEFERRED, code, answer, reconnect=True, slower=True)
    if enhanced(answer) == TOO_LARGE or (step == "mail" and code == 552):
        return Outcome(What.POLICY, code, answer, reconnect=step == "body")
    if step in {"connect", "login", "mail"} or code in {530, 535}:
        if code >= 500:
            return Outcome(What.CONFIGURATION, code, answer, reconnect=True, slower=step == "connect")
        return Outcome(What.DEFERRED, code, answer, reconnect=True, slower=True)
    if code >= 500:
        policy = enhanced(answer).startswith("5.7.")
        return Outcome(What.POLICY if policy else What.REFUSED, code, answer, reconnect=step == "body")
    return Outcome(What.DEFERRED, code, answer, reconnect=step == "body", slower=code == 452)
