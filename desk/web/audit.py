"""The record of acts: who did what, in sentences; found by person, act and day; proved whole; taken along."""

from __future__ import annotations

import json
import re
from datetime import datetime, time, timedelta
from typing import Annotated, TypedDict
from urllib.parse import urlencode

from fastapi import Query, Response

from desk import typed
from desk.chronicle import coded, detail, kind_of, recorded
from desk.web.asking import Desk, router
from desk.web.files import excel, local, sent
from ieom.acts import audit as acts
from ieom.errors import BadInput
from ieom.folder.catalogues import _
from ieom.records import audit, missions
from ieom.rules.mission import MissionFacts

part = router()
MOST = 50
"""Acts on a page."""
ALL = 1_000_000
"""More than any record has, and as many as a sheet holds."""
Words = Annotated[str, Query(max_length=200)]
Page = Annotated[int, Query(ge=1, le=1_000_000)]


class Within(TypedDict):
    """From when on, and before when."""

    since: datetime | None
    until: datetime | None


@part.get("/missions/{mission}/audit")
def show(desk: Desk, by: Words = "", act: Words = "", day: Words = "", page: Page = 1) -> Response:
    """Acts, newest first."""
    with desk.look() as (session, mission, now):
        facts = missions.facts(session, mission)
        rows, count = audit.page(
            session, mission, by=by, act=act, **_within(facts, day), first=(page - 1) * MOST, most=MOST
        )
        who, what = audit.kinds(session, mission)
        known = coded(session, mission)
        told = [
            {
                "seq": row.seq, "at": row.at, "by": row.by, "who": known.get(row.by, row.by), "act": row.act,
                "says": recorded(row, known), "hash": row.hash, "ref": row.ref or "",
                "what": detail(row.what, known),
                "raw": json.dumps({"act": row.act, "what": row.what}, ensure_ascii=False, sort_keys=True),
            }
            for row in rows
        ]  # fmt: skip
        newest = audit.head(session, mission)
    query = urlencode({name: said for name, said in (("by", by), ("act", act), ("day", day)) if said})
    return desk.page(
        "audit.html", zone=facts.zone, rows=told, total=count, page=page, most=MOST, query=query and f"{query}&",
        people=[("", _("Everybody")), *((one, _titled(known, one)) for one in who)], by=by, day=day, act=act,
        kinds=[("", _("Every act")), *((one, kind_of(one)) for one in what)], newest=newest, now=now, filtered=bool(query),
    )  # fmt: skip


@part.get("/missions/{mission}/audit.xlsx")
def to_excel(desk: Desk, by: Words = "", act: Words = "", day: Words = "") -> Response:
    """The acts that the page shows, oldest first, to be read in Excel; times are local in the host country. What proves the
    record is the other file."""
    with desk.look() as (session, mission, _now):
        facts, known = missions.facts(session, mission), coded(session, mission)
        rows, _count = audit.page(session, mission, by=by, act=act, **_within(facts, day), most=ALL)
        told = [
            (
                row.seq, local(row.at, facts.zone), known.get(row.by, row.by), recorded(row, known), kind_of(row.act),
                "; ".join(f"{fact}: {value}" for fact, value in detail(row.what, known)), row.hash,
            )
            for row in reversed(rows)
        ]  # fmt: skip
    header = [_("Row"), _("When"), _("Who"), _("What happened"), _("Act"), _("In detail"), _("Fingerprint")]
    return excel(_("Record of acts"), header, told, f"{desk.mission}-acts")


def _within(facts: MissionFacts, day: str) -> Within:
    """From when on and before when (UTC) acts of a day in the host country are; all where none is named."""
    on = typed.day(day)
    if on is None:
        return {"since": None, "until": None}
    return {"since": facts.at(on, time()), "until": facts.at(on + timedelta(days=1), time())}


@part.get("/missions/{mission}/audit/verified")
def verified(desk: Desk, head: Annotated[str, Query(max_length=2000)] = "") -> Response:
    """Walk the whole chain and say what is wrong with it. `head`: hashes that are known from outside."""
    heads = re.split(r"[\s,;]+", head.strip()) if head.strip() else []
    for one in heads:
        if not re.fullmatch(r"[0-9a-f]{16,64}", one):
            raise BadInput(f"'{one[:70]}' is no hash of the record; it has 64 digits, of which at least 16 are given")
    with desk.look() as (session, mission, now):
        wrong = acts.verified(session, mission, heads=heads)
        newest = audit.head(session, mission)
        facts = missions.facts(session, mission)
    return desk.page(
        "audit_verified.html", zone=facts.zone, wrong=wrong, newest=newest, heads=heads, head=head, now=now
    )


@part.get("/missions/{mission}/audit.jsonl")
def export(desk: Desk) -> Response:
    """The whole chain, one JSON object a line; identifiers alone."""
    with desk.look() as (session, mission, _now):
        lines = "".join(acts.export_jsonl(session, mission))
    return sent(lines.encode(), f"{desk.mission}-acts.jsonl", "application/jsonl")


def _titled(known: dict[str, str], code: str) -> str:
    return f"{known[code]} ({code})" if known.get(code, code) != code else code
