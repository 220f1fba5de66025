"""Meetings before election day: day by day, with whom, who attends, invited, moved, cancelled, and their records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Form, Response
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.mail_words import STATES as STATES_OF_LETTERS
from desk.typed import moment
from desk.web.asking import Desk, missing, router
from ieom.acts import inviting
from ieom.acts import meetings as acts
from ieom.errors import BadInput
from ieom.folder.catalogues import _
from ieom.folder.names import load_names
from ieom.papers.wording import topics
from ieom.records import correspondence, members, missions
from ieom.records.meetings import Meeting, attending
from ieom.records.members import styled
from ieom.rules import meetings as rules
from ieom.rules.mission import MissionFacts
from ieom.rules.names import written

part = router()
Line = Annotated[str, Form(max_length=300)]
Text = Annotated[str, Form(max_length=20_000)]
Codes = Annotated[list[str], Form(max_length=500)]
STATES = ("requested", "confirmed", "held", "cancelled")


@part.get("/missions/{mission}/meetings")
def show(desk: Desk, status: str = "", day: str = "") -> Response:
    """The meetings by day, of all days or one, and what each waits for."""
    with desk.look() as (session, mission, now):
        facts, there = missions.facts(session, mission), attending(session, mission)
        known = named(session, mission)
        listed: list[dict[str, Any]] = [
            _meeting(row, facts, now)
            | {"attend": len(there[row.code]), "who": [known.get(one.member, one.member) for one in there[row.code]]}
            for row in acts.of(session, mission)
        ]
        on = [one for one in listed if day in {"", one["day"].isoformat()}]
        shown = [one for one in on if status in {"", one["status"]}]
        days: dict[Any, list[dict[str, Any]]] = {}
        for one in shown:
            days.setdefault(one["day"], []).append(one)
        return desk.page(
            "meetings.html", now=now, days=days, listed=listed, shown=shown, chosen=status, states=STATES, day=day,
            all_days=sorted({one["day"] for one in listed}),
            waiting=[one for one in listed if one["waits"]], bodies=_bodies(facts), people=_people(session, mission),
            ahead=next((one for one in listed if one["status"] == "confirmed" and one["ends_at"] > now), None),
        )  # fmt: skip


@part.post("/missions/{mission}/meetings")
def request(
    desk: Desk, code: Line, counterpart_office: Line, body: Line, starts: Line, ends: Line, kind: Line = "meeting",
    counterpart_honorific: Line = "", counterpart_name: Line = "", place: Line = "", attendee: Codes = [],  # noqa: B006
) -> Response:  # fmt: skip
    """Ask for a meeting; a letter to the counterpart's office is drafted for signature."""
    with desk.act() as (session, mission, by, at):
        facts = missions.facts(session, mission)
        acts.request(
            session, mission, by=by, at=at, meeting=code.strip(), body=body, kind=kind, place=place.strip(),
            counterpart_office=counterpart_office.strip(), counterpart_honorific=counterpart_honorific.strip(),
            counterpart_name=counterpart_name.strip(), starts=moment(starts, facts),
            ends=moment(ends, facts), attendees=attendee,
        )  # fmt: skip
    said = _("It is noted.") if kind == "briefing" else _("It is noted. A letter for signature is in Correspondence.")
    return desk.done(f"/missions/{desk.mission}/meetings/{code.strip()}", said)


@part.get("/missions/{mission}/meetings/{code}")
def one(desk: Desk, code: str) -> Response:
    """One meeting: with whom, who attends, what they were told, and its record."""
    with desk.look() as (session, mission, now):
        row = session.get(Meeting, (mission, code))
        if row is None:
            raise missing(f"the meeting '{code}'")
        facts, known = missions.facts(session, mission), named(session, mission)
        people = {person.code: person for person in members.of(session, mission)}
        heard, letters = inviting.told(session, mission, code), inviting.heard(session, mission, code)
        attendees = [
            {
                "code": one.member, "who": known.get(one.member, one.member), "attended": one.attended,
                "told": heard.get(one.member, (-1, "")), "email": people[one.member].email,
                "letters": letters.get(one.member, []),
            }
            for one in acts.attendees(session, mission, code)
        ]  # fmt: skip
        there = {one["code"] for one in attendees}
        zone, words = ZoneInfo(facts.zone), topics("en")
        return desk.page(
            "meeting.html", now=now, row=row, one=_meeting(row, facts, now), attendees=attendees, wording=words, states=STATES_OF_LETTERS,
            others=[(code_, who) for code_, who in _people(session, mission) if code_ not in there],
            everyone=_people(session, mission), topics=[(topic, words[topic]) for topic in rules.TOPICS], there=there,
            starts=f"{row.starts_at.astimezone(zone):%Y-%m-%dT%H:%M}",
            ends=f"{row.ends_at.astimezone(zone):%Y-%m-%dT%H:%M}",
            may={act: rules.refusal(row.status, act, now=now, starts=row.starts_at, ends=row.ends_at) is None
                 for act in ("confirm", "change", "move", "hold", "cancel")},
            letters=[
                paper for paper in correspondence.of(session, mission)
                if paper.occasion == f"meeting:{code}" or paper.occasion.startswith(f"meeting:{code}:")
            ],
        )  # fmt: skip


