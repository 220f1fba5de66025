"""The statement's commands, as a drafter types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from docx import Document
from typer.testing import CliRunner

from desk.cli import statement
from desk.cli.context import engine as records
from ieom.acts import observation
from ieom.errors import IeomError
from ieom.folder import open_mission, read
from ieom.records import missions
from ieom.records.base import begin
from ieom.records.delegation import Member
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
NOW = datetime(2020, 8, 12, 10, 0, tzinfo=UTC)


@pytest.fixture
def ieom(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    folder = read(EXAMPLE)
    with begin(records()) as session:
        open_mission(session, folder, by="coordinator", at=NOW, stage="drafting")
        missions.lock(session, folder.facts.slug).simulated_now = NOW
        for row in folder.delegation:
            told = row.model_dump()
            session.add(
                Member(mission=folder.facts.slug, status="appointed", nominated_at=NOW, appointed_at=NOW, **told)
            )
        session.flush()
        for path in sorted((EXAMPLE / "submissions").glob("*.json")):
            document = json.loads(path.read_text("utf-8"))
            document["team"] = "team-1"
            observation.submit(session, folder.facts.slug, by="kg-1", at=NOW, document=document)
    app = typer.Typer()
    statement.register(app)
    app.command("other")(lambda: None)

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["statement", *words])
        if isinstance(result.exception, IeomError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_drafter_works_from_the_draft_to_the_request_for_approval(ieom: Callable[..., str]) -> None:
    assert "Version 1 (final)" in ieom("draft", "--by", "drafter")
    assert "same text: version 1 stands" in ieom("draft", "--by", "drafter")
    shown = ieom("show", "--evidence")
    assert "upheld · 1 of 1 visit" in shown
    assert "for: uuid:" in shown
    assert "not been" not in shown
    assert max(len(line) for line in shown.splitlines() if not line.startswith(("Version", "Hash"))) <= 80
    assert "1. not_attested in conduct" in ieom("lint")
    ieom("attest", "conduct", "--by", "az-1")
    edited = ieom("edit", "courtesy", "--text", "The Mission thanks its hosts.", "--why", "short", "--by", "drafter")
    assert "Version 2" in edited
    assert "1 finding to mend" in edited
    changed = ieom("diff")
    assert "[-congratulates" in changed
    assert "{+thanks" in changed
    assert "stands, in the name of az-1" in ieom("override", "1", "--why", "a courtesy", "--by", "az-1")
    assert "Approval is asked for version 2" in ieom("ready", "--by", "drafter")
    assert "approval asked" in ieom("versions").replace("\n", " ")


def test_a_working_copy_says_whose_it_is_and_that_it_is_not_published(ieom: Callable[..., str], tmp_path: Path) -> None:
    ieom("draft", "--by", "drafter")
    said = ieom("papers", "--into", str(tmp_path / "draft"), "--by", "drafter")
    pdf, docx = sorted((tmp_path / "draft").iterdir(), reverse=True)
    assert {pdf.name, docx.name} == {"statement-en-version-1.pdf", "statement-en-version-1.docx"}
    assert pdf.name in said.replace("\n", "")
    assert pdf.read_bytes().startswith(b"%PDF-")
    words = [paragraph.text for paragraph in Document(str(docx)).paragraphs]
    assert "Copy for Drafter of the statement; not for publication." in words


def test_what_can_not_be_is_said_in_one_line(ieom: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(IeomError, match="there is no draft yet"):
        ieom("show")
    ieom("draft", "--by", "drafter")
    with pytest.raises(IeomError, match="no finding 9"):
        ieom("override", "9", "--why", "x", "--by", "az-1")
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    with pytest.raises(IeomError, match="is no text file in UTF-8"):
        ieom("edit", "courtesy", "--file", str(tmp_path / "picture"), "--why", "x", "--by", "drafter")
    with pytest.raises(IeomError, match="no version 7"):
        ieom("show", "--version", "7")
