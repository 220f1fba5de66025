"""What the pages on releases show: the embargo and its clock, what keeps each release, whom it reaches, how far it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from babel import Locale
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.mail_words import STATES
from desk.web.fallen_view import published
from desk.web.files import local
from ieom.acts import distribution as acts
from ieom.acts import doubt, letters, publishing, readers, witness
from ieom.acts.announcing import noticed
from ieom.acts.approvers import approvers, digest_of
from ieom.acts.published import texts
from ieom.acts.releasing import outdated
from ieom.acts.rounds import approved_round, comes_to, newest_round, stands
from ieom.folder.catalogues import N_, _, ngettext, said
from ieom.mail.phrases import spoken_in
from ieom.records import correspondence, drafts, ledger, media, missions, releases
from ieom.records.letters import said_back
from ieom.records.releases import Release
from ieom.rules.mission import MissionFacts
from ieom.rules.release import CARRIES, ENDED, OFFICIAL, embargo_until, reasons_not_to, too_early_to_say_go

KIND = {
    "arrival": N_("arrival"), "advisory": N_("media advisory"), "mid_mission": N_("mid-mission release"), "statement": N_("statement"),
    "clarification": N_("clarification"), "correction": N_("correction"), "withdrawal": N_("withdrawal"), "holding": N_("holding line"),
}  # fmt: skip
STATUS = {
    "prepared": N_("prepared"), "going": N_("going out"), "stopped": N_("stopped"), "held": N_("held"), "done": N_("done"),
    "dropped": N_("dropped for a newer one"),
}  # fmt: skip
COLUMNS = (
    N_("Release"), N_("What"), N_("Concerns release"), N_("State"), N_("Languages"), N_("Prepared by"), N_("Prepared"), N_("Approved by"),
    N_("Go by"), N_("Began to leave"), N_("Had left"),
)  # fmt: skip
AT_ONCE = timedelta(seconds=30)
"""So long after the embargo a release has begun, unless something is amiss."""
STANDS = ("stopped", "held")
"""Statuses of a release that waits for somebody to let it go on."""
MANY = 300
"""Rows of a ledger that a page shows; the file has them all."""


def gathered(session: Session, mission: str, now: datetime, *, code: str) -> dict[str, Any]:
    """The page of all releases."""
    facts, known = missions.facts(session, mission), named(session, mission)
    rows = [row for row in releases.of(session, mission) if row.status != "dropped"]
    round_ = approved_round(session, mission)
    told = [one(session, mission, row, now, known, code=code) for row in rows]
    main = acts.newest(session, mission)
    known_of = acts.readiness(session, mission, main)
    until = embargo_until(known_of)
    approved = round_ is not None and stands(session, mission, round_)
    same = main is not None and round_ is not None and main.hashes == round_.hashes
    told_go = main is not None and main.sent_by is not None and main.started_at is None and main.status not in ENDED
    why_not = reasons_not_to(known_of, now) if main is None or main.started_at is None else []
    # A correction is to leave once somebody has said go, however long the embargo is over.
    was_due = publishing.belongs_to(session, mission, main) if main is not None and told_go else None
    held, newest = held_for(session, mission), newest_round(session, mission)
    found = {
        "now": now, "releases": told[::-1], "main": next((o for o in told if main is not None and o["id"] == main.id), None),
        "pressing": [o for o in told if o["status"] in STANDS] + [o for o in told if o["status"] == "going"],
        "held": held, "newer": _newer(session, mission, main, approved=approved),
        "closing": newest is not None and newest.status == "open" and stands(session, mission, newest)
        and comes_to(session, mission, newest) == "approved",
        "known": known, "approved": approved, "until": until, "clock": left(until, now),
        "last_close": known_of.last_close, "press_conference": known_of.press_conference, "go_rule": facts.release.go,
        "why_not": [said(one) for one in why_not],
        "overdue": told_go and not why_not and held is None and was_due is not None and now - was_due > AT_ONCE, "was_due": was_due,
        "may_prepare": approved and (main is None or not same or main.started_at is None),
        "again": main is not None and main.started_at is None, "code": code,
        "going": any(o["status"] == "going" for o in told), **waiting(session, mission),
        "fallen": published(session, mission), "languages": list(facts.languages), "complaints": _complaints(session, mission),
        "public": [(str(o["number"]), f"{o['number']}: {o['what']}") for o in told if o["public"]],
        "soon": until is not None and timedelta(0) < until - now < timedelta(hours=1),
    }  # fmt: skip
    return {**found, "possible": _possible(found)}


def row_of(session: Session, row: Release, zone: str, known: Mapping[str, str]) -> tuple[Any, ...]:
    """A release as it stands in a sheet under `COLUMNS`."""
    concerned = session.get(Release, row.concerns) if row.concerns is not None else None
    agreed = "; ".join(known.get(one.by, one.by) for one in releases.approvals(session, row.id))
    return (
        row.number, _(KIND[row.kind]), concerned.number if concerned else None, _(STATUS[row.status]), " ".join(sorted(row.hashes)),
        known.get(row.prepared_by, row.prepared_by), local(row.prepared_at, zone), agreed,
        known.get(row.sent_by, row.sent_by) if row.sent_by else "", local(row.started_at, zone), local(row.done_at, zone),
    )  # fmt: skip


def held_for(session: Session, mission: str) -> str | None:
    """Why the mission is held, so that no letter of any release leaves; None where it is not."""
    row = missions.get(session, mission)
    if row.state == "held":
        return row.held_why or ""
    return witness.restored(session, mission) or None


def _newer(session: Session, mission: str, main: Release | None, *, approved: bool) -> dict[str, Any] | None:
    """The version of the statement that was written since the one that is out: its number, and how it stands."""
    if main is None or main.started_at is None:
        return None
    row = drafts.newest(session, mission, next(iter(main.hashes)))
    if row is None or row.content_hash in main.hashes.values():
        return None
    own = any(drafts.by_hash(session, mission, one).kind != "supplement" for one in main.hashes.values())
    return {"number": row.number, "supplement": row.kind == "supplement" and own, "approved": approved}


def _possible(found: Mapping[str, Any]) -> str:
    """What may be done on the page, in a few letters that change when it does."""
    main = found["main"] or {}
    deciding = [
        found["may_prepare"], found["again"], found["approved"], bool(found["until"] and found["until"] > found["now"]), main.get("early_by"), main.get("early_agreed"),
        *(
            (o["number"], o["status"], o["sent_by"], o["started_at"], o["go_later"], o["tested"], o["lacks"], bool(o["until"] and o["until"] > found["now"]))
            for o in found["releases"] if o["open"]
        ),
    ]  # fmt: skip
    return sha256(repr(deciding).encode()).hexdigest()[:16]


def left(until: datetime | None, now: datetime) -> str:
    """The time left as a clock shows it: '1 day 02:14:32', '00:14:32'; '' once it is over."""
    if until is None or until <= now:
        return ""
    seconds = int((until - now).total_seconds())
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return (
        clock
        if not days
        else ngettext("{count} day {clock}", "{count} days {clock}", days).format(count=days, clock=clock)
    )


def one(
    session: Session, mission: str, row: Release, now: datetime, known: dict[str, str], *, code: str
) -> dict[str, Any]:  # fmt: skip
    """One release: who did what with it, what keeps it, how far it is."""
    ready = acts.readiness(session, mission, row)
    concerned = session.get(Release, row.concerns) if row.concerns is not None else None
    public = releases.public(session, row)
    states = acts.ledger(session, row) if row.started_at is not None else Counter[str]()
    own = row.kind not in CARRIES
    until = embargo_until(ready)
    made = {
        "id": row.id, "number": row.number, "kind": row.kind, "what": _(KIND[row.kind]), "status": row.status, "own": own,
        "concerns": (concerned.number, _(KIND[concerned.kind])) if concerned else None, "public": public,
        "prepared_by": row.prepared_by, "prepared_name": known.get(row.prepared_by, row.prepared_by),
        "prepared_at": row.prepared_at, "sent_by": row.sent_by, "sent_name": known.get(row.sent_by or "", row.sent_by or ""),
        "early_by": row.early_by, "early_name": known.get(row.early_by or "", row.early_by or ""),
        "early_agreed": row.early_agreed_by, "early_agreed_name": known.get(row.early_agreed_by or "", ""),
        "early_why": row.early_why, "go": row.go, "started_at": row.started_at, "done_at": row.done_at,
        "held_why": row.held_why, "until": until, "lacks": [said(one) for one in ready.lacks],
        "why_not": [said(one) for one in reasons_not_to(ready, now)] if row.started_at is None else [],
        "approvals": [(known.get(o.by, o.by), o.at) for o in releases.approvals(session, row.id)],
        "counts": [(state, _(STATES.get(state, state)), n) for state, n in sorted(states.items())],
        "total": sum(states.values()), "sent": states["sent"], "over": sum(n for s, n in states.items() if s in acts.ENDED),
        "unwritten": acts.unwritten(session, row), "open": row.status not in ENDED, "mine": row.prepared_by == code,
        "go_later": too_early_to_say_go(ready, now),
        "may_approve": False, "official": row.kind in OFFICIAL, "digest": digest_of(session, row) if own else "", "outdated": [said(one) for one in outdated(session, row)],
        "about": [(o.number, _(KIND[o.kind])) for o in releases.about(session, row.id)],
        "unapproved": sorted(row.translations or {}),
    }  # fmt: skip
    if own and row.started_at is None and row.status != "dropped":
        heads, seats = approvers(session, mission, row)
        has = any(o.by == code for o in releases.approvals(session, row.id))
        second = row.kind == "withdrawal" and any(code in seat for seat in seats)
        made["may_approve"] = bool(code) and not has and code != row.prepared_by and (code in heads or second)
    if row.started_at is None:
        to_media, offices, tested = acts.reach(session, mission, row)
        made |= {"media": to_media, "offices": offices, "tested": tested}
    else:
        made |= {"media": 0, "offices": 0, "tested": "sent"}
    return made


def detail(session: Session, mission: str, row: Release, *, own_address: str) -> dict[str, Any]:
    """What the page of one release adds: its texts, papers, readers by language and list, whom
    a test may go to beside `own_address`, the address of whoever asks."""
    facts = missions.facts(session, mission)
    if row.started_at is None:
        there = Counter(o.to.language for o in readers.of(session, mission, row))
        languages = [(language, "release", count) for language, count in there.most_common()]
    else:
        languages = ledger.by_language(session, row.id)
    own = row.kind not in CARRIES
    return {
        "texts": [
            {"language": o.language, "title": o.title, "paragraphs": list(o.paragraphs), "hash": o.hash,
             "authentic": o.authentic, "marking": o.marking}
            for o in texts(session, row).values()
        ],
        "papers": sorted(row.papers.items()), "by_language": languages,
        "test_languages": [(o, str(Locale.parse(o).get_language_name(o) or o)) for o in spoken_in("release")],
        "by_list": media.by_list(session, mission) if row.concerns is None else [],
        "noticed": noticed(session, mission, row) if own else [],
        "tests_to": [one for one in _own_offices(facts) if one[0] != own_address],
    }  # fmt: skip


def _own_offices(facts: MissionFacts) -> list[tuple[str, str]]:
    """(address, office) of those to whom a test may go, beside whoever asks."""
    return [(one.email, one.office) for one in facts.offices if one.body == facts.organisation and one.email]


def waiting(session: Session, mission: str) -> dict[str, Any]:
    """Letters that wait for a person: in doubt, or late."""
    rows = doubt.in_doubt(session, mission)[:MANY]
    back = said_back(session, [row.id for row in rows])
    doubted = [
        {
            "number": row.id, "to": row.to_office, "address": row.recipient, "subject": row.subject,
            "at": row.settled_at or row.due_at, "answer": f"{row.code or ''} {row.answer or ''}".strip(),
            "back": back[row.id].diagnostic or back[row.id].status or back[row.id].action if row.id in back else "",
        }
        for row in rows
    ]  # fmt: skip
    late = [
        {"number": row.id, "to": row.to_office, "subject": row.subject, "due": row.due_at}
        for row in letters.late(session, mission)[:MANY]
    ]
    return {"in_doubt": doubted, "late": late}


def _complaints(session: Session, mission: str) -> dict[str, Any]:
    rows = releases.complaints(session, mission)
    numbers = releases.names(session, {row.release for row in rows if row.release is not None})
    had = {row.received for row in rows}
    papers = [row for row in correspondence.of(session, mission) if row.direction == "in" and row.number not in had]
    ours = [row for row in correspondence.of(session, mission) if row.direction == "out"]
    return {
        "rows": [
            {
                "received": row.received, "about": row.about, "at": row.registered_at, "reply": row.reply,
                "release": numbers[row.release][0] if row.release in numbers else None,
            }
            for row in rows
        ],
        "papers": [(row.number, f"{row.number}: {row.subject}") for row in papers],
        "ours": [(row.number, f"{row.number}: {row.subject}") for row in ours],
    }  # fmt: skip
