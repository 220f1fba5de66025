"""The organisation's letterhead, as somebody brings it at the desk: Word papers are written on it from then on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.errors import BadInput
from ieom.papers import store, word
from ieom.papers.returned import harmless
from ieom.records import contact_acts
from ieom.settings import settings


@dataclass(frozen=True)
class LetterheadChanged:
    """Word papers are written on another letterhead from now on; its SHA-256."""

    sha256: str


@dataclass(frozen=True)
class LetterheadPutBack:
    """The letterhead that the installation came with is used again; the SHA-256 of the one put aside."""

    sha256: str


def take(session: Session, data: bytes, *, by: str, at: datetime) -> None:
    """Write papers on this letterhead, a .docx, from now on; those that are made already stay as they are. Raises `BadInput`
    for what holds macros, reaches outside, or is no letterhead that a paper can be written on. The file is written whole or
    not at all, before its act is committed: brought again it changes nothing and leaves the act."""
    contact_acts.lock(session)
    harmless(data)
    fitted = word.fitted(data)
    contact_acts.append(session, by=by, at=at, act=LetterheadChanged(store.sha256(fitted)))
    store.write(settings().own_letterhead, fitted)


def put_back(session: Session, *, by: str, at: datetime) -> None:
    """Use the letterhead again that the installation came with. Raises `BadInput` where it is in use."""
    contact_acts.lock(session)
    path = settings().own_letterhead
    if not path.exists():
        raise BadInput("the letterhead that came with the installation is in use")
    contact_acts.append(session, by=by, at=at, act=LetterheadPutBack(store.sha256(path.read_bytes())))
    path.replace(path.with_name(f"{path.name}.aside"))  # kept, should the act not come about