@part.post("/missions/{mission}/meetings/{code}/confirm")
def confirm(desk: Desk, code: str) -> Response:
    """The counterpart agreed."""
    with desk.act() as (session, mission, by, at):
        acts.confirm(session, mission, by=by, at=at, meeting=code)
    return _back(desk, code, _("Confirmed. Members get a calendar invitation."))


@part.post("/missions/{mission}/meetings/{code}/move")
def move(desk: Desk, code: str, starts: Line, ends: Line, place: Line = "") -> Response:
    """Another time or place."""
    with desk.act() as (session, mission, by, at):
        facts = missions.facts(session, mission)
        acts.move(
            session, mission, by=by, at=at, meeting=code, starts=moment(starts, facts),
            ends=moment(ends, facts), place=place.strip(),
        )  # fmt: skip
        invited = bool(inviting.told(session, mission, code))
    said = (
        _("Moved. Whoever was invited gets an update of the calendar.")
        if invited
        else _("Moved. Nobody was invited yet.")
    )
    return _back(desk, code, said)


@part.post("/missions/{mission}/meetings/{code}/attend")
def attend(desk: Desk, code: str, add: Codes = [], remove: Codes = []) -> Response:  # noqa: B006
    """Others are expected, or some no longer; each of them is told."""
    if not add and not remove:
        raise BadInput("choose who is expected, or who no longer is")
    with desk.act() as (session, mission, by, at):
        acts.attend(session, mission, by=by, at=at, meeting=code, add=add, remove=remove)
    return _back(desk, code, _("Who is expected has changed; each of them is told, the others are not."))


@part.post("/missions/{mission}/meetings/{code}/hold")
def hold(desk: Desk, code: str, attended: Codes = [], topic: Codes = [], minutes: Text = "") -> Response:  # noqa: B006
    """The record of a meeting that took place."""
    if not attended or not topic:
        raise BadInput("say who attended and what it was about; choose at least one of each")
    with desk.act() as (session, mission, by, at):
        acts.hold(
            session, mission, by=by, at=at, meeting=code, attended=attended, topics=topic, minutes=minutes.strip()
        )
    return _back(desk, code, _("The record of the meeting is in."))


@part.post("/missions/{mission}/meetings/{code}/cancel")
def cancel(desk: Desk, code: str, why: Annotated[str, Form(max_length=2000)]) -> Response:
    """The meeting will not take place."""
    with desk.act() as (session, mission, by, at):
        acts.cancel(session, mission, by=by, at=at, meeting=code, why=why)
    return _back(desk, code, _("Cancelled. Whoever was invited is told; a letter is drafted for signature."))


def _back(desk: Desk, code: str, said: str) -> Response:
    return desk.done(f"/missions/{desk.mission}/meetings/{code}", said)


def _meeting(row: Meeting, facts: MissionFacts, now: datetime) -> dict[str, Any]:
    """A meeting as pages show it; `waits` says what for, '' for nothing."""
    waits = ""
    if row.status == "confirmed" and row.ends_at <= now:
        waits = "record"
    elif row.status == "requested":
        waits = "never confirmed" if row.starts_at <= now else "confirmation"
    whom = acts.counterpart(row)
    return {
        "code": row.code, "whom": whom[:1].upper() + whom[1:], "briefing": row.kind == "briefing", "place": row.place,
        "starts_at": row.starts_at, "ends_at": row.ends_at, "status": row.status, "waits": waits,
        "day": row.starts_at.astimezone(ZoneInfo(facts.zone)).date(), "topics": list(row.topics),
    }  # fmt: skip


def _people(session: Session, mission: str) -> list[tuple[str, str]]:
    return [(row.code, styled(row)) for row in members.of(session, mission) if row.status in {"nominated", "appointed"}]


def _bodies(facts: MissionFacts) -> list[tuple[str, str]]:
    names, day = load_names(), facts.election_day
    own = facts.organisation, names.official(facts.organisation, on=day)  # a briefing is the organisation's own
    inviting = facts.invitation.from_body
    more = [(inviting, inviting)] if written(inviting) else []  # whose name was written out for this mission alone
    return [*names.officials("body", on=day).items(), *more, own]
