"""Releases of every kind, lived on the evening of 12 August 2020: texts of their own, the leak, corrections, withdrawals."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest
from evening import EVENING, SLUG, Doing, letters, ready, release_letters
from releases import (
    ADVISORY,
    approved_by,
    edited_and_approved,
    hash_of,
    of,
    out,
    row_of,
    written,
)
from scripted import Scripted, well
from sqlalchemy import Engine, select, text

from ieom.acts import announcing, approval, correspondence, distribution, drafting, newsroom, redating
from ieom.acts import complaining as complaints
from ieom.acts.proving import stored
from ieom.errors import BadInput, Conflict, NotFound, Refused, Tampered
from ieom.mail.letters import message_bytes
from ieom.mail.sender import send_due
from ieom.mail.smtp import Account
from ieom.records import drafts, missions, releases
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.records.media import MediaContact

# ------------------------------------------------------------------ a text of its own


def test_an_advisory_goes_once_the_head_approved_its_hash_and_another_said_go(approved: Engine) -> None:
    do = Doing(approved)
    number = written(do)
    assert "the head of mission has not approved it" in do.advance(distribution).says
    with pytest.raises(Refused, match="has the hash"):
        do(distribution.approve, "az-1", number=number, version_hash="0" * 16)
    with pytest.raises(Refused, match="approved by the head of mission, not by kg-1"):
        do(distribution.approve, "kg-1", number=number, version_hash=hash_of(approved, number))
    with pytest.raises(Refused, match="another person sends it"):
        do(distribution.go, "press-officer", number=number)
    approved_by(do, number, "az-1")
    assert "nobody has said go" in do.advance(distribution).says
    do(distribution.go, "coordinator", number=number)
    do.advance(distribution)
    do.advance(distribution)
    found = of(approved, number)
    assert len(found) == 24
    one = next(iter(found.values()))
    assert one["Subject"] == "Media advisory: Turkic Council: Press conference of the Mission"
    assert [part.get_filename() for part in one.iter_attachments()] == ["press-release-en.pdf"]
    assert "Journalists register" in one.get_body(("plain",)).get_content()
    assert of(approved, number, "release_official") == {}
    assert row_of(approved, number).started_at is not None


def test_an_advisory_waits_for_its_own_embargo_and_not_for_the_close(approved: Engine) -> None:
    do = Doing(approved)
    until = do.now + timedelta(hours=1)
    number = written(do, not_before=until)
    approved_by(do, number, "az-1")
    do(distribution.go, "coordinator", number=number)
    do.advance(distribution, until - timedelta(seconds=1))
    assert letters(approved) == 0
    do.advance(distribution, until)
    assert letters(approved) == 24


def test_an_edit_after_the_approval_is_another_release_that_nobody_approved(approved: Engine) -> None:
    do = Doing(approved)
    first = written(do)
    approved_by(do, first, "az-1")
    second = written(do, text_=ADVISORY.replace("20:00", "21:00"))
    assert row_of(approved, first).status == "dropped"
    assert hash_of(approved, first) != hash_of(approved, second)
    do(distribution.go, "coordinator", number=second)
    assert "has not approved" in do.advance(distribution).says
    with pytest.raises(Refused, match="dropped for a newer one"):
        do(distribution.approve, "az-1", number=first, version_hash=hash_of(approved, first))
    assert letters(approved) == 0


def test_a_text_changed_in_the_database_after_its_approval_does_not_go(approved: Engine) -> None:
    do = Doing(approved)
    number = written(do)
    approved_by(do, number, "az-1")
    do(distribution.go, "coordinator", number=number)
    with begin(approved) as session:
        session.execute(text("UPDATE releases SET texts = replace(texts, 'register', 'pay')"))
    with pytest.raises(Tampered, match="not the one approved"):
        do.advance(distribution)
    assert letters(approved) == 0


@pytest.mark.parametrize(
    "sentence",
    [
        "The voting was conducted in a calm atmosphere.",
        "The Mission observed no violations.",
        "The elections were in line with national legislation.",
        "Turnout reached 60 per cent.",
        "The Mission visited eight polling stations.",
    ],
)
def test_no_text_of_its_own_carries_a_finding_before_the_close_or_after_it(approved: Engine, sentence: str) -> None:
    do = Doing(approved)
    with pytest.raises(Refused, match="says what only the approved statement may say") as refused:
        written(do, "mid_mission", f"The Mission at work\n\nThe Mission is in Nur-Sultan. {sentence}\n")
    assert sentence in str(refused.value)


def test_after_the_release_the_statement_s_own_sentence_may_be_repeated_word_for_word(approved: Engine) -> None:
    do = Doing(approved)
    with reading(approved) as session:
        version = drafts.newest(session, SLUG)
        assert version is not None
        said = next(one for one in version.content["paragraphs"] if one["key"] == "conclusion")["sentences"][0]["text"]
    clarified = f"On a question of the press\n\nThe statement says: see below.\n\n{said}\n"
    with pytest.raises(Refused, match="nothing is public"):
        written(do, "clarification", clarified)
    out(do)
    written(do, "clarification", clarified)
    with pytest.raises(Refused, match="only the approved statement"):
        written(do, "clarification", clarified.replace(said, said.replace("Mission", "Delegation")))


def test_a_text_in_another_language_is_a_translation_and_goes_to_its_readers(approved: Engine) -> None:
    do = Doing(approved)
    turkish = "Heyetin basın toplantısı\n\nHeyet 12 Ağustos 2020 saat 20:00.\n\nGazeteciler kayıt yaptırır.\n"
    with pytest.raises(BadInput, match="the figure 21:00, which the original has not"):
        do(
            distribution.write,
            "press-officer",
            kind="advisory",
            texts={"en": ADVISORY, "tr": turkish.replace("20:", "21:")},
        )
    with pytest.raises(BadInput, match="text in 'ru' is not in that language's letters: it is in Latin letters"):
        do(distribution.write, "press-officer", kind="advisory", texts={"en": ADVISORY, "ru": ADVISORY})
    with pytest.raises(BadInput, match="the text in 'en': line 1 holds a sign that is not seen"):
        written(do, text_="\u202e" + ADVISORY)
    with pytest.raises(BadInput, match="first language, is missing"):
        do(distribution.write, "press-officer", kind="advisory", texts={"tr": turkish})
    with begin(approved) as session:
        reader = session.scalars(select(MediaContact).order_by(MediaContact.email)).first()
        assert reader is not None
        reader.language, email = "tr", reader.email
    row = do(distribution.write, "press-officer", kind="advisory", texts={"en": ADVISORY, "tr": turkish})
    approved_by(do, row.number, "az-1")
    do(distribution.go, "coordinator")
    do.advance(distribution)
    theirs = of(approved, row.number)[email]
    assert theirs["Subject"] == "Basın duyurusu: Türk Konseyi: Heyetin basın toplantısı"
    assert [part.get_filename() for part in theirs.iter_attachments()] == ["press-release-tr.pdf"]


# ------------------------------------------------------------------ the chain of acts

HANDS = {
    "who said go": "UPDATE releases SET sent_by = 'kg-1'",
    "its embargo": "UPDATE releases SET not_before = '2020-08-12 00:00:00.000000'",
    "its press conference": "UPDATE releases SET press_conference_at = '2020-08-12 00:00:00.000000'",
    "its kind": "UPDATE releases SET kind = 'correction'",
    "its text": "UPDATE releases SET hashes = '{}'",
    "its papers": "UPDATE releases SET papers = '{}'",
    "who asked for an early release": "UPDATE releases SET early_by = 'az-1', early_agreed_by = 'kg-1'",
    "whether it goes by hand": "UPDATE releases SET go = 'by_hand'",
    "who prepared it": "UPDATE releases SET prepared_by = 'kg-1'",
}


@pytest.mark.parametrize("what", HANDS)
def test_a_hand_in_the_database_that_changes_what_decides_is_noticed(approved: Engine, what: str) -> None:
    do = Doing(approved)
    ready(do)
    with begin(approved) as session:
        session.execute(text(HANDS[what]))
    if what == "its text":  # without its text it is of no approved one, and simply does not go
        assert "prepared from another text" in do.advance(distribution, EVENING).says
    else:
        with pytest.raises(Tampered, match=f"{what} is another than its acts say"):
            do.advance(distribution, EVENING)
    assert letters(approved) == 0


def test_a_stop_undone_in_the_database_lets_nothing_go(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do(distribution.stop, "coordinator", why="a call")
    with begin(approved) as session:
        session.execute(text("UPDATE releases SET status = 'prepared'"))
    with pytest.raises(Tampered, match="it was stopped, and no act lets it go on"):
        do.advance(distribution, EVENING)


def test_a_text_dropped_for_a_newer_one_and_revived_in_the_database_does_not_go(approved: Engine) -> None:
    do = Doing(approved)
    first = written(do)
    approved_by(do, first, "az-1")
    do(distribution.go, "coordinator", number=first)
    written(do, text_=ADVISORY.replace("20:00", "21:00"))
    with begin(approved) as session:
        session.execute(text("UPDATE releases SET status = 'prepared' WHERE number = :n"), {"n": first})
    with pytest.raises(Tampered, match="it was dropped for a newer one"):
        do.advance(distribution)
    assert letters(approved) == 0


def test_an_approval_of_a_text_of_its_own_that_nobody_gave_lets_nothing_go(approved: Engine) -> None:
    do = Doing(approved)
    number = written(do)
    do(distribution.go, "coordinator", number=number)
    with begin(approved) as session:
        session.execute(
            text(
                "INSERT INTO release_approvals (release, by, at, digest) SELECT id, 'az-1', prepared_at, :d FROM releases"
            ),
            {"d": hash_of(approved, number)},
        )
    with pytest.raises(Tampered, match="who approved it is another"):
        do.advance(distribution)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE approval_rounds SET rule = replace(rule, '\"all\"', '1')",
        "DELETE FROM approval_seats WHERE who = 'uz-1'",
        "UPDATE approval_seats SET deputies = '[\"drafter\"]' WHERE who = 'az-1'",
    ],
)
def test_a_quorum_or_a_seat_changed_in_the_database_is_noticed(asked: Engine, sql: str) -> None:
    do = Doing(asked)
    for who in ("az-1", "kg-1", "tr-1", "secretary-general"):
        do(approval.decide, who, decision="approve")
    with begin(asked) as session:
        session.execute(text(sql))
    do.advance(approval)
    if do.round() == "open":
        do(approval.decide, "uz-1", decision="approve")
        do.advance(approval)
    with pytest.raises(Tampered, match="under another rule, or with other seats"):
        do(distribution.prepare, "press-officer")


# ------------------------------------------------------------------ the press conference, the leak


def test_a_press_conference_moved_forward_lets_the_release_go_earlier(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    early = do.now + timedelta(minutes=30)
    do(redating.move_press_conference, "coordinator", to=early, reason="the hall is free earlier")
    do.advance(distribution, early - timedelta(seconds=1))
    assert letters(approved) == 0
    do.advance(distribution, early)
    assert letters(approved) == 24


def test_a_go_by_hand_is_void_when_the_press_conference_moves(approved: Engine) -> None:
    do = Doing(approved)
    do(distribution.prepare, "press-officer", go="by_hand")
    do.now = EVENING
    do(distribution.go, "coordinator")
    moved = EVENING + timedelta(hours=3)
    do(redating.move_press_conference, "coordinator", to=moved, reason="the hall is not free")
    do.now = moved + timedelta(minutes=1)
    assert "nobody has said go" in do.advance(distribution).says
    assert letters(approved) == 0
    do(distribution.go, "coordinator")
    do.advance(distribution)
    assert row_of(approved, 1).started_at == do.now


def test_after_a_leak_two_people_release_the_approved_text_before_the_press_conference(approved: Engine) -> None:
    do = Doing(approved)
    with pytest.raises(NotFound, match="no release is prepared"):
        do(distribution.ask_early, "coordinator", why="a newspaper has it")
    do(distribution.prepare, "press-officer")
    with pytest.raises(BadInput, match="say why"):
        do(distribution.ask_early, "coordinator", why=" ")
    with pytest.raises(Refused, match="nobody has asked"):
        do(distribution.agree_early, "az-1")
    do(distribution.ask_early, "press-officer", why="a newspaper has it")
    assert "press conference has not begun" in do.advance(distribution).says
    with pytest.raises(Refused, match="another person agrees"):
        do(distribution.agree_early, "press-officer")
    do(distribution.agree_early, "az-1")
    do.advance(distribution)
    assert letters(approved) == 24
    row = row_of(approved, 1)
    assert (row.early_by, row.early_agreed_by, row.sent_by) == ("press-officer", "az-1", "az-1")
    with reading(approved) as session:
        acts = list(session.scalars(select(AuditRow.act).where(AuditRow.act.startswith("ReleaseEarly"))))
    assert acts == ["ReleaseEarlyAsked", "ReleaseEarlyAgreed"]


def test_no_leak_releases_what_is_not_approved(approved: Engine) -> None:
    do = Doing(approved)
    do(distribution.prepare, "press-officer")
    do(drafting.edit, "drafter", paragraph="place", text="The Mission observed the elections.", why="shorter")
    with pytest.raises(Refused, match="nothing unapproved is released, leak or not"):
        do(distribution.ask_early, "coordinator", why="a newspaper has it")


def test_after_a_leak_a_holding_line_goes_with_the_head_s_approval(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    line = "To the media\n\nThe Mission presents its statement at the press conference and comments on no draft.\n"
    number = written(do, "holding", line)
    approved_by(do, number, "az-1")
    do(distribution.go, "coordinator", number=number)
    do.advance(distribution)
    assert letters(approved) == 24
    assert row_of(approved, 1).started_at is None


# ------------------------------------------------------------------ a test, a preview, many releases at a time


def test_a_preview_shows_every_letter_and_paper_and_queues_nothing(approved: Engine) -> None:
    do = Doing(approved)
    with begin(approved) as session:
        for contact, language in zip(session.scalars(select(MediaContact)), ("tr", "kk", "hu"), strict=False):
            contact.language = language
    do(distribution.prepare, "press-officer")
    with reading(approved) as session:
        files = dict(distribution.preview(session, SLUG, at=do.now))
        count = len(session.scalars(select(Letter.id)).all())
    assert {"letter-en.eml", "letter-tr.eml", "letter-kk.html", "letter-hu.txt", "official-copy.eml"} <= set(files)
    assert files["statement-en.pdf"].startswith(b"%PDF")
    message = message_from_bytes(files["letter-kk.eml"], policy=default)
    assert message["To"] == "newsroom@outlet.example"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == files["letter-kk.txt"].decode()
    assert "Мәлімдемеден:" in files["letter-kk.txt"].decode()
    with reading(approved) as session:
        assert len(session.scalars(select(Letter.id)).all()) == count


def test_a_letter_leads_to_its_release_s_own_page_in_the_newsroom(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    with reading(approved) as session:
        page = newsroom.address(session, row_of(approved, 1))
        shown = {path for path, _ in newsroom.Pages(newsroom.gather(session, rehearsals=True), index="").all()}
    assert page == "https://newsroom.secretariat.example/missions/kazakhstan-senate-2020/2020-08-12-statement/"
    assert page.removeprefix("https://newsroom.secretariat.example/") + "index.html" in shown
    for message in of(approved, 1).values():
        plain, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert page in plain
        assert f'href="{page}"' in html


def test_a_test_goes_to_ourselves_in_each_language_of_the_readers(approved: Engine) -> None:
    do = Doing(approved)
    with begin(approved) as session:
        session.scalars(select(MediaContact)).first().language = "tr"
    number = written(do)
    count = do(distribution.send_test, "press-officer", email="press@secretariat.example", number=number)
    assert count == 2
    with reading(approved) as session:
        subjects = list(session.scalars(select(Letter.subject).where(Letter.occasion.startswith("test:"))))
    assert all(subject.startswith("[TEST] ") for subject in subjects)
    with pytest.raises(BadInput, match="no letter is written in 'fr'"):
        do(distribution.send_test, "press-officer", email="press@secretariat.example", language="fr")
    assert do(distribution.send_test, "press-officer", email="press@secretariat.example", language="ru") == 1


def test_several_releases_that_wait_are_told_apart_by_their_number(approved: Engine) -> None:
    do = Doing(approved)
    do(distribution.prepare, "press-officer")
    written(do)
    with pytest.raises(BadInput, match=r"say which by its number: 1 \(statement\), 2 \(advisory\)"):
        do(distribution.go, "coordinator")
    do(distribution.go, "coordinator", number=2)
    assert row_of(approved, 1).sent_by is None


def test_a_go_for_what_has_gone_is_refused_and_promises_nothing(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    for number in (None, 1):
        with pytest.raises(Refused, match="release 1 has gone already, and no other one waits"):
            do(distribution.go, "coordinator", number=number)
    written(do)
    with pytest.raises(Refused, match="release 1 has gone already"):
        do(distribution.go, "coordinator", number=1)


def test_whoever_says_go_is_told_how_many_letters_that_is(approved: Engine) -> None:
    do = Doing(approved)
    number = do(distribution.prepare, "press-officer").number
    with reading(approved) as session:
        told = distribution.reach(session, SLUG, releases.one(session, SLUG, number))
    assert told[2] == "", "no test was asked for"
    do(distribution.send_test, "press-officer", email="press@secretariat.example")
    for state, became in (("queued", "on its way"), ("refused", "failed"), ("sent", "sent")):
        with begin(approved) as session:
            for letter in session.scalars(select(Letter).where(Letter.occasion.startswith("test:"))):
                letter.state = state
        with reading(approved) as session:
            assert distribution.reach(session, SLUG, releases.one(session, SLUG, number)) == (*told[:2], became)
    do(distribution.go, "coordinator")
    do.advance(distribution, EVENING)
    assert told == (len(of(approved, 1)), len(of(approved, 1, "release_official")), "")


def test_a_press_release_made_after_the_press_conference_does_not_announce_it(approved: Engine) -> None:
    do = Doing(approved)
    before = stored(do(distribution.prepare, "press-officer"))["press-release-en.txt"].decode()
    out(do)
    edited_and_approved(do)
    after = stored(do(distribution.prepare, "press-officer"))["press-release-en.txt"].decode()
    sentence = "It presents its statement to the media at a press conference on 12 August 2020 at 20:00"
    assert (sentence in before, sentence in after) == (True, False)


def test_a_stop_without_a_number_stops_all_that_is_going(approved: Engine) -> None:
    do = Doing(approved)
    number = written(do)
    approved_by(do, number, "az-1")
    do(distribution.go, "coordinator", number=number)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    do(distribution.stop, "coordinator", why="a call")
    assert release_letters(approved) == {"stopped"}
    do(distribution.go_on, "coordinator", number=1)
    assert release_letters(approved) == {"stopped", "queued"}


@pytest.mark.parametrize("kind", ["advisory", "statement"])
def test_a_machine_that_was_off_for_a_day_asks_a_person_first(approved: Engine, kind: str) -> None:
    do = Doing(approved)
    if kind == "statement":
        ready(do)
    else:
        number = written(do, not_before=EVENING)
        approved_by(do, number, "az-1")
        do(distribution.go, "coordinator", number=number)
    do.advance(distribution, EVENING + timedelta(days=1))
    assert release_letters(approved) == {"late"}


def test_a_go_said_a_day_after_the_press_conference_is_not_late(approved: Engine) -> None:
    do = Doing(approved)
    do(distribution.prepare, "press-officer")
    do.now = EVENING + timedelta(days=1)
    do(distribution.go, "coordinator")
    do.advance(distribution)
    assert release_letters(approved) == {"queued"}


# ------------------------------------------------------------------ complaints


def test_a_complaint_is_registered_and_answered_under_numbers_of_the_register(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    paper = do(
        correspondence.received, "coordinator", counterpart="kz-mfa-protocol", subject="On the statement",
        their_number="KZ-MFA/2020/0813",
    )  # fmt: skip
    with pytest.raises(NotFound, match="no number KS20/999"):
        do(complaints.register, "coordinator", received="KS20/999", about="x")
    do(complaints.register, "coordinator", received=paper.number, about="the second paragraph", release=1)
    with pytest.raises(BadInput, match="give the paragraphs"):
        do(complaints.reply, "coordinator", received=paper.number)
    row = do(complaints.reply, "coordinator", received=paper.number, text=["The Mission has taken note of it."])
    with reading(approved) as session:
        path, data = correspondence.file_of(session, SLUG, row.reply)
        assert (path.suffix, data[:2]) == (".docx", b"PK")
        assert releases.complaints(session, SLUG)[0].reply == row.reply
    with pytest.raises(Conflict, match="answered already"):
        do(complaints.reply, "coordinator", received=paper.number, text=["Again."])


# ------------------------------------------------------------------ the stop button, restored records


def test_a_stop_halts_within_one_letter_a_connection_and_going_on_sends_each_once(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    pressed = Event()

    def slow(verb: str, number: int) -> str:
        if verb == "." and number >= 5:
            pressed.wait(20)
        return well(verb, number)

    def send(port: int) -> None:
        account = Account("127.0.0.1", port, security="none", timeout=30.0)
        send_due(approved, account, mission=SLUG, now=lambda: do.now + timedelta(seconds=1), connections=3)

    with Scripted(slow) as server:
        sending = Thread(target=send, args=(server.port,))
        sending.start()
        while len(server.messages) < 5:
            sleep(0.01)
        do(distribution.stop, "coordinator", why="the head calls")
        before = len(server.messages)
        pressed.set()
        sending.join(60)
        assert len(server.messages) <= before + 3
        assert "stopped" in release_letters(approved)
        do(distribution.go_on, "coordinator")
        send(server.port)
        got = [message["To"] for message in map(message_from_bytes, server.messages)]
    assert len(got) == len(set(got))
    assert release_letters(approved) == {"sent"}


def test_restored_records_send_no_past_release_by_themselves(approved: Engine) -> None:
    do = Doing(approved)
    number = written(do)
    approved_by(do, number, "az-1")
    do(distribution.go, "coordinator", number=number)
    with begin(approved) as session:
        missions.get(session, SLUG).asks_until = do.now + timedelta(hours=1)
    do.advance(distribution)
    assert release_letters(approved) == {"late"}


@pytest.mark.poppler
def test_the_copy_of_an_approver_names_its_reader_and_no_other(asked: Engine, tmp_path: Path) -> None:
    seen = {}
    with reading(asked) as session:
        for letter in session.scalars(select(Letter).where(Letter.kind == "approval_request")):
            message = message_from_bytes(message_bytes(session, letter), policy=default)
            (paper,) = message.iter_attachments()
            (tmp_path / "copy.pdf").write_bytes(paper.get_content())
            text_ = subprocess.run(
                ["pdftotext", "-layout", "copy.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True
            ).stdout
            seen[letter.to_office] = " ".join(text_.split())
    assert len(seen) == 5
    for office, words in seen.items():
        assert f"Copy for {office}; not for publication." in words
        assert words.count("Copy for ") == 1


def test_a_text_is_taken_from_a_file_alone_and_no_more_of_it_than_a_text_may_have(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "long").write_bytes(b"x" * (announcing.LARGEST + 1))
    for name, says in (("pipe", "is no file"), ("long", "too long"), ("none", "can't be read: No such file")):
        with pytest.raises(BadInput, match=says):
            announcing.text_of(tmp_path / name)
