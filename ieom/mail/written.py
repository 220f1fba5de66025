"""One occasion's letters as they are written: what all of them share is encoded once, what is each reader's own beside it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ieom.errors import BadInput
from ieom.folder.names import load_names
from ieom.mail.dkim import key_for
from ieom.mail.identity import identity, secret
from ieom.mail.message import (
    GREETING,
    UNSUBSCRIBE,
    Attachment,
    Body,
    Envelope,
    assembled,
    constant_fields,
    shared_part,
    wire,
)
from ieom.mail.writing import Words, greet, one_line, render, written_in
from ieom.records import missions
from ieom.records.letters import TO_MEDIA, LetterPart
from ieom.rules.addresses import fold
from ieom.rules.mission import MissionFacts
from ieom.settings import settings

GRACE = timedelta(hours=6)
"""A letter queued this long after its time waits for a person."""
BY_PEOPLE = {"release", "release_official"}
"""Kinds that go because persons prepared, approved and sent them: they are not marked as automatic."""


@dataclass(frozen=True)
class Recipient:
    """One address, and how its reader is addressed."""

    email: str
    office: str
    language: str = "en"
    salutation: str = ""
    name: str = ""
    token: str = ""
    """What a media contact's link to unsubscribe names it by."""
    answers: tuple[str, ...] = ()
    """Message-IDs of the letters that theirs refers to, oldest first."""


@dataclass(frozen=True)
class Composed:
    """A letter as it would go, and its words."""

    message: bytes
    words: Words

    def files(self, stem: str) -> list[tuple[str, bytes]]:
        """(name, bytes) of the message, its text and its HTML, to be looked at."""
        return [
            (f"{stem}.eml", self.message),
            (f"{stem}.txt", self.words.text.encode()),
            (f"{stem}.html", self.words.html.encode()),
        ]


