"""The letters of a release, sealed when it begins: the act of that holds how many they are and one hash over all of them.
A letter that is taken out of the records, put in or changed by hand from then on is found before the next sending run."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.errors import Tampered
from ieom.records import audit, letters, releases
from ieom.records.letters import Letter, LetterAttempt, LetterPart
from ieom.records.releases import Release
from ieom.records.suppressions import Suppression

TRIED = ("sent", "in_doubt", "refused", "bounced")
"""States that no letter comes to without an attempt, which stands on record beside it."""
AT_A_TIME = 200


@dataclass(frozen=True)
class LettersUnlike:
    """The letters of a release were found to be others than those that were queued; it was stopped."""

    number: int


@dataclass(frozen=True)
class Seal:
    """How many letters there were, the highest of their numbers, and the SHA-256 over all of them by number: address,
    sender, Message-ID and words of each."""

    letters: int
    last: int
    digest: str


def seal(session: Session, release: int, *, last: int | None = None, but_not: Collection[int] = ()) -> Seal:
    """The seal of a release's letters (its id): of all, or of those up to the number `last`; and of those beyond it that no
    act put in (`but_not` names what acts put in). A few hundred are in memory at a time."""
    of_it = (
        select(
            Letter.id, Letter.kind, Letter.recipient, Letter.envelope_from, Letter.message_id, Letter.tail, Letter.head
        )
        .where(Letter.release == release)
        .order_by(Letter.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    hashed, count, highest = hashlib.sha256(), 0, 0
    for number, *rest, head in session.execute(of_it):
        if last is not None and number > last and number in but_not:
            continue
        line = "\t".join(map(str, (number, *rest, _hash(head))))
        hashed.update(line.encode() + b"\n")
        count, highest = count + 1, number
    return Seal(count, highest, hashed.hexdigest())


def unlike(session: Session, row: Release) -> list[str]:
    """What of a release's letters is not as its acts have it; empty when all is, and before it began. A release that an
    earlier edition began has no seal: of its letters the attempts alone are looked at."""
    if row.started_at is None:
        return []
    wrong = []
    was = _sealed(session, row)
    if was is not None:
        found = seal(session, row.id, last=was.last, but_not=_put_in(session, row.mission))
        if found.letters != was.letters:
            wrong.append(f"{was.letters} letters were queued, and {found.letters} are on record")
        elif found.digest != was.digest:
            wrong.append("a letter was changed after it was queued")
    tails = select(Letter.tail).where(Letter.release == row.id, Letter.tail.is_not(None)).distinct()
    parts = session.execute(select(LetterPart.sha256, LetterPart.content).where(LetterPart.sha256.in_(tails)))
    if any(_hash(content) != name for name, content in parts):
        wrong.append("what letters carry was changed after they were queued")
    tried = select(LetterAttempt.id).where(LetterAttempt.letter == Letter.id).exists()
    never = select(func.count()).where(Letter.release == row.id, Letter.state.in_(TRIED), ~tried)
    if count := session.scalar(never):
        wrong.append(f"{count} {'is' if count == 1 else 'are'} said to have left, and no attempt at it is on record")
    if count := _taken_back_by_nobody(session, row):
        wrong.append(
            f"{count} {'is' if count == 1 else 'are'} said to have been taken back, and nothing on record says why"
        )
    return wrong


def _taken_back_by_nobody(session: Session, row: Release) -> int:
    """Letters that do not go although their reader was never one who is not written to, no correction or withdrawal took their release's place,
    and no act took them back."""
    acts = {one.what["letter"] for one in audit.of_act(session, row.mission, "LetterCancelled")}
    for one in audit.of_act(session, row.mission, "LettersTakenBack"):
        acts |= set(one.what["cancelled"])
    for one in audit.of_act(session, row.mission, "DoubtSettled"):
        acts |= set(one.what.get("cancelled", ()))
    instead = [releases.in_place(one) for one in releases.about(session, row.id)]
    told = select(Suppression.email).where(Suppression.email == Letter.recipient_key)  # lifted since or not
    query = select(Letter.id).where(
        Letter.release == row.id, Letter.state == "cancelled", ~told.exists(), func.coalesce(Letter.answer, "").not_in(instead),
    )  # fmt: skip
    return len(set(session.scalars(query)) - acts)


def _hash(content: bytes | str) -> str:
    """Of what stands there; what a hand writes into SQLite need not be bytes."""
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


def _sealed(session: Session, row: Release) -> Seal | None:
    began = [
        one.what for one in audit.of_act(session, row.mission, "ReleaseStarted") if one.what["number"] == row.number
    ]
    if not began or not began[-1].get("seal"):
        return None
    return Seal(began[-1]["letters"], began[-1]["last"], began[-1]["seal"])


def _put_in(session: Session, mission: str) -> set[int]:
    return {one.what["anew"] for one in audit.of_act(session, mission, "LetterSentAnew")}


def stop_unlike(session: Session, mission: str, *, at: datetime) -> None:
    """Stop every release that goes and whose letters are not as its acts have them."""
    for row in releases.of(session, mission):
        if row.status == "going":
            stop(session, row, at=at)


def stop(session: Session, row: Release, *, at: datetime) -> bool:
    """Stop this release where its letters are not as its acts have them; returns whether it was stopped."""
    wrong = unlike(session, row)
    if wrong:
        row.status, row.held_why = "stopped", f"its letters are not those that were queued: {'; '.join(wrong)}"
        letters.stop(session, row.id)
        audit.append(session, row.mission, by="clock", at=at, act=LettersUnlike(row.number))
    return bool(wrong)


def proved(session: Session, row: Release) -> None:
    """Raises `Tampered` where a release's letters are not as its acts have them."""
    wrong = unlike(session, row)
    if wrong:
        raise Tampered(
            f"the letters of release {row.number} are not those that were queued: {'; '.join(wrong)}. Nothing more leaves: "
            "look at its letters, and bring the records back as they were",
            command="'ieom audit verify' and 'ieom release ledger' show both",
        )


def faults(session: Session, mission: str) -> list[str]:
    """What of the letters of every release that began is not as its acts have it."""
    return [
        f"release {row.number}: {one}" for row in releases.of(session, mission) for one in unlike(session, row)
    ]  # fmt: skip
