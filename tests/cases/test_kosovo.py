"""1,143 real forms of citizen observers go in through a mapping file, and every figure counted from them comes out."""

import json
import os
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, distinct, func, insert, select

from ieom.acts.observation import submit_many
from ieom.folder import open_mission, read
from ieom.folder.claims import load_claims
from ieom.folder.submissions import Batch, read_submissions
from ieom.records import evidence, schema
from ieom.records.base import begin, connect
from ieom.records.deployment import Team
from ieom.records.stations import PollingStation
from ieom.records.submissions import Answer, Submission
from ieom.rules.evidence import VerdictKind
from ieom.settings import ROOT, settings

HERE = Path(__file__).parent
CASES = Path(os.environ.get("IEOM_CASES") or ROOT.parent / "shared" / "cases")
TABLE = CASES / "kosovo2013r1_observations.csv"
MAPPING = HERE / "kosovo2013r1.toml"
SLUG = "kazakhstan-senate-2020"  # any mission will do to hold them

pytestmark = [
    pytest.mark.cases,
    pytest.mark.skipif(
        not TABLE.is_file(), reason=f"the real cases are not in {CASES} (IEOM_CASES names their folder)"
    ),
]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installation with one form more than ours, as the secretariat would lay it there."""
    folder = tmp_path_factory.mktemp("installation")
    shutil.copytree(ROOT / "config", folder / "config")
    shutil.copy(HERE / "citizen_day.csv", folder / "config" / "forms")
    patch = pytest.MonkeyPatch()
    patch.setenv("IEOM_CONFIG_DIR", str(folder / "config"))
    settings.cache_clear()
    yield folder
    patch.undo()
    settings.cache_clear()


@pytest.fixture(scope="module")
def batch(installation: Path) -> Batch:
    return read_submissions([TABLE], mapping=MAPPING)


@pytest.fixture(scope="module")
def records(installation: Path, batch: Batch) -> Engine:
    engine = connect(f"sqlite:///{installation / 'mission.db'}")
    schema.metadata.create_all(engine)
    with begin(engine) as session:
        open_mission(
            session, read(ROOT / "config" / "missions" / SLUG), by="coordinator", at=datetime(2013, 11, 1, tzinfo=UTC)
        )
        session.add(Team(mission=SLUG, code="citizen-observers"))
        codes = sorted({document["station"] for document in batch.documents})
        hours = {"zone": "Europe/Belgrade", "opens": time(7), "closes": time(19)}
        rows = [{"mission": SLUG, "code": code, "name": code, "city": "as typed", **hours} for code in codes]
        session.execute(insert(PollingStation), rows)
        at = datetime.combine(date(2013, 11, 4), time(9), UTC)
        taken = submit_many(session, SLUG, by="coordinator", at=at, documents=batch.documents)
        assert taken.problems == []
        assert (taken.new, taken.again) == (len(batch.documents), 0)
    return engine


@pytest.fixture(autouse=True)
def its_config(own_state: object, installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEOM_CONFIG_DIR", str(installation / "config"))
    settings.cache_clear()


def expected() -> dict[str, Any]:
    if not TABLE.is_file():
        return {"yes_no": {}, "frequency": {}}
    return json.loads((CASES / "kosovo2013r1_expected_figures.json").read_text("utf-8"))["kosovo2013r1"]


def asked(column: str, *, codes: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """(the question that a column answers by one of these code lists, answer by cell)."""
    mapping = tomllib.loads(MAPPING.read_text("utf-8"))
    for form in mapping["form"]:
        for question, source in form["answers"].items():
            if source["column"] == column and source.get("codes") in codes:
                return question, mapping["codes"][source["codes"]]
    raise AssertionError(f"the mapping has no question for {column}")


def counts(engine: Engine, question: str) -> Counter[str]:
    with begin(engine) as session:
        query = select(Answer.value, func.count()).where(Answer.question == question).group_by(Answer.value)
        return Counter(dict(session.execute(query).tuples().all()))


def compare(engine: Engine, batch: Batch, column: str, codes: tuple[str, ...], main: str) -> dict[str, Any]:
    question, meaning = asked(column, codes=codes)
    found = counts(engine, question)
    figures: dict[str, Any] = {cell: found[answer] for cell, answer in meaning.items()}
    off = sum(batch.off_code.get(question, Counter()).values())
    answered = sum(figures.values())
    share = round(100 * figures[main] / answered, 1)
    blank = 1143 - answered - off
    return {**figures, "blank": blank, "off_code": off, "answered": answered, f"pct_{main}_of_answered": share}


@pytest.mark.parametrize("column", expected()["yes_no"])
def test_every_figure_of_a_yes_no_question_comes_out(records: Engine, batch: Batch, column: str) -> None:
    assert compare(records, batch, column, ("yes_no", "seen"), "yes") == expected()["yes_no"][column]


@pytest.mark.parametrize("column", expected()["frequency"])
def test_every_figure_of_a_frequency_comes_out(records: Engine, batch: Batch, column: str) -> None:
    assert compare(records, batch, column, ("frequency",), "always") == expected()["frequency"][column]


def test_forms_stations_and_municipalities_are_those_counted(records: Engine) -> None:
    day = Submission.form == "citizen_day"
    with begin(records) as session:
        forms = session.scalar(select(func.count()).where(day))
        stations = session.scalar(select(func.count(distinct(Submission.station))).where(day))
        several = select(Submission.station).where(day).group_by(Submission.station).having(func.count() > 1)
        twice = len(session.scalars(several).all())
    figures = expected()
    assert forms == figures["forms"]
    assert stations == figures["distinct_station_keys"]
    assert twice == figures["station_keys_with_more_than_one_form"]
    assert len(counts(records, "municipality")) == figures["municipalities_as_typed"]


def test_the_verdicts_on_real_forms_say_what_the_figures_say(records: Engine) -> None:
    figures = expected()["yes_no"]
    with begin(records) as session:
        found = evidence.verdicts(session, SLUG, load_claims())
        rows = evidence.irregularities(session, SLUG, load_claims())
    for claim, column in (
        ("no_group_voting", "family_voting"), ("no_multiple_voting", "double_vote_attempt"),
        ("no_ballot_stuffing", "box_stuffing"), ("no_violence", "violence_threats"),
        ("no_ballots_shown", "ballot_photographed"),
    ):  # fmt: skip
        verdict = found[claim]
        assert (verdict.kind, verdict.n, verdict.against) == (
            VerdictKind.MIXED,
            figures[column]["no"],
            figures[column]["yes"],
        )
        assert len(verdict.forms_against) == figures[column]["yes"]
        assert sum(row.claim == claim for row in rows) == figures[column]["yes"]
        assert verdict.heard == 0
    sealed = found["box_sealed"]
    assert (sealed.base, sealed.against) == ("stations", figures["box_sealed"]["no"])
    assert sealed.answered < figures["box_sealed"]["answered"]  # 65 stations sent more than one form
    assert found["no_campaign_material"].kind is VerdictKind.CONTRADICTED  # nobody asked about the outside
    assert found["observed_count"].n <= expected()["distinct_station_keys"]


def test_a_second_import_of_the_same_table_changes_nothing(records: Engine, batch: Batch) -> None:
    with begin(records) as session:
        before = evidence.digest(session, SLUG)
        at = datetime(2013, 11, 5, tzinfo=UTC)
        taken = submit_many(session, SLUG, by="coordinator", at=at, documents=batch.documents)
        assert (taken.new, taken.again, taken.problems) == (0, len(batch.documents), [])
        assert evidence.digest(session, SLUG) == before
