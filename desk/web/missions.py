"""Missions at a glance, and one mission: where it stands, what is owed today and by whom, what happened; it changes while
one looks."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from desk.chronicle import coded, named, sentence
from desk.mail_words import STATES
from desk.web.approval_view import undecided
from desk.web.asking import Asked, Desk, router
from desk.web.fallen_view import published
from desk.web.files import excel, local
from desk.web.knowing import known, shared
from desk.web.owed_view import NEVER, led, listed, meant, reminded, worded
from desk.web.pages import clock_at, seat_of
from desk.web.runs import SAID as SAID_OF_RUNS
from desk.web.runs import Asking, Runs
from ieom.acts import mission as acts
from ieom.acts import reminders as reminding
from ieom.acts import witness
from ieom.acts.owing import work as works
from ieom.folder.catalogues import N_, _
from ieom.records import audit, letters, missions, standings
from ieom.records.base import reading
from ieom.rules.roles import Role, acts_as
from ieom.rules.timeline import TITLES, Stage, Standing, State
from ieom.settings import settings

part = router()
SEES, DECIDES = "GET /missions/{mission}", "POST /missions/{mission}/approval/decide"
Why = Annotated[str, Form(min_length=1, max_length=2000)]
FEW = 2
"""So many who are waited for are named in a sentence; more are counted there, and named in the list of what is owed."""
LATEST = 12
"""Acts shown on a mission's page; the audit page has them all."""
REMINDED = 100
"""Reminders shown that went; all are counted."""
STREAMS = 6
"""Pages of a browser that are told of changes at one time."""
TURN, TURNS = 2.0, 80
"""Seconds between two looks at what changed, and at whether the one who looks still may; and how many there are: less than
a connection lives."""
SHAPES = {State.DONE: "✓", State.WORKING: "●", State.WAITING: "◌", State.HELD: "■", State.NOT_DUE: "·"}
SAID = {
    State.DONE: N_("done"), State.WORKING: N_("under way"), State.WAITING: N_("waiting"), State.HELD: N_("held"),
    State.NOT_DUE: N_("not yet due"),
}  # fmt: skip


@part.get("/")
def overview(desk: Desk, waits: str = "", find: str = "") -> Response:
    """The missions that the asker has a part in, each with its timeline, what waits for whom, the next date; those alone that
    wait for somebody ('yes') or for nobody ('no'), or have these words in them, where asked for."""
    with reading(desk.engine) as session:
        begun = missions.all_slugs(session)
    slugs = [slug for slug in begun if desk.may_in(slug, SEES)]
    listed = [
        {**one, "awaited": desk.may_in(slug, DECIDES) and acts_as(desk.given, slug) in one["undecided"]}
        for slug in slugs
        for one in (known(desk, ("overview",), partial(_glance, desk, slug), mission=slug),)
    ]
    listed.sort(key=lambda one: one["day"], reverse=True)
    shown = [
        one
        for one in listed
        if waits in {"", "yes" if one["waits"] or one["owed"] else "no"}
        and find.strip().casefold() in f"{one['title']} {one['waits']['says'] if one['waits'] else ''}".casefold()
    ]
    return desk.page(
        "missions.html", zone="UTC", listed=listed, shown=shown, others=len(begun) - len(slugs),
        chosen={"waits": waits, "find": find},
    )  # fmt: skip


def _glance(desk: Asked, slug: str) -> dict[str, Any]:
    with reading(desk.engine) as session:
        row, facts, now = missions.get(session, slug), missions.facts(session, slug), missions.now(session, slug)
        names = named(session, slug)
        stages = _stages(session, slug, names)
        planned = reminding.planned(session, slug, at=now)
        owed = listed(planned, works(session, slug, at=now), {}, names, facts, now)
        _dated(stages, owed, now)
        dates = [*(s["until"] for s in stages if s["state"] != "done"), *(one["due"] for one in owed)]
        following = min((one for one in dates if one is not None and one > now), default=None)
        return {
            "slug": slug, "title": facts.title, "day": facts.election_day, "zone": facts.zone, "state": row.state,
            "rehearsal": row.simulated_now is not None, "stages": stages, "undecided": undecided(session, slug), "now": now,
            "owed": len(owed), "unseen": row.walked_revision == 0,
            "waits": _foremost(waiting) if (waiting := [s for s in stages if s["waits_for"] and s["state"] == "waiting"]) else None, "next": following,
            "next_said": clock_at(following, facts.zone, seat_of(facts, desk.language), desk.language) if following else "",
        }  # fmt: skip


@part.get("/missions/{mission}")
def show(desk: Desk, who: str = "", find: str = "") -> Response:
    """The mission's page; of what is owed that of one person or office, and what has these words in it, where asked for."""
    facts = gathered(desk)
    awaited = desk.may(DECIDES) and desk.code in facts["undecided"]
    told = _told(desk, facts, who, find) + _ran(desk, facts)
    return shared(desk, "mission.html", facts, told=told, awaited=awaited, query=_query(who, find))


