"""`ieom statement`: the draft, what each sentence rests on, what changed, and what people answer for by name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from desk.cli.context import ByOption, MissionOption, act, acting, console, look, say
from desk.timeline_view import local
from ieom.acts import drafting
from ieom.errors import BadInput, NotFound
from ieom.folder.claims import load_claims
from ieom.records import drafts, evidence, missions
from ieom.records.statements import StatementVersion
from ieom.rules import difference
from ieom.rules.evidence import upper_bound
from ieom.rules.linter import COUNTED
from ieom.rules.statement import PEOPLE_ONLY

Why = Annotated[str, typer.Option("--why", help="The reason; it stands in the audit chain's records beside your name.")]
Language = Annotated[str, typer.Option("--language", "-l", help="The statement's language.")]
Number = Annotated[int, typer.Option("--version", "-v", help="A version's number; left out: the newest.")]
WIDTH = 80


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="The statement: drafted from the record, edited, answered for.")
    for name, command in (
        ("draft", draft), ("show", show), ("edit", edit), ("diff", diff), ("lint", lint), ("override", override),
        ("set-aside", set_aside), ("attest", attest), ("settle", settle), ("dissociate", dissociate),
        ("translate", translate), ("versions", versions), ("ready", ready),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="statement")


def draft(
    afresh: Annotated[bool, typer.Option("--afresh", help="Give up what was edited; else edits are kept.")] = False,
    why: Why = "",
    language: Language = "en",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Draft the statement from the record as it is now. Edited paragraphs stand unless --afresh is given."""
    with act(mission) as (session, slug, at):
        before = drafts.newest(session, slug, language)
        row = drafting.draft(session, slug, by=acting(by), at=at, why=why, language=language, afresh=afresh)
        found = len(drafting.lint(session, slug, row, at=at))
        changed = drafting.changed(before, row)
    if before is not None and before.number == row.number:
        say(f"The record gives the same text: version {row.number} stands.")
    else:
        say(f"Version {row.number} ({row.kind}); changed: {', '.join(changed) or 'figures alone'}.")
    say(_findings(found))


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
        row = _version(session, slug, version, language)
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
        say(f"Hash {row.content_hash}. " + _findings(len(found)))


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


