"""Parts of pages that nothing else rests on, with what they truly say: each of them could be cut out of its template and no page
would break."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from desks import Desk, released
from evening import SLUG, at
from forms import OBSERVATION, TYPED
from lxml import html
from sqlalchemy import Engine, select

from ieom.acts import meetings as acts
from ieom.mail.letters import message_bytes
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.letters import Letter

HERE = f"/missions/{SLUG}"
ALL_STAGES = [
    "Delegation assembly", "Pre-election meetings", "Election-day observation", "Counting", "Statement drafting",
    "Approval", "Press release distribution",
]  # fmt: skip
MEMBERS = (
    "H.E. Rashad Mammadov, Embassy of the Republic of Azerbaijan, observer 2, Embassy of the Kyrgyz Republic, observer 1, "
    "Embassy of the Republic of Turkey, observer 1, Embassy of the Republic of Uzbekistan, observer 1"
)


def seen(browser, path: str) -> html.HtmlElement:
    answer = browser.get(path)
    assert answer.status_code == 200
    return html.document_fromstring(answer.text)


def said(one: html.HtmlElement) -> str:
    return " ".join("".join(one.itertext()).split())


def all_said(page: html.HtmlElement, path: str) -> list[str]:
    return [said(one) for one in page.xpath(path)]


def below(page: html.HtmlElement, heading: str) -> html.HtmlElement:
    """What stands below a heading, until the next."""
    (head,) = page.xpath(f'//h2[normalize-space()="{heading}"]')
    made = html.Element("div")
    for one in list(head.itersiblings()):
        if one.tag == "h2":
            break
        made.append(deepcopy(one))
    return made


def rows(table: html.HtmlElement) -> list[list[str]]:
    return [[said(cell) for cell in row.xpath("./th|./td")] for row in table.xpath(".//tbody/tr")]


def captioned(page: html.HtmlElement, caption: str) -> html.HtmlElement:
    (table,) = page.xpath(f'//table[caption[normalize-space()="{caption}"]]')
    return table


def test_observation_lists_what_the_checks_noticed_with_the_way_to_each_form(desk_asked: Desk) -> None:
    desk_asked.drafter.post(f"{OBSERVATION}/enter", TYPED)
    part = below(seen(desk_asked.coordinator, OBSERVATION), "What the checks noticed")
    (one,) = [li for li in part.xpath(".//li") if "25 ballots received" in said(li)]
    assert said(one).startswith("Counting, team-2, the polling station in Nur-Sultan (ns-1): ")
    assert "25 ballots received, but issued, unused and spoiled make 24" in said(one)
    assert one.xpath(".//a/@href")[0] == f"{OBSERVATION}/forms/paper%3Atyped"


def test_observation_shows_the_forms_against_the_plan_as_bars_and_as_tables(desk_asked: Desk) -> None:
    page = seen(desk_asked.coordinator, OBSERVATION)
    part = below(page, "Forms in, against the plan")
    bars = part.xpath('.//svg[@role="img"]')
    phases = ["Opening", "Voting", "Closing", "Counting"]
    assert [one.get("aria-label") for one in bars] == [
        f"{phase}: 1 of 1 planned in, 0 past due, 0 to come" for phase in phases
    ]
    assert [[(r.get("class"), r.get("width")) for r in one.xpath("./rect")] for one in bars] == [
        [("whole", "100%"), ("good", "100.000%")]
    ] * 4
    assert (
        all_said(part, './/span[@class="figures"]')
        == ["1 of 1 planned in, 0 past due, 0 to come; 1 form in; 1 station visited"] * 4
    )
    assert rows(part.xpath('.//table[caption="By phase"]')[0]) == [[one, "1", "1", "0", "0", "1"] for one in phases]
    assert ["team-1", "2", "2", "0", "0", "2"] in rows(part.xpath('.//table[caption="By team"]')[0])
    assert rows(part.xpath('.//table[caption="By station"]')[0]) == [
        ["the polling station in Nur-Sultan (ns-1)", "4", "4", "0", "0", "4"]
    ]


def test_observation_has_a_phases_answers_as_bars_and_as_a_table(desk_asked: Desk) -> None:
    part = below(seen(desk_asked.coordinator, f"{OBSERVATION}?form=opening"), "Answers")
    assert "When did the station open? On time 1" in part.xpath(".//svg/@aria-label")
    (table,) = part.xpath(".//table")
    told = rows(table)
    at = next(number for number, row in enumerate(told) if row[0] == "Were other international observers present?")
    assert told[at : at + 3] == [
        ["Were other international observers present?", "Yes", "0"], ["No", "1"], ["Not observed", "0"],
    ]  # fmt: skip


def test_the_statement_has_its_pdf_beside_it(desk_asked: Desk) -> None:
    for browser in (desk_asked.drafter, desk_asked.head_of_mission):
        (frame,) = seen(browser, f"{HERE}/statement").xpath("//iframe")
        assert frame.get("title") == "The statement as PDF"
        answer = browser.get(frame.get("src"))
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("inline"), "shown, not brought"
        assert answer.content.startswith(b"%PDF")


def test_a_cancelled_meeting_is_taken_out_of_its_members_calendars(desk_opened: Desk, engine: Engine) -> None:
    browser = desk_opened.coordinator
    now = datetime(2020, 8, 9, 5, tzinfo=UTC)
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = now
    browser.post(
        f"{HERE}/delegation",
        {"state": "KG", "role": "observer", "office": "Embassy, observer 1", "email": "one@embassy.example"},
    )
    with begin(engine) as session:
        session.get_one(Member, (SLUG, "kg-1")).status = "appointed"
    browser.post(f"{HERE}/meetings", {
        "code": "mayor", "body": "nur-sultan-akimat", "counterpart_office": "Deputy Akim", "attendee": ["kg-1"],
        "starts": "2020-08-11T14:00", "ends": "2020-08-11T15:00",
    })  # fmt: skip
    browser.post(f"{HERE}/meetings/mayor/confirm")
    calendars = []
    for act in ({}, {"why": "The mayor is ill."}):
        if act:
            browser.post(f"{HERE}/meetings/mayor/cancel", act)
        with begin(engine) as session:
            acts.advance(session, SLUG, at=now)
        calendars.append(calendar(engine, "meeting_cancelled" if act else "meeting_invitation"))
    invited, cancelled = calendars
    assert "METHOD:REQUEST" in invited
    assert "METHOD:CANCEL" in cancelled
    assert "STATUS:CANCELLED" in cancelled
    uid, sequence = re.compile(r"^UID:(.+)$", re.MULTILINE), re.compile(r"^SEQUENCE:(\d+)$", re.MULTILINE)
    assert uid.findall(cancelled) == uid.findall(invited), "of the very meeting that they have"
    assert int(sequence.findall(cancelled)[0]) > int(sequence.findall(invited)[0])
    assert "Cancellation with calendar file: written" in said(seen(browser, f"{HERE}/meetings/mayor"))


def calendar(engine: Engine, kind: str) -> str:
    """The calendar's part of the newest letter of a kind, of which mail programs are told the method too."""
    with reading(engine) as session:
        row = session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id.desc())).first()
        assert row is not None, kind
        assert row.recipient == "one@embassy.example"
        letter = message_from_bytes(message_bytes(session, row), policy=default)
    assert isinstance(letter, EmailMessage)
    part = next(one for one in letter.walk() if one.get_content_type() == "text/calendar")
    text = part.get_payload(decode=True).decode().replace("\r\n", "\n").replace("\n ", "")
    assert f"METHOD:{part.get_param('method')}" in text
    return str(text)


