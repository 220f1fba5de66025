"""The statement, paragraph by paragraph, beside what it rests on; edited in place, and never over what somebody else saved
meanwhile without having seen it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Form, Response
from sqlalchemy.orm import Session

from desk.beside import KINDS, SOME
from desk.chronicle import named, words
from desk.counted import DENIED, held
from desk.web.asking import Asked, Desk, missing, router
from desk.web.knowing import shared
from desk.web.pages import tongue
from desk.web.statement_view import SPEAKS, numbered, out_now, place_of, statement_facts
from ieom.acts import drafting, rounds
from ieom.acts.grounds import gather
from ieom.acts.versions import missing as no_draft
from ieom.errors import BadInput
from ieom.folder.catalogues import _, ngettext
from ieom.folder.claims import load_claims
from ieom.records import accounts, drafts, evidence, missions, received
from ieom.records.statements import StatementVersion
from ieom.rules import difference
from ieom.rules.evidence import Claim, Verdict, upper_bound
from ieom.rules.linter import COUNTED, Finding
from ieom.rules.statement import paragraph_text

part = router()
Language = Annotated[str, Form(pattern=r"^[a-z]{2}$")]
Key = Annotated[str, Form(pattern=r"^[a-z][a-z0-9_]{0,36}$")]
Digest = Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Form(max_length=20_000)]
Reason = Annotated[str, Form(max_length=2_000)]
Codes = Annotated[list[str] | None, Form()]
Ticked = Annotated[bool, Form()]


def at_paragraph(desk: Asked, language: str, key: str = "") -> str:
    """The statement's page, at one paragraph; `at` is for script, which is not told what comes after the #."""
    return f"/missions/{desk.mission}/statement?language={language}" + (f"&at=p-{key}#p-{key}" if key else "")


@part.get("/missions/{mission}/statement")
def show(desk: Desk, language: str = "en", edit: str = "", add: str = "") -> Response:
    """The newest version; with `edit` a paragraph's text can be changed where it stands, with `add` one comes after it."""
    facts = statement_facts(desk, language)
    leads = desk.code != "" and desk.code == facts["head"]
    if edit or add:
        return desk.page("statement.html", leads=leads, **{**facts, "editing": edit, "adding": add})
    return shared(desk, "statement.html", facts, leads=leads)


@part.get("/missions/{mission}/statement/grounds/{paragraph}")
def grounds(desk: Desk, paragraph: str, language: str = "en", version: int = 0) -> Response:
    """The forms and stations behind each sentence of a paragraph."""
    with desk.look() as (session, mission, _now):
        newest = newest_of(session, mission, language)
        row = drafts.number(session, mission, version, language) if version else newest
        one = next((one for one in row.content["paragraphs"] if one["key"] == paragraph), None)
        if one is None:
            raise missing("this paragraph")
        told = gather(session, mission, cut_off=row.cut_off, preliminary=row.kind == "preliminary", language=language)
        claims = {claim.id: claim for claim in load_claims()}
        stated = dict.fromkeys(claim for s in one["sentences"] for claim in s["claims"])
        under = {claim: told.verdicts[claim].detail.get("seen", ()) for claim in stated if claim in told.verdicts}
        behind: dict[str, tuple[list[str], list[str]]] = {
            claim: evidence.forms_behind(session, mission, claims[claim], cut_off=row.cut_off)
            for claim in dict.fromkeys([*stated, *(one for seen in under.values() for one in seen)])
            if claim in claims and claims[claim].kind == "observation"
        }
        known = received.named(session, mission, [form for pair in behind.values() for side in pair for form in side])
    rows = []
    for sentence in one["sentences"]:
        for claim in sentence["claims"]:
            verdict = told.verdicts.get(claim)
            row_of = _claimed(claim, claims, verdict, behind, known)
            # Of a claim that something did not happen; "none was seen" says nothing of one that something did.
            none_seen = (
                bool(row_of["good"]) and not row_of["bad"] and claims[claim].irregularity and claims[claim].of_absence
            )
            rows.append(
                {
                    **row_of, "sentence": sentence["text"],
                    "bound": round(100 * upper_bound(len(row_of["good"]))) if none_seen else 0,
                    "sources": told.mission.outside_sources.get(claim) if claim in claims and claims[claim].kind == "outside" else "",
                    "supports": [_claimed(c, claims, told.verdicts.get(c), behind, known) for c in under.get(claim, ())],
                    "unseen": [claims[c].label for c in (verdict.detail.get("unseen", ()) if verdict else ()) if c in claims],
                }
            )  # fmt: skip
    return desk.page("statement_grounds.html", row=row, one=one, rows=rows, spoken=language, some=SOME)


