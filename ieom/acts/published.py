"""What a release says, by language: the statement that it carries with its unofficial translations, or its own text."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ieom.records import drafts, releases
from ieom.records.releases import Release
from ieom.records.statements import StatementVersion
from ieom.rules.release import CARRIES


@dataclass(frozen=True)
class Text:
    """A release's text in one language."""

    language: str
    title: str
    paragraphs: tuple[str, ...]
    hash: str
    """Of the text that was approved; of the translation where it is one."""
    authentic: bool
    """False for an unofficial translation."""
    marking: str = ""


def texts(session: Session, row: Release) -> dict[str, Text]:
    """A release's texts by language, the authentic ones first. Raises `Tampered` for a statement whose text no longer
    has its hash. The papers of a release lie in `proving.folder(row.mission, row.number)`, by the names in
    `row.papers`."""
    languages = row.texts if row.kind not in CARRIES else {**row.hashes, **row.translations}
    return {language: text(session, row, language) for language in languages}


def text(session: Session, row: Release, language: str) -> Text:
    """A release's text in one of its languages. Raises as `texts`."""
    if row.kind not in CARRIES:
        one = row.texts[language]
        return Text(language, one["title"], tuple(one["paragraphs"]), row.hashes[language], authentic=True)
    digest = {**row.hashes, **row.translations}[language]
    content = drafts.by_hash(session, row.mission, digest).content
    return Text(
        language, f"{content['title']}: {content['election']}", tuple(one["text"] for one in content["paragraphs"]),
        digest, authentic=language in row.hashes, marking=content["marking"],
    )  # fmt: skip


def standing(session: Session, mission: str) -> list[tuple[Release, StatementVersion]]:
    """The statements that the public has from us now, each in its authentic languages: released, and neither corrected nor
    withdrawn. Oldest first."""
    taken = set(session.scalars(releases.superseded()))
    return [
        (row, drafts.by_hash(session, mission, digest))
        for row in releases.published(session, mission)
        if row.kind in CARRIES and row.id not in taken
        for digest in row.hashes.values()
    ]
