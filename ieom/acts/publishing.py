"""The letters of a release: one to each reader, in their language where there is one; copies to the authorities and to
the states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import newsroom, proving, readers
from ieom.acts.published import Text, texts
from ieom.acts.releasing import chosen, missing, newest, readiness
from ieom.errors import BadInput
from ieom.mail.letters import Attachment, Recipient, compose, queue, queue_many
from ieom.mail.phrases import phrases, spoken_in
from ieom.mail.writing import written_in
from ieom.records import audit, drafts, media, missions, releases
from ieom.records.letters import Letter
from ieom.records.releases import Release
from ieom.rules.difference import Replaced
from ieom.rules.release import CARRIES, OFFICIAL, embargo_until
from ieom.rules.statement import canonical

__all__ = ["chosen", "missing", "newest", "preview", "queue_release", "send_test"]

PDF = "application/pdf"


@dataclass(frozen=True)
class ReleaseTested:
    """Somebody sent the release's letters to an office of their own, marked as a test."""

    number: int


def queue_release(session: Session, mission: str, row: Release, papers: dict[str, bytes], at: datetime) -> int:
    """Queue every letter of a release, its papers attached. Returns how many."""
    release = Written(session, mission, row, at)
    occasion, due, count = f"release:{row.number}", belongs_to(session, mission, row), 0
    for (letter, text, got), there in release.groups(readers.of(session, mission, row)):
        count += queue_many(
            session, mission, kind="release", occasion=occasion, at=at, due_at=due, release=row.id,
            to=_each(there, release.told(letter, text, first=not got)), attachments=release.attached(text, papers),
        )  # fmt: skip
    if row.kind in OFFICIAL:
        for to in readers.officials(session, row, release.facts):
            made = queue(
                session, mission, kind="release_official", occasion=occasion, to=to, at=at, due_at=due, release=row.id,
                facts=release.told("en", release.first), attachments=release.copy(papers),
            )  # fmt: skip
            count += made is not None
    return count


def queue_for(session: Session, mission: str, row: Release, contact: media.MediaContact, at: datetime) -> Letter | None:
    """Queue the release's letter for one contact more; None for one who has it already, or is written to no more."""
    release, papers = Written(session, mission, row, at), proving.stored(row)
    text = release.for_reader(contact.language)
    return queue(
        session, mission, kind="release", occasion=f"release:{row.number}", at=at, release=row.id,
        to=readers.addressed(contact), facts=release.told(written_in("release", contact.language), text),
        attachments=release.attached(text, papers),
    )  # fmt: skip


def _each(there: list[readers.Reader], told: Mapping[str, Any]) -> Iterator[tuple[Recipient, Mapping[str, Any]]]:
    return ((one.to, told) for one in there)


def belongs_to(session: Session, mission: str, row: Release) -> datetime | None:
    """The moment that a release's letters belong to: the end of its embargo, or the last word of a person that it
    waited for. Long after it (a machine that was off, a restored backup) they wait for a person."""
    told = proving.chain_of(session, row)
    moments = [embargo_until(readiness(session, mission, row)), told.ready_at if told else None]
    return max((moment for moment in moments if moment is not None), default=None)


