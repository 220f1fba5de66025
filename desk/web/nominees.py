"""One person's file: the seven items, the declaration of interests, personal papers, appointment, badge, departure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import File, Form, Response, UploadFile
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.web.asking import Desk, missing, router
from desk.web.delegation import assembled_here, person
from desk.web.files import sent, taken
from ieom.acts import composition, vault
from ieom.acts import delegation as acts
from ieom.acts.debriefing import report_member
from ieom.acts.details import correct_details
from ieom.acts.rounds import newest_round
from ieom.errors import BadInput
from ieom.folder.catalogues import _
from ieom.folder.names import load_names
from ieom.folder.states import states
from ieom.papers.card import card_pdf
from ieom.records import members, missions
from ieom.records.delegation import Member
from ieom.records.members import styled
from ieom.rules import delegation as rules
from ieom.rules.names import LANGUAGES

part = router()
Why = Annotated[str, Form(max_length=2000)]
Line = Annotated[str, Form(max_length=300)]
YesNo = Annotated[Literal["yes", "no"], Form()]
KINDS = {"passport_page": ("pdf", "png", "jpeg"), "photo": ("png", "jpeg")}
"""Items that are kept in the vault, and the kinds of file taken."""


@part.get("/missions/{mission}/delegation/{code}")
def show(desk: Desk, code: str) -> Response:
    """The file as it stands, and what can be done next."""
    with desk.look() as (session, mission, now):
        row = _member(session, mission, code)
        facts, names = missions.facts(session, mission), load_names()
        file, badge = members.files(session, mission)[code], members.accreditations(session, mission).get(code)
        call, head = members.calls(session, mission).get(row.state), members.head(session, mission)
        no = rules.may_appoint(
            file, status=row.status, conflict_found=row.conflict_found, declared=row.conflict is not None,
            checked=assembled_here(session, mission),
        )  # fmt: skip
        known = named(session, mission)
        papers = [one for one in vault.of(session, mission) if one.member == code and one.erased_at is None]
        about = person(row, file, badge)
        lacking = [_(rules.ITEMS[one.item]) for one in members.taken_back(session, mission).get(code, ())]
        return desk.page(
            "nominee.html", now=now, row=row, one=about, file=file, badge=badge, no=no,
            items=_items(session, mission, row, known, {one.item for one in papers}), answers=row.conflict or {}, questions={key: _(asked) for key, asked in rules.QUESTIONS.items()},
            papers_due=acts.papers_due(facts, row.nominated_at) if row.status == "nominated" and file.missing else None,
            late=rules.is_late(row.nominated_at, call.due_at if call else None), head=head,
            papers=papers, lacking=lacking, unnoted=[one for one in about["missing"] if one not in lacking],
            readings=[
                (reading, item, known.get(reading.by, reading.by))
                for reading, item in vault.readings(session, mission)
                if item.member == code
            ],
            reports=[(one, known.get(one.by, one.by)) for one in members.reports(session, mission, code)],
            wording={key: _(name) for key, name in rules.ITEMS.items()}, observing=row.role in rules.OBSERVING,
            state=names.short(row.state, on=facts.election_day) if row.state in names else row.state,
            bodies=[*([(row.body, row.body)] if row.body and row.body not in names.of_kind("body") else []), *names.officials("body", on=facts.election_day).items()],
            languages=LANGUAGES, asked=newest_round(session, mission) is not None,
            moves=[to for to in rules.BADGES if badge is not None and badge.status in rules.BADGES[to]],
        )  # fmt: skip


@part.post("/missions/{mission}/delegation/{code}/items/{item}")
def receive(desk: Desk, code: str, item: str, paper: Annotated[UploadFile | None, File()] = None) -> Response:
    """An item came in; a passport page or a photograph goes into the vault."""
    data = b""
    if item in KINDS:
        if paper is None or not paper.filename:
            raise BadInput(f"choose the file of the {rules.ITEMS[item]}")
        data = taken(paper, kinds=KINDS[item], most=vault.LARGEST)
    with desk.act() as (session, mission, by, at):
        if data:
            vault.put(session, mission, by=by, at=at, member=code, item=item, file=data)
        else:
            acts.receive_items(session, mission, by=by, at=at, member=code, items=[item])
    said = _("The {paper} is kept, encrypted.") if data else _("The {paper} is noted as received.")
    return _back(desk, code, said.format(paper=_(rules.ITEMS[item])))


@part.post("/missions/{mission}/delegation/{code}/items/{item}/waive")
def waive(desk: Desk, code: str, item: str, why: Why) -> Response:
    """Waive one item, for a reason."""
    with desk.act() as (session, mission, by, at):
        acts.waive_item(session, mission, by=by, at=at, member=code, item=item, why=why)
    return _back(desk, code, _("The {paper} is waived.").format(paper=_(rules.ITEMS[item])))


@part.post("/missions/{mission}/delegation/{code}/items/{item}/take-back")
def take_back(desk: Desk, code: str, item: str, why: Why) -> Response:
    """What was noted as received, or waived, is owed again, for a reason."""
    with desk.act() as (session, mission, by, at):
        acts.take_back_item(session, mission, by=by, at=at, member=code, item=item, why=why)
    return _back(desk, code, _("The {paper} is taken back; it is owed again.").format(paper=_(rules.ITEMS[item])))


@part.post("/missions/{mission}/delegation/{code}/interests")
def interests(
    desk: Desk, code: str, national_of_host: YesNo, employed_by_host: YesNo, member_of_contestant: YesNo,
    family_of_contestant: YesNo, interest_in_outcome: YesNo, nationalities: Line = "", memberships: Why = "",
    detail: Why = "",
) -> Response:  # fmt: skip
    """The answers of the conflict-of-interest declaration, as on the signed paper."""
    answers: dict[str, Any] = {
        "national_of_host": national_of_host == "yes", "employed_by_host": employed_by_host == "yes",
        "member_of_contestant": member_of_contestant == "yes", "family_of_contestant": family_of_contestant == "yes",
        "interest_in_outcome": interest_in_outcome == "yes", "detail": detail.strip(),
        "nationalities": states(nationalities),
        "memberships": [one.strip() for one in memberships.splitlines() if one.strip()],
    }  # fmt: skip
    with desk.act() as (session, mission, by, at):
        found = acts.declare_conflict(session, mission, by=by, at=at, member=code, answers=answers)
    return _back(
        desk,
        code,
        _("A conflict of interest: {found}.").format(found=found)
        if found
        else _("No conflict of interest was declared."),
    )


@part.post("/missions/{mission}/delegation/{code}/correct")
def correct(
    desk: Desk, code: str, office: Line, honorific: Line = "", name: Line = "", title: Line = "", salutation: Line = "",
    email: Line = "", language: Line = "en", body: Annotated[str | None, Form(max_length=300)] = None,
) -> Response:  # fmt: skip
    """Correct how the person is called, who sends them, or where letters go."""
    with desk.act() as (session, mission, by, at):
        correct_details(
            session, mission, by=by, at=at, member=code, office=office.strip(), honorific=honorific.strip(),
            name=name.strip(), title=title.strip(), email=email.strip(), language=language,
            salutation=salutation.strip(), body=body,
        )  # fmt: skip
    return _back(desk, code, _("Corrected. Letters and papers from now on have it so."))


@part.post("/missions/{mission}/delegation/{code}/appoint")
def appoint(desk: Desk, code: str) -> Response:
    """Make a nominee a member."""
    with desk.act() as (session, mission, by, at):
        row = acts.appoint(session, mission, by=by, at=at, member=code)
        said = (
            _("{who} is appointed and will be told by letter.")
            if assembled_here(session, mission)
            else _("{who} is appointed. No letter tells them so: the mission was begun at a later stage.")
        ).format(who=styled(row))
    return _back(desk, code, said)


@part.post("/missions/{mission}/delegation/{code}/head")
def head(desk: Desk, code: str, why: Why = "") -> Response:
    """Make a member the head of mission; one that there is already is replaced, for a reason."""
    with desk.act() as (session, mission, by, at):
        if members.head(session, mission) is None:
            acts.appoint_head(session, mission, by=by, at=at, member=code)
        else:
            composition.replace_head(session, mission, by=by, at=at, member=code, reason=why)
    return _back(desk, code, _("The mission has this head now."))


@part.post("/missions/{mission}/delegation/{code}/leave")
def leave(desk: Desk, code: str, how: Literal["declined", "withdrawn", "replaced"] = Form()) -> Response:
    """A nominee declines, a member withdraws or is replaced."""
    with desk.act() as (session, mission, by, at):
        acts.leave(session, mission, by=by, at=at, member=code, how=how)
        seated = any(seat.who == code for seat in missions.facts(session, mission).approval.seats)
    said = _("Recorded: {how}.").format(how=_(how))
    if seated:
        said += " " + _(
            "They were to decide on the statement and no longer do: say on Facts who decides in their place."
        )
    return _back(desk, code, said)


@part.post("/missions/{mission}/delegation/{code}/accreditation")
def accreditation(
    desk: Desk, code: str, status: Annotated[str, Form(max_length=40)], number: Line = "", why: Why = ""
) -> Response:
    """Accreditation asked for, or the badge issued, collected, returned or refused."""
    with desk.act() as (session, mission, by, at):
        if status == "requested":
            acts.request_accreditation(session, mission, by=by, at=at, members=[code])
        else:
            acts.badge(session, mission, by=by, at=at, members=[code], status=status, number=number.strip(), why=why)
    return _back(desk, code, _("Accreditation: {status}.").format(status=_(status)))


@part.get("/missions/{mission}/delegation/{code}/card")
def card(desk: Desk, code: str) -> Response:
    """The member's badge of the mission, as PDF."""
    with desk.look() as (session, mission, _now):
        row, facts, names = _member(session, mission, code), missions.facts(session, mission), load_names()
        if row.status != "appointed" or row.appointed_at is None:
            raise BadInput("badges are for members; appoint this person first")
        given, on = members.accreditations(session, mission).get(code), facts.election_day
        made = card_pdf(
            organisation=names.official(facts.organisation, on=on), mission=facts.title, who=styled(row),
            title=row.title or row.office, capacity=rules.ROLES[row.role], day=on, code=row.code,
            sent_by=names.official(row.state, on=on) if row.state in names else "",
            number=(given.badge or "") if given else "", at=row.appointed_at,
        )  # fmt: skip
    return sent(made, f"badge-{desk.mission}-{code}.pdf", "application/pdf")


