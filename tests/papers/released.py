"""Releases as the records and the disk hold them once they were prepared or have begun, for tests of what is public."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.acts.distribution import ReleaseStarted
from ieom.acts.proving import folder
from ieom.acts.releasing import ReleasePrepared
from ieom.acts.sealing import seal
from ieom.papers import store
from ieom.papers.press_release import ReleaseText, press_release_pdf, press_release_txt
from ieom.papers.statement import statement_docx, statement_pdf, statement_txt
from ieom.records import audit
from ieom.records.releases import Release
from ieom.records.statements import StatementVersion
from ieom.rules import own_text
from ieom.rules.statement import content_hash
from ieom.settings import ROOT

EVENING = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)  # 20:00 in Nur-Sultan
SLUG = "kazakhstan-senate-2020"
KEYS = ("observed", "composition", "place", "conduct", "meetings", "informed", "opening", "conclusion", "courtesy")


def published_paragraphs() -> list[str]:
    """Of the statement of 12 August 2020."""
    text = (ROOT / "tests/published/2020-08-12.txt").read_text("utf-8").partition("STATEMENT")[2]
    return [block for one in text.split("\n\n") if len(block := " ".join(one.split())) > 30]


def content(language: str = "en", *, title: str = "STATEMENT", **changed: str) -> dict[str, Any]:
    """A statement's content; `changed` are paragraphs by key."""
    texts = dict(zip(KEYS, published_paragraphs(), strict=False)) | changed
    return {
        "language": language, "kind": "final", "title": title, "marking": "",
        "mission_name": "International Election Observation Mission",
        "organisation": "Cooperation Council of Turkic Speaking States",
        "election": "Elections of Deputies of the Senate of the Parliament of the Republic of Kazakhstan",
        "place": "Nur-Sultan", "date": "2020-08-12", "day": "12 August 2020", "cut_off": "2020-08-12T09:50:00+00:00",
        "scope": "", "evidence": "Evidence cut-off: 12 August 2020, 15:50 (Nur-Sultan).", "annex_title": "Annex: figures",
        "heard_words": "heard",
        "paragraphs": [
            {"key": key, "kind": "finding", "text": text, "sentences": [], "footnotes": []} for key, text in texts.items()
        ],
        "annex": [
            {"claim": "opening", "label": "Opening attended", "figure": "1 of 1", "base": "stations", "heard": 0},
            {"claim": "access", "label": "Full access to the polling station", "figure": "4 of 4", "base": "visits", "heard": 0},
        ],
    }  # fmt: skip


def statement(
    session: Session,
    *contents: dict[str, Any],
    kind: str = "statement",
    at: datetime | None = EVENING,
    concerns: Release | None = None,
    translations: tuple[dict[str, Any], ...] = (),
    title: str = "Turkic Council International Election Observation Mission observed the elections",
    mission: str = SLUG,
) -> Release:
    """A release that carries a statement, its papers made; with `at` (UTC) it has begun to go out."""
    made, papers, number = at or EVENING, {}, _number(session, mission)
    for one in (*contents, *translations):
        digest, language = content_hash(one), one["language"]
        about = {"number": number, "digest": digest, "chain_head": "c0ffee" * 10, "zone": "Asia/Almaty", "at": made}
        row = StatementVersion(
            mission=mission, language=language, number=1000 * number + len(papers), kind="final", content=one,
            content_hash=digest, evidence_digest="", cut_off=made, at=made, by="drafter", chain_head="c0ffee" * 10,
        )  # fmt: skip
        session.add(row)
        text = ReleaseText(title, ("The mission observed the elections.", "The full text is presented below."))
        papers[f"statement-{language}.pdf"] = statement_pdf(one, **about)
        papers[f"statement-{language}.txt"] = statement_txt(one)
        if one in contents:
            papers[f"statement-{language}.docx"] = statement_docx(one, **about)
            papers[f"press-release-{language}.pdf"] = press_release_pdf(one, text, **about, contact="Press")
            papers[f"press-release-{language}.txt"] = press_release_txt(one, text)
    return _release(
        session, mission, kind, at, concerns, papers,
        hashes={one["language"]: content_hash(one) for one in contents},
        translations={one["language"]: content_hash(one) for one in translations},
    )  # fmt: skip


def own(
    session: Session,
    kind: str,
    texts: dict[str, dict[str, Any]],
    *,
    at: datetime | None = EVENING,
    concerns: Release | None = None,
    mission: str = SLUG,
) -> Release:
    """A release with a text of its own: language -> {title, paragraphs}."""
    papers = {
        f"press-release-{language}.txt": own_text.canonical(one["title"], one["paragraphs"]).encode()
        for language, one in texts.items()
    }
    hashes = {language: own_text.text_hash(one["title"], one["paragraphs"]) for language, one in texts.items()}
    return _release(session, mission, kind, at, concerns, papers, hashes=hashes, texts=texts)


def _number(session: Session, mission: str) -> int:
    return (session.scalar(select(func.max(Release.number)).where(Release.mission == mission)) or 0) + 1


def _release(
    session: Session,
    mission: str,
    kind: str,
    at: datetime | None,
    concerns: Release | None,
    papers: dict[str, bytes],
    **more: Any,
) -> Release:
    number = _number(session, mission)
    sums = {name: store.write(folder(mission, number) / name, data) for name, data in papers.items()}
    row = Release(
        mission=mission, number=number, kind=kind, papers=sums, prepared_by="press-officer", prepared_at=at or EVENING,
        started_at=at, status="going" if at else "prepared", concerns=concerns.id if concerns else None, **more,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = ReleasePrepared(
        number, kind, row.hashes, sums, {}, concerns.number if concerns else None, None, None, "by_time"
    )
    audit.append(session, mission, by="press-officer", at=row.prepared_at, act=act)
    if at is not None:
        begin(session, row, at)
    return row


def begin(session: Session, row: Release, at: datetime) -> None:
    """As the walk does it when a release's letters are queued."""
    row.status, row.started_at = "going", at
    audit.append(session, row.mission, by="clock", at=at, act=ReleaseStarted(row.number, *_seal(session, row)))


def _seal(session: Session, row: Release) -> tuple[int, int, str]:
    queued = seal(session, row.id)
    return queued.letters, queued.last, queued.digest
