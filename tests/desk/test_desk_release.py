"""Releases at the desk: prepared by one and let go by another, stopped while letters leave, doubt settled by people."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from threading import Event, Thread
from time import sleep

from desks import PEOPLE, Desk, released
from evening import EVENING, SLUG, Doing, letters, release_letters
from openpyxl import load_workbook
from releases import ADVISORY, sent, tried
from scripted import Scripted, well
from sqlalchemy import select, update

from desk.web.release_view import left
from ieom.acts import approval, complaining, correspondence, distribution, drafting
from ieom.acts.audit import verified
from ieom.acts.releasing import ReleaseGo
from ieom.mail.letters import message_bytes
from ieom.mail.sender import send_due
from ieom.mail.smtp import Account
from ieom.records import audit, drafts, missions, releases
from ieom.records.base import begin, reading
from ieom.records.letters import Letter

PAGE = f"/missions/{SLUG}/release"


def test_nothing_is_prepared_before_the_approval(desk_asked: Desk) -> None:
    assert "no text is approved as it stands" in desk_asked.press_officer.get(PAGE).text
    refused = desk_asked.press_officer.post(f"{PAGE}/prepare")
    assert refused.status_code == 409
    assert "No text is approved" in refused.text


def test_who_prepared_a_release_can_not_say_go_and_another_can(desk_approved: Desk) -> None:
    desk_approved.press_officer.post(f"{PAGE}/prepare")
    assert "that nobody has approved" not in desk_approved.coordinator.get(PAGE).text
    do = Doing(desk_approved.engine)
    with reading(desk_approved.engine) as session:
        text = drafts.newest(session, SLUG)
        assert text is not None
        words = {one["key"]: f"[{one['key']}]" for one in text.content["paragraphs"]}
    for language in ("tr", "kk"):
        do(drafting.translate, "drafter", language=language, texts=words, title="A translation")
    desk_approved.press_officer.post(f"{PAGE}/prepare")
    assert "You prepared it; another person says go" in desk_approved.press_officer.get(PAGE).text
    refused = desk_approved.press_officer.post(f"{PAGE}/2/go")
    assert refused.status_code == 409
    assert "another person sends it" in refused.text
    page = desk_approved.coordinator.get(PAGE).text
    asked = page.partition("Once they leave they can be stopped")[2].partition("Say go")[0]
    assert (
        "With them go 2 unofficial translations that nobody has approved, marked as unofficial: Kazakh, Turkish."
        in asked
    )
    assert "Send to 24 outlets at 12 Aug, 20:00" in page
    assert re.search(r'role="timer"[^>]*><span class="figure">01:\d\d:\d\d<', page)
    assert "24 letters to the media and 6 official copies. Once they leave" in page
    seen = re.search(r'name="acts" value="(\w+)"', page)
    assert seen
    still = desk_approved.coordinator.get(f"{PAGE}/now?acts={seen[1]}").text
    assert "hx-swap-oob" not in still, "nobody's typing is disturbed while nothing changes"
    gone = desk_approved.coordinator.post(f"{PAGE}/2/go").text
    assert "has said go" in gone
    renewed = desk_approved.coordinator.get(f"{PAGE}/now?acts={seen[1]}").text.partition("hx-swap-oob")[2]
    assert renewed
    assert "Say go" not in renewed
    Doing(desk_approved.engine).advance(distribution, EVENING - timedelta(seconds=1))
    assert letters(desk_approved.engine) == 0
    with begin(desk_approved.engine) as session:
        missions.get(session, SLUG).simulated_now = EVENING + timedelta(seconds=40)
    late = " ".join(desk_approved.coordinator.get(f"{PAGE}/now").text.split())
    assert "It was to leave at 12 Aug, 20:00 and has not." in late
    assert "does not answer" in late, "nothing keeps missions going here"
    again = EVENING + timedelta(
        hours=2
    )  # go was said long after the embargo: it was to leave then, not at the embargo's end
    with begin(desk_approved.engine) as session:
        missions.get(session, SLUG).simulated_now = again
        row = releases.one(session, SLUG, 2)
        row.sent_by = None
        audit.append(session, SLUG, by="press-officer", at=again, act=ReleaseGo(2))
        row.sent_by = "coordinator"
    assert "It was to leave" not in desk_approved.coordinator.get(f"{PAGE}/now").text


def test_letters_whose_time_had_passed_go_or_do_not_by_a_person_s_choice(desk_approved: Desk) -> None:
    released(desk_approved)
    with begin(desk_approved.engine) as session:
        first, second, third = session.scalars(
            select(Letter.id).where(Letter.kind == "release").order_by(Letter.id).limit(3)
        )
        session.execute(update(Letter).where(Letter.id.in_([first, second, third])).values(state="late"))
    page = desk_approved.press_officer.get(PAGE).text
    assert page.count('name="letters"') == 3
    assert (
        "1 letter does not go"
        in desk_approved.press_officer.post(f"{PAGE}/late", {"letters": first, "do": "drop"}).text
    )
    assert (
        "1 late letter goes" in desk_approved.press_officer.post(f"{PAGE}/late", {"letters": second, "do": "go"}).text
    )
    assert desk_approved.auditor.post(f"{PAGE}/late", {"letters": third, "do": "drop"}).status_code == 403
    with reading(desk_approved.engine) as session:
        states = [session.get_one(Letter, one).state for one in (first, second, third)]
        assert states == ["cancelled", "queued", "late"]
        assert verified(session, SLUG) == [], "an act says why it does not go"


def test_only_the_press_office_and_the_coordinator_prepare_and_an_auditor_looks(desk_approved: Desk) -> None:
    for role in ("drafter", "approver", "delegation_member", "auditor", "head_of_mission"):
        assert getattr(desk_approved, role).post(f"{PAGE}/prepare").status_code == 403, role
        assert getattr(desk_approved, role).get(PAGE).status_code == 200, role
    with reading(desk_approved.engine) as session:
        assert releases.of(session, SLUG) == []
    desk_approved.press_officer.post(f"{PAGE}/prepare")
    assert desk_approved.delegation_member.get(f"{PAGE}/1").status_code == 403  # outlets' addresses
    assert desk_approved.auditor.get(f"{PAGE}/1").status_code == 200


def test_a_letter_is_previewed_without_the_power_of_a_page_of_the_desk(desk_approved: Desk) -> None:
    desk_approved.press_officer.post(f"{PAGE}/prepare")
    page = desk_approved.coordinator.get(f"{PAGE}/1").text
    for language in ("en", "official"):
        assert f"{PAGE}/1/letters/{language}" in page
        assert "sandbox=" in desk_approved.coordinator.get(f"{PAGE}/1/letters/{language}").text
        words = desk_approved.coordinator.get(f"{PAGE}/1/letters/{language}/words")
        policy = words.headers["content-security-policy"]
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        assert "allow-same-origin" not in policy
        assert words.headers["cache-control"] == "no-store"
    assert desk_approved.coordinator.get(f"{PAGE}/1/letters/xx").status_code == 422
    paper = desk_approved.coordinator.get(f"{PAGE}/1/papers/statement-en.pdf")
    assert paper.headers["content-disposition"].startswith("attachment")
    assert desk_approved.coordinator.get(f"{PAGE}/1/papers/passwd").status_code == 404
    assert letters(desk_approved.engine) == 0


def test_a_test_goes_to_oneself_or_an_office_of_ours_alone(desk_approved: Desk) -> None:
    desk_approved.press_officer.post(f"{PAGE}/prepare")
    form = {"email": "newsroom@outlet.example", "language": "en"}
    assert desk_approved.press_officer.post(f"{PAGE}/1/test", form).status_code == 422
    page = desk_approved.press_officer.get(f"{PAGE}/1").text
    assert '<option value="press.officer@desk.example">Myself' in page.partition('name="email"')[2][:120], (
        "first, so preset"
    )
    form["email"] = "press.officer@desk.example"
    assert "goes to press.officer@desk.example" in desk_approved.press_officer.post(f"{PAGE}/1/test", form).text
    assert desk_approved.coordinator.post(f"{PAGE}/1/test", form).status_code == 422, "another's own address"
    form["email"] = "press@secretariat.example"
    assert "1 test letter goes to" in desk_approved.press_officer.post(f"{PAGE}/1/test", form).text
    assert "No test of it was sent" not in desk_approved.coordinator.get(PAGE).text


def test_a_stop_while_letters_leave_holds_back_the_rest_and_going_on_never_begins_again(desk_approved: Desk) -> None:
    do = released(desk_approved)
    with begin(desk_approved.engine) as session:  # a sender has handed over some, and one is on the wire
        some = session.scalars(select(Letter.id).where(Letter.kind == "release").order_by(Letter.id).limit(6)).all()
        tried(session, some[:5])
        session.execute(update(Letter).where(Letter.id == some[5]).values(state="transmitting"))
        before = dict(session.execute(select(Letter.id, Letter.message_id)).tuples().all())
    page = desk_approved.coordinator.get(f"{PAGE}/now").text
    assert "5 of 35 letters are sent" in page or re.search(r"5 of \d+ letters are sent", page)
    said = desk_approved.press_officer.post(f"{PAGE}/1/stop", {"why": "A wrong word <b>here</b>"}).text
    assert "is stopped" in said
    assert "wrong word &lt;b&gt;" in said
    do.advance(distribution, EVENING + timedelta(minutes=5))
    assert release_letters(desk_approved.engine) == {"sent", "transmitting", "stopped"}
    on = desk_approved.coordinator.post(f"{PAGE}/1/go-on").text
    assert "never from the beginning" in on
    assert release_letters(desk_approved.engine) == {"sent", "transmitting", "queued"}
    with reading(desk_approved.engine) as session:
        assert dict(session.execute(select(Letter.id, Letter.message_id)).tuples().all()) == before


def test_stop_is_pressed_while_a_real_sender_sends_and_nothing_leaves_after_it(desk_approved: Desk) -> None:
    do, pressed = released(desk_approved), Event()

    def slow(verb: str, number: int) -> str:
        if verb == "." and number >= 5:
            pressed.wait(20)
        return well(verb, number)

    def send(port: int) -> None:
        account = Account("127.0.0.1", port, security="none", timeout=30.0)
        send_due(desk_approved.engine, account, mission=SLUG, now=lambda: EVENING + timedelta(seconds=1), connections=2)

    with Scripted(slow) as server:
        sending = Thread(target=send, args=(server.port,))
        sending.start()
        while len(server.messages) < 5:
            sleep(0.01)
        said = desk_approved.press_officer.post(f"{PAGE}/1/stop", {"why": "The head calls."}).text
        assert "is stopped" in said
        left_when_pressed = len(server.messages)
        pressed.set()
        sending.join(60)
        gone = len(server.messages)
        assert gone <= left_when_pressed + 2, "no more than what was on the wire, one letter a connection"
        with reading(desk_approved.engine) as session:
            states = Counter(session.scalars(select(Letter.state).where(Letter.release.is_not(None))))
        assert states == {"sent": gone, "stopped": sum(states.values()) - gone}, "what left is counted, all of it"
        page = desk_approved.coordinator.get(f"{PAGE}/now").text
        assert f"It is stopped: {gone} of {sum(states.values())} letters are sent" in page
        assert f"{states['stopped']} stopped" in page
        do.advance(distribution, EVENING + timedelta(minutes=5))
        send(server.port)
        assert len(server.messages) == gone, "nothing leaves later either"


def test_the_ledger_is_filtered_and_taken_away_whole(desk_approved: Desk) -> None:
    released(desk_approved)
    with begin(desk_approved.engine) as session:
        row = session.scalars(select(Letter).where(Letter.kind == "release").order_by(Letter.id).limit(1)).one()
        row.state, row.settled_at, row.code, row.answer = "refused", EVENING, 550, "=cmd|' /C calc'!A0 no such user"
        outlet, address = row.to_office, row.recipient
    page = desk_approved.press_officer.get(f"{PAGE}/1?state=refused").text
    assert address in page
    assert "no such user" in page
    assert page.count('<span class="small">') < 12
    assert "No letter is like that" in desk_approved.press_officer.get(f"{PAGE}/1?state=bounced").text
    found = desk_approved.press_officer.get(f"{PAGE}/1", params={"q": address[:12].upper()}).text
    assert outlet in found
    table = desk_approved.press_officer.get(f"{PAGE}/1/ledger.csv")
    assert table.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    refused = next(one for one in rows if one["state"] == "refused")
    assert refused["answer"].startswith("'=cmd")
    book = load_workbook(io.BytesIO(desk_approved.press_officer.get(f"{PAGE}/1/ledger.xlsx").content))
    assert book.worksheets[0].max_row == len(rows) + 1
    seen = {role: getattr(desk_approved, role).get(f"{PAGE}/1?state=refused") for role in PEOPLE}
    assert {role for role, page in seen.items() if page.status_code == 200} == {
        "coordinator", "drafter", "head_of_mission", "approver", "press_officer", "auditor"
    }  # fmt: skip
    for role, page in seen.items():
        whole = getattr(desk_approved, role).get(f"{PAGE}/1/ledger.csv").status_code == 200
        assert (address in page.text) == ("no such user" in page.text) == whole, role
        if page.status_code == 200:
            assert outlet in page.text, role
            assert "It was refused: their mail server gave no reason that it names." in page.text, role
    hunted = desk_approved.approver.get(f"{PAGE}/1", params={"q": address}).text
    assert "No letter is like that" in hunted, "an address is not found out by looking for it either"
    assert address not in hunted.replace(f'value="{address}"', "")


def test_what_the_mail_server_said_to_a_release_and_complaints_are_for_those_who_handle_them(
    desk_approved: Desk,
) -> None:
    do = released(desk_approved)
    paper = do(correspondence.received, "coordinator", counterpart="kz-cec", subject="On the press release")
    do(complaining.register, "coordinator", received=paper.number, about="A candidate is misquoted.")
    with begin(desk_approved.engine) as session:
        row = releases.one(session, SLUG, 1)
        row.status, row.held_why = "held", "the mail server said 554 5.7.1 <desk@outlet.example> is blocked"
    do.advance(distribution, EVENING + timedelta(minutes=1))
    for role in PEOPLE:
        page = getattr(desk_approved, role).get(PAGE).text
        own = getattr(desk_approved, role).get(f"/missions/{SLUG}").text
        assert ("is blocked" in page) == (role in {"coordinator", "press_officer", "auditor"}), role
        assert "is blocked" not in own, role
        assert ("A candidate is misquoted." in page) == (role in {"coordinator", "press_officer", "auditor"}), role


def test_a_letter_in_doubt_is_settled_by_a_person_once(desk_approved: Desk) -> None:
    released(desk_approved)
    with begin(desk_approved.engine) as session:
        rows = session.scalars(select(Letter).where(Letter.kind == "release").order_by(Letter.id).limit(2)).all()
        for row in rows:
            row.state, row.settled_at = "in_doubt", EVENING
        one, other = (row.id for row in rows)
    page = desk_approved.press_officer.get(PAGE).text
    assert "2 letters are in doubt" in page
    assert "It was sent" not in page
    settled = desk_approved.press_officer.post(f"{PAGE}/letters/{one}/settle", {"how": "sent"}).text
    assert "1 letter is in doubt" in settled
    again = desk_approved.press_officer.post(f"{PAGE}/letters/{one}/settle", {"how": "resend"})
    assert again.status_code == 409
    assert "1 goes once more" in desk_approved.press_officer.post(f"{PAGE}/doubt/resend").text
    assert desk_approved.auditor.post(f"{PAGE}/doubt/resend").status_code == 403
    with reading(desk_approved.engine) as session:
        assert session.get_one(Letter, one).state == "sent"
        assert session.get_one(Letter, other).state == "queued"


def test_a_text_of_its_own_is_written_by_a_form_approved_by_its_hash_and_let_go_by_another(desk_approved: Desk) -> None:
    wrong = {"kind": "advisory", "text-en": "The vote\n\nThe election was open and transparent."}
    assert "only the approved statement may say" in desk_approved.press_officer.post(f"{PAGE}/new", wrong).text
    page = desk_approved.press_officer.post(f"{PAGE}/new", {"kind": "advisory", "text-en": ADVISORY})
    assert page.status_code == 200, page.text
    assert "Fingerprint of the text to approve" in page.text
    mine = desk_approved.head_of_mission.get(f"{PAGE}/1").text
    digest = re.search(r'name="read" value="([0-9a-f]{64})"', mine)
    assert digest
    other = desk_approved.head_of_mission.post(f"{PAGE}/1/approve", {"read": "0" * 64})
    assert other.status_code == 409
    assert desk_approved.coordinator.post(f"{PAGE}/1/approve", {"read": digest[1]}).status_code == 403
    assert "You have approved release 1" in desk_approved.head_of_mission.post(
        f"{PAGE}/1/approve", {"read": digest[1]}
    ).text  # fmt: skip
    assert desk_approved.press_officer.post(f"{PAGE}/1/go").status_code == 409
    assert "Go is said" in desk_approved.coordinator.post(f"{PAGE}/1/go").text


def said_first(page: str) -> str:
    """The sentences at the top of the page."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition('<p class="lead">')[2].partition("</p>")[0]).split())


