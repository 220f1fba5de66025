"""What a page says first, and in which words: whose decision is awaited, where the time is, who is waited for."""

from __future__ import annotations

import html
import re

from desks import SLUG, Desk
from evening import Doing
from lxml import html as lxml_html

from ieom.acts import accounts, approval
from ieom.records import drafts, missions
from ieom.records.base import begin, reading
from ieom.rules.roles import Role

MISSION = f"/missions/{SLUG}"
AWAITED = "Your decision is awaited: the statement"


def test_who_has_to_decide_is_told_so_first_until_they_have(desk_asked: Desk) -> None:
    for page in ("/", MISSION):
        assert AWAITED in desk_asked.head_of_mission.get(page).text
        assert f'href="{MISSION}/approval">{AWAITED}' in desk_asked.head_of_mission.get(page).text
        for other in (desk_asked.coordinator, desk_asked.delegation_member, desk_asked.auditor):
            assert AWAITED not in other.get(page).text
    text = desk_asked.head_of_mission.get(f"{MISSION}/approval").text
    assert (
        text.index("Your decision is awaited")
        < text.index("<summary>Approve</summary>")
        < text.index("Round 1: 0 of 5")
    )
    with reading(desk_asked.engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        digest = row.content_hash
    Doing(desk_asked.engine)(approval.decide, "az-1", decision="approve", version_hash=digest)
    for page in ("/", MISSION):
        assert AWAITED not in desk_asked.head_of_mission.get(page).text


def test_local_time_is_named_after_the_city_that_the_mission_sits_in(desk_asked: Desk) -> None:
    for page in ("", "/approval", "/statement", "/meetings", "/observation", "/audit"):
        text = desk_asked.coordinator.get(MISSION + page).text
        assert "Almaty" not in text, page
    assert "17:00 Nur-Sultan (UTC+6)" in desk_asked.coordinator.get(MISSION).text
    following = re.search(
        r"Next date: 12 Aug 2020, (\d\d:\d\d) Nur-Sultan \(UTC\+6\), in ", desk_asked.coordinator.get("/").text
    )
    assert following, "the next date has its zone, and says how far off it is"
    assert following[1] == "18:00", "the decisions that are awaited are due before the release"
    timeline = lxml_html.document_fromstring(desk_asked.coordinator.get(MISSION).text).find_class("timeline")[0]
    approval_ = next(one for one in timeline if "Approval" in one.text_content())
    assert "until 12 Aug 2020, 18:00 Nur-Sultan (UTC+6)" in " ".join(approval_.text_content().split())


def test_an_administrator_of_one_mission_reads_none_of_it(desk_asked: Desk) -> None:
    with begin(desk_asked.engine) as session:
        accounts.give_role(
            session, by="desk-1", at=missions.real_now(), account=desk_asked.accounts["administrator"],
            role=Role.ADMINISTRATOR, mission=SLUG,
        )  # fmt: skip
    page = desk_asked.administrator.get("/").text
    assert "yours is to keep the desk" in page
    assert "Senate" not in page


def test_many_who_are_waited_for_are_named_once(desk_asked: Desk) -> None:
    page = html.unescape(desk_asked.coordinator.get(f"{MISSION}/now").text)
    waited = page.partition("<tbody>")[2].partition('<details id="reminded">')[0]
    assert waited.count("Embassy of the Kyrgyz Republic, observer 1") == 1
    assert page.count("waiting for 5 approvers") == 2
    closes = r"A decision on the statement</a>.*?18:00 Nur-Sultan \(UTC\+6\)</time>\s*<span class=\"off\">in 60 minutes"
    assert re.search(closes, page.replace("\n", " "))
    assert "5 are still to decide" in desk_asked.coordinator.get(f"{MISSION}/approval").text


def test_a_round_is_stopped_once_asked_a_second_time(desk_asked: Desk) -> None:
    bare = desk_asked.coordinator.post(f"{MISSION}/approval/stop", {"why": "A slip."})
    assert "nothing was stopped" in bare.text.lower()
    assert "Your decision is awaited" in desk_asked.head_of_mission.get(f"{MISSION}/approval").text
    sure = desk_asked.coordinator.post(f"{MISSION}/approval/stop", {"why": "A slip.", "sure": "true"})
    assert "The round is stopped" in sure.text


def test_pages_of_a_mission_are_grouped_and_the_open_one_is_marked_once(desk_asked: Desk) -> None:
    page = desk_asked.coordinator.get(f"{MISSION}/approval").text
    nav = page[page.index('class="areas"') : page.index("</nav>", page.index('class="areas"'))]
    assert nav.count('aria-current="page"') == 1
    assert re.search(r'<li class="here">\s*<span class="kicker">The statement</span>', nav)
    for name in ("Today", "Delegation", "Meetings", "Deployment", "Observation", "Approval", "Lists", "Record of acts"):
        assert f">{name}</a></li>" in nav, name
    seen = desk_asked.delegation_member.get(f"{MISSION}/approval").text
    assert ">Lists</a>" not in seen
