"""The example mission whose statement did not wait for the count: what comes in later goes out as a supplement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from evening import SLUG, Doing
from living import KeptPages, opened, surround, walk
from releases import of, row_of, sent
from sqlalchemy import Engine

from desk.catcher import Catcher
from desk.rehearsal import ScriptedAct, live, next_moment
from ieom.acts import approval, distribution, verifying
from ieom.acts.proving import stored
from ieom.papers import typeset
from ieom.records import drafts
from ieom.records.base import begin, reading
from ieom.records.statements import ReadyMark
from ieom.rules.verifying import Verdict
from ieom.settings import settings
from tasks import stage

LATE = timedelta(hours=15)
COUNT = "The Mission observed the vote-counting process at one polling station."


def counts_late(acts: list[ScriptedAct]) -> list[ScriptedAct]:
    """The script, but for the form on the count: it comes the next morning, and is not waited for."""
    count = max((act for act in acts if act.do == "observation.submit"), key=lambda act: act.at)
    left = ScriptedAct(
        900, count.at, "coordinator", "counting.leave_unfinished", {"why": "The statement goes out tonight."}
    )
    others = [act for act in acts if act is not count]
    return sorted([*others, left, replace(count, at=count.at + LATE)], key=lambda act: (act.at, act.number))


@pytest.fixture
def supplemented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The preliminary statement is out, and the form on the count has come in."""
    for name in ("STATE_DIR", "DATABASE_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_CONNECTIONS"):
        monkeypatch.setenv(f"IEOM_{name}", "")  # given back at the end: `surround` sets them
    (tmp_path / "pages").mkdir()
    monkeypatch.setattr(typeset, "_compiler", lambda path, _: KeptPages(tmp_path / "pages", path))
    with Catcher(tmp_path / "mail") as catcher:
        surround(f"sqlite:///{tmp_path / 'mission.db'}", catcher.port, tmp_path / "var")
        slug, acts = opened(stage.records())
        acts = counts_late(acts)
        walk(slug)
        last = max(act.at for act in acts if act.do == "observation.submit")
        while (moment := next_moment(stage.records(), slug, acts)) is not None and moment <= last:
            live(stage.records(), slug, acts, walk, moment)
        yield stage.records()
        stage.records().dispose()
        stage._engine.cache_clear()
    settings.cache_clear()


def test_a_count_that_comes_after_the_statement_goes_out_as_its_supplement(supplemented: Engine) -> None:
    do = Doing(supplemented)
    first = row_of(supplemented, 1)
    assert first.status == "done"
    with begin(supplemented) as session:
        text = drafts.newest(session, SLUG)
        assert text is not None
        assert text.kind == "supplement"
        session.add(ReadyMark(mission=SLUG, content_hash=text.content_hash, by="drafter", at=do.now))
    do.advance(approval)
    for who in ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general"):
        do(approval.decide, who, decision="approve")
    do.advance(approval)
    made = do(distribution.prepare, "press-officer")
    do(distribution.go, "coordinator", number=made.number)
    do.advance(distribution)

    assert (made.number, made.kind, made.concerns) == (2, "statement", None), "it takes nothing back of the statement"
    release = stored(row_of(supplemented, 2))["press-release-en.txt"].decode()
    assert release.split("\n")[0].startswith(
        "Turkic Council International Election Observation Mission supplements its"
    )
    assert f"“{COUNT} The counting of ballots" in release
    assert "The Mission also" not in release
    letters, before = of(supplemented, 2), of(supplemented, 1)
    assert set(letters) == set(before), "everybody who gets the statement gets its supplement"
    for letter in letters.values():
        words = " ".join(letter.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
        assert letter["In-Reply-To"] is None
        assert letter["Subject"].startswith("Turkic Council: Supplement to the statement on the Elections")
        assert "presents a supplement to its statement" in words
        assert COUNT in words
        assert "and the supplement are attached" in words
    official = of(supplemented, 2, "release_official")
    assert len(official) == 6
    assert all(one["Subject"].startswith("Supplement to the statement of the") for one in official.values())

    sent(do, 2)
    papers = [stored(row_of(supplemented, number))["statement-en.pdf"] for number in (1, 2)]
    with reading(supplemented) as session:
        one, other = (verifying.verify(session, paper) for paper in papers)
    assert (one.verdict, other.verdict) == (Verdict.UNCHANGED, Verdict.UNCHANGED), "each stands, beside the other"
    assert "A supplement to it was released on 13 August 2020" in " ".join(one.says)
    assert "supplement" not in " ".join(other.says)
