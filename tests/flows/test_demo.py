"""`ieom demo`, as a person runs it: a real embedded Prefect server, a real mail server, real papers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from ieom.settings import ROOT

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(400)]

PAPERS = ("statement-en.pdf", "statement-en.docx", "statement-en.txt", "press-release-en.pdf", "press-release-en.txt")


def ieom(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("IEOM_", "PREFECT_"))}
    command = [sys.executable, "-c", "from desk.cli.main import main; main()", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**environment, "COLUMNS": "120", **more}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    into = tmp_path_factory.mktemp("demo") / "demo"
    done = ieom("demo", "--into", str(into))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return into, done.stdout


def test_everything_that_a_mission_publishes_is_there(lived: tuple[Path, str]) -> None:
    into, _ = lived
    for name in PAPERS:
        assert (into / name).stat().st_size > 1000, name
    assert (into / "mission.db").exists()
    assert (into / "audit.jsonl").read_text("utf-8").count("\n") > 80


def test_each_letter_reached_the_mail_server_once(lived: tuple[Path, str]) -> None:
    into, _ = lived
    letters = [message_from_bytes(path.read_bytes(), policy=default) for path in (into / "mail").glob("*.eml")]
    assert max(Counter(letter["Message-ID"] for letter in letters).values()) == 1
    kinds = Counter(letter["X-Ieom-Kind"] for letter in letters)
    assert kinds["release"] == 24
    assert kinds["approval_request"] == 5
    assert kinds["call_for_nominations"] == 4


def test_the_release_carries_the_approved_text_byte_for_byte(lived: tuple[Path, str]) -> None:
    into, _ = lived
    statement = (into / "statement-en.txt").read_bytes()
    assert (into / "press-release-en.txt").read_bytes().endswith(statement)
    letter = next((into / "mail").glob("*-release-*.eml"))
    attached = {
        part.get_filename(): part.get_content()
        for part in message_from_bytes(letter.read_bytes(), policy=default).iter_attachments()
    }
    assert attached["statement-en.pdf"] == (into / "statement-en.pdf").read_bytes()


@pytest.mark.poppler
def test_the_papers_are_signed_and_anybody_can_check_them(lived: tuple[Path, str]) -> None:
    into, screen = lived
    for name in ("statement-en.pdf", "press-release-en.pdf"):
        said = subprocess.run(["pdfsig", "-nocert", into / name], capture_output=True, text=True, check=True).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said
        done = ieom("verify", str(into / name), IEOM_STATE_DIR=str(into))
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Ours and unchanged"), done.stdout + done.stderr
        assert "released on 12 August 2020, 20:00 (UTC+6)" in " ".join(done.stdout.split())
    (line,) = (line for line in screen.splitlines() if line.endswith(f"verify {into / 'statement-en.pdf'}"))
    told = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.stdout.startswith("Ours and unchanged"), f"{line}: {told.stdout}{told.stderr}"


def test_the_watcher_sees_stages_approvals_and_what_was_made(lived: tuple[Path, str]) -> None:
    _, screen = lived
    for words in (
        "Delegation assembly",
        "Press release distribution",
        "approve",
        "reminder, a decision is awaited",
        "24 letters: press release and statement",
        "What was made",
        "12 Aug 20:00",
    ):
        assert words in screen, words
    assert "Traceback" not in screen


def test_the_status_of_the_demonstration_can_be_asked_for(lived: tuple[Path, str]) -> None:
    into, _ = lived
    done = ieom("status", "--json", IEOM_STATE_DIR=str(into))
    stages = {row["stage"]: row["state"] for row in json.loads(done.stdout)["stages"]}
    assert set(stages.values()) == {"done"}, done.stdout
    assert len(stages) == 7


def test_the_chain_of_the_demonstration_is_whole(lived: tuple[Path, str]) -> None:
    into, _ = lived
    done = ieom("audit", "verify", IEOM_STATE_DIR=str(into))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_folder_that_holds_something_else_is_not_cleared(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    done = ieom("demo", "--into", str(tmp_path))
    assert done.returncode == 2
    assert "something else" in done.stderr
    assert (tmp_path / "precious.txt").exists()
