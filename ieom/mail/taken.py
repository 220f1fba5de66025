"""Letters that wait although the server said that it took them: by an answer that came after a person had them sent
again, or by a hand in the database. They wait for a person, whose word goes before the server's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from ieom.mail.answers import What
from ieom.records.audit import AuditRow
from ieom.records.letters import Letter, LetterAttempt

AGAIN = ("LetterSettled", "LateLettersConfirmed", "DoubtSettled")
"""Acts by which letters go (again)."""


WAITS = ("queued", "deferred")


def taken_since(session: Session, mission: str, letters: Sequence[int] | None = None) -> list[int]:
    """The numbers of those letters (of all that wait, when none are given) that the server said it took, at or after the
    newest act in the chain by which they were to go (again). The letter's own row is not asked: a hand that has it wait
    anew writes there what it likes."""
    query = select(LetterAttempt.letter, func.max(LetterAttempt.at)).where(LetterAttempt.outcome == str(What.SENT))
    if letters is None:
        query = query.join(Letter, Letter.id == LetterAttempt.letter)
        query = query.where(Letter.mission == mission, Letter.state.in_(WAITS))
    else:
        query = query.where(LetterAttempt.letter.in_(letters))
    query = query.group_by(LetterAttempt.letter)
    taken = dict(session.execute(query).tuples().all())
    if not taken:  # nearly always
        return []
    let_go = _let_go(session, mission)
    return [letter for letter, at in taken.items() if all(at >= again for again in let_go[letter])]


def _let_go(session: Session, mission: str) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = defaultdict(list)
    acts = select(AuditRow.at, AuditRow.act, AuditRow.what)
    for at, act, what in session.execute(acts.where(AuditRow.mission == mission, AuditRow.act.in_(AGAIN))):
        if act == "LetterSettled":
            letters = [what["letter"]] if what["how"] == "resend" else []
        else:
            letters = what["letters" if act == "LateLettersConfirmed" else "again"]
        for letter in letters:
            found[letter].append(at)
    return found


def doubt_taken(session: Session, mission: str, *, at: datetime) -> int:
    """Put them in doubt. Returns how many."""
    letters = taken_since(session, mission)
    if not letters:
        return 0
    result = session.execute(
        update(Letter)
        .where(Letter.id.in_(letters), Letter.state.in_(WAITS))
        .values(
            state=str(What.IN_DOUBT), lease=None, settled_at=at, answer="an attempt on record says that it was taken"
        )
    )
    return result.rowcount if isinstance(result, CursorResult) else 0
