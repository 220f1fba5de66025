import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ieom.acts import audit as acts
from ieom.acts import witness
from ieom.errors import Tampered
from ieom.folder import open_mission, read
from ieom.records import audit, missions
from ieom.records.base import begin, connect, reading
from ieom.rules.audit import Link, verify
from ieom.settings import ROOT, settings

JULY = datetime(2020, 7, 6, 5, 0, 0, 123456, tzinfo=UTC)


@dataclass(frozen=True)
class Noted:
    """An act of a test."""

    member: str
    number: int
    share: float
    when: datetime


def note(engine: Engine, mission: str, count: int = 5) -> None:
    with begin(engine) as session:
        for number in range(count):
            act = Noted(f"az-{number}", number, 0.5 + number, JULY)
            audit.append(session, mission, by="coordinator", at=JULY, act=act, ref=f"note:{number}")


@pytest.fixture
def noted(either: Engine) -> Engine:
    folder = read(ROOT / "config" / "missions" / "kazakhstan-senate-2020")
    with begin(either) as session:
        open_mission(session, folder, by="coordinator", at=JULY)
    note(either, folder.facts.slug)
    return either


SLUG = "kazakhstan-senate-2020"


def faults(engine: Engine, *heads: str) -> list[str]:
    with reading(engine) as session:
        return acts.faults(session, SLUG, heads=heads)


def newest(engine: Engine) -> tuple[int, str]:
    with reading(engine) as session:
        row = audit.head(session, SLUG)
        assert row is not None
        return row.seq, row.hash


def break_in(engine: Engine, *statements: str) -> None:
    """Change the chain as somebody would who owns the database: without its triggers."""
    with engine.begin() as connection:
        for name in ("update", "delete"):
            if connection.dialect.name == "sqlite":
                connection.execute(text(f"DROP TRIGGER audit_rows_no_{name}"))
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP TRIGGER audit_rows_immutable ON audit_rows"))
        for statement in statements:
            connection.execute(text(statement))


def test_the_chain_of_a_mission_is_whole_on_both_databases(noted: Engine) -> None:
    assert faults(noted) == []
    assert faults(noted, newest(noted)[1]) == []


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (["UPDATE audit_rows SET by = 'drafter' WHERE seq = 3"], "row 3 (Noted, drafter) was edited"),
        (["UPDATE audit_rows SET ref = NULL WHERE seq = 4"], "row 4 (Noted, coordinator) was edited"),
        (["DELETE FROM audit_rows WHERE seq = 3"], "row 3 is missing"),
        (
            [
                "UPDATE audit_rows SET seq = 99 WHERE seq = 3", "UPDATE audit_rows SET seq = 3 WHERE seq = 4",
                "UPDATE audit_rows SET seq = 4 WHERE seq = 99",
            ],
            "row 3 does not follow the row before it",
        ),
    ],
)  # fmt: skip
def test_a_row_edited_removed_or_reordered_in_the_database_is_found(
    noted: Engine, statements: list[str], says: str
) -> None:
    break_in(noted, *statements)
    assert any(fault.startswith(says) for fault in faults(noted))


def test_an_end_cut_off_is_found_by_the_witness_and_by_a_hash_from_a_letter(noted: Engine) -> None:
    head = newest(noted)[1]
    with begin(noted) as session:
        witness.write(session, SLUG)
    break_in(noted, "DELETE FROM audit_rows WHERE seq > 4")
    assert any("row 6, which the witness saw" in fault for fault in faults(noted))
    (settings().state_dir / "witness" / f"{SLUG}.json").unlink()
    assert faults(noted) == []
    assert any("known from outside" in fault for fault in faults(noted, head))


def test_what_is_written_out_verifies_by_itself(noted: Engine) -> None:
    with reading(noted) as session:
        lines = [json.loads(line) for line in acts.export_jsonl(session, SLUG)]
    links = [
        Link(
            row["mission"], row["seq"], datetime.fromisoformat(row["at"]), row["by"], row["act"], row["what"],
            row["previous"], row["hash"], row["ref"],
        )
        for row in lines
    ]  # fmt: skip
    assert len(links) == 6
    assert verify(links, heads=[newest(noted)[1]]) == []


@pytest.fixture
def lived(engine: Engine, mission: str) -> Engine:
    note(engine, mission)
    return engine


def backed_up(engine: Engine, into: Path) -> Engine:
    source, target = sqlite3.connect(str(engine.url.database)), sqlite3.connect(into)
    source.backup(target)
    source.close()
    target.close()
    return connect(f"sqlite:///{into}")


@pytest.mark.parametrize("lived_on", [False, True])
def test_records_restored_from_a_backup_are_seen_and_the_witness_does_not_forget(
    lived: Engine, tmp_path: Path, lived_on: bool
) -> None:
    old = backed_up(lived, tmp_path / "old.db")
    with begin(lived) as session:
        audit.append(session, SLUG, by="coordinator", at=JULY, act=Noted("az-9", 9, 1.5, JULY))
        witness.write(session, SLUG)
        assert witness.restored(session, SLUG) is None
    seen = witness.seen(SLUG)
    if lived_on:
        note_otherwise(old)
    with begin(old) as session:
        assert "restored from a backup" in (witness.restored(session, SLUG) or "")
        with pytest.raises(Tampered, match="restored from a backup"):
            witness.write(session, SLUG)
    assert witness.seen(SLUG) == seen
    with begin(old) as session:
        witness.accept(session, SLUG)
        assert witness.restored(session, SLUG) is None
    assert (witness.seen(SLUG) or (0, ""))[1] == newest(old)[1]
    old.dispose()


def note_otherwise(engine: Engine) -> None:
    """The restored records went on by themselves and came as far as the witness, with other acts."""
    with begin(engine) as session:
        audit.append(session, SLUG, by="drafter", at=JULY, act=Noted("az-8", 8, 2.5, JULY))
        audit.append(session, SLUG, by="drafter", at=JULY, act=Noted("az-7", 7, 2.5, JULY))


def test_a_witness_that_can_t_be_read_holds_the_mission_rather_than_passing(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        witness.write(session, mission)
    (settings().state_dir / "witness" / f"{mission}.json").write_text("{")
    with reading(engine) as session:
        assert "can't be read" in (witness.restored(session, mission) or "")


def test_without_a_witness_nothing_is_known_to_be_older(engine: Engine, mission: str) -> None:
    with reading(engine) as session:
        assert witness.restored(session, mission) is None
        assert witness.seen(mission) is None


def test_a_look_that_began_before_a_letter_left_takes_nothing_for_restored(lived: Engine) -> None:
    with reading(lived) as begun:
        assert missions.get(begun, SLUG).sendings == 0
        with begin(lived) as session:
            witness.announce(session, SLUG)
        with begin(lived) as session:
            witness.write(session, SLUG)
        assert witness.restored(begun, SLUG) is None
    with begin(lived) as session:
        session.execute(text("UPDATE missions SET sendings = 0"))
    with reading(lived) as session:
        assert "of which the records know fewer" in str(witness.restored(session, SLUG))
