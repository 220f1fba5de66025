"""The statement answers to the record: drafted, edited, answered for, and held when a finding turns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ieom.acts import bearing, counting, drafting, observation, redating
from ieom.acts.grounds import gather
from ieom.acts.proving import papers_of
from ieom.errors import BadInput, Conflict, NotFound, Refused, Tampered
from ieom.papers.press_release import release_text
from ieom.records import drafts, missions, stations
from ieom.records.approvals import ApprovalRound
from ieom.records.base import begin
from ieom.records.deployment import Visit
from ieom.records.letters import Letter
from ieom.records.observation import TurnedFinding
from ieom.records.releases import Release
from ieom.records.statements import StatementVersion
from ieom.records.stations import PollingStation
from ieom.records.submissions import Submission
from ieom.rules import consistency
from ieom.rules.statement import people_only, split_sentences
from ieom.rules.timeline import State
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
NOW = datetime(2020, 8, 12, 10, 0, tzinfo=UTC)  # 16:00 in Nur-Sultan
HOPE = "The Mission expresses its sincere hope that the results of the elections will further contribute to increasing welfare in the country."


@contextmanager
def at_work(engine: Engine) -> Iterator[Session]:
    with begin(engine) as session:
        yield session


def form(kind: str, number: int, **answers: object) -> dict[str, object]:
    for path in sorted((EXAMPLE / "submissions").glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        if document["form"] == kind:
            document["instance_id"] = f"uuid:test-{number}"
            document["answers"] = {**document["answers"], **answers}
            return document
    raise LookupError(kind)


def submit(session: Session, mission: str, kind: str, number: int, at: datetime = NOW, **answers: object) -> None:
    receipt = observation.submit(session, mission, by="kg-1", at=at, document=form(kind, number, **answers))
    assert receipt.problem is None, receipt.problem


def texts(version: StatementVersion) -> dict[str, str]:
    return {one["key"]: one["text"] for one in version.content["paragraphs"]}


def drafted(session: Session, mission: str, at: datetime = NOW) -> StatementVersion:
    drafting.advance(session, mission, at=at)
    version = drafts.newest(session, mission)
    assert version is not None
    return version


def made_ready(session: Session, mission: str) -> StatementVersion:
    drafted(session, mission)
    drafting.attest(session, mission, by="az-1", at=NOW, claim="conduct")
    return drafting.ready(session, mission, by="drafter", at=NOW)


def approved(session: Session, mission: str, version: StatementVersion) -> None:
    session.add(
        ApprovalRound(
            mission=mission, number=1, hashes={"en": version.content_hash}, rule={}, opened_at=NOW, opened_by="clock",
            status="approved",
        )
    )  # fmt: skip
    session.flush()


# ------------------------------------------------------------------ the published statement


def departures() -> list[tuple[str, str]]:
    lines = (EXAMPLE / "departures.md").read_text("utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][2:]
    assert all(len(row) == 3 and row[2] for row in rows), "each departure says why"
    return [(row[0], row[1]) for row in rows]


def published() -> list[str]:
    text = (ROOT / "tests" / "published" / "2020-08-12.txt").read_text("utf-8").partition("STATEMENT")[2]
    return [sentence for line in text.splitlines() for sentence in split_sentences(line)]


def test_each_published_sentence_has_its_counterpart_in_order_or_stands_in_the_departures(
    engine: Engine, observed: str
) -> None:
    with at_work(engine) as session:
        ours = [
            (place, s["text"])
            for place, one in enumerate(drafted(session, observed).content["paragraphs"])
            for s in one["sentences"]
        ]
    told = dict(departures())
    places = []
    for sentence in published():
        if told.get(sentence) == "—":
            continue
        meant = split_sentences(told[sentence])[0] if sentence in told else sentence
        place, best = max(
            ours, key=lambda one: SequenceMatcher(None, meant.lower().split(), one[1].lower().split()).ratio()
        )
        assert SequenceMatcher(None, meant.lower().split(), best.lower().split()).ratio() > (
            0.99 if sentence in told else 0.8
        ), sentence
        places.append(place)
    assert places == sorted(places)


def test_the_departures_quote_both_statements_word_for_word(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = drafted(session, observed)
        words = " ".join(texts(version).values())
        cut_off = str(gather(session, observed, cut_off=version.cut_off, preliminary=False).facts["cut_off"])
    theirs = published()
    for said, ours in departures():
        assert said == "—" or said in theirs, said
        assert ours == "—" or ours.replace("{cut_off}", cut_off) in words, ours


def test_the_draft_of_the_seed_has_none_of_the_published_defects(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = drafted(session, observed)
        drafting.attest(session, observed, by="az-1", at=NOW, claim="conduct")
        assert drafting.lint(session, observed, version, at=NOW) == []
        body = "\n\n".join(texts(version).values())
        known = bearing.record(session, observed)
        assert consistency.check(body, known) == []
        facts = gather(session, observed, cut_off=NOW, preliminary=False)
        release = release_text(
            version.content, facts.facts, zone=facts.mission.zone,
            press_conference=facts.mission.moment(facts.mission.release.press_conference), at=NOW,
        ).plain  # fmt: skip
    assert consistency.check(release, known) == []
    assert consistency.against_statement(release, body, states=sorted(known.states)) == []
    assert texts(version)["conclusion"] in release
    assert not re.search(r"\b(we|our|winner|turnout|isolated|several)\b", body, re.IGNORECASE)


def test_assessments_and_courtesy_are_marked_for_the_approval(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = drafted(session, observed)
    assert [one["key"] for one in people_only(version.content)] == [
        "conduct", "intervention", "observers", "prepared", "conclusion", "courtesy",
    ]  # fmt: skip


def test_the_head_of_mission_may_lift_the_scope_from_the_conclusion_by_name_and_reason(
    engine: Engine, observed: str
) -> None:
    with at_work(engine) as session:
        assert (
            "on the basis of its observation at one polling station" in texts(drafted(session, observed))["conclusion"]
        )
        with pytest.raises(Refused, match="only the head"):
            drafting.attest(session, observed, by="kg-1", at=NOW, claim="scope", why="it holds for all")
        with pytest.raises(BadInput, match="reason"):
            drafting.attest(session, observed, by="az-1", at=NOW, claim="scope")
        drafting.attest(session, observed, by="az-1", at=NOW, claim="scope", why="the electors sat in one place")
        version = drafting.draft(session, observed, by="drafter", at=NOW)
    assert "observation at" not in texts(version)["conclusion"]
    assert "affirms that the Elections of Deputies" in texts(version)["conclusion"]


# ------------------------------------------------------------------ the draft grows with the forms


def test_nothing_is_drafted_before_the_first_form(engine: Engine, assembled: str) -> None:
    with at_work(engine) as session:
        before = drafting.advance(session, assembled, at=datetime(2020, 8, 1, tzinfo=UTC))
        assert (before.state, before.until) == (State.NOT_DUE, datetime(2020, 8, 11, 6, 0, tzinfo=UTC))
        open_ = drafting.advance(session, assembled, at=datetime(2020, 8, 12, 3, 0, tzinfo=UTC))
        assert open_.state is State.WORKING
        assert drafts.newest(session, assembled) is None
        with pytest.raises(Refused, match="no form"):
            drafting.draft(session, assembled, by="drafter", at=NOW)


def test_a_phase_without_a_form_has_no_sentence_and_the_statement_is_preliminary(
    engine: Engine, assembled: str
) -> None:
    noon = datetime(2020, 8, 12, 6, 0, tzinfo=UTC)
    with at_work(engine) as session:
        submit(session, assembled, "opening", 1, at=noon)
        version = drafted(session, assembled, noon)
        letters = session.scalars(select(Letter.kind).where(Letter.occasion == "draft:first")).all()
    assert (version.kind, version.content["marking"]) == ("preliminary", "PRELIMINARY")
    assert "count" not in texts(version)
    assert "no attempt" not in " ".join(texts(version).values())
    assert "will be supplemented" in texts(version)["scope"]
    assert "The voting was not observed." in texts(version)["scope"]
    assert letters == ["draft_opened"]


def test_an_unedited_draft_is_renewed_as_forms_come_in_and_twice_asked_nothing_changes(
    engine: Engine, assembled: str
) -> None:
    morning = datetime(2020, 8, 12, 5, 0, tzinfo=UTC)
    with at_work(engine) as session:
        submit(session, assembled, "opening", 1, at=morning)
        assert drafted(session, assembled, morning).number == 1
        assert drafted(session, assembled, morning).number == 1
        submit(session, assembled, "voting", 2, at=morning + timedelta(hours=3))
        second = drafted(session, assembled, morning + timedelta(hours=3))
        assert (second.number, second.based_on, "voting" in texts(second)) == (2, 1, True)
        submit(session, assembled, "closing", 3, at=NOW)
        submit(session, assembled, "counting", 4, at=NOW)
        last = drafted(session, assembled)
    assert (last.number, last.kind) == (3, "final")
    assert "two forms" in texts(second)["scope"]
    assert "four forms" in texts(last)["scope"]


def test_more_of_the_same_waits_for_half_an_hour_before_a_new_version(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        first = drafted(session, observed)
        later = NOW + timedelta(minutes=5)
        submit(session, observed, "voting", 9, at=later)
        standing = drafting.advance(session, observed, at=later)
        assert drafts.newest(session, observed).number == first.number
        assert standing.until == NOW + timedelta(minutes=30)
        assert drafted(session, observed, NOW + timedelta(minutes=30)).number == first.number + 1


def test_an_edited_draft_is_never_renewed_by_itself_and_drafting_anew_keeps_the_edit(
    engine: Engine, observed: str
) -> None:
    with at_work(engine) as session:
        drafted(session, observed)
        edited = drafting.edit(session, observed, by="drafter", at=NOW, paragraph="courtesy", text=HOPE)
        drafting.edit(session, observed, by="drafter", at=NOW, paragraph="prepared", text="")
        submit(session, observed, "voting", 9, at=NOW, campaign_material_inside="yes")
        standing = drafting.advance(session, observed, at=NOW + timedelta(hours=1))
        assert drafts.newest(session, observed).number == edited.number + 1
        assert "forms came in since" in standing.says
        anew = drafting.draft(session, observed, by="drafter", at=NOW + timedelta(hours=1))
        assert texts(anew)["courtesy"] == HOPE
        assert "prepared" not in texts(anew)
        assert "campaign materials inside or outside the polling station in 1 of 3 visits" in texts(anew)["voting"]
        fresh = drafting.draft(session, observed, by="drafter", at=NOW + timedelta(hours=1), afresh=True)
    assert texts(fresh)["courtesy"] != HOPE
    assert "prepared" in texts(fresh)


def test_one_contradicting_answer_turns_the_sentence_the_assessment_and_the_conclusion(
    engine: Engine, observed: str
) -> None:
    with at_work(engine) as session:
        submit(
            session,
            observed,
            "voting",
            9,
            attempt_to_influence="observed",
            intimidation="observed",
            group_voting="reported_to_us",
        )
        version = drafted(session, observed)
        drafting.attest(session, observed, by="az-1", at=NOW, claim="conduct")
        assert drafting.lint(session, observed, version, at=NOW) == []
    said = texts(version)
    assert (
        "The Mission observed attempts by outsiders to influence electors on how to vote in 1 of 2 visits."
        in said["voting"]
    )
    assert said["irregularities"] == "The Mission observed intimidation of voters or officials in 1 of 2 visits."
    assert "does not assess" in said["intervention"]
    assert "draws attention" in said["conclusion"]
    assert "transparent" not in said["conclusion"]
    row = next(row for row in version.content["annex"] if row["claim"] == "no_group_voting")
    assert (row["figure"], row["heard"]) == ("1 of 1", 1), "what was heard upholds nothing and contradicts nothing"


def test_a_protocol_that_does_not_reconcile_and_an_incident_seen_are_findings(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        submit(session, observed, "counting", 8, in_box=30, valid=29)
        incident = {
            "instance_id": "uuid:incident", "form": "incident", "team": "team-1", "station": "ns-1",
            "arrived_at": "2020-08-12T12:00+06:00", "departed_at": "2020-08-12T12:10+06:00",
            "answers": {"incident_seen": "station_closed_early", "incident_heard": "vote_buying", "severity": "high"},
        }  # fmt: skip
        assert observation.submit(session, observed, by="kg-1", at=NOW, document=incident).problem is None
        version = drafted(session, observed)
        said, conclusion = texts(version)["irregularities"], texts(version)["conclusion"]
    assert "The figures of the results protocol did not reconcile at 1 of 2 recorded counts." in said
    assert "A polling station closed early (one report)." in said
    assert "vote buying" not in said, "what was heard is no finding"
    assert "apart from the irregularities noted above, were open and transparent" in conclusion


def several(session: Session, mission: str, *codes: str) -> None:
    """More polling stations in the records."""
    there = stations.of(session, mission)[0]
    columns = {name: getattr(there, name) for name in PollingStation.__table__.columns.keys()}  # noqa: SIM118
    for code in codes:
        session.add(PollingStation(**{**columns, "code": code, "name": f"polling station {code}"}))
    session.flush()


def incident(session: Session, mission: str, number: int, **answers: object) -> None:
    document = {
        "instance_id": f"uuid:incident-{number}", "form": "incident", "team": "team-1", "station": "ns-1",
        "arrived_at": "2020-08-12T12:00+06:00", "departed_at": "2020-08-12T12:10+06:00",
        "answers": {"severity": "high", **answers},
    }  # fmt: skip
    assert observation.submit(session, mission, by="kg-1", at=NOW, document=document).problem is None


def test_what_the_record_gives_for_many_stations_is_never_refused_by_the_linter(engine: Engine, observed: str) -> None:
    """The count at two of five stations visited; findings in like words; two irregularities in like words."""
    with at_work(engine) as session:
        several(session, observed, "ns-2", "ns-3", "ns-4", "ns-5")
        for number, code in enumerate(("ns-2", "ns-3", "ns-4", "ns-5")):
            bad = {"group_voting": "observed", "violence": "observed"} if code == "ns-3" else {}
            told = form("voting", 20 + number, **bad) | {"station": code}
            assert observation.submit(session, observed, by="kg-1", at=NOW, document=told).problem is None
        told = form("counting", 30) | {"station": "ns-2"}
        assert observation.submit(session, observed, by="kg-1", at=NOW, document=told).problem is None
        version = drafted(session, observed)
        drafting.attest(session, observed, by="az-1", at=NOW, claim="conduct")
        assert drafting.lint(session, observed, version, at=NOW) == []
    said = texts(version)
    assert "at five polling stations" in said["place"]
    assert "the vote-counting process at two polling stations" in said["count"]
    assert said["irregularities"] == (
        "The Mission observed group or family voting in 1 of 5 visits. The Mission observed violence or threats in 1 of 5 visits."
    )


def test_where_results_are_tabulated_is_no_polling_station(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        several(session, observed, "tec-1")
        told = form("counting", 40) | {
            "form": "tabulation", "station": "tec-1",
            "answers": {"tabulation_on_time": "yes", "arithmetic_errors": "no", "traced_station": "differ"},
        }  # fmt: skip
        assert observation.submit(session, observed, by="kg-1", at=NOW, document=told).problem is None
        version = drafted(session, observed)
        found = drafting.lint(session, observed, version, at=NOW)
    said = texts(version)
    assert "at one polling station." in said["place"]
    assert (
        "the tabulation of results at one election commission. The tabulation there was conducted in time."
        in said["count"]
    )
    assert "at the one election commission for which this was recorded" in said["irregularities"]
    assert "draws attention" in said["conclusion"]
    row = next(row for row in version.content["annex"] if row["claim"] == "observed_tabulation")
    assert (row["figure"], row["base"]) == ("1 of 1", "commissions")
    assert [one.code for one in found] == ["not_attested"]


def test_a_statement_of_the_day_after_is_dated_so_and_its_release_can_go(engine: Engine, observed: str) -> None:
    """Most statements come out fourteen to eighteen hours after the close."""
    morning = datetime(2020, 8, 13, 4, 0, tzinfo=UTC)
    with at_work(engine) as session:
        redating.move_press_conference(
            session,
            observed,
            by="az-1",
            at=NOW,
            to=datetime(2020, 8, 13, 8, 0, tzinfo=UTC),
            reason="the hall",
        )
        version = drafted(session, observed, morning)
        drafting.attest(session, observed, by="az-1", at=morning, claim="conduct")
        assert drafting.lint(session, observed, version, at=morning) == []
        papers = papers_of(session, observed, version, at=morning)
    assert "received by 10:00 on 13 August 2020" in texts(version)["scope"]
    assert "Nur-Sultan, 13 August 2020" in papers["statement-en.txt"].decode()
    assert "conducted observation of the Elections of Deputies" in texts(version)["observed"]
    assert texts(version)["observed"].endswith("on 12 August 2020.")
    assert "at a press conference on 13 August 2020 at 14:00" in papers["press-release-en.txt"].decode()


def test_national_observers_seen_in_one_visit_and_not_in_another_are_no_absence(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        submit(session, observed, "voting", 9, citizen_observers_present="no")
        said = texts(drafted(session, observed))["observers"]
    assert "The Mission witnessed the participation of national observers in 4 of 5 visits." in said
    assert "no national observers" not in said
    assert "reinforces" not in said


def test_what_was_set_aside_by_name_takes_no_ground_from_the_conclusion(engine: Engine, observed: str) -> None:
    """Else the conclusion would point to findings that stand nowhere above it."""
    with at_work(engine) as session:
        incident(session, observed, 1, incident_seen="violence")
        assert "draws attention" in texts(drafted(session, observed))["conclusion"]
        drafting.set_aside(
            session, observed, by="az-1", at=NOW, claim="no_violence", why="a street fight, not at the poll"
        )
        version = drafting.draft(session, observed, by="drafter", at=NOW)
        said = texts(version)
        assert [one.code for one in drafting.lint(session, observed, version, at=NOW)] == ["not_attested"]
    assert "irregularities" not in said
    assert "were open and transparent and complied" in said["conclusion"]


def test_a_preliminary_conclusion_does_not_rest_on_the_count(engine: Engine, assembled: str) -> None:
    with at_work(engine) as session:
        for number, kind in enumerate(("opening", "voting", "closing")):
            submit(session, assembled, kind, number)
        several(session, assembled, "ns-2")
        visit = Visit(mission=assembled, team="team-1", position=9, station="ns-2", form="counting", due_at=NOW)
        session.add(visit)
        submit(session, assembled, "counting", 9, seals_intact="no")
        version = drafted(session, assembled)
    assert version.kind == "preliminary"
    assert "seals" not in " ".join(texts(version).values())
    assert "were open and transparent" in texts(version)["conclusion"]


def test_one_form_on_the_voting_gives_a_conclusion_on_the_voting_for_which_the_head_answers(
    engine: Engine, assembled: str
) -> None:
    evening = NOW + timedelta(hours=10)
    with at_work(engine) as session:
        missions.get(session, assembled).count_left_at = NOW
        submit(session, assembled, "voting", 1)
        version = drafted(session, assembled, evening)
        conclusion = next(one for one in version.content["paragraphs"] if one["key"] == "conclusion")["sentences"][0]
        assert "of the voting at one polling station" in conclusion["text"]
        assert "this part of the elections" in conclusion["text"]
        found = {one.code: one for one in drafting.lint(session, assembled, version, at=evening)}
        assert "1 visit to 1 polling station" in found["narrow"].says
        known = {"finding": "narrow", "sentence": conclusion["text"], "why": "one visit was all that was possible"}
        with pytest.raises(Refused, match="only the head"):
            drafting.override(session, assembled, by="drafter", at=evening, **known)
        drafting.override(session, assembled, by="az-1", at=evening, **known)
        assert "narrow" not in {one.code for one in drafting.lint(session, assembled, version, at=evening)}
        rests = gather(session, assembled, cut_off=evening, preliminary=True).verdicts["conclusion"].detail
    assert {"station_opened", "box_shown_empty"} <= set(rests["unseen"])
    assert not {"station_opened", "traced_stations_match"} & set(rests["seen"])


def test_a_count_that_somebody_left_by_name_makes_the_statement_preliminary_whatever_was_planned(
    engine: Engine, assembled: str
) -> None:
    with at_work(engine) as session:
        for visit in session.scalars(select(Visit).where(Visit.form == "counting")).all():
            session.delete(visit)
        for number, kind in enumerate(("opening", "voting", "closing")):
            submit(session, assembled, kind, number)
        counting.leave_unfinished(session, assembled, by="coordinator", at=NOW, why="it goes on until the morning")
        version = drafted(session, assembled)
        submit(session, assembled, "counting", 4)
        later = drafted(session, assembled, NOW + timedelta(hours=1))
    assert (version.kind, later.kind) == ("preliminary", "final")


# ------------------------------------------------------------------ edits and what people answer for


def test_an_edit_is_a_new_version_and_unchanged_sentences_keep_what_they_rest_on(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        first = drafted(session, observed)
        before = texts(first)["opening"]
        text = before.replace("It opened on time.", "It opened on time. The hall was well lit.")
        second = drafting.edit(session, observed, by="drafter", at=NOW, paragraph="opening", text=text, why="detail")
        found = drafting.lint(session, observed, second, at=NOW)
        assert texts(drafts.number(session, observed, 1))["opening"] == before
        assert second.content_hash != first.content_hash
    bound = {
        s["text"]: s["claims"]
        for one in second.content["paragraphs"]
        if one["key"] == "opening"
        for s in one["sentences"]
    }
    assert bound["It opened on time."] == ["opening_on_time"]
    assert [(one.code, one.sentence) for one in found if one.code != "not_attested"] == [
        ("unsupported", "The hall was well lit.")
    ]


def test_an_edit_of_a_version_that_is_not_the_newest_is_a_conflict(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        drafted(session, observed)
        drafting.edit(session, observed, by="drafter", at=NOW, paragraph="courtesy", text=HOPE, seen=1)
        with pytest.raises(Conflict, match="version 2 came since"):
            drafting.edit(session, observed, by="drafter", at=NOW, paragraph="courtesy", text="Thanks.", seen=1)
        with pytest.raises(BadInput, match="already"):
            drafting.edit(session, observed, by="drafter", at=NOW, paragraph="courtesy", text=HOPE)
        with pytest.raises(NotFound, match="no paragraph"):
            drafting.edit(session, observed, by="drafter", at=NOW, paragraph="nothing", text="Thanks.")


def test_an_override_takes_a_name_a_reason_and_an_open_finding(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        drafted(session, observed)
        drafting.attest(session, observed, by="az-1", at=NOW, claim="conduct")
        drafting.edit(session, observed, by="drafter", at=NOW, paragraph="courtesy", text=HOPE)
        with pytest.raises(Refused, match="1 open finding"):
            drafting.ready(session, observed, by="drafter", at=NOW)
        with pytest.raises(BadInput, match="reason"):
            drafting.override(session, observed, by="az-1", at=NOW, finding="unsupported", sentence=HOPE, why=" ")
        with pytest.raises(NotFound, match="no member or office"):
            drafting.override(
                session, observed, by="nobody", at=NOW, finding="unsupported", sentence=HOPE, why="courtesy"
            )
        with pytest.raises(NotFound, match="no finding 'results'"):
            drafting.override(session, observed, by="az-1", at=NOW, finding="results", sentence=HOPE, why="courtesy")
        drafting.override(session, observed, by="az-1", at=NOW, finding="unsupported", sentence=HOPE, why="courtesy")
        assert drafting.ready(session, observed, by="drafter", at=NOW).number == 2
        assert drafting.advance(session, observed, at=NOW).done


def test_conduct_is_attested_not_overridden_and_a_report_takes_its_ground(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = drafted(session, observed)
        with pytest.raises(Refused, match="can't be overridden"):
            drafting.override(
                session,
                observed,
                by="az-1",
                at=NOW,
                finding="not_attested",
                sentence=texts(version)["conduct"],
                why="x",
            )
        observation.report_member(session, observed, by="coordinator", at=NOW, member="tr-1", what="spoke to a voter")
        version = drafted(session, observed)
    assert "received one report concerning the conduct of its members" in texts(version)["conduct"]
    assert "without interfering" not in texts(version)["conduct"]


def test_an_irregularity_set_aside_by_name_is_left_out_until_another_form_records_it(
    engine: Engine, observed: str
) -> None:
    with at_work(engine) as session:
        submit(session, observed, "voting", 9, group_voting="observed")
        assert "group or family voting" in texts(drafted(session, observed))["irregularities"]
        with pytest.raises(BadInput, match="reason"):
            drafting.set_aside(session, observed, by="az-1", at=NOW, claim="no_group_voting", why="")
        assert (
            drafting.set_aside(
                session, observed, by="az-1", at=NOW, claim="no_group_voting", why="a mother with a child"
            )
            == 1
        )
        version = drafting.draft(session, observed, by="drafter", at=NOW)
        assert "irregularities" not in texts(version)
        assert "no_group_voting" not in {row["claim"] for row in version.content["annex"]}
        assert "unmentioned" not in {one.code for one in drafting.lint(session, observed, version, at=NOW)}
        submit(session, observed, "voting", 10, group_voting="observed")
        found = drafting.lint(session, observed, version, at=NOW)
    assert [one.says for one in found if one.code == "unmentioned"] == [
        "observed 2 times and nowhere mentioned (uuid:test-10): draft it anew, or set it aside"
    ]


def test_a_state_dissociates_itself_by_a_footnote_or_an_omission(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        drafted(session, observed)
        noted = drafting.dissociate(session, observed, by="drafter", at=NOW, state="UZ", paragraph="conclusion")
        conclusion = next(one for one in noted.content["paragraphs"] if one["key"] == "conclusion")
        assert conclusion["footnotes"] == ["The Republic of Uzbekistan dissociates itself from this paragraph."]
        assert noted.content_hash != drafts.number(session, observed, 1).content_hash
        without = drafting.dissociate(
            session, observed, by="drafter", at=NOW, state="UZ", paragraph="prepared", how="omission"
        )
    assert "prepared" not in texts(without)


# ------------------------------------------------------------------ findings that turn


def test_a_form_after_the_draft_that_turns_a_finding_alerts_the_head_of_mission_once(
    engine: Engine, observed: str
) -> None:
    with at_work(engine) as session:
        version = made_ready(session, observed)
        later = NOW + timedelta(minutes=20)
        submit(session, observed, "voting", 9, at=later, campaign_activity_nearby="yes")
        for _ in range(2):
            standing = drafting.advance(session, observed, at=later)
        turns = {row.claim: (row.was, row.verdict) for row in drafts.unsettled(session, observed, version.content_hash)}
        letters = session.scalars(select(Letter).where(Letter.kind == "finding_turned")).all()
        assert drafts.newest(session, observed).number == version.number, "a text in approval is not renewed"
    assert turns == {"no_campaign_activity": ("upheld", "mixed"), "conclusion": ("upheld", "mixed")}
    assert [letter.recipient for letter in letters] == ["ambassador@azerbaijan.example"]
    assert standing.waits_for == ("az-1",)


def test_after_approval_a_turned_finding_waits_until_the_head_settles_it_by_name(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = made_ready(session, observed)
        approved(session, observed, version)
        submit(session, observed, "voting", 9, campaign_activity_nearby="yes")
        assert drafting.advance(session, observed, at=NOW).state is State.WAITING
        with pytest.raises(Refused, match="only the head"):
            drafting.settle_turned(session, observed, by="drafter", at=NOW, claim="conclusion", why="stands")
        for claim in ("conclusion", "no_campaign_activity"):
            assert (
                drafting.settle_turned(session, observed, by="az-1", at=NOW, claim=claim, why="one poster far away")
                == 1
            )
        assert drafts.unsettled(session, observed, version.content_hash) == []
        assert drafting.advance(session, observed, at=NOW).done
        assert drafts.unsettled(session, observed, version.content_hash) == [], "what was settled is not asked again"


def test_a_finding_that_turns_back_by_a_correction_needs_no_decision_and_may_turn_again(
    engine: Engine, observed: str
) -> None:
    with at_work(engine) as session:
        version = made_ready(session, observed)
        submit(session, observed, "voting", 9, campaign_activity_nearby="yes")
        drafting.advance(session, observed, at=NOW)
        assert len(drafts.unsettled(session, observed, version.content_hash)) == 2
        observation.correct(
            session,
            observed,
            by="kg-1",
            at=NOW,
            instance="uuid:test-9",
            question="campaign_activity_nearby",
            new="no",
            why="slip",
        )
        assert drafting.advance(session, observed, at=NOW).done
        assert drafts.unsettled(session, observed, version.content_hash) == []
        observation.correct(
            session,
            observed,
            by="kg-1",
            at=NOW,
            instance="uuid:test-9",
            question="campaign_activity_nearby",
            new="yes",
            why="no slip",
        )
        later = NOW + timedelta(minutes=1)
        drafting.advance(session, observed, at=later)
        assert len(drafts.unsettled(session, observed, version.content_hash)) == 2
        assert len(session.scalars(select(TurnedFinding)).all()) == 2
        assert len(session.scalars(select(Letter).where(Letter.kind == "finding_turned")).all()) == 2


def test_a_finding_that_only_the_annex_states_turns_too(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = made_ready(session, observed)
        submit(session, observed, "voting", 9, vote_buying="observed")
        drafting.advance(session, observed, at=NOW)
        assert "no_vote_buying" in {row.claim for row in drafts.unsettled(session, observed, version.content_hash)}


def test_a_preliminary_statement_is_supplemented_once_the_count_is_in(engine: Engine, assembled: str) -> None:
    with at_work(engine) as session:
        for number, kind in enumerate(("opening", "voting", "closing")):
            submit(session, assembled, kind, number)
        version = made_ready(session, assembled)
        assert version.kind == "preliminary"
        approved(session, assembled, version)
        session.add(
            Release(
                mission=assembled, number=1, kind="statement", round=1, hashes={}, papers={}, prepared_by="press-officer",
                prepared_at=NOW, press_conference_at=NOW, status="done",
            )
        )  # fmt: skip
        session.flush()
        assert drafted(session, assembled).number == version.number
        submit(session, assembled, "counting", 4, at=NOW + timedelta(hours=2))
        supplement = drafted(session, assembled, NOW + timedelta(hours=2))
        assert drafted(session, assembled, NOW + timedelta(hours=3)).number == supplement.number
    assert (supplement.kind, supplement.content["title"]) == ("supplement", "SUPPLEMENT TO THE STATEMENT")
    assert list(texts(supplement)) == ["supplements", "scope", "count"]


# ------------------------------------------------------------------ versions


def test_a_version_changed_in_the_database_is_found_out(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = drafted(session, observed)
        changed = {**version.content, "title": "VERDICT"}
        session.add(
            StatementVersion(
                mission=observed, language="tr", number=1, kind="final", content=changed, content_hash="0" * 64,
                evidence_digest="", cut_off=NOW, at=NOW, by="drafter", based_on=None, chain_head="",
            )
        )  # fmt: skip
        session.flush()
        assert drafts.by_hash(session, observed, version.content_hash).number == version.number
        with pytest.raises(Tampered, match="no longer has its hash"):
            drafts.by_hash(session, observed, "0" * 64)


def test_a_translation_has_every_paragraph_or_is_refused(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = drafted(session, observed)
        said = {key: f"[tr] {text}" for key, text in texts(version).items()}
        with pytest.raises(BadInput, match="not one of the languages"):
            drafting.translate(session, observed, by="drafter", at=NOW, language="de", texts=said, title="AÇIKLAMA")
        with pytest.raises(BadInput, match="can't be drafted in 'tr'"):
            drafting.draft(session, observed, by="drafter", at=NOW, language="tr")


def test_a_translation_is_bound_to_what_its_original_rests_on(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        facts = missions.facts(session, observed).model_copy(update={"languages": ("en", "tr")})
        missions.revise(session, observed, facts, by="coordinator", at=NOW, kind="languages", reason="two languages")
        version = drafted(session, observed)
        said = {key: f"[tr] {text}" for key, text in texts(version).items()}
        with pytest.raises(BadInput, match="no text for 'scope'; there is no paragraph 'other'"):
            wrong = {**said, "scope": "", "other": "x"}
            drafting.translate(session, observed, by="drafter", at=NOW, language="tr", texts=wrong, title="AÇIKLAMA")
        frame = {"annex_title": "Ek"}
        row = drafting.translate(
            session, observed, by="drafter", at=NOW, language="tr", texts=said, title="AÇIKLAMA", frame=frame
        )
    assert (row.language, row.number, row.content["day"], row.content["annex_title"]) == (
        "tr",
        1,
        "12 Ağustos 2020",
        "Ek",
    )
    assert row.content["organisation"] == "Türk Dili Konuşan Ülkeler İşbirliği Konseyi"
    opening = next(one for one in row.content["paragraphs"] if one["key"] == "opening")
    assert opening["sentences"][0]["claims"] == ["attended_opening", "opening_on_time"]


def test_a_form_that_answers_no_claim_still_moves_the_base(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        first = drafted(session, observed)
        assert drafting.draft(session, observed, by="drafter", at=NOW + timedelta(hours=1)).number == first.number
        submit(session, observed, "voting", 9, at=NOW + timedelta(hours=1))
        second = drafting.draft(session, observed, by="drafter", at=NOW + timedelta(hours=1))
    assert second.number == first.number + 1
    assert "five forms" in texts(second)["scope"]


def test_forms_after_the_cut_off_are_no_ground_of_a_version(engine: Engine, observed: str) -> None:
    with at_work(engine) as session:
        version = drafted(session, observed)
        submit(session, observed, "voting", 9, at=NOW + timedelta(hours=1), vote_buying="observed")
        then = gather(session, observed, cut_off=version.cut_off, preliminary=False)
        now = gather(session, observed, cut_off=NOW + timedelta(hours=1), preliminary=False)
        forms = session.scalars(select(Submission.id).where(Submission.mission == observed)).all()
    assert (then.facts["forms_total"], now.facts["forms_total"], len(forms)) == (4, 5, 5)
    assert then.digest == version.evidence_digest != now.digest
    assert then.verdicts["no_vote_buying"].kind == "upheld"
