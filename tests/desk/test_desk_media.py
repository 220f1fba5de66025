"""People and media at the desk: contacts found, taken in after a preview, kept from being written to; whom a mission's
releases go to."""

from __future__ import annotations

import io
import re
import time
import zipfile

import pytest
from desks import Desk
from evening import SLUG
from openpyxl import load_workbook
from sqlalchemy import Engine, select

from ieom.acts import accounts
from ieom.records import audit, contact_acts, media, missions
from ieom.records.accounts import KeptText
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.records.media import MediaContact, Suppression
from ieom.rules.roles import Role

SCRIPT = "<script>alert(1)</script>"


def sent(desk: Desk, data: bytes, name: str = "press.csv", *, by: str = "press_officer", **more: str):
    """The answer to a file, on the way to its preview."""
    browser = getattr(desk, by)
    return browser.client.post(
        "/media/import", data={"csrf": browser.token(), **more}, files={"file": (name, data)},
        headers={"origin": "http://testserver"},
    )  # fmt: skip


def taken(desk: Desk, page, *, by: str = "press_officer") -> str:
    """Press the button of a preview."""
    expected = re.search(r'name="expected" value="(\w+)"', page.text)
    assert expected, page.text
    return getattr(desk, by).post(page.url.path, {"expected": expected[1]}).text


@pytest.fixture
def desk_opened(desk_opened: Desk, engine: Engine) -> Desk:
    """Its press officer has the role for all missions, its coordinator and everybody else in one."""
    with begin(engine) as session:
        accounts.give_role(
            session, by="desk-1", at=missions.real_now(), account=desk_opened.accounts["press_officer"],
            role=Role.PRESS_OFFICER, code="press-officer",
        )  # fmt: skip
    return desk_opened


def contact(engine: Engine, email: str) -> MediaContact:
    with reading(engine) as session:
        row = media.by_email(session, email)
        assert row is not None
        session.expunge(row)
        return row


def test_a_file_is_shown_before_anything_is_taken_in_and_then_does_what_was_shown(
    desk_opened: Desk, engine: Engine
) -> None:
    data = f"email;outlet;country;lists\nnews@wire.example;Wire {SCRIPT};Kazakhstan;\n".encode("cp1251")
    page = sent(desk_opened, data)
    assert page.url.path.startswith("/media/import/")
    assert "1 new, 0 changed" in page.text
    assert SCRIPT not in page.text
    assert "&lt;script&gt;" in page.text
    with reading(engine) as session:
        assert media.by_email(session, "news@wire.example") is None
    assert "Taken in: 1 new, 0 changed" in taken(desk_opened, page)
    row = contact(engine, "news@wire.example")
    assert (row.country, row.outlet) == ("KZ", f"Wire {SCRIPT}")
    assert desk_opened.press_officer.get(page.url.path).status_code == 404
    with reading(engine) as session:
        head = contact_acts.head(session)
        assert head is not None
        assert (head.act, head.by) == ("ContactsTaken", "press-officer")
        assert session.scalars(select(KeptText)).all() == []


def test_what_changed_since_the_preview_is_not_taken_in(desk_opened: Desk, engine: Engine) -> None:
    page = sent(desk_opened, b"email,outlet\nnews@wire.example,Wire\n")
    desk_opened.coordinator.post("/media", {"email": "news@wire.example", "outlet": "The Wire"})
    assert "have changed since you looked" in taken(desk_opened, page)
    assert contact(engine, "news@wire.example").outlet == "The Wire"
    again = desk_opened.press_officer.get(page.url.path)
    assert "0 new, 1 changed" in again.text
    taken(desk_opened, again)
    assert contact(engine, "news@wire.example").outlet == "Wire"


def test_a_files_preview_is_its_senders_alone(desk_opened: Desk) -> None:
    page = sent(desk_opened, b"email,outlet\nnews@wire.example,Wire\n")
    assert desk_opened.coordinator.get(page.url.path).status_code == 404


