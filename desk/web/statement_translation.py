"""A statement in another language, paragraph by paragraph beside the original; and a state that dissociates itself from one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Form, Query, Request, Response

from desk.chronicle import named
from desk.web.asking import Desk, parsed, router
from desk.web.statement import Codes, Digest, Key, Language, Reason, after_fall, at_paragraph, newest_of, undoes
from ieom.acts import drafting, rounds
from ieom.errors import BadInput
from ieom.folder.catalogues import N_, _
from ieom.papers.frame import words as words_of_frame
from ieom.records import drafts, missions
from ieom.records.statements import StatementVersion
from ieom.rules.names import LANGUAGES
from ieom.rules.statement import paragraph_text

part = router()
SOURCE = "en"
"""The language that translations are made from."""
FRAME = {"annex_title": N_("The annex's title"), "heard_words": N_("The annex's words for what was only reported")}
"""Words of the frame that a translator gives where the text has them; the rest is said in the language by the house."""


async def texts_of(request: Request) -> dict[str, str]:
    """The paragraphs' texts, by key."""
    form = await parsed(request)
    return {
        key.removeprefix("text-"): str(value).replace("\r\n", "\n")
        for key, value in form.multi_items()
        if key.startswith("text-")
    }


@part.get("/missions/{mission}/statement/translate")
def show(desk: Desk, language: Annotated[str, Query(max_length=2)] = "") -> Response:
    """The original on the left, its translation on the right; what there is already stands in the fields."""
    with desk.look() as (session, mission, now):
        source, facts = newest_of(session, mission, SOURCE), missions.facts(session, mission)
        others = [one for one in dict.fromkeys([*facts.languages, *LANGUAGES]) if one != SOURCE]
        chosen = language if language in others else others[0]
        there = drafts.newest(session, mission, chosen)
        made_of = str(there.content.get("translation_of", "")) if there else ""
        before = drafts.by_hash(session, mission, made_of) if made_of else None
        return desk.page(
            "statement_translate.html", now=now, source=source, row=there, spoken=chosen, others=others,
            authentic=chosen in facts.languages, rows=_rows(source, there, before), frame=_frame(source, there, chosen),
            there=drafts.languages(session, mission), known=named(session, mission),
            fall=rounds.would_fall(session, mission, there.content_hash) if there else [],
        )  # fmt: skip


def _rows(
    source: StatementVersion, there: StatementVersion | None, before: StatementVersion | None
) -> list[dict[str, Any]]:
    """Each paragraph with its translation, and whether the original changed since that was made."""
    return [
        {
            "key": one["key"], "text": one["text"], "said": paragraph_text(there.content, one["key"]) if there else "",
            "changed": before is not None and paragraph_text(before.content, one["key"]) != one["text"],
        }
        for one in source.content["paragraphs"]
    ]  # fmt: skip


def _frame(source: StatementVersion, there: StatementVersion | None, language: str) -> list[tuple[str, str, str, str]]:
    """(name, label, the original's words, those there are) of the frame's words that this text has."""
    usual = words_of_frame(language)
    return [
        (name, label, str(source.content[name]), str((there.content if there else usual).get(name, "")))
        for name, label in FRAME.items()
        if source.content.get(name)
    ]


@part.post("/missions/{mission}/statement/translate")
def translate(
    desk: Desk, texts: Annotated[dict[str, str], Depends(texts_of)], seen: Digest, language: Language,
    title: Annotated[str, Form(max_length=500)] = "", annex_title: Annotated[str, Form(max_length=500)] = "",
    heard_words: Annotated[str, Form(max_length=500)] = "", why: Reason = "", fall: Codes = None,
) -> Response:  # fmt: skip
    """Take a translation in, made of the version that the translator saw."""
    if not title.strip():
        raise BadInput("the title has no translation; give it too")
    frame = {"annex_title": annex_title.strip(), "heard_words": heard_words.strip()}
    with desk.act() as (session, mission, by, at):
        now = newest_of(session, mission, SOURCE)
        if now.content_hash != seen:
            raise BadInput(
                f"version {now.number} of the original came since you began; what you typed is kept, look again"
            )
        there, known = drafts.newest(session, mission, language), named(session, mission)
        voided = rounds.would_fall(session, mission, there.content_hash) if there else []
        undoes(voided, fall, why, known)
        row = drafting.translate(
            session, mission, by=by, at=at, language=language, texts=texts, title=title.strip(),
            frame={name: said for name, said in frame.items() if said}, source=SOURCE, why=why.strip(),
        )  # fmt: skip
        fell = after_fall(voided, known, there.number if there else 0)
    return desk.done(
        at_paragraph(desk, language),
        _("Version {number}: the translation is taken in.").format(number=row.number) + fell,
    )


@part.post("/missions/{mission}/statement/dissociate")
def dissociate(
    desk: Desk, paragraph: Key, state: Annotated[str, Form(pattern=r"^[A-Z]{2}$")], why: Reason,
    how: Annotated[Literal["footnote", "omission"], Form()] = "footnote",
    note: Annotated[str, Form(max_length=1_000)] = "", language: Language = SOURCE, fall: Codes = None,
) -> Response:  # fmt: skip
    """A state dissociates itself from a paragraph, as agreed with it: by a footnote, or the paragraph is left out."""
    if not why.strip():
        raise BadInput("say how it was agreed, such as: by the embassy's note of today")
    with desk.act() as (session, mission, by, at):
        now, known = newest_of(session, mission, language), named(session, mission)
        voided = rounds.would_fall(session, mission, now.content_hash)
        undoes(voided, fall, why, known)
        row = drafting.dissociate(
            session, mission, by=by, at=at, state=state, paragraph=paragraph, how=how, note=note, why=why, language=language
        )  # fmt: skip
    to = at_paragraph(desk, language, paragraph if how == "footnote" else "")
    fell = after_fall(voided, known, now.number)
    return desk.done(
        to,
        _("Version {number}: it is recorded that {state} dissociates itself.").format(number=row.number, state=state)
        + fell,
    )
