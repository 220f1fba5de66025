from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from desk.cli import mission
from ieom.errors import BadInput, Faults
from ieom.settings import ROOT

EXAMPLE = str(ROOT / "config" / "missions" / "kazakhstan-senate-2020")
app = typer.Typer(pretty_exceptions_enable=False)
mission.register(app)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=True, env={"COLUMNS": "200"})
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_check_says_what_is_there_or_everything_that_is_wrong(tmp_path: Path) -> None:
    assert run("check", EXAMPLE) == (
        "Nothing wrong: 5 members, 3 meetings, 1 polling station, 3 teams, 24 media contacts."
    )
    with pytest.raises(Faults, match="is no folder"):
        run("check", str(tmp_path / "nowhere"))


def test_new_writes_a_folder_and_counts_what_is_still_open(tmp_path: Path) -> None:
    folder = str(tmp_path / "uz-2021")
    said = run(
        "new", folder, "--slug", "uz-2021", "--host", "UZ", "--zone", "Asia/Tashkent", "--title", "Election",
        "--election-day", "2021-10-24", "--state", "AZ",
    )  # fmt: skip
    assert "mission.toml" in said
    assert "places are marked FILL IN" in said
    with pytest.raises(Faults, match="still to be filled in"):
        run("check", folder)


@pytest.mark.parametrize("variable", ["", "coordinator"])
def test_opening_needs_to_know_who_acts(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrated(monkeypatch)
    monkeypatch.setenv("IEOM_BY", variable)
    if not variable:
        with pytest.raises(BadInput, match="say who acts"):
            run("open", EXAMPLE)
    else:
        assert "kazakhstan-senate-2020 is open since" in run("open", EXAMPLE)


def migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records made from the tables themselves; that migrations make the same is tested where they are."""
    from desk.cli import context
    from ieom.records import migrate, schema

    context._engine.cache_clear()
    monkeypatch.setattr(migrate, "upgrade", schema.metadata.create_all)


def test_a_mission_is_postponed_and_its_press_conference_moved_in_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    from desk.cli import context
    from ieom.records.base import begin
    from ieom.records.missions import Mission

    migrated(monkeypatch)
    monkeypatch.setenv("IEOM_BY", "coordinator")
    run("open", EXAMPLE)
    with begin(context.engine()) as session:
        session.get_one(Mission, "kazakhstan-senate-2020").simulated_now = datetime(2020, 8, 1, tzinfo=UTC)
    assert run("postpone", "2", "--why", "decree") == (
        "Election day is 2020-08-14; the press conference 2020-08-14 20:00."
    )
    said = run("press-conference", "2020-08-14 21:15", "--why", "the room")
    assert said == "The press conference begins 2020-08-14 21:15 (Asia/Almaty)."
    with pytest.raises(BadInput, match="local time without a zone"):
        run("press-conference", "2020-08-14T21:15Z", "--why", "the room")
    assert "30 minutes longer" in run("extend", "30", "--why", "decree")
    assert run("hold", "--why", "a pause") == "The mission is held."
    assert run("go-on", "--why", "no more") == "The mission is open."