@part.post("/missions/{mission}/delegation/{code}/reports")
def report(desk: Desk, code: str, what: Why) -> Response:
    """Write down a report or complaint against this person; that members did not interfere is then for the head to say."""
    with desk.act() as (session, mission, by, at):
        report_member(session, mission, by=by, at=at, member=code, what=what.strip())
    return _back(
        desk, code, _("The report is written down. That members did not interfere now needs an answer by name.")
    )


@part.post("/missions/{mission}/delegation/{code}/papers/{item}/read")
def read(desk: Desk, code: str, item: str, why: Why) -> Response:
    """A personal paper in clear, to be kept; who reads it and what for is logged first."""
    with desk.act() as (session, mission, by, at):
        if item not in {one.id for one in vault.of(session, mission) if one.member == code}:
            raise missing("this paper")
        data = vault.read(session, mission, by=by, at=at, item=item, why=why)
    ending = next(kind.lower() for kind, magic in vault.MAGIC.items() if data.startswith(magic))
    return sent(data, f"{code}-{item[:8]}.{ending}")


@part.post("/missions/{mission}/delegation/{code}/papers/{item}/erase")
def erase(desk: Desk, code: str, item: str) -> Response:
    """Destroy a personal paper and its key."""
    with desk.act() as (session, mission, by, at):
        if item not in {one.id for one in vault.of(session, mission) if one.member == code}:
            raise missing("this paper")
        vault.erase(session, mission, by=by, at=at, item=item)
    return _back(desk, code, _("The paper is erased; nobody can read it any more."))


def _back(desk: Desk, code: str, said: str) -> Response:
    return desk.done(f"/missions/{desk.mission}/delegation/{code}", said)


def _member(session: Session, mission: str, code: str) -> Member:
    row = session.get(Member, (mission, code))
    if row is None:
        raise missing(f"'{code}'")
    return row


def _items(
    session: Session, mission: str, row: Member, known: dict[str, str], papers: set[str]
) -> list[dict[str, Any]]:  # fmt: skip
    """The items owed, each with what became of it; `papers`: those whose paper itself is kept."""
    found = members.items(session, mission, row.code)
    return [
        {
            "key": item, "name": _(rules.ITEMS[item]), "row": found.get(item), "kept": item in KINDS,
            "accept": ",".join(f"image/{kind}" if kind != "pdf" else "application/pdf" for kind in KINDS.get(item, ())),
            "waivable": rules.may_waive(item) is None,
            "by": known.get(who, who) if (one := found.get(item)) and (who := one.waived_by or one.taken_back_by) else "",
            "undone": (one := found.get(item)) is not None
            and bool(one.received_at or one.waived_at)
            and not (item == "conflict_declaration" and row.conflict is not None)
            and item not in papers,
        }
        for item in rules.owed_items(row.state)
    ]  # fmt: skip
