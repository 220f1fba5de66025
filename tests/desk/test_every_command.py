"""Every command as a secretary meets it: its help, and what it answers to what is typed wrongly."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.cli.context import engine
from desk.cli.main import command, main
from ieom.records.audit import AuditRow
from ieom.records.base import reading
from ieom.settings import ROOT

EXAMPLE = str(ROOT / "config" / "missions" / "kazakhstan-senate-2020")
PROCESSES = {("serve",), ("demo",), ("desk",), ("start",), ("newsroom", "serve")}
"""They start processes; tests/flows tries them."""


def leaves(group: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every command below a group, with the words that call it."""
    found = []
    for name, one in group.commands.items():
        found += leaves(one, (*path, name)) if hasattr(one, "commands") else [((*path, name), one)]
    return found


LEAVES = leaves(command)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", "80")


@pytest.fixture
def ieom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ieom", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


@pytest.mark.parametrize(("path", "one"), LEAVES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_the_help_of_a_command_is_in_a_secretary_s_words(
    ieom: Any, narrow: None, path: tuple[str, ...], one: Any
) -> None:
    code, out, err = ieom(*path, "--help")
    assert (code, err) == (0, "")
    assert max(len(line) for line in out.splitlines()) <= 80
    for jargon in ("<", "%Y", "bool", " str ", str(Path.cwd()), "…"):
        assert jargon not in out, f"{jargon!r} in the help of {' '.join(path)}"
    for parameter in one.params:
        assert parameter.help, f"{' '.join(path)}: {parameter.name} is not explained"
    assert re.match(r"[A-Z].*[.?]", one.help, re.DOTALL), "its help is a sentence"


def test_the_first_page_has_every_command_in_the_order_of_a_mission(ieom: Any, narrow: None) -> None:
    code, out, _ = ieom("--help")
    assert code == 0
    panels = re.findall(r"^╭─ (.*?) ─", out, re.MULTILINE)
    assert panels == [
        "Options", "Where a mission stands", "Beginning", "1 Delegation assembly", "2 Pre-election meetings",
        "3, 4 Election day and count", "5 Statement drafting", "6 Approval", "7 Press release distribution",
        "When plans change",
    ]  # fmt: skip
    for name in command.commands:
        assert re.search(rf"^│ {name} ", out, re.MULTILINE)


def test_a_bare_group_of_commands_shows_its_help(ieom: Any) -> None:
    for words in ((), ("meeting",), ("statement",)):
        code, out, err = ieom(*words)
        assert (code, err) == (0, "")
        assert "Usage: ieom" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("stats",),
            "There is no command 'stats'. Did you mean 'status', 'start', 'stations'? 'ieom --help' explains.",
        ),
        (("status", "--jso"), "There is no option --jso. Did you mean --json? 'ieom status --help' explains."),
        (("letters", "show", "x"), "'letter': a number is wanted. 'ieom letters show --help' explains."),
        (("letters", "show"), "Still missing: 'letter'. 'ieom letters show --help' explains."),
        (("decline",), "Still missing: 'who'. 'ieom decline --help' explains."),
        (("serve", "--port"), "'--port' needs a value after it. 'ieom --help' explains."),
        (
            ("register", "received", "kz-mfa", "a", "word"),
            "'word' is one word too many; put quotes round words that belong together. "
            "'ieom register received --help' explains.",
        ),
        (
            ("register", "received", "kz-mfa", "subject", "--dated", "12.8.2020"),
            "'--dated': '12.8.2020' is no date; write it like 2020-08-12. 'ieom register received --help' explains.",
        ),
    ],
)
def test_what_is_typed_wrongly_is_said_in_one_line(ieom: Any, words: tuple[str, ...], says: str) -> None:
    assert ieom(*words) == (2, "", says + "\n")


