"""What can go wrong, said so that the reader knows what, where and what to do.

`IeomError` is the root of the family. Each error carries `again`: whether trying the same thing again can help; and
`command`: which command does what is to be done. The command line prints the message and that on one line and ends with
exit code 2; pages, where nobody types commands, show the message alone. A task retries only what can help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class IeomError(Exception):
    """Something a person can understand and mend. `again` tells whether a retry can help."""

    again = False

    def __init__(self, *says: object, command: str = "") -> None:
        super().__init__(*says)
        self.command = command


class BadInput(IeomError):
    """What was given can't be taken; nothing was changed."""


class Refused(IeomError):
    """A rule of the mission forbids this act now; nothing was changed."""


class NotFound(IeomError):
    """What was asked for is not in the records."""


class Conflict(IeomError):
    """Something else is recorded under this identity already; nothing was changed."""


class Tampered(IeomError):
    """Records don't hold what the audit chain or a hash says they held."""


class Unavailable(IeomError):
    """A part outside (database, mail server, disk) did not answer; trying again can help."""

    again = True


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a file: where it stands and what to do. `row` counts from 1, the header being row 1."""

    file: str
    says: str
    row: int | None = None
    column: str | None = None
    command: str = ""
    """For the command line alone: which command mends it."""

    def __str__(self) -> str:
        where = self.file
        if self.row is not None:
            where += f", row {self.row}"
        if self.column:
            where += f", {self.column}"
        return f"{where}: {self.says}"


class Faults(BadInput):
    """Everything that is wrong with a set of files, at once; nothing was imported."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
