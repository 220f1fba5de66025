"""The correspondence register: notes verbales and letters by number, in and out, for signature and as scanned."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Form, Response, UploadFile
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.typed import day
from desk.web.asking import Desk, missing, router
from desk.web.delegation import assembled_here
from desk.web.files import WORD, sent, taken
from ieom.acts import calling, own_papers
from ieom.acts import correspondence as acts
from ieom.errors import BadInput
from ieom.folder.catalogues import N_, _
from ieom.folder.names import load_names
from ieom.records import correspondence, missions
from ieom.records.correspondence import Correspondence
from ieom.rules.mission import MissionFacts
from ieom.rules.names import written

part = router()
Line = Annotated[str, Form(max_length=300)]
Scan = Annotated[UploadFile | None, File()]
KINDS = ("pdf", "png", "jpeg")
OTHER = "other"
"""Chosen in the place of a body: its name is written out."""
STATES = (N_("drafted"), N_("signed"), N_("sent"), N_("received"), N_("answered"))


@part.get("/missions/{mission}/correspondence")
def show(desk: Desk, direction: str = "", status: str = "", q: str = "") -> Response:
    """Every paper, in and out, and what waits for signature or for the post."""
    with desk.look() as (session, mission, now):
        facts, known, names = missions.facts(session, mission), counterparts(session, mission), load_names()
        listed = [_paper(row, known) for row in correspondence.of(session, mission)]
        wanted = q.strip().casefold()
        shown = [
            one
            for one in listed
            if direction in {"", one["direction"]}
            and status in {"", one["status"]}
            and wanted in f"{one['number']} {one['subject']} {one['whom']} {one['their_number']}".casefold()
        ]
        return desk.page(
            "correspondence.html", now=now, listed=listed, shown=shown[::-1], states=STATES,
            chosen={"direction": direction, "status": status, "q": q}, whom=_others(known, facts),
            unsigned=[one for one in listed if one["status"] == "drafted"],
            unsent=[one for one in listed if one["status"] == "signed"], invited=calling.invited(session, mission),
            asks=assembled_here(session, mission),
            inviting=names.official(facts.invitation.from_body, on=facts.election_day),
            bodies=list(names.officials("body", on=facts.election_day).items()),
            reference=facts.invitation.reference, answerable=[
                (one["number"], f"{one['number']} {one['subject']}") for one in listed if one["direction"] == "out"
            ],
            unanswered=[
                (one["number"], f"{one['their_number'] or one['number']} {one['subject']}")
                for one in listed
                if one["direction"] == "in" and one["status"] == "received"
            ],
        )  # fmt: skip


@part.post("/missions/{mission}/correspondence")
def received(
    desk: Desk, counterpart: Line, subject: Line, kind: Line = "note_verbale", their_number: Line = "", dated: Line = "",
    answers: Line = "", scan: Scan = None,
) -> Response:  # fmt: skip
    """Register a paper that came in."""
    data, on = _scanned(scan), day(dated)
    with desk.act() as (session, mission, by, at):
        if counterpart not in counterparts(session, mission):
            raise BadInput("choose who wrote from the list")
        row = acts.received(
            session, mission, by=by, at=at, counterpart=counterpart, subject=subject, kind=kind, answers=answers,
            their_number=their_number.strip(), dated=on, scan=data,
        )  # fmt: skip
        number = row.number
    return _back(desk, number, _("Registered as {number}.").format(number=number))


@part.post("/missions/{mission}/correspondence/invitation")
def invitation(desk: Desk, scan: Scan = None, body: Line = "", body_name: Line = "") -> Response:
    """Enter the host country's invitation, as the mission's file states it, or by another body that invited."""
    data = _scanned(scan)
    if body == OTHER:
        body = body_name.strip()
        if not written(body):
            raise BadInput("write the name of the body that invites, whole and as it stands in a sentence")
    with desk.act() as (session, mission, by, at):
        number = calling.record_invitation(session, mission, by=by, at=at, scan=data, body=body).number
        said = (
            _("The invitation is {number}. States are asked for observers with the next look.")
            if assembled_here(session, mission)
            else _(
                "The invitation is {number}. No state is asked by itself; how each can nominate stands on the page Delegation."
            )
        )
    return _back(desk, number, said.format(number=number))


@part.post("/missions/{mission}/correspondence/write")
def write(
    desk: Desk, counterpart: Line, subject: Line, text: Annotated[str, Form(max_length=20_000)], kind: Line = "note_verbale",
    answers: Line = "",
) -> Response:  # fmt: skip
    """Draft a paper of ours, in our own words, for signature."""
    with desk.act() as (session, mission, by, at):
        row = own_papers.write(
            session,
            mission,
            by=by,
            at=at,
            counterpart=counterpart,
            kind=kind,
            subject=subject,
            text=text,
            answers=answers,
        )
        number = row.number
    return _back(
        desk, number, _("Drafted as {number}. Print the Word document and have it signed.").format(number=number)
    )


@part.get("/missions/{mission}/correspondence/{number}")
def one(desk: Desk, number: str) -> Response:
    """One paper: to whom, what about, its file, its scan, and what comes next."""
    with desk.look() as (session, mission, now):
        row, known = _row(session, mission, number), counterparts(session, mission)
        paper = _paper(row, known)
        about = [
            _paper(other, known)
            for other in correspondence.of(session, mission)
            if other.answers == row.number or other.number == row.answers
        ]
        return desk.page("paper.html", now=now, row=row, one=paper, about=about)


@part.get("/missions/{mission}/correspondence/{number}/paper")
def paper(desk: Desk, number: str) -> Response:
    """Our paper as the Word document for signature."""
    with desk.look() as (session, mission, _now):
        row = _row(session, mission, number)
        if not row.path:
            raise BadInput(f"{row.number} came in; look at its scan")
        path, data = acts.file_of(session, mission, row.number)
    return sent(data, path.name, WORD)


@part.get("/missions/{mission}/correspondence/{number}/scan")
def scan(desk: Desk, number: str) -> Response:
    """A paper as it was scanned."""
    with desk.look() as (session, mission, _now):
        path, data = acts.scan_of(session, mission, _row(session, mission, number).number)
    return sent(data, f"{number}-scan{path.suffix}")


@part.post("/missions/{mission}/correspondence/{number}/signed")
def signed(desk: Desk, number: str, scan: Scan = None) -> Response:
    """A letter was signed, or a note verbale initialled and stamped."""
    data = _scanned(scan)
    with desk.act() as (session, mission, by, at):
        row = acts.signed(session, mission, by=by, at=at, number=_row(session, mission, number).number, scan=data)
        said = _("{number} is signed.").format(number=row.number)
    return _back(desk, number, said)


@part.post("/missions/{mission}/correspondence/{number}/sent")
def left(desk: Desk, number: str, scan: Scan = None) -> Response:
    """A paper of ours left."""
    data = _scanned(scan)
    with desk.act() as (session, mission, by, at):
        row = acts.sent(session, mission, by=by, at=at, number=_row(session, mission, number).number, scan=data)
        said = _("{number} is sent.").format(number=row.number)
    return _back(desk, number, said)


@part.post("/missions/{mission}/correspondence/{number}/scan")
def scanned(desk: Desk, number: str, scan: Scan = None) -> Response:
    """File the scan of a paper that has none."""
    data = _scanned(scan)
    with desk.act() as (session, mission, by, at):
        row = own_papers.file_later(
            session, mission, by=by, at=at, number=_row(session, mission, number).number, scan=data
        )
        said = _("The scan of {number} is filed.").format(number=row.number)
    return _back(desk, number, said)


def counterparts(session: Session, mission: str) -> dict[str, str]:
    """Who writes to the mission and is written to: offices, states' contacts, bodies, by code."""
    facts, known = missions.facts(session, mission), named(session, mission)
    found = load_names().officials("body", on=facts.election_day)
    if written(facts.invitation.from_body):
        found[facts.invitation.from_body] = facts.invitation.from_body
    found |= {f"state-{state.code.lower()}": state.contact_office for state in facts.states}
    return found | {office.code: known[office.code] for office in facts.offices}


