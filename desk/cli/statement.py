"""`ieom statement`: the draft and its versions, until approval is asked for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from desk.cli.answering import attest, dissociate, override, set_aside, settle
from desk.cli.context import ByOption, MissionOption, act, acting, console, look, say
from desk.cli.reading import diff, lint, papers, show
from desk.cli.versions import Language, Why, chosen, findings
from desk.timeline_view import local
from ieom.acts import drafting
from ieom.errors import BadInput
from ieom.records import drafts, missions


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="The statement: drafted from the record, edited, answered for.")
    for name, command in (
        ("draft", draft), ("show", show), ("papers", papers), ("edit", edit), ("diff", diff), ("lint", lint), ("override", override),
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
    say(findings(found))


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
        seen = chosen(session, slug, 0, language)
    if file is not None:
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError:
            raise BadInput(f"{file} is no text file in UTF-8; save it again as plain text") from None
    if not remove and not text.strip():
        raise BadInput("the text is empty; --remove takes a paragraph out")
    with act(mission) as (session, slug, at):
        row = drafting.edit(
            session, slug, by=acting(by), at=at, paragraph=paragraph, text=text, why=why, language=language, after=after,
            seen=seen.number,
        )  # fmt: skip
        found = len(drafting.lint(session, slug, row, at=at))
    say(f"Version {row.number}: paragraph '{paragraph}' {'taken out' if remove else 'changed'}. {findings(found)}")


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
