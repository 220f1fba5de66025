"""`ieom statement show, diff, lint, papers`: what each sentence rests on, what changed, what is to be mended; a copy to
read on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from desk.beside import RECORD, in_words
from desk.cli.context import ByOption, MissionOption, acting, console, look, say
from desk.cli.versions import WIDTH, Language, Number, chosen, findings
from desk.timeline_view import local
from ieom.acts import drafting
from ieom.acts.proving import working_copy
from ieom.folder.claims import load_claims
from ieom.papers import store
from ieom.records import drafts, evidence, missions
from ieom.records.statements import StatementVersion
from ieom.rules import difference
from ieom.rules.evidence import upper_bound
from ieom.rules.linter import COUNTED
from ieom.rules.statement import PEOPLE_ONLY


def show(
    with_evidence: Annotated[
        bool, typer.Option("--evidence", help="The forms behind each sentence, and bounds.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="The text alone.")] = False,
    version: Number = 0,
    language: Language = "en",
    mission: MissionOption = "",
) -> None:
    """Show the statement, paragraph by paragraph, with what each sentence rests on."""
    with look(mission) as (session, slug, now):
        row = chosen(session, slug, version, language)
        zone = missions.facts(session, slug).zone
        found = [] if plain else drafting.lint(session, slug, row, at=now)
        forms = _forms(session, slug, row) if with_evidence else {}
        waiting = drafts.unsettled(session, slug, row.content_hash)
    content = row.content
    say(Text(f"{content['title']}{' (' + content['marking'] + ')' if content['marking'] else ''}", style="bold"))
    say(
        f"Version {row.number} ({row.kind}) of {local(row.at, zone)}, by {row.by}. Evidence until {local(row.cut_off, zone)}."
    )
    wrong = {(one.paragraph, one.sentence) for one in found}
    for one in content["paragraphs"]:
        say()
        marks = " · ".join(
            filter(None, [one["kind"] if one["kind"] != "finding" else "", "edited" if one.get("edited") else ""])
        )
        say(Text.assemble((one["key"], "bold cyan"), (f"  {marks}" if marks else "", "yellow")))
        console.print(Padding(Text(one["text"]), (0, 0, 0, 2)), width=WIDTH)
        for note in one["footnotes"]:
            console.print(Padding(Text(f"[{note}]", style="italic"), (0, 0, 0, 2)), width=WIDTH)
        for number, sentence in enumerate([] if plain else one["sentences"], start=1):
            flagged = (one["key"], sentence["text"]) in wrong
            line = Text(f"{number}  {rests_on(sentence)}", style="red" if flagged else "dim")
            console.print(Padding(line, (0, 0, 0, 4)), width=WIDTH)
            for more in forms.get(sentence["text"], []):
                console.print(Padding(Text(more, style="dim"), (0, 0, 0, 7)), width=WIDTH)
    if content["annex"]:
        table = Table(title="Annex: figures", box=box.SIMPLE_HEAD, title_justify="left")
        for name in ("Observation", "Upheld", "Base", "Only reported"):
            table.add_column(name)
        for figure in content["annex"]:
            table.add_row(figure["label"], figure["figure"], figure["base"], str(figure.get("heard") or "–"))
        console.print(table, width=WIDTH)
    for turn in waiting:
        say(
            f"Turned since: {turn.claim} was {turn.was}, is {turn.verdict}. The head of mission: ieom statement settle {turn.claim}",
            style="red",
        )
    if not plain:
        say(f"Hash {row.content_hash}. " + findings(len(found)))


def rests_on(sentence: dict[str, object]) -> str:
    """What a sentence rests on, in a few words: 'upheld · 3 of 3 visits'."""
    if not sentence["claims"]:
        return "rests on nothing recorded"
    base = str(sentence["base"])
    if base in COUNTED:
        figures = (
            f" · {sentence['n']} of {sentence['answered']} {base if sentence['answered'] != 1 else base.rstrip('s')}"
        )
    else:
        figures = {"records": " · from the records", "outside source": " · the source named"}.get(base, "")
    kind = f" · {sentence['kind']}" if sentence["kind"] in PEOPLE_ONLY else ""
    return f"{sentence['verdict']}{figures}{kind}"


def _forms(session: Session, mission: str, row: StatementVersion) -> dict[str, list[str]]:
    """The forms behind each sentence by its text, and how much 'none in n' can say."""
    claims = {claim.id: claim for claim in load_claims()}
    found: dict[str, list[str]] = {}
    for one in row.content["paragraphs"]:
        for sentence in one["sentences"]:
            lines = []
            for name in sentence["claims"]:
                if name not in claims or claims[name].kind != "observation":
                    continue
                upheld, against = evidence.forms_behind(session, mission, claims[name], cut_off=row.cut_off)
                lines += [f"{word}: {_some(ids)}" for word, ids in (("for", upheld), ("against", against)) if ids]
                if upheld and not against and claims[name].irregularity:
                    lines.append(
                        f"none in {sentence['n']}: at most {100 * upper_bound(sentence['n']):.0f} % had these been a random sample"
                    )
            found[sentence["text"]] = lines
    return found


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def diff(
    old: Annotated[int, typer.Argument(help="The older version; left out: the one before.")] = 0,
    new: Annotated[int, typer.Argument(help="The newer version; left out: the newest.")] = 0,
    language: Language = "en",
    mission: MissionOption = "",
) -> None:
    """Show what changed between two versions, word by word."""
    with look(mission) as (session, slug, _now):
        after = chosen(session, slug, new, language)
        before = chosen(session, slug, old or max(1, after.number - 1), language)
    pairs = [[(one["key"], one["text"]) for one in row.content["paragraphs"]] for row in (before, after)]
    changed = difference.paragraphs(*pairs)
    say(f"Version {before.number} to version {after.number}, by {after.by}{': ' + after.why if after.why else ''}")
    styles = {"same": "", "removed": "red strike", "added": "green underline"}
    marks = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    for key, changes in changed:
        say()
        say(Text(key, style="bold cyan"))
        text = Text()
        for change in changes:
            ahead, behind = marks[change.op]
            text.append(f"{ahead}{change.text}{behind}", style=styles[change.op])
        console.print(Padding(text, (0, 0, 0, 2)), width=WIDTH)
    figures = [[(row["label"], row["figure"]) for row in version.content["annex"]] for version in (before, after)]
    for label, figure in figures[1]:
        was = dict(figures[0]).get(label)
        if was != figure:
            say(f"  annex, {label}: {was or 'nothing'} → {figure}")
    if not changed and figures[0] == figures[1]:
        say("The two say the same.")


def lint(version: Number = 0, language: Language = "en", mission: MissionOption = "") -> None:
    """Say what keeps the statement from being put up for approval: each finding with how to mend it."""
    with look(mission) as (session, slug, now):
        row = chosen(session, slug, version, language)
        found = drafting.lint(session, slug, row, at=now)
    for number, one in enumerate(found, start=1):
        say(Text.assemble((f"{number}. {one.code}", "bold red"), f" in {one.paragraph}: {one.says}"))
        console.print(Padding(Text(one.sentence, style="dim"), (0, 0, 0, 3)), width=WIDTH)
    say(f"Version {row.number}: {findings(len(found))}")


def papers(
    into: Annotated[Path, typer.Option("--into", help="The folder they are put in.", show_default=True)] = Path(),
    version: Number = 0,
    language: Language = "en",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Write a version as PDF and Word for those who work on it, marked as your copy and not for publication."""
    with look(mission) as (session, slug, now):
        row = chosen(session, slug, version, language)
        office = drafting.tell(session, slug, acting(by)).office
        remarks = in_words(session, slug, row, now)
        made = working_copy(session, slug, row, office=office, author=RECORD, remarks=remarks)
    for name, data in made.items():
        store.write(into / name, data)
        say(f"{into / name}")
