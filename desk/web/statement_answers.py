"""What people answer for by name in a statement, and what the delegation says on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Response

from desk.web.asking import Desk, router
from desk.web.statement import Key, Language, Reason, at_paragraph
from ieom.acts import commenting, drafting
from ieom.folder.catalogues import _, ngettext
from ieom.folder.claims import load_claims

part = router()
Said = Annotated[str, Form(min_length=1, max_length=5_000)]
Sentence = Annotated[str, Form(min_length=1, max_length=20_000)]
Code = Annotated[str, Form(pattern=r"^[a-z_]{1,40}$")]


@part.post("/missions/{mission}/statement/override")
def override(
    desk: Desk, finding: Code, sentence: Sentence, why: Reason, paragraph: Key, language: Language = "en"
) -> Response:
    """A sentence stands although the linter refuses it, in the asker's name and for a reason."""
    with desk.act() as (session, mission, by, at):
        drafting.override(
            session, mission, by=by, at=at, finding=finding, sentence=sentence, why=why, language=language
        )
    return desk.done(at_paragraph(desk, language, paragraph), _("The sentence stands, in your name."))


@part.post("/missions/{mission}/statement/set-aside")
def set_aside(desk: Desk, claim: Code, why: Reason, language: Language = "en") -> Response:
    """An irregularity that observers saw is left out of the statement and its annex, in the asker's name."""
    with desk.act() as (session, mission, by, at):
        count = drafting.set_aside(session, mission, by=by, at=at, claim=claim, why=why)
    said = ngettext(
        "Set aside as recorded in {count} form, in your name. A new draft leaves it out.",
        "Set aside as recorded in {count} forms, in your name. A new draft leaves it out.",
        count,
    )
    return desk.done(at_paragraph(desk, language), said.format(count=count))


@part.post("/missions/{mission}/statement/attest")
def attest(desk: Desk, claim: Code, why: Reason = "", language: Language = "en") -> Response:
    """The head of mission answers for what no form can show."""
    with desk.act() as (session, mission, by, at):
        drafting.attest(session, mission, by=by, at=at, claim=claim, why=why)
    labels = {one.id: one.label for one in load_claims()}
    return desk.done(
        at_paragraph(desk, language), _("Attested in your name: {claim}.").format(claim=labels.get(claim, claim))
    )


@part.post("/missions/{mission}/statement/settle")
def settle(desk: Desk, claim: Code, why: Reason, language: Language = "en") -> Response:
    """The head of mission decides that the text stands although a finding turned since."""
    with desk.act() as (session, mission, by, at):
        drafting.settle_turned(session, mission, by=by, at=at, claim=claim, why=why)
    return desk.done(at_paragraph(desk, language), _("Settled in your name: the text stands."))


@part.post("/missions/{mission}/statement/comments")
def comment(desk: Desk, paragraph: Key, text: Said, language: Language = "en") -> Response:
    """Say something on a paragraph."""
    with desk.act() as (session, mission, by, at):
        commenting.comment(session, mission, by=by, at=at, paragraph=paragraph, text=text, language=language)
    return desk.done(at_paragraph(desk, language, paragraph), _("Your comment stands beside the paragraph."))


@part.post("/missions/{mission}/statement/comments/{comment}")
def settle_comment(desk: Desk, comment: int, answer: Annotated[str, Form(max_length=5_000)] = "") -> Response:
    """The comment is dealt with."""
    with desk.act() as (session, mission, by, at):
        row = commenting.settle_comment(session, mission, by=by, at=at, comment=comment, answer=answer)
        language, key = row.language, row.paragraph
    return desk.done(at_paragraph(desk, language, key), _("The comment is dealt with."))
