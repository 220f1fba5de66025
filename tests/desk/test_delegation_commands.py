import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from desk.cli import audit, context, delegation, mission, register, vault
from desk.rehearsal import set_clock
from ieom.acts import delegation as acts
from ieom.errors import BadInput, Refused, Tampered
from ieom.records import migrate, missions, schema
from ieom.records.base import begin
from ieom.settings import ROOT, settings

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
app = typer.Typer(pretty_exceptions_enable=False)
for part in (mission, delegation, register, vault, audit):
    part.register(app)


def run(*arguments: str, answers: str | None = None) -> str:
    result = CliRunner().invoke(app, arguments, input=answers, env={"COLUMNS": "220"})
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example mission opened in records made from the tables themselves."""
    context._engine.cache_clear()
    monkeypatch.setattr(migrate, "upgrade", schema.metadata.create_all)
    monkeypatch.setenv("IEOM_BY", "coordinator")
    run("open", str(EXAMPLE))
    set_clock(context.engine(), "kazakhstan-senate-2020", datetime(2020, 7, 6, 5, tzinfo=UTC))
    yield
    context._engine.cache_clear()


def walk() -> None:
    with begin(context.engine()) as session:
        slug = missions.all_slugs(session)[0]
        acts.advance(session, slug, at=missions.now(session, slug))


def test_a_secretary_brings_a_nominee_to_the_badge() -> None:
    assert "KS20/001" in run("invitation")
    walk()
    assert "Nominated: 5" in run("nominate", "--from", str(EXAMPLE / "delegation.csv"))
    assert "kg-1 still owes: passport page, photograph." in run(
        "item", "kg-1", "nomination", "personal_form", "conflict_declaration", "code_of_conduct", "accreditation_form"
    )
    assert "passport page of kg-1 is waived" in run("waive", "kg-1", "passport_page", "--why", "diplomatic card")
    assert "The file of kg-1 is complete." in run("item", "kg-1", "photo")
    assert "no conflict of interest" in run("declare", "kg-1", answers="n\n" * 5)
    assert "Appointed: kg-1." in run("appoint", "kg-1")
    assert "kg-1 is head of mission." in run("head", "kg-1")
    assert "Note verbale KS20/006 is drafted" in run("accredit", "request")
    run("accredit", "issue", "kg-1", "--number", "IO-103")
    run("accredit", "collect", "kg-1")
    run("brief", "kg-1")
    shown = run("delegation")
    assert "Kyrgyzstan 1 1 1 answered" in shown
    assert "kg-1 KG Embassy of the Kyrgyz Republic, observer 1 head of mission appointed" in shown
    assert "collected IO-103 yes" in shown
    assert "Still owed by az-1, az-2, tr-1, uz-1: nomination by the member state, personal form" in shown


def test_a_declaration_with_a_yes_is_a_conflict_and_contradictions_are_refused() -> None:
    run("nominate", "kg-1", "--state", "KG", "--office", "observer 1")
    assert "A conflict of interest: kg-1 is employed" in run("declare", "kg-1", "--yes", "employed_by_host")
    with pytest.raises(BadInput, match="contradict"):
        run("declare", "kg-1", "--none", "--yes", "employed_by_host")
    with pytest.raises(BadInput, match="no question is called shoes"):
        run("declare", "kg-1", "--yes", "shoes")
    with pytest.raises(Refused, match="conflict of interest"):
        run("appoint", "kg-1")


def test_appointing_several_is_all_or_none() -> None:
    for code, state in (("kg-1", "KG"), ("tr-1", "TR")):
        run("nominate", code, "--state", state, "--office", "observer")
    run("item", "kg-1", "all")
    run("declare", "kg-1", "--none")
    with pytest.raises(Refused, match="'tr-1' can't be appointed"):
        run("appoint", "kg-1", "tr-1")
    assert "kg-1 KG observer observer nominated" in run("delegation")


def test_a_person_or_a_state_declines() -> None:
    run("invitation")
    walk()
    run("nominate", "kg-1", "--state", "KG", "--office", "observer")
    assert "kg-1 has declined." in run("decline", "kg-1")
    assert "UZ sends no observers." in run("decline", "UZ")
    assert "Uzbekistan 1 0 0 declined" in run("delegation")


def test_the_register_shows_papers_in_and_out(tmp_path: Path) -> None:
    assert "The register is empty." in run("register")
    run("invitation")
    walk()
    assert "KS20-002.docx" in run("register", "paper", "KS20/002")
    assert "is written to" in run("register", "paper", "KS20/002", "--to", str(tmp_path / "note.docx"))
    assert (tmp_path / "note.docx").read_bytes().startswith(b"PK")
    with pytest.raises(BadInput, match="there is a file"):
        run("register", "paper", "KS20/002", "--to", str(tmp_path / "note.docx"))
    with pytest.raises(BadInput, match="KS20/001 came in, without a scan"):
        run("register", "paper", "KS20/001")
    run("register", "signed", "KS20/002")
    run("register", "sent", "KS20/002")
    assert "Registered as KS20/006." in run(
        "register", "received", "az-embassy", "Nominations", "--answers", "KS20/002", "--their-number", "AZ/9"
    )
    shown = run("register", "list")
    assert "KS20/002" in shown
    assert "From Embassy of the Republic of Azerbaijan in the Republic of Kazakhstan" in shown
    assert "their No. AZ/9" in shown
    assert "answers KS20/002" in shown
    assert shown.count("drafted") == 3
    assert run("register") == shown


def test_a_personal_paper_is_stored_read_with_a_reason_and_erased(tmp_path: Path) -> None:
    run("nominate", "kg-1", "--state", "KG", "--office", "observer")
    photo, out = tmp_path / "face.jpg", tmp_path / "out.jpg"
    photo.write_bytes(b"\xff\xd8\xff a face")
    item = run("vault", "store", "kg-1", "photo", str(photo)).removeprefix("Kept as ").split(".")[0]
    assert re.search(rf"{item} .*\(kg-1\): .*photo.* 8 February 2021", run("vault", "list"))
    assert run("vault", "log") == "No personal paper was read."
    run("vault", "read", item, "--into", str(out), "--why", "the badge")
    assert out.read_bytes() == photo.read_bytes()
    assert out.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="is there already"):
        run("vault", "read", item, "--into", str(out), "--why", "the badge")
    assert "erased" in run("vault", "erase", item)
    assert f"{item} " in run("vault", "list")
    assert "erased 6 Jul 11:00" in run("vault", "list")
    assert re.search(r"6 Jul 11:00 Mission coordinator .*\(kg-1\): .*photo.* the badge", run("vault", "log"))
    assert run("vault", "erase", "--due").endswith("0 erased.")
    with pytest.raises(BadInput, match="name one paper, or --due"):
        run("vault", "erase")


def test_a_new_vault_key_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IEOM_VAULT_KEY", run("vault", "key"))
    settings.cache_clear()
    run("nominate", "kg-1", "--state", "KG", "--office", "observer")
    (tmp_path / "face.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    run("vault", "store", "kg-1", "photo", str(tmp_path / "face.png"))


def test_the_chain_is_verified_compared_with_a_known_hash_and_written_out(tmp_path: Path) -> None:
    run("invitation")
    said = run("audit", "verify")
    assert said.startswith("3 acts, whole and in order. Newest hash: ")
    head = said.rpartition(" ")[2]
    assert "with 1 hash from outside found in it" in run("audit", "verify", "--head", head)
    with pytest.raises(Tampered, match="known from outside"):
        run("audit", "verify", "--head", "0" * 63 + "1")
    run("audit", "export", "--into", str(tmp_path / "audit.jsonl"))
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert [json.loads(line)["act"] for line in lines] == ["MissionOpened", "RehearsalBegun", "PaperReceived"]
    with context.engine().begin() as connection:
        connection.execute(text("DROP TRIGGER audit_rows_no_update"))
        connection.execute(text("UPDATE audit_rows SET by = 'somebody' WHERE seq = 1"))
    with pytest.raises(Tampered, match=r"row 1 \(MissionOpened, somebody\) was edited"):
        run("audit", "verify")
