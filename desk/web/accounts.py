"""Accounts: who may enter and with which roles; made, given roles, let in anew, closed by an administrator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Form, Path, Query, Request, Response
from sqlalchemy.orm import Session

from desk import openid, telling
from desk.chronicle import sentence
from desk.web.asking import Asked as Asker
from desk.web.asking import Desk, router
from desk.web.files import excel, local, matches
from ieom.acts import accounts as acts
from ieom.acts import acting, sessions
from ieom.acts import audit as audit_acts
from ieom.acts.telling import About
from ieom.errors import NotFound
from ieom.folder.catalogues import _
from ieom.records import accounts, contact_acts, missions, passkeys
from ieom.records.accounts import Account, Grant
from ieom.records.base import begin
from ieom.rules.roles import SAID, USUAL, Role

part = router()
Line = Annotated[str, Form(max_length=300)]
Of = Annotated[str, Form(alias="of", max_length=200)]
Asked = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
MOST = 50
"""Acts on a page of the record."""
ACTS = {
    "AccountMade", "AccountClosed", "RoleGiven", "RoleTaken", "PasswordChosen", "EntryLinkMade", "OwnerTold", "MailTested",
    "PasskeyAdded", "PasskeyRemoved", "OpenIdBound", "OpenIdUnbound",
    "StrayPaperDestroyed", "LetterheadChanged", "LetterheadPutBack", "NamesChanged", "NamesPutBack",
}  # fmt: skip


@part.get("/accounts")
def list_(
    desk: Desk, find: Asked = "", role: Asked = "", mission_: Annotated[str, Query(alias="of", max_length=200)] = ""
) -> Response:
    """Everybody who may enter, or might once; and a form for one more."""
    with desk.look() as (session, _mission, now):
        everybody = accounts.everybody(session)
        busy, others = sessions.how_many(session, at=now), passkeys.owners(session)
        titles = missions.titles(session)
        offered = _offered(session, titles)
    rows = [(one, grants, busy.get(one.id, 0)) for one, grants in _chosen(everybody, find, role, mission_)]
    open_ = [one for one, _grants in everybody if one.closed_at is None]
    waiting = {one.id for one in open_ if not one.password and one.id not in busy and one.id not in others}
    sought = urlencode({name: said for name, said in (("find", find), ("role", role), ("of", mission_)) if said})
    return desk.page(
        "accounts.html", zone="UTC", sought=sought, rows=rows, total=len(everybody), may_enter=sum(one.id not in waiting for one in open_),
        waiting={one.id: one.name for one in open_ if one.id in waiting}, find=find, chosen=role, of=mission_, titles=titles,
        roles=_roles(), places=_places(titles), offered=offered, now=now,
    )  # fmt: skip


@part.get("/accounts.xlsx")
def to_excel(
    desk: Desk, find: Asked = "", role: Asked = "", mission_: Annotated[str, Query(alias="of", max_length=200)] = ""
) -> Response:
    """The same accounts in Excel: who, with which roles; nothing by which anybody enters. Times are UTC."""
    with desk.look() as (session, _mission, _now):
        chosen, titles = _chosen(accounts.everybody(session), find, role, mission_), missions.titles(session)
        rows = [
            (
                one.name, one.email, "; ".join(_granted(grant, titles) for grant in grants), local(one.made_at, "UTC"),
                local(one.closed_at, "UTC"),
            )
            for one, grants in chosen
        ]  # fmt: skip
    header = [_("Who"), _("E-mail address"), _("Roles"), _("Made (UTC)"), _("Closed (UTC)")]
    return excel(_("Accounts"), header, rows, "accounts")


def _granted(grant: Grant, titles: Mapping[str, str]) -> str:
    """A role with whose it is and where."""
    said = _(SAID[Role(grant.role)]) + (f" ({grant.code})" if grant.code else "")
    return f"{said}, {titles.get(grant.mission, grant.mission) or _('all missions')}"


def _chosen(
    everybody: Sequence[tuple[Account, Sequence[Grant]]], find: str, role: str, mission: str
) -> list[tuple[Account, Sequence[Grant]]]:
    """Accounts with these words in a name or an address, with that role, in that mission; all where none is named."""
    return [
        (account, grants)
        for account, grants in everybody
        if matches(find, account.name, account.email)
        and (not role or any(one.role == role for one in grants))
        and (not mission or any(one.mission in {"", mission} for one in grants))
    ]


@part.post("/accounts")
def make(
    desk: Desk, request: Request, name: Line, email: Line, role: Line = "", mission_: Of = "",
    code: Line = "",
) -> Response:  # fmt: skip
    """Make an account, with a role where one is named; its one-time link is shown now and never again."""
    with begin(desk.engine) as session:
        desk.still(session)
        at = missions.real_now()
        account = acts.make(session, by=desk.as_account, at=at, name=name, email=email)
        if role:
            _give(desk, session, account.id, role, mission_, code)
        token = acts.entry_link(session, by=desk.as_account, account=account.id, at=at)
    return _link_page(desk, request, account, token, at)


@part.get("/accounts/log")
def log(desk: Desk, find: Asked = "", page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Response:
    """Who did what to the accounts, and whether that chain is whole."""
    with desk.look() as (session, _mission, _now):
        known = {f"desk-{account.id}": account.name for account, _grants in accounts.everybody(session)}
        links = [one for one in contact_acts.links(session) if one.act in ACTS][::-1]
        titles = missions.titles(session)
        wrong = audit_acts.contact_faults(session)
    told = [
        (one.at, known.get(one.by, one.by), sentence(replace(one, what=_told(one.what, known, titles)), known))
        for one in links
    ]
    return desk.page("accounts_log.html", zone="UTC", wrong=wrong, **found_of(told, find, page))


def found_of(told: Sequence[tuple[Any, ...]], find: str, page: int) -> dict[str, Any]:
    """A page of what was done in which these words stand, in its sentence or in who did it."""
    found = [one for one in told if matches(find, *one[1:3])]
    query = urlencode({"find": find}) + "&" if find else ""
    return {
        "rows": found[(page - 1) * MOST : page * MOST], "total": len(found), "all": len(told), "find": find, "page": page, "most": MOST,
        "query": query,
    }  # fmt: skip


def _told(what: Mapping[str, Any], known: Mapping[str, str], titles: Mapping[str, str]) -> dict[str, Any]:
    """An act's facts with the person's name and the role's in their place."""
    number, role = what.get("account"), what.get("role")
    return {
        **what, "account": known.get(f"desk-{number}", str(number)),
        "mission": _("in {mission}").format(mission=titles.get(what["mission"], what["mission"])) if what.get("mission") else _("in all missions"),
        "role": _(SAID[Role(role)]) if role in set(Role) else "", "code": _("as {code}").format(code=what["code"]) if what.get("code") else "",
    }  # fmt: skip


