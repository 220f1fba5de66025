"""The owner of an account is written to when another way into it is made; where no letter goes, whoever made it is told so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from desks import PASSWORD, Desk
from sqlalchemy import Engine
from starlette.testclient import TestClient

from desk.catcher import Catcher, Keeper
from desk.cli import accounts as cli
from desk.web.app import web
from ieom.acts import accounts, attempts, passwords
from ieom.records import contact_acts, missions
from ieom.records.accounts import Account
from ieom.records.base import begin, reading
from ieom.settings import settings


class Refusing(Keeper):
    """A server that has never heard of anybody."""

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802 - aiosmtpd's name
        return "550 5.1.1 no such mailbox here"


@pytest.fixture
def catcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catcher]:
    with Catcher(tmp_path / "mail") as running:
        for name, value in {"HOST": "127.0.0.1", "PORT": str(running.port), "SECURITY": "none"}.items():
            monkeypatch.setenv(f"IEOM_SMTP_{name}", value)
        settings.cache_clear()
        yield running


def letters(tmp_path: Path) -> list[EmailMessage]:
    found = sorted((tmp_path / "mail").glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]  # type: ignore[misc]


def test_a_link_is_told_to_the_accounts_owner_by_a_letter_that_does_not_hold_it(
    desk_opened: Desk, engine: Engine, catcher: Catcher, tmp_path: Path
) -> None:
    number = desk_opened.accounts["drafter"]
    page = desk_opened.administrator.post(f"/accounts/{number}/link").text
    token = re.search(r"enter/link\?t=([\w-]+)</code>", page)
    assert token
    assert "holds no way in, went to drafter@desk.example" in page
    (letter,) = letters(tmp_path)
    said = " ".join(letter.get_content().split())
    assert (letter["To"], letter["X-Ieom-Kind"]) == ("drafter@desk.example", "account_link")
    assert "made for your account at the desk" in said
    assert "by Administrator of the desk" in said
    assert token[1] not in letter.as_string()
    with reading(engine) as session:
        made, told = list(contact_acts.links(session))[-2:]
    assert (made.act, told.act) == ("EntryLinkMade", "OwnerTold")
    assert told.what == {"account": number, "about": "link", "outcome": "sent", "code": 250}
    assert "A letter about it to the owner of the account" in desk_opened.administrator.get("/accounts/log").text


def test_whoever_makes_one_at_the_machine_is_named_so(
    desk_opened: Desk,
    engine: Engine,
    catcher: Catcher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "engine", lambda: engine)
    cli.link("drafter@desk.example")
    assert "went to drafter@desk.example" in capsys.readouterr().out
    (letter,) = letters(tmp_path)
    assert "by whoever keeps the machine that the desk runs on" in " ".join(letter.get_content().split())


def test_where_no_letter_goes_whoever_made_the_link_is_told_and_the_link_holds(
    desk_opened: Desk, engine: Engine, catcher: Catcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/accounts/{desk_opened.accounts['drafter']}/link"
    catcher.handler.__class__ = Refusing
    assert "refuses that address" in desk_opened.administrator.post(page).text
    monkeypatch.setenv("IEOM_SMTP_SECURITY", "starttls")
    settings.cache_clear()
    assert "No letter about it is known to have gone" in desk_opened.administrator.post(page).text
    monkeypatch.delenv("IEOM_SMTP_HOST")
    settings.cache_clear()
    said = desk_opened.administrator.post(page).text
    assert "No mail account is set, so no letter about it went to drafter@desk.example. Tell them yourself." in said
    assert re.search(r"enter/link\?t=[\w-]+</code>", said)
    assert letters(tmp_path) == []
    with reading(engine) as session:
        acts = [one.act for one in contact_acts.links(session)]
    assert acts.count("EntryLinkMade") == 3
    assert acts.count("OwnerTold") == 2


def test_guesses_from_everywhere_keep_the_owner_out_nowhere_they_were_before_and_are_told_once(
    desk_opened: Desk, engine: Engine, catcher: Catcher, tmp_path: Path
) -> None:
    email, elsewhere = "drafter@desk.example", "auditor@desk.example"
    with begin(engine) as session:
        at = missions.real_now()
        for role in ("drafter", "auditor"):
            session.get_one(Account, desk_opened.accounts[role]).password = passwords.hashed(PASSWORD)
    app = web(engine)

    def enter(client: TestClient, word: str = PASSWORD, address: str = email) -> Any:
        data = {"email": address, "password": word}
        return client.post("/enter", data=data, headers={"origin": str(client.base_url)}, follow_redirects=False)

    own, others, new = (TestClient(app, base_url="https://desk.example") for _ in range(3))
    cookie = next(one for one in enter(own).headers.get_list("set-cookie") if one.startswith("__Host-browser-"))
    for flag in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert flag in cookie
    assert enter(others, address=elsewhere).status_code == 303
    with begin(engine) as session:
        attempts.failed(session, [email] * accounts.EVERYWHERE, at=at)
    number = desk_opened.accounts["drafter"]
    for value in list(others.cookies.values()):  # one's own cookie under another's name is nobody's
        others.cookies.set(f"__Host-browser-{number}", value, domain="desk.example")
    for stranger in (others, new):
        said = enter(stranger)
        assert "too many wrong attempts" in said.text
        assert "a browser that you entered by before" in said.text
    assert enter(own, "wrong").status_code == 422
    assert enter(own).status_code == 303
    (letter,) = letters(tmp_path)
    assert (letter["To"], letter["X-Ieom-Kind"]) == (email, "account_guessed")
    with reading(engine) as session:
        assert list(contact_acts.links(session))[-1].what["about"] == "guessed"
    assert "A letter about it to the owner" in desk_opened.administrator.get("/accounts/log").text
    nobody = "nobody@desk.example"
    with begin(engine) as session:
        attempts.failed(session, [nobody] * accounts.EVERYWHERE, at=at)
    assert enter(new, address=nobody).text.replace(nobody, email) == said.text, "a stranger learns of no account"
    for _ in range(attempts.ATTEMPTS):
        enter(own, "wrong")
    assert enter(own).status_code == 422, "its own count has an end"
    with begin(engine) as session:
        token = accounts.entry_link(session, by="desk-1", account=number, at=at)
    chosen = {"t": token, "password": PASSWORD, "again": PASSWORD}
    assert new.post("/enter/link", data=chosen, headers={"origin": "https://desk.example"}).status_code == 200
    new.cookies.delete("__Host-desk")
    assert enter(new).status_code == 303, "who came by a link is known"
    assert enter(own).status_code == 422, "and whoever knew the old password is a stranger"
    assert len(letters(tmp_path)) == 1
