"""The newsroom as plain files: what is published and nothing else, whole or not at all, the same for the same records."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import feedparser
import pytest
import released
from lxml import etree, html
from released import EVENING, KEYS, SLUG, content, own, published_paragraphs, statement
from sqlalchemy import Engine, select, text
from typer.testing import CliRunner

from desk.cli.main import app as cli
from ieom.acts import newsroom, proving
from ieom.errors import Refused, Unavailable
from ieom.papers import store
from ieom.papers.newsroom import Pages
from ieom.papers.whole import write_folder
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.records.releases import Release
from ieom.records.statements import StatementVersion
from ieom.settings import settings

STATEMENT = f"missions/{SLUG}/2020-08-12-statement/"
LATER = EVENING + timedelta(hours=15)
OLD, NEW = "of the polling station in Nur-Sultan", "of one polling station"
CORRECTED = {
    key: text.replace(OLD, NEW) for key, text in zip(KEYS, published_paragraphs(), strict=False) if OLD in text
}


@pytest.fixture
def news(engine: Engine, mission: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("IEOM_NEWSROOM_URL", "https://press.example/news")
    settings.cache_clear()
    return engine


def build(engine: Engine, into: Path) -> dict[str, bytes]:
    with reading(engine) as session:
        newsroom.build(session, into)
    return files(into)


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def told(page: bytes) -> str:
    return " ".join(html.fromstring(page).text_content().split())


def everything(engine: Engine) -> None:
    """Two languages and a translation; corrected, clarified, withdrawn."""
    with begin(engine) as session:
        first = statement(
            session, content(), content("tr", title="BİLDİRİ"), translations=(content("ru", title="ЗАЯВЛЕНИЕ"),)
        )
        second = statement(session, content(**CORRECTED), kind="correction", at=LATER, concerns=first)
        own(session, "clarification", {"en": {"title": "On the hour of the opening", "paragraphs": ["It was 7:00."]}},
            at=LATER + timedelta(hours=1), concerns=second)  # fmt: skip
        own(session, "withdrawal", {"en": {"title": "The statement is withdrawn", "paragraphs": ["It is withdrawn."]}},
            at=LATER + timedelta(days=1), concerns=second)  # fmt: skip


def test_a_clarification_that_is_withdrawn_takes_nothing_from_the_statement(news: Engine, tmp_path: Path) -> None:
    with begin(news) as session:
        first = statement(session, content())
        clarified = own(
            session, "clarification", {"en": {"title": "On the hour of the opening", "paragraphs": ["It was 7:00."]}},
            at=LATER, concerns=first,
        )  # fmt: skip
    there = told(build(news, tmp_path / "room")[f"{STATEMENT}index.html"])
    assert "Clarified on" in there
    with begin(news) as session:
        own(session, "withdrawal", {"en": {"title": "It is withdrawn", "paragraphs": ["It is withdrawn."]}},
            at=LATER + timedelta(hours=1), concerns=clarified)  # fmt: skip
    made = build(news, tmp_path / "room")
    there = told(made[f"{STATEMENT}index.html"])
    assert "Withdrawn" not in there
    assert "Clarified" not in there
    page = next(data for name, data in made.items() if "-clarification/index.html" in name)
    assert "Withdrawn on" in told(page)


def test_before_its_release_nothing_of_a_mission_is_there(news: Engine, tmp_path: Path) -> None:
    empty = build(news, tmp_path / "room")
    with begin(news) as session:
        statement(session, content(), at=None)
        assert [row.started_at for row in session.scalars(select(Release))] == [None]
    assert build(news, tmp_path / "room") == empty
    assert not any(SLUG.encode() in data or SLUG in name for name, data in empty.items())
    assert "Nothing has been published yet" in told(empty["index.html"])


def test_what_is_being_prepared_leaves_no_gap_in_any_address(news: Engine, tmp_path: Path) -> None:
    with begin(news) as session:
        own(
            session,
            "arrival",
            {"en": {"title": "We arrived", "paragraphs": ["A word."]}},
            at=EVENING - timedelta(days=2),
        )
        statement(session, content(), at=None)
        own(session, "advisory", {"en": {"title": "Secret plan", "paragraphs": ["Wait."]}}, at=None)
        own(session, "advisory", {"en": {"title": "First", "paragraphs": ["One."]}}, at=EVENING - timedelta(days=1))
        own(session, "advisory", {"en": {"title": "Second", "paragraphs": ["Two."]}}, at=EVENING - timedelta(hours=23))
    made = build(news, tmp_path / "room")
    folders = {str(Path(name).parent) for name in made if name.count("/") > 2}
    assert folders == {
        f"missions/{SLUG}/{one}" for one in ("2020-08-10-arrival", "2020-08-11-advisory", "2020-08-11-advisory-2")
    }
    assert not any(b"Secret" in data or b"STATEMENT" in data for data in made.values())


def test_an_address_stands_whatever_comes_later(news: Engine, tmp_path: Path) -> None:
    with begin(news) as session:
        row = statement(session, content())
        assert newsroom.where(session, row) == STATEMENT
        assert newsroom.address(session, row) == f"https://press.example/news/{STATEMENT}"
        later = statement(session, content(title="SUPPLEMENT"), at=None)
        assert (
            newsroom.where(session, later, EVENING + timedelta(hours=1)) == f"missions/{SLUG}/2020-08-12-statement-2/"
        )
        facts = missions.facts(session, SLUG).model_copy(update={"zone": "Pacific/Kiritimati"})
        missions.revise(session, SLUG, facts, by="coordinator", at=LATER, kind="postponed", reason="")
        assert newsroom.where(session, row) == STATEMENT
        released.begin(session, later, EVENING + timedelta(hours=1))
    assert STATEMENT + "index.html" in build(news, tmp_path / "room")


def test_the_same_records_give_the_same_bytes(news: Engine, tmp_path: Path) -> None:
    everything(news)
    first = build(news, tmp_path / "one")
    assert build(news, tmp_path / "two") == first
    assert len(first) > 25
    weight = max(len(data) for name, data in first.items() if name.endswith(".html"))
    css = next(len(data) for name, data in first.items() if name.endswith(".css"))
    assert weight + css < 60_000, f"a page weighs {weight + css}"


def test_the_sums_are_checked_by_sha256sum(news: Engine, tmp_path: Path) -> None:
    everything(news)
    build(news, tmp_path / "room")
    for folder in ("", STATEMENT):
        command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
        said = subprocess.run(command, cwd=tmp_path / "room" / folder, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr
        assert said.stdout.count(": OK") == (19 if not folder else 12)


def damage(engine: Engine, how: str) -> Path:
    """Something that was released is no longer as it was; its paper."""
    with begin(engine) as session:
        row = session.scalars(select(Release).order_by(Release.number).limit(1)).one()
        version = session.scalars(
            select(StatementVersion).where(StatementVersion.content_hash == row.hashes["en"])
        ).one()
        if how == "text":
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'statement_versions'"
            for guard in session.scalars(text(guards)).all():
                session.execute(text(f"DROP TRIGGER {guard}"))
            version.content = {**version.content, "title": "FORGED"}
    path = proving.folder(SLUG, row.number) / "statement-en.pdf"
    if how.startswith("paper"):
        path.write_bytes(path.read_bytes() + b"FORGED")
    if how == "paper and row":
        with begin(engine) as session:
            row = session.scalars(select(Release).order_by(Release.number).limit(1)).one()
            row.papers = {**row.papers, "statement-en.pdf": store.sha256(path.read_bytes())}
    if how == "gone":
        path.unlink()
    return path


@pytest.mark.parametrize("how", ["paper", "gone", "paper and row", "text"])
def test_what_is_damaged_is_left_out_and_keeps_no_withdrawal_from_being_shown(
    news: Engine, tmp_path: Path, how: str
) -> None:
    everything(news)
    whole = build(news, tmp_path / "room")
    damage(news, how)
    made = build(news, tmp_path / "room")
    with reading(news) as session:
        (fault,) = newsroom.faults(session, SLUG)
        assert newsroom.gather(session).faults == (fault,)
    assert not any(b"FORGED" in data for data in made.values())
    page = told(made[STATEMENT + "index.html"])
    assert "can't be shown at the moment" in page
    assert "Withdrawn on 14 August 2020." in page
    assert str(tmp_path) not in page
    assert (
        made[f"missions/{SLUG}/2020-08-14-withdrawal/index.html"]
        == whole[f"missions/{SLUG}/2020-08-14-withdrawal/index.html"]
    )
    if how == "text":
        assert "in 'en' of release 1" in fault
        assert "Turkic Council International Election Observation Mission observed the elections" in page
        assert "BİLDİRİ" in told(made[STATEMENT + "tr.html"]), "the other language is shown"
        assert set(made) == set(whole)
    else:
        assert "statement-en.pdf" in fault
        assert set(whole) - set(made) == {STATEMENT + "statement-en.pdf"}
        assert "statement-en.pdf" not in made[STATEMENT + "SHA256SUMS"].decode()
        assert "statement-en.docx" in made[STATEMENT + "SHA256SUMS"].decode()


def test_what_is_damaged_is_shown_again_once_it_was_mended(news: Engine, tmp_path: Path) -> None:
    settings().newsroom_dir = tmp_path / "kept"
    with begin(news) as session:
        statement(session, content())
    path = damage(news, "nothing")
    data = path.read_bytes()
    path.unlink()
    with reading(news) as session:
        assert newsroom.refresh(session) > 0
        assert newsroom.refresh(session) == 0, "with the same fault it is not written again"
        path.write_bytes(data)
        assert newsroom.refresh(session) > 0
        assert newsroom.refresh(session) == 0
    assert (tmp_path / "kept" / STATEMENT / "statement-en.pdf").read_bytes() == data


def test_a_text_that_was_changed_in_the_records_is_not_shown(news: Engine, tmp_path: Path) -> None:
    with begin(news) as session:
        row = own(session, "advisory", {"en": {"title": "First", "paragraphs": ["One."]}})
        row.texts = {"en": {"title": "Forged", "paragraphs": ["Another."]}, "tr": {"title": "Forged", "paragraphs": []}}
        row = own(session, "advisory", {"en": {"title": "Second", "paragraphs": ["Two."]}})
        row.texts = {}
    made = build(news, tmp_path / "room")
    assert not any(b"Forged" in data or b"Another." in data for data in made.values())
    for folder, title in (("", "First"), ("-2", "Second")):
        page = told(made[f"missions/{SLUG}/2020-08-12-advisory{folder}/index.html"])
        assert title in page, "the paper says so, and it is proved"
        assert "This text can't be shown at the moment." in page


def test_a_rehearsal_is_not_public_and_says_what_it_is_where_it_is_asked_for(news: Engine, tmp_path: Path) -> None:
    with begin(news) as session:
        statement(session, content())
        missions.lock(session, SLUG).simulated_now = LATER
    assert not any(SLUG in name for name in build(news, tmp_path / "room"))
    with reading(news) as session:
        newsroom.build(session, tmp_path / "rehearsed", rehearsals=True)
    page = (tmp_path / "rehearsed" / STATEMENT / "index.html").read_bytes()
    assert "A rehearsal on a simulated clock; no statement of the organisation." in told(page)
    assert b'<meta name="robots" content="noindex">' in page


def test_a_correction_and_a_withdrawal_are_said_in_both_directions(news: Engine, tmp_path: Path) -> None:
    everything(news)
    made = build(news, tmp_path / "room")
    first, second = told(made[STATEMENT + "index.html"]), made[f"missions/{SLUG}/2020-08-13-correction/index.html"]
    assert first.index("Withdrawn on 14 August 2020.") < first.index("Corrected on 13 August 2020.")
    assert "What follows is the earlier text. Read the corrected text · what changed" in first
    assert "The papers are as they were sent; they do not say so themselves." in first
    page = html.fromstring(second)
    changed = page.get_element_by_id("changed")
    struck, set_in = ([" ".join(one.text_content().split()) for one in changed.iter(tag)] for tag in ("del", "ins"))
    assert struck == ["removed: the", "removed: in Nur-Sultan"]
    assert set_in == ["added: one"]
    said = told(second)
    assert (
        "This corrects: Turkic Council International Election Observation Mission observed the elections, 12 August 2020"
        in said
    )
    assert "Clarified on 13 August 2020. Read the clarification" in said
    assert "Withdrawn on 14 August 2020. The text and its papers stay here" in said
    withdrawal = told(made[f"missions/{SLUG}/2020-08-14-withdrawal/index.html"])
    assert "This withdraws: " in withdrawal
    overview = told(made[f"missions/{SLUG}/index.html"])
    assert "Since then: withdrawn 14 August 2020; clarified 13 August 2020; corrected 13 August 2020." in overview
    assert f"missions/{SLUG}/2020-08-12-statement/statement-en.pdf" in made, "what was withdrawn can still be read"


def test_each_language_has_its_page_and_a_translation_says_that_it_is_one(news: Engine, tmp_path: Path) -> None:
    everything(news)
    made = build(news, tmp_path / "room")
    english, turkish, russian = (
        html.fromstring(made[STATEMENT + name]) for name in ("index.html", "tr.html", "ru.html")
    )
    assert [page.get("lang") for page in (english, turkish, russian)] == ["en", "tr", "ru"]
    links = {(one.get("hreflang"), one.get("href")) for one in english.findall(".//link[@hreflang]")}
    base = f"https://press.example/news/{STATEMENT}"
    assert links == {("en", base), ("tr", f"{base}tr.html"), ("ru", f"{base}ru.html")}
    assert "Unofficial translation. The authentic text: English, Türkçe" in told(made[STATEMENT + "ru.html"])
    assert "Unofficial translation." not in told(made[STATEMENT + "tr.html"]).partition("Languages")[0]
    header = turkish.find(".//header")
    assert header is not None
    assert header.get("lang") == "en", "the page's own words are English until there is a catalogue"


def test_a_page_says_when_in_the_zone_of_the_host_country_and_whom_to_ask(news: Engine, tmp_path: Path) -> None:
    with begin(news) as session:
        row = statement(session, content())
    page = build(news, tmp_path / "room")[STATEMENT + "index.html"]
    said = told(page)
    assert "12 August 2020, 20:00 (Nur-Sultan, UTC+6)" in said
    assert b'datetime="2020-08-12T20:00+06:00"' in page
    assert row.hashes["en"] in said
    assert all(digest in said for digest in row.papers.values())
    assert "press@secretariat.example" in said
    assert "H.E. Rashad Mammadov" in said
    assert b"<script>" not in page
    assert b"style=" not in page


def test_the_feed_is_read_by_a_feed_reader_and_its_ids_stand(news: Engine, tmp_path: Path) -> None:
    everything(news)
    made = build(news, tmp_path / "room")
    for name in ("feed.xml", f"missions/{SLUG}/feed.xml"):
        etree.fromstring(made[name])
        feed = feedparser.parse(made[name])
        assert not feed.bozo
        assert feed.version == "atom10"
        assert [one.category for one in feed.entries] == ["withdrawal", "clarification", "correction", "statement"]
        assert all(one.id.startswith("urn:uuid:") and one.summary and one.updated for one in feed.entries)
        assert len({one.id for one in feed.entries} | {feed.feed.id}) == 5
        assert feed.feed.updated == feed.entries[0].updated == "2020-08-14T05:00:00Z"
        assert feed.entries[3].link == f"https://press.example/news/{STATEMENT}"
        assert feed.feed.links[0].href == f"https://press.example/news/{name}"
    settings().newsroom_url = "https://elsewhere.example/"
    assert feedparser.parse(build(news, tmp_path / "other")["feed.xml"]).entries[3].id == feed.entries[3].id


def test_the_structured_data_says_what_the_page_says(news: Engine, tmp_path: Path) -> None:
    everything(news)
    page = html.fromstring(build(news, tmp_path / "room")[STATEMENT + "index.html"])
    data = json.loads(page.findtext(".//script[@type='application/ld+json']"))
    assert data["@type"] == "Report"
    assert data["creativeWorkStatus"] == "Withdrawn"
    assert data["url"] == f"https://press.example/news/{STATEMENT}"
    assert data["publisher"]["name"] == "Cooperation Council of Turkic Speaking States"
    assert data["datePublished"] == "2020-08-12T14:00:00+00:00"
    assert {one["sha256"] for one in data["encoding"]} <= set(re.findall(r"[0-9a-f]{64}", page.text_content()))
    graph = {one.get("property"): one.get("content") for one in page.findall(".//meta[@property]")}
    assert graph["og:url"] == data["url"]
    assert graph["og:type"] == "article"


def test_every_page_is_well_formed_its_ids_are_unique_and_its_links_lead_somewhere(
    news: Engine, tmp_path: Path
) -> None:
    everything(news)
    made = build(news, tmp_path / "room")
    for name in (one for one in made if one.endswith(".html")):
        page = html.document_fromstring(made[name])
        ids = [one.get("id") for one in page.iter() if isinstance(one.tag, str) and one.get("id")]
        assert len(ids) == len(set(ids)), name
        levels = [int(one.tag[1]) for one in page.iter("h1", "h2", "h3")]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels)), (name, levels)
        assert page.get("lang")
        assert page.findtext(".//title")
        for link in page.iter("a", "link"):
            href = link.get("href", "")
            if href.startswith(("https://", "mailto:")):
                continue
            target, _, place = href.partition("#")
            there = os.path.normpath(Path(name).parent / target) if target else name
            assert there in made, (name, href)
            if place:
                assert f'id="{place}"' in made[there].decode(), (name, href)


NASTY = """<script>alert(1)</script>]]>&amp;"'</title></script><img src=x onerror=alert(1)>\x0b{{ 7*7 }}"""


