"""The chain of a lived mission: it holds identifiers alone, and a hash that left the house shows a cut-off end."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLE
from sqlalchemy import select, text

from desk.cli.context import engine
from ieom.acts.audit import export_jsonl, faults
from ieom.mail.letters import message_bytes
from ieom.records.base import reading
from ieom.records.letters import Letter

SLUG = "kazakhstan-senate-2020"


def values(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield key
            yield from values(value)
    elif isinstance(found, list):
        for value in found:
            yield from values(value)
    elif isinstance(found, str):
        yield found


def test_the_chain_of_a_whole_mission_holds_identifiers_alone(at: Callable[[str], Path]) -> None:
    at("gone")
    with reading(engine()) as session:
        rows = [json.loads(line) for line in export_jsonl(session, SLUG)]
    assert len(rows) > 100
    for row in rows:
        for value in (row["by"], row["ref"] or "", *values(row["what"])):
            assert not re.search(r"[\s@]", value), f"{row['act']} holds '{value}', which is no identifier"
    chain = json.dumps(rows)
    for file in ("delegation.csv", "media.csv"):
        for person in csv.DictReader((EXAMPLE / file).open(encoding="utf-8")):
            for personal in filter(None, (person["name"], person["email"])):
                assert personal not in chain


@pytest.mark.parametrize("where", ["letter", "pdf"])
def test_the_hash_in_an_approval_letter_and_in_the_pdf_it_carries_shows_a_chain_that_was_cut_off(
    ieom: Any, at: Callable[[str], Path], where: str
) -> None:
    state = at("asked")
    with reading(engine()) as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "approval_request").limit(1)).one()
        message = message_from_bytes(message_bytes(session, letter), policy=policy.default)
    parts: dict[str, Any] = {
        part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()
    }
    if where == "letter":
        found = re.search(r"register of acts stood.*?\b([0-9a-f]{64})\b", parts["text/plain"], re.DOTALL)
    else:
        found = re.search(r"audit:([0-9a-f]{64})", parts["application/pdf"].decode("latin-1"))
    assert found is not None
    head = found.group(1)
    assert "with 1 hash from outside found in it" in ieom("audit", "verify", "--head", head).out

    with engine().begin() as connection:
        connection.execute(text("DROP TRIGGER audit_rows_no_delete"))
        place = connection.scalar(text("SELECT seq FROM audit_rows WHERE hash = :head"), {"head": head})
        connection.execute(text("DELETE FROM audit_rows WHERE seq >= :place"), {"place": place})
    (state / "witness" / f"{SLUG}.json").unlink()
    with reading(engine()) as session:
        assert faults(session, SLUG) == [], "by itself a cut-off chain looks whole"
    said = ieom("audit", "verify", "--head", head)
    assert said.code == 2
    assert "which is known from outside: the chain was cut off or replaced" in said.err
