"""What the page on approval shows: the rule, who decided what on which text, what changed since each was last asked."""

from __future__ import annotations

from datetime import datetime
from textwrap import shorten
from typing import Any

from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.mail_words import troubles
from desk.web.statement_view import numbered, where
from ieom.acts import approval as acts
from ieom.acts import correcting, links
from ieom.acts.answering import is_ready, lint, not_asked
from ieom.acts.asked_of import borne, closes
from ieom.acts.rounds import lapsed
from ieom.acts.versions import begun, released
from ieom.folder.catalogues import N_, _
from ieom.records import approvals, drafts, members, missions
from ieom.records.approvals import ApprovalRound, Recorded, RecordedEnd
from ieom.records.statements import StatementVersion
from ieom.rules import difference
from ieom.settings import settings

WORDS = {
    "approve": N_("approves"), "approve_with_comment": N_("approves with a comment"), "changes": N_("asks for changes"),
    "abstain": N_("abstains"), "dissociate": N_("dissociates itself from a paragraph"), "withdraw": N_("withdraws"),
    "no_objection": N_("no objection in time"),
}  # fmt: skip
HOW = {
    "in_person": N_("at the desk"), "link": N_("by the link in the letter"), "telephone": N_("by telephone"), "paper": N_("on paper"),
    "silence": N_("by the silence procedure"),
}  # fmt: skip
CAPACITY = {
    "head_of_mission": N_("head of mission"), "member_state": N_("member state"), "secretary_general": N_("Secretary General"),
    "other": N_("approver"),
}  # fmt: skip
STATUS = {
    "open": ("waiting", N_("open")), "approved": ("done", N_("approved")), "changes_asked": ("late", N_("changes were asked for")),
    "void": ("late", N_("void")), "stopped": ("late", N_("stopped")),
}  # fmt: skip


UNDECIDED: dict[str, Any] = {
    "at": None, "how": "", "channel": "", "comment": "", "paragraph": "", "evidence": "", "by": "", "through": "",
    "recorded_by": "", "confirmed_by": "", "contradicted": False, "contradiction": "",
    "waits": None, "entered": (),
}  # fmt: skip


WAYS: dict[links.Asks, str] = {
    "nothing": N_("the link alone: whoever holds the letter can decide with it"),
    "code": N_("the link and a code, which comes to the approver in a letter of its own"),
    "log-in": N_("the approver's account at the desk: the link leads there"),
}
"""What the page behind an approver's link asks for."""


def secured(asks: links.Asks) -> str:
    """How the links in letters to approvers are secured, in a sentence; where letters hold none, that."""
    if not (settings().desk_url if asks == "log-in" else settings().decide_url):
        return _(
            "Letters to approvers hold no link here: whoever has an account decides at the desk, all others by telephone or on paper."
        )
    return _("By a link in their letters approvers decide with {what}.").format(what=_(WAYS[asks]))


def gathered(session: Session, mission: str, now: datetime, *, code: str) -> dict[str, Any]:
    """All of the page, as plain values."""
    facts, known = missions.facts(session, mission), named(session, mission)
    round_ = acts.newest_round(session, mission)
    versions = acts.proven(session, mission, round_) if round_ is not None else []
    newest = [drafts.newest(session, mission, language) for language in facts.languages]
    here = [row for row in newest if row is not None]
    head = members.head(session, mission)
    rule = round_.rule if round_ is not None else facts.approval.model_dump(mode="json")
    stands = round_ is None or acts.stands(session, mission, round_)
    holds = round_ is None or (stands and round_.status in {"open", "approved"})
    seats = _seats(session, mission, round_, versions, known, code) if round_ is not None else _unasked(facts, known)
    if not holds:
        _over(seats)
    again = round_ is not None and acts.asked_anew(session, mission, round_)
    ended = round_ is None or (round_.status != "open" and not (round_.status == "approved" and stands))
    asked = all(is_ready(session, mission, one.content_hash) for one in here)
    may_ask = bool(here) and ended and not again and not (round_ is None and asked)
    waits = [one for one in seats if one["asked"] and not one["counts"] and not one["decision"]]
    for one in waits:
        one["closes"] = closes(facts, one["asked"])
    mine = next((one for one in seats if one["mine"]), None)
    return {
        "closes": max((one["closes"] for one in waits), default=None),
        "secured": secured(facts.approval.link_asks), "now": now, "round": _told(round_, known), "order": rule["order"], "quorum": rule["quorum"], "seats": seats,
        "yes": sum(one["yes"] for one in seats), "waits": waits, "stands": stands, "mine": mine,
        "borne": list(dict.fromkeys(one for row in (versions if holds else here) for one in borne(session, mission, row))),
        "texts": [_text(one) for one in versions], "hashes": [one.content_hash for one in versions],
        "drafts": [{"language": one.language, "number": one.number} for one in here],
        "asked_for": bool(here) and len(here) == len(newest) and asked,
        "again": again, "languages": len(facts.languages), "lacks": not_asked(session, mission) if round_ is None else [],
        "lapsed": round_ is not None and lapsed(session, mission, round_),
        "may_ask": may_ask, "mend": _to_mend(session, mission, here, now) if may_ask else [],
        "rounds": [_told(one, known) for one in approvals.rounds(session, mission)],
        "corrections": _corrections(session, mission, round_, known) if round_ is not None else [],
        "may_correct": round_ is not None and round_.status == "approved" and stands
        and head is not None and head.code == code and not begun(session, mission, round_.id),
        "gone": round_ is not None and released(session, mission, round_=round_.id), "known": known,
        "waiting_correction": correcting.waiting(session, round_) is not None if round_ is not None else False,
    }  # fmt: skip


