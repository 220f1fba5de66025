"""`ieom`: the commands gathered, and errors said in one line."""

from __future__ import annotations

import importlib
import sys

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError, IntegrityError

from ieom.errors import Faults, IeomError

PARTS = (
    "mission", "status", "delegation", "register", "vault", "meetings", "deployment", "reminders", "observation", "statement", "approval", "release", "letters", "audit", "running", "demo",
)  # fmt: skip

app = typer.Typer(
    name="ieom",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Runs an international election observation mission: from the host country's invitation, through the "
    "delegation, the meetings and election day, to a statement that is drafted from what observers recorded, approved "
    "by those who answer for it, and sent to the media.",
)

for _part in PARTS:
    importlib.import_module(f"desk.cli.{_part}").register(app)


def main() -> None:
    """Run a command; what went wrong is one line on the error output, exit code 2."""
    errors = Console(stderr=True, highlight=False)
    try:
        app(standalone_mode=True)
    except Faults as faults:
        for fault in faults.faults:
            errors.print(str(fault), markup=False, soft_wrap=True)
        count = len(faults.faults)
        errors.print(f"{count} thing{'s' if count > 1 else ''} to mend; nothing was taken in.", markup=False)
        sys.exit(2)
    except IeomError as error:
        errors.print(str(error), markup=False, soft_wrap=True)
        sys.exit(2)
    except DBAPIError as error:
        errors.print(_of_the_database(error), markup=False, soft_wrap=True)
        sys.exit(2)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        errors.print(f"{error.strerror or error}{where}; nothing more was changed", markup=False, soft_wrap=True)
        sys.exit(2)


def _of_the_database(error: DBAPIError) -> str:
    """What the database said, on one line, and what to do; the act's transaction was rolled back."""
    said = " ".join(str(error.orig).split())
    if "full" in said or "No space left" in said:
        return f"the database can't be written: {said}; nothing was changed; make room, then try again"
    if "locked" in said:
        return f"the database does not answer: {said}; nothing was changed; something else writes, try again"
    if isinstance(error, IntegrityError):
        return f"somebody wrote the same at this moment: {said}; nothing was changed; look, then try again"
    return f"the database does not answer: {said}; nothing was changed; see that it runs, then try again"