def test_what_people_wrote_is_shown_and_never_run(news: Engine, tmp_path: Path) -> None:
    with begin(news) as session:
        facts = missions.facts(session, SLUG)
        rule = facts.release.model_copy(update={"from_name": NASTY, "reply_to": 'a"><script>@b.example'})
        nasty = facts.model_copy(update={"title": NASTY, "release": rule})
        missions.revise(session, SLUG, nasty, by="coordinator", at=released.EVENING, kind="x", reason="")
        first = own(session, "advisory", {"en": {"title": NASTY, "paragraphs": [NASTY, NASTY]}})
        own(session, "withdrawal", {"en": {"title": NASTY, "paragraphs": [NASTY]}}, at=LATER, concerns=first)
    made = build(news, tmp_path / "room")
    for name, data in made.items():
        if name.endswith(".html"):
            page = html.document_fromstring(data)
            assert [one.get("type") for one in page.iter("script")] in ([], ["application/ld+json"]), name
            assert not list(page.iter("img")), name
            assert not [one for one in page.iter() if any(key.startswith("on") for key in one.keys())], name  # noqa: SIM118
            assert "{{ 7*7 }}" in page.text_content() or "49" not in page.text_content(), name
            for script in page.iter("script"):
                json.loads(script.text or "")
        if name.endswith(".xml"):
            etree.fromstring(data)
            assert (
                "<script>" in feedparser.parse(data, sanitize_html=False).entries[0].title or b"&lt;script&gt;" in data
            )
    assert "<script>alert(1)</script>" in told(made[f"missions/{SLUG}/2020-08-12-advisory/index.html"])


