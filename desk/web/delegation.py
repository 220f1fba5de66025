"""Who the mission is: the states asked against their quotas, nominees and members with what each file lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Form, Response
from sqlalchemy.orm import Session

from desk.chronicle import letters_of
from desk.mail_words import troubles
from desk.web.asking import Desk, router
from ieom.acts import delegation as acts
from ieom.acts import nomination_links
from ieom.folder.catalogues import N_, _
from ieom.folder.names import load_names
from ieom.records import members, missions
from ieom.records import nomination_links as links
from ieom.records.delegation import Accreditation, Member
from ieom.records.members import styled
from ieom.records.nomination_links import NominationLink
from ieom.rules import delegation as rules
from ieom.rules.addresses import fold
from ieom.rules.delegation import FileState
from ieom.rules.mission import MissionFacts
from ieom.rules.names import LANGUAGES
from ieom.rules.timeline import Stage, owes
from ieom.settings import settings

part = router()
Line = Annotated[str, Form(max_length=300)]
HERE = ("nominated", "appointed")


@part.get("/missions/{mission}/delegation")
def show(desk: Desk, state: str = "", status: str = "", owes: str = "") -> Response:
    """The states, the people, and who owes what."""
    with desk.look() as (session, mission, now):
        facts, everyone = missions.facts(session, mission), members.of(session, mission)
        files, badges = members.files(session, mission), members.accreditations(session, mission)
        calls, back = members.calls(session, mission), members.taken_back(session, mission)
        ill = ill_of(session, mission)
        people = [
            person(row, files[row.code], badges.get(row.code))
            | {
                "late": rules.is_late(row.nominated_at, calls[row.state].due_at if row.state in calls else None),
                "lacks": [_(rules.ITEMS[one.item]) for one in back.get(row.code, ())]
                if row.status == "appointed"
                else [],
                "letters": ill.get(fold(row.email), []) if row.email else [],
            }
            for row in everyone
        ]
        states = _states(session, mission, facts, everyone, ill)
        side = rules.one_sided(rules.nationality_mix([row.state for row in members.observers(session, mission)]))
        named = load_names()
        return desk.page(
            "delegation.html", now=now, states=states, people=people, shown=_chosen(people, state, status, owes),
            chosen={"state": state, "status": status, "owes": owes},
            owing=[one for one in people if one["owing"]], unanswered=[one for one in states if one["waits"]],
            conflicts=[one for one in people if one["conflict"] and one["status"] in HERE],
            side=named.running(side, on=facts.election_day) if side else "",
            unasked=[one for one in people if one["status"] == "appointed" and not one["badge"] and not one["lacks"]],
            lacking=[one for one in people if one["lacks"]],
            unnoted=[one for one in people if one["status"] == "appointed" and set(one["missing"]) - set(one["lacks"])],
            unbriefed=[one for one in people if one["status"] == "appointed" and not one["briefed"]],
            roles=[(one, _(said)) for one, said in rules.ROLES.items()], languages=LANGUAGES, filters=_filters(states, people),
            bodies=list(named.officials("body", on=facts.election_day).items()), asks=assembled_here(session, mission),
            begun=now >= facts.opens(), linked=bool(settings().decide_url),
        )  # fmt: skip


@part.post("/missions/{mission}/delegation")
def nominate(
    desk: Desk, office: Line, role: Line = "observer", state: Line = "", code: Line = "", honorific: Line = "",
    name: Line = "", title: Line = "", body: Line = "", email: Line = "", language: Line = "en", salutation: Line = "",
) -> Response:  # fmt: skip
    """Record a nomination; without a code the next free one is taken."""
    with desk.act() as (session, mission, by, at):
        member = code.strip() or acts.next_code(session, mission, state, role)
        acts.nominate(
            session, mission, by=by, at=at, member=member, role=role, office=office.strip(), state=state,
            honorific=honorific.strip(), name=name.strip(), title=title.strip(), body=body, email=email.strip(),
            language=language, salutation=salutation.strip(),
        )  # fmt: skip
    return desk.done(
        f"/missions/{desk.mission}/delegation/{member}",
        _("Nominated as {member}. Not a member yet.").format(member=member),
    )


@part.post("/missions/{mission}/delegation/accreditation")
def accreditation(desk: Desk) -> Response:
    """Draft the note verbale that asks for accreditation now, for every member not asked for yet."""
    with desk.act() as (session, mission, by, at):
        note = acts.request_accreditation(session, mission, by=by, at=at)
    said = (
        _("Note verbale {number} is drafted for stamp: see Correspondence.").format(number=note.number)
        if note
        else _("Nobody is left to ask for.")
    )
    return desk.done(f"/missions/{desk.mission}/delegation", said)


@part.post("/missions/{mission}/delegation/briefed")
def briefed(desk: Desk, member: Annotated[list[str], Form(max_length=500)] = []) -> Response:  # noqa: B006
    """These members attended the briefing."""
    with desk.act() as (session, mission, by, at):
        acts.brief(session, mission, by=by, at=at, members=member)
    return desk.done(f"/missions/{desk.mission}/delegation", _("Briefed: {count}.").format(count=len(member)))


@part.post("/missions/{mission}/delegation/states/{state}/declines")
def declines(desk: Desk, state: str) -> Response:
    """A state will not send observers."""
    with desk.act() as (session, mission, by, at):
        acts.state_declines(session, mission, by=by, at=at, state=state)
    return desk.done(f"/missions/{desk.mission}/delegation", _("{state} sends no observers.").format(state=state))


@part.post("/missions/{mission}/delegation/states/{state}/link")
def link(desk: Desk, state: str) -> Response:
    """Send a state a new link by which it nominates; those before end."""
    with desk.act() as (session, mission, by, at):
        acts.send_link(session, mission, by=by, at=at, state=state)
    said = _("A letter with a new link goes to {state}; links sent before work no more.").format(state=state)
    return desk.done(f"/missions/{desk.mission}/delegation", said)


@part.post("/missions/{mission}/delegation/states/{state}/link/end")
def end_link(desk: Desk, state: str) -> Response:
    """End the links that a state has."""
    with desk.act() as (session, mission, by, at):
        nomination_links.end(session, mission, by=by, at=at, state=state)
    return desk.done(
        f"/missions/{desk.mission}/delegation", _("The links sent to {state} work no more.").format(state=state)
    )


def assembled_here(session: Session, mission: str) -> bool:
    """Whether the delegation's assembly is this mission's: states are asked and people told by themselves, files looked at. Not
    in a mission that was begun at a later stage."""
    return owes(Stage.DELEGATION, missions.get(session, mission).starts_at_stage)


def person(row: Member, file: FileState, badge: Accreditation | None) -> dict[str, Any]:
    """A person of the delegation as pages show them."""
    return {
        "code": row.code, "who": styled(row), "office": row.office, "title": row.title, "state": row.state,
        "role": _(rules.ROLES.get(row.role, row.role)), "status": row.status, "owed": len(file.owed),
        "in": len(file.owed) - len(file.missing), "missing": [_(rules.ITEMS[item]) for item in file.missing],
        "owing": row.status == "nominated" and not file.complete, "conflict": row.conflict_found or "",
        "badge": badge.status if badge else "", "number": (badge.badge or "") if badge else "",
        "briefed": row.briefed_at is not None,
    }  # fmt: skip


def _states(
    session: Session, mission: str, facts: MissionFacts, everyone: list[Member], ill: dict[str, list[str]]
) -> list[dict[str, Any]]:  # fmt: skip
    names, calls, made = load_names(), members.calls(session, mission), []
    sent, now = links.of(session, mission), missions.now(session, mission)
    unasked = N_("not asked yet") if assembled_here(session, mission) else N_("not asked")
    by_code = {state.code: state for state in facts.states}
    for code in names.precedence(by_code, on=facts.election_day):
        state, call = by_code[code], calls.get(code)
        there = [row for row in everyone if row.state == code and row.role in rules.OBSERVING]
        answer = N_("withdrew") if state.withdrew_on else unasked if call is None else call.status
        made.append(
            {
                "code": code, "name": names.short(code, on=facts.election_day), "quota": state.quota, "answer": answer,
                "nominated": sum(row.status in HERE for row in there), "waits": answer == "asked",
                "appointed": sum(row.status == "appointed" for row in there), "due": call.due_at if call else None,
                "note": (call.note_number or "") if call else "", "link": _link(sent.get(code, ())),
                "letters": ill.get(fold(state.contact_email), []),
                "sends": bool(settings().decide_url) and answer != "withdrew"
                and acts.may_send_link(session, mission, facts, code, at=now) is None,
            }
        )  # fmt: skip
    return made


def ill_of(session: Session, mission: str) -> dict[str, list[str]]:
    """By address, folded, what was written there and did not arrive, or may not have: 'call for nominations: it was …'."""
    found: dict[str, list[str]] = {}
    for row, said in troubles(session, mission):
        found.setdefault(row.recipient_key, []).append(f"{letters_of(row.kind)}: {said}")
    return found


def _link(sent: Sequence[NominationLink]) -> dict[str, Any]:
    """What became of the links that a state was sent: whether one works, when the newest went, when one was last used."""
    used = [row.used_at for row in sent if row.used_at]
    return {
        "works": any(row.ended_at is None for row in sent), "sent_at": sent[-1].made_at if sent else None,
        "used_at": max(used) if used else None,
    }  # fmt: skip


def _filters(states: list[dict[str, Any]], people: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    return {
        "state": [(one["code"], one["name"]) for one in states],
        "status": [(one, _(one)) for one in dict.fromkeys(str(row["status"]) for row in people)],
    }


def _chosen(people: list[dict[str, Any]], state: str, status: str, owes: str) -> list[dict[str, Any]]:
    return [
        one
        for one in people
        if state in {"", one["state"]} and status in {"", one["status"]} and (not owes or one["owing"])
    ]
