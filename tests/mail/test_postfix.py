"""The sender against a real Postfix that delivers into a Maildir: what arrived is counted where a reader would look."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from postfix import DOMAIN, Postfix
from sqlalchemy import Engine, select

from ieom.mail import sender
from ieom.mail.letters import Attachment, Recipient, message_bytes, queue_many
from ieom.mail.smtp import Account
from ieom.records.base import begin, reading
from ieom.records.letters import Letter

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(
        shutil.which("postfix") is None or os.geteuid() != 0, reason="needs Postfix, and root to run it"
    ),
]

NOW = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
CONNECTIONS = 4


@pytest.fixture(scope="module")
def running() -> Iterator[Postfix]:
    with Postfix() as server:
        yield server


@pytest.fixture
def postfix(running: Postfix) -> Postfix:
    shutil.rmtree(running.folder / "maildir" / "new", ignore_errors=True)
    return running


def queued(engine: Engine, mission: str, count: int) -> None:
    to = [
        (Recipient(f"desk{n}@{DOMAIN}", f"Outlet {n}"), {"title": "Выборы", "text": "One.\n.\n..Two."})
        for n in range(count)
    ]
    papers = [Attachment("paper.pdf", "application/pdf", b"%PDF-" + bytes(range(256)) * 200)]
    with begin(engine) as session:
        queue_many(session, mission, kind="notice", occasion="test", to=to, at=NOW, attachments=papers)


def send(engine: Engine, mission: str, server: Postfix, security: str = "none", at: datetime = NOW) -> Counter[str]:
    account = Account("127.0.0.1", server.port, security=security, timeout=10.0)
    return sender.send_due(engine, account, mission=mission, now=lambda: at, connections=CONNECTIONS).outcomes


def states(engine: Engine) -> Counter[str]:
    with reading(engine) as session:
        return Counter(session.scalars(select(Letter.state)))


def test_every_letter_lies_in_the_mailbox_once_and_as_it_was_queued(
    engine: Engine, mission: str, postfix: Postfix
) -> None:
    queued(engine, mission, 40)
    assert send(engine, mission, postfix) == Counter(sent=40)
    arrived = postfix.settled()
    assert (len(arrived), max(arrived.values())) == (40, 1)
    bodies = {content.partition(b"\n\n")[2] for content in postfix.delivered()}
    with reading(engine) as session:
        for letter in session.scalars(select(Letter)):
            body = message_bytes(session, letter).replace(b"\r\n", b"\n").partition(b"\n\n")[2]
            assert body.rstrip(b"\n") in {one.rstrip(b"\n") for one in bodies}, letter.recipient
            assert letter.message_id in arrived


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_letter(
    engine: Engine, mission: str, postfix: Postfix, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(engine, mission, 1)
    send(engine, mission, postfix, security="starttls")
    assert states(engine) == Counter(queued=1)
    assert postfix.settled() == Counter()
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.certificate))
    assert send(engine, mission, postfix, security="starttls", at=NOW + timedelta(hours=1)) == Counter(sent=1)
    assert sum(postfix.settled().values()) == 1
