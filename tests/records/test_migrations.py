"""The migrations make the schema that the code describes, on both databases, and keep immutable rows so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from ieom.errors import BadInput
from ieom.records import approvals, media, migrate, schema
from ieom.records.base import begin, connect
from ieom.records.submissions import Submission
from ieom.rules.contacts import EMPTY, Entry, Plan


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.getfixturevalue(request.param)
    if request.param == "postgres":
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    else:
        schema.metadata.drop_all(engine)
    return engine


def test_the_migrations_make_the_schema_that_the_code_describes(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_upgrading_twice_changes_nothing(empty: Engine) -> None:
    migrate.upgrade(empty)
    migrate.upgrade(empty)


@pytest.mark.parametrize("table", schema.IMMUTABLE)
def test_the_database_refuses_to_change_or_remove_what_is_immutable(empty: Engine, table: str) -> None:
    migrate.upgrade(empty)
    with empty.connect() as connection:
        if connection.dialect.name == "sqlite":
            found = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
            assert {f"{table}_no_update", f"{table}_no_delete"} <= found
        else:
            found = set(connection.scalars(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")))
            assert f"{table}_immutable" in found


def test_a_changed_row_of_the_letter_parts_is_refused(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("INSERT INTO letter_parts (sha256, content) VALUES ('a', 'x')"))
    with pytest.raises(DBAPIError, match="never changed"), empty.begin() as connection:
        connection.execute(text("UPDATE letter_parts SET content = 'y'"))
    with pytest.raises(DBAPIError, match="never changed"), empty.begin() as connection:
        connection.execute(text("DELETE FROM letter_parts"))


def test_a_time_without_a_zone_is_refused_at_the_column(either: Engine) -> None:
    naive = datetime(2020, 8, 12, 10, 0)  # noqa: DTZ001 - the very thing that is refused
    form = Submission(
        mission="m", instance_id="1", form="voting", team="t", station="s", received_at=naive, channel="file",
        content_hash="", original={},
    )  # fmt: skip
    with pytest.raises(Exception, match="has no zone"), begin(either) as session:
        session.add(form)
    assert datetime.now(UTC).tzinfo is not None


def test_a_file_that_is_no_database_is_named(tmp_path) -> None:
    path = tmp_path / "mission.db"
    path.write_bytes(b"this is no database at all, only text" * 50)
    with pytest.raises((BadInput, DatabaseError), match="not a database"):
        migrate.upgrade(connect(f"sqlite:///{path}"))


def test_contacts_and_suppressions_of_an_earlier_ieom_are_kept(empty: Engine) -> None:
    migrate.upgrade(empty, to="0001")
    moment = "2020-07-06 04:00:00" + ("+00" if empty.dialect.name == "postgresql" else ".000000")
    with empty.begin() as connection:
        for slug in ("a", "b"):
            connection.execute(
                text(
                    "INSERT INTO missions (slug, opened_at, state, revision, starts_at_stage, count_left_why, "
                    "walked_revision, sendings) VALUES (:slug, :at, 'open', 1, 'delegation', '', 0, 0)"
                ),
                {"slug": slug, "at": moment},
            )
        insert = text(
            "INSERT INTO media_contacts (mission, email, outlet, name, salutation, language, country, kind) "
            "VALUES (:mission, :email, 'A wire', '', '', 'en', '', 'wire')"
        )
        for mission, email in (("a", "Desk@wire.example"), ("b", "desk@wire.example"), ("b", "news@wire.example")):
            connection.execute(insert, {"mission": mission, "email": email})
        connection.execute(
            text("INSERT INTO suppressions (email, why, at) VALUES ('Desk@wire.example', 'dead address: 550 no', :at)"),
            {"at": moment},
        )
    migrate.upgrade(empty)
    with begin(empty) as session:
        assert [c.email for c in media.of(session, "b")] == ["desk@wire.example", "news@wire.example"]
        assert [c.key for c in media.of(session, "a")] == ["desk@wire.example"]
        assert media.suppressed(session) == {"desk@wire.example"}
        entry = Entry("x@wire.example", "x@wire.example", (2,), "new", {**EMPTY, "outlet": "X"})
        media.take(session, Plan((entry,)), by="coordinator", at=datetime.now(UTC))
        assert media.ids(session, {"x@wire.example"}) == [3]


def test_what_waits_for_its_confirmation_in_an_open_round_is_a_decision_no_more(empty: Engine) -> None:
    migrate.upgrade(empty, to="0006")
    moment = "2020-08-12 13:00:00" + ("+00" if empty.dialect.name == "postgresql" else ".000000")
    with empty.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO missions (slug, opened_at, state, revision, starts_at_stage, count_left_why, walked_revision, "
                "sendings) VALUES ('a', :at, 'open', 1, 'delegation', '', 0, 0)"
            ),
            {"at": moment},
        )
        for number, status in ((1, "void"), (2, "open")):
            connection.execute(
                text(
                    "INSERT INTO approval_rounds (id, mission, number, hashes, rule, opened_at, opened_by, status, ended_why) "
                    "VALUES (:n, 'a', :n, '{}', '{}', :at, 'clock', :status, '')"
                ),
                {"n": number, "at": moment, "status": status},
            )
            for seat in (1, 2, 3):
                at = {"id": number * 10 + seat, "round": number, "seat": seat, "at": moment}
                connection.execute(
                    text(
                        "INSERT INTO approval_seats (id, round, position, who, capacity, state, deputies) "
                        "VALUES (:id, :round, :seat, 'x', 'other', '', '[]')"
                    ),
                    at,
                )
                connection.execute(
                    text(
                        "INSERT INTO decisions (id, seat, content_hash, hashes, decision, paragraph, by, at, comment, channel, "
                        "evidence, recorded_by) VALUES (:id, :id, 'h', '{}', 'approve', '', 'x', :at, 'Yes.', :channel, 'e', 'c')"
                    ),
                    {**at, "channel": "link" if seat == 3 else "telephone"},
                )
        connection.execute(text("INSERT INTO confirmations (decision, by, at) VALUES (22, 'd', :at)"), {"at": moment})
    migrate.upgrade(empty)
    with begin(empty) as session:
        assert set(session.scalars(text("SELECT id FROM decisions"))) == {11, 12, 13, 22, 23}
        assert [(row.seat, row.comment, end) for row, end in approvals.recorded(session, 2)] == [(21, "Yes.", None)]
    with pytest.raises(DBAPIError, match="never changed"), empty.begin() as connection:
        connection.execute(text("DELETE FROM decisions"))


def test_of_two_releases_that_were_prepared_with_one_statement_the_newer_waits(empty: Engine) -> None:
    migrate.upgrade(empty, to="0008")
    moment = "2020-08-12 13:00:00" + ("+00" if empty.dialect.name == "postgresql" else ".000000")
    with empty.begin() as connection:
        for slug in ("a", "b"):
            connection.execute(
                text(
                    "INSERT INTO missions (slug, opened_at, state, revision, starts_at_stage, count_left_why, walked_revision, "
                    "sendings) VALUES (:slug, :at, 'open', 1, 'delegation', '', 0, 0)"
                ),
                {"slug": slug, "at": moment},
            )
        rows = (
            ("a", 1, "statement", "going"), ("a", 2, "statement", "prepared"), ("a", 3, "correction", "stopped"),
            ("a", 4, "advisory", "prepared"), ("b", 1, "statement", "prepared"),
        )  # fmt: skip
        for slug, number, kind, status in rows:
            connection.execute(
                text(
                    "INSERT INTO releases (mission, number, kind, texts, hashes, translations, papers, prepared_by, prepared_at, "
                    "go, status, held_why, early_why, started_at) VALUES (:slug, :n, :kind, '{}', '{}', '{}', '{}', 'x', :at, "
                    "'by_time', :status, '', '', :began)"
                ),
                {"slug": slug, "n": number, "kind": kind, "at": moment, "status": status, "began": moment if status == "going" else None},
            )  # fmt: skip
    migrate.upgrade(empty)
    with empty.connect() as connection:
        found = connection.execute(text("SELECT mission, number FROM releases WHERE status = 'dropped'")).all()
        assert [tuple(row) for row in found] == [("a", 2)]
