"""Releases of every kind, lived on the evening of 12 August 2020: texts of their own, the leak, corrections, withdrawals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from evening import EVENING, SLUG, Doing, letters, ready, release_letters
from sqlalchemy import Engine, select, text

from ieom.acts import approval, correspondence, distribution, drafting, redating
from ieom.acts import complaining as complaints
from ieom.acts import letters as letter_acts
from ieom.acts.announcing import digest_of
from ieom.errors import BadInput, Conflict, NotFound, Refused, Tampered
from ieom.mail.letters import message_bytes
from ieom.records import drafts, releases
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.records.media import MediaContact
from ieom.records.releases import Release
from ieom.records.statements import ReadyMark
from ieom.rules.timeline import State

ADVISORY = """Press conference of the Mission

The Mission presents its statement on 12 August 2020 at 20:00 in Nur-Sultan.

Journalists register with the press office of the Mission.
"""
WITHDRAWN = """The statement of 12 August 2020 is withdrawn

The Mission withdraws the statement that it released on 12 August 2020.
"""


def hash_of(engine: Engine, number: int) -> str:
    with reading(engine) as session:
        return digest_of(session, releases.one(session, SLUG, number))


def row_of(engine: Engine, number: int) -> Release:
    with reading(engine) as session:
        return releases.one(session, SLUG, number)


def written(do: Doing, kind: str = "advisory", text_: str = ADVISORY, **words: object) -> int:
    row = do(distribution.write, "press-officer", kind=kind, texts={"en": text_}, **words)
    return int(row.number)


def approved_by(do: Doing, number: int, *who: str) -> None:
    for one in who:
        do(distribution.approve, one, number=number, version_hash=hash_of(do.engine, number)[:16])


def out(do: Doing) -> None:
    """The statement is public, and its letters have gone."""
    ready(do)
    do.advance(distribution, EVENING)
    do.now = max(do.now, EVENING)
    sent(do, 1)


def sent(do: Doing, number: int, state: str = "sent") -> None:
    with begin(do.engine) as session:
        id_ = releases.one(session, SLUG, number).id
        session.execute(
            text("UPDATE letters SET state = :state, settled_at = queued_at WHERE release = :id AND state = 'queued'"),
            {"state": state, "id": id_},
        )
    do.advance(distribution)


def edited_and_approved(do: Doing, words: str = "The Mission observed the elections in Nur-Sultan.") -> None:
    do(drafting.edit, "drafter", paragraph="place", text=words, why="a slip was seen")
    do.advance(approval)
    with begin(do.engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        session.add(ReadyMark(mission=SLUG, content_hash=row.content_hash, by="drafter", at=do.now))
    do.advance(approval)
    for who in ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general"):
        do(approval.decide, who, decision="approve")
    do.advance(approval)
    assert do.round() == "approved"


def of(engine: Engine, number: int, kind: str = "release") -> dict[str, EmailMessage]:
    with reading(engine) as session:
        id_ = releases.one(session, SLUG, number).id
        query = select(Letter).where(Letter.release == id_, Letter.kind == kind, Letter.state != "cancelled")
        return {
            row.recipient: message_from_bytes(message_bytes(session, row), policy=default)  # type: ignore[misc]
            for row in session.scalars(query)
        }


def states(engine: Engine, number: int) -> Mapping[str, str]:
    with reading(engine) as session:
        id_ = releases.one(session, SLUG, number).id
        query = select(Letter.recipient, Letter.state).where(Letter.release == id_, Letter.kind == "release")
        return dict(session.execute(query).tuples().all())


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
    with pytest.raises(BadInput, match="the figure 21, which the original has not"):
        do(
            distribution.write,
            "press-officer",
            kind="advisory",
            texts={"en": ADVISORY, "tr": turkish.replace("20:", "21:")},
        )
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


# ------------------------------------------------------------------ correction, withdrawal


def test_an_edit_after_the_release_and_a_new_round_make_a_correction(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    edited_and_approved(do)
    stood = do.advance(distribution)
    assert stood.state is State.WAITING
    assert "'ieom release prepare' makes its release" in stood.says
    with pytest.raises(Refused, match="release 1 is public"):
        do(distribution.prepare, "press-officer", kind="statement")
    row = do(distribution.prepare, "press-officer")
    assert (row.kind, row.number) == ("correction", 2)
    assert "corrects the one of 12 August 2020, 20:00" in (
        distribution.folder(SLUG, 2) / "press-release-en.txt"
    ).read_text("utf-8")
    do(distribution.go, "coordinator")
    do.advance(distribution)
    first, second = of(approved, 1), of(approved, 2)
    assert set(first) == set(second)
    for email, message in second.items():
        assert message["Subject"].startswith("Correction: Turkic Council Statement on")
        assert message["In-Reply-To"] == message["References"] == first[email]["Message-ID"]
        assert message["Message-ID"] != first[email]["Message-ID"]
    official = of(approved, 2, "release_official")
    assert set(official) == set(of(approved, 1, "release_official"))
    assert all(one["Subject"].startswith("Correction: statement of the") for one in official.values())
    with reading(approved) as session:
        rows = releases.of(session, SLUG)
        assert [one.id for one in releases.about(session, rows[0].id, "correction")] == [rows[1].id]


def test_a_correction_goes_to_exactly_those_who_got_or_may_have_got_the_first(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    with begin(approved) as session:
        rows = session.scalars(select(Letter).where(Letter.kind == "release").order_by(Letter.recipient)).all()
        fates = ["sent", "in_doubt", "refused", "bounced", "deferred", "queued", "late", "cancelled", "sent"]
        for row, state in zip(rows, fates, strict=False):
            row.state = state
        named = {state: row.recipient for row, state in zip(rows, fates[:-1], strict=False)}
        gone = rows[len(fates) - 1].recipient
        for row in rows[len(fates) :]:
            row.state = "refused"
        new = MediaContact(
            key="new@outlet.example", email="new@outlet.example", outlet="New", token="new-one", added_at=do.now
        )
        session.add(new)
        session.flush()
        session.execute(text("INSERT INTO mission_media (mission, contact) VALUES (:m, :c)"), {"m": SLUG, "c": new.id})
    do(letter_acts.unsubscribe, "press-officer", email=gone)
    edited_and_approved(do)
    ready(do)
    do.advance(distribution)
    found = of(approved, 2)
    corrected = {email for email, message in found.items() if message["Subject"].startswith("Correction")}
    assert corrected == {named["sent"], named["in_doubt"]}
    plain = set(found) - corrected
    assert plain == {named["deferred"], named["queued"], named["late"]}, "their first letter is the corrected text"
    assert all(found[email]["In-Reply-To"] is None for email in plain)
    before = states(approved, 1)
    assert {before[email] for email in plain} == {"cancelled"}
    with reading(approved) as session:
        assert distribution.unwritten(session, releases.one(session, SLUG, 2)) == 1  # who unsubscribed


def test_a_second_correction_answers_both_letters_of_a_reader(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    for number, words in (
        (2, "The Mission observed the elections in Nur-Sultan."),
        (3, "The Mission was in Nur-Sultan."),
    ):
        edited_and_approved(do, words)
        ready(do)
        do.advance(distribution)
        sent(do, number)
    letters_ = [of(approved, number) for number in (1, 2, 3)]
    for email, third in letters_[2].items():
        ids = [one[email]["Message-ID"] for one in letters_[:2]]
        assert third["References"].split() == ids
        assert third["In-Reply-To"] == ids[1]


def test_a_withdrawal_needs_the_head_and_a_second_approver_and_stops_what_has_not_left(approved: Engine) -> None:
    do = Doing(approved)
    with pytest.raises(Refused, match="nothing is public that a withdrawal could concern"):
        written(do, "withdrawal", WITHDRAWN)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    with begin(approved) as session:
        rows = session.scalars(select(Letter).where(Letter.kind == "release").order_by(Letter.recipient)).all()
        for row in rows[:5]:
            row.state = "sent"
        got = {row.recipient for row in rows[:5]}
    number = written(do, "withdrawal", WITHDRAWN)
    approved_by(do, number, "az-1")
    do(distribution.go, "coordinator", number=number)
    assert "a second approver has not approved it" in do.advance(distribution).says
    with pytest.raises(Conflict, match="az-1 has approved"):
        approved_by(do, number, "az-1")
    with pytest.raises(Refused, match="or another approver of the round, not by drafter"):
        approved_by(do, number, "drafter")
    approved_by(do, number, "kg-1")
    do.advance(distribution)
    found = of(approved, number)
    assert set(found) == got
    assert {one["Subject"] for one in found.values()} == {
        "Withdrawal: Turkic Council: The statement of 12 August 2020 is withdrawn"
    }
    assert all(one["In-Reply-To"] for one in found.values())
    assert {state for email, state in states(approved, 1).items() if email not in got} == {"cancelled"}
    with reading(approved) as session:
        assert releases.withdrawn(session, releases.one(session, SLUG, 1).id)
    with pytest.raises(Refused, match="withdrawn already"):
        written(do, "withdrawal", WITHDRAWN, concerns=1)


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
