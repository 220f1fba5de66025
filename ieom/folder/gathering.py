"""What translators find in `templates/locale/ieom.pot` from Python (`make messages`): marked sentences, and the wholly constant
ones of errors, which the desk looks up when it shows them. Babel's own reader would also take pieces of sentences."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

MARKS = {"_", "N_", "ngettext"}
ERRORS = {"BadInput", "Refused", "NotFound", "Conflict", "Tampered", "Unavailable"}


def sentences(
    file: IO[bytes], _keywords: Mapping[str, Any], _tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, str | tuple[str, ...], list[str]]]:
    """(line, function, its texts, remarks) of every marked text: as Babel asks an extractor of messages for."""
    for call in ast.walk(ast.parse(file.read())):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        name, many = call.func.id, 2 if call.func.id == "ngettext" else 1
        if name not in MARKS | ERRORS:
            continue
        texts = [one.value for one in call.args[:many] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if len(texts) == many and all(texts):
            yield call.lineno, name if name in MARKS else "_", texts[0] if many == 1 else tuple(texts), []
