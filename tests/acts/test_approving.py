"""Deciding on the statement, and releasing what was approved: the mission lived to the evening of 12 August 2020."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from living import opened, surround, walk
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DatabaseError

from desk.catcher import Catcher
from desk.rehearsal import live, next_moment
from ieom.acts import approval, distribution, drafting
from ieom.errors import Conflict, Refused, Tampered
from ieom.records import drafts, missions
from ieom.records.approvals import Decision
from ieom.records.base import begin, connect, reading
from ieom.records.letters import Letter
from ieom.settings import settings
from tasks import stage

ASKED = "2020-08-12T11:05:00+00:00"
APPROVED = "2020-08-12T12:40:00+00:00"


def lived(folder: Path, until: str) -> None:
    """The example mission, lived up to a moment (UTC)."""
    with Catcher(folder / "mail") as catcher:
        surround(f"sqlite:///{folder / 'mission.db'}", catcher.port, folder / "var")
        slug, acts = opened(stage.records())
        walk(slug)
        while (moment := next_moment(stage.records(), slug, acts)) is not None:
            if moment > datetime.fromisoformat(until):
                break
            live(stage.records(), slug, acts, walk, moment)
        stage.records().dispose()
        stage._engine.cache_clear()


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for name, until in (("asked", ASKED), ("approved", APPROVED)):
        folder = tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patch:
            for key in (
                "IEOM_STATE_DIR",
                "IEOM_DATABASE_URL",
                "IEOM_SMTP_HOST",
                "IEOM_SMTP_PORT",
                "IEOM_SMTP_SECURITY",
                "IEOM_SMTP_CONNECTIONS",
            ):
                patch.setenv(key, "")
            lived(folder, until)
        settings.cache_clear()
        found[name] = folder
    return found


def at(name: str, stages: dict[str, Path], tmp_path: Path, patch: pytest.MonkeyPatch) -> Engine:
    """A copy of the mission at one of those moments."""
    shutil.copytree(stages[name] / "var", tmp_path / "state")
    with sqlite3.connect(stages[name] / "mission.db") as old, sqlite3.connect(tmp_path / "copy.db") as new:
        old.backup(new)
    patch.setenv("IEOM_STATE_DIR", str(tmp_path / "state"))
    settings.cache_clear()
    return connect(f"sqlite:///{tmp_path / 'copy.db'}")


SLUG = "kazakhstan-senate-2020"


@pytest.fixture
def asked(stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    return at("asked", stages, tmp_path, monkeypatch)


@pytest.fixture
def approved(stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    return at("approved", stages, tmp_path, monkeypatch)


class Doing:
    """Acts at the mission's now, each in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with reading(engine) as session:
            self.now = missions.now(session, SLUG)

    def __call__(self, act, by: str, **words):
        with begin(self.engine) as session:
            self.now += timedelta(minutes=1)
            return act(session, SLUG, by=by, at=self.now, **words)

    def advance(self, part, at: datetime | None = None):
        with begin(self.engine) as session:
            return part.advance(session, SLUG, at=at or self.now)

    def round(self) -> str:
        with reading(self.engine) as session:
            row = approval.newest_round(session, SLUG)
            assert row is not None
            return row.status


def test_a_second_decision_is_refused_and_says_who_decided_when(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "kg-1", decision="approve")
    with pytest.raises(Conflict, match="kg-1 decided already in round 1: approve"):
        do(approval.decide, "kg-1", decision="changes", comment="no")


def test_a_decision_is_a_row_that_the_database_refuses_to_change(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "kg-1", decision="approve")
    with pytest.raises(DatabaseError, match="never changed"), begin(asked) as session:
        session.execute(text("UPDATE decisions SET decision = 'changes'"))


def test_an_approval_for_another_text_is_refused(asked: Engine) -> None:
    with pytest.raises(Refused, match="names another text"):
        Doing(asked)(approval.decide, "kg-1", decision="approve", version_hash="0123456789abcdef")


def test_a_stranger_decides_nothing(asked: Engine) -> None:
    with pytest.raises(Refused, match="'drafter' has no seat"):
        Doing(asked)(approval.decide, "drafter", decision="approve")


def test_an_edit_voids_every_approval(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "kg-1", decision="approve")
    do(
        drafting.edit,
        "drafter",
        paragraph="place",
        text="The Mission observed the elections in Nur-Sultan.",
        why="shorter",
    )
    do.advance(approval)
    assert do.round() == "void"


def test_an_approval_by_telephone_counts_only_once_another_person_confirmed_it(asked: Engine) -> None:
    do = Doing(asked)
    for who in ("az-1", "kg-1", "tr-1", "secretary-general"):
        do(approval.decide, who, decision="approve")
    do(approval.record_decision, "coordinator", who="uz-1", decision="approve", channel="telephone", evidence="a call")
    do.advance(approval)
    assert do.round() == "open"
    with pytest.raises(Refused, match="another person"):
        do(approval.confirm_decision, "coordinator", who="uz-1")
    do(approval.confirm_decision, "deputy-coordinator", who="uz-1")
    do.advance(approval)
    assert do.round() == "approved"


