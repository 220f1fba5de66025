"""`ieom submit, forms, correct, report-member, count-unfinished, evidence, quarantine`: observers' forms, and what they
uphold."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from desk.cli.context import ByOption, MissionOption, act, acting, look, say
from desk.remarks import remark, silent
from desk.timeline_view import local
from desk.typed import moment
from ieom.acts import counting, observation
from ieom.errors import BadInput, NotFound
from ieom.folder.claims import load_claims
from ieom.folder.forms import load_forms
from ieom.folder.submissions import read_submissions
from ieom.records import evidence as records
from ieom.records import missions, submissions, teams
from ieom.rules.evidence import Claim, Verdict, VerdictKind

Why = Annotated[str, typer.Option("--why", help="The reason; it is kept.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (submit, forms, correct, evidence, quarantine):
        app.command(command.__name__)(command)
    app.command("report-member")(report_member)
    app.command("count-unfinished")(count_unfinished)


def submit(
    files: Annotated[
        list[Path], typer.Argument(help="Forms: .json, a phone's .xml, .csv with --mapping, or a .zip of such.")
    ],
    mapping: Annotated[
        Path | None, typer.Option(help="For a table: the file that says which column answers which question.")
    ] = None,
    telephone: Annotated[bool, typer.Option("--telephone", help="The form was dictated by telephone.")] = False,
    paper: Annotated[bool, typer.Option("--paper", help="The form was typed from paper.")] = False,
    dictated_by: Annotated[str, typer.Option(help="Who dictated it: a member's code.")] = "",
    dictated_to: Annotated[str, typer.Option(help="Who wrote it down: the code of a member or office.")] = "",
    dictated_at: Annotated[str, typer.Option(help="When, local time, such as '2020-08-12 15:30'.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Take in observers' forms. A form that can't be taken is kept aside, never lost; the same form again changes
    nothing."""
    batch = read_submissions(files, mapping=mapping)
    if telephone and paper:
        raise BadInput("a form comes by telephone or from paper, not both")
    channel = "telephone" if telephone else "paper" if paper else "file"
    with act(mission) as (session, slug, at):
        facts = missions.facts(session, slug)
        if telephone:
            when = moment(dictated_at, facts) if dictated_at else None
            taken = _dictated(session, slug, acting(by), at, batch.documents, dictated_by, dictated_to, when)
        else:
            taken = observation.submit_many(
                session, slug, by=acting(by), at=at, documents=batch.documents, channel=channel
            )
        last = submissions.flagged(session, slug)
    say(f"{_forms(taken.new)} taken, {taken.again} in already, {len(taken.problems)} kept aside.")
    ids = {document.get("instance_id") for document in batch.documents}
    for row, flag in last:
        if row.instance_id in ids:
            say(f"Look at this: {row.form} of {row.team} at {row.station}: {remark(load_forms(), flag.detail)}.")
    for says in silent(batch.silent):
        say(f"{says}. They say nothing in a column that answers a question.")
    for question, cells in batch.off_code.items():
        shown = ", ".join(f"'{cell}' ({count})" for cell, count in cells.most_common(5))
        say(f"No answer to {question}: {shown}.")
    if taken.problems:
        raise BadInput("\n".join([*map(str, taken.problems), "'ieom quarantine' lists the forms kept aside"]))


def _dictated(
    session: Session, slug: str, by: str, at: datetime, documents: Any, dictated_by: str, to: str, when: datetime | None
) -> observation.Taken:
    receipts = [
        observation.submit(
            session, slug, by=by, at=at, document=document, channel="telephone", dictated_by=dictated_by, dictated_to=to,
            dictated_at=when,
        )
        for document in documents
    ]  # fmt: skip
    problems = [receipt.problem for receipt in receipts if receipt.problem is not None]
    again = sum(receipt.again for receipt in receipts)
    return observation.Taken(len(receipts) - again - len(problems), again, problems)