def test_a_paper_with_a_name_that_is_no_name_is_never_written(news: Engine, tmp_path: Path) -> None:
    with begin(news) as session:
        row = statement(session, content())
        row.papers = {**row.papers, "../../../escaped.pdf": "0" * 64, "a/b.pdf": "0" * 64, ".htaccess": "0" * 64}
    made = build(news, tmp_path / "room")
    assert not any("escaped" in name or "htaccess" in name for name in made)
    assert not list(tmp_path.rglob("escaped.pdf"))


def test_killed_at_any_step_the_old_newsroom_or_the_new_one_stands_whole(news: Engine, tmp_path: Path) -> None:
    place = tmp_path / "room"
    old = build(news, place)
    with begin(news) as session:
        own(session, "advisory", {"en": {"title": "First", "paragraphs": ["One."]}})
    with reading(news) as session:
        new = dict(newsroom._files(newsroom.gather(session)))
    seen, step = set(), 0
    while True:
        step += 1
        if (child := os.fork()) == 0:
            _die_at(step, news, place)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        there = files(place)
        assert there in (old, new), f"half a newsroom after step {step}"
        seen.add(there == new)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert seen == {False, True}
    assert step > 30, "the building was to be killed often"
    assert {one.name for one in tmp_path.glob(".room*")} == {place.readlink().name, ".room.lock"}, "nothing is left"


