"""The proof with real parts: senders killed in the middle of their letters, connections cut at every point of a
transaction; Postfix's own log tells which letters it took, and the mailbox says whether that is true."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from conftest import open_example
from postfix import DOMAIN, Postfix
from prefect import Task
from sqlalchemy import Engine, insert, select, update

from flows.returns import returns as returns_flow
from ieom.acts import doubt
from ieom.acts.doubt import Settled
from ieom.mail import maillog, sender
from ieom.mail.letters import Attachment, Recipient, message_bytes, queue
from ieom.mail.smtp import Account, Connection
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt
from ieom.records.missions import real_now
from ieom.settings import settings
from tasks import stage
from tasks.letters import send

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(
        shutil.which("postfix") is None or os.geteuid() != 0, reason="needs Postfix, and root to run it"
    ),
]

CONNECTIONS = 4
SOON = timedelta(seconds=2)
"""Instead of the minute that Postfix's queue manager is allowed elsewhere."""


@pytest.fixture(scope="module")
def running() -> Iterator[Postfix]:
    with Postfix() as server:
        yield server


@pytest.fixture
def postfix(running: Postfix) -> Postfix:
    shutil.rmtree(running.folder / "maildir" / "new", ignore_errors=True)
    return running


def queued(engine: Engine, mission: str, count: int, occasion: str = "test") -> None:
    """One letter is written; the others are its copies to other readers, which is the same to the sender and quicker."""
    to = Recipient(f"desk0@{DOMAIN}", "Outlet 0")
    papers = [Attachment("paper.pdf", "application/pdf", b"%PDF-" + bytes(range(256)) * 20)]
    with begin(engine) as session:
        first = queue(
            session, mission, kind="notice", occasion=occasion, to=to, facts={"title": "T", "text": "One."},
            at=real_now(), attachments=papers,
        )  # fmt: skip
        assert first is not None
        row = {column.name: getattr(first, column.name) for column in Letter.__table__.columns if column.name != "id"}
        copies = []
        for n in range(1, count):
            recipient, message_id = f"desk{n}@{DOMAIN}", f"<{occasion}-{n}@observers.example>"
            head = row["head"].replace(to.email.encode(), recipient.encode())
            head = head.replace(row["message_id"].encode(), message_id.encode())
            assert message_id.encode() in head
            copies.append({**row, "recipient": recipient, "message_id": message_id, "head": head})
        if copies:
            session.execute(insert(Letter), copies)


def account(server: Postfix) -> Account:
    return Account("127.0.0.1", server.port, security="none", timeout=10.0, helo="us.example")


def states(engine: Engine) -> Counter[str]:
    with reading(engine) as session:
        return Counter(session.scalars(select(Letter.state)))


def settle(engine: Engine, mission: str, server: Postfix) -> Settled:
    """What the policy `reconcile` does before letters are sent."""
    with reading(engine) as session:
        asked = doubt.case(session, mission)
    if not asked.attempts:
        return Settled()
    read = maillog.read(str(server.folder / "log"), asked.wanted)
    found = doubt.found_in(read, asked, into_the_queue=SOON)
    with begin(engine) as session:
        return doubt.reconcile(session, mission, by="clock", at=real_now(), asked=asked, found=found)


def settled_at_last(engine: Engine, mission: str, server: Postfix, seconds: float = 30) -> list[Settled]:
    """Settle until nothing is in doubt; the server is knocked at, so that its log goes on."""
    end, done = time.monotonic() + seconds, []
    while states(engine)["in_doubt"]:
        assert time.monotonic() < end, done[-1].left
        connection = Connection(account(server))
        connection.open()
        connection.close()
        done.append(settle(engine, mission, server))
        time.sleep(0.25)
    return done


