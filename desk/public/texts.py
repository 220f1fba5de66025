"""Texts of forms that no record can hold alike: signs that are no characters, that only steer a terminal, or that turn a line
round or stand in it unseen."""

from __future__ import annotations

import re

from starlette.datastructures import FormData

from ieom.rules.lettering import named, steering

_STRANGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SECRET = {"password", "old", "new", "again"}
"""Fields of passwords: shown to nobody, and not to be quoted."""


def strange(form: FormData) -> bool:
    """Whether a field's name or text holds such a sign. No browser sends one from what a person types."""
    return any(
        _STRANGE.search(name) or (isinstance(text, str) and _STRANGE.search(text)) for name, text in form.multi_items()
    )


def turned(form: FormData) -> str:
    """What to say of a text with a sign that turns the line round or has no width: which and where; '' where there is none.
    They come along with what is copied from elsewhere."""
    for name, text in form.multi_items():
        if isinstance(text, str) and name not in _SECRET:
            for place in steering(text)[:1]:
                before = " ".join(text[:place].split())[-40:]
                where = f"after '{before}'" if before else "at the beginning of a text"
                return f"{where} stands a sign that is not seen ({named(text[place])}); type those words anew instead of copying them"  # fmt: skip
    return ""
