"""Whether a round of approval is open, won, lost or void, from its rule, its seats and what was decided.

A decision is bound to the hash of one text. A deadline never approves anything, save a member state's silence
procedure that was announced with its term; the head of mission always decides expressly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

YES = frozenset({"approve", "approve_with_comment", "no_objection"})
NO = frozenset({"changes"})
ASIDE = frozenset({"abstain", "dissociate", "withdraw"})
"""A member state that abstains, dissociates itself or withdraws leaves the denominator; it approves nothing."""
DECISIONS = YES | NO | ASIDE
BY_PEOPLE = DECISIONS - {"no_objection"}


@dataclass(frozen=True)
class SeatState:
    """One seat with what was decided on it, or was recorded for it by telephone or on paper: `counts` is false as long as
    nobody has confirmed that, and for a decision that the approver contradicted."""

    position: int
    who: str
    capacity: str
    decision: str | None = None
    counts: bool = True
    asked: bool = False
    deputies: tuple[str, ...] = ()
    silence_until: datetime | None = None
    agreed: bool = False
    """Whether the text carries this state's dissociation, by a footnote or an omission."""
    by: str = ""
    """Who decided on it: its holder or a deputy."""
    disowned: bool = False
    """Whether they said in this round that what was recorded is not their decision: their silence says nothing more."""

    @property
    def dissociated(self) -> bool:
        """Whether the state dissociates itself from a paragraph, by a decision that counts."""
        return self.decided == "dissociate"

    @property
    def decided(self) -> str | None:
        """The decision that counts, or None."""
        return self.decision if self.counts else None


Outcome = Literal["open", "approved", "changes_asked"]


def outcome(seats: Sequence[SeatState], *, quorum: int | str, authors: Collection[str]) -> Outcome:
    """What a round has come to. All who have not set themselves aside must approve, or a quorum of them with the head
    of mission among them; one who asks for changes ends it, and so does a state that dissociates itself while the
    text does not say so. The authors alone never suffice."""
    if any(seat.decided in NO or (seat.dissociated and not seat.agreed) for seat in seats):
        return "changes_asked"
    standing = [seat for seat in seats if seat.decided not in ASIDE]
    yes = [seat for seat in standing if seat.decided in YES]
    heads = [seat for seat in seats if seat.capacity == "head_of_mission"]
    if any(head.decided not in YES for head in heads):
        return "open"
    needed = len(standing) if quorum == "all" else min(int(quorum), len(standing))
    if len(yes) < needed or not yes:
        return "open"
    if all((seat.by or seat.who) in authors for seat in yes):
        return "open"
    return "approved"


def to_ask(seats: Sequence[SeatState], *, order: str) -> list[SeatState]:
    """Who is to be asked now and was not: everybody, or in order the first who has not decided."""
    if order == "side_by_side":
        return [seat for seat in seats if not seat.asked and seat.decided is None]
    first = next((seat for seat in sorted(seats, key=lambda s: s.position) if seat.decided is None), None)
    return [first] if first is not None and not first.asked else []


def silent(seats: Sequence[SeatState], now: datetime, *, announced: Collection[str]) -> list[SeatState]:
    """Member states whose term has passed without an objection: recorded as 'no objection'. `announced` are those whom
    the request, with the term in it, had reached before; nobody's silence speaks who was not asked. An objection by any
    seat breaks the silence for all."""
    if any(seat.decision in NO for seat in seats):
        return []
    return [
        seat
        for seat in seats
        if seat.capacity == "member_state"
        and seat.asked
        and seat.who in announced
        and seat.decision is None
        and not seat.disowned
        and seat.silence_until is not None
        and seat.silence_until <= now
    ]


