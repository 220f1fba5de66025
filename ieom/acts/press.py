"""The words of the press release: made from the record and from the statement, and compared with both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts import grounds
from ieom.acts.bearing import record
from ieom.errors import Refused
from ieom.papers.press_release import ReleaseText, release_text
from ieom.records import missions
from ieom.records.statements import StatementVersion
from ieom.rules import consistency


def release_of(session: Session, mission: str, version: StatementVersion, *, at: datetime) -> ReleaseText:
    """What the press release of a statement says when it is made at `at` (UTC). Raises `Refused` with everything in it
    that the statement or the record does not bear out."""
    facts = missions.facts(session, mission)
    press = facts.moment(facts.release.press_conference)
    gathered = grounds.gather(
        session, mission, cut_off=version.cut_off, preliminary=version.kind == "preliminary", language=version.language
    )
    text = release_text(version.content, gathered.facts, press_conference=press, at=at, zone=facts.zone)
    known = record(session, mission)
    body = "\n\n".join(one["text"] for one in version.content["paragraphs"])
    slips = consistency.check(text.plain, known) + consistency.against_statement(
        text.plain, body, states=sorted(known.states), presented=facts.release.press_conference.date()
    )
    if version.kind == "supplement":  # their number is stated in the statement that it supplements
        slips = [slip for slip in slips if slip.code != "base"]
    if slips:
        raise Refused(
            "the press release, which is made from the record and quotes the statement, can't go as it is: "
            + "; ".join(f"'{slip.found}': {slip.says}" for slip in slips)
            + ". Let the statement say it too, or correct the record",
            command="'ieom statement edit' and 'ieom correct' do",
        )
    return text
