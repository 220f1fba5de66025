"""Every row of the table of replies, with and without pipelining: what becomes of the letter, and of those beside it."""

from __future__ import annotations

import re
import shutil
import ssl
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from certificates import certify
from conftest import open_example
from scripted import Scripted, well
from sqlalchemy import Engine, select

from ieom.mail import sender
from ieom.mail.letters import Attachment, Recipient, queue_many
from ieom.mail.smtp import Account
from ieom.records import schema
from ieom.records.base import begin, connect, reading
from ieom.records.letters import Letter, LetterAttempt
from ieom.records.media import Suppression

NOW = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
BOTH = pytest.mark.parametrize("features", ["", "PIPELINING"], ids=["step-by-step", "pipelined"])


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A database with the example mission, and one with three letters queued too, made once for all these tests."""
    path = tmp_path_factory.mktemp("opened") / "mission.db"
    engine = connect(f"sqlite:///{path}")
    schema.metadata.create_all(engine)
    mission = open_example(engine)
    engine.dispose()
    queued_too = connect(f"sqlite:///{shutil.copy(path, path.with_name('three.db'))}")
    queued(queued_too, mission)
    queued_too.dispose()
    return path, mission


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where that can be had: what these tests ask is not about the disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, ignore_cleanup_errors=True) as made:
        yield Path(made)


def copied(path: Path, folder: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{shutil.copy(path, folder / path.name)}")
    yield engine
    engine.dispose()


@pytest.fixture
def engine(opened: tuple[Path, str], folder: Path) -> Iterator[Engine]:
    yield from copied(opened[0], folder)


@pytest.fixture
def three(opened: tuple[Path, str], folder: Path) -> Iterator[Engine]:
    """The records with three letters queued."""
    yield from copied(opened[0].with_name("three.db"), folder)


@pytest.fixture
def mission(opened: tuple[Path, str]) -> str:
    return opened[1]


def queued(
    engine: Engine, mission: str, count: int = 3, *, size: int = 0, email: str = "desk{0}@outlet{0}.example"
) -> None:
    papers = [Attachment("paper.pdf", "application/pdf", b"%PDF-" + b"\n.x" * size)] if size else []
    to = [(Recipient(email.format(n), f"Outlet {n}"), {"title": "News", "text": "Words."}) for n in range(1, count + 1)]
    with begin(engine) as session:
        queue_many(session, mission, kind="notice", occasion="test", to=to, at=NOW, attachments=papers)


def send(engine: Engine, mission: str, server: Scripted, **more: object) -> sender.SendReport:
    told: dict = {"security": "none", "timeout": 5.0, "patience": 5.0} | more
    account = Account(told.pop("host", "127.0.0.1"), server.port, **told)
    return sender.send_due(engine, account, mission=mission, now=lambda: NOW, connections=1)


def states(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(Letter.state).order_by(Letter.id)))


def attempts(engine: Engine) -> list[int]:
    with reading(engine) as session:
        return list(session.scalars(select(Letter.attempts).order_by(Letter.id)))


def arrived(server: Scripted) -> Counter[str]:
    """How often each letter's text came whole, by its reader; an empty message is one too many."""
    return Counter(
        found.group(1) if (found := re.search(rb"^To: desk(\d+)@", message, re.MULTILINE)) else b"nothing"
        for message in server.messages
    )


def second(verb: str, answer: str, *, at: int = 2):
    """All is well but for one answer to the second letter."""
    return lambda said, number: answer if (said, number) == (verb, at) else well(said, number)