def may_decide(
    seat: SeatState, by: str, decision: str, *, comment: str, paragraph: str = "", paragraphs: Collection[str] = ()
) -> str | None:
    """Why a person can't make this decision on this seat; None when they can. `paragraphs` are the keys of the text
    asked about; a state that dissociates itself names one of them, or one left out of it as agreed."""
    if by != seat.who and by not in seat.deputies:
        return f"this seat is {seat.who}'s" + (f", or {', '.join(seat.deputies)}'s as deputy" if seat.deputies else "")
    if decision not in BY_PEOPLE:
        return f"'{decision}' is no decision; they are {', '.join(sorted(BY_PEOPLE))}"
    if decision in ASIDE and seat.capacity != "member_state":
        return f"only a member state may {decision}; the {seat.capacity.replace('_', ' ')} approves or asks for changes"
    if decision in {"approve_with_comment", "changes"} and not comment.strip():
        return f"'{decision.replace('_', ' ')}' needs words: what is the comment?"
    if decision == "dissociate" and paragraph not in paragraphs:
        return f"from which paragraph? There is no '{paragraph}'; there are {', '.join(paragraphs)}"
    if decision != "dissociate" and paragraph:
        return "only a state that dissociates itself names a paragraph"
    if not seat.asked:
        return "it is not this seat's turn yet"
    return None


def carries(content: Mapping[str, Any], paragraph: str, state: str) -> bool:
    """Whether a text says that a state (its running name) dissociates itself from a paragraph, or leaves it out."""
    found = next((one for one in content["paragraphs"] if one["key"] == paragraph), None)
    if found is None:
        return paragraph in content.get("removed", [])
    return any(state.casefold() in note.casefold() for note in found.get("footnotes", []))


@dataclass(frozen=True)
class Cast:
    """A decision as the records have it, to be compared with the chain of acts."""

    who: str
    decision: str
    hashes: Mapping[str, str]
    recorded: bool = False
    """By telephone or on paper, so that a second person must have confirmed it."""
    channel: str = ""
    """How it was given, by the records: what was recorded for somebody must not pass for their own."""


def unheard_of(
    acts: Iterable[tuple[str, Mapping[str, Any]]],
    number: int,
    hashes: Mapping[str, str],
    cast: Sequence[Cast],
    *,
    rule: str = "",
) -> list[str]:
    """What the chain of acts (the name of each and what it holds, oldest first) does not say of a round that the records
    call approved on these hashes; empty when it says all of it. The round's status and its decisions are rows that
    whoever opens the database may write; the chain is what such a hand would have to forge as well. `rule` is the hash
    of the round's rule and seats as the records have them."""
    opened: dict[str, str] = {}
    began_by = rule
    texts: dict[str, str] = {}
    ended, heard, confirmed, channels = "", {}, set(), dict[str, str]()
    for name, what in acts:
        if what.get("number" if name in {"RoundOpened", "RoundEnded"} else "round") != number:
            continue
        if name == "RoundOpened":
            opened = texts = dict(what["hashes"])
            began_by = what.get("rule", rule)  # rounds of the first edition hold none
        elif name == "RoundEnded":
            ended = what["status"]
        elif name in {"StatementDecided", "DecisionRecorded"}:  # to the sixth schema what was recorded was the former
            heard[what["who"]] = (what["decision"], dict(what["hashes"]))
            channels[what["who"]] = what.get("channel", "")
            confirmed.discard(what["who"])
        elif name == "DecisionConfirmed":
            confirmed.add(what["who"])
        elif name in {"RecordTakenBack", "DecisionContradicted"}:
            heard.pop(what["who"], None)
        elif name == "EditorialCorrectionMade":
            texts = {
                language: what["new_hash"] if digest == what["old_hash"] else digest
                for language, digest in texts.items()
            }
    wrong = []
    if ended != "approved":
        wrong.append(f"no act ended round {number} as approved")
    if texts != dict(hashes):
        wrong.append(f"round {number} was opened on another text")
    if began_by != rule:
        wrong.append(f"round {number} was opened under another rule, or with other seats")
    for one in cast:
        if heard.get(one.who) != (one.decision, opened) or dict(one.hashes) != opened:
            wrong.append(f"no act is the decision of {one.who}, '{one.decision.replace('_', ' ')}', on that text")
        elif one.channel and one.channel != channels[one.who]:
            wrong.append(f"by its act the decision of {one.who} was given in another way than the records say")
        elif one.recorded and one.who not in confirmed:
            wrong.append(f"no act confirms the decision recorded for {one.who}")
    return wrong


def rule_digest(rule: Mapping[str, Any], seats: Sequence[Sequence[Any]]) -> str:
    """SHA-256 of a round's rule and of its seats (position, who, capacity, state, deputies)."""
    told = json.dumps([rule, [list(seat) for seat in seats]], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()


def same_hashes(mine: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Whether two sets of authentic languages have the same texts."""
    return dict(mine) == dict(theirs)
