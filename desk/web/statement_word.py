"""An edited Word document comes back: what it proposes is shown paragraph by paragraph, to take or to leave. The proposals
are kept for whoever sent the file until each is answered."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Form, Response, UploadFile
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.web.asking import Asked, Desk, missing, router
from desk.web.files import taken
from desk.web.statement import Codes, Digest, Language, Reason, after_fall, free_key, newest_of, undoes
from desk.web.statement_view import out_now, place_of, where
from ieom.acts import drafting, rounds
from ieom.acts.returning import brought_back
from ieom.errors import BadInput
from ieom.folder.catalogues import _, ngettext
from ieom.records import accounts, drafts, missions
from ieom.rules import difference
from ieom.rules.proposing import places
from ieom.rules.statement import paragraph_text

part = router()
Number = Annotated[int, Form(ge=0, le=100_000)]
KEPT = "word"
"""Where the proposals are kept, among the texts of the statement's page."""


class KeptMark(BaseModel):
    """A tracked change."""

    op: str
    text: str
    author: str


class KeptProposal(BaseModel):
    """A proposal that is not answered yet."""

    number: int
    kind: Literal["changed", "removed", "new"]
    key: str
    after: str
    was: str
    text: str
    marks: list[KeptMark]
    untracked: bool
    together: list[tuple[int, int]] = []


class Kept(BaseModel):
    """What of a file is not answered yet."""

    file: str
    base: int
    says: list[str]
    proposals: list[KeptProposal]


@part.get("/missions/{mission}/statement/word")
def show(desk: Desk, language: str = "en") -> Response:
    """Send a file; and what of the last one is not answered yet."""
    with desk.look() as (session, mission, _now):
        row = newest_of(session, mission, language)
        kept = _kept(session, desk, language)
        shown = [_shown(one, row.content) for one in kept.get("proposals", [])]
        return desk.page(
            "statement_word.html", row=row, fall=rounds.would_fall(session, mission, row.content_hash), spoken=language, languages=drafts.languages(session, mission), brought=kept or None,
            proposals=shown, known=named(session, mission), out=out_now(session, mission, language),
        )  # fmt: skip


@part.post("/missions/{mission}/statement/word")
def bring(desk: Desk, document: UploadFile, language: Language = "en") -> Response:
    """Read an edited document. Nothing of it is in the statement until a proposal is taken."""
    data = taken(document, kinds={"docx"})
    with desk.act() as (session, mission, _by, _at):
        came = brought_back(session, mission, data, language=language)
        told = {
            "file": (document.filename or "")[:120], "base": came.base, "says": list(came.says),
            "proposals": [{"number": n, **asdict(one)} for n, one in enumerate(came.proposals)],
        }  # fmt: skip
        _keep(session, desk, language, told if came.proposals or came.says else None)
    count = len(came.proposals)
    if not count:
        return desk.done(_page(desk, language), _("The file says what the statement says; it proposes nothing."))
    said = ngettext(
        "The file proposes {count} change; none is taken yet.",
        "The file proposes {count} changes; none is taken yet.",
        count,
    )
    return desk.done(_page(desk, language), said.format(count=count))


