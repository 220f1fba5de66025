"""The owner of an account is told when another way into it was made: by a letter that says so and holds no way in itself.
It is no mission's, so it is handed to the mail server at once, like a test of the mail account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from ieom.acts.accounts import LINK_HOURS
from ieom.mail.answers import Outcome
from ieom.papers.page import environment
from ieom.records import contact_acts
from ieom.records.accounts import Account
from ieom.settings import settings


class About(StrEnum):
    """What somebody is told about."""

    LINK = "link"
    PASSKEY = "passkey"
    GUESSED = "guessed"


@dataclass(frozen=True)
class OwnerTold:
    """The owner of an account was written to. `code`: what the server answered, 0 for nothing."""

    account: int
    about: str
    outcome: str
    code: int


@dataclass(frozen=True)
class Words:
    """A letter to the owner of an account."""

    to: str
    subject: str
    text: str


def words(session: Session, about: About, *, account: int, by: str, at: datetime, what: str = "") -> Words:
    """What the letter says, in its reader's language. `by`: in words, who did it; `what`: the name of the new way in."""
    row = session.get_one(Account, account)
    made = environment(settings().templates_dir, row.language, "UTC").overlay(autoescape=False)
    whole = made.get_template(f"letters/_account/{about}.txt").render(
        name=row.name, by=by, at=made.filters["at"](at), what=what, desk=settings().desk_url,
        until=made.filters["at"](at + timedelta(hours=LINK_HOURS)),
    )  # fmt: skip
    subject, _, text = whole.partition("\n")
    return Words(row.email, subject, text.strip() + "\n")


def told(session: Session, *, by: str, at: datetime, account: int, about: About, outcome: Outcome) -> None:
    """Leave a row in the chain of the installation."""
    contact_acts.append(session, by=by, at=at, act=OwnerTold(account, about, str(outcome.what), outcome.code or 0))
