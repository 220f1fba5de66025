"""`ieom media` as a press officer meets it, in a window 80 columns wide."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from desk.cli import context
from desk.cli.main import main
from ieom.records import migrate, schema

EXAMPLE = "config/missions/kazakhstan-senate-2020"
WIRE = "desk@kazakh-wire.example"


@pytest.fixture
def ieom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Commands of a press officer; each line of an answer fits the window."""
    monkeypatch.setattr(context.console, "width", 80)
    monkeypatch.setenv("IEOM_BY", "press-officer")
    context._engine.cache_clear()
    monkeypatch.setattr(migrate, "upgrade", schema.metadata.create_all)

    def run(*words: object, fails: bool = False, answer: str | None = None) -> str:
        monkeypatch.setattr(sys, "argv", ["ieom", *map(str, words)])
        if answer is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert int(ended.value.code or 0) == (2 if fails else 0), captured.err
        assert fails or max(map(len, captured.out.replace("[y/N]: ", "[y/N]: \n").splitlines()), default=0) <= 81
        return captured.err if fails else captured.out

    return run


@pytest.fixture
def opened(ieom: Any) -> None:
    ieom("open", EXAMPLE)


def test_nobody_acts_on_contacts_before_a_mission_knows_who_they_are(ieom: Any) -> None:
    assert "nobody is known yet" in ieom("media", "lists", "make", "wires", "News agencies", fails=True)
    ieom("open", EXAMPLE)
    said = ieom("media", "lists", "make", "wires", "News agencies", "--by", "stranger", fails=True)
    assert "nobody who acts has the code 'stranger'" in said
    said = ieom("media", "lists", "make", "wires", "News agencies", "--by", "kz-cec-office", fails=True)
    assert "nobody who acts has the code" in said


def test_an_import_is_shown_asked_for_and_then_done(ieom: Any, opened: None, tmp_path: Path) -> None:
    ieom("media", "lists", "make", "wires", "News agencies")
    file = tmp_path / "new.csv"
    file.write_text(
        "E-mail;Media outlet;Country;List\n"
        f"{WIRE};The agency;KZ;wires\n"
        "new@bücher.example;Bücherschau;Hungary;\n"
        "new@xn--bcher-kva.example;Another;;News agencies\n",
        "utf-8",
    )
    seen = (
        "new.csv: 3 rows, 2 addresses: 1 new, 1 changed, 0 unchanged.\n"
        "New (1)\n"
        "  new@bücher.example  Bücherschau, HU, en; list wires\n"
        "Changed (1)\n"
        f"  {WIRE}\n"
        "    outlet: 'National news agency of the host country, news desk' becomes 'The \n"
        "agency'\n"
        "    comes on the list wires\n"
        "Of the same address, what stands (1)\n"
        "  new@bücher.example: rows 3, 4\n"
        "      outlet: 'Bücherschau', not 'Another' (row 4)\n"
    )
    assert ieom("media", "import", file, "--dry-run") == seen + "Nothing was changed.\n"
    assert "Ended without an answer; nothing was changed." in ieom("media", "import", file, answer="n\n", fails=True)
    assert ieom("media", "list", "--list", "wires").endswith("0 contacts.\n")
    said = ieom("media", "import", file, answer="y\n")
    assert said.endswith("Take this in? [y/N]: Taken in: 1 new, 1 changed.\n")
    assert "There is nothing to change." in ieom("media", "import", file, "--yes")
    assert ieom("media", "list", "--list", "wires").endswith("2 contacts.\n")
    assert "wires  News agencies: 2 contacts" in ieom("media", "lists")


def test_a_selection_is_shown_asked_for_and_then_done(ieom: Any, opened: None) -> None:
    said = ieom("media", "select", "--kind", "news agency", "--country", "Kazakhstan", answer="y\n")
    assert "3 selected; releases go to 3: 0 added, 21 removed." in said
    assert "and 6 more; --full shows them" in said
    assert said.endswith("Releases of kazakhstan-senate-2020 go to 3 contacts.\n")
    assert ieom("media", "list", "--mission", "kazakhstan-senate-2020").endswith("3 contacts.\n")
    assert "say whom you mean" in ieom("media", "select", "--yes", fails=True)
    assert "there is no list 'x'" in ieom("media", "select", "--list", "x", fails=True)


def test_one_contact_from_its_beginning_to_its_end(ieom: Any, opened: None, tmp_path: Path) -> None:
    new = "desk@new.example"
    said = ieom(
        "media",
        "add",
        new,
        "--outlet",
        "New",
        "--country",
        "Turkey",
        "--consent",
        "asked",
        "--consent-on",
        "2026-11-01",
    )
    assert said == f"{new} is a contact.\n"
    assert ieom("media", "list", "--find", "@NEW").endswith("1 contact.\n")
    assert "never" in ieom("media", "received", "--find", "new.example")
    assert "is a contact already" in ieom("media", "add", new, "--outlet", "New", fails=True)
    assert ieom("media", "change", new, "--kind", "tv") == "kind: (nothing) becomes 'broadcast'\n"
    shown = ieom("media", "show", new.upper())
    for words in ("Consent   asked 2026-11-01", "Country   TR", "It has received nothing yet."):
        assert words in shown
    assert ieom("media", "suppress", new, "--why", "asked by telephone") == f"No release goes to {new}.\n"
    assert "(asked by telephone)" in " ".join(ieom("media", "show", new).split())
    assert "by hand" in ieom("media", "list", "--suppressed")
    assert "may be written to again" in ieom("media", "lift", new, "--why", "a slip")
    ieom("letters", "unsubscribe", new)
    assert "--asked-on" in ieom("media", "lift", new, "--why", "we like them", fails=True)
    assert "on no list any more" in ieom("media", "leave", new)
    assert new in ieom("media", "list", "--left")
    assert "is forgotten" in ieom("media", "forget", new, answer="y\n")
    assert "is no contact of ours" in ieom("media", "show", new)
    assert "not taken in" in ieom("media", "add", new, "--outlet", "New")
    log = " ".join(ieom("media", "log").split())
    for words in ("Contact 25 is changed: kind", "Contact 25 is forgotten", "Press-officer lets an address"):
        assert words in log
    assert new not in log
    ieom("audit", "verify")


def test_an_export_is_for_its_writer_alone_and_comes_back_unchanged(ieom: Any, opened: None, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert ieom("media", "export", file, "--country", "KZ").startswith("10 contacts in")
    assert file.stat().st_mode & 0o077 == 0
    assert "0 new, 0 changed, 10 unchanged" in ieom("media", "import", file)


def test_the_whole_selection_may_be_a_media_csv(ieom: Any, opened: None, tmp_path: Path) -> None:
    file = tmp_path / "media.csv"
    file.write_text(f"email,outlet\n{WIRE},The agency\nnew@outlet.example,New\n", "utf-8")
    ieom("media", "suppress", WIRE, "--why", "asked")
    seen = ieom("media", "replace", file, "--dry-run")
    assert "No longer selected (23)" in seen
    assert f"Suppressed, and staying so: no release goes to (1)\n  {WIRE}: somebody here" in seen
    said = ieom("media", "replace", file, "--yes")
    assert said.endswith("2 contacts: 1 new, 1 changed, 23 taken off.\n")