def test_the_page_speaks_first_of_what_goes_or_stands_and_says_why_it_waits(desk_approved: Desk) -> None:
    do, desk = released(desk_approved), desk_approved
    sent(do, 1)
    assert "No letter is still on its way." in said_first(desk.coordinator.get(PAGE).text)
    desk.press_officer.post(f"{PAGE}/new", {"kind": "advisory", "text-en": ADVISORY})
    heads = desk.head_of_mission.get(PAGE).text
    assert "Send to 24 outlets" not in heads, "approved first"
    assert f'href="{PAGE}/2#your">Read release 2 and approve it' in heads
    one = desk.head_of_mission.get(f"{PAGE}/2").text
    digest = re.search(r'name="read" value="([0-9a-f]{64})"', one)
    assert digest
    shown = set(re.findall(r"<code>([0-9a-f]{16,})", one.partition("<h2>Papers")[0]))
    assert shown == {digest[1][:16]}, "one text, one fingerprint"
    desk.head_of_mission.post(f"{PAGE}/2/approve", {"read": digest[1]})
    asked_ = desk.coordinator.get(PAGE).text
    assert "24 letters to the media, and no official copy" in asked_
    assert "official copies" not in asked_.partition("Release 2, media advisory")[2]
    desk.coordinator.post(f"/missions/{SLUG}/hold", {"why": "The <b>embassy</b> calls."})
    gone = desk.coordinator.post(f"{PAGE}/2/go").text
    assert "It does not leave: the mission is held" in gone
    page = desk.coordinator.get(PAGE).text
    assert "The mission is held: no letter of any release leaves." in page
    assert "The &lt;b&gt;embassy&lt;/b&gt; calls." in page
    assert f'<a href="/missions/{SLUG}">Let it go on' in page
    assert "The coordinator lets it go on" in desk.drafter.get(PAGE).text
    assert "it leaves with the next look" not in page
    assert "clock go on" not in desk.coordinator.get(f"/missions/{SLUG}").text, "a held mission's clock stands"
    desk.coordinator.post(f"/missions/{SLUG}/go-on", {"why": "They have called."})
    page = desk.coordinator.get(PAGE).text
    assert "The mission is held" not in page
    assert "clock go on" in desk.coordinator.get(f"/missions/{SLUG}").text
    assert "Nothing speaks against it: it leaves with the next look at the mission" in page
    do.advance(distribution, EVENING + timedelta(minutes=20))
    going = said_first(desk.coordinator.get(PAGE).text)
    assert going.startswith("Release 2, the media advisory, is going out. 0 of 24 letters are sent.")
    assert "No letter is still on its way" not in going
    desk.press_officer.post(f"{PAGE}/2/stop", {"why": "A wrong hour"})
    stood = said_first(desk.coordinator.get(PAGE).text)
    assert stood.startswith("Release 2, the media advisory, had begun to go out. It is stopped: 0 of 24 letters")
    told = desk.coordinator.get(f"/missions/{SLUG}").text
    assert "Release 2 begins to go out: 24 letters leave" in told
    assert "Mission coordinator says go for release 2" in told
    assert "embargo" not in told.partition("What happened")[2]
    assert f'href="{PAGE}/2"' not in desk.delegation_member.get(PAGE).text


