"""Observers' forms from files: what phones sent, tables and packages; a look at what they bring, then they are taken in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Path, Response, UploadFile

from desk.remarks import reason, silent
from desk.web.asking import Desk, router
from desk.web.files import taken
from ieom.acts import form_files as acts
from ieom.errors import BadInput, Fault
from ieom.folder.catalogues import _
from ieom.folder.forms import load_forms
from ieom.records import missions, stations, submissions
from ieom.records.base import begin
from ieom.rules.submissions import content_hash

part = router()
WHERE = "/missions/{mission}/observation/files"
Key = Annotated[str, Path(max_length=64)]
MOST = 20
"""Files at once; more come packed in one."""
SHOWN = 100
"""Forms under each heading of a look; all are counted."""


@part.get(WHERE)
def choose(desk: Desk) -> Response:
    """Choose files."""
    return desk.page("observation_files.html")


@part.post(WHERE)
def read(
    desk: Desk, files: Annotated[list[UploadFile], File()], mapping: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Read the files, and show what they bring. Nothing is taken in yet."""
    chosen = [one for one in files if one.filename]
    if not chosen:
        raise BadInput("choose at least one file")
    if len(chosen) > MOST:
        raise BadInput(f"{len(chosen)} files were chosen; at most {MOST} are taken at once. Pack them as one .zip")
    named: list[tuple[str, bytes]] = []
    bad: list[Fault] = []
    for one in chosen:
        name = (one.filename or "the file")[-100:]
        try:
            named.append((name, taken(one, kinds=("text", "zip"), most=20_000_000)))
        except BadInput as problem:
            says = str(problem).removeprefix(f"{one.filename} ").removesuffix("; nothing was taken in")
            bad.append(Fault(name, says))
    columns = None
    if mapping is not None and mapping.filename:
        columns = (mapping.filename[-100:], taken(mapping, kinds=("text",), most=1_000_000))
    told = acts.said_by(named, mapping=columns, bad=bad)
    with begin(desk.engine) as session:
        desk.still(session)
        key = acts.set_aside(session, desk.mission, account=desk.me.id, at=missions.real_now(), told=told)
    return desk.done(f"/missions/{desk.mission}/observation/files/{key}")


@part.get(WHERE + "/{key}")
def look(desk: Desk, key: Key) -> Response:
    """What the files bring: what is new, what is in already, what would be kept aside and why."""
    known = load_forms()
    with desk.look() as (session, mission, _now):
        kept = acts.looked_at(session, mission, account=desk.me.id, key=key)
        names = {row.code: row.name for row in stations.of(session, mission)}
        waiting = {row.content_hash for row in submissions.quarantined(session, mission, settled=True)}
    fresh = [form for form, _document in kept.becomes.fresh.values()]
    counts: dict[tuple[str, str], int] = {}
    for form in fresh:
        counts[form.form, form.team] = counts.get((form.form, form.team), 0) + 1
    return desk.page(
        "observation_look.html", key=key, files=kept.files, total=len(kept.documents), new=len(fresh), again=kept.becomes.again,
        aside=[_aside(document, reason(known, str(why)), waiting) for document, why in kept.becomes.aside], most=SHOWN, fresh=fresh[:SHOWN],
        names=names, titles={code: form.title for code, form in known.items()}, counts=sorted(counts.items()), left=kept.left,
        bad=kept.bad, silent=silent(kept.silent), off={_label(known, name): cells for name, cells in kept.off_code.items()},
    )  # fmt: skip


@part.post(WHERE + "/{key}")
def take(desk: Desk, key: Key) -> Response:
    """Take in what was looked at."""
    with desk.act() as (session, mission, by, at):
        done, kept = acts.take(session, mission, by=by, at=at, account=desk.me.id, key=key)
    said = _("Forms: {new} taken, {again} in already, {count} kept aside.").format(
        new=done.new, again=done.again, count=len(done.problems)
    )
    said = " ".join([said, *(f"{one}." for one in silent(kept.silent))])
    return desk.done(f"/missions/{desk.mission}/observation", said)


@part.post(WHERE + "/{key}/drop")
def drop(desk: Desk, key: Key) -> Response:
    """Take nothing in."""
    with begin(desk.engine) as session:
        desk.still(session)
        acts.drop(session, desk.mission, account=desk.me.id, key=key)
    return desk.done(f"/missions/{desk.mission}/observation/files", _("Nothing was taken in."))


def _aside(document: Any, why: str, waiting: set[str]) -> dict[str, Any]:
    source = document.get("source")
    return {
        "why": why, "known": content_hash(document) in waiting,
        "from": _("{file}, row {row}").format(file=source.get("file", ""), row=source.get("row", ""))
        if isinstance(source, dict)
        else str(source or ""),
    }  # fmt: skip


def _label(known: Any, name: str) -> str:
    return next((form.questions[name].label for form in known.values() if name in form.questions), name) or name
