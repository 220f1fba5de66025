"""What only a demonstration has, and any other desk answers like nonsense: entering as somebody by a button, and every letter
as its reader would see it. And the clock of a rehearsal, which its coordinator moves on at any desk."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Annotated

from fastapi import Form, Request, Response
from markupsafe import escape
from starlette.exceptions import HTTPException

from desk.rehearsal import next_moment, set_clock
from desk.web.asking import Asked, Desk, cookie_name, router, secure
from desk.web.files import letter_page, sent
from desk.web.pages import clock_at, seat_of
from ieom.acts import accounts as acts
from ieom.errors import Refused
from ieom.folder.catalogues import _
from ieom.records import accounts, missions
from ieom.records.base import begin, reading
from ieom.settings import settings

part = router()


def _only(desk: Asked) -> None:
    if not desk.request.app.state.demonstration:
        raise HTTPException(404)


@part.post("/enter/as")
def enter_as(desk: Desk, request: Request, account: Annotated[int, Form()]) -> Response:
    """Enter as somebody, in a demonstration."""
    _only(desk)
    with begin(desk.engine) as session:
        row = session.get(accounts.Account, account)
        if row is None or row.closed_at is not None:
            raise HTTPException(404)
        token, _ = acts.begin_session(session, account=account, at=missions.real_now(), browser="a demonstration")
    answer = desk.done("/")
    answer.set_cookie(cookie_name(request), token, path="/", httponly=True, samesite="lax", secure=secure(request))
    return answer


@part.get("/mail")
def mail(desk: Desk, to: str = "") -> Response:
    """Every letter that left, newest first."""
    _only(desk)
    letters = []
    for path in sorted(_folder().glob("*.eml"), reverse=True):
        head = BytesParser(policy=policy.default).parsebytes(path.read_bytes(), headersonly=True)
        if to.lower() in str(head["to"]).lower():
            letters.append(
                {
                    "number": path.name.partition("-")[0],
                    "to": head["to"],
                    "subject": head["subject"],
                    "at": head["date"].datetime if head["date"] else None,
                }
            )
    return desk.page("mail.html", zone="UTC", letters=letters[:300], count=len(letters), to=to)


@part.get("/mail/{number}")
def letter(desk: Desk, number: str) -> Response:
    """One letter: who wrote to whom, its words, what is attached."""
    _only(desk)
    message = _message(number)
    parts = [
        {"number": at, "name": one.get_filename() or "part", "size": len(one.get_payload(decode=True) or b"")}
        for at, one in enumerate(message.iter_attachments())
    ]
    plain = message.get_body(("plain",))
    return desk.page(
        "letter.html", zone="UTC", number=number, parts=parts, text=plain.get_content() if plain else "",
        head={name: str(message[name]) for name in ("From", "To", "Date", "Subject") if message[name]},
    )  # fmt: skip


@part.get("/mail/{number}/words")
def words(desk: Desk, number: str) -> Response:
    """A letter's own page, as a mail reader would show it."""
    _only(desk)
    body = _message(number).get_body(("html", "plain"))
    said = body.get_content() if body else ""
    if body is None or body.get_content_type() != "text/html":
        said = f"<pre>{escape(said)}</pre>"
    return letter_page(said)


@part.get("/mail/{number}/part/{part_}")
def attachment(desk: Desk, number: str, part_: int) -> Response:
    """What is attached, to be kept."""
    _only(desk)
    found = list(_message(number).iter_attachments())
    if not 0 <= part_ < len(found):
        raise HTTPException(404)
    one = found[part_]
    data = one.get_payload(decode=True)
    return sent(data if isinstance(data, bytes) else b"", one.get_filename() or "part", one.get_content_type())


@part.post("/missions/{mission}/clock")
def clock(desk: Desk) -> Response:
    """A rehearsal's clock goes on to the next moment at which the software does something."""
    with reading(desk.engine) as session:
        if missions.get(session, desk.mission).simulated_now is None:
            raise Refused("this mission is real; its clock is everybody's")
        now, facts = missions.now(session, desk.mission), missions.facts(session, desk.mission)
    moment = next_moment(desk.engine, desk.mission, [])
    if moment is None:
        raise Refused("nothing waits for time alone; somebody must do something first")
    if moment <= now:
        return desk.done(f"/missions/{desk.mission}", _("What just happened is being looked at first."))
    set_clock(desk.engine, desk.mission, moment)
    said = _("The rehearsal's clock went on to {moment}.").format(
        moment=clock_at(moment, facts.zone, seat_of(facts, desk.language), desk.language)
    )
    return desk.done(f"/missions/{desk.mission}", said)


def _folder() -> Path:
    return settings().state_dir / "mail"


def _message(number: str) -> EmailMessage:
    path = next((one for one in _folder().glob("*.eml") if one.name.partition("-")[0] == number), None)
    if path is None:
        raise HTTPException(404)
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
    return message
