"""A statement in another language at the desk, and a state that dissociates itself from a paragraph."""

from __future__ import annotations

import html

import pytest
from desks import SLUG, Desk
from sqlalchemy import Engine

from ieom.acts import drafting
from ieom.errors import Refused
from ieom.records import drafts, missions
from ieom.records.base import begin, reading
from ieom.records.statements import StatementVersion

PAGE = f"/missions/{SLUG}/statement"


def newest(engine: Engine, language: str) -> StatementVersion | None:
    with reading(engine) as session:
        return drafts.newest(session, SLUG, language)


def form(row: StatementVersion, **changed: str) -> dict[str, str]:
    texts = {f"text-{one['key']}": f"Çeviri <b>{one['key']}</b>: {one['text']}" for one in row.content["paragraphs"]}
    return {"language": "tr", "seen": row.content_hash, "title": "AÇIKLAMA", **texts, **changed}


def test_a_translation_is_made_beside_the_original_and_marked_as_one(desk_asked: Desk, version, asked: Engine) -> None:
    original = version()
    page = desk_asked.drafter.get(f"{PAGE}/translate?language=tr").text
    assert "There is no text in türkçe yet" in page.replace("Türkçe", "türkçe")
    assert "marked as an unofficial translation" in page
    for one in original.content["paragraphs"]:
        assert f'name="text-{one["key"]}"' in page
        assert one["text"] in html.unescape(page)
    said = desk_asked.drafter.post(f"{PAGE}/translate", form(original)).text
    assert "the translation is taken in" in said
    assert "Çeviri &lt;b&gt;voting&lt;/b&gt;" in said
    made = newest(asked, "tr")
    assert made is not None
    assert made.content["translation_of"] == original.content_hash
    assert "Çeviri &lt;b&gt;voting&lt;/b&gt;" in desk_asked.drafter.get(f"{PAGE}/translate?language=tr").text
    assert version().number == original.number


def test_what_lacks_a_paragraph_or_was_made_of_an_older_text_is_refused(
    desk_asked: Desk, version, asked: Engine
) -> None:
    original = version()
    lacks = desk_asked.drafter.post(f"{PAGE}/translate", form(original, **{"text-voting": " "}))
    assert lacks.status_code == 422
    assert "no text for &#39;voting&#39;" in lacks.text
    assert desk_asked.drafter.post(f"{PAGE}/translate", form(original, title="")).status_code == 422
    stale = desk_asked.drafter.post(f"{PAGE}/translate", form(original, seen="0" * 64))
    assert stale.status_code == 422
    assert "came since you began" in stale.text
    assert desk_asked.drafter.post(f"{PAGE}/translate", form(original, language="de")).status_code == 422
    assert desk_asked.head_of_mission.post(f"{PAGE}/translate", form(original)).status_code == 403
    assert newest(asked, "tr") is None


def test_a_paragraph_whose_original_changed_is_said(desk_asked: Desk, version) -> None:
    original = version()
    desk_asked.drafter.post(f"{PAGE}/translate", form(original))
    data = {"paragraph": "voting", "begun": original.content_hash, "text": "Another text.", "why": "It was asked for."}
    desk_asked.drafter.post(f"{PAGE}/edit", data)
    page = desk_asked.drafter.get(f"{PAGE}/translate?language=tr").text
    assert "1 paragraph changed since" in page
    assert page.count("changed since the translation") == 1


def test_a_state_dissociates_itself_by_a_footnote_or_an_omission(desk_asked: Desk, version) -> None:
    before = version()
    said = desk_asked.coordinator.post(
        f"{PAGE}/dissociate", {"paragraph": "voting", "state": "KG", "why": "By the embassy's note of today."}
    )
    assert "KG dissociates itself" in said.text
    now = version()
    assert now.number == before.number + 1
    noted = next(one for one in now.content["paragraphs"] if one["key"] == "voting")["footnotes"]
    assert len(noted) == 1
    assert html.escape(noted[0], quote=False) in said.text
    none = desk_asked.coordinator.post(f"{PAGE}/dissociate", {"paragraph": "voting", "state": "KG", "why": " "})
    assert none.status_code == 422
    desk_asked.coordinator.post(
        f"{PAGE}/dissociate", {"paragraph": "voting", "state": "KG", "how": "omission", "why": "As agreed."}
    )
    assert "voting" not in [one["key"] for one in version().content["paragraphs"]]


def test_a_translation_is_said_to_be_compared_in_its_figures_and_no_further(desk_asked: Desk, version) -> None:
    said = html.unescape(desk_asked.drafter.post(f"{PAGE}/translate", form(version())).text)
    assert "borne out" not in said
    assert "the figures are the original's: 12, 2020" in said
    assert "are for a reader of the language to answer for" in said
    assert "To mend" not in said


def test_one_sentence_for_every_paragraph_is_no_translation(desk_asked: Desk, version, asked: Engine) -> None:
    original = version()
    same = {f"text-{one['key']}": "Bu cümle bir şey söylemez." for one in original.content["paragraphs"]}
    said = html.unescape(desk_asked.drafter.post(f"{PAGE}/translate", form(original, **same)).text)
    assert "borne out" not in said
    assert "another paragraph has this very text" in said
    assert "figures of the original that do not stand here: 12, 2020" in said
    row = newest(asked, "tr")
    assert row is not None
    with begin(asked) as session, pytest.raises(Refused, match="this very text"):
        drafting.ready(session, SLUG, by="drafter", at=missions.now(session, SLUG), language="tr")
