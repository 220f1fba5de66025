"""A file of contacts between its preview and the moment it is taken in: kept as it came, for its sender alone, so that
what is taken in is read and checked anew."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts import contacts as acts
from ieom.errors import NotFound
from ieom.folder.contacts import Read, read_raw
from ieom.records import accounts, media
from ieom.rules.addresses import fold
from ieom.rules.contacts import Plan

PLACE = "contacts-file:"


@dataclass(frozen=True)
class Intake:
    """A file, and how it is to be read."""

    file: str
    charset: str = ""
    ignore_unknown: bool = False
    all_addresses: bool = False
    onto: tuple[str, ...] = ()
    only_new: bool = False
    """Whether contacts that are known stay as they are."""


def set_aside(session: Session, *, account: int, at: datetime, intake: Intake, raw: bytes) -> str:
    """Keep a file that can be taken in; one kept before by this account goes. Returns its key. Raises `Faults` with
    everything that is wrong with it."""
    _planned(session, intake, raw)
    told = json.dumps({**asdict(intake), "raw": base64.b64encode(raw).decode()})
    key = hashlib.sha256(told.encode()).hexdigest()[:24]
    accounts.forget_texts(session, account, list(accounts.kept(session, account, PLACE)))
    accounts.keep_text(session, account, PLACE + key, told, at=at)
    return key


def previewed(session: Session, *, account: int, key: str, only_new: bool = False) -> tuple[Intake, Read, Plan]:
    """The file kept under this key, what it says, and what taking it in comes to now. Raises `NotFound`."""
    intake, raw = _kept(session, account, key, only_new)
    read, plan = _planned(session, intake, raw)
    return intake, read, plan


def take(
    session: Session, *, by: str, at: datetime, account: int, key: str, expected: str, only_new: bool = False
) -> Plan:
    """Take the file in, as its preview (`expected`, the plan's digest) said; it is kept no longer. Raises `Conflict` when
    the contacts have changed since."""
    intake, raw = _kept(session, account, key, only_new)
    read, _plan = _planned(session, intake, raw)
    plan = acts.take_in(session, by=by, at=at, given=read.given, onto=intake.onto, expected=expected)
    drop(session, account=account, key=key)
    return plan


def drop(session: Session, *, account: int, key: str) -> None:
    """Keep the file no longer."""
    accounts.forget_texts(session, account, [PLACE + key])


def _kept(session: Session, account: int, key: str, only_new: bool) -> tuple[Intake, bytes]:
    try:
        told = json.loads(accounts.kept_text(session, account, PLACE + key))
        raw = base64.b64decode(told.pop("raw"), validate=True)
        return Intake(**{**told, "onto": tuple(told["onto"]), "only_new": only_new}), raw
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotFound(
            "this file is not kept any more: it was taken in, or another was chosen since; choose it again"
        ) from None


def _planned(session: Session, intake: Intake, raw: bytes) -> tuple[Read, Plan]:
    read = read_raw(
        intake.file,
        raw,
        charset=intake.charset,
        ignore_unknown=intake.ignore_unknown,
        all_addresses=intake.all_addresses,
    )
    if intake.only_new:
        read = _new(session, read)
    return read, acts.preview(session, read, file=intake.file, onto=intake.onto)


def _new(session: Session, read: Read) -> Read:
    """Of what a file says, that of addresses which are no contact yet."""
    known = media.known(session)
    new = [one for one in read.given if fold(one.email) not in known]
    left = len(read.given) - len(new)
    says = f"left as they are: {left} row{'s' * (left != 1)} of contacts known already, which are every mission's"
    return replace(read, given=new, notes=[*read.notes, *([says] if left else [])])
