"""People and media: the press office's contacts, found and paged; one contact, what it received, and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from babel.dates import format_date
from fastapi import Depends, Form, Path, Query, Response
from sqlalchemy.orm import Session

from desk.chronicle import sentence
from desk.media_words import COLUMN
from desk.typed import day
from desk.web.accounts import ACTS, found_of
from desk.web.asking import Asked, Desk, router
from desk.web.pages import country_name, own_name
from ieom.acts import audit as audit_acts
from ieom.acts import contacts as acts
from ieom.acts import media as suppression_acts
from ieom.errors import Conflict, NotFound, Refused
from ieom.folder import contact_words
from ieom.folder.catalogues import N_, _, ngettext, spoken
from ieom.folder.contacts import checked
from ieom.records import contact_acts, letters, media, missions, releases, suppressions
from ieom.rules.contacts import CONSENTS, KINDS, Known, Wanted

part = router()
Line = Annotated[str, Form(max_length=300)]
Why = Annotated[str, Form(max_length=2000)]
Words = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
ADDRESSES = "GET /missions/{mission}/release/{number}/ledger.csv"
"""Who may call this sees whom a mission wrote to, and what became of it."""
MOST = 50
"""Contacts, or acts, on a page."""
CONSENT = {
    "asked": N_("the reader asked for it"), "accredited": N_("accredited with the mission"),
    "public": N_("published for the press"), "contract": N_("a contract says so"),
}  # fmt: skip
STATES = {
    "": N_("Every contact"), "written": N_("That releases may go to"), "suppressed": N_("That nothing goes to"),
    "unknown": N_("Without consent known"), "left": N_("That left"),
}  # fmt: skip


@dataclass(frozen=True)
class Sought:
    """Which contacts are looked for."""

    find: Words = ""
    on: Words = ""
    country: Words = ""
    language: Words = ""
    kind: Words = ""
    state: Words = ""

    @property
    def query(self) -> str:
        """As a part of an address, with an '&' behind; '' for all."""
        told = {name: said for name, said in vars(self).items() if said}
        return f"{urlencode(told)}&" if told else ""

    def chosen(self, known: Mapping[str, Known], gone: Mapping[str, str]) -> list[tuple[str, Known]]:
        """Those meant, each with its folded address."""
        wanted = Wanted(
            (self.on,) if self.on else (), (contact_words.country(self.country),) if self.country else (),
            (self.language,) if self.language else (), (self.kind,) if self.kind else (),
        )  # fmt: skip
        text = self.find.casefold()
        return [
            (key, one)
            for key, one in known.items()
            if self._kept(one, key in gone)
            and wanted.takes(replace(one, left=False))
            and any(text in str(said).casefold() for said in (one.email, one.values["outlet"], one.values["name"]))
        ]

    def _kept(self, one: Known, suppressed: bool) -> bool:
        match self.state:
            case "suppressed":
                return suppressed
            case "left":
                return one.left
            case "written":
                return not one.left and not suppressed
            case "unknown":
                return not one.left and not one.values["consent"]
        return not one.left


Seek = Annotated[Sought, Depends()]


@part.get("/media")
def list_(desk: Desk, sought: Seek, page: Page = 1) -> Response:
    """The contacts, all or those meant; and a form for one more."""
    with desk.look() as (session, _mission, now):
        known, titles = media.known(session), media.lists(session)
        gone, numbers = suppressions.reasons(session), {key: number for number, key in media.keys(session).items()}
    found = sought.chosen(known, gone)
    strangers = sorted((key, _(suppressions.SAID[why])) for key, why in gone.items() if key not in known)
    here = [one for one in known.values() if not one.left]
    return desk.page(
        "media.html", zone="UTC", now=now, sought=sought, titles=titles, total=len(found), page=page, most=MOST,
        rows=[(numbers[key], one, _(suppressions.SAID.get(gone.get(key, ""), ""))) for key, one in found[(page - 1) * MOST : page * MOST]],
        count=len(here), unwritten=sum(key in gone for key, one in known.items() if not one.left),
        without=sum(not one.values["consent"] for one in here), strangers=strangers, **_choices(known, titles),
    )  # fmt: skip


@part.post("/media")
def add(
    desk: Desk, email: Line, outlet: Line, name: Line = "", salutation: Line = "", language: Line = "", country: Line = "",
    kind: Line = "", consent: Line = "", consent_on: Line = "", source: Line = "", on: Line = "",
) -> Response:  # fmt: skip
    """Add a contact."""
    given = checked(
        {
            "email": email, "outlet": outlet, "name": name, "salutation": salutation, "language": language,
            "country": country, "kind": kind, "consent": consent, "consent_on": consent_on, "source": source,
        }
    )  # fmt: skip
    with desk.act_outside() as (session, by, at):
        there = media.by_email(session, given.email)
        if there is not None and there.left_at is None:
            raise Conflict(f"{there.email} is a contact already ({there.outlet}); look for it in the list")
        if there is not None:
            _brings_back(desk, there)
        plan = acts.take_in(session, by=by, at=at, given=[given], onto=(on,) if on else ())
        row = media.by_email(session, given.email)
    if row is None:
        raise Conflict(f"{plan.entries[0].email} is not taken in: its reader asked to be forgotten")
    suppressed = plan.entries[0].suppressed
    said = _("{email} is a contact, but no release goes to it: {why}.") if suppressed else _("{email} is a contact.")
    said = said.format(email=row.email, why=_(suppressions.SAID.get(suppressed or "", "")))
    return desk.done(f"/media/contacts/{row.id}", said)


@part.get("/media/contacts/{number}")
def show(desk: Desk, number: Number) -> Response:
    """One contact: what is known of it, what it received over the years, from the missions that the asker has a part in."""
    with desk.look() as (session, _mission, now):
        row = _contact(session, number)
        known, titles = media.known(session), media.lists(session)
        gone = suppressions.standing(session, row.email)
        every = letters.received(session, row.key)
        received = [one for one in every if desk.may_in(one.mission, ADDRESSES)]
        numbers = releases.names(session, {one.release for one in received if one.release is not None})
        slugs = media.missions_of(session, row.id)
        named = missions.titles(session, [slug for slug in slugs if desk.may_in(slug, ADDRESSES)])
    got = [(one, *numbers.get(one.release or 0, (0, ""))) for one in received[:200]]
    own = known[row.key]
    return desk.page(
        "media_contact.html", zone="UTC", row=row, own_lists=sorted(own.lists), titles=titles, gone=gone, got=got,
        gone_said=_(suppressions.SAID[gone.why]) if gone else "", consent_said=_consent(row), now=now, received=len(received),
        elsewhere=len(every) - len(received), slugs=list(named.values()), others=bool(slugs),
        by_reader=bool(gone and gone.why in suppression_acts.ENDED_BY_THE_READER), **_choices(known, titles),
    )  # fmt: skip


@part.post("/media/contacts/{number}")
def change(
    desk: Desk, number: Number, outlet: Line = "", name: Line = "", salutation: Line = "", language: Line = "",
    country: Line = "", kind: Line = "", consent: Line = "", consent_on: Line = "", source: Line = "",
) -> Response:  # fmt: skip
    """Change what is known of a contact."""
    values = {
        "outlet": outlet, "name": name, "salutation": salutation, "language": language or "en", "country": country,
        "kind": kind, "consent": consent, "consent_on": consent_on, "source": source,
    }  # fmt: skip
    with desk.act_outside() as (session, by, at):
        email = _contact(session, number).email
        changes = acts.change(session, by=by, at=at, email=email, values=values)
    said = ", ".join(_(COLUMN.get(one.column, one.column)) for one in changes)
    return desk.done(
        f"/media/contacts/{number}",
        _("Changed: {list}.").format(list=said) if said else _("That is what is known already."),
    )


@part.post("/media/contacts/{number}/lists")
def put_on(desk: Desk, number: Number, code: Line) -> Response:
    """Put a contact on a list."""
    with desk.act_outside() as (session, by, at):
        row = _contact(session, number)
        if row.left_at is not None:
            _brings_back(desk, row)
        acts.put_on(session, by=by, at=at, code=code, emails=[row.email])
    return desk.done(f"/media/contacts/{number}", _("It is on the list '{code}'.").format(code=code))


@part.post("/media/contacts/{number}/lists/{code}/take-off")
def take_off(desk: Desk, number: Number, code: str) -> Response:
    """Take a contact off a list."""
    with desk.act_outside() as (session, by, at):
        acts.take_off(session, by=by, at=at, code=code, emails=[_contact(session, number).email])
    return desk.done(f"/media/contacts/{number}", _("It is off the list '{code}'.").format(code=code))


@part.post("/media/contacts/{number}/leave")
def leave(desk: Desk, number: Number) -> Response:
    """Off every list, and out of every mission's selection."""
    with desk.act_outside() as (session, by, at):
        slugs = acts.leave(session, by=by, at=at, email=_contact(session, number).email)
        named = missions.titles(session, slugs)
    said = _("It is on no list any more; was written to by {missions}.") if slugs else _("It is on no list any more.")
    return desk.done(f"/media/contacts/{number}", said.format(missions="; ".join(named.values())))


