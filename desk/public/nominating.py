"""The page behind a member state's link: its quota, its nominees with what each file lacks, and what it can do. It sees its own
nominees alone, and no paper that was handed over."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, State, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from desk.public.by_link import HEADERS, LOG, Facts, ours, page, read, style
from desk.public.forms import form_of
from desk.public.limits import PerMinute
from desk.public.texts import turned
from desk.web.files import kind_of
from ieom.acts import nominating_by_link as acts
from ieom.acts import vault
from ieom.errors import BadInput, IeomError, NotFound, Tampered, Unavailable
from ieom.folder.catalogues import N_, _
from ieom.folder.names import load_names
from ieom.folder.states import states
from ieom.records import members, missions
from ieom.records.base import begin
from ieom.records.members import styled
from ieom.rules import delegation as rules
from ieom.rules.names import LANGUAGES
from ieom.settings import settings

LONGEST = vault.LARGEST + 100_000
"""Octets of a form with one file."""
SECONDS = 180
"""How long a scan may take to arrive from an embassy's line."""
DONE = {
    "nominated": N_("The nomination is recorded. Please hand over the papers that are still missing."),
    "given": N_("The paper is kept, encrypted."),
    "declared": N_("The answers are recorded."),
    "taken-back": N_("The nominee is taken back."),
    "declined": N_("It is recorded that no observers are sent. Thank you for telling us."),
}
"""What was done, by the word in the address that the page goes on to."""
AWAY = N_("This can't be recorded just now: please try again in a minute.")


def prepare(state: State) -> None:
    """What the page keeps while the application runs. What a link sends is counted by link: many embassies may stand behind
    one address, and whoever has no link is not read at all."""
    state.nominating = PerMinute(30)


async def show(request: Request) -> Response:
    """The page, or what became of the link."""
    token, done = request.path_params["token"], DONE.get(request.query_params.get("done", ""), "")
    facts = await read(request, partial(_shown, token=token, done=done))
    return page(200, facts["template"], facts)


async def act(request: Request) -> Response:
    """Do one thing. It is done once the records hold it; else the page asks again, with what was typed."""
    ours(request)
    token = request.path_params["token"]
    await read(request, partial(_shown, token=token))  # a stranger's body is not read at all
    if not request.app.state.nominating.allows(token):
        raise HTTPException(429, headers={"retry-after": "60"})
    form = await form_of(request, LONGEST, files=1, seconds=SECONDS)
    try:
        paper = form.get("paper")
        data = await paper.read() if isinstance(paper, UploadFile) else b""
        status, said = 200, ""
        try:
            done = await run_in_threadpool(_done, request.app.state.engine, token, form, data)
        except NotFound:
            raise HTTPException(404) from None
        except BadInput as error:
            status, said = 422, str(error)
        except (SQLAlchemyError, Tampered, Unavailable) as error:
            LOG.error("what was sent by a link can't be recorded: %s", error)
            status, said = 503, AWAY
        except IeomError as error:
            status, said = 409, str(error)
        if status == 200:
            return RedirectResponse(f"{token}?done={done}", 303, headers=HEADERS)
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
    finally:
        await form.close()
    facts = await read(request, partial(_shown, token=token, said=_(said), typed=typed))
    return page(status, facts["template"], facts, {"retry-after": "60"} if status == 503 else None)


def _done(engine: Engine, token: str, form: FormData, data: bytes) -> str:
    if says := turned(form):
        raise BadInput(says)
    told = {name: value for name, value in form.items() if isinstance(value, str)}
    member, what = told.get("member", ""), told.get("act", "")
    with begin(engine) as session:
        match what:
            case "nominate":
                acts.nominate(session, token=token, ref=told.get("ref", "")[:32], told=told)
                return "nominated"
            case "give":
                acts.give(session, token=token, member=member, item=told.get("item", ""), data=_checked(data))
                return "given"
            case "declare":
                acts.declare(session, token=token, member=member, answers=_answers(told))
                return "declared"
            case "take-back":
                acts.take_back(session, token=token, member=member)
                return "taken-back"
            case "decline":
                if told.get("sure") != "yes":
                    raise BadInput("tick that your state sends no observers, then press the button again")
                acts.decline(session, token=token)
                return "declined"
            case _:
                raise BadInput("use one of the page's own buttons")


