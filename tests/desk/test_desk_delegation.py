"""The delegation at the desk: nominated by a form, the file completed, appointed; what is no paper is refused."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from desks import Desk
from evening import SLUG
from sqlalchemy import Engine, select

from ieom.acts import counting, vault
from ieom.acts import delegation as acts
from ieom.mail.letters import message_bytes
from ieom.records import audit, members, missions
from ieom.records.base import begin, reading
from ieom.records.delegation import Member, VaultItem, VaultReading
from ieom.records.letters import Letter
from ieom.settings import settings

HERE = f"/missions/{SLUG}/delegation"
NOBODY = {
    "state": "KG", "role": "observer", "office": "Embassy, observer <script>alert(1)</script>", "language": "en",
    "email": "observer.two@embassy.example",
}  # fmt: skip
NO = dict.fromkeys(
    ("national_of_host", "employed_by_host", "member_of_contestant", "family_of_contestant", "interest_in_outcome"),
    "no",
)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


@pytest.fixture(autouse=True)
def _july(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        missions.get(session, mission).simulated_now = datetime(2020, 7, 6, 5, tzinfo=UTC)


def state_of(engine: Engine, code: str) -> str:
    with reading(engine) as session:
        return session.get_one(Member, (SLUG, code)).status


def upload(desk: Desk, item: str, name: str, data: bytes):
    return desk.coordinator.post(f"{HERE}/kg-1/items/{item}", page=HERE, files={"paper": (name, data)})


def test_a_nominee_becomes_a_member_in_the_browser(desk_opened: Desk, engine: Engine) -> None:
    said = desk_opened.coordinator.post(HERE, NOBODY).text
    assert "Nominated as kg-1" in said
    assert "<script>alert" not in said
    assert "&lt;script&gt;alert(1)" in said
    assert "0 of 7 items" in said
    assert "past due" not in said, "papers are due on a day to come"
    assert "Papers are due" in said
    assert "1 nominee still owes papers" in desk_opened.coordinator.get(HERE).text
    assert "still owes" in desk_opened.coordinator.post(f"{HERE}/kg-1/appoint").text
    for item in ("nomination", "personal_form", "code_of_conduct", "accreditation_form"):
        desk_opened.coordinator.post(f"{HERE}/kg-1/items/{item}")
    why = {"why": "A diplomatic card was <b>shown</b>."}
    assert "card was &lt;b&gt;shown" in desk_opened.coordinator.post(f"{HERE}/kg-1/items/passport_page/waive", why).text
    assert "never waived" in desk_opened.coordinator.post(f"{HERE}/kg-1/items/code_of_conduct/waive", why).text
    assert "kept, encrypted" in upload(desk_opened, "photo", "me.png", PNG).text
    assert "No conflict of interest" in desk_opened.coordinator.post(f"{HERE}/kg-1/interests", NO).text
    back = {"why": "It was <i>another person's</i> form."}
    taken = desk_opened.coordinator.post(f"{HERE}/kg-1/items/passport_page/take-back", back).text
    assert "The passport page is taken back" in taken
    assert "It was &lt;i&gt;another person" in taken
    assert "still owes: passport page" in desk_opened.coordinator.post(f"{HERE}/kg-1/appoint").text
    assert "is kept, encrypted; erase" in desk_opened.coordinator.post(f"{HERE}/kg-1/items/photo/take-back", back).text
    desk_opened.coordinator.post(f"{HERE}/kg-1/items/passport_page/waive", why)
    assert "is appointed" in desk_opened.coordinator.post(f"{HERE}/kg-1/appoint").text
    gone = desk_opened.coordinator.post(f"{HERE}/kg-1/items/personal_form/take-back", back).text
    assert "The file is not complete any more" in gone
    assert "A member&#39;s file lacks what was taken back" in desk_opened.coordinator.get(HERE).text.replace(
        "'", "&#39;"
    )
    desk_opened.coordinator.post(f"{HERE}/kg-1/items/personal_form")
    assert state_of(engine, "kg-1") == "appointed"
    desk_opened.coordinator.post(f"{HERE}/kg-1/head")
    second = desk_opened.coordinator.post(HERE, NOBODY | {"role": "head", "code": "kg-2"})
    assert second.status_code == 409
    assert "(kg-1) is head of mission already" in second.text
    assert "replace the head on the page of the mission" in second.text
    assert "ieom" not in re.sub(r"<[^>]+>", "", second.text), "no command of the terminal on a page"
    what = {"what": "The station's chair says that kg-1 <b>asked</b> voters how they voted."}
    assert desk_opened.press_officer.post(f"{HERE}/kg-1/reports", what).status_code == 403
    assert desk_opened.head_of_mission.post(f"{HERE}/kg-1/reports", {"what": " "}).status_code == 422
    told = desk_opened.head_of_mission.post(f"{HERE}/kg-1/reports", what).text
    assert "The report is written down" in told
    assert "kg-1 &lt;b&gt;asked&lt;/b&gt; voters" in told
    with reading(engine) as session:
        last = audit.head(session, SLUG)
        assert last is not None
        assert (last.act, last.by, last.what) == ("MemberReported", "az-1", {"member": "kg-1"})
    badge = desk_opened.coordinator.get(f"{HERE}/kg-1/card")
    assert badge.content.startswith(b"%PDF-")
    assert badge.headers["content-disposition"].startswith("attachment")


def test_a_conflict_of_interest_stands_in_the_way(desk_opened: Desk, engine: Engine) -> None:
    desk_opened.coordinator.post(HERE, NOBODY)
    said = desk_opened.coordinator.post(f"{HERE}/kg-1/interests", {**NO, "nationalities": "kz"}).text
    assert "A conflict of interest" in said
    assert "conflict of interest" in desk_opened.coordinator.post(f"{HERE}/kg-1/appoint").text
    assert state_of(engine, "kg-1") == "nominated"


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("word/document.xml", b"\0" * 70_000_000)
    return made.getvalue()


def test_what_is_no_paper_is_refused_and_nothing_is_kept(desk_opened: Desk, engine: Engine) -> None:
    desk_opened.coordinator.post(HERE, NOBODY)
    page = b"<!doctype html><script>alert(1)</script>"
    for item, name, data, says in (
        ("passport_page", "passport.pdf", page, "is not a PDF"),
        ("photo", "photo.png", b"%PDF-1.7", "is not a PNG"),
        ("photo", "photo.png", b"", "is empty"),
        ("passport_page", "passport.pdf", bomb(), "unpacks to far more"),
        ("passport_page", "passport.pdf", b"%PDF-" + b"\0" * vault.LARGEST, "larger than 10 MB"),
    ):
        answer = upload(desk_opened, item, name, data)
        assert (answer.status_code, says in answer.text) == (422, True), (name, answer.text)
    assert upload(desk_opened, "passport_page", "passport.pdf", b"%PDF-" + b"\0" * 100_000_000).status_code == 413
    with reading(engine) as session:
        assert session.scalars(select(VaultItem)).all() == []
        assert "passport_page" in members.files(session, SLUG)["kg-1"].missing


def test_a_personal_paper_is_taken_out_by_the_coordinator_alone_and_logged(desk_opened: Desk, engine: Engine) -> None:
    desk_opened.coordinator.post(HERE, NOBODY)
    upload(desk_opened, "photo", "me.png", PNG)
    with reading(engine) as session:
        item = session.scalars(select(VaultItem.id)).one()
    path = f"{HERE}/kg-1/papers/{item}/read"
    assert desk_opened.auditor.post(path, {"why": "curious"}).status_code == 403
    assert desk_opened.coordinator.post(f"{HERE}/az-1/papers/{item}/read", {"why": "printing"}).status_code == 404
    taken = desk_opened.coordinator.post(path, {"why": "printing the badge"})
    assert taken.content == PNG
    assert taken.headers["content-disposition"].startswith("attachment")
    with reading(engine) as session:
        assert [row.why for row in session.scalars(select(VaultReading))] == ["printing the badge"]


def test_files_are_not_everybodys(desk_opened: Desk) -> None:
    desk_opened.coordinator.post(HERE, NOBODY)
    assert desk_opened.auditor.get(f"{HERE}/kg-1").status_code == 200
    for browser in (desk_opened.press_officer, desk_opened.delegation_member):
        assert browser.get(HERE).status_code == 200
        assert browser.get(f"{HERE}/kg-1").status_code == 403
    assert desk_opened.head_of_mission.post(HERE, NOBODY).status_code == 403


def test_a_states_link_is_seen_sent_again_and_ended(
    desk_opened: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IEOM_DECIDE_URL", "https://press.example/")
    settings.cache_clear()
    at = datetime(2020, 7, 6, 5, tzinfo=UTC)
    with begin(engine) as session:
        acts.record_invitation(session, SLUG, by="coordinator", at=at)
        acts.advance(session, SLUG, at=at)
    assert desk_opened.coordinator.get(HERE).text.count("link sent") == 4
    sent = desk_opened.coordinator.post(f"{HERE}/states/KG/link").text
    assert "A letter with a new link goes to KG" in sent
    ended = desk_opened.coordinator.post(f"{HERE}/states/KG/link/end").text
    assert "its link is ended" in ended
    assert ended.count("link sent") == 3
    assert desk_opened.auditor.post(f"{HERE}/states/KG/link").status_code == 403
    with reading(engine) as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "nomination_link")).one()
        assert letter.recipient == "embassy@kyrgyz-republic.example"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("code", "kg/1", "is no code"), ("language", "<b>", "is not one of"), ("title", "Counsellor\r\nBcc: all", "line break"),
        ("name", "A\u200bbai", "a sign that is not seen"),
    ],
)  # fmt: skip
def test_what_would_stop_the_letters_to_a_nominee_is_refused_when_it_is_typed(
    desk_opened: Desk, engine: Engine, field: str, value: str, says: str
) -> None:
    answer = desk_opened.coordinator.post(HERE, {**NOBODY, field: value})
    assert (answer.status_code, says in answer.text) == (422, True)
    with reading(engine) as session:
        assert members.of(session, SLUG) == []


def test_the_count_is_left_unfinished_at_the_desk_and_the_mission_goes_on(desk_opened: Desk, engine: Engine) -> None:
    page = f"/missions/{SLUG}/observation"
    assert "The count is left unfinished" in desk_opened.coordinator.get(page).text
    assert "The count is left unfinished" not in desk_opened.drafter.get(page).text
    path, why = f"{page}/count-unfinished", {"why": "It goes on <i>after midnight</i>."}
    assert desk_opened.drafter.post(path, why).status_code == 403
    assert desk_opened.coordinator.post(path, {"why": " "}).status_code == 422
    said = desk_opened.coordinator.post(path, why).text
    assert "It goes on &lt;i&gt;after midnight&lt;/i&gt;." in said
    assert "The count is left unfinished" not in said, "once is enough"
    with begin(engine) as session:
        stands = counting.advance(session, SLUG, at=datetime(2020, 7, 6, 5, tzinfo=UTC))
        assert stands.says == "Not waited for: the statement is preliminary, to be supplemented."


def test_in_a_mission_begun_later_a_state_is_sent_its_link_by_a_button_and_the_pages_say_so(
    desk_opened: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IEOM_DECIDE_URL", "https://press.example")
    settings.cache_clear()
    with begin(engine) as session:
        missions.get(session, SLUG).starts_at_stage = "observation"
    browser, register = desk_opened.coordinator, f"/missions/{SLUG}/correspondence"
    assert "states are asked for observers once" not in browser.get(register).text
    said = browser.post(f"{register}/invitation").text
    assert "No state is asked by itself" in said
    assert "with the next look" not in said
    page = browser.get(HERE).text
    assert "no state is asked by itself" in page
    assert page.count("Send the link") == 4
    assert "not asked yet" not in page
    assert "A letter with a new link goes to KG" in browser.post(f"{HERE}/states/KG/link").text
    browser.post(HERE, {**NOBODY, "state": "TR", "email": "one@turkey.example"})
    browser.post(f"{HERE}/states/TR/link")
    page = browser.get(HERE).text
    assert "link sent" in page
    assert page.count("Send the link") == 2
    with reading(engine) as session:
        calls = members.calls(session, SLUG)
        assert {code: call.status for code, call in calls.items()} == {"KG": "asked", "TR": "answered"}, (
            "it has nominated"
        )
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = missions.facts(session, SLUG).opens()
    page = browser.get(HERE).text
    assert "Send the link" not in page
    assert "The polls have opened" in page
    with reading(engine) as session:
        kinds = [row.kind for row in session.scalars(select(Letter))]
        assert kinds.count("nomination_link") == 2
        assert "call_for_nominations" not in kinds


def test_in_a_mission_begun_later_nobody_s_file_is_called_complete_while_papers_are_missing(
    desk_opened: Desk, engine: Engine
) -> None:
    with begin(engine) as session:
        missions.get(session, SLUG).starts_at_stage = "observation"
    browser = desk_opened.coordinator
    page = browser.post(HERE, NOBODY).text
    assert "0 of 7 items" in page
    assert "The file is complete" not in page
    assert "what is missing stays owed" in page
    page = browser.post(f"{HERE}/kg-1/appoint").text
    assert state_of(engine, "kg-1") == "appointed"
    assert "Appointed without a complete file" in page
    assert "No letter tells them so" in page
    assert "signed code of conduct, " in page.partition("Still owed:")[2].partition("</p>")[0]
    listed = browser.get(HERE).text
    assert "1 member was appointed without a complete file and still owes papers." in listed
    assert "No nominee owes papers" not in listed
    for item in ("nomination", "personal_form", "code_of_conduct", "accreditation_form", "photo", "passport_page"):
        upload(desk_opened, item, "me.png", PNG)
    page = browser.post(f"{HERE}/kg-1/interests", NO).text
    assert "7 of 7 items" in page
    assert "Appointed without" not in page


RIGHT = {
    "honorific": "Ms.", "name": "Aizada <i>Bekova</i>", "title": "Counsellor", "office": "Embassy, observer 2",
    "salutation": "Dear Ms. Bekova", "email": "observer.2@embassy.example", "language": "ru",
}  # fmt: skip


def test_what_was_mistyped_of_a_person_is_corrected_by_the_coordinator_as_an_act_without_names(
    desk_opened: Desk, engine: Engine
) -> None:
    browser = desk_opened.coordinator
    browser.post(HERE, NOBODY)
    assert desk_opened.head_of_mission.post(f"{HERE}/kg-1/correct", RIGHT).status_code == 403
    page = browser.post(f"{HERE}/kg-1/correct", RIGHT).text
    assert "Corrected." in page
    assert "Aizada &lt;i&gt;Bekova" in page
    assert "was asked for approval" not in page
    with reading(engine) as session:
        row, last = session.get_one(Member, (SLUG, "kg-1")), audit.head(session, SLUG)
        assert {what: getattr(row, what) for what in RIGHT} == RIGHT
        assert last is not None
        assert (last.act, last.by) == ("MemberDetailsCorrected", "coordinator")
        assert last.what == {
            "member": "kg-1", "fields": ["office", "honorific", "name", "title", "language", "email", "salutation"],
        }  # fmt: skip
        assert session.scalars(select(Letter).where(Letter.kind == "address_corrected")).all() == []
    body = "kg-embassy"
    assert f'value="{body}"' in browser.get(f"{HERE}/kg-1").text
    assert browser.post(f"{HERE}/kg-1/correct", RIGHT | {"body": "no-such"}).status_code == 422
    browser.post(f"{HERE}/kg-1/correct", RIGHT | {"body": body})
    with reading(engine) as session:
        row, last = session.get_one(Member, (SLUG, "kg-1")), audit.head(session, SLUG)
        assert (row.body, last is not None and last.what["fields"]) == (body, ["body"])
    for wrong, says in (
        ({}, "nothing was changed"), ({"office": " "}, "needs an office"), ({"email": "nowhere"}, "nowhere"),
        ({"email": ""}, "right address"), ({"language": "xx"}, "is not one of"), ({"name": "A\r\nBcc: b"}, "line break"),
    ):  # fmt: skip
        answer = browser.post(f"{HERE}/kg-1/correct", RIGHT | wrong)
        assert (answer.status_code, says in answer.text.replace(says.capitalize(), says)) == (422, True), wrong
    told = browser.get(f"/missions/{SLUG}/audit").text
    assert "e-mail address" in told
    browser.post(f"{HERE}/kg-1/leave", {"how": "declined"})
    assert "Correct it" not in browser.get(f"{HERE}/kg-1").text
    assert browser.post(f"{HERE}/kg-1/correct", {**RIGHT, "title": "Attache"}).status_code == 409


def test_of_an_approver_s_corrected_address_the_others_are_told(desk_asked: Desk, asked: Engine) -> None:
    browser = desk_asked.coordinator
    with reading(asked) as session:
        seats = missions.facts(session, SLUG).approval.seats
        head = members.head(session, SLUG)
        assert head is not None
        row = next(
            found
            for seat in seats
            if seat.who != head.code and (found := session.get(Member, (SLUG, seat.who))) is not None
        )
        code, old, said = row.code, row.email, {what: getattr(row, what) for what in RIGHT}
    page = browser.post(f"{HERE}/{code}/correct", said | {"email": "new@embassy.example"}).text
    assert "was asked for approval, or approved, does not change by this" in page
    with reading(asked) as session:
        told = session.scalars(select(Letter).where(Letter.kind == "address_corrected")).all()
        assert [one.recipient for one in told] == [head.email], "who did it knows"
        words = " ".join(message_bytes(session, told[0]).decode().split())
    assert "did not arrive" not in words
    assert old in words
    assert "new@embassy.example" in words
