"""Settings come from the environment and from `.env`; a wrong one is named, never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from ieom.errors import BadInput, Faults
from ieom.records.base import connect
from ieom.settings import ROOT, Settings, settings


def test_the_mail_account_is_three_lines_of_a_file_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "IEOM_SMTP_HOST=mail.example.org\nIEOM_SMTP_USER=press@example.org\nIEOM_SMTP_PASSWORD=not-shown\n", "utf-8"
    )
    monkeypatch.setenv("IEOM_SMTP_USER", "desk@example.org")
    settings.cache_clear()
    found = settings()
    assert (found.smtp_host, found.smtp_user) == ("mail.example.org", "desk@example.org")
    assert found.smtp_password.get_secret_value() == "not-shown"
    assert "not-shown" not in repr(found)


def test_the_file_beside_the_checkout_is_read_wherever_a_command_is_typed() -> None:
    files = Settings.model_config["env_file"]
    assert isinstance(files, tuple)
    assert files[0] == ROOT / ".env"
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_every_wrong_setting_is_named_at_once_and_no_value_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEOM_SMTP_PORT", "a-password-in-the-wrong-place")
    monkeypatch.setenv("IEOM_SMTP_SECURITY", "ssl")
    monkeypatch.setenv("IEOM_SMTP_CONNECTIONS", "0")
    settings.cache_clear()
    with pytest.raises(Faults) as caught:
        settings()
    assert [str(fault) for fault in caught.value.faults] == [
        "settings, IEOM_SMTP_PORT: should be a valid integer",
        "settings, IEOM_SMTP_SECURITY: should be 'starttls', 'tls' or 'none'",
        "settings, IEOM_SMTP_CONNECTIONS: should be greater than or equal to 1",
    ]


@pytest.mark.parametrize("url", ["mission", "mysql://ieom:secret@db.example.org/ieom"])
def test_a_database_that_can_not_be_used_is_said_without_its_password(url: str) -> None:
    with pytest.raises(BadInput, match=r"postgresql://ieom@db\.example\.org/ieom") as caught:
        connect(url)
    assert "secret" not in str(caught.value)


def test_operators_find_every_setting_explained() -> None:
    said = (ROOT / "docs" / "operators.md").read_text("utf-8")
    for name in Settings.model_fields:
        whole = f"IEOM_{name.upper()}"
        short = whole.removeprefix("IEOM_SMTP")
        assert f"`{whole}`" in said or f"`{short}`" in said, f"{whole} is not explained"
