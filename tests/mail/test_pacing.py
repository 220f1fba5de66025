"""How many letters a recipient's domain, and the server itself, get at a time; and that nobody else waits for that."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from scripted import Scripted, well
from sqlalchemy import Engine, select

from ieom.mail import sender
from ieom.mail.letters import Recipient, queue_many
from ieom.mail.pacing import LONGEST, Waiting
from ieom.mail.settling import Due
from ieom.mail.smtp import Account
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt

NOW = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def due(number: int, domain: str) -> Due:
    return Due(number, "lease", "a@b.example", f"desk{number}@{domain}", b"", None, "release", domain)


def popped(waiting: Waiting) -> list[int]:
    found = []
    while (one := waiting.pop()) is not None:
        found.append(one.id)
    return found


def test_without_a_limit_the_oldest_goes_first() -> None:
    waiting = Waiting(0, Clock())
    waiting.add(due(n, f"{'ab'[n % 2]}.example") for n in range(6))
    assert popped(waiting) == list(range(6))
    assert waiting.pause() is None


def test_a_domain_gets_no_more_a_second_than_the_limit_and_holds_up_no_other() -> None:
    clock = Clock()
    waiting = Waiting(2, clock)
    waiting.add([due(1, "big.example"), due(2, "big.example"), due(3, "big.example"), due(4, "small.example")])
    assert popped(waiting) == [1, 4]
    assert (waiting.busy(), waiting.pause()) == (["big.example"], 0.5)
    clock.now = 0.5
    assert popped(waiting) == [2]
    clock.now = 1.0
    assert popped(waiting) == [3]
    assert (len(waiting), waiting.busy(), waiting.pause()) == (0, [], None)


def test_a_domain_that_says_later_gets_letters_more_slowly_and_comes_back() -> None:
    clock = Clock()
    waiting = Waiting(0, clock)
    pauses = []
    for _ in range(8):
        waiting.later("big.example")
        pauses.append(waiting.domains["big.example"].pause)
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST
    waiting.add([due(1, "big.example"), due(2, "small.example")])
    assert popped(waiting) == [2]
    clock.now = LONGEST
    assert popped(waiting) == [1]
    for _ in range(8):
        waiting.took("big.example")
    assert waiting.domains == {}


def queued(engine: Engine, mission: str, emails: list[str]) -> None:
    to = [(Recipient(email, "Outlet"), {"title": "News", "text": "Words."}) for email in emails]
    with begin(engine) as session:
        queue_many(session, mission, kind="notice", occasion="test", to=to, at=NOW)


def send(engine: Engine, mission: str, server: Scripted, **more: object) -> sender.SendReport:
    account = Account("127.0.0.1", server.port, security="none", timeout=2.0, patience=2.0, rest=0.05)
    return sender.send_due(engine, account, mission=mission, now=lambda: NOW, **more)


def recipients(server: Scripted) -> list[str]:
    return [command.partition("<")[2].rstrip(">") for command in server.commands if command.startswith("RCPT")]


def test_letters_to_a_paced_domain_all_go_after_those_that_need_not_wait(engine: Engine, mission: str) -> None:
    big = [f"desk{n}@big.example" for n in range(4)]
    small = [f"desk{n}@small{n}.example" for n in range(10)]
    queued(engine, mission, big + small)
    with Scripted(well, features="PIPELINING") as server:
        begun = time.monotonic()
        report = send(engine, mission, server, connections=3, domain_rate=5)
        assert time.monotonic() - begun >= 3 / 5
        assert report.outcomes == {"sent": 14}
        assert sorted(recipients(server)) == sorted(big + small)
        assert recipients(server)[-1] in big


def test_a_domain_that_greylists_holds_up_no_other(engine: Engine, mission: str) -> None:
    big = [f"desk{n}@big.example" for n in range(3)]
    small = [f"desk{n}@small{n}.example" for n in range(20)]
    queued(engine, mission, big + small)
    refused: list[int] = []

    def answers(verb: str, number: int) -> str:
        if verb == "RCPT" and "big.example" in server.commands[-1]:
            refused.append(number)
            return "451 4.7.1 greylisted"
        return well(verb, number)

    with Scripted(answers) as server:
        report = send(engine, mission, server, connections=1)
        assert report.outcomes == {"sent": 20, "deferred": 3}
        assert refused[1] == 22  # after all the others


def test_a_server_with_too_many_connections_gets_fewer_and_later_more_again(engine: Engine, mission: str) -> None:
    queued(engine, mission, [f"desk{n}@outlet.example" for n in range(200)])
    seen = {"refused": 0}

    def answers(verb: str, number: int) -> str:
        if verb == "MAIL" and number <= 4 and seen["refused"] < 3:
            seen["refused"] += 1
            return "421 4.7.0 too many connections"
        if verb == ".":
            time.sleep(0.005)
        return well(verb, number)

    with Scripted(answers, features="PIPELINING") as server:
        send(engine, mission, server, connections=4)
        assert server.connections > 4
    with reading(engine) as session:
        by = set(session.scalars(select(LetterAttempt.connection).where(LetterAttempt.outcome == "sent")))
        states = list(session.scalars(select(Letter.state)))
    assert by == {"1/4", "2/4", "3/4", "4/4"}
    assert (states.count("sent"), states.count("deferred")) == (197, 3)


def test_a_server_that_takes_no_more_connections_gets_all_letters_over_the_ones_it_took(
    engine: Engine, mission: str
) -> None:
    queued(engine, mission, [f"desk{n}@outlet.example" for n in range(60)])
    with Scripted(well, features="PIPELINING", most=2) as server:
        report = send(engine, mission, server, connections=5)
        assert report.outcomes == {"sent": 60}
        assert len(server.messages) == len(set(server.messages)) == 60


def test_a_server_that_said_goodbye_while_a_letter_waited_is_called_again(engine: Engine, mission: str) -> None:
    queued(engine, mission, ["desk1@big.example", "desk2@big.example"])
    answers = lambda verb, n: "250 2.0.0 taken\r\n421 4.4.2 idle" if (verb, n) == (".", 1) else well(verb, n)  # noqa: E731
    with Scripted(answers) as server:
        report = send(engine, mission, server, connections=1, domain_rate=10)
        assert report.outcomes == {"sent": 2}
        assert (server.connections, len(server.messages)) == (2, 2)