class Written:
    """What the letters of a release say and carry."""

    def __init__(self, session: Session, mission: str, row: Release, at: datetime) -> None:
        self.row, self.facts = row, missions.facts(session, mission)
        begins = max(at, embargo_until(readiness(session, mission, row)) or at)
        self.page = newsroom.address(session, row, begins) or self.facts.release.newsroom_url
        self.texts: dict[str, Text] = texts(session, row)
        self.first = self.facts.languages[0] if self.facts.languages[0] in self.texts else next(iter(self.texts))
        self.quotes: dict[str, str] = {}
        self.statement, self.supplement = "", False
        if row.kind in CARRIES:
            for language, text in self.texts.items():
                self.quotes[language] = _conclusion(drafts.by_hash(session, mission, text.hash).content)
            content = drafts.by_hash(session, mission, self.texts[self.first].hash).content
            self.statement, self.supplement = canonical(content), content["kind"] == "supplement"
        line = releases.line(session, row)
        self.concerned_at = line[-1].started_at if line and releases.public(session, line[-1]) else None
        self.changed: dict[str, list[Replaced]] = {}
        if row.kind == "correction" and self.concerned_at is not None:
            for language, text in self.texts.items():
                version = drafts.by_hash(session, mission, text.hash)
                self.changed[language] = proving.changed_since(session, line[-1], version)
        self.concerned_title = ""
        if line:
            title = texts(session, line[-1])[self.first].title
            self.concerned_title = _on(title) if line[-1].kind in CARRIES and self.first == "en" else title

    def languages(self, session: Session, wanted: str = "") -> list[tuple[str, str]]:
        """(language of the letter, language of the text) of each letter that a reader gets, or of the one wanted.
        Raises `BadInput` for a language in which no letter is written."""
        if wanted and wanted not in spoken_in("release"):
            raise BadInput(f"no letter is written in '{wanted}'; there is {', '.join(spoken_in('release'))}")
        read = {one.to.language for one in readers.of(session, self.row.mission, self.row)}
        found = {
            (written_in("release", language), self.for_reader(language))
            for language in ({wanted} if wanted else {*read, *self.texts})
        }
        return sorted(found, key=lambda pair: (pair[0] != "en", pair))

    def for_reader(self, language: str) -> str:
        """The language in which somebody who reads `language` gets the text."""
        return language if language in self.texts else self.first

    def groups(self, there: list[readers.Reader]) -> Iterator[tuple[tuple[str, str, bool], list[readers.Reader]]]:
        """Readers who get the same words, together."""

        def key(one: readers.Reader) -> tuple[str, str, bool]:
            return written_in("release", one.to.language), self.for_reader(one.to.language), one.got

        for found, members in groupby(sorted(there, key=key), key):
            yield found, list(members)

    def attached(self, text: str, papers: Mapping[str, bytes]) -> list[Attachment]:
        """Press release and statement; with an unofficial translation go the authentic ones. In a language without a
        press release goes that in the first language that has one."""
        own = text if self.texts[text].authentic else self.first
        wanted = (f"press-release-{language}.pdf" for language in (own, self.first, *self.texts))
        names = [next(name for name in wanted if name in papers)]
        if self.row.kind in CARRIES:
            names.append(f"statement-{own}.pdf")
            names += [f"statement-{text}.pdf"] if text != own else []
        return [Attachment(self._named(name, text), PDF, papers[name]) for name in names]

    def copy(self, papers: Mapping[str, bytes]) -> list[Attachment]:
        """What an official copy carries."""
        name = f"{'statement' if self.row.kind in CARRIES else 'press-release'}-{self.first}.pdf"
        return [Attachment(name, PDF, papers[name])]

    def _named(self, name: str, text: str) -> str:
        if not self.texts[text].authentic and name == f"statement-{text}.pdf":
            return f"statement-{text}-unofficial-translation.pdf"
        return name

    def told(self, letter: str, text: str, *, first: bool = False, test: bool = False) -> dict[str, Any]:
        """What a letter in one language says of the text in another. `first` is for readers whom the release concerned
        never reached: theirs is a first letter."""
        main = self.texts[text if self.texts[text].authentic else self.first]
        shown = self.texts[text] if text == letter else main
        said = phrases("release", letter)
        concerns = self.row.kind in {"correction", "withdrawal", "clarification"} and not first
        out = self.concerned_at if concerns else None
        authentic = [one.language for one in self.texts.values() if one.authentic]
        return {
            "kind": "statement" if first else self.row.kind,
            "supplement": self.supplement,
            "page": self.page,
            "says": said,
            "title": _on(shown.title) if self.row.kind in CARRIES and shown.language == "en" else shown.title,
            "quote": self.quotes.get(shown.language, ""),
            "changed": self.changed.get(shown.language, []) if concerns else [],
            "paragraphs": list(shown.paragraphs),
            "statement": self.statement,
            "hash": main.hash,
            "marking": "TEST" if test else shown.marking,
            "unofficial": not self.texts[text].authentic,
            "shown": shown.language,
            "text_language": said.language(shown.language) if shown.language != letter else "",
            "authentic": ", ".join(said.language(one) for one in authentic),
            "concerned_at": out,
            "when": format_date(out.astimezone(ZoneInfo(self.facts.zone)), "long", locale=letter) if out else "",
            "concerned_title": self.concerned_title if concerns else "",
        }


