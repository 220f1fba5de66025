"""The mailbox of bounces: a Maildir, and a real Dovecot's folder over TLS."""

from __future__ import annotations

import mailbox as standard
import os
import shutil
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import open_example
from dovecot import PASSWORD, USER, Dovecot
from returned import GAVE_UP, OURS, OUT_OF_OFFICE, POSTFIX, POSTFIX_DELAY, QMAIL, READER, complaint, report
from sqlalchemy import func, select

from ieom.errors import BadInput, Unavailable
from ieom.mail.letters import Recipient, queue
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.settings import settings
from tasks import stage
from tasks.returns import read_mailbox, read_returns

AT = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
PEOPLE = [(f"Редакция <{READER}>", "Out of office: back on Monday"), ("MAILER-DAEMON@mx.example", "failure notice")]


@pytest.fixture
def ours() -> str:
    """A letter that was sent, in the records that the settings name; its Message-ID."""
    stage._engine.cache_clear()
    slug = open_example(stage.records())
    with begin(stage.records()) as session:
        letter = queue(
            session, slug, kind="notice", occasion="x", to=Recipient(READER, "Outlet"), at=AT,
            facts={"title": "T", "text": "x"},
        )  # fmt: skip
        assert letter is not None
        letter.state = "sent"
        return letter.message_id


def about(content: bytes, message_id: str) -> bytes:
    return content.replace(OURS.encode(), message_id.encode())


def told(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"IEOM_BOUNCE_{name.upper()}", str(value))
    settings.cache_clear()


def acts() -> int:
    with reading(stage.records()) as session:
        return session.scalar(select(func.count()).select_from(AuditRow)) or 0


@pytest.fixture
def maildir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> standard.Maildir:
    box = standard.Maildir(tmp_path / "bounces")
    told(monkeypatch, maildir=tmp_path / "bounces")
    return box


def test_reports_in_a_maildir_are_read_once_and_answers_stay_unread(ours: str, maildir: standard.Maildir) -> None:
    for content in (
        report(POSTFIX_DELAY),
        OUT_OF_OFFICE,
        report(GAVE_UP),
        QMAIL,
        complaint(),
        report(POSTFIX, returned=""),
    ):
        maildir.add(about(content, ours))
    found = read_mailbox()
    assert found.taken_in == Counter(delay=1, bounce=1, complaint=1)
    assert [one for one in found.people if one in PEOPLE] == PEOPLE
    assert found.left == 3
    with reading(stage.records()) as session:
        assert session.scalars(select(Letter.state)).one() == "bounced"
    assert Counter((message.get_subdir(), message.get_flags()) for message in maildir) == {
        ("cur", "S"): 3,
        ("new", ""): 3,
    }
    before = acts()
    assert (read_mailbox().taken_in, read_mailbox().left, acts()) == (Counter(), 3, before)


def test_a_crash_between_the_record_and_the_mark_does_no_harm(ours: str, maildir: standard.Maildir) -> None:
    maildir.add(about(report(POSTFIX), ours))
    assert read_mailbox().taken_in == Counter(bounce=1)
    before = acts()
    (path,) = Path(maildir._path).glob("cur/*")  # as it lay before it was marked
    path.rename(path.parent.parent / "new" / path.name.partition(":")[0])
    assert read_mailbox().taken_in == Counter()
    assert [message.get_flags() for message in maildir] == ["S"]
    assert acts() == before


def test_thousands_of_answers_and_a_huge_bounce_take_little_time_and_memory(
    ours: str, maildir: standard.Maildir
) -> None:
    new = Path(maildir._path) / "new"
    for n in range(1_000):
        (new / f"1597240800.M{n}.mx").write_bytes(OUT_OF_OFFICE)
    with (new / "1597240900.huge.mx").open("wb") as file:
        file.write(about(report(POSTFIX, kind="message/rfc822"), ours))
        file.truncate(50_000_000)
    tracemalloc.start()
    begun = time.process_time()
    found = read_mailbox()
    spent, most = time.process_time() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.taken_in, found.left, len(found.people)) == (Counter(bounce=1), 1_000, 200)
    assert spent < 10
    assert most < 30_000_000


