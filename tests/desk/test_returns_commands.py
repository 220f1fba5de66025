"""What came back and what is in doubt, as the press office sees it at the command line."""

from __future__ import annotations

import csv
import mailbox
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLE
from returned import GAVE_UP, OURS, OUT_OF_OFFICE, READER, report
from sqlalchemy import insert, select, update

from desk.cli.context import engine
from desk.cli.main import main
from ieom.acts.ledger import COLUMNS
from ieom.mail.letters import Recipient, queue_many
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt, LetterReport
from ieom.records.releases import Release
from ieom.settings import settings

SLUG = "kazakhstan-senate-2020"
AT = datetime(2026, 8, 12, 14, 0, tzinfo=UTC)


@pytest.fixture
def ieom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`ieom('release', 'doubt')` gives exit code and what was said, in one line."""

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["ieom", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), " ".join((said.out + said.err).split())

    return run


@pytest.fixture
def released(ieom: Any) -> list[str]:
    """A release of three letters: sent, refused, in doubt; their Message-IDs."""
    assert ieom("open", EXAMPLE, "--by", "coordinator")[0] == 0
    with begin(engine()) as session:
        row = Release(
            mission=SLUG, number=1, kind="statement", hashes={}, papers={}, prepared_by="press-officer", prepared_at=AT,
            status="going", started_at=AT, sent_by="coordinator",
        )  # fmt: skip
        session.add(row)
        session.flush()
        outlets = ((READER, "=HYPERLINK(1)"), ("tv@outlet.example", "Телеканал"), ("wire@outlet.example", "The [wire]"))
        to = [(Recipient(email, office), {"title": "T", "text": "x"}) for email, office in outlets]
        queue_many(session, SLUG, kind="notice", occasion="x", to=to, at=AT, release=row.id)
        letters = session.scalars(select(Letter).order_by(Letter.id)).all()
        told = (
            ("sent", 250, "2.0.0 Ok: queued"),
            ("refused", 550, "5.2.2 mailbox full"),
            ("in_doubt", None, "no answer"),
        )
        for letter, (state, code, answer) in zip(letters, told, strict=True):
            letter.state, letter.code, letter.answer, letter.attempts = state, code, answer, 1
            letter.settled_at = AT + timedelta(seconds=1)
            session.execute(
                insert(LetterAttempt).values(
                    letter=letter.id, at=AT, connection="2/4", outcome=state, code=code, answer=answer
                )
            )
        return [letter.message_id for letter in letters]


def test_the_ledger_is_a_table_for_the_press_office_that_runs_nothing(
    ieom: Any, released: list[str], tmp_path: Path
) -> None:
    into = tmp_path / "ledger.csv"
    assert ieom("release", "ledger", "--csv", into) == (0, f"The ledger of release 1 is in {into}: 3 rows.")
    assert into.stat().st_mode & 0o777 == 0o600
    assert into.read_bytes().startswith("\ufeff".encode())
    with into.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["address"]: row for row in csv.DictReader(file)}
    sent, refused = rows[READER], rows["tv@outlet.example"]
    assert tuple(sent) == COLUMNS
    assert sent["outlet"] == "'=HYPERLINK(1)"
    assert (sent["state"], sent["code"], sent["enhanced code"], sent["connection"]) == ("sent", "250", "2.0.0", "2/4")
    assert (sent["settled"], sent["attempts"]) == ("2026-08-12 19:00:01+05:00", "1")
    assert (refused["outlet"], refused["answer"]) == ("Телеканал", "5.2.2 mailbox full")
    assert ieom("release", "ledger", "--csv", into, "--release", "7") == (
        2,
        "there is no release 7; 'ieom release status' lists those there are",
    )


def test_letters_in_doubt_are_shown_and_settled_by_the_log(
    ieom: Any, released: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = ieom("release", "doubt")
    assert (code, "The [wire]" in said, "--policy reconcile" in said) == (0, True, True)
    code, said = ieom("release", "doubt", "--policy", "reconcile", "--by", "press-officer")
    assert (code, said) == (2, "say with --log (or IEOM_MAIL_LOG) where the mail server's log is")
    log = tmp_path / "mail.log"
    lines = (
        "postfix/cleanup[2]: 210294AB: message-id={}", "postfix/qmgr[3]: 210294AB: from=<p@x.example>, size=1, nrcpt=1 (queue active)",
        "postfix/smtp[4]: 210294AB: to=<wire@outlet.example>, relay=mx, delay=0, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
    )  # fmt: skip
    log.write_text("2026-08-12T14:00:00+00:00 mx postfix/master[1]: started\n")
    code, said = ieom("release", "doubt", "--policy", "reconcile", "--log", log, "--by", "press-officer")
    assert (code, "still in doubt; the log does not reach the attempt yet" in said) == (0, True)
    log.write_text("".join(f"2026-08-12T14:00:01+00:00 mx {line}\n".format(released[2]) for line in lines))
    code, said = ieom("release", "doubt", "--policy", "reconcile", "--log", log, "--by", "press-officer")
    assert (code, said.endswith("was sent.")) == (0, True)
    assert ieom("release", "doubt") == (0, "No letter is in doubt.")


def test_what_came_back_is_listed_and_what_is_for_people_is_named(
    ieom: Any, released: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ieom("bounces", "list") == (0, "Nothing came back.")
    assert ieom("bounces", "read")[1].startswith("no mailbox for bounces is set: give IEOM_BOUNCE_MAILDIR")
    box = mailbox.Maildir(tmp_path / "bounces")
    monkeypatch.setenv("IEOM_BOUNCE_MAILDIR", str(tmp_path / "bounces"))
    settings.cache_clear()
    assert ieom("bounces", "read") == (0, "Nothing new came back about our letters.")
    box.add(report(GAVE_UP.replace("User unknown", "[red]User unknown")).replace(OURS.encode(), released[0].encode()))
    box.add(OUT_OF_OFFICE.replace(b"Out_of_office", b"=1B[31mOut_of_office"))
    code, said = ieom("bounces", "read")
    assert said == (
        f"Read: 1 bounce. For people (1), unread in the mailbox: Редакция <{READER}>: [31mOut of office: back on Monday"
    )
    code, said = ieom("bounces", "list")
    assert code == 0
    assert re.search(r"=HYPERLINK\(1\) +bounce .* 4\.4\.7", said)
    assert "[red]User unknown" in said
    with reading(engine()) as session:
        assert session.scalars(select(Letter.state).order_by(Letter.id)).first() == "bounced"


def test_every_letter_in_doubt_goes_once_more_when_somebody_says_so(ieom: Any, released: list[str]) -> None:
    assert ieom("release", "doubt", "--policy", "resend")[0] == 2, "nobody said who"
    with begin(engine()) as session:
        session.execute(update(Letter).values(queued_at=datetime.now(UTC), due_at=datetime.now(UTC)))
    code, said = ieom("release", "doubt", "--policy", "resend", "--by", "press-officer")
    assert (code, said.endswith("goes again.")) == (0, True)


def test_a_report_that_a_letter_in_doubt_came_back_is_shown_beside_the_doubt(ieom: Any, released: list[str]) -> None:
    with begin(engine()) as session:
        session.add(
            LetterReport(letter=3, source="x", at=AT, kind="bounce", status="5.1.1", diagnostic="no [such] user")
        )
    code, told = ieom("release", "doubt")
    assert code == 0
    assert "Letter 3: The [wire]" in told
    assert "says that it came back: no [such] user. It may be forged; the log tells." in told
