"""A letter's Message-ID: the same again in this installation, and nobody's guess."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import OPENED, open_example
from sqlalchemy import Engine

from ieom.errors import Unavailable
from ieom.mail.identity import identity, secret
from ieom.mail.letters import Recipient, queue
from ieom.records.base import begin
from ieom.settings import settings

OF_THE_LETTER = ("kazakhstan-senate-2020", "release:1", "office@authority.example", "press@observers.example")


def test_two_installations_give_the_same_letter_different_message_ids_and_each_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IEOM_SECRET")
    made = []
    for where in ("here", "there", "here"):
        monkeypatch.setenv("IEOM_STATE_DIR", str(tmp_path / where))
        settings.cache_clear()
        made.append(identity(secret(), *OF_THE_LETTER))
    assert made[0] == made[2] != made[1]
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["secret"]
    assert (tmp_path / "here" / "secret").stat().st_mode & 0o777 == 0o600
    (tmp_path / "here" / "secret").write_bytes(b"")
    with pytest.raises(Unavailable, match="it is empty"):
        secret()
    monkeypatch.setenv("IEOM_SECRET", "of all machines")
    settings.cache_clear()
    assert secret() == b"of all machines"


def test_a_letter_without_a_token_can_not_be_guessed_either(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    slug = open_example(engine)
    seen = []
    for key in ("ours", "a stranger's", "ours"):
        monkeypatch.setenv("IEOM_SECRET", key)
        settings.cache_clear()
        with begin(engine) as session:
            letter = queue(
                session, slug, kind="notice", occasion="x", to=Recipient("office@authority.example", "Office"),
                facts={"title": "T", "text": "x"}, at=OPENED,
            )  # fmt: skip
            assert letter is not None
            seen.append(letter.message_id)
            session.rollback()
    assert seen[0] == seen[2] != seen[1]