def given(one: Any, *, value: str) -> list[str]:
    """Words for everything that a command wants: `value`, or a number or date where one is wanted."""
    words = []
    for parameter in one.params:
        wanted = str(parameter.display_type_rich(ctx=None))
        fits = {"number": "99", "date": "2030-01-01"}.get(wanted, value)
        if parameter.param_type_name == "argument":
            words.append(fits)
        elif parameter.required:
            words += [parameter.opts[0], fits] if wanted else [parameter.opts[0]]
    return words


SAYS_NO = {("verify",)}
"""Commands that end with 1 when their answer is no: some command before has written a file called 'nonsense'."""


@pytest.mark.parametrize("opened", [False, True], ids=["no mission", "a mission"])
@pytest.mark.parametrize("by", ["", "nobody-9", "coordinator"])
def test_no_command_answers_nonsense_with_a_stack_trace_or_an_act(
    ieom: Any, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, opened: bool
) -> None:
    """Each command, with each thing that it wants given as a word that means nothing."""
    monkeypatch.chdir(tmp_path)  # some of them write a file of that name
    if opened:
        assert ieom("open", EXAMPLE, "--by", "coordinator")[0] == 0
    acts = count()
    for path, one in LEAVES:
        if path in PROCESSES | {("vault", "key"), ("new",), ("newsroom", "build")}:  # any word does for these
            continue
        acting = ["--by", by] if by and any(parameter.name == "by" for parameter in one.params) else []
        for words in (given(one, value="nonsense"), given(one, value="")):
            called = " ".join(("ieom", *path, *words, *acting))
            code, out, err = ieom(*path, *words, *acting)
            assert code in ({0, 1, 2} if path in SAYS_NO else {0, 2}), called
            assert "Traceback" not in out + err, called
            assert bool(err) == (code == 2), called
            if code == 2:
                assert len(err.splitlines()) == 1 or err.endswith("nothing was taken in.\n"), f"{called}: {err}"
                assert not re.search(r"\bNone\b|<class|sqlalchemy|\bKeyError\b|Error\(|/lib/python", err), (
                    f"{called}: {err}"
                )
    if by != "coordinator":
        assert count() == acts, "nobody acted, and yet something was recorded"


def count() -> int:
    with reading(engine()) as session:
        return session.scalar(select(func.count()).select_from(AuditRow)) or 0


def test_a_demonstration_of_a_broken_folder_leaves_the_last_one_where_it_is(ieom: Any, tmp_path: Path) -> None:
    broken, last = Path(shutil.copytree(EXAMPLE, tmp_path / "broken")), tmp_path / "last"
    (broken / "media.csv").unlink()
    last.mkdir()
    (last / "audit.jsonl").touch()
    code, _, err = ieom("demo", "--folder", str(broken), "--into", str(last))
    assert code == 2
    assert "media.csv: is missing" in err
    assert (last / "audit.jsonl").exists()


def test_a_name_that_nobody_in_the_mission_bears_does_not_act(ieom: Any) -> None:
    assert ieom("open", EXAMPLE, "--by", "coordinator")[0] == 0
    acts = count()
    code, _, err = ieom("hold", "--why", "a slip", "--by", "cordinator")
    assert (code, count()) == (2, acts)
    assert err == (
        "nobody in this mission has the code 'cordinator'; act as a member, or as an office: coordinator, "
        "deputy-coordinator, drafter, press-officer, secretary-general, deputy-secretary-general\n"
    )


def test_an_office_of_the_host_country_acts_on_nothing(ieom: Any) -> None:
    ieom("open", EXAMPLE, "--by", "coordinator")
    for words in (("hold", "--why", "x"), ("letters", "unsubscribe", "a@b.example")):
        code, _out, err = ieom(*words, "--by", "kz-cec-office")
        assert code == 2
        assert "'kz-cec-office' is an office that letters go to and does not act in this mission" in err


def test_nobody_else_on_the_machine_reads_the_records(ieom: Any) -> None:
    ieom("open", EXAMPLE, "--by", "coordinator")
    files = [path for path in Path(os.environ["IEOM_STATE_DIR"]).rglob("*") if path.is_file()]
    assert any(path.name == "mission.db" for path in files)
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
