"""What a mission's page says is owed: by those who are reminded, and by the secretariat itself; each with the page where it is
done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import unescape
from typing import Any

from desk.chronicle import letters_of
from desk.mail_words import STATES, became
from ieom.acts.asked_of import closes
from ieom.acts.owing import Work
from ieom.folder.catalogues import _
from ieom.records.letters import Letter, Reminded
from ieom.rules.mission import MissionFacts
from ieom.rules.reminders import Owed, Reminder

Ways = tuple[tuple[str, str], ...]
"""(route, page below the mission's) in the order in which they are tried: the first that the reader may open is led to."""
APART = "\x1e"
NEVER = datetime.max.replace(tzinfo=UTC)


def _page(area: str, below: str = "") -> tuple[str, str]:
    return f"GET /missions/{{mission}}{area}", f"{area}{below}"


def _ways(about: str, key: str) -> Ways:
    """Where something is done, by what it is about."""
    first = key.partition(".")[0]
    match about:
        case "nominee_items" | "conflict":
            return ("GET /missions/{mission}/delegation/{code}", f"/delegation/{key}"), _page("/delegation")
        case "nominations" | "accreditation":
            return (_page("/delegation"),)
        case "meetings_tomorrow" | "minutes_missing":
            return (("GET /missions/{mission}/meetings/{code}", f"/meetings/{first}"), _page("/meetings"))
        case "check_in_missed" | "deployment":
            return (_page("/deployment"),)
        case "approver left":
            return (_page("/facts"),)
        case "form_missing":
            return _page("/observation/enter"), _page("/observation")
        case "forms aside":
            return (_page("/observation"),)
        case "to sign" | "to send" if key:
            paper = f"/correspondence/{key.replace('/', '-')}"
            return ("GET /missions/{mission}/correspondence/{number}", paper), _page("/correspondence")
        case "invitation" | "to sign" | "to send":
            return (_page("/correspondence"),)
        case "published turned" | "turned":
            return (_page("/statement", "#turned"),)
        case "to ask" | "other text" | "round ended" | "edited":
            return (_page("/statement"),)
        case "approval_waits" | "to confirm" | "to agree" | "disowned":
            return (_page("/approval"),)
        case "letter failed" | "release failed":
            return (_page("/letters", f"#letter-{key}" if about == "letter failed" else "#releases"),)
        case "letters_in_doubt":
            return _page("/letters", f"#letter-{key}"), _page("/release")
        case "to approve":
            return ("GET /missions/{mission}/release/{number}", f"/release/{key}"), _page("/release")
        case _:
            return (_page("/release"),)


def listed(
    planned: Sequence[Reminder], works: Sequence[Work], gone: dict[str, datetime | None], names: dict[str, str],
    facts: MissionFacts, now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    """Each with its reminders: those that went, and when the next goes; by when it is due, what has no moment last."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in planned:
        item = one.owed
        entry = found.setdefault((item.about, item.key), _entry(item, names, facts, now))
        if one.occasion in gone:
            entry["went"].append(gone[one.occasion] or one.goes)
        elif one.goes > now and entry["next"] is None:
            entry["next"], entry["escalates"] = one.goes, one.escalated
    own = [
        _row(one.about, one.who, one.due, names, now, key=one.key, count=one.count)
        | {"letter": _letter(one.letter, one.report), "number": names.get(one.key, one.key)}
        for one in works
    ]
    return sorted([*found.values(), *own], key=lambda entry: entry["due"] or NEVER)


def _entry(item: Owed, names: dict[str, str], facts: MissionFacts, now: datetime) -> dict[str, Any]:
    match item.about:
        case "approval_waits":
            due = closes(facts, item.due)  # it was asked for at item.due
        case "meetings_tomorrow":
            due = item.facts["meeting"].starts_at  # item.due is that morning
        case _:
            due = item.due
    row = _row(item.about, item.person, due, names, now, key=item.key)
    if item.about == "letters_in_doubt":
        row["letter"] = _letter(item.facts["letter"])
    if item.about == "nominations":
        row["number"] = item.facts["state"]
    return row


def _letter(row: Letter | None, report: str = "") -> dict[str, str] | None:
    """A letter that did not arrive, or may not have, in words for everybody: what it is, to whom, what became of it."""
    if row is None:
        return None
    return {
        "what": letters_of(row.kind), "to": row.to_office,
        "became": became(row.state, row.code, row.answer or "", report),
    }  # fmt: skip


def _row(
    about: str, who: str, due: datetime | None, names: dict[str, str], now: datetime, *, key: str, count: int = 1
) -> dict[str, Any]:
    return {
        "about": about.replace("_", " "), "who": names.get(who, who), "due": due, "late": due is not None and due <= now,
        "went": [], "next": None, "escalates": None, "ways": _ways(about, key), "count": count, "number": key,
        "letter": None,
    }  # fmt: skip


def reminded(written: Sequence[Reminded]) -> list[dict[str, Any]]:
    """Each reminder that was written: about what, to whom, when, how its letter stands; the newest first."""
    return [
        {
            "about": one.kind.removeprefix("reminder_").replace("_", " "), "to": one.to, "at": one.settled_at or one.due_at,
            "state": one.state, "said": _(STATES.get(one.state, one.state)), "escalated": one.occasion.endswith(":deputy"),
            "number": "", "count": 1, "letter": None,
        }
        for one in written
    ]  # fmt: skip


def worded(rows: Sequence[dict[str, Any]], text: Callable[..., str]) -> None:
    """Say of each what it is, in the words of templates/desk/owed_words.html, which `text` renders."""
    said = unescape(text(owed=rows, apart=APART)).split(APART)
    for row, what in zip(rows, said, strict=False):
        row["what"] = what.strip()


def meant(owed: Sequence[dict[str, Any]], who: str, find: str) -> list[dict[str, Any]]:
    """Of what is owed that of this person or office, which has these words in it; all where neither is named."""
    words = find.strip().casefold()
    return [one for one in owed if who in {"", one["who"]} and words in f"{one['what']} {one['who']}".casefold()]


def led(owed: Sequence[dict[str, Any]], may: Callable[[str], bool]) -> list[str]:
    """For each the page below the mission's to which this reader is led; '' where they may open none."""
    return [next((page for route, page in one["ways"] if may(route)), "") for one in owed]
