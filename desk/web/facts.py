"""A mission's facts as they stand, what each revision changed and why; and the acts that revise them, by form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from babel.dates import format_date, format_time
from fastapi import Form, Response

from desk.chronicle import named
from desk.web.approval_view import CAPACITY, WAYS, secured
from desk.web.asking import Asked, Desk, router
from ieom.acts import links
from ieom.acts import mission as acts
from ieom.errors import BadInput
from ieom.folder.catalogues import N_, _, ngettext
from ieom.folder.names import load_names
from ieom.folder.rows import email as address
from ieom.records import members, missions, stations
from ieom.rules.delegation import OBSERVING
from ieom.rules.mission import MissionFacts

part = router()
Why = Annotated[str, Form(min_length=1, max_length=2000)]
Text = Annotated[str, Form(max_length=300)]
KINDS = {
    "opened": N_("opened"), "invited_by": N_("who invited the mission"), "postponed": N_("the voting was moved"), "extended": N_("the voting was extended"),
    "round_set": N_("another round is observed"), "press_conference_moved": N_("the press conference was moved"),
    "address_corrected": N_("an address was corrected"), "approver_replaced": N_("an approver was replaced"), "head_replaced": N_("the head of mission was replaced"), "state_joined": N_("a state joined"),
    "state_withdrew": N_("a state withdrew"), "suspended": N_("the observation was suspended"),
    "evacuated": N_("the mission was evacuated"), "resumed": N_("the mission resumed"), "held": N_("the mission was held"),
    "went_on": N_("the mission went on"), "stations_chosen": N_("how the stations were chosen"),
    "contacts_revised": N_("who is written to at states and offices"),
    "links_secured": N_("how the links to decide are secured"),
}  # fmt: skip


@part.get("/missions/{mission}/facts")
def show(desk: Desk) -> Response:
    """The facts, their revisions, and the acts that may be recorded now."""
    with desk.look() as (session, mission, now):
        facts, row, known = missions.facts(session, mission), missions.get(session, mission), named(session, mission)
        names, day = load_names(), facts.election_day
        rows = missions.revisions(session, mission)
        people = [one for one in members.appointed(session, mission) if one.role in OBSERVING]
        taking_part = [one for one in facts.states if one.withdrew_on is None]
        return desk.page(
            "facts.html", capacities=CAPACITY, facts=facts, now=now, state=row.state, known=known, revisions=list(_told(rows, known))[::-1],
            called={code: names.official(code, on=day) for code in _codes(facts) if code in names},
            stations=[(one.code, f"{one.code}: {one.name}") for one in stations.of(session, mission)],
            taking_part=[(one.code, known.get(one.code, one.code)) for one in taking_part],
            others=[
                (code, name)
                for code, name in names.officials("state", on=day).items()
                if code != facts.host_state and code not in {one.code for one in taking_part}
            ],
            secured=secured(facts.approval.link_asks), ways=[(way, _(said)) for way, said in WAYS.items() if way != facts.approval.link_asks],
            approvers=[
                (one.who, known.get(one.who, one.who)) for one in facts.approval.seats if one.capacity != "head_of_mission"
            ],
            instead=[
                (code, known[code])
                for code in (*(one.code for one in people), *(one.code for one in facts.offices))
                if code in known and code not in {one.who for one in facts.approval.seats}
            ],
            candidates=[(one.code, known[one.code]) for one in people if one.role != "head"],
            head=next((known[one.code] for one in people if one.role == "head"), ""),
        )  # fmt: skip


@part.post("/missions/{mission}/facts/postpone")
def postpone(desk: Desk, day: Annotated[date, Form()], why: Why) -> Response:
    """The authorities moved the voting; everything that hangs on its day moves, save meetings."""
    with desk.act() as (session, mission, by, at):
        days = (day - missions.facts(session, mission).election_day).days
        if not days:
            raise BadInput("that is election day as it stands; write the new one")
        facts = acts.postpone(session, mission, by=by, at=at, days=days, reason=why)
    said = _("Election day is {day}, the press conference {press}. Look at the meetings.")
    press = _moment(facts.release.press_conference, desk.language)
    return _done(desk, said.format(day=_day(facts.election_day, desk.language), press=press))


@part.post("/missions/{mission}/facts/extend")
def extend(desk: Desk, minutes: Annotated[int, Form(ge=1, le=1440)], why: Why, station: Text = "") -> Response:
    """The authorities extended the voting, at one station or at all."""
    with desk.act() as (session, mission, by, at):
        acts.extend(session, mission, by=by, at=at, minutes=minutes, station=station, reason=why)
    one = ngettext(
        "The voting at {station} is {count} minute longer.",
        "The voting at {station} is {count} minutes longer.",
        minutes,
    )
    every = ngettext(
        "The voting at all stations is {count} minute longer.",
        "The voting at all stations is {count} minutes longer.",
        minutes,
    )
    return _done(desk, (one if station else every).format(station=station, count=minutes))


@part.post("/missions/{mission}/facts/press-conference")
def move_press_conference(desk: Desk, to: Annotated[datetime, Form()], why: Why) -> Response:
    """The press conference has another time; the embargo moves with it."""
    with desk.act() as (session, mission, by, at):
        moment = _local(missions.facts(session, mission), to)
        acts.move_press_conference(session, mission, by=by, at=at, to=moment, reason=why)
    said = _("The press conference begins {when}; the embargo moved with it.")
    return _done(desk, said.format(when=_moment(to, desk.language)))


@part.post("/missions/{mission}/facts/round")
def set_round(
    desk: Desk,
    number: Annotated[int, Form(ge=1, le=9)],
    day: Annotated[date, Form()],
    press: Annotated[datetime, Form()],
    why: Why,
    earlier: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Another round of the election is observed from now on."""
    try:
        days = [*(date.fromisoformat(one) for one in earlier.replace(",", " ").split()), day]
    except ValueError:
        raise BadInput(f"'{earlier}': write earlier voting days as dates such as 2020-08-12") from None
    with desk.act() as (session, mission, by, at):
        moment = _local(missions.facts(session, mission), press)
        acts.set_round(
            session, mission, by=by, at=at, number=number, voting_days=days, press_conference=moment, reason=why
        )
    said = _("Round {number} is observed; election day is {day}.")
    return _done(desk, said.format(number=number, day=_day(max(days), desk.language)))