@part.get("/missions/{mission}/now")
def now(desk: Desk, who: str = "", find: str = "") -> Response:
    """What changes on the mission's page, as it stands now."""
    facts = gathered(desk)
    told = _told(desk, facts, who, find) + _ran(desk, facts)
    return HTMLResponse(told, headers={"cache-control": "no-store"})


@part.get("/missions/{mission}/owed.xlsx")
def owed(desk: Desk, who: str = "", find: str = "") -> Response:
    """Who owes what, as the page shows it, in Excel; times are local in the host country."""
    facts = gathered(desk)
    zone = facts["zone"]
    header = [_("What"), _("Who"), _("Due"), _("Past due"), _("Reminded"), _("Next reminder")]
    rows = [
        [one["what"], one["who"], local(one["due"], zone), _("yes") if one["late"] else "", local(max(one["went"], default=None), zone),
         local(one["next"], zone)]
        for one in meant(facts["owed"], who, find)
    ]  # fmt: skip
    return excel(_("Who owes what"), header, rows, f"{desk.mission}-owed")


def gathered(desk: Asked) -> dict[str, Any]:
    """What the mission's page says to all its readers of a language."""
    return known(desk, ("mission",), lambda: _facts(desk))


def _query(who: str, find: str) -> str:
    asked = {name: value for name, value in (("who", who), ("find", find)) if value}
    return f"?{urlencode(asked)}" if asked else ""


@part.get("/missions/{mission}/changes")
async def changes(desk: Desk, request: Request) -> Response:
    """Server-sent events: one each time something happened to the mission. It ends after some minutes, and browsers ask
    again by themselves; and once the asker's session or role has ended. One browser holds `STREAMS` at the most."""
    streams: Counter[str] = request.app.state.streams
    holder = desk.session.digest if desk.session else ""
    if streams[holder] >= STREAMS:
        return Response(status_code=204)  # it then asks no more

    async def events() -> AsyncIterator[str]:
        streams[holder] += 1
        try:
            yield "retry: 3000\n\n"
            async for told in changed():
                yield told
        finally:
            streams[holder] -= 1

    async def changed() -> AsyncIterator[str]:
        before = await run_in_threadpool(desk.mark_now)
        for turn in range(TURNS):
            await asyncio.sleep(TURN)
            if await request.is_disconnected() or not await run_in_threadpool(desk.stands):
                return
            here = await run_in_threadpool(desk.mark_now)
            if here != before:
                before = here
                yield "event: changed\ndata: look\n\n"
            elif turn % 7 == 0:
                yield ": still here\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})


@part.post("/missions/{mission}/hold")
def hold(desk: Desk, why: Why) -> Response:
    """No letter leaves and no stage moves until somebody lets it go on."""
    with desk.act() as (session, mission, by, at):
        acts.hold(session, mission, by=by, at=at, reason=why)
    return desk.done(f"/missions/{desk.mission}", _("The mission is held: no letter leaves and no stage moves."))


@part.post("/missions/{mission}/go-on")
def go_on(desk: Desk, why: Why) -> Response:
    """Let a held mission go on."""
    with desk.act() as (session, mission, by, at):
        acts.go_on(session, mission, by=by, at=at, reason=why)
    return desk.done(f"/missions/{desk.mission}", _("The mission goes on."))


@part.post("/missions/{mission}/start")
def start(desk: Desk) -> Response:
    """Have the mission looked at now, by the process that keeps missions going: it looks for such within two seconds."""
    with desk.act() as (session, mission, _by, _at):
        missions.look_again(session, mission)
    to = f"/missions/{desk.mission}"
    match keeping(desk).how:
        case "":
            return desk.done(to, _("Nothing keeps missions going just now; tell whoever keeps this machine."))
        case "silent":
            return desk.done(
                to, _("What keeps missions going does not answer just now; it looks by itself once it does.")
            )
        case _:
            return desk.done(to, _("The mission is being looked at now."))


def _stages(session: Session, mission: str, names: dict[str, str]) -> list[dict[str, Any]]:
    def said(standing: Standing) -> str:
        """The sentence, with names for the codes of those who are waited for."""
        codes = [re.escape(code) for code in standing.waits_for if code in names]
        return re.sub(rf"\b({'|'.join(codes)})\b", lambda one: names[one[0]], standing.says) if codes else standing.says

    found = {standing.stage: (standing, since) for standing, since in standings.of(session, mission)}
    made = []
    for stage in Stage:
        standing, since = found.get(stage, (Standing(stage, State.NOT_DUE, N_("Not begun.")), None))
        made.append(
            {
                "stage": stage, "title": _(TITLES[stage]), "state": standing.state.value, "shape": SHAPES[standing.state],
                "said": _(SAID[standing.state]), "says": said(standing), "short": said(_counted(standing)), "until": standing.until, "since": since,
                "waits_for": list(standing.waits_for),
            }
        )  # fmt: skip
    return made