ONE = [  # what is said to the second letter, and what becomes of it; the others go
    ("RCPT", "550 5.1.1 no such user", "refused", "suppressed"),
    ("RCPT", "550 5.1.10 no mail here", "refused", "suppressed"),
    ("RCPT", "550 5.2.1 closed", "refused", "suppressed"),
    ("RCPT", "552 5.2.2 mailbox full", "refused", ""),
    ("RCPT", "550 no such user", "refused", ""),
    ("RCPT", "550 5.7.1 not here", "refused", ""),
    ("RCPT", "450 4.2.0 greylisted", "deferred", ""),
    ("RCPT", "451 4.3.0 later", "deferred", ""),
    ("RCPT", "452 4.3.1 too many", "deferred", ""),
    ("RCPT", "421 4.3.2 going down", "deferred", ""),
    ("RCPT", "999 what", "queued", ""),
    ("MAIL", "451 4.3.0 later", "deferred", ""),
    ("MAIL", "421 4.7.0 busy", "deferred", ""),
    ("MAIL", "552 5.3.4 too large", "refused", ""),
    ("DATA", "554 5.1.1 nobody", "refused", "suppressed"),
    ("DATA", "451 4.3.0 later", "deferred", ""),
    ("DATA", "421 4.3.2 going down", "deferred", ""),
    ("DATA", "250 what", "queued", ""),
    (".", "554 5.6.0 no", "refused", ""),
    (".", "552 5.3.4 too large", "refused", ""),
    (".", "451 4.3.0 later", "deferred", ""),
    (".", "452 4.3.1 full", "deferred", ""),
    (".", "421 4.3.2 going down", "deferred", ""),
    (".", "999 what", "in_doubt", ""),
    ("MAIL", "drop", "queued", ""),
    ("RCPT", "drop", "queued", ""),
    ("DATA", "drop", "queued", ""),
    (".", "drop", "in_doubt", ""),
    ("MAIL", "stall", "queued", ""),
    ("RCPT", "stall", "queued", ""),
    ("DATA", "stall", "queued", ""),
    (".", "stall", "in_doubt", ""),
    (".", "late:250 2.0.0 taken", "in_doubt", ""),
]


@BOTH
@pytest.mark.parametrize(("verb", "answer", "state", "suppressed"), ONE)
def test_an_answer_concerns_its_letter_alone(
    three: Engine, mission: str, features: str, verb: str, answer: str, state: str, suppressed: str
) -> None:
    with Scripted(second(verb, answer), features=features) as server:
        short = 0.4 if answer == "stall" or answer.startswith("late:") else 5.0
        report = send(three, mission, server, timeout=short, patience=short)
        send(three, mission, server)  # the same moment again: nothing that waits goes, nothing goes twice
        assert states(three) == ["sent", state, "sent"]
        assert not report.fault
        assert attempts(three) == [1, 1, 1]
        came = {b"1": 1, b"2": 1, b"3": 1} if verb == "." else {b"1": 1, b"3": 1}
        empty = arrived(server)[b"nothing"]
        assert arrived(server) == came | ({b"nothing": empty} if empty else {})
        assert not empty or (features and verb in {"RCPT", "MAIL"})  # a lone dot, for nobody
    with reading(three) as session:
        assert [one.email for one in session.scalars(select(Suppression))] == ["desk2@outlet2.example"] * bool(
            suppressed
        )
        last = session.scalars(select(LetterAttempt).where(LetterAttempt.letter == 2)).one()
        policy = "5.7.1" in answer or "5.3.4" in answer
        assert last.outcome == ("policy" if policy else {"queued": "back"}.get(state, state))


@pytest.mark.parametrize("refused", [False, True])
def test_a_server_that_skips_the_dots_answer_leaves_the_letter_in_doubt_and_not_sent(
    three: Engine, mission: str, *, refused: bool
) -> None:
    said = {(".", 1): "skip"} | ({("RCPT", 2): "550 5.1.1 nobody", ("DATA", 2): "503 5.5.1 no"} if refused else {})
    with Scripted(lambda verb, n: said.get((verb, n)) or well(verb, n), features="PIPELINING") as server:
        report = send(three, mission, server, timeout=0.4)
        assert states(three) == ["in_doubt", "queued", "sent"]
        assert (report.outcomes["in_doubt"], report.outcomes["sent"], report.outcomes["back"]) == (1, 1, 1)
        assert arrived(server)[b"2"] == 0
    with reading(three) as session:
        assert "out of step" in (session.get_one(Letter, 1).answer or "")


