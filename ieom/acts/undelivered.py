"""Letters that were refused or came back: sent once more, anew to a corrected address, or seen to in another way. None goes
twice to one address for one occasion, and each is on the list until somebody has seen to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import inviting, publishing
from ieom.acts.answering import office_of, tell
from ieom.acts.rounds import newest_round
from ieom.errors import BadInput, Refused
from ieom.mail.letters import address, queue, readdress
from ieom.mail.writing import readable
from ieom.records import audit, letters, media, members, missions, releases
from ieom.records.letters import FAILED, TO_MEDIA, Letter, LetterSeenTo
from ieom.records.meetings import Meeting
from ieom.records.releases import Release
from ieom.records.suppressions import SAID, standing
from ieom.rules.addresses import fold

_OF_A_ROUND = re.compile(r"(?:approval|code|reminder:approval_waits):(\d+)[:.]")
"""Occasions of letters that ask for a decision in a round."""


@dataclass(frozen=True)
class LetterSentAnew:
    """A letter that was refused or came back goes once more: itself, or `anew` in its place to a corrected address."""

    letter: int
    anew: int


@dataclass(frozen=True)
class LettersSeenTo:
    """Nothing more is to be sent in the place of letters that were refused or came back."""

    letters: list[int]


@dataclass(frozen=True)
class AddressCorrected:
    """The address at which somebody of the mission is written to was corrected; `who` are their codes."""

    who: list[str]


def responsible(row: Letter) -> str:
    """Whose it is to see to a letter that did not arrive, or may not have: an office's code."""
    return "press-officer" if row.release is not None or row.kind in TO_MEDIA else "coordinator"


def anew(
    session: Session, mission: str, *, by: str, at: datetime, letter: int, email: str = "", ref: str | None = None
) -> Letter:
    """Send a letter that was refused or came back once more: to `email`, which is kept as the address of whom it is for,
    or to the same address where none is given. Returns the letter that goes. Raises `Refused` for one that did arrive, was
    seen to, asks for what is not asked any more, or would go to somebody twice."""
    missions.lock(session, mission)
    row = letters.one(session, mission, letter)
    if ref and audit.happened(session, mission, ref):
        return row
    _failed(session, row)
    _still_asked(session, row)
    to = address(email.strip()) if email.strip() else row.recipient
    if fold(to) == fold(row.recipient):
        _may_go(session, row, row.recipient)
        row.state, row.due_at, row.settled_at, row.next_at, row.lease = "queued", at, None, None, None
        row.code, row.answer = None, None
        audit.append(session, mission, by=by, at=at, act=LetterSentAnew(row.id, row.id), ref=ref)
        return row
    _may_go(session, row, to)
    who = [] if row.kind in TO_MEDIA else _corrected(session, mission, row, to, by=by, at=at)
    occasion = f"address-corrected:{row.id}:{fold(to)}"
    tell_of_address(
        session, mission, who, occasion=occasion, office=row.to_office, old=row.recipient, new=to, by=by, at=at
    )
    made = _had(session, row, to) or _written(session, mission, row, to, at=at)
    session.add(LetterSeenTo(letter=row.id, at=at, by=by, anew=made.id, why=""))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=LetterSentAnew(row.id, made.id), ref=ref)
    return made


def see_to(
    session: Session, mission: str, *, by: str, at: datetime, numbers: Sequence[int], why: str, ref: str | None = None
) -> int:
    """Nothing more is sent in the place of the letters of these numbers, for a reason: the reader was told otherwise, or need not be.
    Returns how many."""
    missions.lock(session, mission)
    if ref and audit.happened(session, mission, ref):
        return 0
    why = readable(why.strip(), "the reason")
    if not why or not numbers:
        raise BadInput("say why nothing more is to be sent: how its reader was told instead, or why they need not be")
    for number in sorted(set(numbers)):
        row = letters.one(session, mission, number)
        _failed(session, row)
        session.add(LetterSeenTo(letter=row.id, at=at, by=by, anew=None, why=why[:1000]))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=LettersSeenTo(sorted(set(numbers))), ref=ref)
    return len(set(numbers))


def _failed(session: Session, row: Letter) -> None:
    if row.state not in FAILED:
        raise Refused(f"letter {row.id} is {row.state.replace('_', ' ')}; it was neither refused, nor did it come back")
    if letters.seen_to(session, row.id):
        raise Refused(f"letter {row.id} was seen to already")


