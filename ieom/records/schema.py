"""Every table, so that migrations and tests see them all; and the triggers that keep immutable rows so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import DDL, event

from ieom.records import (
    accounts,
    approvals,
    audit,
    comments,
    contact_acts,
    correspondence,
    decision_links,
    delegation,
    deployment,
    letters,
    media,
    meetings,
    missions,
    nomination_links,
    observation,
    passkeys,
    releases,
    standings,
    statements,
    stations,
    submissions,
    suppressions,
)
from ieom.records.base import Base

metadata = Base.metadata
__all__ = [
    "accounts", "approvals", "audit", "comments", "contact_acts", "correspondence", "decision_links", "delegation", "deployment",
    "letters", "media", "meetings", "metadata", "missions", "nomination_links", "observation", "passkeys", "releases", "standings",
    "statements", "stations",
    "submissions", "suppressions",
]  # fmt: skip

IMMUTABLE = (
    "audit_rows", "statement_versions", "decisions", "confirmations", "mission_revisions", "letter_parts", "release_approvals",
    "contact_acts", "recorded_decisions", "recorded_ends",
)  # fmt: skip


WRITTEN_ONCE = {"letters": ("recipient", "envelope_from", "message_id", "head", "tail")}
"""Columns that are never changed, of rows that else may: what a letter says, and to whom, is fixed when it is queued."""


def keep_written(table: str, columns: Sequence[str]) -> list[tuple[str, str]]:
    """(dialect, SQL) pairs that make the database refuse to change these columns of a row of `table`."""
    of, what = f"{', '.join(columns)} ON {table}", f"what stands in {table} is never rewritten"
    return [
        (
            "sqlite",
            f"CREATE TRIGGER {table}_not_rewritten BEFORE UPDATE OF {of} BEGIN SELECT RAISE(ABORT, '{what}'); END",
        ),
        (
            "postgresql",
            f"CREATE OR REPLACE FUNCTION {table}_written() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{what}'; END $$",
        ),
        (
            "postgresql",
            f"CREATE TRIGGER {table}_written BEFORE UPDATE OF {of} FOR EACH ROW EXECUTE FUNCTION {table}_written()",
        ),
    ]


def keep_immutable(table: str) -> list[tuple[str, str]]:
    """(dialect, SQL) pairs that make the database refuse to change or remove a row of `table`."""
    statements_ = []
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_no_{verb.lower()}"
        statements_.append(
            (
                "sqlite",
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END",
            )
        )
    statements_.append(
        (
            "postgresql",
            f"CREATE FUNCTION {table}_immutable() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'rows of {table} are never changed'; END $$",
        )
    )
    statements_.append(
        (
            "postgresql",
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_immutable()",
        )
    )
    return statements_


def _ddl(sql: str, dialect: str) -> Any:
    return DDL(sql.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy's


for _table, _columns in WRITTEN_ONCE.items():
    for _dialect, _sql in keep_written(_table, _columns):
        event.listen(metadata.tables[_table], "after_create", _ddl(_sql, _dialect))
for _table in IMMUTABLE:
    for _dialect, _sql in keep_immutable(_table):
        event.listen(metadata.tables[_table], "after_create", _ddl(_sql, _dialect))
