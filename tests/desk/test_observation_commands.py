"""The commands for observers' forms say what became of them, and lose none."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from desk.cli import observation
from desk.cli.context import engine
from ieom.acts import deployment
from ieom.errors import BadInput, NotFound
from ieom.folder import open_mission, read
from ieom.records.base import begin
from ieom.records.delegation import Member
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
FORMS = EXAMPLE / "submissions"
app = typer.Typer(pretty_exceptions_enable=False)
observation.register(app)


def run(*arguments: str | Path) -> str:
    environment = {"COLUMNS": "240", "IEOM_BY": "coordinator"}
    result = CliRunner().invoke(app, [str(one) for one in arguments], env=environment)
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(autouse=True)
def opened(own_state: object) -> None:
    folder = read(EXAMPLE)
    with begin(engine()) as session:
        open_mission(session, folder, by="coordinator", at=datetime(2020, 7, 6, tzinfo=UTC))
        session.flush()
        for row in folder.delegation:
            member = session.get(Member, (folder.facts.slug, row.code))
            if member is None:
                at = datetime(2020, 7, 10, tzinfo=UTC)
                session.add(
                    Member(mission=folder.facts.slug, code=row.code, role=row.role, office=row.office, nominated_at=at)
                )
        session.flush()
        deployment.plan(
            session, folder.facts.slug, by="coordinator", at=datetime(2020, 8, 7, tzinfo=UTC), **folder.plan()
        )


def test_forms_are_taken_once_and_shown_against_the_plan() -> None:
    files = [FORMS / "opening-team-1.json", FORMS / "voting-team-2.json"]
    assert run("submit", *files) == "2 forms taken, 0 in already, 0 kept aside."
    assert run("submit", *files) == "0 forms taken, 2 in already, 0 kept aside."
    said = run("forms")
    assert said.startswith("2 of 4 planned forms are in; 2 late. In all 2 forms")
    assert "missing for" in said


def test_a_form_by_telephone_needs_to_say_who_dictated_it() -> None:
    form = FORMS / "closing-team-2.json"
    with pytest.raises(BadInput, match="who dictated it"):
        run("submit", form, "--telephone")
    dictated = ("--dictated-by", "tr-1", "--dictated-to", "coordinator", "--dictated-at")
    with pytest.raises(BadInput, match="a local time without a zone"):
        run("submit", form, "--telephone", *dictated, "half past three")
    assert "1 form taken" in run("submit", form, "--telephone", *dictated, "2020-08-12 15:30")
    with pytest.raises(BadInput, match="not both"):
        run("submit", form, "--telephone", "--paper")


def test_a_form_that_cannot_be_taken_is_kept_and_settled_by_a_person(tmp_path: Path) -> None:
    form = json.loads((FORMS / "opening-team-1.json").read_text("utf-8"))
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**form, "station": "ns-9"}), "utf-8")
    with pytest.raises(BadInput, match="there is no station 'ns-9'"):
        run("submit", wrong)
    listed = run("quarantine")
    assert listed.startswith("1 form kept aside")
    name = listed.split("aside: ")[1].split()[0]
    assert '"station": "ns-9"' in run("quarantine", name)
    with pytest.raises(BadInput, match="say why"):
        run("quarantine", name, "--amended", FORMS / "opening-team-1.json")
    said = run("quarantine", name, "--amended", FORMS / "opening-team-1.json", "--why", "mistyped, says team-1")
    assert said == f"Taken as {form['instance_id']}."
    assert run("quarantine") == "No form is kept aside."
    with pytest.raises(NotFound):
        run("quarantine", "zzz")


def test_the_evidence_says_n_of_n_and_names_the_forms_and_a_correction_shows() -> None:
    run("submit", *sorted(FORMS.glob("*.json")))
    said = run("evidence")
    assert said.startswith("4 forms from 1 station: ")
    assert "contradicted" not in said.split("Digest")[0].split(":")[1].split(".")[0]
    assert "no_campaign_material upheld 2 of 2 visits 1" in said
    one = run("evidence", "no_campaign_activity")
    assert one.startswith("no campaign activity nearby: upheld, 1 of 1 visit, 1 station. none against; at most 95 %")
    form = one.rsplit(" ", 1)[1]
    run("correct", form, "campaign_activity_nearby", "yes", "--why", "the team looked again")
    assert f"Forms that contradict it: {form}" in run("evidence", "no_campaign_activity")
    with pytest.raises(BadInput, match="rests on no form"):
        run("evidence", "conclusion")
    with pytest.raises(NotFound, match="no claim 'nothing'"):
        run("evidence", "nothing")


def test_odd_figures_are_shown_when_a_form_is_taken(tmp_path: Path) -> None:
    form = json.loads((FORMS / "counting-team-1.json").read_text("utf-8"))
    form["answers"]["in_box"] = 22
    (tmp_path / "odd.json").write_text(json.dumps(form), "utf-8")
    assert "Look at this: counting of team-1 at ns-1: 22 ballots in the box, 21 issued." in run(
        "submit", tmp_path / "odd.json", "--paper"
    )


def test_a_table_goes_in_by_its_mapping_and_says_what_was_no_answer(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        'instance_id = { columns = ["id"] }\nteam = { constant = "team-2" }\nstation = { columns = ["where"] }\n'
        '[[form]]\ncode = "voting"\n[form.answers]\nfull_access = { column = "access" }\n',
        "utf-8",
    )
    (tmp_path / "table.csv").write_text("id,where,access\n1,ns-1,yes\n2,ns-1,mostly\n3,ns-1,no\n4,ns-1,\n", "utf-8")
    arguments = ["submit", str(tmp_path / "table.csv"), "--mapping", str(tmp_path / "map.toml")]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "240", "IEOM_BY": "coordinator"})
    assert isinstance(result.exception, BadInput)
    assert "form 2: the column 'access' says 'mostly', which is no answer" in str(result.exception)
    said = " ".join(result.output.split())
    assert said.startswith("2 forms taken, 0 in already, 1 kept aside.")
    assert "No answer to full_access: 'mostly' (1)." in said
    assert "table.csv: 1 row made no form: 5." in said
    assert "mostly" in run("quarantine")


def test_the_count_and_a_report_are_written_down_with_their_reasons() -> None:
    with pytest.raises(BadInput, match="say why"):
        run("count-unfinished", "--why", " ")
    assert "preliminary" in run("count-unfinished", "--why", "the count goes on until morning")
    assert "az-2" in run("report-member", "az-2", "--what", "spoke to a voter")
