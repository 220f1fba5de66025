"""`ieom`: the commands gathered, and errors said in one line."""

from __future__ import annotations

import importlib
import sys

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError
from typer.exceptions import Abort, TyperException

from desk.cli.speaking import arrange, mistyped, of_the_database, typed
from ieom.errors import Faults, IeomError
from ieom.rules.names import Unnamed

PARTS = (
    "mission", "status", "delegation", "register", "vault", "meetings", "deployment", "reminders", "observation", "statement", "approval", "release", "newsroom", "media", "returns", "keys", "verify", "complaint", "letters", "audit", "running", "demo", "desk", "accounts",
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
command = arrange(app)


def main() -> None:
    """Run a command; what went wrong is one line on the error output, exit code 2."""
    errors = Console(stderr=True, highlight=False)

    def end(said: str) -> None:
        errors.print(said, markup=False, soft_wrap=True)
        sys.exit(2)

    try:
        code = command(standalone_mode=False)
    except Faults as faults:
        for fault in faults.faults:
            errors.print(typed(fault), markup=False, soft_wrap=True)
        count = len(faults.faults)
        end(f"{count} thing{'s' if count > 1 else ''} to mend; nothing was taken in.")
    except IeomError as error:
        end(typed(error))
    except TyperException as error:
        if not str(error):  # a bare 'ieom' or 'ieom meeting' was answered with its help
            sys.exit(0)
        end(mistyped(error))
    except Unnamed as error:
        end(f"config/names.toml: {error}; nothing was changed.")
    except Abort:
        end("Ended without an answer; nothing was changed.")
    except DBAPIError as error:
        end(of_the_database(error))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        end(f"{error.strerror or error}{where}; nothing more was changed")
    else:
        sys.exit(code if isinstance(code, int) else 0)
