"""What the logs of Postfix and Exim say of a letter, in every form that they are kept in."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ieom.errors import Unavailable
from ieom.mail.maillog import read
from ieom.rules.doubt import Attempt, Log, Verdict, judge

ONE, TWO, KNOWN = "<one@observers.example>", "<two@observers.example>", "<known@observers.example>"
AT = datetime(2020, 8, 12, 14, 0, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Almaty")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def logged(folder: Path, text: str, name: str = "mail.log", written: datetime = AT + timedelta(hours=1)) -> str:
    path = folder / name
    data = "\n".join(line.strip() for line in text.strip().splitlines()).encode() + b"\n"
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    os.utime(path, (written.timestamp(), written.timestamp()))
    return str(path)


def verdict(log: Log, message: str = ONE, latest: datetime = AT, witness: timedelta = timedelta(0)) -> Verdict:
    return judge(log, Attempt(message, AT - timedelta(minutes=5), latest), {KNOWN: AT - timedelta(minutes=4) + witness})


def session(pid: int, queue: str, message: str, minute: str, *, active: bool = True, end: str = "") -> str:
    lines = [
        f"{minute}:01 mx postfix/smtpd[{pid}]: connect from localhost[127.0.0.1]",
        f"{minute}:01 mx postfix/smtpd[{pid}]: {queue}: client=localhost[127.0.0.1]",
        f"{minute}:01 mx postfix/cleanup[7352]: {queue}: message-id={message}",
    ]
    if active:
        lines.append(
            f"{minute}:02 mx postfix/qmgr[9]: {queue}: from=<press@observers.example>, size=403, nrcpt=1 (queue active)"
        )
    else:
        lines.append(
            f"{minute}:02 mx postfix/smtpd[{pid}]: lost connection after DATA (40118 bytes) from localhost[127.0.0.1]"
        )
    lines.append(
        f"{end or minute + ':02'} mx postfix/smtpd[{pid}]: disconnect from localhost[127.0.0.1] ehlo=1 mail=1 commands=2"
    )
    return "\n".join(lines)


BEFORE = "Aug 12 19:50:00 mx postfix/master[1]: daemon started -- version 3.7.11"
AFTER = "Aug 12 20:03:00 mx postfix/anvil[3]: statistics: max connection rate 1/60s"
WITNESS = session(7, "3FA6C210294", KNOWN, "Aug 12 19:56")


def test_a_letter_that_came_into_postfix_s_queue_was_taken_and_its_fate_is_told(tmp_path: Path) -> None:
    for queue, status, how in (
        ("4RqP1z5yKTz9sWb", "dsn=2.0.0, status=sent (250 2.0.0 Ok)", "sent"),
        ("AB875210294", "dsn=5.1.1, status=bounced (host mx.outlet.example said: 550 5.1.1 no such desk)", "bounced"),
        ("AB875210294", "dsn=4.4.1, status=deferred (connect to mx.outlet.example: timed out)", "sent"),
        ("AB875210294", "dsn=4.4.1, status=expired (delivery temporarily suspended)", "bounced"),
    ):
        text = session(8, queue, ONE, "Aug 12 20:00")
        text += f"\nAug 12 20:00:03 mx postfix/smtp[11]: {queue}: to=<desk@outlet.example>, relay=mx.outlet.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, {status}"
        text += f"\nAug 12 20:00:03 mx postfix/qmgr[9]: {queue}: removed"
        found = verdict(read(logged(tmp_path, text), {ONE}))
        assert (found.how, found.at) == (how, datetime(2020, 8, 12, 14, 0, 2, tzinfo=UTC))
        assert status.partition("(")[2].rstrip(")") in found.why


def test_a_letter_that_a_whole_log_does_not_know_was_not_taken(tmp_path: Path) -> None:
    log = read(logged(tmp_path, "\n".join([BEFORE, WITNESS, AFTER])), {ONE, KNOWN})
    assert verdict(log).how == "again"


def test_a_letter_whose_header_was_read_and_that_never_came_into_the_queue_was_not_taken(tmp_path: Path) -> None:
    broken = session(8, "F3E8D210294", ONE, "Aug 12 20:00", active=False)
    log = read(logged(tmp_path, "\n".join([BEFORE, WITNESS, broken, AFTER])), {ONE, KNOWN})
    assert verdict(log).how == "again"
    log = read(
        logged(tmp_path, "\n".join([BEFORE, WITNESS, broken, AFTER.replace("20:03:00", "20:00:40")])), {ONE, KNOWN}
    )
    assert verdict(log).how == "doubt", "its queue manager may yet report it"


def test_a_header_that_is_logged_after_its_session_s_end_and_the_next_one_s_beginning_is_of_that_session(
    tmp_path: Path,
) -> None:
    lines = session(8, "F3E8D210294", ONE, "Aug 12 20:00", active=False).splitlines()
    header = lines.pop(2)
    late = [*lines, "Aug 12 20:00:02 mx postfix/smtpd[8]: connect from localhost[127.0.0.1]", header.replace(":01", ":02"),
            "Aug 12 20:00:03 mx postfix/smtpd[8]: disconnect from localhost[127.0.0.1] ehlo=1 quit=1"]  # fmt: skip
    log = read(logged(tmp_path, "\n".join([BEFORE, WITNESS, *late, AFTER])), {ONE, KNOWN})
    assert log.traces[ONE].ended_at == datetime(2020, 8, 12, 14, 0, 2, tzinfo=UTC)
    assert verdict(log).how == "again"


OPEN = "Aug 12 20:00:01 mx postfix/smtpd[8]: connect from localhost[127.0.0.1]"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([WITNESS, AFTER], "begins after the letter was queued"),
        ([BEFORE, WITNESS], "does not reach the attempt yet"),
        ([BEFORE, AFTER], "may be another server's"),
        ([BEFORE, WITNESS, OPEN, AFTER], "still open"),
        ([BEFORE, WITNESS, "Aug 12 19:58:00 mx rsyslogd: imuxsock[pid: 3]: begin to drop messages due to rate-limiting", AFTER], "lost lines"),
        ([BEFORE, WITNESS, "Aug 12 19:58:00 mx systemd-journald[2]: Suppressed 4711 messages from postfix.service", AFTER], "lost lines"),
        (["Aug 12 20:00:02 mx cron[1]: nothing of mail"], "no line of Postfix or Exim"),
        ([""], "no line of Postfix or Exim"),
    ],
)  # fmt: skip
def test_a_log_that_proves_nothing_leaves_the_letter_in_doubt_and_says_why(
    tmp_path: Path, lines: list[str], says: str
) -> None:
    found = verdict(read(logged(tmp_path, "\n".join(lines)), {ONE, KNOWN}))
    assert found.how == "doubt"
    assert says in found.why


def test_a_log_of_another_clock_or_server_proves_nothing(tmp_path: Path) -> None:
    log = read(logged(tmp_path, "\n".join([BEFORE, WITNESS, AFTER])), {ONE, KNOWN})
    assert "clock or zone" in verdict(log, witness=timedelta(minutes=3)).why
    missing = {KNOWN: AT - timedelta(minutes=4), TWO: AT - timedelta(minutes=2)}
    found = judge(log, Attempt(ONE, AT - timedelta(minutes=5), AT), missing)
    assert "lacks letters" in found.why


def test_an_open_session_is_no_doubt_for_ever(tmp_path: Path) -> None:
    late = AFTER.replace("20:03:00", "20:16:00")
    assert verdict(read(logged(tmp_path, "\n".join([BEFORE, WITNESS, OPEN, late])), {ONE, KNOWN})).how == "again"


def test_a_queue_identifier_that_is_used_again_tells_nothing_of_the_first_letter(tmp_path: Path) -> None:
    text = [BEFORE, WITNESS, session(8, "210294", ONE, "Aug 12 19:58", active=False),
            session(8, "210294", TWO, "Aug 12 20:00"), AFTER]  # fmt: skip
    log = read(logged(tmp_path, "\n".join(text)), {ONE, TWO, KNOWN})
    assert verdict(log, ONE).how == "again"
    assert verdict(log, TWO).how == "sent"


EXIM = """
2020-08-12 19:56:01 1k5xyz-0001ab-Cd <= press@observers.example H=localhost [127.0.0.1] P=esmtp S=403 id=known@observers.example
2020-08-12 19:56:02 1k5xyz-0001ab-Cd Completed
2020-08-12 20:00:01 1k5xz1-0001ab-Ef <= press@observers.example H=localhost [127.0.0.1] P=esmtp S=403 id=one@observers.example
{then}
2020-08-12 20:00:04 1k5xz1-0001ab-Ef Completed
2020-08-12 20:20:00 Start queue run: pid=1234
"""


@pytest.mark.parametrize(
    ("then", "how", "why"),
    [
        ("2020-08-12 20:00:03 1k5xz1-0001ab-Ef => desk@outlet.example R=dnslookup T=remote_smtp H=mx [192.0.2.1] C=\"250 OK\"", "sent", "delivered"),
        ("2020-08-12 20:00:03 1k5xz1-0001ab-Ef ** desk@outlet.example R=dnslookup T=remote_smtp: 550 5.1.1 no such desk", "bounced", "no such desk"),
        ("2020-08-12 20:00:03 1k5xz1-0001ab-Ef == desk@outlet.example R=dnslookup T=remote_smtp defer (110): Connection timed out", "sent", "deferred"),
    ],
)  # fmt: skip
def test_what_exim_took_is_known_with_its_fate(tmp_path: Path, then: str, how: str, why: str) -> None:
    for text in (
        EXIM,
        EXIM.replace("1k5xz1-0001ab-Ef", "1tWc2V-00000004FxE-2EuA").replace(
            "2020-08-12 20:00:01", "2020-08-12 20:00:01.123 +0600 [4711]"
        ),
    ):
        log = read(
            logged(
                tmp_path,
                text.format(then=then).replace(
                    "1k5xz1-0001ab-Ef", "1tWc2V-00000004FxE-2EuA" if "FxE" in text else "1k5xz1-0001ab-Ef"
                ),
            ),
            {ONE, KNOWN},
        )
        found = verdict(log)
        assert found.how == how
        assert why in found.why
        assert found.at is not None
        assert found.at.replace(microsecond=0) == datetime(2020, 8, 12, 14, 0, 1, tzinfo=UTC)


def test_what_exim_did_not_take_is_certain_only_a_quarter_of_an_hour_later(tmp_path: Path) -> None:
    log = read(logged(tmp_path, "2020-08-12 19:50:00 Start queue run: pid=9\n" + EXIM.format(then="")), {TWO, KNOWN})
    assert verdict(log, TWO).how == "again"
    early = EXIM.format(then="").replace("20:20:00", "20:14:00")
    log = read(logged(tmp_path, "2020-08-12 19:50:00 Start queue run: pid=9\n" + early), {TWO, KNOWN})
    assert "does not show sessions" in verdict(log, TWO).why


def test_rotated_and_compressed_files_are_read_oldest_first_whatever_their_names(tmp_path: Path) -> None:
    logged(tmp_path, BEFORE + "\n" + WITNESS, "mail.log.2.gz")
    logged(tmp_path, session(8, "210294", ONE, "Aug 12 20:00"), "mail.log.1")
    logged(tmp_path, AFTER.replace("Aug 12 20:03:00", "2020-08-12T20:03:00.5+06:00"), "mail.log")
    log = read(f"{tmp_path}/mail.log*, {tmp_path}/mail.log", {ONE, KNOWN})
    assert log.starts == datetime(2020, 8, 12, 13, 50, tzinfo=UTC)
    assert log.ends == datetime(2020, 8, 12, 14, 3, 0, 500000, tzinfo=UTC)
    assert verdict(log).how == "sent"


def test_a_time_without_a_year_belongs_to_the_year_in_which_the_file_was_written(tmp_path: Path) -> None:
    text = "Dec 31 23:59:59 mx postfix/master[1]: x\nJan  1 00:00:01 mx postfix/master[1]: y"
    log = read(logged(tmp_path, text, written=datetime(2021, 1, 3, tzinfo=UTC)), set())
    assert (log.starts, log.ends) == (
        datetime(2020, 12, 31, 17, 59, 59, tzinfo=UTC), datetime(2020, 12, 31, 18, 0, 1, tzinfo=UTC),
    )  # fmt: skip
    log = read(
        logged(tmp_path, "Feb 29 12:00:00 mx postfix/master[1]: x", written=datetime(2021, 1, 3, tzinfo=UTC)), set()
    )
    assert log.starts == datetime(2020, 2, 29, 6, 0, tzinfo=UTC)


def test_a_log_of_garbage_is_read_without_harm(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(
        os.urandom(100_000)
        + b"\nFoo 99 99:99:99 mx postfix/qmgr[1]: x\n"
        + b"A" * 5_000_000
        + b"\n"
        + BEFORE.encode()
        + b"\n"
    )
    assert read(str(path), {ONE}).starts is not None
    (tmp_path / "bad.gz").write_bytes(b"no gzip")
    with pytest.raises(Unavailable, match=r"bad\.gz can't be read"):
        read(str(tmp_path / "bad.gz"), {ONE})
    with pytest.raises(Unavailable, match="no mail log"):
        read(str(tmp_path / "nothing*"), {ONE})
