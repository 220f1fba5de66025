"""A published sentence that the record no longer bears out is said where people look, whoever has drafted what since; and
whoever drafts can't let it stand alone."""

from __future__ import annotations

import pytest
from desks import Desk
from evening import SLUG, Doing
from forms import LATE
from releases import out
from sqlalchemy import Engine, select

from desk.rehearsal import set_clock
from ieom.acts import drafting, observation
from ieom.acts.fallen import fallen
from ieom.errors import Refused
from ieom.mail.letters import message_bytes
from ieom.records import drafts
from ieom.records.base import reading
from ieom.records.letters import Letter
from ieom.rules.linter import Finding

HERE = f"/missions/{SLUG}"


def found(engine: Engine, do: Doing) -> list[Finding]:
    with reading(engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        return drafting.lint(session, SLUG, row, at=do.now)


def public(engine: Engine) -> set[str]:
    with reading(engine) as session:
        return {one.claim for one in fallen(session, SLUG)}


def test_a_finding_that_turns_after_the_release_is_said_until_the_head_decides_or_a_correction_is_out(
    desk_approved: Desk, approved: Engine
) -> None:
    do = Doing(approved)
    out(do)
    assert "no longer stand" not in desk_approved.coordinator.get(HERE).text
    do(observation.submit, "tr-1", document=LATE)
    do.advance(drafting)
    for page in (HERE, f"{HERE}/release"):
        text = desk_approved.press_officer.get(page).text
        assert "Release 1, the statement, went out on 12 Aug" in text
        assert "no longer stand" in text
        assert "released as a correction" in text
        assert "or the head of mission lets it stand, with a reason" in text
        assert "published as borne out, now " in text
    with reading(approved) as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "finding_turned")).one()
        said = " ".join(message_bytes(session, letter).decode("utf-8", "replace").replace("=\r\n", "").split())
    assert "Nothing is released until" not in said
    assert "as release 1, and is public" in said

    set_clock(approved, SLUG, do.now)
    # Whoever drafts answers for nothing of it, neither by a sentence left standing nor by another draft.
    sentence = next(one for one in found(approved, do) if one.code not in {"unmentioned", "not_attested"})
    with pytest.raises(Refused, match="answered for by the head of mission"):
        do(drafting.override, "drafter", finding=sentence.code, sentence=sentence.sentence, why="it is so")
    with pytest.raises(Refused, match="answered for by the head of mission"):
        do(drafting.set_aside, "drafter", claim="no_campaign_material", why="one poster")
    assert "Let it stand in my name" not in desk_approved.drafter.get(f"{HERE}/statement").text
    assert "Let it stand in my name" in desk_approved.head_of_mission.get(f"{HERE}/statement").text
    turned = public(approved)
    assert "no_campaign_material" in turned
    do(drafting.draft, "drafter", why="the late form")
    do.advance(drafting)
    assert public(approved) == turned
    assert "written since, is finished, approved and released as its correction" in desk_approved.drafter.get(HERE).text
    assert 'id="turned"' in desk_approved.drafter.get(f"{HERE}/statement").text

    # What turns only after the new draft turns for the public text all the same.
    more = {**LATE, "instance_id": "late-2", "answers": {"group_voting": "observed"}}
    do(observation.submit, "tr-1", document=more)
    do.advance(drafting)
    assert public(approved) > turned
    with pytest.raises(Refused, match="only the head of mission"):
        do(drafting.settle_turned, "drafter", claim="no_campaign_material", why="x")
    for claim in public(approved):
        form = {"claim": claim, "why": "A clarification is out.", "language": "en"}
        assert "Settled in your name" in desk_approved.head_of_mission.post(f"{HERE}/statement/settle", form).text
    do.advance(drafting)
    assert public(approved) == set()
    assert "no longer stand" not in desk_approved.drafter.get(HERE).text