@part.get("/accounts/{account}")
def show(desk: Desk, account: Number) -> Response:
    """One account: its roles, its sessions, and what can be done with it."""
    with desk.look() as (session, _mission, now):
        row = _account(session, account)
        grants = accounts.grants(session, account)
        titles = missions.titles(session)
        live = sessions.how_many(session, at=now).get(account, 0)
        keys = passkeys.of(session, account)
        there = {one.issuer: one for one in passkeys.subjects(session, account)}
        offered = _offered(session, titles)
    return desk.page(
        "account.html", zone="UTC", row=row, grants=grants, live=live, titles=titles, roles=_roles(), places=_places(titles), offered=offered, now=now,
        mine=row.id == desk.me.id, keys=keys, openid=openid.name(), bound=there.get(openid.issuer()),
    )  # fmt: skip


@part.post("/accounts/{account}/roles")
def give(desk: Desk, account: Number, role: Line, mission_: Of = "", code: Line = "") -> Response:
    """Give a role."""
    with begin(desk.engine) as session:
        desk.still(session)
        _give(desk, session, account, role, mission_, code)
    return desk.done(f"/accounts/{account}", _("The role is given. It holds from now on."))


@part.post("/accounts/{account}/roles/{grant}/take")
def take(desk: Desk, account: Number, grant: Number) -> Response:
    """Take a role away."""
    with begin(desk.engine) as session:
        desk.still(session)
        acts.take_role(session, by=desk.as_account, at=missions.real_now(), grant=_own(session, account, grant))
    return desk.done("/" if account == desk.me.id else f"/accounts/{account}", _("The role is taken away."))


