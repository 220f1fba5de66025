"""Accounts at the desk: made with a one-time link, given roles that can't collide, closed; and one's own sessions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from desks import PASSWORD, Desk
from evening import SLUG
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from desk.cli import accounts as cli
from desk.public.app import public
from desk.public.site import records
from desk.web.app import web
from ieom.acts import accounts as acts
from ieom.acts import passwords
from ieom.errors import NotFound
from ieom.records import accounts, contact_acts, missions
from ieom.records.accounts import Account, DeskSession, EntryLink, Grant
from ieom.records.base import begin, reading
from ieom.rules.roles import Given, Role, collides, roles_anywhere

HERE = {"origin": "http://testserver"}


def link_in(page: str) -> str:
    found = re.search(r"enter/link\?t=([\w-]+)</code>", page)
    assert found, page
    return found[1]


def test_an_account_is_made_with_a_role_and_its_link_is_shown_once(desk_opened: Desk, engine: Engine) -> None:
    data = {"name": "Second drafter", "email": "second@desk.example", "role": "auditor", "of": SLUG}
    answer = desk_opened.administrator.post("/accounts", data)
    token = link_in(answer.text)
    assert token not in desk_opened.administrator.get("/accounts").text
    with reading(engine) as session:
        made = accounts.by_key(session, "second@desk.example")
        assert made is not None
        assert [(one.role, one.mission) for one in accounts.grants(session, made.id)] == [("auditor", SLUG)]
        assert not any(token in row.digest for row in session.scalars(select(EntryLink)))
    guest = TestClient(web(engine))
    chosen = {"t": token, "password": PASSWORD, "again": PASSWORD}
    assert guest.post("/enter/link", data=chosen, headers=HERE).status_code == 200
    assert guest.post("/enter/link", data=chosen, headers=HERE).status_code == 404


def test_a_new_link_ends_the_one_before_and_stands_in_the_record(desk_opened: Desk, engine: Engine) -> None:
    page = f"/accounts/{desk_opened.accounts['drafter']}"
    old = link_in(desk_opened.administrator.post(f"{page}/link").text)
    new = link_in(desk_opened.administrator.post(f"{page}/link").text)
    assert desk_opened.stranger.get(f"/enter/link?t={old}").status_code == 404
    assert desk_opened.stranger.get(f"/enter/link?t={new}").status_code == 200
    log = desk_opened.administrator.get("/accounts/log").text
    assert "Administrator of the desk makes a one-time link for the account &#39;Drafter of the statement&#39;" in log
    with reading(engine) as session:
        head = contact_acts.head(session)
        assert head is not None
        assert (head.act, head.by) == ("EntryLinkMade", f"desk-{desk_opened.accounts['administrator']}")


def test_a_link_expires(engine: Engine, desk_opened: Desk) -> None:
    with begin(engine) as session:
        at = missions.real_now()
        token = acts.entry_link(session, by="desk-1", account=desk_opened.accounts["drafter"], at=at)
        acts.link_of(session, token, at=at + timedelta(hours=acts.LINK_HOURS) - timedelta(seconds=1))
        with pytest.raises(NotFound, match="expired"):
            acts.link_of(session, token, at=at + timedelta(hours=acts.LINK_HOURS))


def test_a_role_given_holds_at_once_and_taken_is_gone_at_once(desk_opened: Desk, engine: Engine) -> None:
    number = desk_opened.accounts["drafter"]
    assert desk_opened.drafter.get("/accounts").status_code == 403
    given = desk_opened.administrator.post(f"/accounts/{number}/roles", {"role": "administrator"})
    assert "The role is given" in given.text
    assert "Take away: administrator" in given.text
    assert desk_opened.drafter.get("/accounts").status_code == 200
    with reading(engine) as session:
        grant = next(one for one in accounts.grants(session, number) if one.role == Role.ADMINISTRATOR)
    desk_opened.administrator.post(f"/accounts/{number}/roles/{grant.id}/take")
    assert desk_opened.drafter.get("/accounts").status_code == 403
    other = desk_opened.accounts["drafter"]
    answer = desk_opened.administrator.post(f"/accounts/{other}/roles/{grant.id}/take")
    assert answer.status_code == 404


def test_roles_can_not_collide(desk_opened: Desk, engine: Engine) -> None:
    head = f"/accounts/{desk_opened.accounts['head_of_mission']}/roles"
    two_names = desk_opened.administrator.post(head, {"role": "coordinator", "of": SLUG, "code": "coordinator"})
    assert two_names.status_code == 409
    other = f"/accounts/{desk_opened.accounts['auditor']}/roles"
    one_name = desk_opened.administrator.post(other, {"role": "head_of_mission", "of": SLUG, "code": "az-1"})
    assert one_name.status_code == 409
    everywhere = desk_opened.administrator.post(other, {"role": "head_of_mission", "of": "", "code": "az-1"})
    assert everywhere.status_code == 409
    nobody = desk_opened.administrator.post(other, {"role": "approver", "of": SLUG, "code": "az-99"})
    assert nobody.status_code == 422
    assert "obody in this mission acts as &#39;az-99&#39;" in nobody.text
    with reading(engine) as session:
        assert len(session.scalars(select(Grant)).all()) == len(desk_opened.accounts)


@pytest.mark.parametrize("where", ["", "other"])
def test_in_another_mission_a_person_may_act_under_another_code_but_not_beside_one_for_all(where: str) -> None:
    known = [Given(1, where, Role.COORDINATOR, "coordinator")]
    assert bool(collides(Given(1, "senate", Role.DRAFTER, "drafter"), known)) is (where == "")


def test_outside_of_missions_a_role_held_in_one_counts_but_an_administrator_is_one_for_all() -> None:
    given = [Given(1, "senate", Role.PRESS_OFFICER, "press-officer"), Given(1, "senate", Role.ADMINISTRATOR)]
    assert roles_anywhere(given) == {Role.PRESS_OFFICER}
    assert roles_anywhere([Given(1, "", Role.ADMINISTRATOR)]) == {Role.ADMINISTRATOR}


def test_the_last_administrator_who_can_enter_stays(engine: Engine, desk_opened: Desk) -> None:
    number = desk_opened.accounts["administrator"]
    with begin(engine) as session:
        at = missions.real_now()
        session.get_one(Account, number).password = passwords.hashed(PASSWORD)
        waiting = acts.make(session, by="desk-1", at=at, name="Waiting", email="waiting@desk.example")
        acts.give_role(session, by="desk-1", at=at, account=waiting.id, role="administrator")
        grant = accounts.grants(session, number)[0].id
    refused = "only administrator"
    assert refused in desk_opened.administrator.post(f"/accounts/{number}/close").text
    assert refused in desk_opened.administrator.post(f"/accounts/{number}/roles/{grant}/take").text
    with begin(engine) as session:
        session.get_one(Account, waiting.id).password = passwords.hashed(PASSWORD)
    desk_opened.administrator.post(f"/accounts/{number}/close")
    with reading(engine) as session:
        assert session.get_one(Account, number).closed_at is not None
    assert desk_opened.administrator.get("/accounts", follow_redirects=False).headers["location"].startswith("/enter")


def test_a_closed_account_is_a_stranger_at_once_and_its_link_is_dead(desk_opened: Desk, engine: Engine) -> None:
    number = desk_opened.accounts["drafter"]
    assert desk_opened.drafter.get("/").status_code == 200
    token = link_in(desk_opened.administrator.post(f"/accounts/{number}/link").text)
    desk_opened.administrator.post(f"/accounts/{number}/close")
    assert desk_opened.drafter.get("/", follow_redirects=False).status_code == 303
    assert desk_opened.stranger.get(f"/enter/link?t={token}").status_code == 404
    assert desk_opened.administrator.post(f"/accounts/{number}/link").status_code == 404


def test_one_ends_a_session_of_ones_own_and_nobody_elses(desk_opened: Desk, engine: Engine) -> None:
    desk_opened.auditor.get("/")
    with begin(engine) as session:
        stolen, row = acts.begin_session(session, account=desk_opened.accounts["drafter"], at=missions.real_now())
        other = session.scalars(select(DeskSession).where(DeskSession.account == desk_opened.accounts["auditor"])).one()
    page = desk_opened.drafter.get("/me").text
    assert row.digest[:16] in page
    assert other.digest[:16] not in page
    assert desk_opened.drafter.post(f"/me/sessions/{other.digest[:16]}/end").status_code == 404
    assert desk_opened.drafter.post(f"/me/sessions/{row.digest[:16]}/end").status_code == 200
    thief = TestClient(web(engine), cookies={"desk": stolen})
    assert thief.get("/", follow_redirects=False).status_code == 303
    assert desk_opened.auditor.get("/").status_code == 200


def test_a_new_password_needs_the_old_one_and_ends_every_other_session(desk_opened: Desk, engine: Engine) -> None:
    number = desk_opened.accounts["drafter"]
    with begin(engine) as session:
        session.get_one(Account, number).password = passwords.hashed(PASSWORD)
        stolen, _ = acts.begin_session(session, account=number, at=missions.real_now())
    new = "quite another few words"
    wrong = desk_opened.drafter.post("/me/password", {"old": "guessed wrongly", "new": new, "again": new})
    assert wrong.status_code == 422
    assert (
        desk_opened.drafter.post("/me/password", {"old": PASSWORD, "new": "short", "again": "short"}).status_code == 422
    )
    assert desk_opened.drafter.post("/me/password", {"old": PASSWORD, "new": new, "again": new}).status_code == 200
    assert desk_opened.drafter.get("/me").status_code == 200
    thief = TestClient(web(engine), cookies={"desk": stolen})
    assert thief.get("/", follow_redirects=False).status_code == 303
    with begin(engine) as session:
        came = acts.knock(session, email="drafter@desk.example", at=missions.real_now())
        assert (came.fits(PASSWORD), came.fits(new)) == (False, True)
        assert acts.enter(session, came, at=missions.real_now()) is not None


def test_guessing_the_old_password_from_within_a_session_is_counted_too(desk_opened: Desk, engine: Engine) -> None:
    with begin(engine) as session:
        session.get_one(Account, desk_opened.accounts["drafter"]).password = passwords.hashed(PASSWORD)
    new = "quite another few words"
    token = desk_opened.drafter.token()
    for _ in range(acts.ATTEMPTS):
        desk_opened.drafter.client.post(
            "/me/password",
            data={"csrf": token, "old": "wrong", "new": new, "again": new},
            headers={"origin": "http://testserver"},
        )
    answer = desk_opened.drafter.post("/me/password", {"old": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 409
    assert "Too many wrong attempts" in answer.text
    with begin(engine) as session:  # who sits at a browser left open keeps its owner out of no other
        came = acts.knock(session, email="drafter@desk.example", at=missions.real_now())
        assert came.fits(PASSWORD)


def test_others_write_while_a_password_is_compared(desk_opened: Desk, engine: Engine, monkeypatch) -> None:
    """It takes a while; strangers who try passwords would else keep everybody from writing."""
    wrote = []

    def slow(_kept: str, _password: str) -> bool:
        with begin(engine) as session:
            session.get_one(Account, desk_opened.accounts["drafter"]).name = "Written meanwhile"
        wrote.append(True)
        return False

    monkeypatch.setattr(passwords, "fits", slow)
    data = {"email": "drafter@desk.example", "password": PASSWORD}
    answer = desk_opened.stranger.client.post("/enter", data=data, headers={"origin": "http://testserver"})
    assert answer.status_code == 422
    assert wrote == [True]
    with reading(engine) as session:
        assert session.get_one(Account, desk_opened.accounts["drafter"]).name == "Written meanwhile"


def test_of_many_guesses_at_once_no_more_are_compared_than_may_be(
    desk_opened: Desk, engine: Engine, monkeypatch
) -> None:
    """Each is counted before it is looked at; the right password takes nothing from what others may try."""
    data = {"email": "drafter@desk.example", "password": PASSWORD}
    own = {"origin": "http://testserver"}
    with begin(engine) as session:
        session.get_one(Account, desk_opened.accounts["drafter"]).password = passwords.hashed(PASSWORD)
    for _ in range(acts.ATTEMPTS + 2):
        assert TestClient(web(engine)).post("/enter", data=data, headers=own, follow_redirects=False).status_code == 303
    tried = []

    def within(_kept: str, _password: str) -> bool:
        tried.append(True)
        if len(tried) < 3 * acts.ATTEMPTS:  # another guess comes while this one is compared
            TestClient(web(engine)).post("/enter", data=data, headers=own)
        return False

    monkeypatch.setattr(passwords, "fits", within)
    TestClient(web(engine)).post("/enter", data=data, headers=own)
    assert len(tried) == acts.ATTEMPTS


@pytest.mark.parametrize("charset", ["punycode", "PUNYCODE", '"punycode"', "utf-7", "idna"])
def test_a_form_that_names_a_charset_of_its_own_is_not_decoded(desk_opened: Desk, engine: Engine, charset: str) -> None:
    """Python's punycode takes minutes for a megabyte, on the loop that answers everybody."""
    body = b'--x\r\ncontent-disposition: form-data; name="email"\r\n\r\n-' + b"99" * 20_000 + b"\r\n--x--\r\n"
    own = records(engine.url.render_as_string(hide_password=False))
    for site in (web(engine), public(own)):
        with TestClient(site) as client:
            for path in ("/enter", "/verify", "/decide/any", "/unsubscribe"):
                kind = f"multipart/form-data; boundary=x; charset={charset}"
                assert client.post(path, content=body, headers={"content-type": kind}).status_code == 415
            kind = "application/x-www-form-urlencoded; charset=UTF-8"
            plain = client.post("/enter", content=b"email=a", headers={"content-type": kind})
            assert plain.status_code in {403, 405, 422}
    own.dispose()


