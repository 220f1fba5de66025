"""What is owed today: the secretariat's own work too, each with the page where it is done and by when."""

from __future__ import annotations

import inspect
import io
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape

import pytest
from desks import Desk, rows
from evening import SLUG, Doing
from forms import LATE
from openpyxl import load_workbook
from sqlalchemy import Engine

from desk.rehearsal import set_clock
from desk.web.owed_view import worded
from desk.web.pages import rendered
from desk.web.runs import Runs
from ieom.acts import approval, drafting, observation, owing
from ieom.acts.asked_of import closes
from ieom.acts.owing import work
from ieom.records import drafts, letters, missions, standings
from ieom.records.base import begin, reading
from ieom.records.delegation import Member

HERE = f"/missions/{SLUG}"


def test_whatever_can_be_owed_has_words() -> None:
    abouts = set(re.findall(r'Work\(\s*"([a-z ]+)"(?: if \w+ else "([a-z ]+)")?', inspect.getsource(owing)))
    known = {one for pair in abouts for one in pair if one} - {"letter failed"}  # told by its letter
    assert {"disowned", "to confirm", "round ended"} <= known
    told = [{"about": one, "number": "7", "count": 1, "letter": None} for one in sorted(known)]
    worded(told, partial(rendered, "owed_words.html", language="en", zone="Asia/Almaty"))
    assert [one["about"] for one in told if not one["what"]] == []


def test_a_mission_just_opened_owes_the_invitation_and_says_where(desk_opened: Desk) -> None:
    owed = rows(desk_opened.coordinator.get(HERE).text)
    assert owed["The host country's invitation, to be registered"] == f"{HERE}/correspondence"
    assert (
        rows(desk_opened.delegation_member.get(HERE).text)["The host country's invitation, to be registered"] == ""
    ), "nobody is led to a page that they may not open"


def test_a_mission_that_nothing_looked_at_says_so_and_waits_for_whoever_owes(desk_opened: Desk) -> None:
    lead = desk_opened.coordinator.get(HERE).text.partition('<p class="lead">')[2].partition("</p>")[0]
    assert lead.startswith("The software has not looked at this mission yet.")
    assert "Press release distribution" not in lead
    home = desk_opened.coordinator.get("/").text
    assert "1 waits for somebody." in home
    assert "The software has not looked at this mission yet." in home
    owed = len(rows(desk_opened.coordinator.get(HERE).text))
    assert re.search(rf"<p>{owed} things? (is|are) owed\.", home)
    assert "No mission is like that" in desk_opened.coordinator.get("/?waits=no").text
    with begin(desk_opened.engine) as session:
        missions.get(session, SLUG).walked_revision = 1
    lead = desk_opened.coordinator.get(HERE).text.partition('<p class="lead">')[2].partition("</p>")[0]
    assert lead.startswith('Delegation assembly: <span lang="en">Not begun.'), "the first stage, not the last"


def test_what_keeps_a_rehearsal_going_does_not_speak_against_its_own_clock() -> None:
    at = datetime(2020, 8, 12, 11, 30, tzinfo=UTC)
    facts = {"runs": Runs("well"), "pages": "", "said": {}, "real_now": at, "wake_at": at, "walked": 1}
    told = partial(rendered, "mission_runs.html", language="en", zone="Asia/Almaty", **facts)
    rehearsed = told(rehearsal=True)
    assert "as soon as the rehearsal's clock goes on" in unescape(rehearsed)
    assert "times of the real clock" not in rehearsed, "no time stands above it"
    assert "has not looked at what is due yet" not in rehearsed, "it was looked at"
    real = told(rehearsal=False)
    assert "No next run is planned" not in real
    assert "17:30" in real