@BOTH
@pytest.mark.parametrize(
    ("verb", "answer"),
    [("MAIL", "530 5.7.0 log in"), ("MAIL", "535 5.7.8 who"), ("MAIL", "550 5.1.8 bad sender"), ("RCPT", "530 5.7.0 log in"),
     (".", "530 5.7.0 log in first")],
)  # fmt: skip
def test_a_fault_of_the_account_stops_everything_and_fails_nobody(
    engine: Engine, mission: str, features: str, verb: str, answer: str
) -> None:
    queued(engine, mission, 4)
    with Scripted(second(verb, answer), features=features) as server:
        report = send(engine, mission, server)
        assert answer[:3] in report.fault
        assert states(engine) == ["sent", "queued", "queued", "queued"]
        assert attempts(engine) == [1, 1, 0, 0]
        assert set(arrived(server)) <= {b"1", b"2", b"nothing"}
        assert arrived(server)[b"2"] == (verb == ".")


@pytest.mark.parametrize("answer", ["354 go on", "503 5.5.1 no recipient", "554 5.5.1 no valid recipients"])
@pytest.mark.parametrize("dot", ["554 5.5.1 no valid recipients", "250 2.0.0 fine", "421 4.3.2 bye", "drop"])
def test_a_refused_recipient_whose_pipelined_data_went_out_leaves_no_empty_letter(
    three: Engine, mission: str, answer: str, dot: str
) -> None:
    said = {("RCPT", 2): "550 5.1.1 nobody", ("DATA", 2): answer, (".", 2): dot}
    with Scripted(lambda verb, n: said.get((verb, n)) or well(verb, n), features="PIPELINING") as server:
        send(three, mission, server)
        assert states(three) == ["sent", "refused", "sent"]
        assert arrived(server) - Counter([b"nothing"]) == {b"1": 1, b"3": 1}
        assert sum(command == "RSET" for command in server.commands) == (server.connections == 1)


def test_a_taken_recipient_whose_sender_was_refused_gets_no_empty_letter(three: Engine, mission: str) -> None:
    with Scripted(second("MAIL", "552 5.3.4 too large"), features="PIPELINING") as server:
        send(three, mission, server)
        assert arrived(server) == {b"1": 1, b"3": 1}  # no lone dot: the server had said 250 to the recipient
        assert server.connections == 2


@BOTH
@pytest.mark.parametrize(
    ("word", "state"),
    [("drop", {"queued", "in_doubt"}), ("421 4.3.2 going down", {"deferred"}), ("451 4.3.0 trouble", {"deferred"}),
     ("552 5.2.3 too much for this reader", {"refused"})],
)  # fmt: skip
def test_what_the_server_says_within_a_message_concerns_that_message(
    engine: Engine, mission: str, features: str, word: str, state: set[str]
) -> None:
    queued(engine, mission, size=100_000)
    with Scripted(second("body", word), features=features) as server:
        send(engine, mission, server)
        found = states(engine)
        assert found[0] == "sent"
        assert found[1] in state
        assert found[2] in {"sent", "queued"}  # queued where its commands had gone out behind the dot
        assert arrived(server) == {b"1": 1} | ({b"3": 1} if found[2] == "sent" else {})


@BOTH
def test_an_answer_that_nobody_asked_for_is_never_taken_for_the_next_one(
    three: Engine, mission: str, features: str
) -> None:
    with Scripted(second("DATA", "354 go on\r\n250 2.0.0 taken"), features=features) as server:
        send(three, mission, server)
        assert states(three) == ["sent", "queued", "sent"]  # 'taken' came before the message's end
        assert arrived(server) == {b"1": 1, b"3": 1}


@BOTH
def test_answers_split_over_packets_and_a_banner_of_thousands_of_bytes(
    engine: Engine, mission: str, features: str
) -> None:
    queued(engine, mission, 5)
    banner = "\r\n".join(["220-" + "we do not like advertising " * 10] * 30 + ["220 ready"])
    answers = lambda verb, n: "250-2.1.5 this\r\n250-2.1.5 is\r\n250 2.1.5 long" if verb == "RCPT" else well(verb, n)  # noqa: E731
    with Scripted(answers, greeting=banner, features=features, split=True) as server:
        send(engine, mission, server)
        assert states(engine) == ["sent"] * 5
        assert max(arrived(server).values()) == 1


