"""The page on approval, and what people do there: ask, remind, stop, decide, record what was decided elsewhere, correct."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Response
from sqlalchemy.orm import Session

from desk.web.approval_view import WORDS, gathered
from desk.web.asking import Desk, router
from ieom.acts import approval as acts
from ieom.acts import reminding
from ieom.acts.answering import ready
from ieom.errors import BadInput, Refused
from ieom.folder.catalogues import _
from ieom.records import missions

part = router()
Words = Annotated[str, Form(max_length=20_000)]
Code = Annotated[str, Form(max_length=100)]
Hashes = Annotated[list[str], Form()]


@part.get("/missions/{mission}/approval")
def show(desk: Desk) -> Response:
    """Who has decided what on which text, and what one may do."""
    with desk.look() as (session, mission, now):
        found = gathered(session, mission, now, code=desk.code)
    return desk.page("approval.html", **found)


@part.get("/missions/{mission}/approval/now")
def now(desk: Desk) -> Response:
    """What changes on that page by itself."""
    with desk.look() as (session, mission, at):
        found = gathered(session, mission, at, code=desk.code)
    return desk.page("approval_now.html", **found)


@part.post("/missions/{mission}/approval/ask")
def ask(desk: Desk) -> Response:
    """Ask for approval of the newest text in each authentic language."""
    with desk.act() as (session, mission, by, at):
        for language in missions.facts(session, mission).languages:
            ready(session, mission, by=by, at=at, language=language)
        round_ = acts.newest_round(session, mission)
        if round_ is not None and not acts.asked_anew(session, mission, round_):
            raise Refused(
                f"this text was asked about in round {round_.number}, which is {round_.status.replace('_', ' ')}"
            )
    return _done(desk, _("Approval is asked for. The round opens, and the letters go, within a minute."))


@part.post("/missions/{mission}/approval/remind")
def remind(desk: Desk, who: Code, to: Code = "") -> Response:
    """A reminder now, to the approver or a deputy."""
    with desk.act() as (session, mission, by, at):
        reminding.remind(session, mission, by=by, at=at, who=who, to=to)
    return _done(desk, _("A reminder is written, and leaves within a minute."))


@part.post("/missions/{mission}/approval/stop")
def stop(desk: Desk, why: Words, sure: Annotated[bool, Form()] = False) -> Response:
    """Stop the round, once asked a second time: what was decided in it counts for nothing any more."""
    if not sure:
        raise BadInput("nothing was stopped. To stop the round, tick that you mean it, and send the form again")
    with desk.act() as (session, mission, by, at):
        acts.stop(session, mission, by=by, at=at, why=why)
    return _done(desk, _("The round is stopped. A new one begins when approval is asked for again."))


@part.post("/missions/{mission}/approval/decide")
def decide(
    desk: Desk, decision: Code, read: Hashes, comment: Words = "", paragraph: Annotated[str, Form(max_length=200)] = ""
) -> Response:  # fmt: skip
    """Decide on the texts that were read on the page: their hashes come with the form."""
    with desk.act() as (session, mission, by, at):
        _same(session, mission, read)
        acts.decide(
            session, mission, by=by, at=at, decision=decision, comment=comment, version_hash=read[0], paragraph=paragraph
        )  # fmt: skip
    return _done(
        desk,
        _("Recorded: {name} {decides}, on the text {hash}…").format(
            name=desk.me.name, decides=_(WORDS.get(decision, decision)), hash=read[0][:12]
        ),
    )


@part.post("/missions/{mission}/approval/record")
def record(
    desk: Desk, who: Code, decision: Code, channel: Code, evidence: Words, read: Hashes, comment: Words = "",
    paragraph: Annotated[str, Form(max_length=200)] = "",
) -> Response:  # fmt: skip
    """Record what somebody decided by telephone or on signed paper, with its evidence."""
    with desk.act() as (session, mission, by, at):
        _same(session, mission, read)
        acts.record_decision(
            session, mission, by=by, at=at, who=who, decision=decision, channel=channel, evidence=evidence,
            comment=comment, version_hash=read[0], paragraph=paragraph,
        )  # fmt: skip
    return _done(desk, _("Recorded. It counts once another person confirms it; the approver is told by letter."))


@part.post("/missions/{mission}/approval/confirm")
def confirm(desk: Desk, who: Code) -> Response:
    """Confirm what a colleague recorded."""
    with desk.act() as (session, mission, by, at):
        acts.confirm_decision(session, mission, by=by, at=at, who=who)
    return _done(desk, _("Confirmed; the decision counts."))


@part.post("/missions/{mission}/approval/take-back")
def take_back(desk: Desk, who: Code, why: Words) -> Response:
    """Take back what was recorded by a slip, before it is confirmed."""
    with desk.act() as (session, mission, by, at):
        acts.take_back(session, mission, by=by, at=at, who=who, why=why)
    return _done(desk, _("Taken back; nothing is on record for them, and they are told that they are still asked."))


@part.post("/missions/{mission}/approval/contradict")
def contradict(desk: Desk, why: Words = "") -> Response:
    """Say that what was recorded for oneself is not one's decision."""
    with desk.act() as (session, mission, by, at):
        void = acts.contradict(session, mission, by=by, at=at, why=why)
    if not void:
        return _done(desk, _("Recorded: that decision is not yours, and it counts for nothing."))
    return _done(
        desk, _("Recorded: that decision is not yours. The round is void, and a new one asks everybody again.")
    )


@part.post("/missions/{mission}/approval/correct")
def correct(desk: Desk, paragraph: Code, text: Words, second: Code, language: Code = "en") -> Response:
    """Propose an editorial correction of the approved text."""
    with desk.act() as (session, mission, by, at):
        acts.editorial_correction(
            session, mission, by=by, at=at, second=second, paragraph=paragraph, text=text, language=language
        )  # fmt: skip
    return _done(desk, _("Proposed. Nothing changes until the second approver agrees; they get a letter."))


@part.post("/missions/{mission}/approval/agree")
def agree(desk: Desk, read: Annotated[str, Form(max_length=64)]) -> Response:
    """Agree, as the second approver, to the correction that was read."""
    with desk.act() as (session, mission, by, at):
        row = acts.agree(session, mission, by=by, at=at, version_hash=read)
        number = row.number
    return _done(
        desk,
        _("Corrected: version {number} is the approved text now. All approvers are told the difference.").format(
            number=number
        ),
    )


@part.post("/missions/{mission}/approval/drop")
def drop(desk: Desk) -> Response:
    """Take a proposed correction back, or decline it."""
    with desk.act() as (session, mission, by, at):
        acts.drop(session, mission, by=by, at=at)
    return _done(desk, _("The correction is dropped; the approved text stands as it is."))


def _same(session: Session, mission: str, read: list[str]) -> None:
    """The texts that were on the page, in every authentic language, are those of the open round. Raises `Refused`."""
    round_ = acts.newest_round(session, mission)
    if round_ is None or sorted(round_.hashes.values()) != sorted(read):
        raise Refused("the text is another one than the one you read here; nothing was recorded. Open the page again")


def _done(desk: Desk, says: str) -> Response:
    return desk.done(f"/missions/{desk.mission}/approval", says)
