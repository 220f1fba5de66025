"""Releases with a text of their own: written by a form, approved at the desk by the hash of what was read."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Request, Response
from starlette.datastructures import FormData

from desk.typed import moment
from desk.web.asking import Desk, router
from desk.web.release_view import KIND
from ieom.acts import distribution as acts
from ieom.acts.announcing import lacks
from ieom.folder.catalogues import _
from ieom.mail.phrases import spoken_in
from ieom.records import missions, releases
from ieom.rules.release import ABOUT, OWN

part = router()
OWN_KINDS = ("advisory", "arrival", "mid_mission", "holding", "clarification", "withdrawal")
if set(OWN_KINDS) != OWN:
    raise RuntimeError("a kind of release has no place in the form")


async def texts_of(request: Request) -> dict[str, str]:
    """The texts of the form's languages that have one."""
    form: FormData = await request.form()
    return {
        key.removeprefix("text-"): str(value).replace("\r\n", "\n")
        for key, value in form.items()
        if key.startswith("text-") and isinstance(value, str) and value.strip()
    }


Texts = Annotated[dict[str, str], Depends(texts_of)]


@part.get("/missions/{mission}/release/new")
def new(desk: Desk, kind: str = "advisory") -> Response:
    """The form for a release with a text of its own."""
    with desk.look() as (session, mission, now):
        facts = missions.facts(session, mission)
        public = [
            (str(row.number), f"{row.number}: {_(KIND[row.kind])}") for row in releases.published(session, mission)
        ]
        first, others = facts.languages[0], [one for one in spoken_in("release") if one != facts.languages[0]]
    return desk.page(
        "release_new.html", now=now, kind=kind if kind in OWN else "advisory", first=first, others=others, public=public,
        kinds=[(one, _(KIND[one])) for one in OWN_KINDS], about=sorted(ABOUT & OWN),
    )  # fmt: skip


@part.post("/missions/{mission}/release/new")
def write(
    desk: Desk, texts: Texts, kind: Annotated[str, Form(max_length=20)],
    concerns: Annotated[str, Form(max_length=10)] = "", not_before: Annotated[str, Form(max_length=30)] = "",
    go: Annotated[str, Form(max_length=10)] = "by_time",
) -> Response:  # fmt: skip
    """Prepare it. One of this kind that has not gone is dropped for it, with its approvals."""
    with desk.act() as (session, mission, by, at):
        facts = missions.facts(session, mission)
        row = acts.write(
            session, mission, by=by, at=at, kind=kind, texts=texts, go=go,
            concerns=int(concerns) if concerns.isdigit() and kind in ABOUT else None,
            not_before=moment(not_before, facts) if not_before else None,
        )  # fmt: skip
        number = row.number
    said = _(
        "Release {number} is written. The head of mission reads and approves it, then another than you says go."
    ).format(number=number)
    return desk.done(f"/missions/{desk.mission}/release/{number}", said)


@part.post("/missions/{mission}/release/{number}/approve")
def approve(desk: Desk, number: int, read: Annotated[str, Form(max_length=64)]) -> Response:
    """Approve a release with a text of its own, by the hash of what the page showed."""
    with desk.act() as (session, mission, by, at):
        row = acts.approve(session, mission, by=by, at=at, number=number, version_hash=read)
        still = lacks(session, mission, row)
    said = _("You have approved release {number}.").format(number=number)
    said += " " + _("Still missing: {list}.").format(list="; ".join(map(_, still))) if still else ""
    return desk.done(f"/missions/{desk.mission}/release/{number}", said)