def test_the_approver_is_told_of_a_recorded_decision_and_may_contradict_it(approved: Engine) -> None:
    do = Doing(approved)
    with reading(approved) as session:
        told = session.scalars(select(Letter).where(Letter.kind == "approval_recorded")).one()
        assert told.recipient == "observer.1@uzbekistan.example"
    do(approval.contradict, "uz-1", why="I said no such thing")
    assert do.round() == "void"
    with pytest.raises(Refused, match="no text is approved"):
        do(distribution.prepare, "press-officer")


def test_one_who_asks_for_changes_ends_the_round(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "tr-1", decision="changes", comment="the second paragraph")
    do.advance(approval)
    assert do.round() == "changes_asked"


def ready(do: Doing) -> None:
    do(distribution.prepare, "press-officer")
    do(distribution.go, "coordinator")


EVENING = datetime.fromisoformat("2020-08-12T14:00:00+00:00")


def letters(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.scalars(select(Letter.id).where(Letter.kind == "release")).all())


def test_nothing_goes_before_the_press_conference_and_everything_at_it(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING - timedelta(seconds=1))
    assert letters(approved) == 0
    do.advance(distribution, EVENING)
    do.advance(distribution, EVENING)
    assert letters(approved) == 24


def test_who_prepared_a_release_does_not_send_it(approved: Engine) -> None:
    do = Doing(approved)
    do(distribution.prepare, "press-officer")
    with pytest.raises(Refused, match="another person sends it"):
        do(distribution.go, "press-officer")


@pytest.mark.parametrize(
    "name",
    ["statement-en.txt", "statement-en.pdf", "press-release-en.txt", "press-release-en.pdf", "statement-en.docx"],
)
def test_a_paper_that_differs_by_one_byte_is_not_released(approved: Engine, name: str) -> None:
    do = Doing(approved)
    ready(do)
    path = distribution.folder(SLUG, 1) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(Tampered, match="nothing was released"):
        do.advance(distribution, EVENING)
    assert letters(approved) == 0


def test_a_text_changed_in_the_database_is_not_released(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    with begin(approved) as session:
        session.execute(text("DROP TRIGGER statement_versions_no_update"))
        session.execute(text("UPDATE statement_versions SET content = replace(content, 'were open', 'were very open')"))
    with pytest.raises(Tampered, match="no longer has its hash"):
        do.advance(distribution, EVENING)
    assert letters(approved) == 0


def test_a_finding_that_turned_after_the_approval_holds_the_release_until_the_head_decides(approved: Engine) -> None:
    from ieom.acts import observation

    do = Doing(approved)
    ready(do)
    document = {
        "instance_id": "late-1", "form": "voting", "team": "team-2", "station": "ns-1",
        "arrived_at": "2020-08-12T11:00+06:00", "departed_at": "2020-08-12T11:30+06:00",
        "answers": {"campaign_material_inside": "yes", "campaign_material_outside": "no"},
    }  # fmt: skip
    do(observation.submit, "tr-1", document=document)
    do.advance(drafting)
    stood = do.advance(distribution, EVENING)
    assert "finding turned" in stood.says
    assert letters(approved) == 0
    with pytest.raises(Refused, match="only the head of mission"):
        do(drafting.settle_turned, "coordinator", claim="no_campaign_material", why="x")
    with reading(approved) as session:
        digest = next(iter(approval.approved_round(session, SLUG).hashes.values()))
        turned = {row.claim for row in drafts.unsettled(session, SLUG, digest)}
    for claim in turned:
        do(drafting.settle_turned, "az-1", claim=claim, why="Taken up in the supplement.")
    do.advance(distribution, EVENING)
    assert letters(approved) == 24


def test_a_stopped_release_goes_on_from_where_it_stopped(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    do(distribution.stop, "coordinator", why="a call from the head")
    with reading(approved) as session:
        assert set(session.scalars(select(Letter.state).where(Letter.kind == "release"))) == {"stopped"}
    do(distribution.go_on, "coordinator")
    assert letters(approved) == 24


def test_an_editorial_correction_goes_by_the_head_and_a_second_and_anything_more_is_refused(approved: Engine) -> None:
    do = Doing(approved)
    with pytest.raises(Refused, match="it touches a negation"):
        do(
            approval.editorial_correction,
            "az-1",
            second="kg-1",
            paragraph="intervention",
            text="The Mission found evidence.",
        )
    with pytest.raises(Refused, match="head of mission"):
        do(approval.editorial_correction, "kg-1", second="tr-1", paragraph="place", text="x")
    with reading(approved) as session:
        row = drafts.newest(session, SLUG)
        before = next(one["text"] for one in row.content["paragraphs"] if one["key"] == "courtesy")
        count = session.scalars(select(Decision.id)).all()
    do(
        approval.editorial_correction,
        "az-1",
        second="kg-1",
        paragraph="courtesy",
        text=before.replace("of the elections will further", "of the elections, will further"),
    )
    assert do.round() == "approved"
    do.advance(approval)
    assert do.round() == "approved"
    with reading(approved) as session:
        assert session.scalars(select(Decision.id)).all() == count
        told = session.scalars(select(Letter).where(Letter.kind == "editorial_difference")).all()
        assert len(told) == 5