@part.post("/missions/{mission}/facts/suspend")
def suspend(desk: Desk, why: Why) -> Response:
    """The observation is suspended."""
    with desk.act() as (session, mission, by, at):
        acts.suspend(session, mission, by=by, at=at, reason=why)
    return _done(desk, _("The observation is suspended until the mission resumes."))


@part.post("/missions/{mission}/facts/evacuate")
def evacuate(desk: Desk, why: Why) -> Response:
    """The mission was evacuated."""
    with desk.act() as (session, mission, by, at):
        acts.evacuate(session, mission, by=by, at=at, reason=why)
    return _done(desk, _("The mission is evacuated; nothing goes on by itself until it resumes."))


@part.post("/missions/{mission}/facts/resume")
def resume(desk: Desk, why: Why) -> Response:
    """A suspended or evacuated mission goes on."""
    with desk.act() as (session, mission, by, at):
        acts.resume(session, mission, by=by, at=at, reason=why)
    return _done(desk, _("The mission goes on."))


@part.post("/missions/{mission}/facts/head")
def replace_head(desk: Desk, member: Text, why: Why) -> Response:
    """Another member is head of mission; a round of approval that goes on ends."""
    with desk.act() as (session, mission, by, at):
        acts.replace_head(session, mission, by=by, at=at, member=member, reason=why)
    return _done(desk, _("The head of mission was replaced; a round of approval that went on has ended."))


