"""Contacts in and out by files: a preview of what an import changes, then the import; Excel and CSV out; the lists."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path, Response, UploadFile

from desk import media_words
from desk.web.asking import Asked, Desk, router
from desk.web.files import EXCEL, kind_of, sent
from desk.web.media import Line, Seek
from ieom.acts import contacts as acts
from ieom.acts import intake
from ieom.acts.intake import Intake
from ieom.errors import BadInput
from ieom.folder import sheets
from ieom.folder.catalogues import _
from ieom.folder.contacts import EXPORTED, GUESSES, written
from ieom.records import media, missions, suppressions
from ieom.records.base import begin
from ieom.rules.contacts import COLUMNS

part = router()
Key = Annotated[str, Path(max_length=64)]
LARGEST = 5_000_000
"""Octets of a file of contacts."""
SHOWN = 200
"""Lines under each heading of a preview."""


@part.get("/media/import")
def choose(desk: Desk) -> Response:
    """Choose a file."""
    with desk.look() as (session, _mission, _now):
        titles = list(media.lists(session).items())
    return desk.page(
        "media_import.html",
        zone="UTC",
        titles=titles,
        charsets=[("", "Unicode (UTF-8, UTF-16)"), *((one, one) for one in GUESSES)],
        columns=EXPORTED,
    )


@part.post("/media/import")
def read(
    desk: Desk, file: UploadFile, charset: Line = "", onto: Line = "", ignore_unknown: Annotated[bool, Form()] = False,
    all_addresses: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Read a file, and show what it would change. Nothing is taken in yet."""
    name = (file.filename or "the file")[-100:]
    raw = file.file.read(LARGEST + 1)
    if not raw:
        raise BadInput("no file was chosen, or it is empty")
    if len(raw) > LARGEST:
        raise BadInput(f"{name} is larger than {LARGEST // 1_000_000} MB; send it in parts")
    if kind_of(raw) not in {"text", "xlsx", ""}:
        raise BadInput(f"{name} is no table and no address book; save it as .xlsx, CSV or vCard")
    how = Intake(name, charset, ignore_unknown, all_addresses, (onto,) if onto else (), only_new=_only_new(desk))
    with begin(desk.engine) as session:
        desk.still(session)
        key = intake.set_aside(session, account=desk.me.id, at=missions.real_now(), intake=how, raw=raw)
    return desk.done(f"/media/import/{key}")


def _only_new(desk: Asked) -> bool:
    """Whether a file of the asker's leaves contacts that are known as they are: those are every mission's."""
    return not desk.may("POST /media/contacts/{number}")


@part.get("/media/import/{key}")
def preview(desk: Desk, key: Key) -> Response:
    """What taking the file in would change."""
    with desk.look() as (session, _mission, _now):
        how, found, plan = intake.previewed(session, account=desk.me.id, key=key, only_new=_only_new(desk))
    summary, sections = media_words.plan(plan, how.file)
    count = plan.counts
    return desk.page(
        "media_preview.html", zone="UTC", key=key, summary=summary, sections=sections, most=SHOWN, notes=found.notes, count=count,
        digest=plan.digest, changes=count["new"] + count["changed"], onto=how.onto,
    )  # fmt: skip


@part.post("/media/import/{key}")
def take(desk: Desk, key: Key, expected: Line) -> Response:
    """Take it in, as the preview said."""
    with desk.act_outside() as (session, by, at):
        plan = intake.take(
            session, by=by, at=at, account=desk.me.id, key=key, expected=expected, only_new=_only_new(desk)
        )
    count = plan.counts
    return desk.done(
        "/media", _("Taken in: {new} new, {changed} changed.").format(new=count["new"], changed=count["changed"])
    )


@part.post("/media/import/{key}/drop")
def drop(desk: Desk, key: Key) -> Response:
    """Take nothing in."""
    with begin(desk.engine) as session:
        desk.still(session)
        intake.drop(session, account=desk.me.id, key=key)
    return desk.done("/media/import", _("Nothing was taken in."))


@part.get("/media/contacts.xlsx")
def workbook(desk: Desk, sought: Seek) -> Response:
    """Those meant as an Excel workbook that an import takes back."""
    with desk.look() as (session, _mission, _now):
        found = sought.chosen(media.known(session), suppressions.reasons(session))
    rows = [[one.email, *(one.values[name] for name in COLUMNS), " + ".join(sorted(one.lists))] for _key, one in found]
    return sent(sheets.workbook("Contacts", EXPORTED, rows), "contacts.xlsx", EXCEL)


@part.get("/media/contacts.csv")
def table(desk: Desk, sought: Seek) -> Response:
    """The same as CSV."""
    with desk.look() as (session, _mission, _now):
        found = sought.chosen(media.known(session), suppressions.reasons(session))
    return sent(written((one.email, one.values, one.lists) for _key, one in found), "contacts.csv", "text/csv")


@part.get("/media/lists")
def lists(desk: Desk) -> Response:
    """The lists that the press office keeps."""
    with desk.look() as (session, _mission, _now):
        titles, known = media.lists(session), media.known(session)
    return desk.page(
        "media_lists.html", zone="UTC",
        rows=[(code, title, sum(code in one.lists for one in known.values())) for code, title in titles.items()],
    )  # fmt: skip


@part.post("/media/lists")
def make(desk: Desk, code: Line, title: Line) -> Response:
    """Make a list."""
    with desk.act_outside() as (session, by, at):
        acts.make_list(session, by=by, at=at, code=code.strip(), title=title)
    return desk.done("/media/lists", _("The list '{code}' is made.").format(code=code.strip()))