def test_everything_wrong_with_a_file_is_said_at_once_in_the_desks_words(desk_opened: Desk) -> None:
    page = sent(desk_opened, b"email,outlet,nonsense\nnews@wire.example,Wire,x\n")
    assert page.status_code == 422
    assert "or have columns that mean nothing left out" in page.text
    cyrillic = "email,outlet\nnews@wire.example,Казинформ\n".encode("cp1251")
    page = sent(desk_opened, cyrillic)
    assert "Say which charset it is in" in page.text
    assert "Казинформ" in sent(desk_opened, cyrillic, charset="cp1251").text
    two = sent(desk_opened, b"email,outlet\nnonsense,Wire\nmore nonsense,Wire\n").text
    assert "row 2" in two
    assert "row 3" in two


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("xl/workbook.xml", b"\0" * 80_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("bomb.xlsx", bomb(), "unpacks to far more"),
        ("press.csv", b"%PDF-1.7 " + b"x" * 40, "no table and no address book"),
        ("press.csv", b"email,outlet\n" + b"x" * 5_000_001, "larger than 5 MB"),
        ("press.csv", b"", "o file was chosen"),
        ("press.csv", b"<!doctype html><script>alert(1)</script>", "header"),
        ("press.xlsx", b"PK\x03\x04nonsense", "as an Excel workbook"),
    ],
    ids=["bomb", "pdf", "large", "empty", "html", "broken"],
)
def test_a_file_that_is_no_list_is_refused_with_a_reason(desk_opened: Desk, name: str, data: bytes, says: str) -> None:
    answer = sent(desk_opened, data, name)
    assert answer.status_code == 422
    assert says in answer.text
    assert "<script>alert" not in answer.text


def test_what_goes_out_to_excel_comes_back_as_it_was_and_no_cell_runs(desk_opened: Desk, engine: Engine) -> None:
    formula = '=HYPERLINK("https://evil.example","Wire")'
    desk_opened.coordinator.post("/media/lists", {"code": "wires", "title": "News agencies"})
    desk_opened.coordinator.post("/media", {"email": "news@wire.example", "outlet": formula, "on": "wires"})
    out = desk_opened.auditor.get("/media/contacts.xlsx")
    assert out.headers["content-disposition"].startswith("attachment")
    sheet = load_workbook(io.BytesIO(out.content)).active
    assert sheet is not None
    cells = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells[formula] == "s"
    with reading(engine) as session:
        count = len(media.known(session))
    page = sent(desk_opened, out.content, "contacts.xlsx")
    assert f"0 new, 0 changed, {count} unchanged" in page.text
    for row in sheet.iter_rows():
        if row[0].value == "news@wire.example":
            row[1].value = "The Wire"
    changed = io.BytesIO()
    sheet.parent.save(changed)
    page = sent(desk_opened, changed.getvalue(), "contacts.xlsx")
    assert "0 new, 1 changed" in page.text
    taken(desk_opened, page)
    assert contact(engine, "news@wire.example").outlet == "The Wire"
    assert "email,outlet" in desk_opened.auditor.get("/media/contacts.csv").text


CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nORG:Wire {SCRIPT}\r\nFN:Desk\r\nEMAIL:news@wire.example\r\n{more}END:VCARD\r\n"


def test_an_address_book_is_shown_and_taken_in_like_a_table(desk_opened: Desk, engine: Engine) -> None:
    photo = "PHOTO;ENCODING=b:A\r\n" + " AAAA\r\n" * 100_000
    page = sent(desk_opened, CARD.format(SCRIPT=SCRIPT, more=photo).encode(), "press.vcf")
    assert "1 new, 0 changed" in page.text
    assert SCRIPT not in page.text
    taken(desk_opened, page)
    assert contact(engine, "news@wire.example").outlet == f"Wire {SCRIPT}"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("BEGIN:VCARD\r\n" * 300_000, "has no END:VCARD"),
        (CARD.format(SCRIPT="", more="NOTE:A\r\n" + " AAAA\r\n" * 500_000), "has more than 20,000 characters"),
        (CARD.format(SCRIPT="", more="CATEGORIES:" + "a," * 2_000_000 + "\r\n"), "has more than 20,000 characters"),
        (CARD.format(SCRIPT="", more="PHOTO:" + "A" * 5_000_000 + "\r\n"), "larger than 5 MB"),
    ],
    ids=["begun", "folded", "categories", "large"],
)
@pytest.mark.timeout(60)
def test_an_address_book_without_end_is_refused_soon(desk_opened: Desk, data: str, says: str) -> None:
    begun = time.monotonic()
    answer = sent(desk_opened, data.encode(), "press.vcf")
    assert answer.status_code == 422
    assert says in answer.text
    assert time.monotonic() - begun < 15


def test_contacts_are_found_by_filter_and_paged(desk_opened: Desk, engine: Engine) -> None:
    rows = "".join(f"desk{n}@outlet.example,Outlet {n},{'ru' if n % 2 else 'en'}\n" for n in range(120))
    taken(desk_opened, sent(desk_opened, f"email,outlet,language\n{rows}".encode()))
    first = desk_opened.press_officer.get("/media?find=outlet.example").text
    assert "120 contacts" in first
    assert "1 to 50 of 120" in first
    assert "101 to 120 of 120" in desk_opened.press_officer.get("/media?find=outlet.example&page=3").text
    assert "60 contacts" in desk_opened.press_officer.get("/media?find=outlet.example&language=ru").text
    assert "No contact is meant by that" in desk_opened.press_officer.get("/media?find=nowhere").text