def test_a_mailbox_that_is_not_there_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="no mailbox for bounces is set"):
        read_mailbox()
    assert read_returns.fn() == set()
    told(monkeypatch, maildir=tmp_path / "nowhere")
    with pytest.raises(BadInput, match="there is no Maildir at"):
        read_mailbox()


there = pytest.mark.skipif(
    shutil.which("dovecot") is None or os.geteuid() != 0, reason="needs Dovecot, and root to run it"
)


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    with Dovecot() as server:
        yield server


@pytest.fixture
def server(running: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    running.emptied()
    monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
    told(monkeypatch, imap_host="127.0.0.1", imap_port=running.port, imap_user=USER, imap_password=PASSWORD)
    return running


@pytest.mark.imap
@there
def test_reports_on_an_imap_server_are_read_once_and_answers_stay_unread(ours: str, server: Dovecot) -> None:
    for content in (report(POSTFIX_DELAY), OUT_OF_OFFICE, about(report(GAVE_UP), ours), QMAIL, complaint()):
        server.put(about(content, ours).replace(b"\n", b"\r\n"))
    found = read_mailbox()
    assert found.taken_in == Counter(delay=1, bounce=1, complaint=1)
    assert (found.people, found.left) == (PEOPLE, 2)
    with reading(stage.records()) as session:
        assert session.scalars(select(Letter.state)).one() == "bounced"
    flags = Counter(path.name.partition(":2,")[2].replace("a", "") for path in server.maildir.glob("*/*.mx*"))
    assert flags == Counter({"S": 3, "": 2}), "answers are unread"
    again = read_mailbox()
    assert (again.taken_in, again.left) == (Counter(), 0), "what is for people is not looked at again"
    assert read_mailbox(all_of_them=True).people == PEOPLE


@pytest.mark.imap
@there
def test_reports_are_moved_where_the_settings_say_and_nothing_else_is_removed(
    ours: str, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, imap_done="Handled reports")
    for n in range(3):
        server.put(about(report(POSTFIX_DELAY.replace("192.0.2.1", f"192.0.2.{n}")), ours))
    server.put(OUT_OF_OFFICE)
    (server.maildir / "new" / "1.deleted.mx").write_bytes(b"Subject: a person marked it as deleted\n\nx\n")
    (server.maildir / "new" / "1.deleted.mx").rename(server.maildir / "cur" / "1.deleted.mx:2,ST")
    assert read_mailbox().taken_in == Counter(delay=3)
    assert len(list(server.maildir.glob(".Handled reports/[cn]*/*"))) == 3
    assert len([path for folder in ("new", "cur") for path in (server.maildir / folder).iterdir()]) == 2


@pytest.mark.imap
@there
def test_a_thousand_answers_and_a_huge_bounce_are_read_in_pieces(ours: str, server: Dovecot) -> None:
    for _ in range(1000):
        server.put(OUT_OF_OFFICE)
    server.put(about(report(POSTFIX, kind="message/rfc822"), ours) + b"x" * 76 * 400_000)
    tracemalloc.start()
    found = read_mailbox()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.taken_in, found.left) == (Counter(bounce=1), 1000)
    assert most < 20_000_000


@pytest.mark.imap
@there
def test_a_server_that_nobody_vouches_for_and_a_wrong_password_are_said_in_a_sentence(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, imap_folder="Nowhere")
    with pytest.raises(BadInput, match="has no folder 'Nowhere'"):
        read_mailbox()
    told(monkeypatch, imap_password="another", imap_folder="INBOX")
    with pytest.raises(BadInput, match=r"refuses the log-in bounces@observers\.example"):
        read_mailbox()
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable, match="certificate"):
        read_mailbox()
