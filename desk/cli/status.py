"""`ieom status`: where a mission stands, as a picture or as JSON."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.text import Text
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.chronicle import letters_of
from desk.cli.context import MissionOption, engine, look, say
from desk.mail_words import troubles
from desk.timeline_view import local, timeline
from ieom.acts import witness
from ieom.errors import BadInput
from ieom.mail.smtp import Account
from ieom.records import missions, standings
from ieom.records.base import reading
from ieom.records.letters import Letter, undelivered
from ieom.settings import settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    mission: MissionOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="For other programs: one JSON document.")] = False,
) -> None:
    """Show where a mission stands: its seven stages, what each waits for, and the letters."""
    with reading(engine()) as session:
        slugs = missions.all_slugs(session)
    if not mission and len(slugs) != 1:
        _list(slugs, as_json=as_json)
        return
    with look(mission) as (session, slug, now):
        row, facts = missions.get(session, slug), missions.facts(session, slug)
        stood = standings.of(session, slug)
        counted = select(Letter.state, func.count().label("count")).where(Letter.mission == slug).group_by(Letter.state)
        letters = {row.state: row.count for row in session.execute(counted)}
        waits = letters_wait(session, slug)
        told = [
            {"letter": one.id, "what": letters_of(one.kind), "to": one.to_office, "state": one.state, "became": said}
            for one, said in troubles(session, slug)
        ]
        of_releases = [row for row in undelivered(session, slug) if row.release is not None]
        held_why = row.held_why or (witness.restored(session, slug) if row.state != "held" else None)
    if as_json:
        document = {
            "mission": slug,
            "title": facts.title,
            "state": row.state,
            "held_why": held_why,
            "now": now.isoformat(),
            "zone": facts.zone,
            "wake_at": row.wake_at.isoformat() if row.wake_at else None,
            "stages": [
                {
                    "stage": s.stage,
                    "state": s.state,
                    "says": s.says,
                    "until": s.until.isoformat() if s.until else None,
                    "waits_for": list(s.waits_for),
                    "since": since.isoformat(),
                }
                for s, since in stood
            ],
            "letters": letters,
            "letters_wait": waits or None,
            "letters_to_see_to": told,
            "release_letters_to_see_to": len(of_releases),
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    say(Text(facts.title, style="bold"))
    rehearsal = " (a rehearsal's clock)" if row.simulated_now else ""
    say(f"Now {local(now, facts.zone)} in {facts.zone}{rehearsal}.")
    if row.state != "open" or held_why:
        say(Text(f"The mission is {row.state}: {held_why or 'no reason is recorded'}", style="red"))
    if not stood:
        say("No run has walked this mission yet: 'ieom start' does, 'ieom serve' goes on doing so.")
    say(timeline(stood, facts.zone))
    if letters:
        parts = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(letters.items()))
        say(f"Letters: {parts}.")
    if waits:
        say(waits)
    for one in told:
        mend = "settle" if one["state"] == "in_doubt" else "again"
        say(
            f"Letter {one['letter']} to {one['to']}: {one['what']}. {one['became']} 'ieom letters {mend} {one['letter']}'."
        )
    if of_releases:
        count = len(of_releases)
        says = "letter of a release did" if count == 1 else "letters of releases did"
        say(
            f"{count} {says} not arrive: 'ieom release ledger' shows which, 'ieom letters again' or 'seen' sees to them."
        )


def letters_wait(session: Session, mission: str) -> str:
    """Why letters that could have gone wait, in a sentence; empty when none does."""
    waiting = Letter.mission == mission, Letter.state.in_(["queued", "deferred"])
    if not session.scalar(select(func.count()).where(*waiting)):
        return ""
    try:
        Account.of(settings())
    except BadInput as missing:
        return f"Letters wait: {missing}."
    answered = select(Letter.answer).where(*waiting, Letter.answer.is_not(None))
    answer = session.scalar(answered.order_by(Letter.id.desc()).limit(1))
    return f"Some wait, because of the mail server: {answer}" if answer else ""


def _list(slugs: list[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"missions": slugs}))
    elif not slugs:
        say("There is no mission yet. 'ieom new FOLDER' begins one, 'ieom open FOLDER' takes one in.")
    else:
        say("Missions (see one with 'ieom status --mission NAME'):")
        for slug in slugs:
            say(f"  {slug}")
