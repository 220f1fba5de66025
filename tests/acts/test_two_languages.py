"""A mission of two authentic languages, the second of which has no words for a press release: both texts are approved together
and go out together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from evening import EVENING, SLUG, Doing
from releases import of
from sqlalchemy import Engine

from desk.web.approval_view import gathered
from desk.web.pages import rendered
from ieom.acts import approval, distribution, drafting, newsroom
from ieom.acts.owing import work
from ieom.errors import Refused
from ieom.folder.announcing import announced_in, first_languages
from ieom.records import drafts, missions, releases
from ieom.records.base import begin, reading
from ieom.records.media import MediaContact
from ieom.records.statements import ReadyMark


@pytest.fixture
def both(approved: Engine) -> Doing:
    """The English text was edited once more, and Turkish is authentic beside it."""
    assert not announced_in("tr")
    assert first_languages() == ["en"]
    do = Doing(approved)
    with begin(approved) as session:
        facts = missions.facts(session, SLUG).model_copy(update={"languages": ("en", "tr")})
        missions.revise(session, SLUG, facts, by="coordinator", at=do.now, kind="languages", reason="two languages")
        contact = session.query(MediaContact).order_by(MediaContact.id).first()
        assert contact is not None
        contact.language = "tr"
    do(
        drafting.edit,
        "drafter",
        paragraph="place",
        text="The Mission observed the elections in Nur-Sultan.",
        why="slip",
    )
    do.advance(approval)
    return do


def translated(do: Doing) -> None:
    with reading(do.engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        texts = {one["key"]: f"[tr] {one['text']}" for one in row.content["paragraphs"]}
    do(drafting.translate, "drafter", language="tr", texts=texts, title="AÇIKLAMA")


def mark(do: Doing, language: str = "en") -> None:
    """Approval is asked for; what the checks say of these made-up words is not what is tested."""
    with begin(do.engine) as session:
        row = drafts.newest(session, SLUG, language)
        assert row is not None
        session.add(ReadyMark(mission=SLUG, content_hash=row.content_hash, by="drafter", at=do.now))


def test_before_the_first_round_what_it_waits_for_is_said_and_owed(engine: Engine, observed: str) -> None:
    now = datetime(2020, 8, 12, 10, 0, tzinfo=UTC)
    with begin(engine) as session:
        facts = missions.facts(session, SLUG).model_copy(update={"languages": ("en", "tr")})
        missions.revise(session, SLUG, facts, by="coordinator", at=now, kind="languages", reason="two languages")
        drafting.advance(session, SLUG, at=now)
        assert gathered(session, SLUG, now, code="drafter")["may_ask"]
        assert approval.advance(session, SLUG, at=now).says == "Approval was not asked for yet."
        row = drafts.newest(session, SLUG)
        assert row is not None
        session.add(ReadyMark(mission=SLUG, content_hash=row.content_hash, by="drafter", at=now))
        session.flush()
        stood = approval.advance(session, SLUG, at=now)
        assert stood.says == "Approval was asked for, and the round waits: the text in Turkish is not written yet."
        assert ("other text", "tr") in [(one.about, one.key) for one in work(session, SLUG, at=now)]
        told = gathered(session, SLUG, now, code="drafter")
        assert (told["lacks"], told["languages"], told["asked_for"], told["may_ask"]) == (
            [("tr", False)],
            2,
            False,
            False,
        )
        page = rendered("approval_now.html", language="en", zone=facts.zone, desk=None, mission=SLUG, **told)
        assert "there is no text in Turkish yet" in page


def test_no_round_begins_before_both_are_asked_about_and_whoever_looks_is_told(both: Doing) -> None:
    do = both
    with begin(do.engine) as session:  # as if no round had been before
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        before = round_.number
    mark(do)
    with reading(do.engine) as session:
        assert drafting.not_asked(session, SLUG) == [("tr", False)]
    do.advance(approval)
    translated(do)
    with reading(do.engine) as session:
        assert drafting.not_asked(session, SLUG) == [("tr", True)]
        newest = approval.newest_round(session, SLUG)
        assert newest is not None
        assert newest.number == before
        assert gathered(session, SLUG, do.now, code="drafter")["languages"] == 2
    mark(do, "tr")
    do.advance(approval)
    assert do.round() == "open"


@pytest.mark.parametrize("languages", [("en", "tr"), ("tr", "en")])
def test_both_texts_go_out_and_readers_of_turkish_get_theirs_with_the_release_in_english(
    both: Doing, languages: tuple[str, str]
) -> None:
    do = both
    with begin(do.engine) as session:
        facts = missions.facts(session, SLUG).model_copy(update={"languages": languages})
        missions.revise(session, SLUG, facts, by="coordinator", at=do.now, kind="languages", reason="the order")
    mark(do)
    translated(do)
    mark(do, "tr")
    do.advance(approval)
    for who in ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general"):
        do(approval.decide, who, decision="approve")
    do.advance(approval)
    assert do.round() == "approved"
    row = do(distribution.prepare, "press-officer")
    assert {name for name in row.papers if "-tr." in name} == {
        "statement-tr.pdf",
        "statement-tr.docx",
        "statement-tr.txt",
    }
    do(distribution.go, "coordinator")
    do.advance(distribution, EVENING)
    with reading(do.engine) as session:
        assert releases.one(session, SLUG, row.number).status == "going"
        assert newsroom.faults(session, SLUG) == []
        turkish = session.query(MediaContact).filter_by(language="tr").order_by(MediaContact.id).first()
        assert turkish is not None
        address = turkish.email
    letter = of(do.engine, row.number)[address]
    assert [part.get_filename() for part in letter.iter_attachments()] == ["press-release-en.pdf", "statement-tr.pdf"]


def test_a_text_in_no_language_that_has_a_press_release_is_not_prepared(both: Doing) -> None:
    do = both
    with begin(do.engine) as session:  # as a mission file of before could have it
        facts = missions.facts(session, SLUG).model_copy(update={"languages": ("tr",)})
        missions.revise(session, SLUG, facts, by="coordinator", at=do.now, kind="languages", reason="Turkish alone")
    translated(do)
    mark(do, "tr")
    do.advance(approval)
    for who in ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general"):
        do(approval.decide, who, decision="approve")
    do.advance(approval)
    assert do.round() == "approved"
    with pytest.raises(Refused, match=r"no press release can be made in tr; .* one in a language of the mission: en"):
        do(distribution.prepare, "press-officer")
