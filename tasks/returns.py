"""The mailbox of bounces is read: each report once, in a transaction of its own; what is for people stays unread."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field

from prefect import task

from ieom.acts import returns
from ieom.mail import bounces, mailbox
from ieom.mail.mailbox import Incoming, Mailbox
from ieom.records import missions
from ieom.records.base import begin
from ieom.settings import settings
from tasks.stage import RETRY, records

log = logging.getLogger(__name__)


@dataclass
class Returned:
    """What a look into the mailbox found."""

    taken_in: Counter[str] = field(default_factory=Counter)
    """New reports by kind."""
    missions: set[str] = field(default_factory=set)
    """Whose letters they were about."""
    people: list[tuple[str, str]] = field(default_factory=list)
    """Sender and subject of messages that are for people, the first of them."""
    left: int = 0
    """How many messages are for people."""


SHOWN = 200
"""So many of the messages for people are named."""


def read_mailbox(*, all_of_them: bool = False) -> Returned:
    """Read what is new in the mailbox that the settings name; with `all_of_them` also what was left for people before.
    A crash on the way does no harm: a report that is read again changes nothing. Raises `BadInput`, `Unavailable`."""
    found = Returned()
    with mailbox.opened(settings()) as box:
        left: list[str] = []
        for one in box.waiting(all_of_them=all_of_them):
            if _taken_in(one, found):
                box.handled(one.name)
                continue
            left.append(one.name)
            found.left += 1
            if len(left) == mailbox.AT_ONCE:
                _leave(box, left)
        _leave(box, left)
    return found


def _leave(box: Mailbox, left: list[str]) -> None:
    if left:
        box.left(left)
        left.clear()


def _taken_in(one: Incoming, found: Returned) -> bool:
    """Whether the message was a report about letters of ours and is in the records now."""
    read = bounces.read(one.content)
    source = hashlib.sha256(one.content + str(one.size).encode()).hexdigest()
    ours = False
    for report in read.reports if one.report else ():
        with begin(records()) as session:
            letter = returns.about(session, report)
            if letter is None:
                continue
            ours, at = True, missions.now(session, letter.mission)
            if returns.take_in(
                session, letter.mission, by="clock", at=at, letter=letter.id, report=report, source=source
            ):
                found.taken_in[report.kind] += 1
                found.missions.add(letter.mission)
    if not ours and len(found.people) < SHOWN:
        found.people.append((read.sender, read.subject))
    return ours


@task(name="Read bounces", task_run_name="Read bounces", **RETRY)
def read_returns() -> set[str]:
    """Read the mailbox, if there is one; returns the missions whose letters came back or were complained about."""
    if not mailbox.is_set(settings()):
        return set()
    found = read_mailbox()
    if found.left:
        log.info("%s messages in the mailbox of bounces are for people; 'ieom bounces read' lists them", found.left)
    return found.missions