def _to_mend(
    session: Session, mission: str, here: list[StatementVersion], now: datetime
) -> list[dict[str, Any]]:  # fmt: skip
    """Versions of which approval can't be asked yet: how many findings are open in each."""
    counted = [(one, len(lint(session, mission, one, at=now))) for one in here]
    return [{"language": one.language, "number": one.number, "count": count} for one, count in counted if count]


def undecided(session: Session, mission: str) -> frozenset[str]:
    """Codes of those whose decision an open round waits for."""
    round_ = acts.newest_round(session, mission)
    if round_ is None or round_.status != "open" or not acts.stands(session, mission, round_):
        return frozenset()
    return frozenset(seat.who for seat, state, row in acts.seats(session, round_) if state.asked and row is None)


def _told(round_: ApprovalRound | None, known: dict[str, str]) -> dict[str, Any] | None:
    if round_ is None:
        return None
    kind, says = STATUS[round_.status]
    return {
        "number": round_.number, "status": round_.status, "kind": kind, "says": _(says), "why": round_.ended_why,
        "opened_at": round_.opened_at, "opened_by": known.get(round_.opened_by, round_.opened_by),
        "ended_at": round_.ended_at, "hashes": dict(round_.hashes),
    }  # fmt: skip


def _text(version: StatementVersion) -> dict[str, Any]:
    content = version.content
    return {
        "language": version.language, "number": version.number, "hash": version.content_hash,
        "title": f"{content['title']}: {content['election']}", "marking": content.get("marking", ""),
        "paragraphs": [(one["key"], one["text"], list(one.get("footnotes", []))) for one in content["paragraphs"]],
        "choices": [
            (one["key"], f"{number}. {shorten(one['text'], 60, placeholder='…')}")
            for number, one in enumerate(content["paragraphs"], 1)
        ],
    }  # fmt: skip


def _unasked(facts: Any, known: dict[str, str]) -> list[dict[str, Any]]:
    """The mission's rule before a round began."""
    return [
        {
            **UNDECIDED, "position": at, "who": seat.who, "name": known.get(seat.who, seat.who), "state": known.get(seat.state, ""),
            "capacity": _(CAPACITY[seat.capacity]), "deputies": [(one, known.get(one, one)) for one in seat.deputies],
            "asked": None, "decision": "", "counts": False, "yes": False, "kind": "none", "says": _("not asked yet"),
            "mine": False, "letter": "", "changed": None, "last": None, "member_state": seat.capacity == "member_state", "silence_hours": seat.silence_hours, "silence_until": None,
        }
        for at, seat in enumerate(facts.approval.seats, start=1)
    ]  # fmt: skip


def _seats(
    session: Session, mission: str, round_: ApprovalRound, versions: list[StatementVersion], known: dict[str, str], code: str
) -> list[dict[str, Any]]:  # fmt: skip
    confirmed = approvals.confirmations(session, round_.id)
    against = approvals.contradictions(session, round_.id)
    before = approvals.asked_before(session, mission, round_.number)
    entered: dict[int, list[dict[str, Any]]] = {}
    for record, end in approvals.recorded(session, round_.id):
        entered.setdefault(record.seat, []).append(_entered(record, end, known, versions[0].content))
    changes: dict[int, Any] = {}
    ill = [(row.occasion, said) for row, said in troubles(session, mission)]
    found = []
    for seat, state, row in acts.seats(session, round_):
        last = before.get(seat.who)
        if last is not None and last.id not in changes:
            changes[last.id] = changed_since(session, mission, last, versions)
        one = {
            **UNDECIDED, "position": seat.position, "who": seat.who, "name": known.get(seat.who, seat.who),
            "state": known.get(seat.state, ""), "capacity": _(CAPACITY.get(seat.capacity, seat.capacity)),
            "member_state": seat.capacity == "member_state",
            "deputies": [(one, known.get(one, one)) for one in seat.deputies], "asked": seat.asked_at,
            "silence_until": None if state.disowned else seat.silence_until, "decision": row.decision if row else "",
            "counts": row is not None and state.counts, "yes": state.decided in {"approve", "approve_with_comment", "no_objection"},
            "mine": code in {seat.who, *seat.deputies}, "changed": changes[last.id] if last is not None else None,
            "last": last.number if last is not None else None,
            "letter": next((said for occasion, said in reversed(ill) if occasion == f"approval:{round_.number}:{seat.who}"), ""),
            "choice": (seat.who, f"{known.get(seat.who, seat.who)}, {_(CAPACITY.get(seat.capacity, seat.capacity))}"),
        }  # fmt: skip
        told = entered.get(seat.id, [])
        one["waits"] = next((each for each in told if not each["became"]), None)
        one["entered"] = [each for each in told if each["became"] not in {"", "confirmed"}]
        one["kind"], one["says"] = _says(one, round_.status)
        if row is not None:
            second = confirmed.get(row.id)
            one |= {
                "at": row.at, "how": _(HOW.get(row.channel, row.channel)), "channel": row.channel, "comment": row.comment,
                "paragraph": where(versions[0].content, row.paragraph) if row.paragraph else "", "evidence": row.evidence, "by": row.by,
                "through": known.get(row.by, row.by) if row.by != seat.who else "",
                "recorded_by": known.get(row.recorded_by, row.recorded_by),
                "confirmed_by": known.get(second.by, second.by) if second else "",
                "contradicted": row.id in against, "contradiction": against[row.id].why if row.id in against else "",
            }  # fmt: skip
            if one["contradicted"]:
                one["kind"], one["says"] = "late", _("{decides}, contradicted").format(decides=_(WORDS[row.decision]))
        found.append(one)
    return found