@part.post("/media/contacts/{number}/suppress")
def suppress(desk: Desk, number: Number, why: Why) -> Response:
    """No release goes to it any more."""
    with desk.act_outside() as (session, by, at):
        count = suppression_acts.suppress(session, by=by, at=at, email=_contact(session, number).email, why=why)
    return desk.done(f"/media/contacts/{number}", _suppressed(count))


@part.post("/media/suppress")
def suppress_address(desk: Desk, email: Line, why: Why) -> Response:
    """No release goes to an address, be it a contact's or not yet."""
    with desk.act_outside() as (session, by, at):
        count = suppression_acts.suppress(session, by=by, at=at, email=email, why=why)
    return desk.done("/media?state=suppressed", _suppressed(count))


@part.post("/media/contacts/{number}/lift")
def lift(desk: Desk, number: Number, why: Why, asked_on: Line = "") -> Response:
    """It may be written to again."""
    on = day(asked_on)
    with desk.act_outside() as (session, by, at):
        email = _contact(session, number).email
        suppression_acts.lift(session, by=by, at=at, email=email, why=why, asked_on=on)
    return desk.done(
        f"/media/contacts/{number}", _("It may be written to again. Letters that were taken back stay so.")
    )


@part.post("/media/contacts/{number}/forget")
def forget(desk: Desk, number: Number) -> Response:
    """Erase what is known of a contact, as its reader asked."""
    with desk.act_outside() as (session, by, at):
        suppression_acts.forget(session, by=by, at=at, email=_contact(session, number).email)
    return desk.done("/media", _("It is forgotten; nothing goes to that address, and no import takes it in."))