def test_findings_that_keep_approval_from_being_asked_are_said_before_it_is_and_on_the_first_page(
    desk_asked: Desk, asked: Engine
) -> None:
    do, page = Doing(asked), f"{HERE}/approval"
    do(drafting.edit, "drafter", paragraph="place", text="Ballot boxes were stuffed in Almaty.", why="heard")
    do.advance(approval)
    stands = do.advance(drafting)
    with begin(asked) as session:
        standings.keep(session, SLUG, [stands], at=do.now)  # as the walk does at its end
    with reading(asked) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        count = len(drafting.lint(session, SLUG, row, at=do.now))
    assert count
    told = " ".join(desk_asked.drafter.get(page).text.split())
    assert f"Approval of version {row.number} can't be asked for yet: {count} finding" in told
    assert f'href="{HERE}/statement?language=en">To what is to be mended' in told
    assert f"Ask for approval of version {row.number}" not in told
    today = desk_asked.drafter.get(HERE).text
    assert f"Version {row.number}: {count} finding" in today, "the stage says how many, as the last look counted them"
    assert "to mend or answer for" in today
    said = next(one for one in rows(today) if "mend it, and ask for approval again" in one)
    assert rows(today)[said] == f"{HERE}/statement"


def test_an_approval_is_due_when_it_closes_and_says_so_past_it(desk_asked: Desk, asked: Engine) -> None:
    with reading(asked) as session:
        facts, now = missions.facts(session, SLUG), missions.now(session, SLUG)
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        until = max(closes(facts, seat.asked_at) for seat, _s, _d in approval.seats(session, round_) if seat.asked_at)
    assert until > now
    said = f"{until + timedelta(hours=6):%-d %b %Y, %H:%M} Nur-Sultan"
    page = desk_asked.coordinator.get(HERE).text
    assert said in page.partition("Owed today")[2]
    assert rows(page)["A decision on the statement"] == f"{HERE}/approval"
    gone = page.partition('<details id="reminded">')[2].partition("</details>")[0]
    with reading(asked) as session:
        written = letters.reminded(session, SLUG)
    assert f"{len(written)} reminders went" in gone
    assert gone.count("<tr><td>") == len(written) > 2, "what was settled long since stays to be seen"
    first = next(one for one in reversed(written) if one.kind == "reminder_nominations" and one.settled_at)
    when = f"{first.settled_at + timedelta(hours=6):%-d %b, %H:%M}"
    assert re.search(
        rf"<td>Nominations</td><td>{first.to}</td><td[^>]*><time[^>]*>{when}</time></td><td>sent</td>", gone
    )
    waited = desk_asked.coordinator.get(f"{HERE}/approval").text
    assert f"It closes {said}" in waited
    assert "Past due" not in waited
    assert (
        "It closes" in desk_asked.head_of_mission.get(f"{HERE}/approval").text.partition("Your decision is awaited")[2]
    )
    set_clock(asked, SLUG, until + timedelta(minutes=5))
    late = desk_asked.coordinator.get(f"{HERE}/approval").text
    assert f"Past due: it was to be decided by {said}" in late
    assert "5 minutes ago, and still is awaited" in late


def test_who_recorded_a_decision_is_not_asked_to_confirm_it_and_a_text_that_lost_its_round_waits_for_the_drafter(
    desk_asked: Desk, asked: Engine
) -> None:
    do = Doing(asked)
    call = {"decision": "approve", "channel": "telephone", "evidence": "A call at 18:10."}
    for by, who in (("coordinator", "secretary-general"), ("drafter", "uz-1")):
        do(approval.record_decision, by, who=who, **call)
    with reading(asked) as session:
        waits = {(one.who, one.count) for one in work(session, SLUG, at=do.now) if one.about == "to confirm"}
    assert waits == {("deputy-coordinator", 1), ("coordinator", 1)}
    assert "confirmed by a second person</a></td><td>Deputy mission coordinator<" in desk_asked.drafter.get(HERE).text
    do(drafting.edit, "drafter", paragraph="place", text="The Mission observed in Nur-Sultan.", why="a slip")
    do.advance(approval)
    owed = rows(desk_asked.drafter.get(HERE).text)
    said = next(one for one in owed if one.startswith("Round 1 ended without an approved text"))
    assert owed[said] == f"{HERE}/statement"


