"""How the command line speaks: help in the words of a secretariat, commands in the order of a mission's life, and what
was typed wrongly said in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import typer
from sqlalchemy.exc import DBAPIError, IntegrityError

from ieom.errors import Fault, IeomError

PANELS: Mapping[str, tuple[str, ...]] = {
    "Where a mission stands": ("status", "reminders", "letters", "audit"),
    "Beginning": ("demo", "desk", "new", "check", "open", "start", "serve", "accounts"),
    "1 Delegation assembly": (
        "invitation", "nominate", "item", "waive", "take-back", "declare", "appoint", "head", "decline", "brief", "accredit",
        "delegation", "register", "vault",
    ),
    "2 Pre-election meetings": ("meeting", "deployment"),
    "3, 4 Election day and count": (
        "check-in", "submit", "forms", "correct", "evidence", "quarantine", "report-member", "count-unfinished",
    ),
    "5 Statement drafting": ("statement",),
    "6 Approval": ("approve", "approval"),
    "7 Press release distribution": ("media", "release", "bounces", "press-conference", "newsroom", "complaint", "keys", "verify"),
    "When plans change": (
        "postpone", "extend", "round", "suspend", "evacuate", "resume", "hold", "go-on", "replace-head", "replace-approver", "state-joins",
        "state-withdraws", "stations",
    ),
}  # fmt: skip
"""Each command's place in `ieom --help`."""

TYPES = {"bool": "", "str": "text", "int": "number", "float": "number", "path": "file", "%Y-%m-%d": "date"}
"""What an option takes, in place of a programmer's word for it."""

REPLACED = (
    (re.compile(r"Input should be a valid (integer|number).*"), "a number is wanted"),
    (re.compile(r"Value error, (.*) does not match the formats? '%Y-%m-%d'"), r"\1 is no date; write it like 2020-08-12"),
    (re.compile(r"Value error, "), ""),
    (re.compile(r"Got unexpected extra arguments?\(?s?\)? \((.*)\)"), r"'\1' is one word too many; put quotes round words that belong together"),
    (re.compile(r"^No such option: (\S+)(?<!\.)$"), r"There is no option \1"),
    (re.compile(r"^No such option: "), "There is no option "),
    (re.compile(r"^Option ('\S+') requires an argument"), r"\1 needs a value after it"),
    (re.compile(r" \(Possible options?: (.*)\)"), r". Did you mean \1?"),
    (re.compile(r"^No such command "), "There is no command "),
    (re.compile(r"^Missing (argument|option) "), "Still missing: "),
    (re.compile(r"^Invalid value for "), ""),
)  # fmt: skip
"""Typer's words for what was typed wrongly, and ours."""


def arrange(app: typer.Typer) -> Any:
    """The command made of `app`: each command in its panel of `ieom --help`, in the order of a mission's life, with
    help in a person's words."""
    panel = {name: title for title, names in PANELS.items() for name in names}
    order = {name: number for number, name in enumerate(panel)}
    command: Any = typer.main.get_command(app)
    command.commands = dict(sorted(command.commands.items(), key=lambda one: order[one[0]]))
    for name, one in command.commands.items():
        one.rich_help_panel = panel[name]
    _in_words(command)
    return command


def _in_words(command: Any) -> None:
    """Name what an option takes as a person would; let the terminal, not the source, break the help's lines."""
    command.help = re.sub(r"(?<!\n)\n(?!\n)", " ", command.help or "")
    help_option = command.get_help_option(command.context_class(command))
    vars(command)["get_help_option"] = lambda ctx: help_option
    for parameter in (*command.params, help_option):
        vars(parameter)["display_type_rich"] = partial(_type, parameter.display_type_rich)
    for below in getattr(command, "commands", {}).values():
        _in_words(below)


def _type(named: Any, ctx: Any) -> str:
    said = str(named(ctx=ctx) or "").rstrip(".").strip("<>")
    said = said.removeprefix("list[").removesuffix("]")
    return TYPES.get(said, said)


def mistyped(error: Any) -> str:
    """What was typed wrongly, in one line, and where the help is."""
    said = " ".join(str(error.format_message()).split()).rstrip(".")
    for pattern, words in REPLACED:
        said = pattern.sub(words, said)
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "ieom"
    return f"{said}{'' if said.endswith('?') else '.'} '{path} --help' explains."


def typed(error: IeomError | Fault) -> str:
    """What went wrong, and the command that does what is to be done."""
    return f"{error}; {error.command}" if error.command else str(error)


def of_the_database(error: DBAPIError) -> str:
    """What the database said, on one line, and what to do; the act's transaction was rolled back."""
    said = " ".join(str(error.orig).split())
    if "full" in said or "No space left" in said:
        return f"the database can't be written: {said}; nothing was changed; make room, then try again"
    if "locked" in said:
        return f"the database does not answer: {said}; nothing was changed; something else writes, try again"
    if isinstance(error, IntegrityError):
        return f"somebody wrote the same at this moment: {said}; nothing was changed; look, then try again"
    return f"the database does not answer: {said}; nothing was changed; see that it runs, then try again"
