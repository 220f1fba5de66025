"""The official names that the secretariat owns: `config/names.toml`, or what it was changed to at the desk."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ieom.folder import owned
from ieom.rules.names import Names
from ieom.settings import settings


def load_names(path: Path | None = None) -> Names:
    """The secretariat's names; without a path those of this installation, as this process read them well last. Raises
    `Faults` with every fault."""
    return owned.load(Names, path) if path else owned.kept(Names, _own())


def names_wrong() -> str:
    """What is wrong with this installation's file of names as it stands now; '' for nothing."""
    return owned.wrong(Names, _own())


def names_changed() -> int:
    """Another number whenever that file was saved; 0 when it is not there."""
    try:
        return _own().stat().st_mtime_ns
    except OSError:
        return 0


def _own() -> Path:
    own = settings()
    kept, came = _where(own.state_dir, own.config_dir)
    return kept if kept.exists() else came


@lru_cache(maxsize=8)
def _where(state: Path, config: Path) -> tuple[Path, Path]:
    """Where the names lie that were changed at the desk, and those that the installation came with. Asked for with every page:
    made once."""
    return state / "own" / "names.toml", config / "names.toml"
