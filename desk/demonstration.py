"""The demonstration as a person watches it: the timeline, what happens, letters going out, and what was made."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine, select

from desk.catcher import Catcher
from desk.chronicle import Chronicle, letters_of
from desk.rehearsal import script, set_clock, steps
from desk.timeline_view import local, timeline
from flows.mission import mission as mission_flow
from flows.reminders import reminders as reminders_flow
from ieom.acts import newsroom
from ieom.acts.audit import export_jsonl
from ieom.folder import open_mission, read
from ieom.folder.names import load_names
from ieom.mail.sender import Progress as Sent
from ieom.papers import keys
from ieom.records import missions, standings
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.rules.timeline import Standing
from ieom.settings import settings
from tasks.letters import watched
from tasks.stage import records

MADE = {
    "statement-en.pdf": "The statement, as published",
    "statement-en.docx": "The statement, for Word",
    "statement-en.txt": "The statement, plain text",
    "press-release-en.pdf": "The press release, with the statement",
    "press-release-en.txt": "The press release, plain text",
}


class Screen:
    """What the person sees: on a terminal what happens, line by line, above a picture of the timeline that stays in its
    place; plain lines anywhere else."""

    def __init__(self, console: Console, title: str, zone: str) -> None:
        self.console, self.title, self.zone = console, title, zone
        self.bar = Progress(TextColumn("Sending letters"), BarColumn(bar_width=None), MofNCompleteColumn(), expand=True)
        self.sending: TaskID | None = None
        self.live: Live | None = None
        self.stood: list[tuple[Standing, datetime]] = []
        self.now: datetime | None = None

    def tell(self, line: str, at: datetime) -> None:
        """One happening."""
        when = Text(f"{local(at, self.zone, short=True):>13}", style="dim")
        if not self.console.is_terminal:
            self.console.print(Text.assemble(when, "  ", line), soft_wrap=True)
            return
        row = Table.grid(padding=(0, 2))
        row.add_row(when, line)  # a long line goes on below itself, not below the time
        self.console.print(row)

    def sent(self, progress: Sent) -> None:
        """One more letter settled."""
        if progress.total < 5:  # a handful needs no bar
            return
        if self.sending is None:
            self.sending = self.bar.add_task("letters", total=progress.total)
        self.bar.update(self.sending, completed=progress.done, total=progress.total)
        self.refresh()

    def rest(self) -> None:
        """The letters of a moment have gone: the bar goes too."""
        if self.sending is not None:
            self.bar.remove_task(self.sending)
            self.sending = None

    def refresh(self) -> None:
        """Draw the picture anew."""
        if self.live is not None:
            self.live.update(self.picture(), refresh=True)

    def picture(self) -> Group:
        """The whole picture."""
        when = local(self.now, self.zone) if self.now else ""
        head = Text.assemble("\n", (self.title, "bold"), "\n", (f"{when}  {self.zone}, simulated clock", "dim"))
        bar = self.bar if self.sending is not None else ""
        return Group(head, timeline(self.stood, self.zone), bar)


def live_through(folder_path: Path, into: Path, begun: float) -> None:
    """Run the folder's mission from its opening to its end, and leave everything that it made in `into`."""
    console = Console(highlight=False)
    folder = read(folder_path)
    acts = script(folder)
    slug, zone = folder.facts.slug, folder.facts.zone
    engine = records()
    with begin(engine) as session:
        open_mission(session, folder, by=acts[0].by, at=acts[0].at)
    set_clock(engine, slug, acts[0].at)
    organisation = load_names().official(folder.facts.organisation, on=acts[0].at.date())
    keys.make([organisation], at=acts[0].at, years=10, passphrase=settings().sign_passphrase.get_secret_value())
    screen = Screen(console, folder.facts.title, zone)
    chronicle = Chronicle(slug)

    def walk(mission: str) -> None:
        mission_flow(mission)
        reminders_flow(mission)

    console.print("Starting the Prefect server ...", style="dim")
    with Catcher(into / "mail") as catcher, temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        settings().smtp_port = catcher.port
        if console.is_terminal:
            screen.live = Live(console=console, auto_refresh=False, screen=False)
            screen.live.start()
        try:
            with watched(screen.sent):
                _show(engine, slug, screen, chronicle)
                for _moment in steps(engine, slug, acts, walk):
                    _show(engine, slug, screen, chronicle)
        finally:
            if screen.live is not None:
                screen.live.stop()
    made = _collect(engine, slug, into)
    if screen.live is None:
        console.print(timeline(screen.stood, zone))
    _close(console, engine, slug, into, made, folder_path, time.monotonic() - begun)


