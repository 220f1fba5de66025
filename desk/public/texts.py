"""Texts of forms that no record can hold alike: signs that are no characters, or that only steer a terminal."""

from __future__ import annotations

import re

from starlette.datastructures import FormData

_STRANGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def strange(form: FormData) -> bool:
    """Whether a field's name or text holds such a sign. No browser sends one from what a person types."""
    return any(
        _STRANGE.search(name) or (isinstance(text, str) and _STRANGE.search(text)) for name, text in form.multi_items()
    )