def _die_at(step: int, engine: Engine, place: Path) -> None:
    """In a child: build, and be killed at the n-th time that something is done to a file."""
    left = step

    def watch(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if str(place.name) in str(args[:1]) and event in {
            "open",
            "os.mkdir",
            "os.rename",
            "os.symlink",
            "os.chmod",
            "os.remove",
            "os.rmdir",
            "tempfile.mkdtemp",
        }:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        engine.dispose(close=False)
        with reading(engine) as session:
            sys.addaudithook(watch)
            newsroom.build(session, place)
    except BaseException:  # noqa: BLE001 - a child that fails must not go on with the tests
        os._exit(1)
    os._exit(0)


def test_a_place_that_holds_something_else_is_left_alone(news: Engine, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "letters")
    (tmp_path / "file").write_text("mine")
    for name in ("letters", "link", "file"):
        with pytest.raises(Refused):
            build(news, tmp_path / name)
    assert (tmp_path / "letters" / "mine.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert build(news, tmp_path / "empty")
    with pytest.raises(Unavailable, match="what was there before stands"):
        build(news, tmp_path / "file" / "below")


def test_a_newsroom_beside_another_whose_name_begins_alike_leaves_it_alone(tmp_path: Path) -> None:
    names = ["press", "press-archive", "press-archive-2020", "press[a]", "pressa", "press*"]
    for _ in range(2):
        for name in names:
            write_folder(tmp_path / name, [("index.html", name.encode())], state="a1b2")
            write_folder(tmp_path / name, [("index.html", name.encode())], state="c3d4")
    assert [(tmp_path / name / "index.html").read_text() for name in names] == names
    assert len(list(tmp_path.glob(".*-c3d4-*"))) == len(names), "what was there before is swept away"
    (tmp_path / "other").symlink_to(".other-archive-c3d4-abcdefgh")
    with pytest.raises(Refused, match="a link to something else"):
        write_folder(tmp_path / "other", [], state="a1b2")


def test_the_kept_newsroom_is_made_anew_only_when_something_was_published(news: Engine, tmp_path: Path) -> None:
    settings().newsroom_dir = tmp_path / "kept"
    with reading(news) as session:
        assert newsroom.refresh(session) > 0
        assert newsroom.refresh(session) == 0
    with begin(news) as session:
        statement(session, content())
    with reading(news) as session:
        assert newsroom.refresh(session) > 0
        assert newsroom.refresh(session) == 0
    assert STATEMENT + "statement-en.pdf" in files(tmp_path / "kept")
    mode = (tmp_path / "kept" / STATEMENT / "statement-en.pdf").stat().st_mode
    assert mode & 0o777 == 0o644, "a web server reads it"


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    from desk.cli.context import engine as records
    from ieom.folder import open_mission, read

    result = CliRunner().invoke(cli, ["newsroom", "build", str(tmp_path / "room")])
    assert "Nothing is published yet" in result.stdout
    folder = read(settings().config_dir / "missions" / SLUG)
    with begin(records()) as session:
        open_mission(session, folder, by="coordinator", at=EVENING)
        statement(session, content())
    result = CliRunner().invoke(cli, ["newsroom", "build", str(tmp_path / "room")])
    assert result.exit_code == 0
    assert "1 release of 1 mission: 14 files in" in result.stdout
    damage(records(), "gone")
    for command in (["newsroom", "build", str(tmp_path / "room")], ["release", "status"]):
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == 0, result.output
        assert "eft out" in result.stdout
        assert "statement-en.pdf" in result.stdout.replace("\n", "")


def test_a_link_works_from_a_disk_and_below_any_address(news: Engine) -> None:
    with begin(news) as session:
        statement(session, content())
    with reading(news) as session:
        room = newsroom.gather(session)
    served, filed = (
        Pages(room).link(STATEMENT + "index.html"),
        Pages(room, index="index.html").link(STATEMENT + "index.html"),
    )
    assert (served(""), filed("")) == ("../../../", "../../../index.html")
    assert (served(STATEMENT), filed(STATEMENT)) == ("./", "index.html")
    assert served("feed.xml") == filed("feed.xml") == "../../../feed.xml"
    assert Pages(room).link("index.html")("") == "./"


def test_letters_do_not_wait_for_a_newsroom_that_cannot_be_written(tmp_path: Path) -> None:
    from tasks import newsroom as task

    task.before_the_letters()
    settings().newsroom_dir = tmp_path / "room"
    task.before_the_letters()
    assert (tmp_path / "room" / "index.html").exists()
    (tmp_path / "file").write_text("in the way")
    settings().newsroom_dir = tmp_path / "file"
    task.before_the_letters()
    with pytest.raises(Refused):
        task.keep_newsroom.fn()
