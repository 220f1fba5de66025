"""An open round whose approvers were written to with links, made in a moment; the links taken from their letters."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import released
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from ieom.acts import approval
from ieom.acts.versions import write
from ieom.mail.letters import message_bytes
from ieom.records import missions
from ieom.records.approvals import Decision
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.records.statements import ReadyMark

SLUG = released.SLUG
BASE = "https://press.example/"
OURS = {"origin": "https://press.example"}
EVENING = datetime(2020, 8, 12, 13, 0, tzinfo=UTC)
PEOPLE = {"az-1": "head", "kg-1": "observer", "tr-1": "observer", "uz-1": "observer"}


def resting(**changed: str) -> dict[str, Any]:
    """A statement whose opening rests on figures, save a sentence that rests on nothing."""
    made = released.content(**changed)
    for one in made["paragraphs"]:
        one["sentences"] = [
            {"text": one["text"], "claim": "opening", "claims": ["attended_opening"], "kind": "observation",
             "verdict": "upheld", "n": 1, "answered": 1, "base": "stations"},
            {"text": "It was calm.", "claim": "", "claims": [], "kind": "finding", "verdict": "unobserved", "n": 0,
             "answered": 0, "base": "records"},
        ] if one["key"] == "opening" else []  # fmt: skip
    return made


def ask(session: Session, content: dict[str, Any], *, at: datetime = EVENING) -> None:
    """Write a version, ask for its approval, and let the walk write to the approvers."""
    row = write(
        session, SLUG, content, by="drafter", at=at, digest="", why="", based_on=None, ref=None
    )  # fmt: skip
    session.add(ReadyMark(mission=SLUG, content_hash=row.content_hash, by="drafter", at=at))
    session.flush()
    approval.advance(session, SLUG, at=at)


def round_asked(
    engine: Engine, *, asks: str = "nothing", capital: str = "", second: str = "", other: str = "It was calm."
) -> None:
    """A round on the published statement, side by side, all five asked; on a text in a second language too, which says
    `other` where the first says that it was calm."""
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = EVENING
        facts = missions.facts(session, SLUG)
        rule = facts.approval.model_copy(update={"link_asks": asks})
        spoken = {"languages": ("en", second)} if second else {}
        missions.revise(
            session, SLUG, facts.model_copy(update={"approval": rule, **spoken}), by="coordinator", at=EVENING, kind="x", reason=""
        )  # fmt: skip
        for code, role in PEOPLE.items():
            row = session.get(Member, (SLUG, code)) or Member(mission=SLUG, code=code, nominated_at=EVENING, role=role)
            row.office, row.role, row.state = f"Embassy, {code}", role, code[:2].upper()
            row.email, row.status, row.appointed_at = f"{code}@embassy.example", "appointed", EVENING
            session.add(row)
        session.flush()
        if second:
            text = resting(language=second)
            for one in text["paragraphs"]:
                one["sentences"] = [{**s, "text": other} if not s["claims"] else s for s in one["sentences"]]
            ask(session, text)
        ask(session, resting())


def letter(engine: Engine, who: str = "az-1@embassy.example", kind: str = "approval_request") -> EmailMessage:
    """The newest letter of this kind to an address."""
    with reading(engine) as session:
        query = select(Letter).where(Letter.kind == kind, Letter.recipient == who).order_by(Letter.id.desc()).limit(1)
        found = message_from_bytes(message_bytes(session, session.scalars(query).one()), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def words(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(message: EmailMessage, base: str = BASE, what: str = "decide") -> str:
    """The path of the link that a letter holds."""
    found = re.search(rf"{re.escape(base)}({what}/\S+)", words(message))
    assert found, words(message)
    return f"/{found[1]}"


def code_in(message: EmailMessage) -> str:
    found = re.search(r"^  (\d{3} \d{3})\r?$", words(message), re.MULTILINE)
    assert found
    return found[1]


def hidden(page: str, name: str = "hash") -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found[1]


def approve(web: TestClient, path: str, decision: str = "approve", comment: str = "", **more):
    page = web.get(path).text
    data = {"hash": hidden(page), "decision": decision, "comment": comment}
    return web.post(path, data=data, headers=OURS, **more)


def state(engine: Engine) -> tuple[list[object], ...]:
    """Everything that a look must leave as it was."""
    with reading(engine) as session:
        return tuple(
            sorted(map(tuple, session.execute(text(f"SELECT * FROM {table}"))), key=str)
            for table in ("decisions", "approval_seats", "approval_rounds", "decision_links", "audit_rows", "letters")
        )


def decisions(engine: Engine) -> list[tuple[str, str, str, str]]:
    with reading(engine) as session:
        query = select(Decision.by, Decision.decision, Decision.channel, Decision.comment).order_by(Decision.id)
        return list(session.execute(query).tuples())
