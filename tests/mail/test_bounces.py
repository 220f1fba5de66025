"""Delivery reports and complaints in the styles of the servers that write them; everything else is for people."""

from __future__ import annotations

import random
import time
import tracemalloc

import pytest
from returned import (
    ENVELOPE,
    EXCHANGE,
    EXIM,
    GAVE_UP,
    GLOBAL,
    GMAIL,
    OURS,
    OUT_OF_OFFICE,
    POLICY,
    POSTFIX,
    POSTFIX_DELAY,
    QMAIL,
    READ_RECEIPT,
    READER,
    complaint,
    report,
)  # fmt: skip

from ieom.mail.bounces import LIMIT, Report, is_report, read


def one(content: bytes) -> Report:
    (found,) = read(content).reports
    return found


@pytest.mark.parametrize(
    ("status", "kind", "code", "says"),
    [
        (POSTFIX, "bounce", "5.1.1", "User unknown in virtual mailbox table"),
        (POSTFIX_DELAY, "delay", "4.4.1", "Connection timed out"),
        (EXIM, "bounce", "5.1.1", "No such user here"),
        (EXCHANGE, "bounce", "5.1.10", "RecipientNotFound"),
        (GMAIL, "bounce", "5.2.1", "is disabled"),
        (POLICY, "bounce", "5.7.1", "Blocked by policy"),
        (GAVE_UP, "bounce", "4.4.7", ""),
        (POSTFIX.replace("failed", "relayed"), "delivered", "5.1.1", ""),
        (POSTFIX.replace("failed", "FAILED (as we said)"), "bounce", "5.1.1", ""),
        (POSTFIX.replace("Status: 5.1.1\n", ""), "bounce", "5.1.1", ""),
        (POSTFIX.replace("rfc822; desk@outlet.example", "rfc822; elsewhere@forward.example"), "bounce", "5.1.1", ""),
    ],
)  # fmt: skip
def test_a_report_says_what_became_of_which_letter_to_whom(status: str, kind: str, code: str, says: str) -> None:
    for content in (report(status), report(status, kind="message/rfc822"), report(status).replace(b"\n", b"\r\n")):
        found = one(content)
        assert (found.kind, found.status) == (kind, code)
        assert found.identities == (OURS,)
        assert found.speaks_of(READER)
        assert found.speaks_of("Desk@Outlet.example")
        assert not found.speaks_of("other@outlet.example")
        assert says in found.diagnostic
        assert "\n" not in found.diagnostic


def test_the_envelope_s_identifier_stands_for_a_returned_header() -> None:
    assert one(report(ENVELOPE, returned="Subject: nothing of use\n")).identities == (OURS,)


def test_a_report_with_addresses_beyond_ascii_is_understood() -> None:
    found = one(report(GLOBAL, status_kind="message/global-delivery-status", kind="message/global-headers"))
    assert (found.kind, found.status, found.identities) == ("bounce", "5.1.1", (OURS,))
    assert found.speaks_of("деск@outlet.example")


def test_a_report_for_a_reader_with_an_internationalised_domain_knows_it_in_its_ascii_form() -> None:
    found = one(report(POSTFIX.replace("outlet.example", "xn--e1aybc.xn--e1afmkfd.example")))
    assert found.speaks_of("desk@тест.пример.example")


@pytest.mark.parametrize(
    "content",
    [
        QMAIL, OUT_OF_OFFICE, READ_RECEIPT, b"", b"\x00" * 1000, b"no header at all",
        report(POSTFIX, returned="Subject: whose letter was it?\n"),
        report(POSTFIX.replace("Action: failed", "Action: perhaps")),
        report(POSTFIX.replace("rfc822;", "x400;")),
        report("nothing of what should stand here"),
        complaint("not-spam"), complaint("auth-failure"), complaint("virus"),
        complaint("abuse").replace(OURS.encode(), b"nobody"),
    ],
)  # fmt: skip
def test_what_is_no_report_of_a_letter_is_for_people(content: bytes) -> None:
    assert read(content).reports == ()


def test_what_is_for_people_is_named_in_a_line_without_anything_that_moves_a_terminal_s_cursor() -> None:
    found = read(OUT_OF_OFFICE)
    assert (found.sender, found.subject) == (f"Редакция <{READER}>", "Out of office: back on Monday")
    evil = b"From: =?utf-8?Q?a=1B[2J=E2=80=AE?= <x@y.example>\nSubject: =?utf-8?Q?a=0D=0Ab?=\n\n"
    assert (read(evil).sender, read(evil).subject) == ("a [2J <x@y.example>", "a b")
    broken = b"From: =?nocharset?B?!!!?= \xff\xfe <x@y.example>\nSubject: =?utf-8?B?\xff?=\n\n"
    assert "x@y.example" in read(broken).sender


@pytest.mark.parametrize(
    ("fields", "spoken_of"), [(f"Original-Rcpt-To: <{READER}>", True), ("", True), ("Original-Rcpt-To: <a@b.example>", False)]
)  # fmt: skip
def test_a_complaint_is_about_the_letter_that_it_returns_even_when_it_hides_the_reader(
    fields: str, *, spoken_of: bool
) -> None:
    found = one(complaint(fields=fields))
    assert (found.kind, found.identities) == ("complaint", (OURS,))
    assert found.speaks_of(READER) == spoken_of


def test_a_report_before_a_letter_of_50_megabytes_is_read_from_its_first_bytes() -> None:
    whole = report(POSTFIX, kind="message/rfc822") + b"x" * 76 * 700_000
    tracemalloc.start()
    begun = time.process_time()
    assert one(whole).status == "5.1.1"
    assert time.process_time() - begun < 2
    assert tracemalloc.get_traced_memory()[1] < 16 * LIMIT
    tracemalloc.stop()


def test_parts_within_parts_without_end_cost_nothing() -> None:
    bomb = b"".join(
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b%d\n\n--b%d\n" % (n, n)
        for n in range(20_000)
    )
    messages = report(POSTFIX, returned="Content-Type: message/rfc822\n\n" * 10_000, kind="message/rfc822")
    lines = report(POSTFIX, kind="message/rfc822", returned="Content-Type: message/rfc822\n\n" * 30 + "\n" * 400_000)
    begun = time.process_time()
    for content in (bomb, messages, lines):
        read(content)
    assert time.process_time() - begun < 6


def test_no_bytes_make_the_reading_fail() -> None:
    chance, whole = random.Random(7), report(POSTFIX) + complaint()
    samples = [
        report(POSTFIX),
        report(GLOBAL, status_kind="message/global-delivery-status"),
        complaint(),
        GMAIL.encode(),
    ]
    for _ in range(400):
        content = bytearray(chance.choice(samples))
        for _ in range(chance.randrange(1, 30)):
            start = chance.randrange(len(content))
            piece = chance.randrange(len(whole))
            content[start : start + chance.randrange(8)] = whole[piece : piece + chance.randrange(40)]
            content[chance.randrange(len(content))] = chance.randrange(256)
        is_report(bytes(content))
        read(bytes(content))