@part.get("/media/log")
def log(desk: Desk, find: Annotated[str, Query(max_length=200)] = "", page: Page = 1) -> Response:
    """Who did what to the contacts, and whether that chain is whole."""
    with desk.look() as (session, _mission, _now):
        links = [one for one in contact_acts.links(session) if one.act not in ACTS][::-1]
        wrong, back = audit_acts.contact_faults(session), audit_acts.written_to_again(session)
        keys = media.keys(session)
    gone = {why: _(says) for why, says in suppressions.SAID.items()}
    told = []
    for one in links:
        number = one.what.get("contact")
        what = {**one.what, "contact": keys.get(number, f"number {number}")} if number is not None else one.what
        told.append((one.at, one.by, sentence(replace(one, what=what), gone), number if number in keys else 0))
    return desk.page("media_log.html", zone="UTC", wrong=wrong, back=back, **found_of(told, find, page))


def _consent(row: media.MediaContact) -> str:
    """Why we may write, and since when: 'the reader asked for it, 15 Oct 2019'."""
    said = _(CONSENT.get(row.consent, row.consent))
    return f"{said}, {format_date(row.consent_on, 'd MMM y', locale=spoken())}" if said and row.consent_on else said


def _suppressed(count: int) -> str:
    if not count:
        return _("No release goes to that address any more.")
    return ngettext(
        "No release goes to that address any more; {count} letter that waited is taken back.",
        "No release goes to that address any more; {count} letters that waited are taken back.",
        count,
    ).format(count=count)


def _brings_back(desk: Asked, row: media.MediaContact) -> None:
    """Raises `Refused` to whoever may not bring back a contact that was taken off everything."""
    if not desk.may("POST /media/contacts/{number}/leave"):
        raise Refused(
            f"{row.email} was taken off everything; a press officer or coordinator for all missions brings it back"
        )


def _contact(session: Session, number: int) -> media.MediaContact:
    row = session.get(media.MediaContact, number)
    if row is None:
        raise NotFound("there is no such contact, or its reader asked to be forgotten; go back to the list")
    return row


def _choices(known: Mapping[str, Known], titles: Mapping[str, str]) -> dict[str, Any]:
    """What the filters and forms offer."""
    languages = sorted({str(one.values["language"]) for one in known.values()} | {"en", "ru"})
    return {
        "on_lists": [(code, title) for code, title in titles.items()], "kinds": [(one, _(one)) for one in KINDS],
        "consents": [(one, _(CONSENT[one])) for one in CONSENTS], "states": [(one, _(said)) for one, said in STATES.items()], "languages": [(one, own_name(one)) for one in languages],
        "countries": [(one, country_name(one)) for one in sorted({str(one.values["country"]) for one in known.values()} - {""})],
    }  # fmt: skip
