"""Accounts of the desk: made, given roles, entered with a password, closed. What is done to them is one row in a chain of
the installation's own, like that of the contacts."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ieom.acts import attempts, known_browsers, passwords
from ieom.acts.attempts import ATTEMPTS, TEAM
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.mail.writing import one_line
from ieom.records import accounts, contact_acts, missions, passkeys
from ieom.records.accounts import Account, DeskSession, EntryLink, Grant, digest
from ieom.records.contact_acts import ContactAct
from ieom.rules.addresses import fold
from ieom.rules.roles import Given, Role, collides

LINK_HOURS, IDLE, LONGEST = 72, timedelta(hours=12), timedelta(days=7)
"""How long an entry link can be used; a session lives unused; a session lives at all."""
EVERYWHERE = 12 * ATTEMPTS
"""Wrong passwords for one address from everywhere, before the next has to wait."""
LATER = (
    "enter with a passkey or in a browser that you entered by before, ask an administrator for a link, or try again in a "
    "quarter of an hour"
)
"""What to do after too many wrong ones."""


@dataclass(frozen=True)
class AccountMade:
    """Somebody may enter the desk."""

    account: int


@dataclass(frozen=True)
class AccountClosed:
    """Somebody may not enter any more; every session ended."""

    account: int


@dataclass(frozen=True)
class RoleGiven:
    """A role was given, in a mission or ('') in all."""

    account: int
    role: str
    mission: str
    code: str


@dataclass(frozen=True)
class RoleTaken:
    """A role was taken away."""

    account: int
    role: str
    mission: str
    code: str


@dataclass(frozen=True)
class PasswordChosen:
    """Somebody chose a password, by a one-time link or having entered."""

    account: int


@dataclass(frozen=True)
class EntryLinkMade:
    """An administrator made a one-time link with which somebody chooses a password anew."""

    account: int


def first_link(session: Session, *, at: datetime) -> str | None:
    """A one-time link's token for the first administrator; None when somebody can enter already. An earlier unused one
    dies."""
    if _entered_by_anybody(session):
        return None
    session.execute(
        update(EntryLink).where(EntryLink.account.is_(None), EntryLink.used_at.is_(None)).values(used_at=at)
    )
    return _link(session, None, at)


def entry_link(session: Session, *, by: str, account: int, at: datetime) -> str:
    """A one-time link's token with which somebody chooses a (new) password; earlier ones die. Whoever makes it could use
    it: it stands in the chain."""
    _open(session, account)
    session.execute(
        update(EntryLink).where(EntryLink.account == account, EntryLink.used_at.is_(None)).values(used_at=at)
    )
    contact_acts.append(session, by=by, at=at, act=EntryLinkMade(account))
    return _link(session, account, at)


def _link(session: Session, account: int | None, at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(EntryLink(digest=digest(token), account=account, made_at=at, until=at + timedelta(hours=LINK_HOURS)))
    session.flush()
    return token


def link_of(session: Session, token: str, *, at: datetime) -> EntryLink:
    """The link, if it can still be used; else `NotFound`."""
    row = session.get(EntryLink, digest(token))
    if row is None or row.used_at is not None or row.until <= at:
        raise NotFound("this link was used or has expired; ask an administrator for a new one")
    return row


def use_link(session: Session, *, token: str, password: str, at: datetime, name: str = "", email: str = "") -> Account:
    """Choose a password by a one-time link. The first start's makes the first administrator, with name and address.
    Sessions from before the new password end."""
    row = link_of(session, token, at=at)
    passwords.long_enough(password)
    if row.account is None:
        if _entered_by_anybody(session):
            raise Conflict("there is an administrator already; ask for an account")
        account = make(session, by="first-link", at=at, name=name, email=email)
        _give(session, Given(account.id, "", Role.ADMINISTRATOR), by=f"desk-{account.id}", at=at)
    else:
        account = _open(session, row.account)
        end_all(session, account=account.id, at=at)
    row.used_at = at
    account.password = passwords.hashed(password)
    contact_acts.append(session, by=f"desk-{account.id}", at=at, act=PasswordChosen(account.id))
    return account


def make(session: Session, *, by: str, at: datetime, name: str, email: str) -> Account:
    """An account that nobody can enter until its one-time link was used."""
    name = one_line(" ".join(name.split()), "the name")
    if not name:
        raise BadInput("give the account a name: the person's, or the office's")
    try:
        address = validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise BadInput(
            f"'{email.strip()}' is no e-mail address; write it like coordinator@secretariat.example"
        ) from None
    if accounts.by_key(session, fold(address)) is not None:
        raise Conflict(f"{address} has an account already")
    row = Account(name=name, email=address, key=fold(address), made_at=at)
    session.add(row)
    session.flush()
    contact_acts.append(session, by=by, at=at, act=AccountMade(row.id))
    return row


def close(session: Session, *, by: str, at: datetime, account: int) -> None:
    """Nobody enters by this account any more; its sessions and links end. The last administrator stays."""
    row = _open(session, account)
    if _administrators(session) == {account}:
        raise Refused("this is the only administrator; give another person the role first")
    row.closed_at, row.password = at, ""
    end_all(session, account=account, at=at)
    session.execute(
        update(EntryLink).where(EntryLink.account == account, EntryLink.used_at.is_(None)).values(used_at=at)
    )
    for gone in (
        *accounts.grants(session, account),
        *passkeys.of(session, account),
        *passkeys.subjects(session, account),
    ):
        session.delete(gone)
    contact_acts.append(session, by=by, at=at, act=AccountClosed(account))


def give_role(
    session: Session, *, by: str, at: datetime, account: int, role: str, mission: str = "", code: str = ""
) -> Grant:
    """Give a role, in a mission or in all. Raises `Refused` when one person would act under two codes, or two under one."""
    _open(session, account)
    if role not in set(Role):
        raise BadInput(f"'{role}' is none of the roles: {', '.join(Role)}")
    if mission:
        missions.get(session, mission)
    return _give(session, Given(account, mission, Role(role), code.strip()), by=by, at=at)


def _give(session: Session, new: Given, *, by: str, at: datetime) -> Grant:
    contact_acts.lock(session)
    known = [given(row) for row in session.scalars(select(Grant))]
    why = collides(new, known)
    if why:
        raise Refused(why)
    if any((one.account, one.mission, one.role) == (new.account, new.mission, new.role) for one in known):
        raise Conflict("this person has this role already")
    row = Grant(account=new.account, mission=new.mission, role=new.role, code=new.code)
    session.add(row)
    session.flush()
    act = RoleGiven(new.account, new.role, new.mission, new.code)
    contact_acts.append(session, by=by, at=at, act=act)
    return row


def take_role(session: Session, *, by: str, at: datetime, grant: int) -> None:
    """Take a role away. The last administrator's stays."""
    row = session.get(Grant, grant)
    if row is None:
        raise NotFound("this role was taken away already")
    if row.role == Role.ADMINISTRATOR and not row.mission and _administrators(session) == {row.account}:
        raise Refused("this is the only administrator; give another person the role first")
    session.delete(row)
    act = RoleTaken(row.account, row.role, row.mission, row.code)
    contact_acts.append(session, by=by, at=at, act=act)


