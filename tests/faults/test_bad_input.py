"""What is given wrongly is answered with one clear message, and changes nothing; each as a person would meet it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLE
from sqlalchemy import func, select

from desk.cli.context import engine
from ieom.records import missions
from ieom.records.approvals import Decision
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.records.media import MediaContact
from ieom.records.statements import StatementVersion
from ieom.records.submissions import Submission
from ieom.settings import ROOT, settings

SLUG = "kazakhstan-senate-2020"
FORMS = EXAMPLE / "submissions"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "mission"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def held() -> dict[str, int]:
    """How many rows there are of everything that an act could have changed."""
    with reading(engine()) as session:
        tables = (AuditRow, Letter, Member, MediaContact, Submission, StatementVersion, Decision)
        return {table.__name__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


@pytest.fixture
def opened(ieom: Any) -> None:
    assert ieom("open", EXAMPLE, "--by", "coordinator").code == 0
    with begin(engine()) as session:
        missions.lock(session, SLUG).simulated_now = datetime(2020, 8, 12, 10, tzinfo=UTC)


def form(path: Path, name: str = "opening-team-1", **changed: object) -> Path:
    document = json.loads((FORMS / f"{name}.json").read_text("utf-8"))
    answers = changed.pop("answers", {})
    document = {**document, **changed, "answers": {**document["answers"], **answers}}
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_everything_wrong_in_broken_tables_is_said_at_once_and_nothing_is_half_imported(
    ieom: Any, folder: Path
) -> None:
    change(folder / "stations.csv", "regular,21,yes", "regular,many,perhaps")
    change(folder / "media.csv", "newsdesk@world-wire.example", "newsdesk at world-wire")
    change(folder / "routes.csv", "team-1,1,ns-1", "team-1,1,ns-9")
    change(folder / "teams.csv", "team-2,tr-1 uz-1", 'team-2,"tr-1 uz-1')
    for command in (("check", folder), ("open", folder, "--by", "coordinator")):
        said = ieom(*command)
        assert said.code == 2
        assert [line.partition(": ")[0] for line in said.err.splitlines()] == [
            "stations.csv, row 2, registered", "stations.csv, row 2, relevant", "teams.csv, row 3",
            "media.csv, row 2, email", "routes.csv, row 2, station", "5 things to mend; nothing was taken in.",
        ]  # fmt: skip
    with reading(engine()) as session:
        assert missions.all_slugs(session) == []
    assert not any(held().values())


def test_a_broken_list_of_media_leaves_the_old_one_whole(ieom: Any, opened: None, tmp_path: Path) -> None:
    before = held()
    text = (EXAMPLE / "media.csv").read_text("utf-8")
    lines = text.splitlines()
    (tmp_path / "media.csv").write_text(
        "\n".join([*lines[:2], lines[2] + ",too,many", "no address,A,,,en,,,,,"]), "utf-8"
    )
    said = ieom("media", "replace", tmp_path / "media.csv", "--by", "coordinator")
    assert said.code == 2
    assert "media.csv, row 3" in said.err
    assert "media.csv, row 4, email" in said.err
    assert held() == before


def test_a_broken_table_of_forms_is_refused_whole(ieom: Any, opened: None, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        'instance_id = { columns = ["id"] }\nteam = { constant = "team-1" }\nstation = { columns = ["where"] }\n'
        '[[form]]\ncode = "voting"\n[form.answers]\nfull_access = { column = "access" }\n',
        "utf-8",
    )
    (tmp_path / "table.csv").write_text("id,where,access\n1,ns-1,yes\n2,ns-1\n3,ns-1,yes,more\n", "utf-8")
    before = held()
    said = ieom("submit", tmp_path / "table.csv", "--mapping", tmp_path / "map.toml", "--by", "kg-1")
    assert said.code == 2
    assert "table.csv, row 3" in said.err
    assert "table.csv, row 4" in said.err
    assert held() == before


def test_unknown_keys_of_a_mission_file_are_all_named(ieom: Any, folder: Path) -> None:
    change(folder / "mission.toml", "[invitation]", '[invitation]\nrecieved_on = "x"\n')
    change(folder / "mission.toml", 'zone = "', 'time_zone = "Asia/Almaty"\nzone = "')
    said = ieom("open", folder, "--by", "coordinator")
    assert said.code == 2
    assert "mission.toml, time_zone: is not a field of this file" in said.err
    assert "mission.toml, invitation.recieved_on: is not a field of this file" in said.err
    assert not any(held().values())


@pytest.mark.parametrize("at_once", [False, True])
def test_of_two_forms_with_one_id_and_different_content_the_first_stands_and_the_other_is_kept_aside(
    ieom: Any, opened: None, tmp_path: Path, *, at_once: bool
) -> None:
    first = form(tmp_path / "a.json")
    other = form(tmp_path / "b.json", answers={"full_access": "no"})
    if at_once:
        said = ieom("submit", first, other, "--by", "kg-1")
        assert "1 form taken" in said.out
    else:
        assert ieom("submit", first, "--by", "kg-1").code == 0
        said = ieom("submit", other, "--by", "kg-1")
    assert said.code == 2
    assert json.loads(first.read_text())["instance_id"] in said.err
    with reading(engine()) as session:
        stands = session.scalars(select(Submission)).one()
        assert stands.original["answers"]["full_access"] == "yes"
    assert "1 form kept aside" in ieom("quarantine").out


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"station": "ns-9"}, "there is no station 'ns-9'"),
        ({"arrived_at": "2020-08-12T10:05"}, "the time '2020-08-12T10:05' has no zone; write it like"),
    ],
)
def test_a_form_that_can_not_be_understood_is_kept_aside_and_counts_for_nothing(
    ieom: Any, opened: None, tmp_path: Path, changed: dict[str, str], says: str
) -> None:
    said = ieom("submit", form(tmp_path / "a.json", **changed), "--by", "kg-1")
    assert said.code == 2
    assert says in said.err
    assert held()["Submission"] == 0
    assert says in ieom("quarantine").out


def test_a_time_with_a_zone_where_a_local_one_belongs_is_refused(ieom: Any, opened: None) -> None:
    before = held()
    said = ieom("press-conference", "2020-08-12 21:00+06:00", "--why", "the room", "--by", "coordinator")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "local time without a zone" in said.err
    assert held() == before


@pytest.mark.parametrize(
    ("broken", "command"),
    [
        (
            "letters/approval_recorded/en/body.txt",
            (
                "approval",
                "record",
                "uz-1",
                "approve",
                "--channel",
                "telephone",
                "--evidence",
                "call",
                "--by",
                "drafter",
            ),
        ),
        ("statement/en/composition.j2", ("statement", "draft", "--by", "drafter")),
    ],
)
def test_a_template_that_uses_a_missing_fact_is_named_and_the_act_is_not_done(
    ieom: Any, at: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str,
    command: tuple[str, ...],
) -> None:  # fmt: skip
    at("asked")
    own = Path(shutil.copytree(ROOT / "templates", tmp_path / "templates"))
    path = own / broken
    path.write_text(
        "{{ the_weather }} "
        + path.read_text("utf-8").replace("{% block letter %}", "{% block letter %}{{ the_weather }}"),
        "utf-8",
    )
    monkeypatch.setenv("IEOM_TEMPLATES_DIR", str(own))
    settings.cache_clear()
    before = held()
    said = ieom(*command)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert path.relative_to(own / broken.split("/", maxsplit=1)[0]).as_posix() in said.err
    assert "the_weather" in said.err
    assert held() == before


def test_an_address_with_a_line_break_is_named_and_nobody_is_nominated(ieom: Any, opened: None) -> None:
    before = held()
    said = ieom(
        "nominate", "kg-1", "--state", "KG", "--office", "Observer", "--by", "coordinator",
        "--email", "observer@kyrgyz-republic.example\r\nBcc: all@outlet.example",
    )  # fmt: skip
    assert said.code == 2
    assert "line break" in said.err
    assert held() == before


def test_an_approval_for_an_old_hash_is_refused_and_names_the_newest(ieom: Any, at: Callable[[str], Path]) -> None:
    at("asked")
    with reading(engine()) as session:
        old, *_, new = session.scalars(select(StatementVersion.content_hash).order_by(StatementVersion.number))
    before = held()
    said = ieom("approve", "--hash", old[:16], "--by", "tr-1")
    assert said.code == 2
    assert new[:12] in said.err
    assert held() == before


def test_a_second_decision_is_refused_and_says_when_the_first_was_made(ieom: Any, at: Callable[[str], Path]) -> None:
    at("asked")
    assert ieom("approve", "--by", "tr-1").code == 0
    before = held()
    said = ieom("approve", "--changes", "not like this", "--by", "tr-1")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "tr-1" in said.err
    assert held() == before