def test_a_contact_is_changed_suppressed_and_let_live_again_by_its_readers_wish(
    desk_opened: Desk, engine: Engine
) -> None:
    press = desk_opened.press_officer
    press.post("/media", {"email": "news@wire.example", "outlet": "Wire", "kind": "wire"})
    page = f"/media/contacts/{contact(engine, 'news@wire.example').id}"
    assert (
        "Changed: outlet, country" in press.post(page, {"outlet": SCRIPT, "country": "Kazakhstan", "kind": "wire"}).text
    )
    assert press.post(page, {"outlet": "", "kind": "wire"}).status_code == 422
    shown = press.get(page).text
    assert SCRIPT not in shown
    assert press.post(f"{page}/suppress", {"why": " "}).status_code == 422
    assert "No release goes to that address" in press.post(f"{page}/suppress", {"why": "Asked by telephone."}).text
    assert press.post(f"{page}/suppress", {"why": "Once more."}).status_code == 409
    taken_in = sent(desk_opened, b"email,outlet\nnews@wire.example,New name\n")
    assert "Suppressed, and staying so" in taken_in.text
    assert press.post(f"{page}/lift", {"why": "They write again.", "asked_on": "never"}).status_code == 422
    assert press.post(f"{page}/lift", {"why": "They write again."}).status_code == 200
    assert "Asked by telephone" not in press.get(page).text
    log = desk_opened.auditor.get("/media/log").text
    assert "whole and in order" in log
    assert "lets an address be written to again" in log


def test_who_asked_to_be_forgotten_is_erased_and_no_file_brings_it_back(desk_opened: Desk, engine: Engine) -> None:
    press = desk_opened.press_officer
    press.post("/media", {"email": "news@wire.example", "outlet": "Wire"})
    number = contact(engine, "news@wire.example").id
    press.post(f"/media/contacts/{number}/forget")
    assert press.get(f"/media/contacts/{number}").status_code == 404
    page = sent(desk_opened, b"email,outlet\nnews@wire.example,Wire\n")
    assert "its reader asked to be forgotten" in page.text
    assert "There is nothing to change" in page.text
    assert press.post("/media", {"email": "news@wire.example", "outlet": "Wire"}).status_code == 409
    with reading(engine) as session:
        assert session.get_one(Suppression, "news@wire.example").why == "forgotten"


def test_the_selection_is_what_was_looked_at_and_stands_in_the_missions_record(
    desk_opened: Desk, engine: Engine
) -> None:
    press, page = desk_opened.press_officer, f"/missions/{SLUG}/media"
    press.post("/media/lists", {"code": "wires", "title": "News agencies"})
    press.post("/media", {"email": "news@wire.example", "outlet": "Wire", "on": "wires"})
    look = press.get(f"{page}?on=wires&look=true").text
    expected = re.search(r'name="expected" value="(\w+)"', look)
    assert expected
    press.post("/media", {"email": "more@wire.example", "outlet": "More", "on": "wires"})
    stale = press.post(page, {"on": "wires", "expected": expected[1]})
    assert "have changed since you looked" in stale.text
    look = press.get(f"{page}?on=wires&look=true").text
    expected = re.search(r'name="expected" value="(\w+)"', look)
    assert expected
    done = press.post(page, {"on": "wires", "expected": expected[1]})
    assert "Releases of this mission go to 2 contacts" in done.text
    with reading(engine) as session:
        assert [row.email for row in media.of(session, SLUG)] == ["more@wire.example", "news@wire.example"]
        head = audit.head(session, SLUG)
        assert head is not None
        assert (head.act, head.by) == ("MediaSelected", "press-officer")
    assert press.get(f"{page}?look=true").status_code == 422
    assert desk_opened.head_of_mission.post(page, {"on": "wires", "expected": expected[1]}).status_code == 403
    with reading(engine) as session:
        selected = session.scalars(select(AuditRow).where(AuditRow.act == "MediaSelected")).all()
        assert len(selected) == 1


