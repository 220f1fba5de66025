"""States asked, members and their files, badges. Nominated is not a member until appointed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ieom.records.base import Base


class StateCall(Base):
    """A call for nominations to one state: sent with a quota and a deadline, answered or declined."""

    __tablename__ = "state_calls"

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    quota: Mapped[int]
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="asked")  # asked, answered, declined, withdrew
    note_number: Mapped[str | None]


class Member(Base):
    """A person of the delegation, or one nominated to it; interpreters, drivers and staff too."""

    __tablename__ = "members"

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="")  # sending state's code; empty for the secretariat
    role: Mapped[str]  # head, deputy_head, observer, interpreter, driver, secretariat
    office: Mapped[str]  # "Embassy of the Kyrgyz Republic, observer 1"
    honorific: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")  # "Ambassador Extraordinary and Plenipotentiary of ..."
    body: Mapped[str] = mapped_column(default="")  # sending body's code: embassy, CEC, parliament
    email: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    salutation: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="nominated")  # nominated, appointed, declined, withdrawn, replaced
    nominated_at: Mapped[datetime]
    appointed_at: Mapped[datetime | None]
    briefed_at: Mapped[datetime | None]
    conflict: Mapped[dict[str, Any] | None]
    """Answers of the conflict-of-interest declaration."""
    conflict_found: Mapped[str | None]


class NomineeItem(Base):
    """One of the seven items of a nominee's file: received, or waived by a person for a reason."""

    __tablename__ = "nominee_items"
    __table_args__ = (ForeignKeyConstraint(["mission", "member"], ["members.mission", "members.code"]),)

    mission: Mapped[str] = mapped_column(primary_key=True)
    member: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime | None]
    waived_at: Mapped[datetime | None]
    waived_by: Mapped[str | None]
    waived_why: Mapped[str | None]
    vault_id: Mapped[str | None]
    """Where the encrypted paper lies, for a passport page or a photograph."""
    taken_back_at: Mapped[datetime | None]
    """When it was said that it did not come in, or is not waived, after all; until it comes in or is waived again."""
    taken_back_by: Mapped[str | None]
    taken_back_why: Mapped[str | None]


class Accreditation(Base):
    """Accreditation as observer: by note verbale through the MFA to the election commission, and back as a badge."""

    __tablename__ = "accreditations"
    __table_args__ = (ForeignKeyConstraint(["mission", "member"], ["members.mission", "members.code"]),)

    mission: Mapped[str] = mapped_column(primary_key=True)
    member: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]  # requested, issued, collected, returned, refused
    note_number: Mapped[str]
    requested_at: Mapped[datetime]
    badge: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refused_why: Mapped[str | None]


class VaultItem(Base):
    """An encrypted personal paper, kept apart from the records; erased on its date. Its key is never in the records."""

    __tablename__ = "vault_items"

    id: Mapped[str] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    member: Mapped[str]
    item: Mapped[str]
    stored_at: Mapped[datetime]
    erase_on: Mapped[date]
    erased_at: Mapped[datetime | None]


class VaultReading(Base):
    """Someone read a personal paper."""

    __tablename__ = "vault_readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(ForeignKey("vault_items.id"))
    by: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[str]