def _show(engine: Engine, slug: str, screen: Screen, chronicle: Chronicle) -> None:
    with reading(engine) as session:
        screen.stood = standings.of(session, slug)
        screen.now = missions.now(session, slug)
        happened = chronicle.since_last(session)
    screen.rest()
    for line, at in happened:
        screen.tell(line, at)
    screen.refresh()


def _collect(engine: Engine, slug: str, into: Path) -> list[Path]:
    """Put the papers of the release, and the audit chain, where a person finds them."""
    made = []
    releases = sorted((into / "papers" / slug).glob("release-*"))
    for paper in sorted(releases[-1].iterdir()) if releases else []:
        made.append(Path(shutil.copy2(paper, into / paper.name)))
    with reading(engine) as session, (into / "audit.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(line if line.endswith("\n") else line + "\n" for line in export_jsonl(session, slug))
    return made


def _close(
    console: Console, engine: Engine, slug: str, into: Path, made: list[Path], folder: Path, seconds: float
) -> None:
    """The closing table: what was made and where."""
    with reading(engine) as session:
        kinds = Counter(session.scalars(select(Letter.kind).where(Letter.mission == slug)).all())
        states = Counter(session.scalars(select(Letter.state).where(Letter.mission == slug)).all())
    table = Table(title="What was made", box=box.SIMPLE_HEAD, expand=True)
    table.add_column("What", ratio=1)
    table.add_column("Where", no_wrap=True)
    table.add_column("How much", justify="right", no_wrap=True)
    for path in made:
        table.add_row(MADE.get(path.name, path.name), str(path), f"{path.stat().st_size / 1024:,.0f} kB")
    table.add_row("The letters, as the mail server received them", str(into / "mail"), f"{len(_eml(into))} letters")
    for kind, count in kinds.most_common():
        table.add_row(Text(f"  {letters_of(kind)}", style="dim"), "", Text(str(count), style="dim"))
    lines = sum(1 for _ in (into / "audit.jsonl").open(encoding="utf-8"))
    with reading(engine) as session:
        files = newsroom.build(session, into / "newsroom", rehearsals=True)
    table.add_row("The newsroom, as the public would see it", str(into / "newsroom" / "index.html"), f"{files} files")
    table.add_row("The chain of acts", str(into / "audit.jsonl"), f"{lines} acts")
    table.add_row("The records", str(into / "mission.db"), f"{(into / 'mission.db').stat().st_size / 1024:,.0f} kB")
    console.print(table)
    departures = folder / "departures.md"
    if departures.exists():
        console.print("Where this statement departs from the published one, and why:", style="dim")
        console.print(f"  {_from_here(departures)}", style="dim", soft_wrap=True)
    console.print("How to check a paper that somebody holds:", style="dim")
    here, paper = _from_here(into.resolve()), _from_here((into / "statement-en.pdf").resolve())
    ieom = "ieom" if shutil.which("ieom") else _from_here(Path(sys.executable).parent / "ieom")
    console.print(f"  IEOM_STATE_DIR={here} {ieom} verify {paper}", style="dim", soft_wrap=True)
    console.print(f"  pdfsig {paper}", style="dim", soft_wrap=True)
    counted = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(states.items()))
    console.print(f"Letters: {counted}. The whole mission took {seconds:.0f} s.")


def _eml(into: Path) -> list[Path]:
    return list((into / "mail").glob("*.eml"))


def _from_here(path: Path) -> Path:
    """A path as a person at this prompt would type it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
