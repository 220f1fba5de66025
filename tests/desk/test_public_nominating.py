"""The page behind a state's link: it nominates, hands papers over and declines, for this state alone and until it is ended."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from conftest import open_example
from links import BASE, SLUG, letter, link_in, words
from sqlalchemy import Engine, select, text
from starlette.testclient import TestClient

from desk.public.app import public
from desk.public.site import records
from ieom.acts import calling, composition, reminders, vault
from ieom.acts import delegation as acts
from ieom.errors import Refused
from ieom.folder.catalogues import catalogue, translated
from ieom.records import correspondence, members, missions
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.decision_links import digest_of
from ieom.records.delegation import Member, VaultItem
from ieom.records.nomination_links import NominationLink
from ieom.rules.delegation import QUESTIONS
from ieom.settings import settings

OURS = {"origin": "https://press.example"}
JULY = datetime(2020, 7, 6, 5, tzinfo=UTC)
NOMINEE = {
    "act": "nominate", "ref": "first", "name": "", "office": "Embassy of the Kyrgyz Republic, observer 1", "role": "head",
    "email": "observer.one@embassy.example", "language": "ru", "honorific": "", "title": "Counsellor", "salutation": "",
}  # fmt: skip
NO = dict.fromkeys(QUESTIONS, "no")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


@pytest.fixture(autouse=True)
def address(own_state, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEOM_DECIDE_URL", BASE)
    settings.cache_clear()


def called(engine: Engine) -> Engine:
    """The example mission, its states asked to nominate."""
    open_example(engine)
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = JULY
        acts.record_invitation(session, SLUG, by="coordinator", at=JULY)
        acts.advance(session, SLUG, at=JULY)
    return engine


@pytest.fixture
def asked(engine: Engine) -> Engine:
    return called(engine)


def site(engine: Engine) -> Iterator[TestClient]:
    own = records(engine.url.render_as_string(hide_password=False))
    with TestClient(public(own), base_url="https://press.example", follow_redirects=False) as client:
        yield client
    own.dispose()


@pytest.fixture
def web(asked: Engine) -> Iterator[TestClient]:
    yield from site(asked)


def contact(engine: Engine, state: str = "KG") -> str:
    with reading(engine) as session:
        return next(one.contact_email for one in missions.facts(session, SLUG).states if one.code == state)


def path_of(engine: Engine, state: str = "KG", kind: str = "call_for_nominations") -> str:
    return link_in(letter(engine, contact(engine, state), kind), what="nominate")


def send(web: TestClient, path: str, data: dict[str, str], **more):
    """Send a form and follow to the page that it leads to."""
    answer = web.post(path, data=data, headers=OURS, **more)
    if answer.status_code == 303:
        return web.get("/nominate/" + answer.headers["location"])
    return answer


def give(web: TestClient, path: str, item: str, data: bytes, name: str = "scan.pdf", member: str = "kg-1"):
    return send(web, path, {"act": "give", "member": member, "item": item}, files={"paper": (name, data)})


def everything(engine: Engine) -> list[tuple[object, ...]]:
    with reading(engine) as session:
        return [
            tuple(sorted(map(tuple, session.execute(text(f"SELECT * FROM {table}"))), key=str))
            for table in (
                "nomination_links",
                "members",
                "nominee_items",
                "state_calls",
                "vault_items",
                "audit_rows",
                "letters",
            )
        ]


def test_a_state_nominates_and_completes_a_file_by_the_link_of_its_letter(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    first = web.get(path)
    assert first.status_code == 200
    for said in ("Nominations by", "Nobody is nominated yet", "Nominations are due by", "Nur-Sultan", "UTC+6"):
        assert said in first.text
    page = send(web, path, NOMINEE)
    assert "The nomination is recorded" in page.text
    assert "Embassy of the Kyrgyz Republic, observer 1" in page.text
    assert "6" not in re.findall(r"(\d) persons", page.text)
    assert page.text.count("○ missing") == 6, "what it nominates needs no paper of the nomination"
    for item in ("personal_form", "code_of_conduct", "accreditation_form", "passport_page"):
        assert "kept, encrypted" in give(web, path, item, b"%PDF-1.7 a scan").text
    give(web, path, "photo", PNG, "me.png")
    page = send(
        web, path, {"act": "declare", "member": "kg-1", **NO, "nationalities": "kg", "memberships": "", "detail": ""}
    )
    assert "No papers are missing" in page.text
    with reading(asked) as session:
        row = session.get_one(Member, (SLUG, "kg-1"))
        assert (row.state, row.language, row.status) == ("KG", "ru", "nominated")
        assert row.role == "observer", "who heads the mission no state decides by a form"
        assert members.files(session, SLUG)["kg-1"].complete
        assert members.calls(session, SLUG)["KG"].status == "answered"
        by = {one.by for one in session.scalars(select(AuditRow).where(AuditRow.act == "PersonalPaperStored"))}
        assert by == {"state-kg"}
        assert session.scalars(select(NominationLink).where(NominationLink.state == "KG")).one().used_at == JULY
    with begin(asked) as session:
        acts.appoint(session, SLUG, by="coordinator", at=JULY, member="kg-1")
    page = web.get(path).text
    assert "a member of the Mission" in page
    assert "Take this nominee back" not in page


def test_a_nationality_is_understood_or_refused_and_a_conflict_on_record_is_not_taken_back_by_link(
    asked: Engine, web: TestClient
) -> None:
    path = path_of(asked)
    send(web, path, NOMINEE)
    own = {"act": "declare", "member": "kg-1", **NO}
    wrong = send(web, path, {**own, "nationalities": "Kazakh", "detail": "typed"})
    assert wrong.status_code == 422
    assert "is no state that is known" in wrong.text
    assert ">typed<" in wrong.text, "what was typed stays"
    send(web, path, {**own, "nationalities": "Kyrgyz Republic, Kazakhstan"})

    def found() -> str | None:
        with reading(asked) as session:
            row = session.get_one(Member, (SLUG, "kg-1"))
            assert row.conflict is None or row.conflict["nationalities"] == ["KG", "KZ"]
            return row.conflict_found

    before = found()
    assert before, "a national of the host state"
    again = send(web, path, {**own, "nationalities": "KG"})
    assert again.status_code == 409
    assert "is not taken back by link" in again.text
    assert found() == before


def test_a_page_behind_a_link_speaks_as_the_readers_browser_asks(
    asked: Engine, web: TestClient, turkish: None, caplog: pytest.LogCaptureFixture
) -> None:
    path = path_of(asked)
    send(web, path, NOMINEE)
    web.headers["accept-language"] = "tr-TR,en;q=0.5"
    page = web.get(path).text
    assert '<html lang="tr">' in page
    assert "Metne" in page
    assert "fotoğraf" in page
    assert "Önce dosyayı seçin" in give(web, path, "photo", b"").text
    web.headers["accept-language"] = "de"
    page = web.get(path).text
    assert '<html lang="en">' in page
    assert "To the text" in page
    (settings().templates_dir / "locale" / "tr" / "ieom.po").write_text("no catalogue", "utf-8")
    for kept in (catalogue, translated):
        kept.cache_clear()
    web.headers["accept-language"] = "tr"
    page = web.get(path)
    assert page.status_code == 200, "a translator's slip keeps nobody out"
    assert '<html lang="en">' in page.text
    assert "can't be read" in caplog.text


def test_a_state_declines_after_a_second_question_and_may_think_again(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    assert "tick that your state sends no observers" in send(web, path, {"act": "decline"}).text.lower()
    assert "Thank you for telling us" in send(web, path, {"act": "decline", "sure": "yes"}).text
    with reading(asked) as session:
        assert members.calls(session, SLUG)["KG"].status == "declined"
    assert "You can still nominate" in web.get(path).text
    send(web, path, NOMINEE)
    with reading(asked) as session:
        assert members.calls(session, SLUG)["KG"].status == "answered"


def test_looking_a_hundred_times_changes_nothing(asked: Engine, web: TestClient) -> None:
    path, before = path_of(asked), everything(asked)
    for _ in range(50):
        assert web.get(path).status_code == 200
        assert web.head(path).status_code == 200
    assert everything(asked) == before


def test_the_same_form_sent_twice_nominates_once_and_the_quota_holds(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    with reading(asked) as session:
        quota = next(one.quota for one in missions.facts(session, SLUG).states if one.code == "KG")
    for _ in range(3):
        send(web, path, NOMINEE)
    for number in range(2, quota + 2):
        answer = send(web, path, {**NOMINEE, "ref": f"n{number}", "office": f"Embassy, observer {number}"})
    assert answer.status_code == 409
    assert "may nominate" in answer.text
    assert "Nothing was recorded" in answer.text
    with reading(asked) as session:
        assert len(members.of(session, SLUG)) == quota
    send(web, path, {"act": "take-back", "member": "kg-1"})
    assert "The nomination is recorded" in send(web, path, {**NOMINEE, "ref": "again"}).text


def test_a_strangers_token_is_answered_like_any_unknown_address(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    nowhere = web.get("/nowhere/at-all")
    other = path[:-1] + ("A" if path[-1] != "A" else "B")
    for wrong in (other, path[:-5], "/nominate/" + "x" * 3000, "/nominate/%00", path + "/more"):
        found = web.get(wrong)
        assert (found.status_code, found.text) == (404, nowhere.text), wrong
        assert web.post(wrong, data=NOMINEE, headers=OURS).status_code in {404, 405}
    with begin(asked) as session:  # a hand writes a link into the records
        session.add(NominationLink(digest=digest_of("forged"), mission=SLUG, state="KG", made_at=JULY))
    assert web.get("/nominate/forged").status_code == 404


def test_a_link_reaches_no_other_states_nominees(asked: Engine, web: TestClient) -> None:
    kyrgyz, turkish = path_of(asked), path_of(asked, "TR")
    send(web, kyrgyz, NOMINEE)
    assert "Embassy of the Kyrgyz Republic" not in web.get(turkish).text
    before = everything(asked)
    for data in (
        {"act": "take-back", "member": "kg-1"}, {"act": "declare", "member": "kg-1", **NO}, {"act": "give", "member": "kg-1"},
    ):  # fmt: skip
        files = {"paper": ("a.pdf", b"%PDF-1.7")} if data["act"] == "give" else None
        assert web.post(turkish, data={**data, "item": "photo"}, files=files, headers=OURS).status_code in {404, 422}
    assert everything(asked) == before


def test_who_is_to_head_the_mission_is_not_taken_back_by_link(asked: Engine, web: TestClient) -> None:
    path = path_of(asked, "AZ")
    with begin(asked) as session:
        acts.nominate(
            session, SLUG, by="coordinator", at=JULY, member="az-1", role="head", office="Embassy", state="AZ"
        )
    assert "Take this nominee back" not in web.get(path).text
    assert send(web, path, {"act": "take-back", "member": "az-1"}).status_code == 409


def test_a_link_that_was_ended_or_whose_state_withdrew_says_so_and_does_nothing(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    with begin(asked) as session:
        calling.send_link(session, SLUG, by="coordinator", at=JULY, state="KG")
    newer = path_of(asked, kind="nomination_link")
    assert "This link works no more" in web.get(path).text
    assert send(web, path, NOMINEE).status_code == 409
    assert "The nomination is recorded" in send(web, newer, NOMINEE).text
    with begin(asked) as session:  # a hand takes the end back; the chain remembers
        session.execute(text("UPDATE nomination_links SET ended_at = NULL"))
    assert "This link works no more" in web.get(path).text
    with begin(asked) as session:
        composition.state_withdraws(session, SLUG, by="coordinator", at=JULY, state="KG", reason="A note came.")
    assert "does not take part" in web.get(newer).text
    assert send(web, newer, {**NOMINEE, "ref": "x"}).status_code == 409
    with reading(asked) as session:
        assert len(members.of(session, SLUG)) == 1


def test_once_the_polls_open_nobody_nominates_by_link(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    with begin(asked) as session:
        missions.get(session, SLUG).simulated_now = missions.facts(session, SLUG).opens()
    assert "Nominations by this page are closed" in web.get(path).text
    assert send(web, path, NOMINEE).status_code == 409


def test_another_sites_form_does_nothing(asked: Engine, web: TestClient) -> None:
    path, before = path_of(asked), everything(asked)
    for headers in ({"origin": "https://elsewhere.example"}, {}, {"origin": "null", "sec-fetch-site": "cross-site"}):
        assert web.post(path, data=NOMINEE, headers=headers).status_code == 403
    assert everything(asked) == before
    assert web.post(path, data=NOMINEE, headers={"origin": "null"}).status_code == 303  # an older browser


def test_one_links_forms_keep_no_other_link_behind_the_same_address_waiting(asked: Engine, web: TestClient) -> None:
    one, other = path_of(asked, "TR"), path_of(asked)
    answers = [web.post(one, data={}, headers={"origin": "null"}).status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]
    assert web.post(other, data={}, headers={"origin": "null"}).status_code == 422


@pytest.mark.parametrize(
    ("item", "name", "data", "says"),
    [
        ("passport_page", "page.pdf", b"<!doctype html><script>alert(1)</script>", "not a PDF, nor a PNG"),
        ("photo", "me.png", b"%PDF-1.7", "is no JPEG or PNG file"),
        ("passport_page", "page.pdf", b"", "choose the file first"),
        ("passport_page", "page.zip", b"PK\x03\x04" + b"\x00" * 200, "not a PDF, nor a PNG"),
        ("conflict_declaration", "page.pdf", b"%PDF-1.7", "choose which of the papers"),
    ],
)
def test_what_is_no_scan_is_refused_and_nothing_changes(
    asked: Engine, web: TestClient, item: str, name: str, data: bytes, says: str
) -> None:
    path = path_of(asked)
    send(web, path, NOMINEE)
    before = everything(asked)
    answer = give(web, path, item, data, name)
    assert answer.status_code == 422
    assert says in answer.text.lower() or says in answer.text
    assert everything(asked) == before


def test_a_file_too_large_is_refused_before_it_is_read(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    send(web, path, NOMINEE)
    assert give(web, path, "photo", PNG + b"\x00" * 11_000_000).status_code == 413


def test_what_was_typed_stays_when_it_can_not_be_taken(asked: Engine, web: TestClient) -> None:
    answer = send(web, path_of(asked), {**NOMINEE, "email": "not an address", "title": "<script>alert(1)</script>"})
    assert answer.status_code == 422
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "<script>" not in answer.text


def test_the_papers_can_not_be_read_back_and_are_erased_when_a_better_one_comes(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    send(web, path, NOMINEE)
    give(web, path, "passport_page", b"%PDF-1.7 the first")
    page = give(web, path, "passport_page", b"%PDF-1.7 a better one").text
    assert "the first" not in page
    with reading(asked) as session:
        kept = session.scalars(select(VaultItem).order_by(VaultItem.stored_at, VaultItem.erase_on)).all()
        assert len(kept) == 2
        assert kept[0].erase_on == JULY.date()
    with begin(asked) as session:
        found = next(one.id for one in vault.of(session, SLUG) if one.erase_on > JULY.date())
        assert (
            vault.read(session, SLUG, by="coordinator", at=JULY, item=found, why="To ask.") == b"%PDF-1.7 a better one"
        )


def test_reminders_carry_a_link_for_the_state_alone(asked: Engine) -> None:
    with begin(asked) as session:
        due = members.calls(session, SLUG)["KG"].due_at
        reminders.advance(session, SLUG, at=due + timedelta(hours=30))
    assert path_of(asked, kind="reminder_nominations") != path_of(asked)
    with reading(asked) as session:
        made = session.scalars(select(NominationLink).where(NominationLink.state == "KG")).all()
    assert len(made) >= 2
    told = words(letter(asked, "coordinator@secretariat.example", "reminder_nominations"))
    assert "/nominate/" not in told


def test_without_an_address_letters_carry_no_link(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IEOM_DECIDE_URL")
    settings.cache_clear()
    called(engine)
    told = words(letter(engine, contact(engine), "call_for_nominations"))
    assert "nominate/" not in told
    assert "We shall agree with you" in told.replace("\n", " ")


def test_forms_sent_at_one_instant_are_taken_one_after_the_other(either: Engine) -> None:
    called(either)
    path, before, said = path_of(either, "AZ"), threading.Barrier(4), list[int]()
    with contextmanager(site)(either) as client:

        def once(number: int) -> None:
            before.wait()
            said.append(client.post(path, data={**NOMINEE, "ref": f"r{number // 2}"}, headers=OURS).status_code)

        threads = [threading.Thread(target=once, args=(number,)) for number in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    with reading(either) as session:
        codes = [row.code for row in members.of(session, SLUG)]
    assert sorted(codes) == ["az-1", "az-2"]
    assert said == [303] * 4


def test_the_same_form_with_another_person_is_refused_and_loses_nobody(asked: Engine, web: TestClient) -> None:
    path = path_of(asked, "AZ")
    send(web, path, NOMINEE)
    other = send(web, path, {**NOMINEE, "office": "Embassy, observer 2", "email": "two@embassy.example"})
    assert other.status_code == 409
    assert "nominated somebody else already" in other.text
    assert "Embassy, observer 2" in other.text, "what was typed is still there"
    assert send(web, path, {**NOMINEE, "ref": ""}).status_code == 422


def test_a_sign_that_no_record_can_hold_is_refused(asked: Engine, web: TestClient) -> None:
    path = path_of(asked)
    send(web, path, NOMINEE)
    before = everything(asked)
    for odd in ("a\x00b", "a\x1bb"):
        data = {"act": "declare", "member": "kg-1", **NO, "detail": odd}
        assert web.post(path, data=data, headers=OURS).status_code == 400
    body = "\r\n".join(
        f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{said}'
        for name, said in {"act": "declare", "member": "kg-1", **NO, "detail": "\\ud800"}.items()
    )
    kind = {"content-type": "multipart/form-data; boundary=x; charset=unicode_escape", **OURS}
    assert web.post(path, content=body + "\r\n--x--\r\n", headers=kind).status_code == 415, "in a charset of its own"
    assert everything(asked) == before


def test_a_paper_of_a_transaction_that_failed_and_of_a_nominee_taken_back_is_not_kept(
    asked: Engine, web: TestClient
) -> None:
    path, keys = path_of(asked), settings().state_dir / "vault" / "keys"
    send(web, path, NOMINEE)
    with pytest.raises(RuntimeError), begin(asked) as session:
        vault.put(session, SLUG, by="state-kg", at=JULY, member="kg-1", item="passport_page", file=b"%PDF-1.7 lost")
        raise RuntimeError
    assert list(keys.iterdir()) == []
    give(web, path, "passport_page", b"%PDF-1.7 kept")
    assert len(list(keys.iterdir())) == 1
    send(web, path, {"act": "take-back", "member": "kg-1"})
    with begin(asked) as session:
        vault.erase_due(session, SLUG, at=JULY)
    assert list(keys.iterdir()) == []


def test_a_state_that_no_call_went_to_is_asked_by_its_link_and_the_note_still_follows(engine: Engine) -> None:
    open_example(engine)
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = JULY
        calling.send_link(session, SLUG, by="coordinator", at=JULY, state="KG")
        call = members.calls(session, SLUG)["KG"]
        assert (call.status, call.quota, call.note_number) == ("asked", 1, None)
        due = call.due_at
        calling.send_link(session, SLUG, by="coordinator", at=JULY, state="UZ")
        calling.state_declines(session, SLUG, by="state-uz", at=JULY, state="UZ")
    told = words(letter(engine, contact(engine), "nomination_link"))
    assert "kindly asks the Kyrgyz Republic to nominate up to 1 observer" in " ".join(told.split())
    assert "work no more" not in told
    with begin(engine) as session:
        acts.record_invitation(session, SLUG, by="coordinator", at=JULY)
        acts.advance(session, SLUG, at=JULY)
        acts.advance(session, SLUG, at=JULY)
        calls = members.calls(session, SLUG)
        assert calls["KG"].note_number is not None
        assert calls["KG"].due_at == due
        assert calls["UZ"].note_number is None, "who declined is not asked"
        notes = [row.occasion for row in correspondence.of(session, SLUG) if row.direction == "out"]
        assert notes.count("call:KG") == 1
    with contextmanager(site)(engine) as web:
        assert "The nomination is recorded" in send(web, path_of(engine, kind="nomination_link"), NOMINEE).text
    with begin(engine) as session:
        opened = missions.facts(session, SLUG).opens()
        with pytest.raises(Refused, match="the polls have opened"):
            calling.send_link(session, SLUG, by="coordinator", at=opened, state="TR")
        missions.get(session, SLUG).state = "evacuated"
        with pytest.raises(Refused, match="the mission is over"):
            calling.send_link(session, SLUG, by="coordinator", at=JULY, state="TR")
