import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from ieom.acts import audit as proof
from ieom.acts import delegation, reminders, vault, vault_sweep
from ieom.acts.correspondence import content
from ieom.acts.holding import hold
from ieom.errors import BadInput, NotFound, Refused, Tampered
from ieom.mail.letters import message_bytes
from ieom.records import contact_acts, correspondence, members
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.delegation import VaultItem, VaultReading
from ieom.records.letters import Letter
from ieom.settings import ROOT, settings

JULY = datetime(2020, 7, 6, 5, tzinfo=UTC)
SECRET = b"P<AZE PASSPORT OF SOMEBODY 123456789"
PASSPORT = b"%PDF-1.4\n" + SECRET
PHOTO = b"\xff\xd8\xff\xe0 a face"
PERSON = {"role": "observer", "office": "observer 1", "state": "KG", "name": "Family Given", "email": "kg@kg.example"}


def do(engine: Engine, mission: str, act: Callable[..., Any], **arguments: Any) -> Any:
    with begin(engine) as session:
        return act(session, mission, **{"by": "coordinator", "at": JULY, **arguments})


@pytest.fixture
def nominee(engine: Engine, mission: str) -> str:
    do(engine, mission, delegation.nominate, member="kg-1", **PERSON)
    return mission


@pytest.fixture
def passport(tmp_path: Path) -> Path:
    path = tmp_path / "passport.pdf"
    path.write_bytes(PASSPORT)
    return path


def put(engine: Engine, mission: str, file: Path, **more: Any) -> str:
    arguments = {"member": "kg-1", "item": "passport_page", "file": file, **more}
    identifier: str = do(engine, mission, vault.put, **arguments)
    return identifier


def everything_on_disk(tmp_path: Path, besides: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file() and path != besides)


def test_a_paper_is_kept_encrypted_and_comes_out_again_to_those_who_say_why(
    engine: Engine, nominee: str, passport: Path, tmp_path: Path
) -> None:
    item = put(engine, nominee, passport)
    assert SECRET not in everything_on_disk(tmp_path, passport)
    assert do(engine, nominee, vault.read, item=item, why="the accreditation form") == PASSPORT
    with reading(engine) as session:
        assert "passport_page" in members.files(session, nominee)["kg-1"].received
        logged = session.scalars(select(VaultReading)).one()
        row = session.scalars(select(AuditRow).order_by(AuditRow.seq.desc())).first()
    assert (logged.item, logged.by, logged.why) == (item, "coordinator", "the accreditation form")
    assert row is not None
    assert (row.act, row.what) == ("PersonalPaperRead", {"item": item})


def test_the_files_are_readable_by_their_owner_alone(engine: Engine, nominee: str, passport: Path) -> None:
    put(engine, nominee, passport)
    files = [path for path in (settings().state_dir / "vault").rglob("*") if path.is_file()]
    assert len(files) == 2
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in files} == {0o700}


def test_a_reading_without_a_reason_is_refused_and_one_that_fails_is_rolled_back(
    engine: Engine, nominee: str, passport: Path
) -> None:
    item = put(engine, nominee, passport)
    with pytest.raises(BadInput, match="what the paper is read for"):
        do(engine, nominee, vault.read, item=item, why=" ")
    with pytest.raises(NotFound, match="no personal paper"):
        do(engine, nominee, vault.read, item="another", why="curious")