def in_chain(session: Session, given: Collection[Given]) -> bool:
    """Whether the chain of acts says of each of these roles that it was given and not taken since: a row that a hand
    wrote into the records lets nobody act."""
    query = select(ContactAct.act, ContactAct.what).where(ContactAct.act.in_(["RoleGiven", "RoleTaken"]))
    stands: dict[tuple[object, ...], bool] = {}
    for act, what in session.execute(query.order_by(ContactAct.seq)):
        stands[what["account"], what["role"], what["mission"], what["code"]] = act == "RoleGiven"
    return all(stands.get((one.account, str(one.role), one.mission, one.code), False) for one in given)


def given(row: Grant) -> Given:
    """A role as the rule sees it."""
    return Given(row.account, row.mission, Role(row.role), row.code)


@dataclass(frozen=True)
class Knock:
    """Somebody who wants to enter: whose account it would be (None: nobody's), the hash that the password is to fit, and how
    the attempt was counted."""

    account: int | None
    kept: str
    counted: tuple[int, ...]

    def fits(self, password: str) -> bool:
        """Whether that is the password. It takes a while, for nobody's as long: call it outside of a transaction, or
        strangers who try passwords keep everybody from writing."""
        return passwords.fits(self.kept, password) and self.account is not None


def knock(session: Session, *, email: str, at: datetime, place: str = "", cookies: Iterable[str] = ()) -> Knock:
    """Somebody is about to show a password. The attempt is counted as one that failed before it is looked at, so that of
    many at once no more are tried than may be: commit. Raises `Refused` after too many wrong ones (`ATTEMPTS` in `WINDOW`).
    `cookies`: of browsers that entered before (`known_browsers`), whose attempts are counted apart."""
    key = fold(email.strip())
    row = accounts.by_key(session, key)
    own = known_browsers.known(row, cookies) if row is not None else ""
    # Few for an address from one place, many for it from everywhere: else whoever knows the head of mission's address
    # could keep them out on the evening that counts.
    everywhere = {f"{key} {place}": ATTEMPTS, key: EVERYWHERE, **({place: TEAM * ATTEMPTS} if place else {})}
    most = {own: ATTEMPTS} if own else everywhere
    attempts.room(session, most, at=at, later=LATER)
    usable = row is not None and row.closed_at is None and bool(row.password)
    return Knock(
        row.id if row is not None and usable else None,
        row.password if row is not None and usable else "",
        attempts.failed(session, most, at=at),
    )


