"""The mailbox that bounces come to: a Maildir, or a folder of an IMAP server over TLS.

Reports that were read are marked as seen, or moved where a setting says; what is for people is not touched. No more than
the beginning of one message is in memory at a time.
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from imap_tools import MailBox, MailboxLoginError
from imap_tools.errors import ImapToolsError
from imap_tools.utils import encode_folder

from ieom.errors import BadInput, Unavailable
from ieom.mail.bounces import HEAD, LIMIT, is_report
from ieom.settings import Settings

TIMEOUT = 60.0
"""Seconds for each answer of an IMAP server."""
AT_ONCE = 100
"""Messages whose first lines are fetched by one command."""
LEFT = "$ieom-for-people"
"""The keyword (RFC 9051, 2.3.2) by which a message that is for people is known; it stays unread."""


@dataclass(frozen=True)
class Incoming:
    """A message that waits: its name in its mailbox, its beginning, its whole size in bytes."""

    name: str
    content: bytes
    size: int
    report: bool
    """Whether it says of itself that it is one; else `content` is its header alone."""


class Mailbox(Protocol):
    """What is done with a mailbox of either kind."""

    def waiting(self, *, all_of_them: bool = False) -> Iterator[Incoming]:
        """Unread messages; those left for people before only when asked."""

    def handled(self, name: str) -> None:
        """A report was read, and what it says is in the records."""

    def left(self, names: Sequence[str]) -> None:
        """Messages are for people."""


class Maildir:
    """A Maildir on this machine; its owner must let us rename in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "new").is_dir() or not (folder / "cur").is_dir():
            raise BadInput(f"there is no Maildir at {folder} (it would have folders 'new' and 'cur')")

    def waiting(self, *, all_of_them: bool = False) -> Iterator[Incoming]:
        """New messages, and looked-at ones that nobody has read, oldest first."""
        del all_of_them  # telling them apart would rename what is for people
        unread = [path for path in (self.folder / "cur").iterdir() if "S" not in path.name.partition(":2,")[2]]
        found = [path for path in (*(self.folder / "new").iterdir(), *unread) if not path.name.startswith(".")]
        for path in sorted(found, key=lambda one: one.name):
            try:
                with path.open("rb") as file:
                    head = file.read(HEAD)
                    report = is_report(head)
                    content = head + file.read(LIMIT - HEAD) if report else head
                    size = path.stat().st_size
            except FileNotFoundError:  # read and moved by somebody meanwhile
                continue
            except OSError as error:
                raise Unavailable(f"a message in {self.folder} can't be read: {error.strerror}") from error
            yield Incoming(f"{path.parent.name}/{path.name}", content, size, report)

    def handled(self, name: str) -> None:
        """Marked as seen, as a mail program does it."""
        base, _, flags = Path(name).name.partition(":2,")
        into = self.folder / "cur" / f"{base}:2,{''.join(sorted({*flags, 'S'}))}"
        try:
            (self.folder / name).rename(into)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Unavailable(f"a message in {self.folder} can't be marked as read: {error.strerror}") from error

    def left(self, names: Sequence[str]) -> None:
        """They stay where they are."""