def _checked(data: bytes) -> bytes:
    """A scan by its content, whatever its name says."""
    if not data:
        raise BadInput("choose the file first")
    if kind_of(data[:4096]) not in {"pdf", "png", "jpeg"}:
        raise BadInput(
            "this file is not a PDF, nor a PNG or JPEG picture, whatever its name says; nothing was taken in"
        )
    return data


def _answers(told: Mapping[str, str]) -> dict[str, Any]:
    asked = {one: told[one] == "yes" for one in rules.QUESTIONS if told.get(one) in {"yes", "no"}}
    if len(asked) < len(rules.QUESTIONS):
        raise BadInput("answer each question about interests with yes or no")
    detail, memberships = told.get("detail", ""), told.get("memberships", "")
    if len(detail) > 2000 or len(memberships) > 2000:
        raise BadInput("the answer is longer than 2,000 characters")
    return {
        **asked, "detail": detail.strip(),
        "nationalities": states(told.get("nationalities", "")[:300]),
        "memberships": [one.strip() for one in memberships.splitlines() if one.strip()],
    }  # fmt: skip


def _shown(
    session: Session, *, token: str, said: str = "", done: str = "", typed: Mapping[str, str] | None = None
) -> Facts:
    found = acts.own(session, token)
    mission, state = found.held.link.mission, found.held.state
    facts, names, now = missions.facts(session, mission), load_names(), missions.now(session, mission)
    contact = next((one for one in facts.offices if one.code == "coordinator"), None)
    people = [
        {
            "code": row.code, "who": styled(row), "office": row.office, "role": rules.ROLES[row.role], "status": row.status,
            "own": row.role == acts.ROLE and row.status == "nominated",
            "items": _items(session, mission, row.code, file), "missing": [rules.ITEMS[one] for one in file.missing],
            "declared": row.conflict is not None,
        }
        for row, file in found.people
    ]  # fmt: skip
    here = [one for one in people if one["status"] in {"nominated", "appointed"}]
    observing = sum(
        row.status in {"nominated", "appointed"} and row.role in rules.OBSERVING for row, _file in found.people
    )
    return {
        "template": "nominating/page.html" if found.held.became == "open" else "nominating/ended.html",
        "zone": facts.zone, "organisation": facts.release.from_name, "election": facts.election.title, "now": now,
        "day": facts.election_day, "place": names.short(facts.base_city, on=facts.election_day), "contact": contact, "root": "", "token": token, "said": said,
        "done": done, "typed": defaultdict(str, typed or {}), "became": found.held.became, "state": names.short(state.code, on=facts.election_day),
        "quota": state.quota, "due": found.call.due_at, "late": now > found.call.due_at, "call": found.call.status,
        "people": here, "gone": [one for one in people if one not in here], "left": max(0, state.quota - observing),
        "owing": sum(bool(one["missing"]) for one in here if one["status"] == "nominated"), "ref": secrets.token_hex(8),
        "questions": rules.QUESTIONS,
        "languages": LANGUAGES, "kept": bool(settings().vault_key.get_secret_value()),
    }  # fmt: skip


def _items(session: Session, mission: str, member: str, file: rules.FileState) -> list[dict[str, Any]]:
    there = members.items(session, mission, member)
    return [
        {
            "key": item, "name": rules.ITEMS[item], "missing": item in file.missing, "waived": item in file.waived,
            "at": there[item].received_at if item in there else None, "file": item in acts.PAPERS,
            "accept": "image/png,image/jpeg" + ("" if item == "photo" else ",application/pdf"),
        }
        for item in file.owed
    ]  # fmt: skip


ROUTES = [
    Route("/nominate/deciding.css", style, methods=["GET"]),
    Route("/nominate/{token}", show, methods=["GET"]),
    Route("/nominate/{token}", act, methods=["POST"]),
]
