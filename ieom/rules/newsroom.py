"""Where a release stands in the newsroom: addresses that follow from what is published, and from nothing else."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

SAFE = re.compile(r"^[a-z0-9][a-z0-9._-]*\.(pdf|docx|txt)$")
"""A paper's name that can be a file's and an address's, whoever gave it."""
_LANGUAGE = re.compile(r"-([a-z]{2})\.[a-z]+$")
ORDER = ("pdf", "docx", "txt")


def mission_folder(slug: str) -> str:
    """Where a mission's pages are, below the newsroom's root."""
    return f"missions/{slug}/"


def folders(slug: str, published: Iterable[tuple[date, str]]) -> list[str]:
    """Where each published release of a mission stands: by its day in the host country and its kind. `published` is in
    the order of publication, so that a later release never moves an earlier one. A release's number is not in it: a gap
    would tell that something else is being prepared."""
    seen: Counter[tuple[date, str]] = Counter()
    found = []
    for day, kind in published:
        seen[day, kind] += 1
        nth = f"-{seen[day, kind]}" if seen[day, kind] > 1 else ""
        found.append(f"{mission_folder(slug)}{day.isoformat()}-{kind.replace('_', '-')}{nth}/")
    return found


def urn(folder: str) -> str:
    """What a feed reader knows an entry by, whatever the newsroom's address (RFC 4122, version 5; RFC 4287, 4.2.6)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"ieom:newsroom:{folder}").urn


def paper_language(name: str) -> str:
    """The language in a paper's name: 'en' of 'statement-en.pdf'; empty where there is none."""
    found = _LANGUAGE.search(name)
    return found[1] if found else ""


def papers_in_order(names: Iterable[str], languages: Sequence[str]) -> list[str]:
    """Papers as a reader looks for them: by language, the press release first, PDF before Word before text."""
    known = {language: number for number, language in enumerate(languages)}

    def key(name: str) -> tuple[int, bool, str, int]:
        stem, _, ending = name.rpartition(".")
        place = ORDER.index(ending) if ending in ORDER else len(ORDER)
        return known.get(paper_language(name), len(known)), not stem.startswith("press-release"), stem, place

    return sorted(names, key=key)


def base_of(newsroom_url: str, slug: str) -> str:
    """The newsroom's root when a mission file names that mission's page in it; else empty."""
    root, found, rest = newsroom_url.partition(f"/missions/{slug}")
    return f"{root}/" if found and rest in {"", "/"} else ""