@part.post("/missions/{mission}/statement/word/take")
def take(
    desk: Desk, number: Number, seen: Digest, change: Annotated[list[int] | None, Form()] = None, language: Language = "en",
    why: Reason = "", fall: Codes = None,
) -> Response:  # fmt: skip
    """Take a proposal: of a changed paragraph those changes that were ticked. `seen` is the hash of the version beside which
    it was shown."""
    with desk.act() as (session, mission, by, at):
        now = newest_of(session, mission, language)
        kept = _kept(session, desk, language)
        one = _one(kept, number)
        if now.content_hash != seen and paragraph_text(
            drafts.by_hash(session, mission, seen).content, one["key"]
        ) != paragraph_text(now.content, one["key"]):
            raise BadInput("somebody else changed this paragraph meanwhile; look at the proposal again, then take it")
        stands = paragraph_text(now.content, one["key"])
        key, after, text = one["key"], "", ""
        if one["kind"] == "new":
            base = [p["key"] for p in drafts.number(session, mission, kept["base"], language).content["paragraphs"]]
            key, after, text = (
                free_key(key, now),
                places(base, [p["key"] for p in now.content["paragraphs"]], one["after"]),
                one["text"],
            )
        elif one["kind"] == "changed":
            text = difference.taking(stands, one["text"], set(change or ()), _together(one, stands))
            if text == stands:
                raise BadInput("no change is ticked; tick what is to be taken, or leave the proposal")
        voided, known = rounds.would_fall(session, mission, now.content_hash), named(session, mission)
        undoes(voided, fall, why, known)
        row = drafting.edit(
            session, mission, by=by, at=at, paragraph=key, text=text, after=after, language=language, seen=now.number,
            why=f"taken from an edited Word file of version {kept['base']}" + (f": {why.strip()}" if why.strip() else ""),
        )  # fmt: skip
        _answered(session, desk, kept, number, language)
    return desk.done(
        _page(desk, language),
        _("Taken: version {number}.").format(number=row.number) + after_fall(voided, known, now.number),
    )


@part.post("/missions/{mission}/statement/word/leave")
def leave(desk: Desk, number: Annotated[int, Form(ge=-1, le=100_000)], language: Language = "en") -> Response:
    """Leave a proposal; with -1 all of them."""
    with desk.act() as (session, _mission, _by, _at):
        kept = _kept(session, desk, language)
        if number == -1:
            _keep(session, desk, language, None)
        else:
            _one(kept, number)
            _answered(session, desk, kept, number, language)
    return desk.done(
        _page(desk, language), _("Left as it stands.") if number != -1 else _("All that was not taken is left.")
    )


def _page(desk: Asked, language: str) -> str:
    return f"/missions/{desk.mission}/statement/word?language={language}"


def _keep(session: Session, desk: Asked, language: str, told: dict[str, Any] | None) -> None:
    text = json.dumps(told, ensure_ascii=False) if told else ""
    accounts.keep_text(session, desk.me.id, place_of(desk.mission, KEPT, language), text, at=missions.real_now())


def _kept(session: Session, desk: Asked, language: str) -> dict[str, Any]:
    text = accounts.kept_text(session, desk.me.id, place_of(desk.mission, KEPT, language))
    if not text:
        return {}
    try:
        return Kept.model_validate_json(text).model_dump()
    except ValidationError:  # its owner can write there as into any other kept text
        return {}


def _one(kept: dict[str, Any], number: int) -> dict[str, Any]:
    found = next((one for one in kept.get("proposals", []) if one["number"] == number), None)
    if found is None:
        raise missing("this proposal, perhaps answered already,")
    return dict(found)


def _answered(session: Session, desk: Asked, kept: dict[str, Any], number: int, language: str) -> None:
    left = [one for one in kept["proposals"] if one["number"] != number]
    _keep(session, desk, language, {**kept, "proposals": left} if left else None)


def _together(one: dict[str, Any], stands: str) -> list[tuple[int, int]]:
    """The ranges changed as a whole; they are of the text that the file was made from, and of no other."""
    return list(one["together"]) if stands == one["was"] else []


def _shown(one: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """A proposal beside the newest version: its changes to tick, and whether the paragraph is another one here by now."""
    stands = paragraph_text(now, one["key"]) if one["kind"] != "new" else ""
    authors = list(dict.fromkeys(mark["author"] for mark in one["marks"] if mark["author"]))
    return {
        **one, "where": where(now, one["after"] if one["kind"] == "new" else one["key"]), "stands": stands, "authors": authors, "since": one["kind"] != "new" and stands != one["was"],
        "done": one["kind"] != "new" and stands == one["text"],
        "stretches": difference.stretches(stands, one["text"], _together(one, stands)) if one["kind"] == "changed" and stands else [],
    }  # fmt: skip
