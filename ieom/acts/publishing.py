"""The letters of a release: one to each media contact, in their language where there is one; copies to the authorities
and to the states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from sqlalchemy.orm import Session

from ieom.acts.proving import prove
from ieom.acts.releasing import missing, newest, readiness
from ieom.acts.rounds import proven
from ieom.errors import BadInput
from ieom.mail.letters import Attachment, Recipient, queue, queue_many
from ieom.mail.writing import written_in
from ieom.records import audit, drafts, media, missions
from ieom.records.approvals import ApprovalRound
from ieom.records.letters import Letter
from ieom.records.releases import Release
from ieom.records.statements import StatementVersion
from ieom.rules.mission import MissionFacts
from ieom.rules.release import embargo_until
from ieom.rules.statement import canonical


@dataclass(frozen=True)
class ReleaseTested:
    """Somebody sent the release's letter to an office of their own, marked as a test."""

    number: int


def queue_release(session: Session, mission: str, row: Release, papers: dict[str, bytes], at: datetime) -> int:
    """Queue every letter of a release, its papers attached. Returns how many."""
    facts = missions.facts(session, mission)
    texts = Texts(session, mission, row, facts)
    due = embargo_until(readiness(session, mission, row))
    contacts = media.of(session, mission)
    count = 0
    for language in sorted({texts.for_reader(contact.language) for contact in contacts}):
        told = texts.told(language)
        there = [
            (Recipient(c.email, c.outlet, c.language, c.salutation, c.name, c.token), told)
            for c in contacts
            if texts.for_reader(c.language) == language
        ]
        count += queue_many(
            session, mission, kind="release", occasion=f"release:{row.number}", to=there, at=at, due_at=due,
            attachments=texts.papers(language, papers), release=row.id,
        )  # fmt: skip
    language = facts.languages[0]
    paper = Attachment(f"statement-{language}.pdf", "application/pdf", papers[f"statement-{language}.pdf"])
    for to in _official(facts).values():
        made = queue(
            session, mission, kind="release_official", occasion=f"release:{row.number}", to=to, at=at, due_at=due,
            facts=texts.told(language), release=row.id, attachments=[paper],
        )  # fmt: skip
        count += made is not None
    return count


def _official(facts: MissionFacts) -> dict[str, Recipient]:
    """Who gets a copy: the ministry that invited, the election commission, the states that take part."""
    bodies = {facts.invitation.from_body} | {o.body for o in facts.offices if o.body.endswith("-cec")}
    offices = {
        office.email: Recipient(office.email, office.office, salutation=office.salutation)
        for office in facts.offices
        if office.email and office.body in bodies and office.body != facts.organisation
    }
    return offices | {
        state.contact_email: Recipient(state.contact_email, state.contact_office, salutation="Excellency")
        for state in facts.states
        if not state.withdrew_on
    }


class Texts:
    """The approved texts of a release by language, and its unofficial translations."""

    def __init__(self, session: Session, mission: str, row: Release, facts: MissionFacts) -> None:
        self.facts = facts
        round_ = session.get_one(ApprovalRound, row.round)
        self.authentic = {version.language: version for version in proven(session, mission, round_)}
        self.unofficial = {
            language: drafts.by_hash(session, mission, digest) for language, digest in row.translations.items()
        }

    def for_reader(self, language: str) -> str:
        """The language in which somebody who reads `language` gets the statement."""
        return language if language in self.authentic or language in self.unofficial else self.facts.languages[0]

    def papers(self, language: str, papers: dict[str, bytes]) -> list[Attachment]:
        """Press release and statement; with an unofficial translation go the authentic ones."""
        own = self.facts.languages[0] if language in self.unofficial else language
        names = [f"press-release-{own}.pdf", f"statement-{own}.pdf"]
        names += [f"statement-{language}.pdf"] if language in self.unofficial else []
        return [Attachment(self._named(name, language), "application/pdf", papers[name]) for name in names]

    def _named(self, name: str, language: str) -> str:
        if language in self.unofficial and name == f"statement-{language}.pdf":
            return f"statement-{language}-unofficial-translation.pdf"
        return name

    def told(self, language: str) -> dict[str, object]:
        """What a letter says of the text in `language`."""
        main = self.authentic.get(language) or self.authentic[self.facts.languages[0]]
        written = written_in("release", language)
        return {
            "quote": _conclusion(
                self.unofficial[language] if language in self.unofficial and written == language else main
            ),
            "hash": main.content_hash,
            "marking": main.content["marking"],
            "unofficial": language in self.unofficial,
            "authentic": ", ".join(Locale.parse(one).get_language_name(written) or one for one in self.authentic),
            "statement": canonical(main.content),
            "paragraphs": [one["text"] for one in main.content["paragraphs"]],
            "title": f"Statement on the {main.content['election']}",
        }


def _conclusion(version: StatementVersion) -> str:
    own = {one["key"]: one["text"] for one in version.content["paragraphs"]}
    return str(own.get("conclusion") or own.get("voting") or next(iter(own.values())))


def test_to(session: Session, mission: str, *, by: str, at: datetime, email: str) -> Letter | None:
    """Send the release's letter to one's own address, marked as a test; nothing else is touched."""
    row = newest(session, mission) or missing()
    facts = missions.facts(session, mission)
    if email not in {office.email for office in facts.offices if office.body == facts.organisation}:
        raise BadInput(f"{email} belongs to no office of the mission; a test goes to ourselves alone")
    texts, language = Texts(session, mission, row, facts), facts.languages[0]
    audit.append(session, mission, by=by, at=at, act=ReleaseTested(row.number))
    return queue(
        session, mission, kind="release", occasion=f"test:{row.number}:{at.isoformat()}", to=Recipient(email, "Test"), at=at,
        facts={**texts.told(language), "marking": "TEST"},
        attachments=texts.papers(language, prove(session, mission, row)),
    )  # fmt: skip