def killed(engine: Engine, mission: str, server: Postfix, after: int, moment: float) -> bool:
    """Send in a child process that is killed `moment` seconds after so many letters are done; whether it was."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        engine.dispose(close=False)
        sender.send_due(
            engine, account(server), mission=mission, now=real_now, connections=CONNECTIONS,
            progress=lambda _: os.write(told, b"."),
        )  # fmt: skip
        os._exit(0)
    os.close(told)
    left = after
    while left > 0 and (some := os.read(heard, left)):
        left -= len(some)
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    os.close(heard)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_kills_while_hundreds_of_letters_go_lose_none_and_double_none(
    engine: Engine, mission: str, postfix: Postfix, request: pytest.FixtureRequest
) -> None:
    letters, wanted = (900, 50) if request.config.getoption("--thorough") else (360, 18)
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    queued(engine, mission, letters)
    kills, doubted, by_log = 0, 0, Counter[str]()
    while kills < wanted:
        done = settle(engine, mission, postfix)
        by_log.update(sent=len(done.sent), again=len(done.again))
        before = states(engine)
        assert before["queued"] > 0, f"all letters had gone after {kills} kills"
        share = (before["queued"] - 60) // (wanted - kills)  # some are left for the last of them
        after = chance.randrange(2 * share) if share > 0 else 0
        kills += killed(engine, mission, postfix, after, chance.uniform(0, 0.12 if share > 0 == after else 0.02))
        with begin(engine) as session:  # what the next sender does first
            new = sender.outbox.recover(session, mission, at=real_now())
        assert new <= CONNECTIONS, "more in doubt than there were connections"
        doubted += new
    for _ in range(10):
        report = sender.send_due(engine, account(postfix), mission=mission, now=real_now, connections=CONNECTIONS)
        assert not report.fault
        for done in settled_at_last(engine, mission, postfix):
            by_log.update(sent=len(done.sent), again=len(done.again))
        if states(engine) == Counter(sent=letters):
            break
        with begin(engine) as session:  # a connection that was refused leaves its letter waiting a minute
            session.execute(update(Letter).where(Letter.state == "queued").values(next_at=None))
    assert states(engine) == Counter(sent=letters)
    arrived = postfix.settled()
    assert (len(arrived), max(arrived.values())) == (letters, 1), f"lost or doubled, with the seed {seed}"
    assert kills == wanted
    assert doubted == by_log.total()
    assert by_log["sent"] > 0, "no kill met a letter on its way"
    print(f"{kills} kills, {doubted} in doubt, by the log: {dict(by_log)}")


POINTS = ("connect", "mail", "rcpt", "data", "head", "body", "dot", "reset", "answer", "quit")


def talk(server: Postfix, message: bytes, cut: str) -> None:
    """A transaction that ends at a point: the connection is closed, or reset, without a goodbye."""
    with socket.create_connection(("127.0.0.1", server.port)) as sock, sock.makefile("rb") as answers:

        def answer() -> None:
            while answers.readline()[3:4] == b"-":
                pass

        answer()
        for point, command in (
            ("connect", b"EHLO us.example\r\n"), ("mail", b"MAIL FROM:<press@observers.example>\r\n"),
            ("rcpt", f"RCPT TO:<desk@{DOMAIN}>\r\n".encode()), ("data", b"DATA\r\n"),
        ):  # fmt: skip
            sock.sendall(command)
            answer()
            if cut == point:
                return
        head, _, body = message.partition(b"\r\n\r\n")
        sock.sendall(head + b"\r\n\r\n")
        if cut == "head":
            return
        sock.sendall(body + (b"x" * 70 + b"\r\n") * 2000)
        if cut == "body":
            return
        sock.sendall(b".\r\n")
        if cut == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if cut in {"dot", "reset"}:
            return
        answer()
        if cut == "quit":
            sock.sendall(b"QUIT\r\n")
            answer()


def test_a_connection_cut_at_any_point_is_settled_as_the_mailbox_says(
    engine: Engine, mission: str, postfix: Postfix
) -> None:
    queued(engine, mission, 3, occasion="known")
    sender.send_due(engine, account(postfix), mission=mission, now=real_now, connections=1)
    queued(engine, mission, len(POINTS), occasion="cut")
    with reading(engine) as session:
        rows = session.scalars(select(Letter).where(Letter.occasion == "cut").order_by(Letter.id)).all()
        letters = {row.id: (row.message_id, message_bytes(session, row)) for row in rows}
    for (_, message), cut in zip(letters.values(), POINTS, strict=True):
        talk(postfix, message, cut)
    with begin(engine) as session:
        session.execute(
            update(Letter).where(Letter.occasion == "cut").values(state="in_doubt", settled_at=real_now(), lease="x")
        )
    settled_at_last(engine, mission, postfix)
    arrived = postfix.settled()
    with reading(engine) as session:
        for row in session.scalars(select(Letter).where(Letter.occasion == "cut")):
            assert (row.state == "sent") == bool(arrived[row.message_id]), POINTS[row.id - min(letters)]
            assert row.state in {"sent", "queued"}
        known = select(LetterAttempt.connection, LetterAttempt.outcome).where(LetterAttempt.letter.in_(letters))
        outcomes = Counter(session.execute(known).tuples())
    assert outcomes["log", "sent"] >= 3
    assert outcomes["log", "back"] >= 5


def test_a_log_that_ends_before_the_attempt_settles_nothing(engine: Engine, mission: str, postfix: Postfix) -> None:
    queued(engine, mission, 2)
    sender.send_due(engine, account(postfix), mission=mission, now=real_now, connections=1)
    queued(engine, mission, 1, occasion="cut")
    later: datetime = real_now() + timedelta(hours=1)
    with begin(engine) as session:
        session.execute(update(Letter).where(Letter.occasion == "cut").values(state="in_doubt", settled_at=later))
    done = settle(engine, mission, postfix)
    assert done.done == 0
    assert list(done.left.values()) == ["the log does not reach the attempt yet"]


def test_the_installation_s_policy_settles_by_the_log_on_the_schedule_and_before_letters_are_sent(
    postfix: Postfix, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"DOUBT_POLICY": "reconcile", "MAIL_LOG": f"{postfix.folder}/log*", "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(postfix.port), "SMTP_SECURITY": "none", "SMTP_HELO": "us.example"}  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"IEOM_{name}", value)
    settings.cache_clear()
    stage._engine.cache_clear()
    engine = stage.records()
    slug = open_example(engine)
    queued(engine, slug, 3)
    assert send(slug).outcomes == Counter(sent=3)
    for cut, walk in (("dot", lambda: send(slug)), ("answer", returns_flow.fn)):
        queued(engine, slug, 1, occasion=cut)
        with begin(engine) as session:
            row = session.scalars(select(Letter).where(Letter.occasion == cut)).one()
            talk(postfix, message_bytes(session, row), cut)
            row.state, row.settled_at = "in_doubt", real_now()
        postfix.settled()
        monkeypatch.setattr(Task, "__call__", lambda self, *words: self.fn(*words))
        walk()
        with reading(engine) as session:
            row = session.scalars(select(Letter).where(Letter.occasion == cut)).one()
            assert row.state == "sent", cut
            assert "taken, by the server's log, and delivered" in row.answer
    assert states(engine) == Counter(sent=5)