def _on(title: str) -> str:
    """'Statement on ...' for 'STATEMENT: ...', as English subjects have it."""
    head, _, election = title.partition(": ")
    return f"{head.capitalize()} on the {election}"


def _conclusion(content: Mapping[str, Any]) -> str:
    """What a letter quotes of a text: its conclusion, of a supplement what it says of the count."""
    own = {one["key"]: one["text"] for one in content["paragraphs"]}
    return str(own.get("conclusion") or own.get("voting") or own.get("count") or next(iter(own.values())))


def reach(session: Session, mission: str, row: Release) -> tuple[int, int, str]:
    """How many of the media and how many offices a release will be written to, and what became of the newest test of it: 'sent'
    once each of its letters was taken by the mail server, 'on its way', 'failed', or '' where none was asked for."""
    query = select(Letter.occasion, Letter.state).where(
        Letter.mission == mission, Letter.occasion.startswith(f"test:{row.number}:", autoescape=True)
    )
    tests: dict[str, set[str]] = {}
    for occasion, state in session.execute(query.order_by(Letter.id)):
        tests.setdefault(occasion.split(":", 3)[3], set()).add(state)
    offices = readers.officials(session, row, missions.facts(session, mission)) if row.kind in OFFICIAL else []
    return len(readers.of(session, mission, row)), len(offices), _became(next(reversed(tests.values()), set()))


def _became(states: Set[str]) -> str:
    if not states:
        return ""
    return "sent" if states == {"sent"} else "on its way" if states <= {"queued", "leased", "sent"} else "failed"


def send_test(
    session: Session, mission: str, *, by: str, at: datetime, email: str, number: int | None = None, language: str = "",
    own: str = "",
) -> int:  # fmt: skip
    """Send the release's letters, one in each language (or in `language` alone), marked as a test, to an office of the
    organisation or to `own`, the address of whoever asks; nothing else is touched. Returns how many."""
    row = chosen(session, mission, number)
    facts = missions.facts(session, mission)
    ours = sorted({office.email for office in facts.offices if office.body == facts.organisation and office.email})
    if email not in {*ours, own} or not email:
        raise BadInput(
            f"a test goes to {'yourself or ' if own else ''}an office of the organisation alone, as the mission file has "
            f"it: {', '.join(ours) or 'none'}; not to {email}"
        )
    release, papers = Written(session, mission, row, at), proving.stored(row)
    pairs = release.languages(session, language)
    audit.append(session, mission, by=by, at=at, act=ReleaseTested(row.number))
    count = 0
    for letter, text in pairs:
        made = queue(
            session, mission, kind="release", occasion=f"test:{row.number}:{letter}:{at.isoformat()}", at=at,
            to=Recipient(email, "Test", letter), facts=release.told(letter, text, test=True),
            attachments=release.attached(text, papers),
        )  # fmt: skip
        count += made is not None
    return count


def preview(
    session: Session, mission: str, *, at: datetime, number: int | None = None, language: str = ""
) -> Iterator[tuple[str, bytes]]:
    """(file name, bytes) of every letter that the release would send (or of the one in `language`), with a made-up reader, and of its papers; nothing
    is queued. Raises `Tampered` when a paper is not the one prepared."""
    row = chosen(session, mission, number)
    release, papers = Written(session, mission, row, at), proving.stored(row)
    for letter, text in release.languages(session, language):
        to = Recipient("newsroom@outlet.example", "Outlet", letter)
        composed = compose(
            session, mission, kind="release", to=to, facts=release.told(letter, text), at=at,
            attachments=release.attached(text, papers),
        )  # fmt: skip
        yield from composed.files(f"letter-{letter}")
    if row.kind in OFFICIAL:
        composed = compose(
            session, mission, kind="release_official", to=Recipient("office@authority.example", "Office", salutation="Excellency"),
            facts=release.told("en", release.first), at=at, attachments=release.copy(papers),
        )  # fmt: skip
        yield from composed.files("official-copy")
    yield from sorted(papers.items())
