"""The mission of 12 August 2020 at the desk: from the invitation to the release and the badges' return, each act by a person of
their own, in a browser of their own that entered by a one-time link, by the pages' own forms; who approves does so on a telephone,
and one state nominates on one, by the link in the letter that arrived.

The release's papers are those of the command line: there the mission is prepared for release, released and ended by `ieom` itself;
what comes before is done by the functions that its commands call (tests of each command stand beside this one), for some seventy
commands more would tell nothing of the papers."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from difflib import unified_diff
from pathlib import Path

import pytest
from doing import observing, preparing, releasing
from doing.person import AREA, Doing, Person
from doing.place import People, Place, decided, place
from doing.telephone import Telephones
from evening import SLUG, at
from hostile import pdf_words
from playwright.sync_api import Browser
from sqlalchemy import Engine

from desk import practice
from desk.cli.main import main
from desk.rehearsal import ScriptedAct, next_moment, pending, script, set_clock
from ieom.acts.ledger import COLUMNS, table
from ieom.folder import open_mission, read
from ieom.records import missions, releases
from ieom.records.base import begin, reading
from ieom.settings import settings
from tasks import stage

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(600)]

DOING: dict[str, Doing] = preparing.DOING | observing.DOING | releasing.DOING
BY_LINK = {"az-1", "kg-1", "tr-1", "deputy-secretary-general"}
"""Who decides on a telephone; the observer of Uzbekistan calls, and two of the secretariat write it down."""

NOMINATED_BY_LINK = "kg-1"
COMMANDS = {
    "distribution.prepare": ("release", "prepare"), "distribution.go": ("release", "go"),
    "delegation.badge": ("accredit", "return"),
}  # fmt: skip
"""How what is left to do once the text is approved is typed: act -> command."""
MEDIA, OFFICIAL = 24, 6
"""Letters of the release: to the media, and official copies to authorities and states."""


@pytest.fixture
def there(stages: dict[str, Path], tmp_path: Path) -> Iterator[Place]:
    kept = stages["asked"].parent / "pages"
    with place(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path, tmp_path / "var", kept) as found:
        yield found


def _papers(state: Path) -> dict[str, str]:
    """The words of what was released: text files as they are, Word and PDF files but for the chain's head and the moment of
    their version; at the desk other acts stand before it."""
    found: dict[str, str] = {}
    for path in sorted(state.glob(f"papers/{SLUG}/release-*/*")):
        if path.suffix == ".txt":
            found[path.name] = path.read_text("utf-8")
        elif path.suffix == ".docx":
            with zipfile.ZipFile(path) as box:
                words = re.sub(r"[0-9a-f]{64}", "#", box.read("word/document.xml").decode())
                found[path.name] = words.replace("</w:p>", "</w:p>\n")
        elif path.suffix == ".pdf":
            found[path.name] = re.sub(r"[0-9a-f]{64}", "#", pdf_words(path.read_bytes()))
    return found


def _lived(engine: Engine, left: list[ScriptedAct], do: Callable[[ScriptedAct], None]) -> None:
    """Live the mission until nobody does anything any more: the acts of people, the software's walk after each moment."""
    moment: datetime | None = left[0].at
    while moment is not None:
        set_clock(engine, SLUG, moment)
        while left and left[0].at <= moment:
            do(left.pop(0))
        practice.walk(SLUG)
        moment = _next(engine, left)


def _by_command(
    stages: dict[str, Path], folder: Path, patch: pytest.MonkeyPatch
) -> tuple[dict[str, str], list[list[str]]]:
    """The papers of the same mission, and its release's ledger, when what is left to do after the approval is typed as
    commands."""
    engine = at("approved", stages, folder, patch)
    patch.setenv("IEOM_DATABASE_URL", str(engine.url))
    settings.cache_clear()
    stage._engine.cache_clear()

    def typed(act: ScriptedAct) -> None:
        patch.setattr("sys.argv", ["ieom", *COMMANDS[act.do], *act.arguments.get("members", []), "--by", act.by])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code, act.do

    left = pending(engine, SLUG, script(read(preparing.EXAMPLE)))
    assert {act.do for act in left} == set(COMMANDS)
    _lived(engine, left, typed)
    papers, ledger = _papers(settings().state_dir), _ledger(engine)
    engine.dispose()
    stage._engine.cache_clear()
    return papers, ledger


