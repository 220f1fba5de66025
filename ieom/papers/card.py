"""The mission's own badge for a member: who they are and for which mission, on a card of A6 size."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date

from ieom.papers.typeset import pdf


def card_pdf(
    *,
    organisation: str,
    mission: str,
    who: str,
    title: str,
    capacity: str,
    sent_by: str,
    number: str,
    code: str,
    day: date,
    at: datetime,
) -> bytes:
    """The card as PDF. `number` is that of the accreditation's badge, '' while there is none; `at` (UTC) is the file's
    date."""
    told = {
        "organisation": organisation, "mission": mission, "who": who, "title": title, "capacity": capacity,
        "sent_by": sent_by, "number": number, "code": code, "election_day": format_date(day, "d MMMM y", locale="en"),
    }  # fmt: skip
    return pdf("card", told, at=at)