def _claimed(
    claim: str, claims: Mapping[str, Claim], verdict: Verdict | None, behind: Mapping[str, tuple[list[str], list[str]]],
    known: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """A claim with its verdict in words and a shape, and the forms that bear it out or don't."""
    good, bad = ([known[form] for form in side if form in known] for side in behind.get(claim, ([], [])))
    label = claims[claim].label if claim in claims else claim
    counted = verdict is not None and verdict.base in COUNTED
    denied = verdict is not None and verdict.kind in DENIED
    said = words("words")
    return {
        "label": label, "good": good, "bad": bad, "kind": claims[claim].kind if claim in claims else "", "verdict": verdict,
        "says": said.get("upheld" if denied and counted else verdict.kind, verdict.kind) if verdict else "",
        "word": said.get(verdict.kind, verdict.kind) if verdict else "",
        "shape": KINDS.get(verdict.kind, "none") if verdict else "none", "denied": denied,
        "figures": held(verdict.kind, label, verdict.n, verdict.answered, verdict.base) if verdict and counted and verdict.answered else "",
    }  # fmt: skip


@part.post("/missions/{mission}/statement/draft")
def draft(
    desk: Desk, language: Language = "en", why: Reason = "", afresh: Ticked = False, fall: Codes = None
) -> Response:
    """Draft from the record as it is now. What was edited stands, unless `afresh`."""
    with desk.act() as (session, mission, by, at):
        before = drafts.newest(session, mission, language)
        voided = rounds.would_fall(session, mission, before.content_hash) if before is not None else []
        known = named(session, mission) if voided else {}
        row = drafting.draft(session, mission, by=by, at=at, why=why, language=language, afresh=afresh)
        touched = [numbered(row.content, key) for key in drafting.changed(before, row)]
        if before is not None and before.number != row.number:
            undoes(voided, fall, why, known)
    if before is not None and before.number == row.number:
        return desk.done(
            at_paragraph(desk, language),
            _("The record gives the same text; version {number} stands.").format(number=row.number),
        )
    said = _("Version {number} ({kind}) is drafted from the record.").format(
        number=row.number, kind=_(SPEAKS.get(row.kind, row.kind))
    )
    if before is not None:
        what = (
            _("Changed: {list}.").format(list=", ".join(dict.fromkeys(touched)))
            if touched
            else _("Changed: figures alone.")
        )
        said += f" {what}{after_fall(voided, known, before.number)}"
    return desk.done(at_paragraph(desk, language), said)


@part.post("/missions/{mission}/statement/edit")
def edit(
    desk: Desk, paragraph: Key, begun: Digest, text: Text = "", remove: Ticked = False, after: Annotated[str, Form(max_length=40)] = "", why: Reason = "",
    language: Language = "en", fall: Codes = None,
) -> Response:  # fmt: skip
    """Another text for a paragraph. `begun` is the hash of the version that the writer saw: when this paragraph is another
    one since, both are shown and nothing is written. `fall` are those whose approvals the writer knows to become void."""
    if not remove and not text.strip():
        raise BadInput("the text is empty; to leave the paragraph out, use 'Take it out'")
    with desk.act() as (session, mission, by, at):
        now = newest_of(session, mission, language)
        seen = now if now.content_hash == begun else drafts.by_hash(session, mission, begun)
        if after:  # a new one: its key must be free even when somebody added one meanwhile
            paragraph = free_key(paragraph, now)
        was, stands = (paragraph_text(row.content, paragraph) for row in (seen, now))
        place = place_of(mission, f"after-{after}" if after else paragraph, language)
        known = named(session, mission)
        voided = rounds.would_fall(session, mission, now.content_hash)
        if was == stands:
            undoes(voided, fall, why, known)
            row = drafting.edit(
                session, mission, by=by, at=at, paragraph=paragraph, text="" if remove else text, why=why, language=language,
                after=after, seen=now.number,
            )  # fmt: skip
            found = drafting.lint(session, mission, row, at=at)
        else:
            accounts.keep_text(session, desk.me.id, place, text, at=missions.real_now())
            facts = _both(now, paragraph, was, stands, text, known)
            facts |= {"fall": voided, "known": known, "out": out_now(session, mission, language)}
    if was != stands:
        return desk.page("statement_both.html", status=409, why=why, remove=remove, spoken=language, **facts)
    out, new, other = (
        _("Version {number}: the paragraph is taken out."),
        _("Version {number}: the paragraph is added."),
        _("Version {number}: the paragraph is changed."),
    )
    done = (out if remove else new if after else other).format(number=row.number)
    apart = (
        ""
        if seen.number == now.number
        else " "
        + _("Somebody else saved version {number} meanwhile, in other paragraphs; both are kept.").format(
            number=now.number
        )
    )
    return desk.done(
        at_paragraph(desk, language, "" if remove else paragraph),
        f"{done}{_mend(found, paragraph)}{apart}{after_fall(voided, known, now.number)}",
    )


@part.post("/missions/{mission}/statement/ready")
def ready(desk: Desk, seen: Digest, language: Language = "en") -> Response:
    """Ask for approval of the version that the asker sees."""
    with desk.act() as (session, mission, by, at):
        now = newest_of(session, mission, language)
        if now.content_hash != seen:
            raise BadInput(f"version {now.number} came since you looked; read it, then ask for approval of it")
        row = drafting.ready(session, mission, by=by, at=at, language=language)
        waits = [] if rounds.newest_round(session, mission) is not None else drafting.not_asked(session, mission)
    said = _("Approval is asked for version {number}.").format(number=row.number)
    if waits:
        others = ", ".join(tongue(one, desk.language) for one, _there in waits)
        rest = _("The round begins once it is asked for in {languages} too.").format(languages=others)
    else:
        rest = _("The round begins by itself, within a minute.")
    return desk.done(at_paragraph(desk, language), f"{said} {rest}")


def _mend(found: list[Finding], paragraph: str) -> str:
    """What an edit leaves to be mended, as it is said after it; the page leads to each."""
    here = sum(one.paragraph == paragraph for one in found)
    if not found:
        return ""
    if here:
        said = ngettext(
            "{count} thing is to be mended or answered for by name ({here} in this paragraph, beside it).",
            "{count} things are to be mended or answered for by name ({here} in this paragraph, beside it).",
            len(found),
        )
    else:
        said = ngettext(
            "{count} thing is to be mended or answered for by name (in other paragraphs).",
            "{count} things are to be mended or answered for by name (in other paragraphs).",
            len(found),
        )
    return " " + said.format(count=len(found), here=here)


def undoes(voided: list[str], told: Sequence[str] | None, why: str, known: dict[str, str]) -> None:
    """An edit that makes approvals void is made by who knows it, for a reason. Raises `BadInput`."""
    if not voided:
        return
    who = "; ".join(known.get(code, code) for code in voided)
    if not set(voided) <= set(told or []):
        raise BadInput(
            f"since you opened this page the text was approved by {who}; nothing was saved. What you typed is kept: open the page again, and save it knowing that"
        )
    if not why.strip():
        raise BadInput(
            f"{who} approved this text, and another makes that void; say why it is changed. Nothing was saved"
        )


def after_fall(voided: list[str], known: dict[str, str], number: int) -> str:
    """What an edit did to approvals, as it is said after it."""
    if not voided:
        return ""
    who = "; ".join(known.get(code, code) for code in voided)
    said = _("Void now: the approval of version {number} by {who}. Ask for approval again once the text is finished.")
    return " " + said.format(number=number, who=who)


def newest_of(session: Session, mission: str, language: str) -> StatementVersion:
    """The newest version in a language. Raises `NotFound` while there is none."""
    return drafts.newest(session, mission, language) or no_draft()


def free_key(wanted: str, now: StatementVersion) -> str:
    """A key that no paragraph has or had."""
    keys = {*(one["key"] for one in now.content["paragraphs"]), *now.content.get("removed", [])}
    stem = re.sub(r"_\d+$", "", wanted)
    return wanted if wanted not in keys else next(f"{stem}_{n}" for n in range(1, 1000) if f"{stem}_{n}" not in keys)


def _both(
    now: StatementVersion, paragraph: str, was: str, stands: str, text: str, known: dict[str, str]
) -> dict[str, Any]:
    """Two texts of one paragraph, each against the one that both began with."""
    return {
        "row": now, "paragraph": paragraph, "stands": stands, "text": text, "who": known.get(now.by, now.by),
        "theirs": difference.words(was, stands), "mine": difference.words(was, " ".join(text.split())),
    }  # fmt: skip
