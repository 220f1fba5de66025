"""The statement's versions: listed, compared word by word, taken home as PDF or Word."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response
from sqlalchemy.orm import Session

from desk.beside import RECORD, in_words
from desk.chronicle import named
from desk.web.asking import Asked, Desk, missing, router
from desk.web.files import WORD, excel, local, sent
from desk.web.release_view import KIND
from desk.web.statement_view import SPEAKS
from ieom.acts import rounds
from ieom.acts.proving import working_copy
from ieom.folder.catalogues import _
from ieom.records import approvals, drafts, missions, releases
from ieom.records.statements import StatementVersion
from ieom.rules import difference
from ieom.rules.release import CARRIES

part = router()
Spoken = Annotated[str, Query(pattern=r"^[a-z]{2}$")]


@part.get("/missions/{mission}/statement/versions")
def versions(desk: Desk, language: Spoken = "en") -> Response:
    """Every version: when, by whom, why, and what changed from the one before."""
    with desk.look() as (session, mission, now):
        rows = [row for row in drafts.versions(session, mission) if row.language == language][::-1]
        asked = drafts.asked_for(session, mission)
        out: dict[str, list[dict[str, Any]]] = {}
        for one in releases.published(session, mission):
            if one.kind in CARRIES:
                told = {"number": one.number, "what": _(KIND[one.kind]), "at": one.started_at}
                out.setdefault(one.hashes.get(language) or (one.translations or {}).get(language, ""), []).append(told)
        return desk.page(
            "statement_versions.html", rows=rows, asked=asked, out=out, rounds=_approved(session, mission, language), speaks={kind: _(said) for kind, said in SPEAKS.items()}, known=named(session, mission), now=now, spoken=language,
            languages=drafts.languages(session, mission),
        )  # fmt: skip


@part.get("/missions/{mission}/statement/versions.xlsx")
def to_excel(desk: Desk) -> Response:
    """Every version in every language in Excel; times are local in the host country."""
    with desk.look() as (session, mission, _now):
        zone, known = missions.facts(session, mission).zone, named(session, mission)
        rows = [
            (
                row.number, row.language, _(SPEAKS.get(row.kind, row.kind)), local(row.at, zone), known.get(row.by, row.by), row.why,
                local(row.cut_off, zone), row.content_hash,
            )
            for row in drafts.versions(session, mission)
        ]  # fmt: skip
    header = [
        _("Version"), _("Language"), _("What it speaks of"), _("When"), _("Who"), _("Why"), _("Evidence until"), _("Fingerprint"),
    ]  # fmt: skip
    return excel(_("Versions of the statement"), header, rows, f"{desk.mission}-versions")


def _approved(session: Session, mission: str, language: str) -> dict[str, int]:
    """Hash of a version -> the number of the round that approved it, be that round void since by an edit."""
    return {
        one.hashes[language]: one.number
        for one in approvals.rounds(session, mission)
        if language in one.hashes and (one.status == "approved" or rounds.lapsed(session, mission, one))
    }


@part.get("/missions/{mission}/statement/compare")
def compare(desk: Desk, language: Spoken = "en", old: int = 0, new: int = 0) -> Response:
    """What changed between two versions, word by word; left out: the newest and the one before it."""
    with desk.look() as (session, mission, now):
        after = _chosen(session, mission, new, language)
        before = _chosen(session, mission, old or max(1, after.number - 1), language)
        numbers = [row.number for row in drafts.versions(session, mission) if row.language == language]
        figures = [{row["label"]: row["figure"] for row in one.content["annex"]} for one in (before, after)]
        return desk.page(
            "statement_compare.html", before=before, after=after, spoken=language, now=now, known=named(session, mission),
            numbers=numbers,
            paragraphs=difference.paragraphs(
                *([(one["key"], one["text"]) for one in row.content["paragraphs"]] for row in (before, after))
            ),
            annex=[
                (label, figures[0].get(label, ""), figures[1].get(label, ""))
                for label in {**figures[0], **figures[1]}
                if figures[0].get(label) != figures[1].get(label)
            ],
        )  # fmt: skip


@part.get("/missions/{mission}/statement/pdf")
def pdf(desk: Desk, language: Spoken = "en", version: int = 0, shown: bool = False) -> Response:
    """A version as PDF, as it would be published and marked as a copy to work on."""
    name, data = _paper(desk, version, language, ".pdf")
    return sent(data, name, "application/pdf", shown=shown)


@part.get("/missions/{mission}/statement/docx")
def docx(desk: Desk, language: Spoken = "en", version: int = 0) -> Response:
    """The same as a Word document, which can be edited there and brought back: what each paragraph rests on and what is to be
    mended stand beside it as comments."""
    name, data = _paper(desk, version, language, ".docx")
    return sent(data, name, WORD)


def _paper(desk: Asked, version: int, language: str, ending: str) -> tuple[str, bytes]:
    with desk.look() as (session, mission, now):
        row = _chosen(session, mission, version, language)
        office = named(session, mission).get(desk.code, desk.me.name)
        remarks = in_words(session, mission, row, now) if ending == ".docx" else {}  # the PDF has no remarks
        made = working_copy(session, mission, row, office=office, author=_(RECORD), remarks=remarks)
    return next((name, data) for name, data in made.items() if name.endswith(ending))


def _chosen(session: Session, mission: str, number: int, language: str) -> StatementVersion:
    row = drafts.number(session, mission, number, language) if number else drafts.newest(session, mission, language)
    if row is None:
        raise missing("a version of the statement in this language")
    return row
