"""Marks and taken letters of all connections, written down in one statement for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    String,
    TableValuedAlias,
    and_,
    bindparam,
    column,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from ieom.mail.answers import What
from ieom.records.base import UtcDateTime
from ieom.records.letters import Letter, LetterAttempt, not_suppressed
from ieom.records.missions import Mission
from ieom.records.releases import Release, superseded


class Taken(NamedTuple):
    """A letter that a server took: under which lease, when (UTC), over which connection, with what code and answer."""

    letter: int
    lease: str
    moment: datetime
    connection: str
    code: int | None
    answer: str | None


def mark(session: Session, asked: Sequence[tuple[int, str]]) -> set[int]:
    """Mark the letters (id, lease) that are still ours to send as being transmitted; returns their ids."""
    connection = session.connection()
    if _takes_arrays(session):
        letters, leases = zip(*asked, strict=True)
        return set(connection.execute(_MARK_AT_ONCE, {"letters": list(letters), "leases": list(leases)}).scalars())
    by_lease: dict[str, list[int]] = defaultdict(list)
    for letter, lease in asked:
        by_lease[lease].append(letter)
    told = ({"letters": letters, "ours": lease} for lease, letters in by_lease.items())
    return {letter for one in told for letter in connection.execute(_MARK, one).scalars()}


def take(session: Session, taken: Sequence[Taken]) -> None:
    """Write down that these letters were taken, and the attempt at each. Where the lease is not ours any more the
    attempt alone is."""
    connection = session.connection()
    if _takes_arrays(session):
        arrays = zip(*taken, strict=True)
        connection.execute(_TAKEN_AT_ONCE, {f"{name}s": list(a) for name, a in zip(Taken._fields, arrays, strict=True)})
        return
    connection.execute(
        _ATTEMPT,
        [
            {"letter": one.letter, "at": one.moment, "connection": one.connection, "outcome": str(What.SENT),
             "code": one.code, "answer": one.answer}
            for one in taken
        ],
    )  # fmt: skip
    connection.execute(
        _TAKEN,
        [
            {"mine": one.letter, "ours": one.lease, "code": one.code, "answer": one.answer, "settled_at": one.moment}
            for one in taken
        ],
    )


def _takes_arrays(session: Session) -> bool:
    """Whether the database takes the rows of a statement as arrays. PostgreSQL does; given them one by one it would plan
    and run a statement for each, which is what a commit there would wait for longest."""
    return session.get_bind().dialect.name == "postgresql"


def not_held() -> ColumnElement[bool]:
    """Letters whose mission and release nobody and nothing has stopped, and whose release no correction or withdrawal has
    followed. Their own rows say so, for all letters at once."""
    missions = select(Mission.slug).where(Mission.state.in_(["held", "closed"]))
    releases = select(Release.id).where(Release.status.in_(["stopped", "held"]))
    goes = and_(Letter.release.not_in(releases), Letter.release.not_in(superseded()))
    return and_(Letter.mission.not_in(missions), or_(Letter.release.is_(None), goes))


_MARK = (
    update(Letter.__table__)  # type: ignore[arg-type]
    .where(
        Letter.id.in_(bindparam("letters", expanding=True)), Letter.lease == bindparam("ours"),
        Letter.state.in_(["leased", "transmitting"]), not_held(), not_suppressed(),
    )
    .values(state="transmitting")
    .returning(Letter.id)
)  # fmt: skip
_ATTEMPT = insert(LetterAttempt.__table__)  # type: ignore[arg-type]
_TAKEN = (
    update(Letter.__table__)  # type: ignore[arg-type]
    .where(
        Letter.id == bindparam("mine"), Letter.lease == bindparam("ours"),
        or_(*(Letter.state == state for state in ("leased", "transmitting", "in_doubt"))),
    )
    .values(state=str(What.SENT), lease=None, attempts=Letter.attempts + 1, next_at=None)
)  # fmt: skip
"""As `settle` writes it. The columns that differ are given a letter: code, answer, settled_at."""


def _rows(name: str, **columns: TypeEngine[Any]) -> TableValuedAlias:
    """Rows made of arrays, one for each column; the parameters have the columns' names with an s."""
    arrays = [bindparam(f"{column_}s", type_=ARRAY(type_)) for column_, type_ in columns.items()]
    made = func.unnest(*arrays).table_valued(*(column(column_, type_) for column_, type_ in columns.items()))
    return made.render_derived(name=name)


_ASKED = _rows("asked", letter=Integer(), lease=String())
_MARK_AT_ONCE = (
    update(Letter.__table__)  # type: ignore[arg-type]
    .where(
        Letter.id == _ASKED.c.letter, Letter.lease == _ASKED.c.lease,
        Letter.state.in_(["leased", "transmitting"]), not_held(), not_suppressed(),
    )
    .values(state="transmitting")
    .returning(Letter.id)
)  # fmt: skip
_DONE = _rows(
    "done", letter=Integer(), lease=String(), moment=UtcDateTime(), connection=String(), code=Integer(), answer=String()
)
_TRIED = (
    insert(LetterAttempt.__table__)  # type: ignore[arg-type]
    .from_select(
        ["letter", "at", "connection", "outcome", "code", "answer"],
        select(
            _DONE.c.letter, _DONE.c.moment, _DONE.c.connection, literal(str(What.SENT)), _DONE.c.code, _DONE.c.answer
        ),
    )
    .returning(LetterAttempt.id)
    .cte("tried")
)
_TAKEN_AT_ONCE = (
    update(Letter.__table__)  # type: ignore[arg-type]
    .where(
        Letter.id == _DONE.c.letter, Letter.lease == _DONE.c.lease,
        Letter.state.in_(["leased", "transmitting", "in_doubt"]),
    )
    .values(
        state=str(What.SENT), lease=None, attempts=Letter.attempts + 1, next_at=None,
        code=_DONE.c.code, answer=_DONE.c.answer, settled_at=_DONE.c.moment,
    )
    .add_cte(_TRIED)
)  # fmt: skip
