"""Letters that were refused, came back or are in doubt: nobody loses one without anyone seeing it, and none goes twice."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from desks import PEOPLE, Desk, released, rows
from evening import EVENING, SLUG, Doing
from scripted import Scripted, well
from sqlalchemy import Engine, select

from ieom.acts import approval, undelivered
from ieom.errors import Refused
from ieom.mail.letters import message_bytes
from ieom.mail.sender import send_due
from ieom.mail.smtp import Account
from ieom.records import letters, media, members, missions
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterSeenTo
from ieom.rules.replies import trouble

HERE = f"/missions/{SLUG}"
NEW = "corrected@approver.example"
GONE = "5.1.1 <sg@secretariat.example>: no such user"


def spoil(
    engine: Engine, kind: str, *, state: str = "refused", code: int | None = 550, answer: str = GONE
) -> tuple[int, str]:
    """The newest letter of a kind did not arrive; returns its number and address."""
    with begin(engine) as session:
        row = session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id.desc())).first()
        assert row is not None
        row.state, row.code, row.answer, row.settled_at = state, code, answer, missions.now(session, SLUG)
        return row.id, row.recipient


@pytest.mark.parametrize(("code", "answer", "status", "said"), [
    (550, "5.1.1 no such user", "", "no_mailbox"), (553, "who?", "", "no_mailbox"), (550, "5.1.2 bad host", "", "no_server"),
    (552, "5.2.2 over quota", "", "full"), (552, "too much", "", "no_room"), (552, "5.3.4 too big", "", "too_large"),
    (550, "5.7.1 blocked", "", "turned_away"), (554, "no", "", "turned_away"), (451, "4.3.0 later", "", "put_off"),
    (451, "later", "", "put_off"), (550, "no", "", "unsaid"), (250, "2.0.0 ok", "5.1.1", "no_mailbox"), (None, "", "", "unsaid"),
])  # fmt: skip
def test_what_a_server_said_is_told_by_its_codes(code: int | None, answer: str, status: str, said: str) -> None:
    assert trouble(code, answer, status) == said


def test_an_approval_request_that_was_refused_is_owed_shown_and_goes_once_to_the_corrected_address(
    desk_asked: Desk, asked: Engine
) -> None:
    letter, old = spoil(asked, "approval_request")
    with reading(asked) as session:
        row = session.get_one(Letter, letter)
        who, office = row.occasion.rpartition(":")[2], row.to_office
        before = message_bytes(session, row)
    for role in PEOPLE:
        browser = getattr(desk_asked, role)
        owed = rows(browser.get(HERE).text)
        said = [one for one in owed if one.startswith(f"A letter to {office}: the statement for decision.")]
        if role == "administrator":
            assert not said
            continue
        assert "It was refused: their mail server knows no such address." in said[0], role
        sees = role in {"coordinator", "press_officer", "auditor"}
        assert owed[said[0]] == (f"{HERE}/letters#letter-{letter}" if sees else ""), role
        page = browser.get(f"{HERE}/approval").text
        assert "The letter that asks: It was refused: their mail server knows no such address." in page, role
        for text in (page, browser.get(HERE).text):
            assert "no such user" not in text, role
    page = desk_asked.coordinator.get(f"{HERE}/letters").text
    assert old in page
    assert "no such user" in page.partition("What the mail server said")[2]
    wrong = desk_asked.coordinator.post(f"{HERE}/letters/{letter}/again", {"email": "not an address"})
    assert wrong.status_code == 422
    assert desk_asked.auditor.post(f"{HERE}/letters/{letter}/again", {"email": NEW}).status_code == 403
    done = desk_asked.coordinator.post(f"{HERE}/letters/{letter}/again", {"email": NEW})
    assert f"goes to {NEW} within a minute" in done.text
    twice = desk_asked.coordinator.post(f"{HERE}/letters/{letter}/again", {"email": NEW})
    assert twice.status_code == 409
    assert "was seen to already" in twice.text
    with reading(asked) as session:
        made = session.scalars(select(Letter).where(Letter.recipient == NEW)).one()
        after = message_bytes(session, made)
        assert (made.state, made.occasion) == ("queued", f"approval:1:{who}")
        assert session.get_one(LetterSeenTo, letter).anew == made.id
        assert session.get_one(Letter, letter).state == "refused", "what happened stays in the records"
        facts, people = missions.facts(session, SLUG), members.of(session, SLUG)
        assert NEW in {*(one.email for one in facts.offices), *(one.email for one in people)}
        assert old not in {*(one.email for one in facts.offices), *(one.email for one in people)}

        told = session.scalars(select(Letter).where(Letter.kind == "address_corrected")).all()
        head = members.head(session, SLUG)
        assert head is not None
        assert [one.recipient for one in told] == [head.email], (
            "who decides in somebody's name is told; who did it knows"
        )
        said = message_from_bytes(message_bytes(session, told[0]), policy=default).get_body(("plain",)).get_content()
        assert "Mission coordinator corrected the address" in " ".join(said.split())
        assert old in said
        assert NEW in said

    def own(message: bytes) -> list[bytes]:
        return [one for one in re.split(rb"\r\n(?![ \t])", message) if not re.match(rb"(?i)(to|message-id|date):", one)]

    assert own(after) == own(before), "the same words, the same papers, the same link"
    assert f"To: {NEW}\r\n".encode() in after
    assert old.encode() not in after.partition(b"\r\n\r\n")[0]
    assert not [one for one in rows(desk_asked.coordinator.get(HERE).text) if one.startswith("A letter to")]
    assert "The letter that asks" not in desk_asked.coordinator.get(f"{HERE}/approval").text
    sent: list[bytes] = []
    with Scripted(well) as server:
        account = Account("127.0.0.1", server.port, security="none", timeout=30.0)
        for _ in range(2):
            send_due(asked, account, mission=SLUG, now=lambda: missions_now(asked) + timedelta(minutes=1))
        sent = [bytes(one) if isinstance(one, bytes) else str(one).encode() for one in server.messages]
    assert sum(NEW.encode() in one.partition(b"\r\n\r\n")[0] for one in sent) == 1


def missions_now(engine: Engine):
    with reading(engine) as session:
        return missions.now(session, SLUG)


def test_the_same_address_again_is_the_same_letter_and_an_ended_round_asks_nothing(
    desk_asked: Desk, asked: Engine
) -> None:
    letter, old = spoil(asked, "approval_request", code=552, answer="5.2.2 over quota")
    do = Doing(asked)
    with reading(asked) as session:
        row = session.get_one(Letter, letter)
        message_id, count = row.message_id, len(letters.of(session, SLUG))
    assert "once more within a minute" in desk_asked.coordinator.post(
        f"{HERE}/letters/{letter}/again", {"email": old.upper()}
    ).text  # fmt: skip
    with reading(asked) as session:
        row = session.get_one(Letter, letter)
        assert (row.state, row.message_id, len(letters.of(session, SLUG))) == ("queued", message_id, count)
    spoil(asked, "approval_request")
    do(approval.stop, "coordinator", why="A name is to be looked up.")
    with pytest.raises(Refused, match="round 1 has ended"):
        do(undelivered.anew, "coordinator", letter=letter)
    empty = desk_asked.coordinator.post(f"{HERE}/letters/seen", {"letter": letter, "why": " "})
    assert empty.status_code == 422
    said = desk_asked.coordinator.post(f"{HERE}/letters/seen", {"letter": letter, "why": "Told by telephone."}).text
    assert "1 letter is seen to." in said
    assert not [one for one in rows(desk_asked.coordinator.get(HERE).text) if one.startswith("A letter to")]
    assert desk_asked.coordinator.post(
        f"{HERE}/letters/seen", {"letter": letter, "why": "Twice."}
    ).status_code == 409  # fmt: skip


def test_a_state_s_call_that_came_back_and_a_letter_in_doubt_are_the_coordinator_s(
    desk_asked: Desk, asked: Engine
) -> None:
    call, _old = spoil(asked, "call_for_nominations", state="bounced", code=250, answer="2.0.0 ok")
    told, _ = spoil(asked, "appointment", state="in_doubt", code=None, answer="")
    owed = {re.sub(r"\s+", " ", one): page for one, page in rows(desk_asked.coordinator.get(HERE).text).items()}
    came = next(one for one in owed if "call for nominations. It came back" in one)
    doubt = next(one for one in owed if "nobody knows whether it arrived. Settle the doubt." in one)
    assert (owed[came], owed[doubt]) == (f"{HERE}/letters#letter-{call}", f"{HERE}/letters#letter-{told}")
    page = desk_asked.delegation_member.get(f"{HERE}/delegation").text
    assert "call for nominations: It came back" in page
    assert "appointment: The connection broke while it was handed over" in page
    settled = desk_asked.coordinator.post(f"{HERE}/release/letters/{told}/settle", {"how": "sent"})
    assert "is settled: it was sent" in settled.text
    assert f"letter-{told}" not in settled.text
    assert f"letter-{call}" in settled.text, "the page of letters, not that of releases"


def test_a_release_s_letters_are_the_press_officer_s_and_go_to_another_contact_with_its_own_link(
    desk_approved: Desk,
) -> None:
    do = released(desk_approved)
    letter, _old = spoil(desk_approved.engine, "release", answer="5.1.1 no such user")
    owed = rows(desk_approved.press_officer.get(HERE).text)
    said = next(one for one in owed if one.startswith("A letter of release 1 did not arrive"))
    assert owed[said] == f"{HERE}/letters#releases"
    stranger = desk_approved.press_officer.post(f"{HERE}/letters/{letter}/again", {"email": "new@outlet.example"})
    assert stranger.status_code == 409
    assert "is not among the media contacts" in stranger.text
    with begin(desk_approved.engine) as session:
        there = {one.email for one in media.of(session, SLUG)}
        had = session.scalars(select(Letter.recipient).where(Letter.kind == "release", Letter.id != letter)).first()
        assert had in there
    do.now = EVENING
    made = do(undelivered.anew, "press-officer", letter=letter, email=had or "")
    with reading(desk_approved.engine) as session:
        assert made.id != letter
        assert len(session.scalars(select(Letter).where(Letter.kind == "release", Letter.recipient == had)).all()) == 1
    assert not [one for one in rows(desk_approved.press_officer.get(HERE).text) if "of release 1 did not" in one]
