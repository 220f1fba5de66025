from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ieom.acts import correspondence as acts
from ieom.acts import delegation
from ieom.errors import BadInput, Conflict, NotFound, Refused, Tampered, Unavailable
from ieom.folder import open_mission, read
from ieom.papers import store
from ieom.records import audit, missions
from ieom.records import correspondence as register
from ieom.records.base import begin, reading
from ieom.rules.mission import Office
from ieom.settings import ROOT, settings

JULY = datetime(2020, 7, 6, 5, tzinfo=UTC)
TO = Office(code="kz-mfa-protocol", office="State Protocol", email="protocol@mfa.example", body="kz-mfa")
PDF = b"%PDF-1.7 a scanned note"


def do(engine: Engine, mission: str, act: Callable[..., Any], **arguments: Any) -> Any:
    with begin(engine) as session:
        return act(session, mission, **{"by": "coordinator", "at": JULY, **arguments})


def draft(engine: Engine, mission: str, occasion: str, **more: Any) -> tuple[register.Correspondence, bytes]:
    arguments = {"what": "accreditation", "to": TO, "facts": {"count": 1, "support": 0}, **more}
    drafted: tuple[register.Correspondence, bytes] = do(engine, mission, acts.draft, occasion=occasion, **arguments)
    return drafted


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "note.pdf"
    path.write_bytes(PDF)
    return path


def test_numbers_have_the_mission_s_prefix_and_three_digits_without_gaps_in_and_out(
    engine: Engine, mission: str
) -> None:
    draft(engine, mission, "a")
    do(engine, mission, acts.received, counterpart="kz-cec-office", subject="A letter", kind="letter")
    draft(engine, mission, "b")
    with reading(engine) as session:
        rows = register.of(session, mission)
    assert [(row.number, row.direction, row.kind) for row in rows] == [
        ("KS20/001", "out", "note_verbale"), ("KS20/002", "in", "letter"), ("KS20/003", "out", "note_verbale")
    ]  # fmt: skip


def test_an_occasion_has_one_paper_with_the_same_bytes(engine: Engine, mission: str) -> None:
    first, data = draft(engine, mission, "a")
    again, same = draft(engine, mission, "a")
    assert (first.number, data) == (again.number, same)
    assert acts.path_of(first).read_bytes() == data
    assert first.sha256 == store.sha256(data)


def test_a_paper_whose_file_was_changed_or_lost_is_not_given_out(engine: Engine, mission: str) -> None:
    row, _ = draft(engine, mission, "a")
    acts.path_of(row).write_bytes(b"another text")
    with pytest.raises(Tampered, match="not the one registered"):
        draft(engine, mission, "a")
    acts.path_of(row).unlink()
    with pytest.raises(Tampered, match="take it from a backup"):
        draft(engine, mission, "a")


def test_a_crash_before_the_commit_leaves_no_row_and_the_number_is_taken_by_the_next(
    engine: Engine, mission: str
) -> None:
    with pytest.raises(RuntimeError, match="killed"), begin(engine) as session:
        acts.draft(
            session, mission, by="clock", at=JULY, occasion="lost", what="accreditation", to=TO,
            facts={"count": 1, "support": 0},
        )  # fmt: skip
        raise RuntimeError("killed")
    row, data = draft(engine, mission, "next", facts={"count": 2, "support": 0})
    assert row.number == "KS20/001"
    assert acts.content(row) == data


def test_a_full_disk_leaves_no_row(engine: Engine, mission: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        draft(engine, mission, "a")
    monkeypatch.undo()
    with reading(engine) as session:
        assert register.of(session, mission) == []
        assert "PaperDrafted" not in {row.act for row in audit.rows(session, mission)}


def test_a_template_that_misses_a_fact_is_named(engine: Engine, mission: str) -> None:
    with pytest.raises(BadInput, match=r"accreditation/en.txt uses a fact that this paper has not: 'support'"):
        draft(engine, mission, "a", facts={"count": 1})


def test_a_paper_is_signed_then_sent_and_answered_with_its_scan_kept_by_its_hash(
    engine: Engine, mission: str, scan: Path
) -> None:
    draft(engine, mission, "a")
    row = do(engine, mission, acts.signed, number="KS20/001", scan=scan)
    assert (row.status, row.scan_sha256) == ("signed", store.sha256(PDF))
    assert (settings().state_dir / row.scan_path).read_bytes() == PDF
    assert do(engine, mission, acts.sent, number="KS20/001").status == "sent"
    with pytest.raises(Refused, match="KS20/001 is sent"):
        do(engine, mission, acts.signed, number="KS20/001")
    answer = do(engine, mission, acts.received, counterpart="kz-mfa", subject="Badges", answers="KS20/001", scan=scan)
    assert (answer.number, answer.answers) == ("KS20/002", "KS20/001")
    with reading(engine) as session:
        assert {row.number: row.status for row in register.of(session, mission)} == {
            "KS20/001": "answered", "KS20/002": "received"
        }  # fmt: skip
    with pytest.raises(BadInput, match="no paper of ours"):
        do(engine, mission, acts.received, counterpart="kz-mfa", subject="More", answers="KS20/002")
    with pytest.raises(Refused, match="KS20/002 is received"):
        do(engine, mission, acts.sent, number="KS20/002")
    with pytest.raises(NotFound, match="no number KS20/009"):
        do(engine, mission, acts.sent, number="KS20/009")


def test_the_same_paper_received_twice_is_registered_once(engine: Engine, mission: str) -> None:
    paper = {"counterpart": "kz-cec-office", "subject": "Badges", "their_number": "CEC/7", "dated": date(2020, 8, 1)}
    first = do(engine, mission, acts.received, **paper)
    assert do(engine, mission, acts.received, **paper).number == first.number
    with pytest.raises(Conflict, match="CEC/7 from kz-cec-office is registered as KS20/001"):
        do(engine, mission, acts.received, **{**paper, "subject": "Something else"})
    one = do(engine, mission, acts.received, counterpart="x", subject="y", ref="k")
    assert do(engine, mission, acts.received, counterpart="x", subject="y", ref="k").number == one.number


def test_the_paper_with_the_invitation_s_reference_is_the_invitation(engine: Engine, mission: str, scan: Path) -> None:
    row = do(
        engine, mission, acts.received, counterpart="kz-mfa-protocol", subject="Note: invitation",
        their_number="KZ-MFA/2020/0703", ref="script:1",
    )  # fmt: skip
    assert row.occasion == "invitation"
    again = do(engine, mission, acts.received, counterpart="z", subject="Note", their_number="x", ref="script:1")
    assert again.number == row.number
    with pytest.raises(Conflict, match=r"the invitation .* is registered already, as KS20/001"):
        do(engine, mission, acts.received, counterpart="z", subject="Note", their_number="KZ-MFA/2020/0703")
    assert do(engine, mission, delegation.record_invitation).number == row.number
    assert do(engine, mission, delegation.record_invitation, scan=scan).scan_sha256 == store.sha256(PDF)
    assert do(engine, mission, delegation.record_invitation, scan=scan).number == row.number
    scan.write_bytes(PDF + b" of another paper")
    with pytest.raises(Refused, match="has a scan already"):
        do(engine, mission, delegation.record_invitation, scan=scan)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("note.pdf", b"not a PDF", "no PDF, PNG or JPEG"),
        ("note.exe", PDF, "no PDF, PNG or JPEG"),
        ("gone.pdf", None, "can't be read: No such file"),
        ("large.pdf", PDF + b"\0" * acts.LARGEST_SCAN, "at most 25,000,000"),
    ],
)
def test_a_scan_that_is_none_is_refused_and_nothing_is_registered(
    engine: Engine, mission: str, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=says):
        do(engine, mission, acts.received, counterpart="kz-mfa", subject="Note", scan=path)
    with reading(engine) as session:
        assert register.of(session, mission) == []


