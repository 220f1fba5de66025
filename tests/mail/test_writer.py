"""One thread writes for all connections, and commits what has queued up together."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from ieom.mail.writer import Writer
from ieom.records.base import reading
from ieom.records.letters import LetterPart


def part(name: str):
    def change(session: Session) -> str:
        session.add(LetterPart(sha256=name, content=b"x"))
        session.flush()
        return name

    return change


def stored(engine: Engine) -> set[str]:
    with reading(engine) as session:
        return set(session.scalars(select(LetterPart.sha256)))


def test_what_has_queued_up_is_committed_together(either: Engine) -> None:
    commits: list[object] = []
    event.listen(either, "commit", commits.append)
    open_, gate = threading.Event(), threading.Event()
    writer = Writer(either)

    def slow(session: Session) -> None:
        open_.set()
        gate.wait(10)

    writer.submit(slow)
    assert open_.wait(10)
    waiting = [writer.submit(part(f"{n:03}")) for n in range(200)]
    gate.set()
    assert [one.wait() for one in waiting] == [f"{n:03}" for n in range(200)]
    writer.close()
    assert len(commits) <= 3
    assert len(stored(either)) == 200


def test_a_change_that_can_not_be_written_takes_no_other_with_it(either: Engine) -> None:
    open_, gate = threading.Event(), threading.Event()
    writer = Writer(either)

    def slow(session: Session) -> None:
        open_.set()
        gate.wait(10)

    def wrong(session: Session) -> None:
        raise ValueError("no such letter")

    writer.submit(slow)
    assert open_.wait(10)
    good, bad, last = writer.submit(part("a")), writer.submit(wrong), writer.submit(part("b"))
    gate.set()
    assert (good.wait(), last.wait()) == ("a", "b")
    with pytest.raises(ValueError, match="no such letter"):
        bad.wait()
    writer.close()
    assert stored(either) == {"a", "b"}