@pytest.mark.parametrize(("moment", "used"), [("called", 0), ("asked", None)])
def test_delegation_tells_each_states_quota_and_how_much_of_it_is_used(
    moment: str, used: int | None, stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = at(moment, stages, tmp_path, monkeypatch)
    part = below(seen(Desk(engine).coordinator, f"{HERE}/delegation"), "States")
    assert [row[:3] for row in rows(part.xpath(".//table")[0])] == [
        [
            state,
            f"{quota if used is None else used} of {quota} nominated",
            f"{quota if used is None else used} of {quota} appointed",
        ]
        for state, quota in (("Azerbaijan", 2), ("Kyrgyzstan", 1), ("Turkey", 1), ("Uzbekistan", 1))
    ]
    engine.dispose()


def test_approval_shows_its_rule_as_a_row_of_seats(desk_asked: Desk) -> None:
    page = seen(desk_asked.coordinator, f"{HERE}/approval")
    (seats,) = page.xpath('//ol[contains(@class, "seats")]')
    assert all_said(seats, "./li/p[1]") == [
        "1 · head of mission · the Republic of Azerbaijan", "2 · member state · the Kyrgyz Republic",
        "3 · member state · the Republic of Turkey", "4 · member state · the Republic of Uzbekistan",
        "5 · Secretary General",
    ]  # fmt: skip
    assert said(seats[0]).startswith("1 · head of mission · the Republic of Azerbaijan H.E. Rashad Mammadov ◌ is asked")
    assert "deputy: Deputy Secretary General" in said(seats[4])
    assert seats.get("class") == "seats", "side by side; one after the other it says so in its class"


def test_a_release_tells_its_recipients_by_language_and_by_list(desk_approved: Desk) -> None:
    browser = desk_approved.press_officer
    browser.post("/media/lists", {"code": "wires", "title": "News <agencies>"})
    for number in (1, 2, 3):
        browser.post(f"/media/contacts/{number}/lists", {"code": "wires"})
    released(desk_approved)
    page = seen(desk_approved.coordinator, f"{HERE}/release/1")
    assert rows(captioned(page, "Readers by language")) == [["English", "24"], ["English (official copies)", "6"]]
    assert "On the lists: News <agencies> 3" in all_said(page, "//p")


def test_missions_shows_each_missions_timeline_at_a_glance(desk_asked: Desk) -> None:
    (one,) = seen(desk_asked.coordinator, "/").xpath('//main//ul[@class="list"]/li')
    steps = one.xpath('./ol[@aria-label="Timeline"]/li')
    assert [said(step) for step in steps] == [
        *(f"✓ {stage}: done" for stage in ALL_STAGES[:5]), "◌ Approval: waiting",
        "· Press release distribution: not yet due",
    ]  # fmt: skip
    assert "Next date: 12 Aug 2020, 18:00 Nur-Sultan (UTC+6), in 60 minutes" in all_said(one, "./p")


def test_a_missions_page_tells_the_reminders_that_went_and_those_that_will_go(desk_asked: Desk) -> None:
    page = seen(desk_asked.coordinator, HERE)
    owed = rows(below(page, "Owed today").xpath(".//table")[0])
    decisions = [row for row in owed if row[0] == "A decision on the statement"]
    assert len(decisions) == 5
    assert {row[3] for row in decisions} == {"next reminder 12 Aug, 17:30, in 30 minutes"}
    (went,) = page.xpath('//details[@id="reminded"]')
    assert ["A check-in", "Mission coordinator", "12 Aug, 12:45", "sent"] in rows(went)


def test_a_missions_timeline_says_what_is_now(desk_asked: Desk) -> None:
    page = seen(desk_asked.coordinator, HERE)
    assert any(one.startswith("Now 12 Aug 2020, 17:00 Nur-Sultan (UTC+6)") for one in all_said(page, "//p"))
    stages = page.xpath('//ol[@class="timeline"]/li')
    assert [said(one.xpath(".//strong")[0]) for one in stages] == ALL_STAGES
    (now,) = [one for one in stages if one.get("aria-current") == "step"]
    assert said(now).startswith("◌ Approval waiting Round 1: 0 of 5 approved")


def test_the_readers_own_time_stands_beside_the_hosts_in_long_times_alone(desk_asked: Desk) -> None:
    browser = desk_asked.coordinator
    there = "It closes 12 Aug 2020, 18:00 Nur-Sultan (UTC+6)"
    assert f"{there}, in" in said(seen(browser, f"{HERE}/approval"))
    browser.post("/me", {"language": "en", "zone": "Europe/Istanbul"})
    page = said(seen(browser, f"{HERE}/approval"))
    assert f"{there} · 15:00 Istanbul, in" in page
    assert "asked 12 Aug, 17:00, now" in page
    browser.post("/me", {"language": "en", "zone": "Asia/Almaty"})
    assert f"{there}, in" in said(seen(browser, f"{HERE}/approval")), "the same hour is not told twice"


def test_a_day_of_meetings_says_who_goes_where(desk_asked: Desk) -> None:
    page = seen(desk_asked.coordinator, f"{HERE}/meetings?day=2020-08-11")
    assert all_said(page, '//ol[@class="agenda"]/li') == [
        "10:00–11:00 Mr. Konstantin Petrov, Deputy Chairman of the Central Election Commission of the Republic of Kazakhstan "
        f"Central Election Commission, Nur-Sultan · {MEMBERS} ✓ held",
        "15:30–16:30 Ms. Malika Bekturova, Deputy Akim of Nur-Sultan city Akimat of Nur-Sultan city · "
        f"{MEMBERS} ✓ held",
    ]  # fmt: skip
