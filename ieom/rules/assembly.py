"""Where the assembly of a delegation stands, in one sentence: who is waited for, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ieom.rules.timeline import Stage, Standing, State

ACCREDITED = frozenset({"issued", "collected", "returned"})
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Person:
    """Someone nominated or appointed, as far as this stage asks."""

    code: str
    status: str
    missing: tuple[str, ...] = ()
    """What a nominee's file lacks; of a member's, what was taken back after it had been complete."""
    conflict: bool = False
    badge: str = ""
    """State of the accreditation; empty when it was not asked for yet."""
    briefed: bool = False


@dataclass(frozen=True)
class Asked:
    """A state asked for observers. `name` is how it stands in a sentence; `due` is UTC."""

    code: str
    name: str
    status: str
    due: datetime


@dataclass(frozen=True)
class Assembly:
    """Everything that the sentence is made from. Moments are UTC."""

    people: Sequence[Person]
    calls: Sequence[Asked]
    head: bool
    authority: str
    """Code of the office that notes on accreditation go to; empty when the mission file names none."""
    accreditation_due: datetime
    opens: datetime
    zone: str
    invited: bool = True
    """Whether the host country's invitation is in the register; states are asked from then on."""


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _count(number: int, one: str) -> str:
    return f"{_number(number)} {one}{'' if number == 1 else 's'}"


def standing(seen: Assembly, *, at: datetime) -> Standing:
    """Where the stage stands at `at` (UTC). It is done when a head is appointed and every member has a badge and was
    briefed, with no nominee left to decide on and no state that may still answer; a state that let its deadline pass
    is told of and waited for no longer. `until` is the next moment at which time alone brings something on."""
    there = ZoneInfo(seen.zone)
    begun = seen.opens <= at  # a nomination not decided on before the polls opened is waited for no longer
    nominees = [] if begun else [one for one in seen.people if one.status == "nominated"]
    members = [one for one in seen.people if one.status == "appointed"]
    open_calls = [call for call in seen.calls if call.status == "asked" and call.due > at]
    silent = [call for call in seen.calls if call.status == "asked" and call.due <= at]
    clauses: list[str] = []
    waits: list[str] = []
    moments: list[datetime] = []

    def wait(clause: str, *whom: str) -> None:
        clauses.append(clause)
        waits.extend(whom)

    if not seen.invited:
        wait("the invitation is not in the register yet", "coordinator")
    conflicted = [one.code for one in (*nominees, *members) if one.conflict]
    if conflicted:
        wait(f"a conflict of interest stands against {', '.join(conflicted)}", "coordinator")
    owing = [one for one in nominees if one.missing]
    if owing:
        verb = "owes" if len(owing) == 1 else "owe"
        wait(f"{_count(len(owing), 'nominee')} still {verb} papers", *(one.code for one in owing))
    lacking = [one.code for one in members if one.missing]
    if lacking:
        whose = "the file" if len(lacking) == 1 else "the files"
        wait(f"{whose} of {', '.join(lacking)}, who {'is a member' if len(lacking) == 1 else 'are members'}, "
             f"{'lacks' if len(lacking) == 1 else 'lack'} what was taken back", *lacking)  # fmt: skip
    ready = [one for one in nominees if not one.missing and not one.conflict]
    if ready:
        verb = "is" if len(ready) == 1 else "are"
        wait(f"{_count(len(ready), 'nominee')} {verb} to be appointed", "coordinator")
    if open_calls:
        due = min(call.due for call in open_calls)
        moments.append(due)
        by = f"(due {due.astimezone(there):%-d %B, %H:%M})"
        if len(open_calls) <= 2:
            verb = "has" if len(open_calls) == 1 else "have"
            who = " and ".join(call.name for call in open_calls)
            wait(f"{who} {verb} not answered {by}")
        elif len(open_calls) == len(seen.calls):
            wait(f"none of the {_count(len(seen.calls), 'state')} asked has answered yet {by}")
        else:
            wait(f"{_number(len(open_calls))} of the {_count(len(seen.calls), 'state')} asked have not answered {by}")
        waits += [f"state-{call.code.lower()}" for call in open_calls]
    if members and not seen.head:
        wait("no head of mission is appointed", "coordinator")
    unasked = [one for one in members if not one.badge and not one.missing]
    if unasked and not seen.authority:
        wait("the mission file names no office of the inviting body to write to for accreditation", "coordinator")
    elif unasked:
        wait(f"accreditation of {_count(len(unasked), 'member')} is still to be asked for")
        moments.append(seen.accreditation_due)
    requested = [one for one in members if one.badge == "requested"]
    if requested:
        which = f"{_count(len(requested), 'badge')} of {_number(len(members))}"
        wait(f"{which} {'is' if len(requested) == 1 else 'are'} still to come", seen.authority or "coordinator")
    refused = [one.code for one in members if one.badge == "refused"]
    if refused:
        wait(f"accreditation was refused to {', '.join(refused)}", "coordinator")
    unbriefed = [one for one in members if not one.briefed]
    if unbriefed:
        verb = "was" if len(unbriefed) == 1 else "were"
        wait(f"{_count(len(unbriefed), 'member')} {verb} not briefed yet", "coordinator")
    until = min((moment for moment in moments if moment > at), default=None)
    if members and not clauses:
        says = f"{_count(len(members), 'member')} appointed, accredited and briefed"
        if silent:
            says += f"; {_all(call.name for call in silent)} did not answer"
        return Standing(Stage.DELEGATION, State.DONE, _sentence([says]), until)
    if silent:
        clauses.append(f"{_all(call.name for call in silent)} did not answer in time")
    if not clauses:
        wait("nobody is nominated yet", "coordinator")
    return Standing(Stage.DELEGATION, State.WAITING, _sentence(clauses), until, tuple(dict.fromkeys(waits)))


def _all(names: Iterable[str]) -> str:
    """'A', 'A and B', 'A, B and C'."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def _sentence(clauses: Sequence[str]) -> str:
    text = "; ".join(clauses)
    return text[0].upper() + text[1:] + "."