@part.post("/missions/{mission}/facts/links")
def secure(desk: Desk, asks: Annotated[links.Asks, Form()], why: Why) -> Response:
    """The links in letters to approvers are secured in another way from now on."""
    with desk.act() as (session, mission, by, at):
        links.secure(session, mission, by=by, at=at, asks=asks, reason=why)
    return _done(desk, secured(asks))


@part.post("/missions/{mission}/facts/approver")
def replace_approver(desk: Desk, approver: Text, member: Text, why: Why) -> Response:
    """Somebody else decides on the statement in an approver's place; a round of approval that goes on ends."""
    with desk.act() as (session, mission, by, at):
        acts.approver_replaced(session, mission, by=by, at=at, old=approver, new=member, reason=why)
    return _done(
        desk, _("Somebody else decides now; a round of approval that went on has ended, and the drafter asks again.")
    )


@part.post("/missions/{mission}/facts/state-joins")
def state_joins(
    desk: Desk,
    state: Annotated[str, Form(max_length=2)],
    quota: Annotated[int, Form(ge=0, le=1000)],
    office: Text,
    email: Text,
    why: Why,
    decides: Text = "",
) -> Response:
    """One more state sends observers; it is called on for nominations."""
    try:
        address(email)
    except ValueError as problem:
        raise BadInput(str(problem)) from None
    with desk.act() as (session, mission, by, at):
        acts.state_joins(
            session, mission, by=by, at=at, state=state, quota=quota, contact_office=office, contact_email=email,
            decides=decides, reason=why,
        )  # fmt: skip
    return _done(
        desk,
        _("{state} takes part with up to {quota}; it is called on for nominations.").format(state=state, quota=quota),
    )


@part.post("/missions/{mission}/facts/state-withdraws")
def state_withdraws(desk: Desk, state: Annotated[str, Form(max_length=2)], why: Why) -> Response:
    """A state takes no part any more, nor do its members."""
    with desk.act() as (session, mission, by, at):
        acts.state_withdraws(session, mission, by=by, at=at, state=state, reason=why)
    return _done(desk, _("{state} takes no part any more. See to its teams' stations.").format(state=state))


def _day(day: date, language: str) -> str:
    return format_date(day, "d MMMM y", locale=language)


def _moment(local: datetime, language: str) -> str:
    """A local time as it was written down: '12 August 2020, 21:00'."""
    return f"{_day(local.date(), language)}, {format_time(local.time(), 'HH:mm', locale=language)}"


def _done(desk: Asked, says: str) -> Response:
    return desk.done(f"/missions/{desk.mission}/facts", says)


def _local(facts: MissionFacts, local: datetime) -> datetime:
    """A time as it was typed, which is the host country's."""
    if local.tzinfo is not None:
        raise BadInput("write the local time in the host country, without a zone")
    return facts.moment(local)


def _codes(facts: MissionFacts) -> set[str]:
    return {facts.host_state, facts.organisation, facts.base_city, facts.invitation.from_body} | {
        one.body for one in facts.offices
    }


def _told(rows: Any, known: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each revision with the places where it differs from the one before."""
    before: dict[str, str] = {}
    for row in rows:
        after = dict(_flat(row.facts))
        changes = [
            (place, before.get(place, ""), after.get(place, ""))
            for place in dict.fromkeys([*before, *after])
            if before.get(place, "") != after.get(place, "")
        ]
        yield {
            "number": row.number, "at": row.at, "by": known.get(row.by, row.by), "kind": _(KINDS.get(row.kind, row.kind)),
            "reason": row.reason, "changes": changes if before else [],
        }  # fmt: skip
        before = after


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Facts by their place; entries of a list by their code where they have one, so that one more moves no other."""
    if isinstance(value, Mapping):
        for key, part_ in value.items():
            yield from _flat(part_, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, part_ in enumerate(value, start=1):
            key = part_.get("code") or part_.get("who") or part_.get("number") or number
            yield from _flat(part_, f"{place}[{key}]")
    elif value not in (None, "", []):
        yield place, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
