"""`config/timeline.toml`: when what is due, who is reminded, and who after them."""

from __future__ import annotations

from pathlib import Path

from ieom.folder import owned
from ieom.rules.reminders import Timeline
from ieom.settings import settings


def load_timeline(path: Path | None = None) -> Timeline:
    """The timeline of this installation, as this process read it well last, or of `path`. Raises `Faults` with every fault."""
    return owned.load(Timeline, path) if path else owned.kept(Timeline, _own())


def timeline_wrong() -> str:
    """What is wrong with this installation's timeline as it stands now; '' for nothing."""
    return owned.wrong(Timeline, _own())


def _own() -> Path:
    return settings().config_dir / "timeline.toml"