def _others(known: dict[str, str], facts: MissionFacts) -> list[tuple[str, str]]:
    """Whom a paper can come from or go to: none of our own offices, and each name once, by whichever code it has last."""
    own = {office.code for office in facts.offices if office.body == facts.organisation}
    by_name = {name: code for code, name in known.items() if code not in own}
    return sorted(((code, name) for name, code in by_name.items()), key=lambda one: one[1])


def _paper(row: Correspondence, known: dict[str, str]) -> dict[str, Any]:
    return {
        "number": row.number, "at": row.number.replace("/", "-"), "direction": row.direction, "subject": row.subject,
        "kind": row.kind, "whom": known.get(row.counterpart, row.counterpart), "dated": row.dated,
        "status": row.status, "answers": row.answers or "", "their_number": row.their_number,
        "scanned": bool(row.scan_path),
    }  # fmt: skip


def _row(session: Session, mission: str, number: str) -> Correspondence:
    """By its number as addresses have it: KS20-004 for KS20/004."""
    row = session.get(Correspondence, (mission, number.replace("-", "/", 1)))
    if row is None:
        raise missing(f"the paper {number}")
    return row


def _scanned(scan: UploadFile | None) -> bytes:
    return taken(scan, kinds=KINDS, most=acts.LARGEST_SCAN) if scan is not None and scan.filename else b""


def _back(desk: Desk, number: str, said: str) -> Response:
    return desk.done(f"/missions/{desk.mission}/correspondence/{number.replace('/', '-')}", said)
