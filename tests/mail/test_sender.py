"""What becomes of letters when the mail server refuses, stalls, drops or lies; on a real socket each time."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scripted import Scripted, well
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from desk.catcher import Catcher
from ieom.acts import letters as letter_acts
from ieom.errors import BadInput, Tampered
from ieom.mail import outbox, sender
from ieom.mail.letters import Attachment, Recipient, message_bytes, queue, queue_many
from ieom.mail.smtp import Account
from ieom.records import audit
from ieom.records.approvals import ApprovalRound
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt
from ieom.records.media import Suppression
from ieom.records.releases import Release
from ieom.settings import Settings

NOW = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)


def account(port: int, **more: object) -> Account:
    return Account("127.0.0.1", port, security="none", timeout=2.0, patience=2.0, **more)


def queued(engine: Engine, mission: str, count: int = 1, *, size: int = 0, release: int | None = None) -> None:
    attachments = [Attachment("paper.pdf", "application/pdf", b"%PDF-" + b"\n.x" * size)] if size else []
    with begin(engine) as session:
        to = [
            (Recipient(f"desk{n}@outlet.example", f"Outlet {n}"), {"title": "News", "text": "Words."})
            for n in range(count)
        ]
        queue_many(
            session, mission, kind="notice", occasion="test", to=to, at=NOW, attachments=attachments, release=release
        )


def going(engine: Engine, mission: str) -> int:
    """A release that is going out."""
    with begin(engine) as session:
        approved = ApprovalRound(
            mission=mission, number=1, hashes={"en": "0" * 64}, rule={}, opened_at=NOW, opened_by="drafter"
        )
        session.add(approved)
        session.flush()
        release = Release(
            mission=mission, number=1, kind="statement", round=approved.id, hashes=approved.hashes, papers={},
            prepared_by="press", prepared_at=NOW, press_conference_at=NOW, status="going", started_at=NOW,
        )  # fmt: skip
        session.add(release)
        session.flush()
        return release.id


def send(engine: Engine, mission: str, port: int, *, at: datetime = NOW, connections: int = 1, **more: object):
    return sender.send_due(engine, account(port), mission=mission, now=lambda: at, connections=connections, **more)


def states(engine: Engine) -> Counter[str]:
    with reading(engine) as session:
        return Counter(session.scalars(select(Letter.state)))


def one(engine: Engine) -> Letter:
    with reading(engine) as session:
        row = session.scalars(select(Letter)).one()
        session.expunge(row)
        return row


def saying(**lines: str):
    """All is well but for these verbs; 'dot' is the answer to the message."""
    said = {("." if verb == "dot" else verb): line for verb, line in lines.items()}
    return lambda verb, number: said.get(verb) or well(verb, number)


def test_what_the_server_receives_is_what_was_queued_byte_for_byte(engine: Engine, mission: str) -> None:
    queued(engine, mission, size=5000)
    with Scripted(well) as server:
        report = send(engine, mission, server.port)
    with reading(engine) as session:
        letter = session.scalars(select(Letter)).one()
        assert server.messages == [message_bytes(session, letter)]
        assert letter.state == "sent"
    assert report.outcomes == Counter(sent=1)


@pytest.mark.parametrize(
    ("lines", "state", "suppressed"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, "refused", True),
        ({"RCPT": "550 5.2.2 mailbox full"}, "refused", False),
        ({"dot": "554 5.6.0 no"}, "refused", False),
        ({"RCPT": "450 4.2.0 greylisted"}, "deferred", False),
        ({"RCPT": "452 4.3.1 too much"}, "deferred", False),
        ({"dot": "451 4.3.0 later"}, "deferred", False),
        ({"MAIL": "421 4.7.0 busy"}, "deferred", False),
        ({"RCPT": "drop"}, "queued", False),
        ({"DATA": "stall"}, "queued", False),
        ({"dot": "drop"}, "in_doubt", False),
        ({"dot": "stall"}, "in_doubt", False),
    ],
)
def test_an_answer_decides_the_state(
    engine: Engine, mission: str, lines: dict[str, str], state: str, *, suppressed: bool
) -> None:
    queued(engine, mission)
    with Scripted(saying(**lines)) as server:
        send(engine, mission, server.port)
    assert one(engine).state == state
    with reading(engine) as session:
        assert (session.get(Suppression, "desk0@outlet.example") is not None) is suppressed
        assert session.scalars(select(LetterAttempt)).one() is not None


def test_a_connection_lost_in_the_middle_of_a_message_leaves_it_queued(engine: Engine, mission: str) -> None:
    queued(engine, mission, size=2_000_000)  # more than the sockets' buffers take, so that the loss is seen
    with Scripted(saying(body="drop")) as server:
        send(engine, mission, server.port)
    assert one(engine).state == "queued"


@pytest.mark.parametrize("line", ["535 5.7.8 who are you", "530 5.7.0 log in first", "550 5.7.1 not from you"])
def test_a_refused_sender_stops_everything_and_fails_nobody(engine: Engine, mission: str, line: str) -> None:
    queued(engine, mission, 5)
    with Scripted(saying(MAIL=line)) as server:
        report = send(engine, mission, server.port)
    assert report.fault
    assert states(engine) == Counter(queued=5)


def test_a_release_refused_by_policy_pauses_and_fails_nobody(engine: Engine, mission: str) -> None:
    release = going(engine, mission)
    queued(engine, mission, 5, release=release)
    with Scripted(saying(dot="550 5.7.1 looks like spam")) as server:
        report = send(engine, mission, server.port)
        assert "5.7.1" in report.fault
        assert states(engine) == Counter(queued=5)
        send(engine, mission, server.port, at=NOW + timedelta(hours=1))
        assert len(server.messages) == 1  # nothing goes until a person has looked
    with reading(engine) as session:
        held = session.get_one(Release, release)
        assert (held.status, "5.7.1" in held.held_why) == ("held", True)
        last = audit.head(session, mission)
        assert last is not None
        assert last.act == "SendingFaulted"


def test_one_reader_s_policy_refuses_that_letter_alone(engine: Engine, mission: str) -> None:
    queued(engine, mission, 5)
    answer = lambda verb, n: "550 5.7.1 not here" if verb == "." and n == 1 else well(verb, n)  # noqa: E731
    with Scripted(answer) as server:
        report = send(engine, mission, server.port)
    assert not report.fault
    assert states(engine) == Counter(refused=1, sent=4)


def test_a_greylisted_letter_goes_later_and_once(engine: Engine, mission: str) -> None:
    queued(engine, mission)
    with Scripted(lambda verb, n: "450 4.2.0 later" if verb == "RCPT" and n == 1 else well(verb, n)) as server:
        send(engine, mission, server.port)
        waits = one(engine).next_at
        assert waits is not None
        assert timedelta(minutes=5) <= waits - NOW <= timedelta(minutes=6)
        send(engine, mission, server.port, at=waits - timedelta(seconds=1))
        assert states(engine) == Counter(deferred=1)
        send(engine, mission, server.port, at=waits)
        send(engine, mission, server.port, at=waits + timedelta(hours=1))
        assert len(server.messages) == 1
    assert states(engine) == Counter(sent=1)


def test_a_temporary_refusal_becomes_permanent_after_two_days(engine: Engine, mission: str) -> None:
    queued(engine, mission)
    with Scripted(saying(RCPT="450 4.2.0 later")) as server:
        at = NOW
        for _ in range(200):
            send(engine, mission, server.port, at=at)
            row = one(engine)
            if row.state != "deferred":
                break
            at = row.next_at
    assert row.state == "refused"
    assert timedelta(hours=48) < at - NOW < timedelta(hours=50)


def test_a_letter_in_doubt_is_not_sent_again_by_itself(engine: Engine, mission: str) -> None:
    queued(engine, mission)
    with Scripted(saying(dot="drop")) as server:
        send(engine, mission, server.port)
    with Scripted(well) as server:
        send(engine, mission, server.port, at=NOW + timedelta(days=1))
        assert server.messages == []
    assert states(engine) == Counter(in_doubt=1)


def test_a_server_that_is_not_there_leaves_letters_queued(engine: Engine, mission: str) -> None:
    queued(engine, mission, 3)
    with Scripted(well) as server:
        pass
    report = send(engine, mission, server.port)
    assert report.unreachable
    assert states(engine) == Counter(queued=3)


def test_without_starttls_nothing_is_sent(engine: Engine, mission: str) -> None:
    queued(engine, mission)
    with Scripted(well) as server:
        strict = Account("127.0.0.1", server.port, security="starttls", timeout=2.0)
        report = sender.send_due(engine, strict, mission=mission, now=lambda: NOW)
        assert server.messages == []
    assert "STARTTLS" in report.fault
    assert states(engine) == Counter(queued=1)


def test_no_account_without_tls_but_on_this_machine(own_state: Settings) -> None:
    for host, fine in (("mail.example.org", False), ("127.0.0.1", True)):
        wanted = Settings(smtp_host=host, smtp_security="none", state_dir=own_state.state_dir)
        if fine:
            assert Account.of(wanted).security == "none"
        else:
            with pytest.raises(BadInput, match="this machine alone"):
                Account.of(wanted)


def test_stopping_halts_within_one_letter_a_connection(engine: Engine, mission: str) -> None:
    queued(engine, mission, 40)
    with Scripted(well) as server:
        send(engine, mission, server.port, connections=4, stop=lambda: len(server.messages) >= 5)
        assert len(server.messages) <= 5 + 4
        went = len(server.messages)
    assert states(engine) == Counter(sent=went, queued=40 - went)


def test_several_connections_send_each_letter_once(engine: Engine, mission: str) -> None:
    queued(engine, mission, 100, size=100)
    with Scripted(well) as server:
        report = send(engine, mission, server.port, connections=8)
        assert len(set(server.messages)) == len(server.messages) == 100
    assert report.outcomes == Counter(sent=100)


def test_two_senders_at_once_send_nothing_twice(either: Engine, tmp_path: Path) -> None:
    from conftest import open_example

    mission = open_example(either)
    queued(either, mission, 60)
    with Catcher(tmp_path / "mail") as server:
        children = []
        for _ in range(2):
            child = os.fork()
            if child == 0:
                either.dispose(close=False)
                sender.send_due(either, account(server.port), mission=mission, now=lambda: NOW, connections=3)
                os._exit(0)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 60
    assert states(either) == Counter(sent=60)


def test_a_killed_sender_loses_nothing_and_doubts_no_more_than_its_connections(
    engine: Engine, mission: str, tmp_path: Path
) -> None:
    queued(engine, mission, 150)
    with Catcher(tmp_path / "mail") as server:
        child = os.fork()
        if child == 0:
            engine.dispose(close=False)
            sender.send_due(engine, account(server.port), mission=mission, now=lambda: NOW, connections=4)
            os._exit(0)
        while len(list((tmp_path / "mail").glob("*.eml"))) < 20:
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sender.send_due(engine, account(server.port), mission=mission, now=lambda: NOW, connections=4)
        doubtful = states(engine)["in_doubt"]
        assert doubtful <= 4
        arrived = Counter(path.name.partition("-")[2] for path in (tmp_path / "mail").glob("*.eml"))
        assert max(arrived.values()) == 1
        assert states(engine)["sent"] + doubtful == 150


def test_an_address_with_a_line_break_is_named_and_changes_nothing(engine: Engine, mission: str) -> None:
    with begin(engine) as session, pytest.raises(BadInput, match="line break"):
        queue(
            session, mission, kind="notice", occasion="x", to=Recipient("a@b.example\r\nBcc: all@b.example", "A"),
            facts={"title": "t", "text": "t"}, at=NOW,
        )  # fmt: skip
    assert states(engine) == Counter()


def test_a_template_that_uses_a_missing_fact_is_named(engine: Engine, mission: str) -> None:
    with begin(engine) as session, pytest.raises(BadInput, match=r"templates/letters/notice/en.*'text'"):
        queue(
            session,
            mission,
            kind="notice",
            occasion="x",
            to=Recipient("a@b.example", "A"),
            facts={"title": "t"},
            at=NOW,
        )


def test_one_occasion_gives_one_letter_with_one_message_id(engine: Engine, mission: str) -> None:
    for _ in range(3):
        queued(engine, mission, 2)
    with reading(engine) as session:
        assert len(set(session.scalars(select(Letter.message_id)))) == len(session.scalars(select(Letter)).all()) == 2


def test_a_letter_long_past_its_time_waits_for_a_person(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        late = queue(
            session, mission, kind="notice", occasion="x", to=Recipient("a@b.example", "A"), facts={"title": "t", "text": "t"},
            at=NOW, due_at=NOW - timedelta(hours=7),
        )  # fmt: skip
        assert late is not None
        assert late.state == "late"
    with Scripted(well) as server:
        send(engine, mission, server.port, at=NOW + timedelta(days=1))
        assert server.messages == []


def test_the_next_moment_is_that_of_the_earliest_letter_that_waits(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        for hours in (3, 1):
            queue(
                session, mission, kind="notice", occasion=f"x{hours}", to=Recipient("a@b.example", "A"),
                facts={"title": "t", "text": "t"}, at=NOW, due_at=NOW + timedelta(hours=hours),
            )  # fmt: skip
    with reading(engine) as session:
        assert outbox.next_at(session, mission, at=NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize("column", ["recipient", "envelope_from", "message_id", "head", "tail"])
def test_the_database_refuses_to_rewrite_a_letter_that_is_queued(either: Engine, column: str) -> None:
    from conftest import open_example

    queued(either, open_example(either), 1)
    with pytest.raises(DBAPIError, match="never rewritten"), begin(either) as session:
        session.execute(text(f"UPDATE letters SET {column} = 'x'"))
    with begin(either) as session:
        session.execute(text("UPDATE letters SET state = 'cancelled'"))


def test_what_is_written_by_users_is_escaped_in_html(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        letter = queue(
            session, mission, kind="notice", occasion="x", to=Recipient("a@b.example", "A"),
            facts={"title": "t", "text": "<script>alert(1)</script>"}, at=NOW,
        )  # fmt: skip
        assert letter is not None
        assert b"<script>" not in letter.head.split(b"text/html")[1].replace(b"=3D", b"=")


def test_a_letter_that_an_attempt_says_was_taken_goes_again_on_a_person_s_word_alone(
    engine: Engine, mission: str, tmp_path: Path
) -> None:
    queued(engine, mission)
    with Catcher(tmp_path / "mail") as catcher:
        send(engine, mission, catcher.port)
        with begin(engine) as session:
            session.execute(text("UPDATE letters SET state = 'queued', settled_at = NULL"))
        assert send(engine, mission, catcher.port).outcomes == {"in_doubt": 1}
        assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
        later = NOW + timedelta(minutes=1)
        with begin(engine) as session:
            letter_acts.settle(session, mission, by="press-officer", at=later, letter=one(engine).id, how="resend")
        assert send(engine, mission, catcher.port, at=later).outcomes == {"sent": 1}


def test_papers_changed_in_the_database_between_the_queue_and_the_wire_do_not_go(
    engine: Engine, mission: str, tmp_path: Path
) -> None:
    queued(engine, mission, size=10)
    with begin(engine) as session:
        session.execute(text("DROP TRIGGER letter_parts_no_update"))
        session.execute(text("UPDATE letter_parts SET content = CAST('x' || content AS BLOB)"))
    with Catcher(tmp_path / "mail") as catcher, pytest.raises(Tampered, match="no longer have their hash"):
        send(engine, mission, catcher.port)
    assert not list((tmp_path / "mail").glob("*.eml"))
