"""In which languages there are words for a statement and its press release."""

from __future__ import annotations

from ieom.rules.names import LANGUAGES
from ieom.settings import settings


def announced_in(language: str) -> bool:
    """Whether a press release can be written in this language: its words are there."""
    return (settings().templates_dir / "press_release" / language / "release.j2").is_file()


def drafted_in(language: str) -> bool:
    """Whether a statement can be drafted in this language: its templates are there. Others are translated."""
    return (settings().templates_dir / "statement" / language / "observed.j2").is_file()


def first_languages() -> list[str]:
    """Languages that may stand first in a mission: the statement is drafted in the first, and so is its press release."""
    return [one for one in LANGUAGES if announced_in(one) and drafted_in(one)]
