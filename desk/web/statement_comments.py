"""All comments on the statement in one list: found by their words, and taken along to Excel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.web.asking import Desk, router
from desk.web.files import excel, local, matches
from desk.web.statement import at_paragraph
from desk.web.statement_view import where
from ieom.folder.catalogues import _
from ieom.records import comments, drafts, missions

part = router()
Sought = Annotated[str, Query(max_length=200)]


@part.get("/missions/{mission}/statement/comments")
def show(desk: Desk, find: Sought = "") -> Response:
    """What was said on the statement in every language, newest first, and what became of it."""
    with desk.look() as (session, mission, _now):
        told = _told(session, mission)
    for one in told:
        one["page"] = at_paragraph(desk, one["language"], one["key"])
    return desk.page("statement_comments.html", find=find, every=len(told), rows=_sought(told, find))


@part.get("/missions/{mission}/statement/comments.xlsx")
def to_excel(desk: Desk, find: Sought = "") -> Response:
    """The same in Excel; times are local in the host country."""
    with desk.look() as (session, mission, _now):
        zone, told = missions.facts(session, mission).zone, _sought(_told(session, mission), find)
    rows = [
        (
            one["language"], one["where"], one["version"], one["who"], local(one["at"], zone), one["text"], one["by"],
            local(one["settled"], zone), one["answer"],
        )
        for one in told
    ]  # fmt: skip
    header = [
        _("Language"), _("Paragraph"), _("Version"), _("Who"), _("When"), _("Comment"), _("Dealt with by"), _("Dealt with"),
        _("What became of it"),
    ]  # fmt: skip
    return excel(_("Comments on the statement"), header, rows, f"{desk.mission}-comments")


def _told(session: Session, mission: str) -> list[dict[str, Any]]:
    known, told = named(session, mission), []
    numbers = {row.content_hash: row.number for row in drafts.versions(session, mission)}
    for language in drafts.languages(session, mission):
        newest = drafts.newest(session, mission, language)
        content = newest.content if newest is not None else {"paragraphs": []}
        told += [
            {
                "order": (one.at, one.id), "language": language, "key": one.paragraph, "where": where(content, one.paragraph), "who": known.get(one.by, one.by), "at": one.at,
                "text": one.text, "version": numbers.get(one.version_hash), "settled": one.resolved_at,
                "by": known.get(one.resolved_by, one.resolved_by) if one.resolved_by else "", "answer": one.answer,
            }
            for one in comments.on(session, mission, language)
        ]  # fmt: skip
    return sorted(told, key=lambda one: one["order"], reverse=True)


def _sought(told: list[dict[str, Any]], find: str) -> list[dict[str, Any]]:
    return [one for one in told if matches(find, one["text"], one["who"], one["where"], one["answer"])]