def test_two_at_once_never_take_the_same_number_or_leave_a_gap(either: Engine) -> None:
    folder = read(ROOT / "config" / "missions" / "kazakhstan-senate-2020")
    with begin(either) as session:
        open_mission(session, folder, by="coordinator", at=JULY)
    slug = folder.facts.slug

    def one(place: int) -> None:
        if place % 2:
            draft(either, slug, f"paper:{place}")
        else:
            do(either, slug, acts.received, counterpart="x", subject=f"paper {place}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(8)))
    with reading(either) as session:
        assert [row.number for row in register.of(session, slug)] == [f"KS20/{n:03}" for n in range(1, 9)]
        assert [row.seq for row in audit.rows(session, slug)] == list(range(1, 10))


def test_after_999_comes_1000_and_the_order_is_kept(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        for number in range(1, 1000):
            session.add(
                register.Correspondence(
                    mission=mission, number=f"KS20/{number:03}", occasion=str(number), direction="in", kind="letter",
                    counterpart="x", subject="s", dated=date(2020, 7, 1), recorded_at=JULY, answers=None,
                )
            )  # fmt: skip
    assert do(engine, mission, acts.received, counterpart="x", subject="s").number == "KS20/1000"
    with reading(engine) as session:
        assert register.of(session, mission)[-1].number == "KS20/1000"
        assert missions.facts(session, mission).slug == mission


def numbered(session: Session, slug: str, *numbers: str) -> None:
    for number in numbers:
        session.add(
            register.Correspondence(
                mission=slug, number=number, occasion=number, direction="in", kind="letter", counterpart="x", subject="s",
                dated=date(2026, 7, 1), recorded_at=JULY, answers=None,
            )
        )  # fmt: skip
    session.flush()


def test_two_missions_never_have_one_prefix_and_numbers_that_were_given_stay(either: Engine) -> None:
    """'kg' and 'kz' of one year, two short names that come to the same, and two that had one prefix before."""
    slugs = ("kg-2026", "kz-2026", "kyrgyz-local-2026", "kazakh-local-2026", "kosovo-local-2026", "old-a-2020", "old-b-2020",
             "old-c-2020")  # fmt: skip
    with begin(either) as session:
        for minute, slug in enumerate(slugs):
            session.add(missions.Mission(slug=slug, opened_at=JULY.replace(minute=minute)))
        session.flush()
        found = {slug: acts.prefix(session, slug) for slug in slugs}
        assert found["kg-2026"] == "KG26"
        assert found["kz-2026"] == "KZ26"
        assert [found[slug] for slug in slugs if "-local-" in slug] == ["KL26", "KL26B", "KL26C"]
        assert len(set(found.values())) == len(slugs)
        numbered(session, "kazakh-local-2026", *(f"KL26/{number:03}" for number in range(1, 3)), "KL26/1000")
        numbered(session, "old-a-2020", "OB20/001")
        numbered(session, "old-b-2020", "OB20/001", "OB20/002")
        found = {slug: acts.prefix(session, slug) for slug in slugs}
        assert found["kazakh-local-2026"] == "KL26", "its numbers go on"
        assert found["old-a-2020"] == "OB20"
        assert found["old-b-2020"] == "OB20B", "what was given stays; what comes is nobody else's"
        assert len(set(found.values())) == len(slugs)
        numbered(session, "old-b-2020", "OB20B/003")
        assert {slug: acts.prefix(session, slug) for slug in slugs} == found
