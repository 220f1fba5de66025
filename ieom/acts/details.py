"""What is recorded of a person, corrected where it was mistyped: names, titles, the office and where letters go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts.nomination import details, member_of
from ieom.acts.undelivered import tell_of_address
from ieom.errors import BadInput, Refused
from ieom.folder.names import load_names
from ieom.records import audit, missions
from ieom.records.delegation import Member
from ieom.rules import delegation as rules


@dataclass(frozen=True)
class MemberDetailsCorrected:
    """What is recorded of somebody was corrected; `fields` says what of it, and never what stood or stands there."""

    member: str
    fields: tuple[str, ...]


def correct_details(
    session: Session, mission: str, *, by: str, at: datetime, member: str, office: str, honorific: str, name: str,
    title: str, email: str, language: str, salutation: str, body: str | None = None, ref: str | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """Correct how somebody is called and where letters to them go; returns what of it was changed. Letters and papers from
    then on have it; what was written, said or approved before stays as it is. `body` is the code of the embassy or authority
    that sends them, '' for none, None to leave it. Of an approver's new address the head of
    mission and the coordinator are told. Refused for who is of the mission no longer."""
    missions.lock(session, mission)
    row = member_of(session, mission, member)
    if ref and audit.happened(session, mission, ref):
        return ()
    if row.status in rules.LEAVING:
        raise Refused(f"'{member}' is {row.status}, and of the mission no longer; nothing is corrected")
    told = details(
        member, office=office, honorific=honorific, name=name, title=title, email=email, language=language,
        salutation=salutation,
    )  # fmt: skip
    if body is not None:
        if body and body != row.body and body not in load_names().of_kind("body"):
            raise BadInput(f"'{body[:60]}' is no body that is named; choose one of the list")
        told["body"] = body
    before, old = {what: getattr(row, what) for what in told}, row.email
    if old and not told["email"]:
        raise BadInput("give the right address in the place of the wrong one; letters to this person go there")
    fields = tuple(what for what in told if told[what] != before[what])
    if not fields:
        raise BadInput("nothing was changed; write what is right in the place of what is wrong")
    _write(row, told)
    session.flush()
    audit.append(session, mission, by=by, at=at, act=MemberDetailsCorrected(member, fields), ref=ref)
    if "email" in fields:
        occasion = f"address-corrected:{member}:{at:%Y%m%dT%H%M%S}"
        tell_of_address(
            session, mission, [member], occasion=occasion, office=row.office, old=old, new=row.email, by=by, at=at,
            arrived=True,
        )  # fmt: skip
    return fields


def _write(row: Member, told: dict[str, str]) -> None:
    for what, value in told.items():
        setattr(row, what, value)