def _dated(stages: Sequence[dict[str, Any]], owed: Sequence[dict[str, Any]], now: datetime) -> None:
    """Give the approval the moment by which the next decision is expected, where nothing else sets it one."""
    due = [one["due"] for one in owed if one["about"] == "approval waits" and one["due"] and one["due"] > now]
    for stage in stages:
        if stage["stage"] is Stage.APPROVAL and stage["state"] == State.WAITING and stage["until"] is None and due:
            stage["until"] = min(due)


def _foremost(stages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The stage that a glance is to find first: one that is held; else the one whose moment comes soonest, and of those that
    have none, or the same, the furthest on; where none is open the first that is not done, the last where all are."""
    open_ = [one for one in stages if one["state"] not in {State.DONE, State.NOT_DUE}]
    held = [one for one in open_ if one["state"] == State.HELD]
    order = list(Stage)
    next_ = [one for one in stages if one["state"] != State.DONE][:1]
    return min(
        held or open_ or next_ or stages[-1:], key=lambda one: (one["until"] or NEVER, -order.index(one["stage"]))
    )


def _counted(standing: Standing) -> Standing:
    """The same with many who are waited for counted instead of named; what is owed names them."""
    listed = ", ".join(standing.waits_for)
    if len(standing.waits_for) <= FEW or listed not in standing.says:
        return standing
    who = "approvers" if standing.stage is Stage.APPROVAL else "people and offices"
    return replace(standing, says=standing.says.replace(listed, f"{len(standing.waits_for)} {who}"))


def _told(desk: Asked, facts: dict[str, Any], who: str, find: str) -> Markup:
    """What changes on the page, in the reader's language and zone: the same for everybody who may go on to the same pages."""
    told: dict[tuple[str, str, tuple[str, ...]], Markup] = facts["told_to"]
    shown = meant(facts["owed"], who, find)
    to = led(shown, desk.may)
    reader = desk.me.language, desk.me.zone, tuple(to)
    if not (who or find) and reader in told:
        return told[reader]
    owing = [(one, one) for one in sorted({one["who"] for one in facts["owed"]})]
    more: dict[str, Any] = {
        "shown": list(zip(shown, to, strict=True)),
        "owing": owing,
        "who": who,
        "find": find,
        "query": _query(who, find),
    }
    made = Markup(desk.text("mission_now.html", **facts, **more))  # noqa: S704 - our own
    if not (who or find):
        told[reader] = made
    return made


def _ran(desk: Asked, facts: dict[str, Any]) -> Markup:
    """The mission's last run and its next. Prefect's own pages are linked where the reader's browser reaches them."""
    runs = keeping(desk)
    own = settings().prefect_url.rstrip("/") or (runs.pages if desk.on_this_machine else "")
    pages = own if desk.roles() & {Role.ADMINISTRATOR, Role.COORDINATOR} else ""
    said = {state: (shape, _(words)) for state, (shape, words) in SAID_OF_RUNS.items()}
    more = {
        "zone": facts["zone"],
        "rehearsal": facts["rehearsal"],
        "wake_at": facts["wake_at"],
        "walked": facts["walked"],
        "real_now": missions.real_now(),
    }
    return Markup(desk.text("mission_runs.html", runs=runs, pages=pages, said=said, **more))  # noqa: S704 - our own


def _facts(desk: Asked) -> dict[str, Any]:
    with desk.look() as (session, mission, now):
        row, facts = missions.get(session, mission), missions.facts(session, mission)
        names, codes = named(session, mission), coded(session, mission)
        planned = reminding.planned(session, mission, at=now)
        written = letters.reminded(session, mission)
        gone = {one.occasion: one.settled_at for one in written if one.state not in ("late", "cancelled")}
        latest, _count = audit.page(session, mission, most=LATEST)
        stages = _stages(session, mission, names)
        owed = listed(planned, works(session, mission, at=now), gone, names, facts, now)
        _dated(stages, owed, now)
        told = reminded(written)[:REMINDED]
        worded([*owed, *told], partial(desk.text, "owed_words.html"))
        return {
            "told_to": {}, "undecided": undecided(session, mission), "facts": facts, "zone": facts.zone, "now": now, "rehearsal": row.simulated_now is not None, "stages": stages,
            "state": row.state, "held_why": row.held_why or witness.restored(session, mission), "wake_at": row.wake_at,
            "walked": row.walked_revision, "owed": owed,
            "happened": [(said, one.at) for one in latest if (said := sentence(one, codes))],
            "reminded": told, "reminders": len(written),
            "fallen": published(session, mission), "letters": _letters(session, mission),
            "head": next((s.who for s in facts.approval.seats if s.capacity == "head_of_mission"), ""), "known": names,
            "current": _foremost(stages),
        }  # fmt: skip


def _letters(session: Session, mission: str) -> dict[str, int]:
    """How many letters are in which state, in words."""
    return {_(STATES.get(state, state)): count for state, count in letters.counts(session, mission).items()}


def keeping(desk: Asked) -> Runs:
    """What keeps the mission going, and its runs, as they were seen some seconds ago; nobody waits for it."""
    asking: Asking = desk.request.app.state.runs
    return asking.of(desk.mission, desk.mark())