def test_a_session_ends_unused_and_in_the_end_however_much_it_is_used(engine: Engine, desk_opened: Desk) -> None:
    with begin(engine) as session:
        at = missions.real_now()
        token, row = acts.begin_session(session, account=desk_opened.accounts["drafter"], at=at)
        assert acts.present(session, token, at=at + acts.IDLE) is not None
        assert acts.present(session, token, at=at + acts.IDLE + timedelta(seconds=1)) is None
        row.seen_at = at + acts.LONGEST
        session.flush()
        assert acts.present(session, token, at=at + acts.LONGEST + timedelta(seconds=1)) is None


def test_the_own_time_zone_and_language_are_kept_and_nonsense_is_not(desk_opened: Desk, engine: Engine) -> None:
    desk_opened.drafter.post("/me", {"language": "tr", "zone": "Europe/Istanbul"})
    assert desk_opened.drafter.post("/me", {"language": "tr", "zone": "Mars/Base"}).status_code == 422
    assert desk_opened.drafter.post("/me", {"language": "xx", "zone": ""}).status_code == 422
    with reading(engine) as session:
        row = session.get_one(Account, desk_opened.accounts["drafter"])
        assert (row.language, row.zone) == ("tr", "Europe/Istanbul")


def test_who_is_locked_out_gets_a_link_at_the_machine_and_that_stands_in_the_record(
    desk_opened: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "engine", lambda: engine)
    cli.list_()
    assert (
        "administrator@desk.example  Administrator of the desk: administrator in all missions"
        in capsys.readouterr().out
    )
    with pytest.raises(NotFound, match="no account"):
        cli.link("nobody@desk.example")
    cli.link("Administrator@Desk.example")
    found = re.search(r"enter/link\?t=([\w-]+)", capsys.readouterr().out)
    assert found
    assert desk_opened.stranger.get(f"/enter/link?t={found[1]}").status_code == 200
    with reading(engine) as session:
        head = contact_acts.head(session)
        assert head is not None
        assert (head.act, head.by) == ("EntryLinkMade", "machine")


def test_an_auditor_reads_who_may_enter_with_which_role_and_changes_nothing(desk_opened: Desk) -> None:
    page = desk_opened.auditor.get("/accounts")
    assert page.status_code == 200
    assert "drafter@desk.example" in page.text
    assert "Make an account" not in page.text
    assert f'href="/accounts/{desk_opened.accounts["drafter"]}"' not in page.text
    assert desk_opened.auditor.get(f"/accounts/{desk_opened.accounts['drafter']}").status_code == 403
    assert 'href="/accounts"' in desk_opened.auditor.get("/").text


def test_a_password_is_kept_as_an_argon2_hash_alone(desk_opened: Desk, engine: Engine) -> None:
    with begin(engine) as session:
        link = acts.entry_link(session, by="clock", account=desk_opened.accounts["drafter"], at=missions.real_now())
        acts.use_link(session, token=link, password=PASSWORD, at=missions.real_now())
    with reading(engine) as session:
        kept = session.get_one(Account, desk_opened.accounts["drafter"]).password
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