@part.post("/accounts/{account}/link")
def link(desk: Desk, request: Request, account: Number) -> Response:
    """A new one-time link; the one before it dies."""
    with begin(desk.engine) as session:
        desk.still(session)
        at = missions.real_now()
        token = acts.entry_link(session, by=desk.as_account, account=account, at=at)
        row = _account(session, account)
    return _link_page(desk, request, row, token, at)


@part.post("/accounts/{account}/end")
def end(desk: Desk, account: Number) -> Response:
    """End every session of an account."""
    with begin(desk.engine) as session:
        desk.still(session)
        _account(session, account)
        acts.end_all(session, account=account, at=missions.real_now())
    return desk.done(
        f"/accounts/{account}", _("Every session has ended; entering again needs the password or a passkey.")
    )


@part.post("/accounts/{account}/close")
def close(desk: Desk, account: Number) -> Response:
    """Close an account."""
    with begin(desk.engine) as session:
        desk.still(session)
        acts.close(session, by=desk.as_account, at=missions.real_now(), account=account)
    return desk.done(
        "/accounts", _("The account is closed; nobody enters by it any more. What it did stays in the record.")
    )


def _give(desk: Asker, session: Session, account: int, role: str, mission: str, code: str) -> None:
    code = code.strip() or (USUAL.get(Role(role), "") if role in set(Role) else "")
    acting.known(session, mission, code)
    at = missions.real_now()
    acts.give_role(session, by=desk.as_account, at=at, account=account, role=role, mission=mission, code=code)


def _link_page(desk: Asker, request: Request, account: Account, token: str, at: datetime) -> Response:
    """The link, for the administrator alone to hand on; the account's owner is told by letter that there is one."""
    told = telling.tell(desk.engine, About.LINK, account=account.id, by=desk.as_account, at=at)
    address = f"{request.base_url}enter/link?{urlencode({'t': token})}"
    words = (
        _("Choose your password here; the link can be used once, within {hours} hours:").format(hours=acts.LINK_HOURS)
        + f"\n\n{address}\n"
    )
    letter = f"mailto:{quote(account.email)}?subject={quote(_('Your access to the desk'))}&body={quote(words)}"
    return desk.page(
        "account_link.html", zone="UTC", row=account, address=address, letter=letter, hours=acts.LINK_HOURS, told=told
    )


def _account(session: Session, number: int) -> Account:
    row = session.get(Account, number)
    if row is None:
        raise NotFound("there is no such account; go back to the list")
    return row


def _own(session: Session, account: int, number: int) -> int:
    grant = session.get(Grant, number)
    if grant is None or grant.account != account:
        raise NotFound("this role was taken away already")
    return number


def _roles() -> list[tuple[str, str]]:
    return [(str(role), _(said)) for role, said in SAID.items()]


def _places(titles: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("", _("all missions")), *titles.items()]


def _offered(session: Session, slugs: Iterable[str]) -> list[tuple[str, str]]:
    """Codes that somebody can act as, with whom each means."""
    found: dict[str, str] = {}
    for slug in slugs:
        found = acting.codes(session, slug) | found
    return sorted(found.items())
