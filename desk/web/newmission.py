"""A new mission, from a form or from a mission's folder packed in one file; at whatever stage it enters."""

from __future__ import annotations

import base64
import binascii
import hashlib
import tempfile
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Form, Request, Response, UploadFile
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from desk.web.asking import Asked, Desk, router
from desk.web.files import taken
from desk.web.mission_form import Typed, fresh, looked_at, typed
from desk.web.zones import choices
from ieom.acts import delegation
from ieom.errors import BadInput, Conflict, Fault, Faults
from ieom.folder import MissionFolder, load_names, open_mission, read
from ieom.folder.catalogues import _
from ieom.folder.written import pack, unpack
from ieom.records import missions
from ieom.records.base import reading
from ieom.rules.names import LANGUAGES
from ieom.rules.timeline import TITLES, Stage

part = router()
MOST = 10_000_000
PLACE = "/missions/new"
"""Under which what was typed is kept until the mission opens."""
CARRIED = 1_400_000
"""Octets of a packed folder that a preview carries on to the opening."""


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=2000, max_part_size=200_000)


Sent = Annotated[FormData, Depends(_form)]


@part.get("/missions/new")
def show(desk: Desk) -> Response:
    """The form, with what the asker typed before and did not send, and the place for a folder."""
    left = desk.kept(PLACE)
    return _page(desk, typed(dict(parse_qsl(left, keep_blank_values=True))) if left else fresh(), left=bool(left))


@part.post("/missions/new")
def form(desk: Desk, sent: Sent) -> Response:
    """More rows, a look at what was typed, or the opening; what was typed stays either way."""
    do, what = str(sent.get("do", "")), typed(dict(sent))
    if do == "anew":
        desk.keep(PLACE, "")
        return desk.done("/missions/new")
    desk.keep(
        PLACE, urlencode({name: value for name, value in sent.items() if isinstance(value, str) and name != "csrf"})
    )
    if do not in {"look", "open"}:
        return _page(desk, what, more_of=do.removeprefix("more:"))
    with tempfile.TemporaryDirectory(prefix="ieom-new-") as made:
        facts = looked_at(what, Path(made))
        if facts is not None and _open_already(desk, facts.slug):
            what.values["slug"] = facts.slug
            what.faults.append(Fault("", f"a mission '{facts.slug}' is open already; take another", column="slug"))
            facts = None
        if facts is None:
            return _page(desk, what, status=422)
        if do == "look":
            return _page(desk, what, sound=True)
        done = _open(desk, read(Path(made)), what.values.get("stage", ""), nominate="nominate" in what.values)
    desk.keep(PLACE, "")
    return done


@part.post("/missions/new/folder")
def folder(desk: Desk, file: UploadFile) -> Response:
    """What a packed folder would open, or everything that is wrong with it."""
    data = taken(file, kinds={"zip"}, most=MOST)
    with tempfile.TemporaryDirectory(prefix="ieom-new-") as made:
        beside = unpack(data, Path(made))
        try:
            found, faults = read(Path(made)), ()
        except Faults as problem:
            return desk.page(
                "missions_new_folder.html",
                status=422,
                name=file.filename,
                faults=problem.faults,
                found=None,
                beside=beside,
            )
        kept = pack(Path(made))
    if len(kept) > CARRIED:
        raise BadInput("this folder is too large for a browser; have whoever keeps this machine open it there")
    return desk.page(
        "missions_new_folder.html", name=file.filename, faults=faults, found=found, beside=beside, stages=_stages(),
        packed=base64.b64encode(kept).decode(), sha256=hashlib.sha256(kept).hexdigest(),
        known=_open_already(desk, found.facts.slug), counts=_counts(found), zone=found.facts.zone,
    )  # fmt: skip


@part.post("/missions/new/open")
def open_folder(
    desk: Desk,
    folder: Annotated[str, Form(max_length=2_000_000)],
    sha256: Annotated[str, Form(max_length=64)],
    stage: Annotated[str, Form(max_length=40)],
    nominate: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Open what was looked at, and that alone."""
    try:
        data = base64.b64decode(folder, validate=True)
    except binascii.Error:
        data = b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Conflict("this is not the folder that you looked at; choose the file again")
    with tempfile.TemporaryDirectory(prefix="ieom-new-") as made:
        unpack(data, Path(made))
        return _open(desk, read(Path(made)), stage, nominate=bool(nominate))


def _open(desk: Asked, found: MissionFolder, stage: str, *, nominate: bool) -> Response:
    with desk.act_outside() as (session, by, at):
        if stage not in set(Stage):
            raise BadInput("choose the stage at which the mission enters")
        mission = open_mission(session, found, by=by, at=at, stage=stage)
        if nominate:
            _nominate(session, found, by, at)
        slug, title = mission.slug, found.facts.title
    seen = desk.reaches("GET /missions/{mission}")
    return desk.done(f"/missions/{slug}" if seen else "/", _("The mission is open: {title}.").format(title=title))


def _nominate(session: Session, found: MissionFolder, by: str, at: Any) -> None:
    for row in found.delegation:
        delegation.nominate(
            session, found.facts.slug, by=by, at=at, member=row.code, **row.model_dump(exclude={"code"})
        )


def _open_already(desk: Asked, slug: str) -> bool:
    with reading(desk.engine) as session:
        return slug in missions.all_slugs(session)


def _page(
    desk: Asked, what: Typed, *, status: int = 200, sound: bool = False, left: bool = False, more_of: str = ""
) -> Response:
    names, today = load_names(), missions.real_now().date()
    kinds = {
        kind: sorted(
            ({code: code for code in names.of_kind(kind)} | names.officials(kind, on=today)).items(),
            key=lambda one: one[1],
        )
        for kind in ("state", "organisation", "body", "city")
    }
    return desk.page(
        "missions_new.html", status=status, zone="UTC", what=what, rows=what.rows, kinds=kinds, sound=sound,
        languages=LANGUAGES, stages=_stages(), zones=choices(desk.language), left=left, more_of=more_of, labels={},
    )  # fmt: skip


def _stages() -> list[tuple[str, str]]:
    return [(stage.value, _(TITLES[stage])) for stage in Stage]


def _counts(found: MissionFolder) -> list[tuple[str, int, str]]:
    """What a folder holds: the file, how many rows, and what becomes of them."""
    later = _("not yet; send the file under Lists once the mission is open")
    return [
        ("stations.csv", len(found.stations), _("taken in")),
        ("media.csv", len(found.media), _("taken in, and chosen for this mission's releases")),
        ("delegation.csv", len(found.delegation), _("nominated, if you say so below")),
        ("meetings.csv", len(found.meetings), later),
        ("teams.csv", len(found.teams), later),
        ("routes.csv", len(found.routes), later),
        ("checkins.csv", len(found.check_ins), later),
    ]
