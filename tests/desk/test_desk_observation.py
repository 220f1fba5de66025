"""Observation at the desk: forms against the plan, what was seen and told apart, one form with what changed, the list in
Excel; no more statements for more forms."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

from desks import Desk
from evening import SLUG
from forms import AT, ENTER, OBSERVATION, TYPED, come, document
from openpyxl import load_workbook
from sqlalchemy import Engine, event, select, update

from ieom.acts import deployment
from ieom.records import accounts, submissions, teams
from ieom.records.accounts import KeptText
from ieom.records.base import begin, reading
from ieom.records.deployment import Visit
from ieom.records.stations import PollingStation
from ieom.records.submissions import Submission, by_instance

COUNTING = "uuid:6f1f0a52-0812-4e01-9a01-000000000004"


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_page_says_what_is_in_and_what_is_missing_and_since_when(desk_asked: Desk) -> None:
    page = desk_asked.auditor.get(OBSERVATION).text
    assert "planned forms are in" in page
    assert "Opening" in page
    with_none = desk_asked.auditor.get(f"{OBSERVATION}?station=nowhere").text
    assert "No form is meant by that" in with_none
    assert desk_asked.administrator.get(OBSERVATION).status_code == 403


def test_stations_stand_against_the_plan_those_with_a_form_past_due_first(desk_asked: Desk, asked: Engine) -> None:
    with begin(asked) as session:
        session.add(PollingStation(mission=SLUG, code="zz-9", name="School 9", city="nur-sultan", zone="Asia/Almaty",
                                   opens=time(7), closes=time(20)))  # fmt: skip
        session.flush()
        session.add(
            Visit(
                mission=SLUG, team="team-2", position=99, station="zz-9", form="voting", due_at=AT - timedelta(days=1)
            )
        )
    come(asked, document(1), document(2))
    table = desk_asked.auditor.get(OBSERVATION).text.split("<caption>By station</caption>")[1].split("</table>")[0]
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in table.split("<tr>")[2:]]
    assert rows[0][0] == "School 9 (zz-9)"
    assert rows[0][1:] == ["1", "0", "1", "0", "0"]
    assert rows[1][0].endswith("(ns-1)")
    with reading(asked) as session:
        there = session.scalars(select(Submission.id).where(Submission.station == "ns-1")).all()
    assert rows[1][-1] == str(len(there))


def test_a_missing_form_is_named_with_since_when(desk_asked: Desk, asked: Engine) -> None:
    with begin(asked) as session:
        due = AT - timedelta(days=1)
        stop = Visit(mission=SLUG, team="team-2", position=99, station="ns-1", form="tabulation", due_at=due)
        session.add(stop)
    page = desk_asked.coordinator.get(OBSERVATION).text
    missing = page.split("Missing since")[1].split("</table>")[0]
    assert missing.count("<tr>") == 1
    assert "past due, " in missing
    assert "Waited for: team-2" in page


def test_seen_and_told_stand_apart(desk_asked: Desk, asked: Engine) -> None:
    come(asked, document(1), document(2, answers={"group_voting": "none", "vote_buying": "reported_to_us"}))
    page = desk_asked.coordinator.get(f"{OBSERVATION}?form=voting").text
    seen, told = page.split("Told to observers, not seen")
    seen = seen.split("Seen by observers")[1]
    told = told.split("</section>")[0]
    assert "roup" in seen
    assert "buying" not in seen.lower()
    assert "1 of 2 forms" in seen or "1 of 3 forms" in seen
    assert "2 of 2 forms" in told or "2 of 3 forms" in told


def test_one_form_shows_what_came_and_what_changed_and_why(desk_asked: Desk, asked: Engine) -> None:
    page = desk_asked.auditor.get(f"{OBSERVATION}/forms/{COUNTING}").text
    assert "Were the seals intact before the box was opened?" in page
    assert "correct=" not in page
    assert "correct=seals_intact#correct" in desk_asked.coordinator.get(f"{OBSERVATION}/forms/{COUNTING}").text
    assert (
        "Correct an answer" not in desk_asked.auditor.get(f"{OBSERVATION}/forms/{COUNTING}?correct=seals_intact").text
    )
    asks = desk_asked.coordinator.get(f"{OBSERVATION}/forms/{COUNTING}?correct=seals_intact").text
    assert "The form has: Yes" in asks
    assert re.search(r'type="radio" id="answer-\d" name="answer" value="yes" checked', asks)
    assert re.search(r'<label for="answer-\d">No</label>', asks)
    sent = {"form": COUNTING, "question": "seals_intact", "answer": "no", "why": "A line was <misread>."}
    said = desk_asked.coordinator.post(f"{OBSERVATION}/correct", sent).text
    assert "the former one is kept" in said
    assert "<del>Yes</del> <ins>No</ins>" in said
    assert "A line was &lt;misread&gt;." in said
    assert "Mission Coordinator" in said.split("When, and by whom")[1].split("</table>")[0].title(), (
        "by the office, not its code"
    )
    assert desk_asked.auditor.post(f"{OBSERVATION}/correct", sent, page=OBSERVATION).status_code == 403
    wrong = desk_asked.coordinator.post(f"{OBSERVATION}/correct", {**sent, "answer": "perhaps"})
    assert wrong.status_code == 422
    assert (
        "Were the seals intact before the box was opened?”: &#39;perhaps&#39; is none of Yes, No, Not observed"
        in wrong.text
    )
    assert desk_asked.auditor.get(f"{OBSERVATION}/forms/nothing").status_code == 404


def test_a_form_kept_aside_is_shown_with_why_and_put_away_for_a_reason(desk_asked: Desk, asked: Engine) -> None:
    come(asked, document(1, station="nowhere"))
    page = desk_asked.coordinator.get(OBSERVATION).text
    assert "there is no station &#39;nowhere&#39;" in page
    action = page.split('/put-away"')[0].rsplit('action="', 1)[1] + "/put-away"
    after = desk_asked.coordinator.post(action, {"why": "It was sent again under its right station."}).text
    assert "It is kept." in after
    assert "nowhere&#39;" not in after


def test_the_forms_go_out_to_excel_as_text_that_runs_nothing(desk_asked: Desk, asked: Engine) -> None:
    come(asked, document(1))
    answer = desk_asked.auditor.get(f"{OBSERVATION}/export.xlsx?form=voting&team=team-2")
    assert answer.headers["content-disposition"].startswith("attachment")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = [list(row) for row in sheet.iter_rows()]
    head = [cell.value for cell in rows[0]]
    mine = next(row for row in rows if row[0].value == "paper:1")
    cell = mine[head.index("comment")]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert mine[head.index("arrived")].value == "2020-08-12T10:00+06:00"
    with reading(asked) as session:
        there = session.scalars(
            select(Submission).where(Submission.form == "voting", Submission.team == "team-2")
        ).all()
    assert len(rows) == len(there) + 1


def test_more_forms_need_no_more_statements(desk_asked: Desk, asked: Engine) -> None:
    pages = (OBSERVATION, f"{OBSERVATION}?form=voting", f"{OBSERVATION}/export.xlsx?form=voting",
             f"{OBSERVATION}/forms/{COUNTING}", f"{OBSERVATION}/enter?form=voting")  # fmt: skip
    counts = []
    for page in pages:
        desk_asked.coordinator.get(page)
    for numbers in (range(10), range(10, 200)):
        come(asked, *(document(number) for number in numbers))
        some = []
        for page in pages:
            with statements(asked) as said:
                desk_asked.coordinator.get(page)
            some.append(len(said))
        counts.append(some)
    assert counts[0] == counts[1]
    with reading(asked) as session:
        assert by_instance(session, SLUG, "paper:199") is not None


def test_totals_and_checks_answer_as_one_types_and_what_was_typed_is_kept(desk_asked: Desk, asked: Engine) -> None:
    browser = desk_asked.coordinator
    part = browser.client.post(
        f"{ENTER}/checks", data={**TYPED, "team": ""},
        headers={"origin": str(browser.client.base_url), "hx-request": "true", "x-desk-token": browser.token()},
    )  # fmt: skip
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "25 ballots received" not in part.text  # a team is missing: it can't be compared with others yet
    assert "&#39;team&#39; is missing" in part.text
    assert "24" in part.text
    whole = browser.post(f"{ENTER}/checks", TYPED).text
    assert "<html" in whole
    assert "25 ballots received, but issued, unused and spoiled make 24" in whole
    assert "&lt;script&gt;" in whole
    again = browser.get(f"{ENTER}?form=counting").text
    assert "What you typed before is kept here" in again
    assert 'value="paper:typed"' in again
    assert 'value="police" checked' in again
    with reading(asked) as session:
        assert by_instance(session, SLUG, "paper:typed") is None


def test_the_page_says_what_is_in_so_far_by_team_and_the_sums_of_the_figures(desk_asked: Desk, asked: Engine) -> None:
    counted = {"received": "1000", "issued": "900", "unused": "100", "valid": "880", "invalid": "20", "in_box": "900"}
    come(asked, *(document(n, form="counting", answers=counted, team=f"team-{1 + n % 2}") for n in (11, 12, 13)))
    page = " ".join(desk_asked.drafter.get(f"{ENTER}?form=counting").text.split())
    rows = page.split("So far, by team")[1].split("</table>")[0]
    heads = re.findall(r'<th scope="col" class="number">([^<]+)</th>', rows)
    sums = {
        team: dict(zip(heads, re.findall(r'<td class="number">(\d*)</td>', row), strict=True))
        for team, row in re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', rows)
    }
    assert sums["team-2"]["In"] == "2"
    assert sums["team-2"]["Ballots received"] == "2000"
    assert int(sums["All"]["Ballots received"]) == sum(
        int(one["Ballots received"] or 0) for t, one in sums.items() if t != "All"
    )
    assert "planned forms of this kind are in" in page
    for odd in ("voting", "incident"):  # a phase without figures has the forms alone
        assert "So far" in desk_asked.drafter.get(f"{ENTER}?form={odd}").text


def test_one_count_form_shows_its_sums_against_its_ballots(desk_asked: Desk, asked: Engine) -> None:
    counted = {
        "valid": "880",
        "invalid": "19",
        "in_box": "900",
        "contestant_votes": "500, 380",
        "contestants_total": "880",
    }
    come(asked, document(11, form="counting", answers=counted))
    page = desk_asked.auditor.get(f"{OBSERVATION}/forms/paper:11").text.split("<h2>Sums</h2>")[1].split("<h2>")[0]
    assert "<strong>899</strong>" in page
    assert "not 900" in " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert page.count("<strong>880</strong>") == 2, "the contestants' total, and the votes that are listed"


def test_a_paper_form_is_taken_once_with_its_flags_and_what_is_wrong_leaves_it_typed(
    desk_asked: Desk, asked: Engine
) -> None:
    wrong = desk_asked.drafter.post(ENTER, {**TYPED, "q.issued": "twenty", "arrival": "soon"})
    assert wrong.status_code == 422
    assert "“Ballots issued (signatures)”: &#39;twenty&#39; is no whole number" in wrong.text
    assert "issued: &#39;twenty" not in wrong.text
    assert 'value="twenty"' in wrong.text
    assert "is no day and hour" in wrong.text
    taken = desk_asked.drafter.post(ENTER, TYPED).text
    assert "Counting of team-2 at ns-1 is taken." in taken
    assert "25 ballots received, but issued, unused and spoiled make 24" in taken
    assert "typed from paper" in taken
    assert "Police, Other" in taken or "Other, Police" in taken
    assert desk_asked.drafter.post(ENTER, TYPED).status_code == 200
    other = desk_asked.drafter.post(ENTER, {**TYPED, "q.issued": "22"})
    assert other.status_code == 422
    assert "was taken already" in other.text
    assert (
        f'href="{OBSERVATION}/forms/paper%3Atyped"' in other.text
        or f'href="{OBSERVATION}/forms/paper:typed"' in other.text
    )
    assert f'href="{ENTER}?form=counting">Enter another form' in other.text
    with reading(asked) as session:
        row = by_instance(session, SLUG, "paper:typed")
        assert row is not None
        assert (row.channel, row.arrived_at) == ("paper", datetime(2020, 8, 12, 8, tzinfo=UTC))
    assert desk_asked.auditor.post(ENTER, TYPED, page=OBSERVATION).status_code == 403
    second = {**TYPED, "instance": "paper:second", "arrival": "2020-08-12T18:10", "departure": "2020-08-12T19:00"}
    asked_first = desk_asked.drafter.post(ENTER, second)
    assert asked_first.status_code == 422
    assert "has sent a form on this already" in asked_first.text
    with reading(asked) as session:
        assert by_instance(session, SLUG, "paper:second") is None
    assert "is taken." in desk_asked.drafter.post(ENTER, {**second, "another": "yes"}).text


def test_a_request_that_was_overtaken_brings_no_taken_form_back(desk_asked: Desk, asked: Engine) -> None:
    browser = desk_asked.drafter
    late = {**TYPED, "instance": "paper:overtaken", "q.comment": "as it was while typing"}
    browser.post(f"{ENTER}/checks", late)
    with reading(asked) as session:
        kept = session.scalars(select(KeptText).where(KeptText.text.contains("paper:overtaken"))).one()
        place, account, text = kept.place, kept.account, kept.text
    assert "is taken." in browser.post(ENTER, late).text
    assert browser.post(f"{ENTER}/checks", {**late, "q.issued": "22"}).status_code == 200
    with reading(asked) as session:
        assert not session.scalars(select(KeptText).where(KeptText.text.contains("paper:overtaken"))).all()
    with begin(asked) as session:  # it was looked at before the form was taken, and kept after
        accounts.keep_text(session, account, place, text, at=AT)
    page = browser.get(f"{ENTER}?form=counting").text
    assert "paper:overtaken" not in page
    assert "What you typed before is kept here" not in page
    with reading(asked) as session:
        assert not session.scalars(select(KeptText).where(KeptText.text.contains("paper:overtaken"))).all()
    anew = browser.post(f"{ENTER}/checks", {**late, "q.issued": "22", "anew": "yes"}).text
    assert "paper:overtaken" not in anew
    assert 'value="22"' in anew
    number = anew.split('name="instance" value="')[1].split('"')[0]
    taken = browser.post(ENTER, {**late, "q.issued": "22", "instance": number, "another": "yes"})
    assert "is taken." in taken.text


def test_a_form_kept_aside_is_amended_and_taken_with_the_one_that_came_kept(desk_asked: Desk, asked: Engine) -> None:
    come(asked, document(1, station="nowhere"))
    with reading(asked) as session:
        content = submissions.quarantined(session, SLUG)[0].content_hash
    page = desk_asked.coordinator.get(f"{ENTER}?aside={content}").text
    assert 'value="2020-08-12T10:00"' in page
    sent = {"form": "voting", "aside": content, "instance": "paper:1", "team": "team-2", "station": "ns-1"}
    assert desk_asked.coordinator.post(ENTER, sent).status_code == 422
    said = desk_asked.coordinator.post(ENTER, {**sent, "why": "The team named its station by telephone."}).text
    assert "is taken." in said
    with reading(asked) as session:
        assert submissions.quarantined(session, SLUG) == []
        assert [row.settled_as for row in submissions.quarantined(session, SLUG, settled=True)] == ["paper:1"]


def test_an_incident_that_leaves_questions_open_is_shown_with_the_others(desk_asked: Desk, asked: Engine) -> None:
    come(asked, document(12, form="incident", answers={"incident_text": "A quarrel <at> the door."}))
    page = desk_asked.auditor.get(OBSERVATION)
    assert page.status_code == 200
    assert "A quarrel &lt;at&gt; the door." in page.text
    assert "None was seen." in page.text
    seen = {"incident_seen": "intimidation"}
    come(asked, document(13, form="incident", answers=seen), document(14, form="incident", answers=seen))
    page = " ".join(desk_asked.auditor.get(OBSERVATION).text.split())
    apart = page.split("Seen by observers")[1].split("</section>")[0]
    assert "None was seen." not in apart
    assert "stand below and are not counted above: Intimidation (2 reports)." in apart
    incident = page.split(">Incidents</h2>")[1].split("</p>")[0]
    assert re.search(r"there from <time [^>]*>[^<]*10:00.*</time> until <time [^>]*>[^<]*10:30.*</time>, received <time [^>]*>[^<]*17:30", incident)  # fmt: skip


def test_a_form_s_page_has_the_crew_of_its_day_or_the_team_alone(desk_asked: Desk, asked: Engine) -> None:
    def crew(instance: str) -> str:
        page = desk_asked.coordinator.get(f"{OBSERVATION}/forms/{instance}").text
        assert "uuid:" not in page.split("<h1>")[1].split("<details>")[0]
        return page.split("<dt>Team</dt><dd>")[1].split("</dd>")[0].split("</a>")[1]

    first = crew(COUNTING)
    assert first.startswith(": ")
    with begin(asked) as session:
        other = next(code for code in teams.crew(session, SLUG)["team-2"])
        deployment.reassign(session, SLUG, by="coordinator", at=AT + timedelta(hours=9), member=other, team="team-1")
    assert crew(COUNTING) == "", "where they were before is in no record"
    come(asked, document(21, team="team-1"))
    with begin(asked) as session:
        session.execute(update(Submission).where(Submission.instance_id == "paper:21").values(received_at=AT + timedelta(hours=10)))  # fmt: skip
        deployment.reassign(session, SLUG, by="coordinator", at=AT + timedelta(hours=11), member=other, team="team-2")
    then = crew("paper:21")
    assert then.count(",") > first.count(","), "with whoever left since"
    with begin(asked) as session:
        crews = [{"team": "team-1", "members": [other]}, {"team": "team-2", "members": []}]
        deployment.plan(session, SLUG, by="coordinator", at=AT + timedelta(hours=12), teams=crews)
    assert crew("paper:21") == ""
