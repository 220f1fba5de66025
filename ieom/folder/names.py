"""`config/names.toml`: the official names that the secretariat owns."""

from __future__ import annotations

from pathlib import Path

from ieom.folder import owned
from ieom.rules.names import Names
from ieom.settings import settings


def load_names(path: Path | None = None) -> Names:
    """The secretariat's names; without a path those of this installation. Raises `Faults` with every fault."""
    return owned.load(Names, path or settings().config_dir / "names.toml")
