"""What a release says, by language: the statement that it carries with its unofficial translations, or its own text."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ieom.records import drafts
from ieom.records.releases import Release
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
    if row.kind not in CARRIES:
        return {
            language: Text(language, one["title"], tuple(one["paragraphs"]), row.hashes[language], authentic=True)
            for language, one in row.texts.items()
        }
    found = {}
    for language, digest in {**row.hashes, **row.translations}.items():
        content = drafts.by_hash(session, row.mission, digest).content
        found[language] = Text(
            language, f"{content['title']}: {content['election']}", tuple(one["text"] for one in content["paragraphs"]),
            digest, authentic=language in row.hashes, marking=content["marking"],
        )  # fmt: skip
    return found
