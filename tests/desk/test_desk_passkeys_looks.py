"""A passkey in a real browser with a virtual device: added, left, entered by; and the letter about it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from browsers import served, violations
from desks import PASSWORD, people
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import Engine

from desk.catcher import Catcher
from desk.web.app import web
from ieom.acts import passwords
from ieom.records import accounts, contact_acts
from ieom.records.base import begin, reading
from ieom.settings import settings

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(400)]
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def desk(either: Engine, mission_of: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The desk on this machine, at 'localhost', with a coordinator; letters really go."""
    number = people(either, roles=("coordinator",))["coordinator"]
    with begin(either) as session:
        session.get_one(accounts.Account, number).password = passwords.hashed(PASSWORD)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    base = f"http://localhost:{taken.getsockname()[1]}"
    with Catcher(tmp_path / "mail") as catcher:
        told = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(catcher.port),
            "SMTP_SECURITY": "none",
            "DESK_URL": f"{base}/",
        }
        for name, value in told.items():
            monkeypatch.setenv(f"IEOM_{name}", value)
        settings.cache_clear()
        with served(web(either), taken):
            yield SimpleNamespace(base=base, engine=either, mail=tmp_path / "mail")


@pytest.fixture
def mission_of(either: Engine) -> str:
    from conftest import open_example

    return open_example(either)


def device(page: Page) -> tuple[CDPSession, str]:
    told = page.context.new_cdp_session(page)
    told.send("WebAuthn.enable")
    return told, told.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]


def looked_at(browser: Browser, page: Page, request: pytest.FixtureRequest) -> None:
    """The page is accessible and fits, at both widths. Beside the browser that acts: axe is a script, which the policy of
    pages lets in as little as any other."""
    folder = request.config.getoption("--screens")
    context = browser.new_context(bypass_csp=True, storage_state=page.context.storage_state())
    beside = context.new_page()
    for width in (1280, 390):
        beside.set_viewport_size({"width": width, "height": 850})
        beside.goto(page.url)
        beside.locator("form[data-passkey]").wait_for()
        assert violations(beside, but=frozenset({"minor", "moderate"})) == []
        assert beside.evaluate("document.documentElement.scrollWidth") <= width
        if folder:
            name = urlsplit(page.url).path.strip("/")
            beside.screenshot(path=str(Path(folder) / f"passkeys-{name}-{width}.png"), full_page=True)
    context.close()


def test_a_passkey_is_added_and_entered_by_in_a_browser(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 850})
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda one: broken.append(str(one)))
    telephone, number = device(page)
    page.goto(f"{desk.base}/enter?to=/me")
    looked_at(browser, page, request)
    page.get_by_role("button", name="Enter with a passkey").click()  # it has none
    expect(page.locator("#said [role=alert]")).to_contain_text("Nothing was done")
    page.get_by_label("E-mail address").fill("coordinator@desk.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Enter", exact=True).click()
    page.get_by_label("A name for the new passkey").fill("My telephone")
    page.locator("#passkey-password").fill("another one")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#said [role=alert]")).to_contain_text("no passkey was added")
    page.locator("#passkey-password").fill(PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#said")).to_contain_text("The passkey 'My telephone' is added")
    expect(page.locator("#said")).to_contain_text("went to coordinator@desk.example")
    page.get_by_role("button", name="Leave", exact=True).click()
    page.get_by_role("button", name="Enter with a passkey").click()
    page.wait_for_url(f"{desk.base}/")
    page.goto(f"{desk.base}/me")
    expect(page.get_by_text("last used now")).to_have_count(2)  # this session, and the passkey
    looked_at(browser, page, request)
    page.get_by_label("A name for the new passkey").fill("The same again")
    page.locator("#passkey-password").fill(PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#said [role=alert]")).to_contain_text("has a passkey for your account already")
    page.get_by_role("button", name="Remove 'My telephone'").click()
    expect(page.locator("#said")).to_contain_text("The passkey is removed")
    page.get_by_role("button", name="Leave", exact=True).click()
    page.get_by_role("button", name="Enter with a passkey").click()  # the device has it still
    expect(page.get_by_role("alert")).to_contain_text("lets nobody in here")
    telephone.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": False})
    page.get_by_role("button", name="Enter with a passkey").click()
    expect(page.locator("#said [role=alert]")).to_contain_text("Nothing was done")
    context.close()
    assert broken == []
    letters = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in desk.mail.glob("*.eml")]
    assert [one["To"] for one in letters] == ["coordinator@desk.example"]
    assert "a passkey named 'My telephone' was added to your account" in letters[0].get_content().replace("\n", " ")
    with reading(desk.engine) as session:
        acts = [one.act for one in contact_acts.links(session)]
    assert acts[-3:] == ["PasskeyAdded", "OwnerTold", "PasskeyRemoved"]


def test_without_script_one_enters_as_before(desk: SimpleNamespace, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.base}/enter?to=/me")
    expect(page.get_by_role("button", name="Enter with a passkey")).to_be_hidden()
    page.get_by_label("E-mail address").fill("coordinator@desk.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Enter", exact=True).click()
    expect(page.get_by_text("This browser has no passkeys, or runs no scripts")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
    context.close()
