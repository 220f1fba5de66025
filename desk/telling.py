"""Telling the owner of an account that another way into it was made, and whoever made it how that went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from ieom.acts import mailing, telling
from ieom.acts.telling import About
from ieom.errors import IeomError
from ieom.mail.answers import What
from ieom.records.accounts import Account
from ieom.records.base import begin, reading
from ieom.settings import settings

MACHINE = "whoever keeps the machine that the desk runs on"


def tell(engine: Engine, about: About, *, account: int, by: str, at: datetime, name: str = "") -> str:
    """Write to the owner of an account; returns how that went, in a sentence or two for who made the new way in. What was
    done stays done. Call it outside of a transaction: a mail server may take its time."""
    with reading(engine) as session:
        known = mailing.sender(session)
        number = by.removeprefix("desk-")
        who = session.get(Account, int(number)) if number.isdigit() else None
        said = telling.words(session, about, account=account, by=who.name if who else MACHINE, at=at, what=name)
    owed = " Tell them yourself." if about is About.LINK else ""
    if not settings().smtp_host:
        return f"No mail account is set, so no letter about it went to {said.to}.{owed}"
    try:
        outcome = mailing.hand_over(said.to, said.subject, said.text, kind=f"account_{about}", known=known, at=at)
    except IeomError as error:
        return f"No letter about it went to {said.to}: {error}.{owed}"
    with begin(engine) as session:
        telling.told(session, by=by, at=at, account=account, about=about, outcome=outcome)
    if outcome.what is What.SENT:
        return f"A letter that says so, and holds no way in, went to {said.to}."
    return f"No letter about it is known to have gone to {said.to}. {mailing.SAID[outcome.what]}{owed}"
