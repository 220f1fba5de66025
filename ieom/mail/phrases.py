"""The fixed sentences of a letter that goes out in many languages: `templates/letters/<kind>/<language>/words.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale

from ieom.errors import BadInput
from ieom.mail.writing import LANGUAGES
from ieom.settings import settings


@dataclass(frozen=True)
class Phrases:
    """A language's sentences by their name. A name that is not there is an error, never an empty sentence."""

    of: str
    said: dict[str, str]

    def __getattr__(self, name: str) -> str:
        try:
            return self.said[name]
        except KeyError:
            raise AttributeError(name) from None  # Jinja then says which sentence is missing

    def language(self, code: str) -> str:
        """What this language calls a language."""
        return Locale.parse(code).get_language_name(self.of) or code


@lru_cache(maxsize=64)
def _read(path: Path, of: str, _changed: int) -> Phrases:
    try:
        return Phrases(of, tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path} can't be read: {error}") from error


def phrases(kind: str, language: str) -> Phrases:
    """The sentences of letters of `kind` in a language that they are written in."""
    path = settings().templates_dir / "letters" / kind / language / "words.toml"
    return _read(path, language, path.stat().st_mtime_ns if path.exists() else 0)


def spoken_in(kind: str) -> list[str]:
    """The languages in which letters of `kind` are written."""
    folder = settings().templates_dir / "letters" / kind
    return [language for language in LANGUAGES if (folder / language).is_dir()]
