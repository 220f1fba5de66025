"""`config/timeline.toml`: when what is due, who is reminded, and who after them."""

from __future__ import annotations

from pathlib import Path

from ieom.folder import owned
from ieom.rules.reminders import Timeline
from ieom.settings import settings


def load_timeline(path: Path | None = None) -> Timeline:
    """The timeline of this installation, or of `path`. Raises `Faults` with every fault."""
    return owned.load(Timeline, path or settings().config_dir / "timeline.toml")
