"""The mark on words of a constant, a label or a state's name, that a page looks up in the reader's catalogue once it is shown."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it, which `make messages` looks for
    """The text itself: it is English here, and translated where it is shown."""
    return text