def test_who_may_say_go_is_told_so_and_a_leak_is_no_matter_after_the_embargo(desk_approved: Desk) -> None:
    desk = desk_approved
    desk.press_officer.post(f"{PAGE}/prepare")
    assert "You can say go." in said_first(desk.coordinator.get(PAGE).text)
    assert "prepared, by you. Another person says go." in said_first(desk.press_officer.get(PAGE).text)
    assert "Another person says go." in said_first(desk.auditor.get(PAGE).text)
    desk.coordinator.post(f"{PAGE}/1/go")
    before = desk.coordinator.get(PAGE).text
    assert "After a leak" in before, "after go too, while the embargo lasts"
    seen = re.search(r'name="acts" value="(\w+)"', before)
    assert seen
    with begin(desk.engine) as session:
        missions.get(session, SLUG).simulated_now = EVENING
    page = desk.coordinator.get(PAGE).text
    assert "After a leak" not in page
    assert "it leaves with the next look at the mission" in said_first(page)
    assert "hx-swap-oob" in desk.coordinator.get(f"{PAGE}/now?acts={seen[1]}").text, "the offer is taken away"


def test_when_all_have_approved_and_the_round_is_not_closed_yet_the_page_says_so(desk_asked: Desk) -> None:
    do = Doing(desk_asked.engine)
    do.advance(approval)
    for who in ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general"):
        assert "The text has all the approvals" not in desk_asked.press_officer.get(PAGE).text
        do(approval.decide, who, decision="approve")
        do.advance(approval) if who == "az-1" else None
    assert "The text has all the approvals that it needs." in said_first(desk_asked.press_officer.get(PAGE).text)
    do.advance(approval)
    assert "The statement is approved." in said_first(desk_asked.press_officer.get(PAGE).text)


