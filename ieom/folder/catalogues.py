"""Catalogues of translated words (gettext): a translator's PO file in `templates/locale/<language>/ieom.po` is used as it is,
from the next start on."""

from __future__ import annotations

import gettext
import io
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from ieom.errors import BadInput


@lru_cache(maxsize=32)
def catalogue(folder: Path, language: str) -> gettext.NullTranslations:
    """The words of a language below `folder`; an empty catalogue, which leaves English, where there is none. Raises
    `BadInput` for a file that can't be read, naming the line."""
    path = folder / language / "ieom.po"
    if not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    try:
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    except (PoFileError, ValueError) as error:
        raise BadInput(
            f"{path} can't be read: {error}; correct it, or take it away and the words are English"
        ) from None
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