def _forms(count: int) -> str:
    return f"{count} form{'' if count == 1 else 's'}"


def forms(mission: MissionOption = "") -> None:
    """Show which planned forms are in, which are missing and since when, and what the checks noticed."""
    with look(mission) as (session, slug, now):
        zone = missions.facts(session, slug).zone
        stops = teams.visits(session, slug)
        owed = {(stop.team, stop.position) for stop in teams.missing(session, slug)}
        visited, kinds = records.base(session, slug)
        flags = submissions.flagged(session, slug)
        aside = len(submissions.quarantined(session, slug))
        late = [stop for stop in stops if (stop.team, stop.position) in owed and stop.due_at <= now]
        in_ = len([stop for stop in stops if stop.struck_at is None]) - len(owed)
        parts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        said = f"{in_} of {in_ + len(owed)} planned forms are in; {len(late)} late."
        said += f" In all {_forms(sum(kinds.values()))} ({parts}) from {_stations(visited)}." if kinds else ""
        say(said + (f" {_forms(aside)} kept aside: 'ieom quarantine'." if aside else ""))
        table = Table("team", "stop", "station", "form", "due", "", title=None, box=None)
        for stop in stops:
            state = "struck: " + stop.struck_why if stop.struck_at else "in"
            if (stop.team, stop.position) in owed:
                missing = int((now - stop.due_at).total_seconds() // 60)
                state = f"missing for {missing} min" if missing >= 0 else "not due yet"
            due = local(stop.due_at, zone, short=True)
            table.add_row(stop.team, str(stop.position), stop.station, stop.form, due, state)
        if stops:
            say(table)
        for row, flag in flags:
            say(
                f"Look at this: {row.form} of {row.team} at {row.station}: {remark(load_forms(), flag.detail)} ({row.instance_id})."
            )


def correct(
    form: Annotated[str, typer.Argument(help="The form's id, as 'ieom forms' or 'ieom evidence' shows it.")],
    question: Annotated[str, typer.Argument(help="The question's code, such as campaign_activity_nearby.")],
    answer: Annotated[str, typer.Argument(help="The answer that holds; several with blanks between.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Write down a team's correction at the debriefing. Both answers are kept, with the reason."""
    with act(mission) as (session, slug, at):
        observation.correct(session, slug, by=acting(by), at=at, instance=form, question=question, new=answer, why=why)
    say(f"{question} is '{answer}' now; the former answer is kept beside it.")


def report_member(
    member: Annotated[str, typer.Argument(help="The member's code.")],
    what: Annotated[str, typer.Option(help="What was reported, and by whom.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Write down a report or complaint against a member; 'without interfering' then needs an answer."""
    with act(mission) as (session, slug, at):
        observation.report_member(session, slug, by=acting(by), at=at, member=member, what=what)
    say(f"The report against {member} is written down.")


def count_unfinished(why: Why, mission: MissionOption = "", by: ByOption = "") -> None:
    """Don't wait for the count: the statement becomes preliminary, says nothing of the count, is supplemented later."""
    with act(mission) as (session, slug, at):
        counting.leave_unfinished(session, slug, by=acting(by), at=at, why=why)
    say("The statement does not wait for the count; it will be marked preliminary.")


def evidence(
    claim: Annotated[str, typer.Argument(help="One claim's id, with its forms; left out: all.")] = "",
    mission: MissionOption = "",
) -> None:
    """Show what observers' forms say of each claim: upheld, contradicted, mixed or unobserved, with n of N."""
    claims = load_claims()
    with look(mission) as (session, slug, _now):
        visited, kinds = records.base(session, slug)
        verdicts = records.verdicts(session, slug, claims)
        if claim:
            _one(session, slug, next((one for one in claims if one.id == claim), None), claim, verdicts)
            return
        counts = Counter(verdict.kind for verdict in verdicts.values())
        total = sum(kinds.values())
        shown = ", ".join(f"{counts[kind]} {kind}" for kind in VerdictKind if counts[kind])
        say(f"{_forms(total)} from {_stations(visited)}: {shown}.")
        if kinds:
            table = Table("claim", "finding", "n of N", "stations", "told", "", box=None)
            for one in claims:
                verdict = verdicts.get(one.id)
                if verdict is not None and (verdict.kind is not VerdictKind.UNOBSERVED or verdict.heard):
                    table.add_row(one.id, str(verdict.kind), _figure(verdict), str(verdict.stations),
                                  str(verdict.heard or ""), _bound(verdict))  # fmt: skip
            say(table)
        say(f"Digest of the evidence: {records.digest(session, slug)}")


def _figure(verdict: Verdict) -> str:
    return (
        f"{verdict.n} of {verdict.answered} {verdict.base if verdict.answered != 1 else verdict.base.removesuffix('s')}"
    )


def _stations(count: int) -> str:
    return f"{count} station{'' if count == 1 else 's'}"


def _bound(verdict: Verdict) -> str:
    bound = verdict.detail.get("upper_bound")
    return f"none against; at most {100 * bound:.0f} % (95 %) were it a random sample" if bound is not None else ""


def _one(session: Session, slug: str, claim: Claim | None, name: str, verdicts: dict[str, Verdict]) -> None:
    if claim is None:
        raise NotFound(f"there is no claim '{name}'; 'ieom evidence' lists them")
    if claim.kind != "observation":
        raise BadInput(f"'{name}' rests on no form: it is of the kind '{claim.kind}'")
    verdict = verdicts[claim.id]
    say(f"{claim.label}: {verdict.kind}, {_figure(verdict)}, {_stations(verdict.stations)}. {_bound(verdict)}".rstrip())
    if verdict.heard:
        say(f"Told to observers, not seen: {verdict.heard}.")
    for side, answers in (("upheld by", claim.upheld_by), ("contradicted by", claim.contradicted_by)):
        for question, values in answers.items():
            say(f"  {side} {question}: {', '.join(values)}")
    good, bad = records.forms_behind(session, slug, claim)
    for says, ids in (("Forms that uphold it", good), ("Forms that contradict it", bad)):
        if ids:
            say(f"{says}: {', '.join(ids)}")


def quarantine(
    form: Annotated[str, typer.Argument(help="The beginning of a form's hash, as the list shows it.")] = "",
    amended: Annotated[Path | None, typer.Option(help="Take this file's form in its place.")] = None,
    put_away: Annotated[bool, typer.Option("--put-away", help="Put the form away; it is kept.")] = False,
    why: Annotated[str, typer.Option(help="What was amended and on whose word, or why it is put away.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """List the forms kept aside; show one; or settle it, with an amended file or by putting it away."""
    if not form:
        with look(mission) as (session, slug, _now):
            rows = submissions.quarantined(session, slug)
            say("No form is kept aside." if not rows else f"{_forms(len(rows))} kept aside:")
            for row in rows:
                say(f"  {row.content_hash[:12]}  {row.why}")
        return
    if amended is None and not put_away:
        with look(mission) as (session, slug, _now):
            found = [
                row for row in submissions.quarantined(session, slug, settled=True) if row.content_hash.startswith(form)
            ]
            if not found:
                raise NotFound(f"no form kept aside begins with '{form}'")
            for row in found:
                say(row.why)
                say(json.dumps(row.document, ensure_ascii=False, indent=2))
        return
    if amended is not None and put_away:
        raise BadInput("a form is taken amended or put away, not both")
    documents = read_submissions([amended]).documents if amended else ()
    if amended and len(documents) != 1:
        raise BadInput(f"{amended.name} holds {len(documents)} forms; one is to take this one's place")
    with act(mission) as (session, slug, at):
        row = observation.settle(
            session, slug, by=acting(by), at=at, content=form, why=why, document=documents[0] if documents else None
        )
    say(f"Taken as {row.settled_as}." if row.settled_as else "Put away; it is kept.")
