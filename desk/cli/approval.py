"""`ieom approve` and `ieom approval`: deciding on the statement, and who has."""

from __future__ import annotations

from typing import Annotated

import typer
from rich import box
from rich.table import Table

from desk.cli.context import ByOption, MissionOption, act, acting, console, look, say
from desk.timeline_view import local
from ieom.acts import approval as acts
from ieom.acts import correcting
from ieom.errors import BadInput
from ieom.records import approvals, missions

Who = Annotated[str, typer.Argument(help="The approver's code, such as kg-1.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(approve)
    group = typer.Typer(no_args_is_help=True, help="Rounds of approval: who decided what, decisions by telephone.")
    for name, command in (
        ("status", status), ("record", record), ("confirm", confirm), ("take-back", take_back), ("contradict", contradict), ("stop", stop),
        ("correct", correct), ("agree", agree), ("drop", drop),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="approval")


def approve(
    comment: Annotated[str, typer.Option("--comment", help="Approve, with this comment.")] = "",
    changes: Annotated[str, typer.Option("--changes", help="Ask for changes: which.")] = "",
    abstain: Annotated[bool, typer.Option("--abstain", help="A member state: neither yes nor no.")] = False,
    dissociate: Annotated[
        str, typer.Option("--dissociate", help="A member state: the key of the paragraph it dissociates itself from.")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="With --dissociate: the footnote it wants, or 'omit'.")] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="A member state leaves the mission: its seat and its members go.")
    ] = False,
    version_hash: Annotated[str, typer.Option("--hash", help="The hash of the text you read, or its beginning.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Decide on the statement that was put to you: approve it, or say otherwise. A decision is never changed."""
    chosen = [
        (name, text)
        for name, given, text in (
            ("approve_with_comment", comment, comment), ("changes", changes, changes), ("abstain", abstain, ""),
            ("dissociate", dissociate, note), ("withdraw", withdraw, ""),
        )
        if given
    ]  # fmt: skip
    if len(chosen) > 1:
        raise BadInput("decide one thing: a comment, changes, abstain, dissociate or withdraw")
    if note and not dissociate:
        raise BadInput("--note goes with --dissociate PARAGRAPH")
    decision, words = chosen[0] if chosen else ("approve", "")
    with act(mission) as (session, slug, at):
        row = acts.decide(
            session, slug, by=acting(by), at=at, decision=decision, comment=words, version_hash=version_hash,
            paragraph=dissociate,
        )  # fmt: skip
    say(f"Recorded: {decision.replace('_', ' ')}, on the text {row.content_hash[:16]}…")
    if decision == "dissociate":
        say(
            "The round ends unless the text says so already; once agreed, 'ieom statement dissociate' makes the version."
        )
    if decision == "withdraw":
        say(
            "The state has left the mission and the round has ended; 'ieom statement draft' writes the text without it."
        )


def status(mission: MissionOption = "") -> None:
    """Show the newest round: who was asked, who decided what, on which text."""
    with look(mission) as (session, slug, _now):
        round_ = acts.newest_round(session, slug)
        if round_ is None:
            say("No round has been opened. It opens when the drafter asks for approval: 'ieom statement ready'.")
            return
        zone = missions.facts(session, slug).zone
        say(
            f"Round {round_.number}: {round_.status.replace('_', ' ')}{' - ' + round_.ended_why if round_.ended_why else ''}"
        )
        for language, digest in round_.hashes.items():
            say(f"Text ({language}): {digest}")
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("Seat", overflow="fold", min_width=12)
        for head in ("Decision", "When", "How"):
            table.add_column(head, overflow="fold")
        said, waits = [], approvals.waiting(session, round_.id)
        for seat, state, decision in acts.seats(session, round_):
            who = f"{seat.who}, {seat.capacity.replace('_', ' ')}"
            if decision is None:
                since = f"since {local(seat.asked_at, zone, short=True)}" if seat.asked_at else ""
                table.add_row(who, "waits" if seat.asked_at else "not asked yet", since, "")
                record = waits.get(seat.id)
                if record is not None:
                    words = f"{record.decision.replace('_', ' ')}, {record.channel}, by {record.recorded_by}"
                    said.append(f"Recorded for {seat.who}, to be confirmed by another person: {words}")
                continue
            words = decision.decision.replace("_", " ") + ("" if state.counts else " (does not count)")
            how = decision.channel.replace("_", " ") + (f", by {decision.by}" if decision.by != seat.who else "")
            table.add_row(who, words, local(decision.at, zone, short=True), how)
            if decision.comment or decision.paragraph:
                about = f" on '{decision.paragraph}'" if decision.paragraph else ""
                said.append(f"{seat.who}{about}: {decision.comment or 'no words given'}")
        console.print(table)
        for line in said:
            say(line)
        corrected = correcting.waiting(session, round_)
        if corrected is not None:
            say(f"A correction of '{corrected.paragraph}' waits for {corrected.second}: {corrected.text}")
            say(f"It would give the hash {corrected.new_hash}; 'ieom approval agree' agrees to it.")


def record(
    who: Who,
    decision: Annotated[str, typer.Argument(help="approve, changes, abstain, dissociate or withdraw.")],
    channel: Annotated[str, typer.Option(help="telephone or paper.")],
    evidence: Annotated[str, typer.Option(help="What shows it: the call, or where the signed paper is filed.")],
    comment: Annotated[str, typer.Option(help="The approver's words, where the decision needs them.")] = "",
    paragraph: Annotated[str, typer.Option(help="The paragraph's key, for a dissociation.")] = "",
    version_hash: Annotated[
        str, typer.Option("--hash", help="The hash that was read out, or stands on the paper.")
    ] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record a decision given by telephone or on signed paper. A second person confirms it; the approver is told."""
    with act(mission) as (session, slug, at):
        acts.record_decision(
            session, slug, by=acting(by), at=at, who=who, decision=decision, channel=channel, evidence=evidence,
            comment=comment, paragraph=paragraph, version_hash=version_hash,
        )  # fmt: skip
    say(f"Recorded for {who}; it counts once another person runs 'ieom approval confirm {who}'.")


def confirm(who: Who, mission: MissionOption = "", by: ByOption = "") -> None:
    """Confirm a decision that a colleague recorded."""
    with act(mission) as (session, slug, at):
        acts.confirm_decision(session, slug, by=acting(by), at=at, who=who)
    say(f"Confirmed for {who}.")


def take_back(
    who: Who,
    why: Annotated[str, typer.Option(help="The reason; the approver is told.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Take back what was recorded for somebody by a slip, before a second person confirms it."""
    with act(mission) as (session, slug, at):
        acts.take_back(session, slug, by=acting(by), at=at, who=who, why=why)
    say(f"Taken back; nothing is on record for {who}, who is told and is still asked.")


def contradict(
    why: Annotated[str, typer.Option(help="What was wrong.")] = "", mission: MissionOption = "", by: ByOption = ""
) -> None:
    """Say that the decision recorded for you is not yours. Possible until the release."""
    with act(mission) as (session, slug, at):
        void = acts.contradict(session, slug, by=acting(by), at=at, why=why)
    if void:
        say("Recorded; the round is void, and a new one asks everybody again with the next run.")
    else:
        say("Recorded; that decision counts for nothing.")


def stop(why: Annotated[str, typer.Option(help="The reason.")], mission: MissionOption = "", by: ByOption = "") -> None:
    """Stop the open round."""
    with act(mission) as (session, slug, at):
        acts.stop(session, slug, by=acting(by), at=at, why=why)
    say("The round is stopped.")


def correct(
    paragraph: Annotated[str, typer.Argument(help="The paragraph's key.")],
    text: Annotated[str, typer.Option(help="Its new text.")],
    second: Annotated[str, typer.Option(help="The second approver's code.")],
    language: Annotated[str, typer.Option(help="Which authentic language.")] = "en",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """The head of mission proposes an editorial correction of the approved text: no name, number, date, negation or
    finding. The second approver is asked by letter, and nothing changes until they agree."""
    with act(mission) as (session, slug, at):
        row = acts.editorial_correction(
            session, slug, by=acting(by), at=at, second=second, paragraph=paragraph, text=text, language=language
        )
    say(f"Proposed; it takes effect once {second} runs 'ieom approval agree {row.new_hash[:16]}'.")


def agree(
    version_hash: Annotated[str, typer.Argument(help="The hash of the corrected text, or its beginning.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Agree, as the second approver, to the head's editorial correction. All approvers are told the difference."""
    with act(mission) as (session, slug, at):
        row = acts.agree(session, slug, by=acting(by), at=at, version_hash=version_hash)
    say(f"Corrected; version {row.number} has the hash {row.content_hash}. All approvers are told the difference.")


def drop(mission: MissionOption = "", by: ByOption = "") -> None:
    """Take a proposed editorial correction back, or decline it."""
    with act(mission) as (session, slug, at):
        acts.drop(session, slug, by=acting(by), at=at)
    say("The correction is dropped; the approved text stands as it is.")