def edit(
    paragraph: Annotated[str, typer.Argument(help="The paragraph's key, as 'show' has it.")],
    text: Annotated[str, typer.Option("--text", help="The new text.")] = "",
    file: Annotated[Path | None, typer.Option("--file", help="A text file that holds the new text.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the paragraph out.")] = False,
    after: Annotated[str, typer.Option("--after", help="Add a new paragraph after this one.")] = "",
    why: Why = "",
    language: Language = "en",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Give a paragraph another text. This makes a new version; the old one stays."""
    if sum(map(bool, (remove, text, file))) != 1:
        raise BadInput("give the new text with --text or --file, or --remove the paragraph")
    with look(mission) as (session, slug, _now):
        seen = _version(session, slug, 0, language)
    if file is not None:
        text = file.read_text("utf-8")
    if not remove and not text.strip():
        raise BadInput("the text is empty; --remove takes a paragraph out")
    with act(mission) as (session, slug, at):
        row = drafting.edit(
            session, slug, by=acting(by), at=at, paragraph=paragraph, text=text, why=why, language=language, after=after,
            seen=seen.number,
        )  # fmt: skip
        found = len(drafting.lint(session, slug, row, at=at))
    say(f"Version {row.number}: paragraph '{paragraph}' {'taken out' if remove else 'changed'}. {_findings(found)}")


def diff(
    old: Annotated[int, typer.Argument(help="The older version; left out: the one before.")] = 0,
    new: Annotated[int, typer.Argument(help="The newer version; left out: the newest.")] = 0,
    language: Language = "en",
    mission: MissionOption = "",
) -> None:
    """Show what changed between two versions, word by word."""
    with look(mission) as (session, slug, _now):
        after = _version(session, slug, new, language)
        before = _version(session, slug, old or max(1, after.number - 1), language)
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
        row = _version(session, slug, version, language)
        found = drafting.lint(session, slug, row, at=now)
    for number, one in enumerate(found, start=1):
        say(Text.assemble((f"{number}. {one.code}", "bold red"), f" in {one.paragraph}: {one.says}"))
        console.print(Padding(Text(one.sentence, style="dim"), (0, 0, 0, 3)), width=WIDTH)
    say(f"Version {row.number}: {_findings(len(found))}")


def override(
    finding: Annotated[int, typer.Argument(help="The finding's number, as 'lint' has it.")],
    why: Why,
    language: Language = "en",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Let a sentence stand that the linter refuses, in your name and for a reason."""
    with act(mission) as (session, slug, at):
        found = drafting.lint(session, slug, _version(session, slug, 0, language), at=at)
        if not 1 <= finding <= len(found):
            raise NotFound(f"there is no finding {finding}; 'ieom statement lint' lists {len(found)}")
        one = found[finding - 1]
        drafting.override(
            session, slug, by=acting(by), at=at, finding=one.code, sentence=one.sentence, why=why, language=language
        )
    say(f"'{one.code}' in {one.paragraph} stands, in the name of {by}.")


def set_aside(
    claim: Annotated[str, typer.Argument(help="The irregularity's claim, such as no_group_voting.")],
    why: Why,
    form: Annotated[str, typer.Option(help="As this form recorded it; left out: as all forms until now did.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Leave an observed irregularity out of the statement and its annex, in your name and for a reason."""
    with act(mission) as (session, slug, at):
        count = drafting.set_aside(session, slug, by=acting(by), at=at, claim=claim, why=why, instance=form)
    say(f"Set aside in {count} form{'' if count == 1 else 's'}. 'ieom statement draft' leaves it out.")


def attest(
    claim: Annotated[
        str, typer.Argument(help="'conduct' (the Mission's own), or 'scope' (the conclusion without it).")
    ],
    why: Why = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """The head of mission answers for what no form can show."""
    with act(mission) as (session, slug, at):
        drafting.attest(session, slug, by=acting(by), at=at, claim=claim, why=why)
    say(f"Attested: {claim}.")


def settle(
    claim: Annotated[str, typer.Argument(help="The claim whose finding turned, as 'show' has it.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """The head of mission decides that a text stands although a finding turned since."""
    with act(mission) as (session, slug, at):
        count = drafting.settle_turned(session, slug, by=acting(by), at=at, claim=claim, why=why)
    say(f"Settled: {count}.")


def dissociate(
    paragraph: Annotated[str, typer.Argument(help="The paragraph's key.")],
    state: Annotated[str, typer.Option(help="The state's two letters.")],
    omit: Annotated[
        bool, typer.Option("--omit", help="The paragraph is left out, as agreed; else a footnote.")
    ] = False,
    note: Annotated[str, typer.Option(help="The footnote's text as agreed; left out: the usual one.")] = "",
    why: Why = "",
    language: Language = "en",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that a state dissociates itself from a paragraph, by a footnote or an omission."""
    with act(mission) as (session, slug, at):
        row = drafting.dissociate(
            session, slug, by=acting(by), at=at, state=state, paragraph=paragraph, how="omission" if omit else "footnote",
            note=note, why=why, language=language,
        )  # fmt: skip
    say(f"Version {row.number}.")


def translate(
    file: Annotated[
        Path, typer.Argument(help='A TOML file: title = "...", and under [paragraphs] a text for each key.')
    ],
    language: Annotated[str, typer.Option("--language", "-l", help="The language of the file.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Take in a translation of the newest version, paragraph by paragraph."""
    try:
        read = tomllib.loads(file.read_text("utf-8"))
        title, texts = str(read["title"]), {str(key): str(text) for key, text in read["paragraphs"].items()}
        frame = {str(key): str(text) for key, text in read.get("frame", {}).items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, AttributeError) as problem:
        raise BadInput(
            f"{file.name} can't be read as a translation: {problem}; it has 'title' and [paragraphs]"
        ) from None
    with act(mission) as (session, slug, at):
        row = drafting.translate(
            session, slug, by=acting(by), at=at, language=language, texts=texts, title=title, frame=frame
        )
    say(f"Version {row.number} in {language}.")


def versions(mission: MissionOption = "") -> None:
    """List every version: when, by whom, why."""
    with look(mission) as (session, slug, _now):
        rows = drafts.versions(session, slug)
        zone = missions.facts(session, slug).zone
        marks = {row.content_hash: drafting.is_ready(session, slug, row.content_hash) for row in rows}
    if not rows:
        say("There is no draft yet; 'ieom statement draft' writes one.")
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("No.", "Kind", "When", "By", "Why", "Hash"):
        table.add_column(name)
    for row in rows:
        asked = " (approval asked)" if marks[row.content_hash] else ""
        table.add_row(
            f"{row.number} {row.language}",
            row.kind,
            local(row.at, zone, short=True),
            row.by,
            row.why + asked,
            row.content_hash[:12],
        )
    console.print(table)


def ready(language: Language = "en", mission: MissionOption = "", by: ByOption = "") -> None:
    """Ask for approval of the newest version. Refused while the linter has findings."""
    with act(mission) as (session, slug, at):
        row = drafting.ready(session, slug, by=acting(by), at=at, language=language)
    say(f"Approval is asked for version {row.number}, {row.content_hash[:16]}….")


def _version(session: Session, mission: str, number: int, language: str) -> StatementVersion:
    if number:
        return drafts.number(session, mission, number, language)
    row = drafts.newest(session, mission, language)
    if row is None:
        raise NotFound("there is no draft yet; 'ieom statement draft' writes one")
    return row


def _findings(count: int) -> str:
    if not count:
        return "Nothing to mend; 'ieom statement ready' asks for approval."
    return f"{count} finding{'' if count == 1 else 's'} to mend or answer for: 'ieom statement lint'."
