from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieom.rules.audit import GENESIS, Link, digest, verify

START = datetime(2020, 7, 6, 4, tzinfo=UTC)


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    for seq in range(1, length + 1):
        previous = links[-1].hash if links else GENESIS
        at = START + timedelta(hours=seq)
        link = Link("m", seq, at, "coordinator", "MemberAppointed", {"member": f"az-{seq}"}, previous, "", f"s:{seq}")
        links.append(replace(link, hash=digest(link)))
    return links


def forged(links: list[Link], seq: int, **changed: object) -> list[Link]:
    """The chain after one row was changed and every hash from there on computed anew."""
    made: list[Link] = []
    for link in links:
        link = replace(link, previous=made[-1].hash if made else GENESIS)
        link = replace(link, **changed) if link.seq == seq else link
        made.append(replace(link, hash=digest(link)))
    return made


def test_a_whole_chain_has_no_fault() -> None:
    links = chain(5)
    assert verify(links, heads=[links[2].hash, links[4].hash[:16]], witness=(4, links[3].hash)) == []
    assert verify([]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"what": {"member": "tr-9"}}, {"by": "drafter"}, {"at": START}, {"act": "MemberLeft"}, {"ref": "s:99"},
        {"mission": "other"},
    ],
)  # fmt: skip
def test_an_edited_row_is_found_whichever_part_was_edited(change: dict[str, object]) -> None:
    links = chain(5)
    links[2] = replace(links[2], **change)
    assert any(fault.startswith("row 3") and "was edited" in fault for fault in verify(links))


@given(st.integers(0, 3))
def test_a_row_removed_before_the_end_is_found(place: int) -> None:
    links = chain(5)
    del links[place]
    assert any(f"row {place + 1} is missing" in fault for fault in verify(links))


def test_reordered_rows_are_found() -> None:
    links = chain(5)
    links[1], links[2] = links[2], links[1]
    assert any("does not follow" in fault for fault in verify(links))


def test_rows_renumbered_after_a_removal_are_found() -> None:
    links = chain(5)
    rest = [*links[:2], *(replace(link, seq=link.seq - 1) for link in links[3:])]
    assert verify(rest)


def test_an_end_cut_off_is_found_by_the_witness_or_by_a_hash_known_from_outside_alone() -> None:
    links = chain(5)
    cut = links[:3]
    assert verify(cut) == []
    assert any("witness saw" in fault for fault in verify(cut, witness=(5, links[4].hash)))
    assert any("known from outside" in fault for fault in verify(cut, heads=[links[4].hash]))
    assert verify(cut, heads=[links[2].hash], witness=(3, links[2].hash)) == []


def test_a_chain_written_anew_is_found_by_a_hash_known_from_outside() -> None:
    links = chain(5)
    anew = forged(links, 2, by="drafter")
    assert verify(anew) == []
    assert verify(anew, heads=[links[4].hash])
    assert verify(anew, witness=(5, links[4].hash))


def test_a_short_beginning_of_a_hash_proves_nothing() -> None:
    links = chain(2)
    assert verify(links, heads=[links[1].hash[:8]])