class Imap:
    """A folder of an IMAP server, over TLS from the first byte; the server's certificate is verified."""

    def __init__(self, box: MailBox, done: str) -> None:
        self.box, self.done = box, done
        told: Any = box.client.untagged_responses.get("PERMANENTFLAGS", [])
        self.keywords = any(rb"\*" in one for one in told if isinstance(one, bytes))
        """Whether the server keeps flags of our own."""
        offered = box.client.capability()[1]  # asked anew: before the log-in a server says less
        self.moves = bool(done) and any(b"MOVE" in one.upper().split() for one in offered if isinstance(one, bytes))

    def waiting(self, *, all_of_them: bool = False) -> Iterator[Incoming]:
        """Unread messages, oldest first; nothing is marked by looking (BODY.PEEK)."""
        criteria = "UNSEEN" if all_of_them or not self.keywords else f"UNSEEN UNKEYWORD {LEFT}"
        uids = self.box.uids(criteria)
        for start in range(0, len(uids), AT_ONCE):
            some = ",".join(uids[start : start + AT_ONCE])
            for uid, size, head in self._fetch(some, "HEADER.FIELDS (CONTENT-TYPE FROM SUBJECT)", ""):
                report = is_report(head)
                content = head
                if report:
                    content = next((body for _, _, body in self._fetch(uid, "", f"<0.{LIMIT}>")), b"")
                yield Incoming(uid, content, size, report)

    def _fetch(self, uids: str, section: str, part: str) -> list[tuple[str, int, bytes]]:
        """(UID, size, content) of messages; `part` is the stretch of bytes asked for (RFC 9051, 6.4.5)."""
        status, answers = self.box.client.uid("FETCH", uids, f"(UID RFC822.SIZE BODY.PEEK[{section}]{part})")
        if status != "OK":
            raise Unavailable(f"the IMAP server does not give the messages: {answers[:1]}")
        found = []
        for number, one in enumerate(answers):
            if isinstance(one, tuple):
                after = answers[number + 1] if number + 1 < len(answers) else b""
                told = one[0] + b" " + (after if isinstance(after, bytes) else b"")
                uid, size = re.search(rb"\bUID (\d+)", told), re.search(rb"\bRFC822\.SIZE (\d+)", told)
                if uid is not None:
                    found.append((uid[1].decode(), int(size[1]) if size else 0, bytes(one[1])))
        return found

    def handled(self, name: str) -> None:
        """Moved to the folder for that, or marked as seen."""
        if self.moves and (self._move(name) or (self._make() and self._move(name))):
            return
        self._flag([name], r"\Seen")

    def _move(self, name: str) -> bool:
        into: Any = encode_folder(self.done)
        return bool(self.box.client.uid("MOVE", name, into)[0] == "OK")

    def _make(self) -> bool:
        with contextlib.suppress(ImapToolsError):
            self.box.folder.create(self.done)
            return True
        return False

    def left(self, names: Sequence[str]) -> None:
        """They get a keyword, so that they need not be looked at again, and stay unread."""
        if self.keywords:
            self._flag(names, LEFT)

    def _flag(self, names: Sequence[str], flag: str) -> None:
        # not the library's own: that expunges, and so would remove what a person has marked as deleted
        for start in range(0, len(names), AT_ONCE):
            self.box.client.uid("STORE", ",".join(names[start : start + AT_ONCE]), "+FLAGS.SILENT", f"({flag})")


def is_set(settings: Settings) -> bool:
    """Whether the installation has a mailbox for bounces."""
    return settings.bounce_maildir is not None or bool(settings.bounce_imap_host)


@contextlib.contextmanager
def opened(settings: Settings, *, authority: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """The mailbox that the settings name. Raises `BadInput` when there is none or the log-in is refused, `Unavailable`
    when the server does not answer or is not the one its certificate should name."""
    if settings.bounce_maildir is not None:
        yield Maildir(settings.bounce_maildir)
        return
    host, port = settings.bounce_imap_host, settings.bounce_imap_port
    if not host:
        raise BadInput("no mailbox for bounces is set: give IEOM_BOUNCE_MAILDIR or IEOM_BOUNCE_IMAP_HOST")
    context: Any = authority or ssl.create_default_context()
    try:
        box = MailBox(host, port=port, timeout=TIMEOUT, ssl_context=context)
        user, password = settings.bounce_imap_user, settings.bounce_imap_password.get_secret_value()
        (box.login if (user + password).isascii() else box.login_utf8)(user, password, None)
        box.folder.set(settings.bounce_imap_folder)
    except MailboxLoginError:
        raise BadInput(f"{host} refuses the log-in {settings.bounce_imap_user} (IEOM_BOUNCE_IMAP_USER)") from None
    except ImapToolsError as error:
        folder = settings.bounce_imap_folder
        raise BadInput(f"the mailbox at {host} has no folder '{folder}' (IEOM_BOUNCE_IMAP_FOLDER): {error}") from None
    except (OSError, imaplib.IMAP4.error) as error:  # a certificate that nobody vouches for among them
        raise Unavailable(f"the IMAP server {host}:{port} can't be spoken to: {error}") from error
    try:
        yield Imap(box, settings.bounce_imap_done)
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        raise Unavailable(f"the IMAP server {host}:{port} broke off: {error}") from error
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
            box.logout()