def test_a_text_edited_after_its_release_is_called_a_correction_everywhere_and_its_round_was_no_failure(
    desk_approved: Desk,
) -> None:
    statement = f"/missions/{SLUG}/statement"
    do, desk = released(desk_approved), desk_approved
    sent(do, 1)
    with reading(desk.engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        was = row.number
    lead = said_first(desk.drafter.get(statement).text)
    assert f"Version {was} was released: release 1, 12 Aug, 20:00. An edit makes another version" in lead
    box = desk.drafter.get(f"{statement}?edit=place").text
    assert "What you save is another text: it goes out as a correction, after a new approval." in box
    do(drafting.edit, "drafter", paragraph="place", text="The Mission observed the elections here.", why="a slip")
    do.advance(approval)
    lead = said_first(desk.drafter.get(statement).text)
    assert f"Version {was} was released: release 1, 12 Aug, 20:00. This one is another text, not public" in lead
    versions = desk.drafter.get(f"{statement}/versions").text
    first, second = (re.sub(r"<[^>]*>", " ", one) for one in versions.partition("<tbody>")[2].split("</tr>")[:2])
    assert "released" not in first
    assert "approved in round 1" in second
    assert "released: release 1, statement" in second
    assert "approval was asked for it" not in second
    assert "(final)" not in versions
    approval_ = said_first(desk.drafter.get(f"/missions/{SLUG}/approval").text)
    assert approval_.startswith("Round 1 had approved its text; the text was edited since")
    assert "void" not in approval_
    assert "final" not in first
    newer = said_first(desk.press_officer.get(PAGE).text)
    assert f"Version {was + 1}, written since, is not public: once approved anew it goes out as the correction" in newer
    with reading(desk.engine) as session:
        told = session.scalars(select(Letter).where(Letter.kind == "round_ended")).one()
        letter = message_from_bytes(message_bytes(session, told), policy=default)
    words = " ".join(letter.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert letter["subject"].endswith(
        "The text that round 1 approved was edited after release 1: approval is asked for anew"
    )
    assert "Round 1 had approved the text, and release 1 carried it." in words
    assert "without an approved text" not in words


def test_the_clock_shows_what_is_left() -> None:
    assert left(EVENING, EVENING - timedelta(minutes=14, seconds=32)) == "00:14:32"
    assert left(EVENING, EVENING - timedelta(days=2, hours=1)) == "2 days 01:00:00"
    assert left(EVENING, EVENING) == left(None, EVENING) == ""