def _ledger(engine: Engine) -> list[list[str]]:
    """What became of each letter of the release, without what differs by run: its number, the clock's seconds, the connection."""
    with reading(engine) as session:
        row = releases.one(session, SLUG, 1)
        assert row.status == "done"
        rows = [dict(zip(COLUMNS, map(str, cells), strict=True)) for cells in table(session, row, zone="UTC")]
    return sorted([one[key] for key in ("outlet", "address", "language", "kind", "state", "code")] for one in rows)


def test_the_mission_is_run_at_the_desk_and_its_papers_are_those_of_the_command_line(
    there: Place, browser: Browser, stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, folder = stage.records(), read(preparing.EXAMPLE)
    acts = script(folder)
    with begin(engine) as session:
        open_mission(session, folder, by="coordinator", at=acts[0].at)
    set_clock(engine, SLUG, acts[0].at)
    done = list[str]()
    people, telephones = People(browser, there.desk, engine), Telephones(browser, there.mail, there.public)

    def doing(act: ScriptedAct) -> None:
        if act.do == "delegation.receive_items" and act.arguments["member"] == NOMINATED_BY_LINK:
            items = [one for one in act.arguments["items"] if one != "nomination"]  # there by the state's own page
            act = replace(act, arguments={**act.arguments, "items": items})
        if act.do == "approval.decide":
            telephones.decide(act)
        elif act.arguments.get("member") == NOMINATED_BY_LINK and act.do == "delegation.nominate":
            telephones.nominate(act)
            where = f"/delegation/{NOMINATED_BY_LINK}"  # the state's page doesn't ask which of its bodies sends them
            people["coordinator"].send(where, f"{where}/correct", {"body": act.arguments["body"]})
        else:
            DOING[act.do](people[observing.FOR_OTHERS.get(act.do, act.by)], act)
        done.append(act.do)

    _lived(engine, list(acts), doing)
    assert set(telephones.used) == BY_LINK
    assert len({*people.known, *telephones.used}) >= 6
    assert len(done) == len(acts)
    assert decided(engine) == {**dict.fromkeys(BY_LINK, "link"), "uz-1": "telephone"}
    assert not telephones.coded, "this mission asks for no code"
    _released(people["press-officer"], there.mail)
    papers, ledger = _papers(settings().state_dir), _ledger(engine)
    assert {
        "statement-en.txt",
        "statement-en.docx",
        "statement-en.pdf",
        "press-release-en.txt",
        "press-release-en.pdf",
    } <= set(papers)
    by_command, typed_ledger = _by_command(stages, tmp_path / "by-command", monkeypatch)
    assert set(papers) == set(by_command)
    assert {name: odd for name, text in papers.items() if (odd := _differing(text, by_command[name]))} == {}
    assert ledger == typed_ledger


def _differing(one: str, other: str) -> list[str]:
    """The lines that are not in both."""
    lines = unified_diff(one.splitlines(), other.splitlines(), "at the desk", "by command", n=0, lineterm="")
    return list(lines)


def _released(who: Person, mail: Path) -> None:
    """The release went out: every letter arrived, and the desk says so."""
    arrived = Counter(path.name.split("-")[1] for path in mail.glob("*.eml"))
    assert (arrived["release"], arrived["release_official"]) == (MEDIA, OFFICIAL)
    who.page.goto(f"{who.base}{AREA}/release")
    assert "Release 1, the statement, is out." in who.page.locator("#now .lead").inner_text()
    sheet = who.page.request.get(f"{who.base}{AREA}/release/1/ledger.csv").body().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert Counter((row["kind"], row["state"]) for row in rows) == {
        ("release", "sent"): MEDIA, ("release_official", "sent"): OFFICIAL,
    }  # fmt: skip
    addressed = {
        path.name.partition(f"-{kind}-")[2].removesuffix(".eml")
        for kind in ("release", "release_official")
        for path in mail.glob(f"*-{kind}-*.eml")
    }
    assert {row["address"] for row in rows} == addressed, "who is in the ledger is who was written to"


def _next(engine: Engine, left: list[ScriptedAct]) -> datetime | None:
    """The next moment at which a person or the software does something."""
    waiting = next_moment(engine, SLUG, [])
    moments = [act.at for act in left[:1]] + ([waiting] if waiting is not None else [])
    with reading(engine) as session:
        now = missions.now(session, SLUG)
    return max(min(moments), now) if moments else None