def test_with_a_role_in_one_mission_one_adds_and_selects_and_changes_nothing_of_all(
    desk_opened: Desk, engine: Engine
) -> None:
    one, for_all = desk_opened.coordinator, desk_opened.press_officer
    for_all.post("/media/lists", {"code": "wires", "title": "News agencies"})
    for_all.post("/media", {"email": "news@wire.example", "outlet": "Wire"})
    number = contact(engine, "news@wire.example").id
    page = f"/media/contacts/{number}"
    assert "It is on the list" in one.post(f"{page}/lists", {"code": "wires"}).text
    for act in ("", "/lists/wires/take-off", "/leave", "/suppress", "/lift", "/forget"):
        answer = one.post(page + act, {"outlet": "Another", "why": "Because."})
        assert answer.status_code == 403, act
        assert "with that role for all missions" in answer.text, act
    assert one.post("/media/suppress", {"email": "any@wire.example", "why": "Because."}).status_code == 403
    shown = one.get(page).text
    assert "who has the role for all missions changes it" in shown
    for act in ("leave", "suppress", "forget", "take-off"):
        assert f'{page}/{act}"' not in shown.replace("/lists/wires/", "/")
        assert f'{page}/{act}"' in for_all.get(page).text.replace("/lists/wires/", "/")
    row = contact(engine, "news@wire.example")
    assert (row.outlet, row.left_at) == ("Wire", None)
    with reading(engine) as session:
        assert session.scalars(select(Suppression)).all() == []
    assert "is a contact" in one.post("/media", {"email": "new@wire.example", "outlet": "New"}).text
    for_all.post(f"{page}/leave")
    for answer in (
        one.post("/media", {"email": "news@wire.example", "outlet": "Another"}),
        one.post(f"{page}/lists", {"code": "wires"}),
    ):
        assert answer.status_code == 409
        assert "was taken off everything" in answer.text
    assert contact(engine, "news@wire.example").left_at is not None
    assert "is a contact" in for_all.post("/media", {"email": "news@wire.example", "outlet": "Wire"}).text


def test_a_file_taken_in_by_a_role_in_one_mission_leaves_known_contacts_as_they_are(
    desk_opened: Desk, engine: Engine
) -> None:
    one, for_all = desk_opened.coordinator, desk_opened.press_officer
    for_all.post("/media", {"email": "News@Wire.example", "outlet": "Wire"})
    data = b"email,outlet\nnews@wire.example,Another\nnew@wire.example,New\n"
    page = sent(desk_opened, data, by="coordinator")
    assert "1 new, 0 changed" in page.text
    assert "left as they are: 1 row" in page.text
    taken(desk_opened, page, by="coordinator")
    assert contact(engine, "news@wire.example").outlet == "Wire"
    assert contact(engine, "new@wire.example").outlet == "New"
    page = sent(desk_opened, data)
    assert "0 new, 1 changed" in page.text
    with begin(engine) as session:
        grants = accounts.accounts.grants(session, desk_opened.accounts["press_officer"])
        accounts.take_role(
            session, by="desk-1", at=missions.real_now(), grant=next(row.id for row in grants if not row.mission)
        )
    assert "have changed since you looked" in taken(desk_opened, page)
    assert contact(engine, "news@wire.example").outlet == "Wire"
    assert one.get(page.url.path).status_code == 404


def test_letters_of_missions_that_one_has_no_part_in_are_counted_and_not_shown(
    desk_opened: Desk, engine: Engine
) -> None:
    one, for_all = desk_opened.coordinator, desk_opened.press_officer
    for_all.post("/media", {"email": "news@wire.example", "outlet": "Wire"})
    row = contact(engine, "news@wire.example")
    with begin(engine) as session:
        ours = session.get_one(missions.Mission, SLUG)
        made = {column.name: getattr(ours, column.name) for column in missions.Mission.__table__.columns}
        session.add(missions.Mission(**{**made, "slug": "another-mission"}))
        session.flush()
        said = missions.facts(session, SLUG).model_dump(mode="json") | {"slug": "another-mission"}
        session.add(
            missions.MissionRevision(
                mission="another-mission", number=1, at=ours.opened_at, by="x", kind="opened", facts=said
            )
        )
        for slug in (SLUG, "another-mission"):
            letter = Letter(mission=slug, occasion=slug, kind="release", recipient=row.email, state="sent", head=b"")
            letter.subject, letter.message_id, letter.envelope_from = (
                f"Statement of {slug}",
                slug,
                "office@desk.example",
            )
            letter.queued_at = letter.due_at = missions.real_now()
            session.add(letter)
            session.add(media.MissionMedia(mission=slug, contact=row.id))
    page = one.get(f"/media/contacts/{row.id}").text
    assert f"Statement of {SLUG}" in page
    assert "1 letter of a mission that you have no part in" in page
    assert "another-mission" not in page
    page = for_all.get(f"/media/contacts/{row.id}").text
    assert "Statement of another-mission" in page
    assert page.count("12 August 2020") >= 2, "two missions of one title are told apart by their day"
