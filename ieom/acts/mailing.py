"""Letters that are no mission's, over the organisation's mail account, in nobody's name but the organisation's, handed over
at once: a test of the account to oneself, and what the owner of an account is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from sqlalchemy.orm import Session

from ieom.errors import BadInput, Refused
from ieom.mail.account import Account
from ieom.mail.answers import Outcome, What
from ieom.mail.message import wire
from ieom.mail.smtp import Connection, Envelope, stuffed
from ieom.records import contact_acts, missions
from ieom.rules.words import N_
from ieom.settings import settings

PATIENCE, APART = 20.0, timedelta(seconds=30)
"""Seconds that each answer is waited for; and how far apart one person's tests are."""
SAID = {
    What.SENT: N_("The mail server took the letter."),
    What.REFUSED: N_("The mail server refuses that address."),
    What.DEFERRED: N_("The mail server does not take it now; try again later."),
    What.BACK: N_("The mail server can't be reached, or ended the connection."),
    What.IN_DOUBT: N_("The mail server has the letter and did not answer: look whether it came."),
    What.POLICY: N_("The mail server will not have this letter."),
    What.CONFIGURATION: N_("The mail server does not accept the account, its password or the sender."),
}
"""Each outcome in words."""


@dataclass(frozen=True)
class MailTested:
    """The mail account was tested by a letter to whoever tested it. `code`: what the server answered, 0 for nothing."""

    account: int
    outcome: str
    code: int


@dataclass(frozen=True)
class Sender:
    """As whom letters go, and where that is said."""

    name: str
    email: str
    envelope: str
    where: str


def sender(session: Session) -> Sender | None:
    """As whom letters go: what the newest mission says, whose bounces go where the settings say. None before there is a
    mission and nothing is set."""
    own = settings().mail_from
    slugs = missions.all_slugs(session)
    if not slugs:
        return Sender("", own, own, "IEOM_MAIL_FROM") if own else None
    newest = max((missions.facts(session, slug) for slug in slugs), key=lambda facts: facts.election_day)
    said = newest.release
    return Sender(said.from_name, said.from_email, own or said.bounces_to or said.from_email, newest.slug)


def may_test(session: Session, *, by: str, at: datetime) -> None:
    """Raises `Refused` where this person tested it a moment ago."""
    last = contact_acts.newest(session, "MailTested", by)
    if last is not None and at - last.at < APART:
        raise Refused(f"you tested it a moment ago; wait {APART.seconds} seconds between two tests")


def test(to: str, *, known: Sender | None, at: datetime) -> Outcome:
    """Hand a test to the mail server, as `hand_over` does."""
    text = (
        "This is a test of the organisation's mail account, asked for at the desk by the holder of this address.\n"
        "It says nothing else, and needs no answer.\n"
    )
    return hand_over(to, "A test of the mail account", text, kind="mail_test", known=known, at=at)


def hand_over(to: str, subject: str, text: str, *, kind: str, known: Sender | None, at: datetime) -> Outcome:
    """Hand a letter that is no mission's to the mail server, and say what it answered. Raises `BadInput` when no account or
    no sender is set. Call it outside of a transaction: it may take a while."""
    account = Account.of(settings())
    if known is None:
        raise BadInput("no sender is known: open a mission, whose file names one, or set IEOM_MAIL_FROM")
    account = replace(account, timeout=min(account.timeout, PATIENCE), patience=PATIENCE)
    message = stuffed(_letter(to, subject, text, kind, known, at))
    envelope = Envelope(wire(known.envelope), wire(to), len(message))
    connection = Connection(account)
    try:
        outcome = connection.open() or connection.offer(envelope)
        if outcome.what is What.SENT:
            outcome = connection.write(message) or connection.finish()
        return outcome
    finally:
        connection.close()


def tested(session: Session, *, by: str, at: datetime, account: int, outcome: Outcome) -> None:
    """Leave a row in the chain of the installation."""
    contact_acts.append(session, by=by, at=at, act=MailTested(account, str(outcome.what), outcome.code or 0))


def _letter(to: str, subject: str, text: str, kind: str, known: Sender, at: datetime) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(known.name, addr_spec=wire(known.email))
    message["To"] = wire(to)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=wire(known.email).rpartition("@")[2])
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"
    message["X-Ieom-Kind"] = kind
    message.set_content(text, cte="quoted-printable")
    return message.as_bytes()
