"""The paper behind a form: a photograph or scan filed with it, and handed out as a file to be kept, never as a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

import fastapi
from fastapi import File, Form, Path, Response
from starlette.datastructures import UploadFile

from desk.web.asking import Desk, router
from desk.web.files import sent, taken
from ieom.acts import form_scans as acts
from ieom.errors import BadInput
from ieom.folder.catalogues import _, ngettext

part = router()
WHERE = "/missions/{mission}/observation/scans"
KINDS = ("jpeg", "png", "pdf")
Scans = Annotated[list[fastapi.UploadFile], File()]


@part.post(WHERE)
def file(desk: Desk, form: Annotated[str, Form(max_length=400)], scan: Scans) -> Response:
    """File photographs or scans of the paper with a form. One that is none keeps none beside it out, and is named."""
    data: list[bytes] = []
    bad: list[str] = []
    for one in scan:
        try:
            data += scanned([one])
        except BadInput as problem:
            bad.append(str(problem).removesuffix("; nothing was taken in"))
    if not data:
        raise BadInput("; ".join(bad) or "choose a photograph or scan")
    with desk.act() as (session, mission, by, at):
        for paper in data:
            acts.file(session, mission, by=by, at=at, instance=form, scan=paper)
    said = ngettext("The scan is filed with the form.", "{count} scans are filed with the form.", len(data))
    said = said.format(count=len(data))
    if bad:
        said += " " + _("Not filed, mend and send again: {list}.").format(list="; ".join(bad))
    return desk.done(f"/missions/{desk.mission}/observation/forms/{quote(form, safe='')}", said)


@part.get(WHERE + "/{digest}")
def out(desk: Desk, digest: Annotated[str, Path(max_length=64)]) -> Response:
    """A photograph or scan, to be kept."""
    with desk.look() as (session, mission, _now):
        kind, data = acts.content(session, mission, digest)
    return sent(data, f"{desk.mission}-form-{digest[:12]}.{kind}")


def scanned(scans: Sequence[UploadFile]) -> list[bytes]:
    """What was chosen, each seen to be a photograph or scan. Raises `BadInput`, naming the file."""
    found = []
    for one in scans:
        if one.filename:
            data = taken(one, kinds=KINDS, most=acts.LARGEST)
            try:
                acts.readable(data)
            except BadInput as problem:
                raise BadInput(f"{one.filename}: {problem}") from None
            found.append(data)
    return found
