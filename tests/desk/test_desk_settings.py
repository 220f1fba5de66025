"""Settings at the desk: what is well and what is not, no secret among it; and a real letter to oneself."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path

import pytest
from desks import Desk
from evening import SLUG
from sqlalchemy import Engine

from desk.catcher import Catcher, Keeper
from desk.cli.main import main
from ieom.acts import mailing
from ieom.records import contact_acts
from ieom.records.base import reading
from ieom.settings import Settings, settings

SECRET = "a password that nobody is to see"


class Refusing(Keeper):
    """A server that has never heard of anybody."""

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802 - aiosmtpd's name
        return "550 5.1.1 no such mailbox here"


def account(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"IEOM_{name.upper()}", value)
    settings.cache_clear()
    return settings()


def test_a_letter_to_oneself_really_goes_and_the_servers_answer_is_told(
    desk_opened: Desk, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catcher(tmp_path / "mail") as catcher:
        account(monkeypatch, smtp_host="127.0.0.1", smtp_port=str(catcher.port), smtp_security="none")
        for one in (desk_opened.administrator, desk_opened.coordinator):
            assert f"Send a test letter to {one.role}@desk.example" in one.get("/settings").text, (
                "to oneself, whoever it is"
            )
        page = desk_opened.administrator.post("/settings/test-letter").text
        again = desk_opened.administrator.post("/settings/test-letter")
    assert "The mail server took the letter. It said: 250" in page
    assert again.status_code == 409
    kept = [message_from_bytes(path.read_bytes()) for path in (tmp_path / "mail").glob("*.eml")]
    assert [one["To"] for one in kept] == ["administrator@desk.example"]
    assert "a test of the organisation's mail account" in kept[0].get_payload(decode=True).decode()
    with reading(engine) as session:
        head = contact_acts.head(session)
        assert head is not None
        assert (head.act, head.what["outcome"], head.what["code"]) == ("MailTested", "sent", 250)
        assert "@" not in str(head.what)


def test_what_the_server_refuses_is_said_and_so_is_one_that_is_not_there(
    desk_opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catcher = Catcher(tmp_path / "mail")
    catcher.handler = Refusing(tmp_path / "mail")
    with catcher:
        account(monkeypatch, smtp_host="127.0.0.1", smtp_port=str(catcher.port), smtp_security="none")
        page = desk_opened.administrator.post("/settings/test-letter").text
    assert "refuses that address" in page
    assert "no such mailbox here" in page
    assert "can&#39;t be reached" in desk_opened.coordinator.post("/settings/test-letter").text


def test_without_an_account_nothing_is_sent_and_the_page_says_what_is_missing(desk_opened: Desk) -> None:
    page = desk_opened.administrator.get("/settings").text
    assert "no mail account is set" in page
    assert "to be mended" in page
    assert "/settings/test-letter" not in page
    assert desk_opened.administrator.post("/settings/test-letter").status_code == 422


def test_no_secret_is_shown(desk_opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told = account(
        monkeypatch, smtp_host="mail.organisation.example", smtp_user="office@organisation.example", smtp_password=SECRET,
        sign_passphrase=SECRET, database_url=f"postgresql://ieom:{SECRET}@db.example/ieom", bounce_imap_password=SECRET,
    )  # fmt: skip
    page = desk_opened.coordinator.get("/settings").text
    assert "mail.organisation.example, port 587, secured by STARTTLS" in page
    assert SECRET not in page
    assert told.vault_key.get_secret_value() not in page
    assert "is well; the organisation&#39;s name is filled in" in page


def test_what_is_not_well_is_counted(desk_opened: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    for part in settings().templates_dir.iterdir():
        (tmp_path / "templates" / part.name).symlink_to(part)
    (tmp_path / "templates" / "papers").unlink()
    (tmp_path / "templates" / "papers").mkdir()
    (tmp_path / "templates" / "papers" / "letterhead.docx").write_bytes(b"no Word document")
    account(monkeypatch, smtp_host="mail.example", templates_dir=str(tmp_path / "templates"), vault_key="no key")
    page = desk_opened.auditor.get("/settings").text
    assert "2 things are to be mended" in page
    assert "can&#39;t be read as a Word document" in page
    assert desk_opened.auditor.post("/settings/test-letter").status_code == 403


def test_every_outcome_has_its_words() -> None:
    assert set(mailing.SAID) == set(mailing.What)


def test_a_file_of_names_that_was_saved_wrongly_stops_nobody_and_every_page_says_so(
    desk_opened: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for part in settings().config_dir.iterdir():
        (tmp_path / part.name).symlink_to(part)
    names = tmp_path / "names.toml"
    text = names.read_text("utf-8")
    names.unlink()
    names.write_text(text, "utf-8")
    account(monkeypatch, config_dir=str(tmp_path))
    page = f"/missions/{SLUG}"
    assert "be used as it was saved last" not in desk_opened.coordinator.get(page).text
    names.write_text(text.replace("[entries.KZ]", "[entries.KZ"), "utf-8")
    for path in (page, f"{page}/delegation", f"{page}/facts", "/"):
        answer = desk_opened.coordinator.get(path)
        assert answer.status_code == 200
        assert "names.toml, line" in answer.text
        assert "be used as it was saved last" in answer.text
    assert "Kazakhstan" in desk_opened.coordinator.get(f"{page}/facts").text
    assert "names.toml, line" not in desk_opened.stranger.get("/enter").text, "nothing to who has not entered"
    names.write_text(text.replace("[entries.KG]", "[entries.XX]").replace('"KG"', '"XX"'), "utf-8")
    answer = desk_opened.coordinator.get(f"{page}/delegation")
    assert answer.status_code == 503
    assert "&#39;KG&#39; has no entry in names.toml; add it there" in answer.text
    names.write_text(text, "utf-8")
    answer = desk_opened.coordinator.get(page)
    assert answer.status_code == 200
    assert "be used as it was saved last" not in answer.text


def test_a_command_says_what_is_wrong_with_the_names_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "names.toml").write_text("entries = {\n", "utf-8")
    account(monkeypatch, config_dir=str(tmp_path))
    monkeypatch.setattr("sys.argv", ["ieom", "check", str(settings().config_dir)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "names.toml" in said
    assert "is not written as TOML" in said
    assert "Traceback" not in said
