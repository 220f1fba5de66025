"""Two who act on a release at the same instant: no reader is written to twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from evening import EVENING, SLUG, Doing, approved, letters, ready, stages
from releases import edited_and_approved
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from desk.cli import context
from ieom.acts import distribution
from ieom.records import releases, schema
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.releases import Release

__all__ = ["approved", "stages"]


@pytest.fixture
def on_postgres(approved: Engine, postgres: Engine) -> Engine:
    """The afternoon of 12 August 2020, in PostgreSQL."""
    with reading(approved) as old, begin(postgres) as new:
        new.execute(text("SET LOCAL session_replication_role = replica"))
        for table in schema.metadata.sorted_tables:
            if rows := [dict(row._mapping) for row in old.execute(select(table))]:
                new.execute(table.insert(), rows)
            if table.columns.get("id") is not None and rows:
                name = f"pg_get_serial_sequence('{table.name}', 'id')"
                new.execute(text(f"SELECT setval({name}, (SELECT max(id) FROM {table.name})) WHERE {name} IS NOT NULL"))
    return postgres


@pytest.fixture(params=["approved", pytest.param("on_postgres", marks=pytest.mark.postgres)])
def afternoon(request: pytest.FixtureRequest) -> Engine:
    """The approved statement in either database."""
    return request.getfixturevalue(request.param)


def at_once(engine: Engine, *acts: Callable[[Session], object]) -> list[object]:
    """Each act in a transaction of its own that has read the releases before either acts; what they gave."""
    together, gave = threading.Barrier(len(acts)), list[object]()

    def do(act: Callable[[Session], object]) -> None:
        try:
            with begin(engine) as session:
                read = releases.of(session, SLUG)
                if engine.dialect.name == "postgresql":  # SQLite lets one in at a time
                    together.wait(20)
                gave.append(act(session))
                del read
        except Exception as error:  # noqa: BLE001 - compared below
            gave.append(error)

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return gave


def live(engine: Engine) -> list[tuple[int, str]]:
    with reading(engine) as session:
        return [(row.number, row.status) for row in releases.of(session, SLUG) if row.status != "dropped"]


def test_of_two_who_prepare_and_two_who_say_go_at_once_one_release_comes_about(afternoon: Engine) -> None:
    now = Doing(afternoon).now
    gave = at_once(
        afternoon,
        lambda s: distribution.prepare(s, SLUG, by="press-officer", at=now).number,
        lambda s: distribution.prepare(s, SLUG, by="deputy-coordinator", at=now).number,
    )
    assert gave == [1, 1]
    assert live(afternoon) == [(1, "prepared")]
    gave = at_once(
        afternoon,
        *[lambda s: distribution.go(s, SLUG, by="coordinator", at=now, number=1).number] * 2,
    )
    assert gave == [1, 1]
    with reading(afternoon) as session:
        acts = list(session.scalars(select(AuditRow.act).where(AuditRow.act.in_(["ReleasePrepared", "ReleaseGo"]))))
    assert sorted(acts) == ["ReleaseGo", "ReleasePrepared"]
    Doing(afternoon).advance(distribution, EVENING)
    assert letters(afternoon) == 24


@pytest.mark.postgres
def test_a_release_that_began_meanwhile_is_neither_dropped_nor_stopped_by_rows_read_before(on_postgres: Engine) -> None:
    do = Doing(on_postgres)
    ready(do)
    with begin(on_postgres) as session:
        before = releases.of(session, SLUG)
        assert before[0].started_at is None
        do.advance(distribution, EVENING)
        row = distribution.prepare(session, SLUG, by="press-officer", at=EVENING, go="by_hand")
        assert (row.number, row.status) == (1, "going")
    assert live(on_postgres) == [(1, "going")]
    edited_and_approved(do)
    with begin(on_postgres) as session:
        assert distribution.prepare(session, SLUG, by="press-officer", at=EVENING).kind == "correction"
    assert live(on_postgres) == [(1, "going"), (2, "prepared")]


@pytest.mark.postgres
def test_a_command_that_acts_holds_the_mission(on_postgres: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "engine", lambda: on_postgres)
    wait = text("SELECT slug FROM missions FOR UPDATE NOWAIT")
    with context.act("") as (_session, slug, _at), on_postgres.connect() as other:
        assert slug == SLUG
        with pytest.raises(OperationalError, match="could not obtain lock"):
            other.execute(wait)
    with on_postgres.connect() as other:
        assert other.scalar(wait) == SLUG


def test_the_records_themselves_refuse_a_second_release_that_waits_with_the_statement(afternoon: Engine) -> None:
    do = Doing(afternoon)
    row = do(distribution.prepare, "press-officer")
    twice = {
        "mission": SLUG, "number": 2, "kind": "correction", "round": row.round, "hashes": {}, "papers": {},
        "prepared_by": "press-officer", "prepared_at": datetime(2020, 8, 12, tzinfo=UTC),
    }  # fmt: skip
    with pytest.raises(IntegrityError), begin(afternoon) as session:
        session.add(Release(**twice))
    with begin(afternoon) as session:
        session.add(Release(**twice, status="dropped"))
        session.add(Release(**{**twice, "kind": "advisory", "number": 3}))