class Written:
    """What the letters of one occasion share, and how each becomes a row of the outbox. A letter to the media says
    nothing of its reader but the greeting and the link to unsubscribe, so that thousands are encoded once."""

    def __init__(
        self,
        session: Session,
        mission: str,
        kind: str,
        occasion: str,
        at: datetime,
        due: datetime,
        attachments: Sequence[Attachment],
        release: int | None,
        headers: Mapping[str, str],
        grace: timedelta,
        *,
        keep: bool = True,
    ) -> None:
        self.facts = missions.facts(session, mission)
        self.kind, self.at = kind, at
        self.headers = {name: one_line(value, f"the header {name}") for name, value in headers.items()}
        self.tail = shared_part(attachments)
        if keep and self.tail and session.get(LetterPart, self.tail.sha256) is None:
            with contextlib.suppress(IntegrityError), session.begin_nested():  # another transaction has just stored it
                session.add(LetterPart(sha256=self.tail.sha256, content=self.tail.content))
        self.names: dict[str, dict[str, str]] = {}
        self.shared: dict[tuple[str, int], tuple[Mapping[str, Any], Words, bytes, Body]] = {}
        self.mission, self.occasion = mission, occasion
        base = settings().desk_url.rstrip("/")
        self.desk = f"{base}/missions/{mission}" if base else ""
        """Where the mission's pages at the desk begin, for letters to those who enter it; '' where that is not set."""
        self.media = kind in TO_MEDIA
        self.key = key_for(wire(self.facts.release.from_email))
        self.secret = secret()
        asks_until = missions.get(session, mission).asks_until
        late = at - due > grace or (asks_until is not None and due <= asks_until)
        self.common = {
            "mission": mission,
            "occasion": occasion,
            "kind": kind,
            "release": release,
            "envelope_from": address(
                settings().mail_from or self.facts.release.bounces_to or self.facts.release.from_email
            ),
            "tail": self.tail.sha256 if self.tail else None,
            "state": "late" if late else "queued",
            "queued_at": at,
            "due_at": due,
        }

    def row(self, to: Recipient, email: str, own: Mapping[str, Any]) -> dict[str, Any]:
        """One letter's row: everything but what all share is written for this recipient."""
        head = self.head(to, email, own)
        words = self._words(to, own)[0]
        return {
            **self.common,
            "recipient": email,
            "recipient_key": fold(email),
            "to_office": to.office,
            "language": words.language,
            "subject": words.subject,
            "message_id": self._id(to, email),
            "head": head,
            "attempts": 0,
        }

    def head(self, to: Recipient, email: str, own: Mapping[str, Any]) -> bytes:
        """The message up to its shared part."""
        unsubscribe = _unsubscribe(self.facts, to) if self.media else ""
        words, fields, body = self._words(to, own)
        told = {GREETING: self._greeting(to, words.language), UNSUBSCRIBE: unsubscribe} if self.media else {}
        envelope = Envelope(email, self._id(to, email), unsubscribe, to.answers)
        return assembled(fields, envelope, body.encoded(told), self.tail, key=self.key, at=self.at)

    def spoken(self, to: Recipient, own: Mapping[str, Any]) -> Words:
        """The words as this reader gets them."""
        words = self._words(to, own)[0]
        if not self.media:
            return words
        return self._rendered(
            to, own, greeting=self._greeting(to, words.language), unsubscribe=_unsubscribe(self.facts, to)
        )

    def _id(self, to: Recipient, email: str) -> str:
        return identity(self.secret, self.mission, self.occasion, email, self.facts.release.from_email, to.token)

    def _words(self, to: Recipient, own: Mapping[str, Any]) -> tuple[Words, bytes, Body]:
        """The words, the header and the body that this letter shares with others: with all to whom the same facts are
        told in its language, when it goes to the media."""
        known = self.shared.get((to.language, id(own))) if self.media else None
        if known is not None and known[0] is own:
            return known[1:]
        words = (
            self._rendered(to, own, greeting=GREETING, unsubscribe=UNSUBSCRIBE)
            if self.media
            else self._rendered(to, own)
        )
        fields = constant_fields(
            self.facts, words, at=self.at, kind=self.kind, by_people=self.kind in BY_PEOPLE,
            list_id=f"<releases.{wire(self.facts.release.from_email).rpartition('@')[2]}>" if self.media else "",
            headers=self.headers,
        )  # fmt: skip
        digest = hashlib.sha256(f"{self.mission}\n{self.occasion}\n{to.language}".encode()).hexdigest()
        body = Body(words, f"=_alt_{digest[:32]}")
        self.shared = {(to.language, id(own)): (own, words, fields, body)}
        return words, fields, body

    def _greeting(self, to: Recipient, language: str) -> str:
        return greet(language, {"recipient": to}, zone=self.facts.zone, place=self._called(language)["base_city"])

    def _called(self, language: str) -> dict[str, str]:
        if language not in self.names:
            self.names[language] = official_names(self.facts, language)
        return self.names[language]

    def _rendered(self, to: Recipient, own: Mapping[str, Any], *, greeting: str = "", unsubscribe: str = "") -> Words:
        language = written_in(self.kind, to.language)
        told = {
            "mission": self.facts,
            "names": self._called(language),
            "release": self.facts.release,
            "to_media": self.media,
            "unsubscribe": unsubscribe,
            "desk": self.desk,
            **({"kind": "statement", "shown": language} if self.kind in BY_PEOPLE else {}),
            **({} if self.media else {"recipient": to}),
            **own,
        }
        return render(
            self.kind, language, told, zone=self.facts.zone, place=self.names[language]["base_city"], at=self.at,
            greeting=greeting,
        )  # fmt: skip


def address(email: str) -> str:
    """The address in its normal form. Raises `BadInput` for what is no single address, a line break above all."""
    one_line(email, "the address")
    try:
        return validate_email(email, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise BadInput(f"'{email}' is no e-mail address: {error}") from error


def _unsubscribe(facts: MissionFacts, to: Recipient) -> str:
    """The link by which this letter's reader unsubscribes with one click (RFC 8058, 3.1: HTTPS). A test letter, whose
    reader is no contact, has a link that changes nothing."""
    url = facts.release.unsubscribe_url
    if not url.startswith("https://"):
        raise BadInput(f"release.unsubscribe_url in the mission file must begin with https://, not '{url[:40]}'")
    return f"{url}{'&' if '?' in url else '?'}t={to.token or 'test'}"


def official_names(facts: MissionFacts, language: str = "en") -> dict[str, str]:
    """What a letter calls the organisation, the mission, the host state and its city, on election day."""
    names, on = load_names(), facts.election_day
    return {
        "organisation": names.running(facts.organisation, language, on=on),
        "organisation_official": names.official(facts.organisation, language, on=on),
        "organisation_short": names.short(facts.organisation, language, on=on),
        "host": names.running(facts.host_state, language, on=on),
        "base_city": names.short(facts.base_city, language, on=on),
    }