def test_what_is_owed_and_the_missions_are_filtered_and_go_out_to_excel(desk_asked: Desk) -> None:
    browser, paper = desk_asked.drafter, "A paper waits for its signature (KS20/012)"
    assert len(table(browser.get(HERE).text)) == 6
    for asked in ("?who=Mission+coordinator", "?find=SIGNATURE", "?find=ks20&who=Mission+coordinator"):
        page = browser.get(f"{HERE}{asked}").text
        assert [one[:2] for one in table(page)] == [[paper, "Mission coordinator"]], asked
        again = re.search(r'data-now="([^"]+)"', page)
        assert again
        assert table("Owed today" + browser.get(unescape(again[1])).text) == table(page), (
            "it stays filtered as it changes"
        )
        assert "6 things are owed" in page, "how much there is in all is said none the less"
        book = load_workbook(io.BytesIO(browser.get(f"{HERE}/owed.xlsx{asked}").content)).active
        assert book is not None
        assert [list(row[:2]) for row in book.values] == [["What", "Who"], [paper, "Mission coordinator"]]
    everything = load_workbook(io.BytesIO(browser.get(f"{HERE}/owed.xlsx").content)).active
    assert everything is not None
    assert everything.max_row == 7
    assert str(everything["C2"].value) == "2020-08-12 18:00:00", "local in the host country"
    assert "Nothing that is owed is like that" in browser.get(f"{HERE}?find=nowhere").text
    title = "Senate of the Parliament"
    for asked, there in (
        ("", True),
        ("?find=senate", True),
        ("?waits=yes", True),
        ("?waits=no", False),
        ("?find=x-y", False),
    ):
        assert (title in browser.get(f"/{asked}").text) is there, asked
    assert "No mission is like that" in browser.get("/?waits=no").text


def table(text: str) -> list[list[str]]:
    """What is owed, cell by cell."""
    found = text.partition("Owed today")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    rows_ = [re.findall(r"<td>(.*?)</td>", row, re.DOTALL) for row in found.split("</tr>")]
    return [[unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in row] for row in rows_ if row]


def test_a_finding_that_turns_in_an_approved_text_waits_for_the_head(desk_approved: Desk, approved: Engine) -> None:
    do = Doing(approved)
    do(observation.submit, "tr-1", document=LATE)
    do.advance(drafting)
    with reading(approved) as session:
        assert ("turned", "az-1") in {(one.about, one.who) for one in work(session, SLUG, at=do.now)}
    assert f"{HERE}/statement#turned" in rows(desk_approved.head_of_mission.get(HERE).text).values()


@pytest.mark.parametrize("page", [HERE, f"{HERE}/now"])
def test_an_approved_text_is_to_be_released_and_then_go_is_said(
    desk_approved: Desk, approved: Engine, page: str
) -> None:
    from ieom.acts import distribution

    owed = rows(desk_approved.press_officer.get(page).text)
    assert owed["The release of the approved text, to be prepared"] == f"{HERE}/release"
    do = Doing(approved)
    do(distribution.prepare, "press-officer")
    with reading(approved) as session:
        left = {(one.about, one.who) for one in work(session, SLUG, at=do.now)}
    assert ("go", "coordinator") in left
    assert ("to prepare", "press-officer") not in left


def test_a_declared_conflict_is_owed_by_name_until_another_person_comes(desk_asked: Desk, asked: Engine) -> None:
    with begin(asked) as session:
        member = session.get_one(Member, (SLUG, "kg-1"))
        member.conflict_found = "a national of the host country"
    owed = rows(desk_asked.coordinator.get(HERE).text)
    said = next(what for what in owed if what.startswith("A conflict of interest of "))
    assert "kg-1" not in said, "named by office"
    assert owed[said] == f"{HERE}/delegation/kg-1"
    assert "Ask the state for somebody else" in desk_asked.coordinator.get(owed[said]).text
    desk_asked.coordinator.post(f"{HERE}/delegation/kg-1/leave", {"how": "withdrawn"})
    assert said not in rows(desk_asked.coordinator.get(HERE).text)
