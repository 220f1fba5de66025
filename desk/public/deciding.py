"""The page behind an approver's link. Looking decides nothing, however often: mail scanners follow every link. A token
that nobody was sent is answered like any address that nobody knows."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, State
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from desk.counted import DENIED, held, n_of
from desk.public.by_link import HEADERS, Facts, ours, page, read, style
from desk.public.forms import form_of
from desk.public.texts import turned
from ieom.acts import deciding_by_link as acts
from ieom.acts.answering import office_of, tell
from ieom.acts.asked_of import asked_of, copy_of
from ieom.acts.contradicting_by_link import contradict_by_link, stands
from ieom.acts.links import Held
from ieom.errors import BadInput, IeomError, NotFound, Tampered
from ieom.folder.catalogues import N_, _
from ieom.records import decision_links, drafts, missions
from ieom.records.base import begin, reading
from ieom.rules.linter import COUNTED

LONGEST = 80_000
"""Octets of a form; a letter of a comment takes up to nine of them."""
AWAY = N_("The records can't be reached just now. Your decision was not recorded: please try again in a minute.")
COPIES = 16
"""PDFs kept in memory, so that a scanner that follows the link again and again costs one of them."""


def prepare(state: State) -> None:
    """What the pages keep while the application runs."""
    state.copies = {}


async def show(request: Request) -> Response:
    """What is asked, or what became of it; where a code is asked for, that alone."""
    token = request.path_params["token"]
    return _page(200, await read(request, partial(_shown, token=token)))


async def act(request: Request) -> Response:
    """Enter the code, or decide. An answer is given only once the records hold it; else the page asks again (503). What was
    typed comes back with every answer but the receipt."""
    ours(request)
    token, form = request.path_params["token"], await form_of(request, LONGEST)
    code, typed = str(form.get("code", ""))[:40], str(form.get("comment", ""))[: acts.COMMENT + 1]
    try:
        return await _acted(request, token, code, form, typed)
    except HTTPException as error:
        if error.status_code != 503 or not typed:
            raise
        facts = {"organisation": "", "election": "", "contact": None, "zone": "UTC", "root": "", "token": token}
        told = facts | {"template": "again.html", "code": code, "typed": typed}
        return _page(503, told, {"retry-after": "60"})


async def _acted(request: Request, token: str, code: str, form: FormData, typed: str) -> Response:
    if not await _entered(request, token, code):
        return _page(403, await read(request, partial(_shown, token=token, wrong=bool(code), typed=typed)))
    shown = partial(_shown, token=token, code=code, entered=True, typed=typed)
    if "decision" not in form and "contradict" not in form:
        return _page(200, await read(request, shown))
    deed = _contradict if "contradict" in form else _decide
    status, said = 200, ""
    try:
        await run_in_threadpool(deed, request.app.state.engine, token, code, form)
    except NotFound:
        raise HTTPException(404) from None
    except Tampered:
        raise HTTPException(503, headers={"retry-after": "60"}) from None
    except BadInput as error:
        status, said = 422, str(error)
    except IeomError as error:
        status, said = 409, str(error)
    except SQLAlchemyError:
        status, said = 503, AWAY
    if status == 200 and not code:
        return RedirectResponse(token, 303, headers=HEADERS)
    facts = await read(request, partial(shown, said=_(said)))
    return _page(status, facts, {"retry-after": "60"} if status == 503 else None)


async def paper(request: Request) -> Response:
    """The PDF that came with the letter. Behind a code it is a form of the page that asks for it."""
    token, language = request.path_params["token"], request.path_params["language"]
    if request.method == "POST":
        ours(request)
        code = str((await form_of(request, LONGEST)).get("code", ""))[:40]
        if not await _entered(request, token, code):
            facts = await read(request, partial(_shown, token=token, wrong=bool(code)))
            return _page(403, facts | {"root": "../"})
        made = partial(_copy, token=token, language=language, kept=request.app.state.copies, entered=True)
    else:
        made = partial(_copy, token=token, language=language, kept=request.app.state.copies)
    data = await read(request, made)
    name = f'inline; filename="statement-{language}.pdf"'
    return Response(data, media_type="application/pdf", headers=HEADERS | {"content-disposition": name})


async def _entered(request: Request, token: str, code: str) -> bool:
    """Whether the link is open to who gives this code; a wrong one is counted."""
    try:
        return await run_in_threadpool(_enter, request.app.state.engine, token, code)
    except NotFound:
        raise HTTPException(404) from None
    except (SQLAlchemyError, Tampered):
        raise HTTPException(503, headers={"retry-after": "60"}) from None


def _enter(engine: Engine, token: str, code: str) -> bool:
    with reading(engine) as session:
        link = acts.look(session, token).link
        if not link.code:
            return True
        if link.dead or not code:
            return False
    with begin(engine) as session:
        return acts.enter(session, token=token, code=code) is not None


def _decide(engine: Engine, token: str, code: str, form: FormData) -> None:
    if says := turned(form):
        raise BadInput(says)
    with begin(engine) as session:
        acts.decide_by_link(
            session, token=token, decision=str(form["decision"]), hashes=[str(one) for one in form.getlist("hash")],
            comment=str(form.get("comment", "")).replace("\r\n", "\n"), code=code,
        )  # fmt: skip


def _contradict(engine: Engine, token: str, code: str, form: FormData) -> None:
    if says := turned(form):
        raise BadInput(says)
    with begin(engine) as session:
        contradict_by_link(session, token=token, why=str(form.get("comment", "")).replace("\r\n", "\n"), code=code)


def _shown(
    session: Session, *, token: str, code: str = "", entered: bool = False, wrong: bool = False, said: str = "",
    typed: str = "",
) -> Facts:  # fmt: skip
    """What a page tells, and by which template."""
    found = acts.look(session, token)
    facts = missions.facts(session, found.link.mission)
    contact = next((one for one in facts.offices if one.code == "coordinator"), None)
    told: Facts = {
        "zone": facts.zone, "organisation": facts.release.from_name, "election": facts.election.title, "code": code,
        "contact": contact, "token": token, "root": "", "said": said, "typed": typed, "wrong": wrong,
        "left": decision_links.TRIES - found.link.wrong,
    }  # fmt: skip
    if found.link.code and not entered:
        return told | {"template": "closed.html" if found.link.dead else "code.html"}
    if found.link.purpose == "contradict":
        return told | {"template": "disown.html", **_told_as_theirs(session, found)}
    if found.became == "open":
        asked = asked_of(session, found)
        late = missions.now(session, found.link.mission) > asked.closes
        waits = _waits(session, found)
        return told | {
            "template": "asked.html", "asked": asked, "late": late, "n_of": n_of, "held": held, "denied": DENIED, "counted": COUNTED, "waits": waits,
        }  # fmt: skip
    return told | {"template": "became.html", **_became(session, found)}


def _waits(session: Session, found: Held) -> Facts | None:
    """What a colleague entered for the seat, and nobody confirmed."""
    row = found.waits
    if row is None:
        return None
    told = {"decision": row.decision, "channel": row.channel, "at": row.at, "comment": row.comment}
    return told | {"by": office_of(session, found.link.mission, row.recorded_by), "own": row.by == found.link.who}


def _told_as_theirs(session: Session, found: Held) -> Facts:
    """The decision that a letter told of, and what became of it."""
    one = stands(session, found)
    row = one.row
    return {
        "became": one.became, "counts": one.counts, "since": one.at, "who": one.by, "why": one.why, "row": row,
        "own": row.by == found.link.who, "by": office_of(session, found.link.mission, row.by),
        "recorded_by": office_of(session, found.link.mission, row.recorded_by) if row.recorded_by != row.by else "",
        "round": found.round.number, "over": found.round.status == "changes_asked", "still": found.round.status == "open" and not one.counts,
    }  # fmt: skip


def _became(session: Session, found: Held) -> Facts:
    decision = found.decision
    numbers = {
        language: drafts.of_hash(session, found.link.mission, digest, until=found.round.opened_at).number
        for language, digest in (decision.hashes if decision else {}).items()
    }
    return {
        "waits": _waits(session, found),
        "became": found.became, "round": found.round.number, "status": found.round.status, "why": found.round.ended_why,
        "ended_at": found.round.ended_at, "newer": found.newer, "decision": decision, "act": found.row,
        "contradicted": found.contradicted, "numbers": numbers,
        "by": tell(session, found.link.mission, decision.by).office if decision else "",
    }  # fmt: skip


def _copy(
    session: Session, *, token: str, language: str, kept: dict[tuple[str, str, str], bytes], entered: bool = False
) -> bytes:
    found = acts.look(session, token)
    if found.link.purpose != "decide" or found.became != "open" or (found.link.code and not entered):
        raise NotFound("what was asked by this link is asked no more")
    key = (f"{found.link.mission}/{found.link.who}", language, str(found.round.hashes.get(language)))
    if key not in kept:
        data = copy_of(session, found, language)
        while len(kept) >= COPIES:
            kept.pop(next(iter(kept)), None)
        kept[key] = data
    return kept.get(key) or copy_of(session, found, language)


def _page(status: int, facts: Facts, headers: dict[str, str] | None = None) -> Response:
    return page(status, f"deciding/{facts['template']}", facts, headers)


ROUTES = [
    Route("/decide/deciding.css", style, methods=["GET"]),
    Route("/decide/{token}", show, methods=["GET"]),
    Route("/decide/{token}", act, methods=["POST"]),
    Route("/decide/{token}/statement-{language}.pdf", paper, methods=["GET", "POST"]),
]
