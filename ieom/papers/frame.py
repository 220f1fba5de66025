"""What the papers have around the text: places, dates, the annex's head, the hash and the cut-off, in words."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from ieom.rules.statement import Content, counted
from ieom.settings import settings


@lru_cache(maxsize=16)
def words(language: str) -> dict[str, Any]:
    """The frame's words; English where a language has none yet."""
    folder = settings().templates_dir / "papers"
    path = folder / f"{language}.toml"
    english = tomllib.loads((folder / "en.toml").read_text("utf-8"))
    return {**english, **(tomllib.loads(path.read_text("utf-8")) if path.exists() else {})}


def framed(
    content: Content, *, number: int, digest: str, chain_head: str, zone: str, copy_for: str = "", seal: str = ""
) -> dict[str, Any]:
    """A version's content with everything that its papers say around it; times in `zone`. `seal` is given for a paper that
    is signed once it is made: the address where a reader learns how to check it, or '-' where there is none."""
    said, language = words(content["language"]), content["language"]
    moment = datetime.fromisoformat(content["cut_off"]).astimezone(ZoneInfo(zone))
    # Its sentence stands in English where the language has none, and then so does its date.
    spoken = "en" if said["cut_off"] == words("en")["cut_off"] else language
    when = format_datetime(moment, "d MMMM y, HH:mm", locale=spoken)
    day = format_date(date.fromisoformat(content["date"]), "d MMMM y", locale=language)
    return {
        "language": language,
        "title": content["title"],
        "mission_name": content["mission_name"],
        "organisation": content["organisation"],
        "election": content["election"],
        "place_and_date": f"{content['place']}, {day}",
        "marking": content["marking"],
        "paragraphs": [
            {"key": p["key"], "text": p["text"], "footnotes": p.get("footnotes", [])} for p in content["paragraphs"]
        ],
        "annex": [
            {
                "label": r["label"],
                "figure": r["figure"],
                "base": said.get(base := counted(r, language), base),
                "heard": str(r.get("heard") or "–"),
            }
            for r in content.get("annex", [])
        ],
        "annex_title": said["annex_title"],
        "annex_says": said["annex_says"],
        "annex_head": said["annex_head"],
        "cut_off_says": said["cut_off"].format(moment=f"{when} ({content['place']})"),
        "hash_says": said["hash"].format(digest=digest, head=chain_head),
        "seal_says": sealed(content["language"], seal),
        "foot": said["foot"].format(organisation=content["organisation"], mission=content["mission_name"]),
        "copy_for": said["copy_for"].format(office=copy_for) if copy_for else "",
        "document_title": f"{content['title'].title()}: {content['election']}",
        "keywords": [f"version {number}", f"sha256:{digest}", f"audit:{chain_head}"],
    }


def sealed(language: str, seal: str) -> str:
    """The line about a paper's signature; empty for a paper that is not signed."""
    said = words(language)
    if not seal:
        return ""
    return str(said["seal"] if seal == "-" else said["seal_where"].format(url=seal))