def _entered(
    record: Recorded, end: RecordedEnd | None, known: dict[str, str], content: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """What was recorded for a seat, and what became of it; '' for what waits."""
    return {
        "became": end.became if end else "", "decides": _(WORDS.get(record.decision, record.decision)), "at": record.at,
        "how": _(HOW[record.channel]), "comment": record.comment,
        "paragraph": where(content, record.paragraph) if record.paragraph else "",
        "evidence": record.evidence, "recorder": record.recorded_by, "who": known.get(record.by, record.by),
        "recorded_by": known.get(record.recorded_by, record.recorded_by),
        "ended_by": known.get(end.by, end.by) if end else "", "ended_at": end.at if end else None,
        "why": end.why if end else "",
    }  # fmt: skip


def _says(one: dict[str, Any], status: str) -> tuple[str, str]:
    if one["waits"] and status == "open":
        return "waiting", _("is asked; what was recorded waits for a second person")
    if not one["decision"]:
        if one["asked"] is None:
            return "none", _("not asked yet")
        return ("waiting", _("is asked")) if status == "open" else ("none", _("had not decided"))
    words = _(WORDS.get(one["decision"], one["decision"]))
    if not one["counts"]:
        return "waiting", _("{decides}; waits for a second person's confirmation").format(decides=words)
    return ("done" if one["yes"] else "late" if one["decision"] == "changes" else "working"), words


def _over(seats: list[dict[str, Any]]) -> None:
    """Of a round that ended without holding, or whose text was edited since: what was decided, and that it holds no more."""
    for one in seats:
        if one["decision"] and one["decision"] != "changes" and not one["contradicted"]:
            one["kind"] = "none"
            one["says"] = _("{decides}: on the text of this round, which holds no more").format(
                decides=_(WORDS.get(one["decision"], one["decision"]))
            )


def changed_since(
    session: Session, mission: str, before: ApprovalRound, versions: list[StatementVersion]
) -> list[dict[str, Any]]:
    """What differs, by paragraphs and words, between the texts of an earlier round and these."""
    found = []
    for version in versions:
        digest = before.hashes.get(version.language)
        old = drafts.by_hash(session, mission, digest).content["paragraphs"] if digest else []
        for key, changes in difference.paragraphs(
            [(one["key"], one["text"]) for one in old],
            [(one["key"], one["text"]) for one in version.content["paragraphs"]],
        ):
            found.append({"language": version.language, "where": numbered(version.content, key), "changes": changes})
    return found


def _corrections(
    session: Session, mission: str, round_: ApprovalRound, known: dict[str, str]
) -> list[dict[str, Any]]:  # fmt: skip
    told = []
    for row in approvals.corrections(session, round_.id):
        old = drafts.by_hash(session, mission, row.old_hash).content
        before = next((one["text"] for one in old["paragraphs"] if one["key"] == row.paragraph), "")
        waiting = row.agreed_at is None and row.dropped_at is None
        told.append(
            {
                "paragraph": where(old, row.paragraph), "language": row.language, "hash": row.new_hash, "at": row.at,
                "head": row.head, "second": row.second, "head_name": known.get(row.head, row.head),
                "second_name": known.get(row.second, row.second), "changes": difference.words(before, row.text),
                "waiting": waiting,
                "says": _("waits for the second approver") if waiting else _("made") if row.agreed_at else _("dropped"),
                "kind": "waiting" if waiting else "done" if row.agreed_at else "none",
            }
        )  # fmt: skip
    return told
