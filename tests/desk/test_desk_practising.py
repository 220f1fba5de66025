"""A desk to try: entering by a button, every letter as its reader sees it, a clock that is moved on; and none of it elsewhere."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope
from desks import Browser, Desk
from evening import SLUG
from sqlalchemy import Engine
from starlette.testclient import TestClient

from desk import catcher
from desk.catcher import Keeper
from desk.web.app import web
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.settings import settings

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def practice(desk_asked: Desk, asked: Engine) -> Browser:
    """A stranger's browser at a desk to try, whose mission has the accounts of `desks`."""
    return Browser(TestClient(web(asked, demonstration=True), raise_server_exceptions=False), "stranger")


@pytest.fixture
def letter() -> Path:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "office@desk.example", "reader@wire.example", f"About {SCRIPT}"
    message.set_content("In plain words.")
    message.add_alternative(f"<p>In words of its own{SCRIPT}</p>", subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="paper.pdf")
    folder = settings().state_dir / "mail"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "007-letter-reader@wire.example.eml"
    path.write_bytes(message.as_bytes())
    return path


def test_one_enters_as_somebody_by_a_button(practice: Browser, desk_asked: Desk) -> None:
    assert "Mission coordinator" in practice.get("/enter").text
    here = {"origin": str(practice.client.base_url)}
    answer = practice.client.post("/enter/as", data={"account": desk_asked.accounts["coordinator"]}, headers=here)
    assert answer.status_code == 200
    assert practice.get(f"/missions/{SLUG}").status_code == 200


def test_a_letter_is_seen_as_its_reader_sees_it_without_any_power(practice: Browser, letter: Path) -> None:
    listed = practice.get("/mail").text
    assert SCRIPT not in listed
    assert "About &lt;script&gt;" in listed
    page = practice.get("/mail/007").text
    assert SCRIPT not in page
    words = practice.get("/mail/007/words")
    assert "In words of its own" in words.text
    policy = words.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    paper = practice.get("/mail/007/part/0")
    assert paper.content == b"%PDF-1.4"
    assert paper.headers["content-disposition"].startswith("attachment")


def test_a_desk_that_is_started_again_goes_on_counting_its_letters(letter: Path) -> None:
    assert next(Keeper(letter.parent).numbers) == 8


def test_the_clock_of_a_rehearsal_goes_on_and_a_real_missions_never(desk_asked: Desk, asked: Engine) -> None:
    with begin(asked) as session:
        row = missions.get(session, SLUG)
        row.walked_revision = row.revision
        before, awaited = row.simulated_now, row.wake_at
    assert "clock went on" in desk_asked.coordinator.post(f"/missions/{SLUG}/clock").text
    with begin(asked) as session:
        row = missions.get(session, SLUG)
        assert before is not None
        assert row.simulated_now == awaited
        assert awaited > before
        row.simulated_now = None
    assert desk_asked.coordinator.post(f"/missions/{SLUG}/clock").status_code == 409
    with reading(asked) as session:
        assert missions.get(session, SLUG).simulated_now is None


@pytest.mark.parametrize("path", ["/mail", "/mail/007", "/mail/007/words", "/mail/007/part/0"])
def test_any_other_desk_answers_like_nonsense(desk_asked: Desk, letter: Path, path: str) -> None:
    assert desk_asked.coordinator.get(path).status_code == 404
    here = {"origin": str(desk_asked.stranger.client.base_url)}
    known = {"account": desk_asked.accounts["coordinator"]}
    assert desk_asked.stranger.client.post("/enter/as", data=known, headers=here).status_code == 404


def test_a_letter_that_is_being_written_is_none_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of letters, and whoever counts them, would else open what is renamed the next moment."""
    seen: list[list[Path]] = []
    monkeypatch.setattr(catcher.os, "fsync", lambda _handle: seen.append(list(tmp_path.glob("*.eml"))))
    envelope = Envelope()
    envelope.rcpt_tos, envelope.original_content = ["desk@wire.example"], b"Subject: x\r\n\r\ny\r\n"
    keeper = Keeper(tmp_path)
    assert asyncio.run(keeper.handle_DATA(None, None, envelope)).startswith("250")  # type: ignore[arg-type]
    assert seen == [[]]
    assert [path.name for path in tmp_path.iterdir()] == ["001-letter-desk@wire.example.eml"]