@BOTH
def test_a_letter_too_large_for_the_server_is_not_begun(engine: Engine, mission: str, features: str) -> None:
    queued(engine, mission, 2, size=20_000)
    with Scripted(well, features=["SIZE 50000", *features.split()]) as server:
        send(engine, mission, server)
        assert states(engine) == ["refused", "refused"]
        assert not any(command.startswith(("MAIL", "RCPT", "DATA")) for command in server.commands)
    with reading(engine) as session:
        assert "while the server takes 50,000" in str(session.scalars(select(Letter.answer)).first())


@BOTH
@pytest.mark.parametrize("limit", ["SIZE", "SIZE 0", "SIZE 9000000"])
def test_a_size_that_is_no_limit_keeps_nothing(engine: Engine, mission: str, features: str, limit: str) -> None:
    queued(engine, mission, 2, size=20_000)
    with Scripted(well, features=[limit, *features.split()]) as server:
        send(engine, mission, server)
        assert states(engine) == ["sent", "sent"]
        assert all("SIZE=" in command for command in server.commands if command.startswith("MAIL"))


@BOTH
def test_addresses_beyond_ascii_need_a_server_that_takes_them(engine: Engine, mission: str, features: str) -> None:
    queued(engine, mission, 2, email="бюро{}@пример.example")
    with Scripted(well, features=["8BITMIME", *features.split()]) as server:
        send(engine, mission, server)
        assert states(engine) == ["refused", "refused"]
        assert server.messages == []


@BOTH
def test_a_server_with_smtputf8_is_told_what_comes(engine: Engine, mission: str, features: str) -> None:
    queued(engine, mission, 2, email="бюро{}@пример.example")
    queued(engine, mission, 1)
    with Scripted(well, features=["8BITMIME", "SMTPUTF8", *features.split()]) as server:
        send(engine, mission, server)
        assert states(engine) == ["sent"] * 3
        mails = [command for command in server.commands if command.startswith("MAIL")]
        assert ["SMTPUTF8" in mail and "BODY=8BITMIME" in mail for mail in mails] == [True, True, False]


@BOTH
def test_ordinary_letters_are_ascii_and_need_neither(engine: Engine, mission: str, features: str) -> None:
    queued(engine, mission, 2, size=1000)
    with Scripted(well, features=features) as server:
        send(engine, mission, server)
        assert states(engine) == ["sent", "sent"]
        assert all(message.isascii() for message in server.messages)


@pytest.fixture
def certified(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's certificate for 127.0.0.1, and a client that trusts it."""
    certify(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return server, ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))


@BOTH
@pytest.mark.parametrize(
    ("host", "trusted", "state"),
    [("127.0.0.1", True, "sent"), ("localhost", True, "queued"), ("127.0.0.1", False, "queued")],
    ids=["right", "another-name", "untrusted"],
)
def test_a_letter_goes_over_tls_to_the_right_server_alone(
    three: Engine, mission: str, certified: tuple, features: str, host: str, state: str, *, trusted: bool
) -> None:
    tls, authority = certified
    with Scripted(well, features=["STARTTLS", *features.split()], tls=tls) as server:
        told = {"security": "starttls", "host": host, "timeout": 5.0, "authority": authority if trusted else None}
        report = send(three, mission, server, **told)
        assert states(three) == [state] * 3
        assert arrived(server) == ({b"1": 1, b"2": 1, b"3": 1} if state == "sent" else {})
        assert ("certificate" in report.fault) is (state != "sent")


def test_a_refused_log_in_stops_everything_and_fails_nobody(three: Engine, mission: str) -> None:
    answers = lambda verb, n: "535 5.7.8 who are you" if verb == "AUTH" else well(verb, n)  # noqa: E731
    with Scripted(answers, features=["AUTH PLAIN"]) as server:
        report = send(three, mission, server, user="press", password="wrong")
        assert "535" in report.fault
        assert states(three) == ["queued"] * 3
        assert server.connections == 1  # not tried again and again: that locks accounts


@pytest.mark.parametrize("greeting", ["554 5.7.1 go away", "421 4.7.0 too many", "stall", "what"])
def test_a_greeting_that_is_none_leaves_all_letters_queued(three: Engine, mission: str, greeting: str) -> None:
    with Scripted(well, greeting="" if greeting == "stall" else greeting) as server:
        report = send(three, mission, server, timeout=0.3)
        assert report.fault or report.unreachable
        assert set(states(three)) <= {"queued", "deferred"}
        assert server.messages == []