def _still_asked(session: Session, row: Letter) -> None:
    """A letter that asks for a decision in a round that has ended asks for nothing any more."""
    found = _OF_A_ROUND.match(row.occasion)
    round_ = newest_round(session, row.mission) if found else None
    if found and (round_ is None or round_.status != "open" or round_.number != int(found[1])):
        raise Refused(
            f"round {found[1]} has ended, and letter {row.id} asks for nothing any more; say that nothing more is to be sent"
        )


def _may_go(session: Session, row: Letter, to: str) -> None:
    """What keeps a release's letter from a reader."""
    gone = standing(session, to) if row.kind in TO_MEDIA else None
    why = SAID.get(gone.why, gone.why) if gone is not None else releases.superseded_why(session, row.release)
    if why:
        raise Refused(f"letter {row.id} can't go again: {why}")
    if row.release is not None and session.get_one(Release, row.release).status in {"stopped", "held"}:
        raise Refused("its release is stopped; it goes on first")


def _had(session: Session, row: Letter, to: str) -> Letter | None:
    """The letter of the same occasion that this address has already."""
    same = (Letter.mission == row.mission, Letter.occasion == row.occasion, Letter.recipient_key == fold(to))
    found = session.scalars(select(Letter).where(*same)).first()
    if found is not None and found.state in FAILED:
        raise Refused(f"letter {found.id} went to that address, and did not arrive either; see to that one")
    return found


def _written(session: Session, mission: str, row: Letter, to: str, *, at: datetime) -> Letter:
    if row.kind.startswith("meeting_"):  # the calendar file names its reader, and says how the meeting stands now
        _, code, _sequence, *member = row.occasion.split(":")
        inviting.invite(session, mission, session.get_one(Meeting, (mission, code)), at=at)
        whose = f"meeting:{code}:%:{member[0]}" if member else f"meeting:{code}:%"
        made = letters.newest_for(session, mission, kind="meeting_invitation", recipient=to, occasion=whose)
        if made is None:
            raise Refused("they are not expected at that meeting any more; say that nothing more is to be sent")
        return made
    if row.kind not in TO_MEDIA:
        return readdress(session, row, to=to, at=at)
    contact = media.by_email(session, to)
    if contact is None or row.release is None:
        raise Refused(f"{to} is not among the media contacts; add it there first, so that its reader can unsubscribe")
    made = publishing.queue_for(session, mission, session.get_one(Release, row.release), contact, at)
    if made is None:
        raise Refused(f"{to} has this release already, or is written to no more")
    return made


def tell_of_address(
    session: Session, mission: str, who: Sequence[str], *, occasion: str, office: str, old: str, new: str, by: str,
    at: datetime, arrived: bool = False,
) -> None:  # fmt: skip
    """By the letters to an approver one decides in their name: where their address is corrected, the head of mission and the
    coordinator are told to which and by whom, save who did it and whose it is. `arrived`: it was
    corrected before a letter failed to arrive there."""
    seats = missions.facts(session, mission).approval.seats
    approvers = {code for seat in seats for code in (seat.who, *seat.deputies)} & set(who)
    head = members.head(session, mission)
    if not approvers:
        return
    facts = {
        "office": office,
        "old": old,
        "new": new,
        "by": office_of(session, mission, by),
        "moment": at,
        "arrived": arrived,
    }
    for code in {"coordinator", *([head.code] if head is not None else [])} - {by, *who}:
        if (reader := tell(session, mission, code)).email:
            queue(session, mission, kind="address_corrected", occasion=occasion, to=reader, facts=facts, at=at)


def _corrected(session: Session, mission: str, row: Letter, to: str, *, by: str, at: datetime) -> list[str]:
    """Whoever is written to at the letter's address is from now on written to at the new one. Who was corrected already
    stays so. Returns whose it is: members' and offices' codes."""
    key, facts = fold(row.recipient), missions.facts(session, mission)
    who = []
    for member in members.of(session, mission):
        if member.email and fold(member.email) == key:
            member.email = to
            who.append(member.code)
    offices = [one for one in facts.offices if one.email and fold(one.email) == key]
    states = [one for one in facts.states if fold(one.contact_email) == key]
    if offices or states:
        changed = facts.model_copy(
            update={
                "offices": tuple(
                    one.model_copy(update={"email": to}) if one in offices else one for one in facts.offices
                ),
                "states": tuple(
                    one.model_copy(update={"contact_email": to}) if one in states else one for one in facts.states
                ),
            }
        )
        why = "letters to the address before did not arrive"
        missions.revise(session, mission, changed, by=by, at=at, kind="address_corrected", reason=why)
        who += [one.code for one in offices] + [f"state-{one.code}" for one in states]
    if who:
        session.flush()
        audit.append(session, mission, by=by, at=at, act=AddressCorrected(sorted(who)))
    return who
