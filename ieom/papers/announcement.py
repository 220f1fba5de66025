"""The paper of a release that has a text of its own: an arrival, an advisory, a clarification, a withdrawal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from ieom.folder.names import load_names
from ieom.papers.frame import sealed, words
from ieom.papers.typeset import pdf
from ieom.rules.mission import MissionFacts


def announcement_pdf(
    facts: MissionFacts,
    *,
    kind: str,
    language: str,
    title: str,
    paragraphs: Sequence[str],
    digest: str,
    at: datetime,
    seal: str = "",
) -> bytes:
    """The PDF of one language. `at` is UTC; the paper bears the host country's date."""
    said, names, day = words(language), load_names(), at.astimezone(ZoneInfo(facts.zone)).date()
    organisation = names.official(facts.organisation, language, on=day)
    mission = names.official("ieom", language, on=day)
    return pdf(
        "press_release",
        {
            "language": language, "document_title": title, "title": title, "lead": list(paragraphs),
            "organisation": organisation, "mission_name": mission, "election": facts.election.title,
            "place_and_date": f"{names.short(facts.base_city, language, on=day)}, "
            + format_date(day, "d MMMM y", locale=language),
            "press_release": said["kinds"][kind], "foot": said["foot"].format(organisation=organisation, mission=mission),
            "contact": f"{facts.release.from_name}, {facts.release.reply_to}",
            "hash_says": said["hash_own"].format(digest=digest), "keywords": [f"sha256:{digest}"],
            "statement_title": "", "marking": "", "paragraphs": [], "annex": [], "annex_title": "", "annex_says": "",
            "annex_head": [], "cut_off_says": "", "seal_says": sealed(language, seal),
        },
        at=at,
    )  # fmt: skip