@pytest.mark.parametrize(
    ("item", "data", "says"),
    [
        ("passport_page", b"MZ a program", "no JPEG or PNG or PDF"),
        ("photo", PASSPORT, "no JPEG or PNG file"),
        ("conflict_declaration", PASSPORT, "'conflict_declaration' is not kept here"),
        ("photo", b"\xff\xd8\xff" + b"\0" * vault.LARGEST, "at most 10,000,000"),
        ("photo", b"", "no JPEG or PNG file"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(
    engine: Engine, nominee: str, tmp_path: Path, item: str, data: bytes, says: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    with pytest.raises(BadInput, match=says):
        put(engine, nominee, file, item=item)
    assert not (settings().state_dir / "vault").exists()


def test_a_missing_file_an_unknown_person_and_a_past_date_are_refused(
    engine: Engine, nominee: str, passport: Path
) -> None:
    with pytest.raises(BadInput, match="can't be read: No such file"):
        put(engine, nominee, passport.with_name("gone.pdf"))
    with pytest.raises(NotFound, match="'xx-1'"):
        put(engine, nominee, passport, member="xx-1")
    with pytest.raises(BadInput, match="give a later date"):
        put(engine, nominee, passport, erase_on=date(2020, 7, 6))


@pytest.mark.parametrize(("key", "says"), [("", "need a key"), ("short", "is no key")])
def test_without_a_key_nothing_is_kept(
    engine: Engine, nominee: str, passport: Path, monkeypatch: pytest.MonkeyPatch, key: str, says: str
) -> None:
    monkeypatch.setenv("IEOM_VAULT_KEY", key)
    settings.cache_clear()
    with pytest.raises(BadInput, match=says):
        put(engine, nominee, passport)
    assert not (settings().state_dir / "vault").exists()


def test_another_key_or_a_swapped_or_missing_file_is_noticed(
    engine: Engine, nominee: str, passport: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tmp_path / "face.jpg"
    photo.write_bytes(PHOTO)
    one, two = put(engine, nominee, passport), put(engine, nominee, photo, item="photo")
    for folder in ("papers", "keys"):
        there = settings().state_dir / "vault" / folder
        (there / one).write_bytes((there / two).read_bytes())
    with pytest.raises(Tampered, match="can't be decrypted"):
        do(engine, nominee, vault.read, item=one, why="a check")
    (settings().state_dir / "vault" / "keys" / one).unlink()
    with pytest.raises(Tampered, match="are gone"):
        do(engine, nominee, vault.read, item=one, why="a check")
    monkeypatch.setenv("IEOM_VAULT_KEY", vault.new_key())
    settings.cache_clear()
    with pytest.raises(Tampered, match="can't be decrypted"):
        do(engine, nominee, vault.read, item=two, why="a check")
    with reading(engine) as session:
        assert session.scalars(select(VaultReading)).all() == []


def test_each_paper_is_erased_on_its_date_in_the_host_country_and_the_mission_is_woken_for_it(
    engine: Engine, nominee: str, passport: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "face.jpg"
    photo.write_bytes(PHOTO)
    item = put(engine, nominee, passport)
    soon = put(engine, nominee, photo, item="photo", erase_on=date(2020, 7, 20))
    midnight = datetime(2020, 7, 19, 18, tzinfo=UTC)
    with begin(engine) as session:
        stands = delegation.advance(session, nominee, at=midnight - timedelta(minutes=1))
        assert stands.until != midnight, "an erasure is nothing that the delegation waits for"
        assert reminders.next_at(session, nominee, at=midnight - timedelta(minutes=1)) == midnight
    with begin(engine) as session:
        delegation.advance(session, nominee, at=midnight)
        later = datetime(2021, 2, 7, 17, tzinfo=UTC)
        assert reminders.next_at(session, nominee, at=later) == datetime(2021, 2, 7, 18, tzinfo=UTC)
    with reading(engine) as session:
        erased = {row.id: row.erased_at for row in session.scalars(select(VaultItem))}
    assert erased == {item: None, soon: midnight}
    with pytest.raises(Refused, match="was erased on 19 July 2020"):
        do(engine, nominee, vault.read, item=soon, why="too late")
    assert sorted(path.name for path in (settings().state_dir / "vault").rglob("*") if path.is_file()) == [item, item]


def test_a_held_mission_s_papers_are_erased_on_their_dates_all_the_same(
    engine: Engine, nominee: str, passport: Path
) -> None:
    item = put(engine, nominee, passport, erase_on=date(2020, 7, 20))
    do(engine, nominee, hold, reason="a question")
    midnight = datetime(2020, 7, 19, 18, tzinfo=UTC)
    with begin(engine) as session:
        assert reminders.advance(session, nominee, at=midnight) == []
    with pytest.raises(Refused, match="was erased on"):
        do(engine, nominee, vault.read, item=item, why="too late")


def test_a_copy_of_the_encrypted_paper_is_worthless_once_its_key_is_destroyed(
    engine: Engine, nominee: str, passport: Path
) -> None:
    item = put(engine, nominee, passport)
    paper = settings().state_dir / "vault" / "papers" / item
    copy = paper.read_bytes()
    do(engine, nominee, vault.erase, item=item)
    paper.write_bytes(copy)
    with pytest.raises(Tampered):
        vault._decrypted(item)
    with pytest.raises(Refused, match="was erased"):
        do(engine, nominee, vault.read, item=item, why="from a backup")


def test_after_erasure_the_chain_still_verifies_and_holds_nothing_personal(
    engine: Engine, nominee: str, passport: Path, tmp_path: Path
) -> None:
    item = put(engine, nominee, passport)
    do(engine, nominee, vault.read, item=item, why="REASONTEXT")
    do(engine, nominee, vault.erase, item=item)
    with reading(engine) as session:
        assert proof.faults(session, nominee) == []
        chain = "".join(proof.export_jsonl(session, nominee))
    for personal in ("Family", "kg.example", "P<AZE", "REASONTEXT", "passport.pdf"):
        assert personal not in chain
    assert item in chain
    assert SECRET not in everything_on_disk(tmp_path, passport)


def test_a_better_photograph_takes_the_place_of_the_first_which_is_erased(
    engine: Engine, nominee: str, tmp_path: Path
) -> None:
    photo = tmp_path / "face.jpg"
    photo.write_bytes(PHOTO)
    first = put(engine, nominee, photo, item="photo")
    photo.write_bytes(PHOTO + b" in focus")
    second = put(engine, nominee, photo, item="photo")
    assert first != second
    with begin(engine) as session:
        assert vault.erase_due(session, nominee, at=JULY) == 1
    assert do(engine, nominee, vault.read, item=second, why="the badge").endswith(b"in focus")
    with pytest.raises(Refused):
        do(engine, nominee, vault.read, item=first, why="the badge")


def test_a_crash_before_the_commit_leaves_no_row_and_the_same_identifier_next_time(
    engine: Engine, nominee: str, passport: Path
) -> None:
    with pytest.raises(RuntimeError, match="killed"), begin(engine) as session:
        lost = vault.put(
            session, nominee, by="coordinator", at=JULY, member="kg-1", item="passport_page", file=passport
        )
        raise RuntimeError("killed")
    assert put(engine, nominee, passport) == lost
    assert do(engine, nominee, vault.read, item=lost, why="a check") == PASSPORT
    assert put(engine, nominee, passport, ref="k") == put(engine, nominee, passport, ref="k")


def test_an_erasure_that_was_cut_off_is_recorded_by_the_next(engine: Engine, nominee: str, passport: Path) -> None:
    item = put(engine, nominee, passport)
    with pytest.raises(RuntimeError, match="killed"), begin(engine) as session:
        vault.erase(session, nominee, by="clock", at=JULY, item=item)
        raise RuntimeError("killed")
    do(engine, nominee, vault.erase, item=item)
    do(engine, nominee, vault.erase, item=item)
    with reading(engine) as session:
        acts = [row.act for row in session.scalars(select(AuditRow).order_by(AuditRow.seq))]
    assert acts.count("PersonalPaperErased") == 1


def test_no_letter_and_no_note_carries_a_personal_paper(engine: Engine, nominee: str, passport: Path) -> None:
    item = put(engine, nominee, passport)
    do(engine, nominee, delegation.record_invitation)
    do(engine, nominee, delegation.receive_items, member="kg-1", items=list(vault_free_items()))
    do(engine, nominee, delegation.waive_item, member="kg-1", item="photo", why="shown")
    no = ("national_of_host", "employed_by_host", "member_of_contestant", "family_of_contestant", "interest_in_outcome")
    do(engine, nominee, delegation.declare_conflict, member="kg-1", answers=dict.fromkeys(no, False))
    do(engine, nominee, delegation.appoint, member="kg-1")
    do(engine, nominee, delegation.request_accreditation)
    with begin(engine) as session:
        delegation.advance(session, nominee, at=JULY)
    with reading(engine) as session:
        sent = [message_bytes(session, letter) for letter in session.scalars(select(Letter))]
        notes = [content(row) for row in correspondence.of(session, nominee) if row.direction == "out"]
    assert len(sent) >= 6
    assert len(notes) == 5
    for data in (*sent, *notes):
        assert item.encode() not in data
        assert SECRET not in data


def vault_free_items() -> tuple[str, ...]:
    return ("nomination", "personal_form", "code_of_conduct", "accreditation_form")


def test_nothing_that_writes_or_sends_letters_knows_the_vault() -> None:
    for room in ("mail", "papers", "folder"):
        for path in sorted((ROOT / "ieom" / room).rglob("*.py")):
            assert "vault" not in path.read_text("utf-8").lower(), path.name


KILLED = """
import os, signal
from datetime import UTC, datetime
from ieom.acts import vault
from ieom.records.base import begin, connect
from ieom.settings import settings
with begin(connect(os.environ["KILLED_DATABASE"])) as session:
    vault.put(session, os.environ["KILLED_MISSION"], by="coordinator", at=datetime(2020, 7, 6, 5, tzinfo=UTC),
              member="kg-1", item="photo", file=b"\\xff\\xd8\\xff\\xe0 a face")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_and_no_record_names_is_destroyed_once_it_is_old(
    engine: Engine, nominee: str, passport: Path
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    surround = {
        **os.environ, "KILLED_DATABASE": url, "KILLED_MISSION": nominee, "IEOM_STATE_DIR": str(settings().state_dir),
        "IEOM_VAULT_KEY": settings().vault_key.get_secret_value(),
    }  # fmt: skip
    died = subprocess.run([sys.executable, "-c", KILLED], env=surround, cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    folder, now = settings().state_dir / "vault", datetime.now(UTC)

    def there() -> list[Path]:
        return sorted(path for path in folder.rglob("*") if path.is_file())

    def sweep(at: datetime) -> int:
        with begin(engine) as session:
            return vault_sweep.sweep(session, at=at)

    left, later = there(), now + vault_sweep.OLD + timedelta(minutes=1)
    assert [path.parent.name for path in left] == ["keys", "papers"]
    assert sweep(later) == 0, "records that name no paper may be another installation's"
    kept = put(engine, nominee, passport)
    temporary = vault.paper_file(f".{kept}.abcd")
    temporary.write_bytes(b"half")
    (folder / "papers" / "notes.txt").write_text("not ours")
    assert sweep(now) == 0
    assert set(left) <= set(there()), "a transaction may still be running"
    key = vault.key_file(kept).read_bytes()
    vault.key_file(kept).unlink()
    assert sweep(later) == 0, "records and folder don't belong together"
    vault.key_file(kept).write_bytes(key)
    assert sweep(later) == 2
    assert [path.name for path in there()] == [kept, kept, "notes.txt"]
    with reading(engine) as session:
        acts = [(one.by, one.act, one.what) for one in contact_acts.links(session)]
    assert ("clock", "StrayPaperDestroyed", {"item": left[0].name}) in acts
    assert do(engine, nominee, vault.read, item=kept, why="to see that it is there") == PASSPORT
