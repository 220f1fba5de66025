"""Letters that a real Postfix takes and can't deliver: what it sends back is read as it is."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from conftest import open_example
from postfix import Postfix
from scripted import Scripted, well
from sqlalchemy import select

from ieom.mail import sender
from ieom.mail.letters import Recipient, queue
from ieom.mail.smtp import Account
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterReport
from ieom.settings import settings
from tasks import stage
from tasks.returns import read_mailbox

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(
        shutil.which("postfix") is None or os.geteuid() != 0, reason="needs Postfix, and root to run it"
    ),
]

AT = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
REFUSALS = {
    "dead.example": ("RCPT", "550 5.1.1 no such desk"),
    "full.example": ("RCPT", "552 5.2.2 mailbox full"),
    "policy.example": (".", "550 5.7.1 we take no such letters"),
    "well.example": ("", ""),
}
MAIN = """
virtual_mailbox_domains = secretariat.example
virtual_mailbox_maps = inline:{{ {{@secretariat.example = bounces/}} }}
relay_domains = {domains}
transport_maps = inline:{{ {routes} }}
bounce_size_limit = 50000
"""


def answers(at: str, refusal: str):
    return lambda verb, number: refusal if verb == at else well(verb, number)


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    """A Postfix that hands letters on to readers' servers, and keeps what comes back in a Maildir."""
    with ExitStack() as stack:
        ports = {name: stack.enter_context(Scripted(answers(*told))).port for name, told in REFUSALS.items()}
        routes = " ".join(f"{{{name} = smtp:[127.0.0.1]:{port}}}" for name, port in ports.items())
        main = MAIN.format(domains=" ".join(REFUSALS), routes=routes)
        server = stack.enter_context(Postfix(main=main, master="smtp unix - - n - - smtp\n"))
        (server.folder / "bounces").mkdir()
        shutil.chown(server.folder / "bounces", "postfix", "postfix")
        yield server


@pytest.fixture
def slug(postfix: Postfix, monkeypatch: pytest.MonkeyPatch) -> str:
    shutil.rmtree(postfix.folder / "bounces" / "new", ignore_errors=True)
    monkeypatch.setenv("IEOM_BOUNCE_MAILDIR", str(postfix.folder / "bounces"))
    settings.cache_clear()
    stage._engine.cache_clear()
    return open_example(stage.records())


def written(slug: str, email: str) -> tuple[int, str]:
    with begin(stage.records()) as session:
        letter = queue(
            session, slug, kind="notice", occasion="x", to=Recipient(email, "Outlet"), at=AT,
            facts={"title": "T", "text": "x"},
        )  # fmt: skip
        assert letter is not None
        return letter.id, letter.message_id


def came_back(postfix: Postfix, count: int) -> None:
    end = time.monotonic() + 20
    while len(list((postfix.folder / "bounces").glob("new/*"))) < count:
        assert time.monotonic() < end, postfix.log()[-3000:]
        time.sleep(0.05)


def test_what_postfix_sends_back_stands_in_the_ledger(postfix: Postfix, slug: str) -> None:
    letters = {name: written(slug, f"desk@{name}")[0] for name in REFUSALS}
    account = Account("127.0.0.1", postfix.port, security="none", timeout=10.0, helo="us.example")
    report = sender.send_due(stage.records(), account, mission=slug, now=lambda: AT, connections=1)
    assert report.outcomes == Counter(sent=4)
    came_back(postfix, 3)
    found = read_mailbox()
    assert (found.taken_in, found.left) == (Counter(bounce=3), 0)
    with reading(stage.records()) as session:
        states = dict(session.execute(select(Letter.id, Letter.state)).tuples().all())
        told = {row.letter: (row.status, row.diagnostic) for row in session.scalars(select(LetterReport))}
    for name, (_, refusal) in REFUSALS.items():
        assert states[letters[name]] == ("bounced" if refusal else "sent"), name
        if refusal:
            status, diagnostic = told[letters[name]]
            assert status == refusal.split()[1]
            assert refusal in diagnostic


def test_a_bounce_that_returns_the_header_alone_is_known_by_the_envelope_s_identifier_too(
    postfix: Postfix, slug: str
) -> None:
    number, message_id = written(slug, "desk@dead.example")
    with begin(stage.records()) as session:
        missions.lock(session, slug)
        session.get_one(Letter, number).state = "sent"
    envelope = "".join(c if c.isalnum() or c in ".@" else f"+{ord(c):02X}" for c in message_id)
    with socket.create_connection(("127.0.0.1", postfix.port)) as sock, sock.makefile("rb") as lines:
        for command in (
            "", "EHLO us.example", f"MAIL FROM:<press@secretariat.example> RET=HDRS ENVID={envelope}",
            "RCPT TO:<desk@dead.example> NOTIFY=FAILURE ORCPT=rfc822;desk@dead.example", "DATA",
            "Message-ID: <another@us.example>\r\n\r\nx\r\n.", "QUIT",
        ):  # fmt: skip
            if command:
                sock.sendall(command.encode() + b"\r\n")
            while (line := lines.readline())[3:4] == b"-":
                pass
            assert line[:1] in b"23", line
    came_back(postfix, 1)
    assert read_mailbox().taken_in == Counter(bounce=1)
    with reading(stage.records()) as session:
        assert session.get_one(Letter, number).state == "bounced"