def enter(session: Session, came: Knock, *, at: datetime, browser: str = "") -> tuple[str, DeskSession] | None:
    """Whose password did fit enters: (the cookie's value, the session); None where the account was closed, or its password
    changed, meanwhile."""
    row = session.get(Account, came.account) if came.account is not None else None
    if row is None or row.closed_at is not None or row.password != came.kept:
        return None
    attempts.forgiven(session, came.counted)
    return begin_session(session, account=row.id, at=at, browser=browser)


def guessed(session: Session, *, email: str, at: datetime) -> int | None:
    """The account whose password is being guessed from many places, when its owner is to be told; None for nobody's, and for
    one who was told within a day. Commit, and tell."""
    key = fold(email.strip())
    row = accounts.by_key(session, key)
    if row is None or row.closed_at is not None or not row.password:
        return None
    if attempts.count(session, key, since=at - attempts.WINDOW) < EVERYWHERE:
        return None
    told = f"told {key}"
    if attempts.count(session, told, since=at - timedelta(days=1)):
        return None
    attempts.failed(session, [told], at=at)
    return row.id


def begin_session(session: Session, *, account: int, at: datetime, browser: str = "") -> tuple[str, DeskSession]:
    """A session for somebody who has shown who they are: (the cookie's value, the session)."""
    token = secrets.token_urlsafe(32)
    row = DeskSession(
        digest=digest(token), account=account, csrf=secrets.token_urlsafe(24), begun_at=at, seen_at=at,
        browser=browser[:200],
    )  # fmt: skip
    session.add(row)
    session.flush()
    return token, row


def present(session: Session, token: str, *, at: datetime) -> tuple[Account, DeskSession, list[Given]] | None:
    """Who comes with this cookie, or None when the session ended, was unused for `IDLE`, or is older than `LONGEST`."""
    found = accounts.open_session(session, digest(token))
    if found is None:
        return None
    row, account, grants = found
    if at - row.seen_at > IDLE or at - row.begun_at > LONGEST:
        return None
    return account, row, [given(one) for one in grants]


def seen(session: Session, row_digest: str, *, at: datetime) -> None:
    """A session is in use."""
    session.execute(update(DeskSession).where(DeskSession.digest == row_digest).values(seen_at=at))


def leave(session: Session, row_digest: str, *, at: datetime) -> None:
    """End a session."""
    session.execute(
        update(DeskSession).where(DeskSession.digest == row_digest, DeskSession.ended_at.is_(None)).values(ended_at=at)
    )


def end_all(session: Session, *, account: int, at: datetime) -> None:
    """End every session of an account."""
    session.execute(
        update(DeskSession).where(DeskSession.account == account, DeskSession.ended_at.is_(None)).values(ended_at=at)
    )


def _open(session: Session, account: int) -> Account:
    row = session.get(Account, account)
    if row is None or row.closed_at is not None:
        raise NotFound("there is no such account, or it was closed")
    return row


def _entered_by_anybody(session: Session) -> bool:
    return bool(session.scalar(select(func.count()).where(Account.password != "", Account.closed_at.is_(None))))


def _administrators(session: Session) -> set[int]:
    """Administrators for all missions who can enter: one whose link was never used does not count."""
    query = select(Grant.account).join(Account, Account.id == Grant.account)
    can = (Grant.role == Role.ADMINISTRATOR, Grant.mission == "", Account.password != "", Account.closed_at.is_(None))
    return set(session.scalars(query.where(*can)))
