"""Statements as immutable versions, overrides, and what was set aside with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ieom.records.base import Base


class StatementVersion(Base):
    """A version, once written, is never changed (the database refuses it). `content_hash` is the SHA-256 of the text
    in its canonical form; `evidence_digest` of the forms and records that it rests on."""

    __tablename__ = "statement_versions"
    __table_args__ = (UniqueConstraint("mission", "language", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    language: Mapped[str]
    number: Mapped[int]
    kind: Mapped[str]  # preliminary, final, supplement
    content: Mapped[dict[str, Any]]
    """{title, date, paragraphs: [{key, kind, text, sentences: [{text, claim, verdict}]}], annex: [...]}"""
    content_hash: Mapped[str]
    evidence_digest: Mapped[str]
    cut_off: Mapped[datetime]
    at: Mapped[datetime]
    by: Mapped[str]
    based_on: Mapped[int | None]
    why: Mapped[str] = mapped_column(default="")
    chain_head: Mapped[str]
    """Hash of the audit chain's newest row when this version was written; stands in the PDF's metadata."""


class ReadyMark(Base):
    """The drafter asked for approval of a version."""

    __tablename__ = "ready_marks"
    __table_args__ = (UniqueConstraint("mission", "content_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    content_hash: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class Override(Base):
    """A named person lets a sentence stand that the linter refuses, for a reason."""

    __tablename__ = "overrides"
    __table_args__ = (UniqueConstraint("mission", "sentence_hash", "finding"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    sentence_hash: Mapped[str]
    finding: Mapped[str]  # code of the linter's finding
    by: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]


class SetAside(Base):
    """An irregularity observed that the statement does not mention, set aside by name with a reason."""

    __tablename__ = "set_asides"
    __table_args__ = (UniqueConstraint("mission", "question", "submission"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    question: Mapped[str]
    submission: Mapped[int]
    by: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]
