"""Preparing a release with a key, and what keeps it from being prepared: the mission on the evening of 12 August 2020."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from evening import EVENING, SLUG, Doing
from sqlalchemy import Engine, select
from test_signing import NAME, PASSPHRASE, configured

from desk.cli.context import _engine
from desk.cli.main import main
from ieom.acts import distribution, drafting
from ieom.acts.proving import folder, prove
from ieom.acts.verifying import verify
from ieom.errors import BadInput, IeomError, Unavailable
from ieom.papers import certificates, keys, signatures, store
from ieom.records import drafts, releases
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.releases import Release
from ieom.rules.verifying import Verdict
from ieom.settings import settings


@pytest.fixture
def do(approved: Engine) -> Doing:
    return Doing(approved)


@pytest.fixture
def key(do: Doing, monkeypatch: pytest.MonkeyPatch) -> certificates.Certificate:
    configured(monkeypatch, sign_passphrase=PASSPHRASE)
    return keys.make([NAME], at=do.now - timedelta(days=30), years=3, passphrase=PASSPHRASE)[0]


def filed(row: Release) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder(row.mission, row.number).iterdir()}


def prepared(do: Doing) -> list[Release]:
    with reading(do.engine) as session:
        return releases.of(session, SLUG)


def act_of(do: Doing, number: int) -> dict[str, Any]:
    with reading(do.engine) as session:
        rows = session.scalars(select(AuditRow.what).where(AuditRow.act == "ReleasePrepared"))
        return next(what for what in rows if what["number"] == number)


def test_what_is_on_record_and_goes_out_is_the_signed_file(do: Doing, key: certificates.Certificate) -> None:
    texts = {one["key"]: f"{one['key']} in Turkish." for one in newest_text(do)}
    do(drafting.translate, "drafter", language="tr", texts=texts, title="Statement in Turkish")
    row = do(distribution.prepare, "press-officer")
    papers, act = filed(row), act_of(do, row.number)
    assert {name: store.sha256(data) for name, data in papers.items()} == row.papers == act["papers"]
    signed = {name for name in papers if name.endswith(".pdf")}
    assert signed == {"statement-en.pdf", "press-release-en.pdf", "statement-tr.pdf"}
    assert act["certificate"] == key.fingerprint
    for name in signed:
        found = signatures.read(papers[name], {key.fingerprint: key})
        assert found is not None, name
        assert found.whole
        assert found.digest == act["signed"][name]
        assert found.reason == f"Release {row.number} of {SLUG}: {name}"
        assert found.signed_at == do.now.replace(microsecond=0)
    with reading(do.engine) as session:
        assert prove(session, SLUG, row) == papers
        ask = lambda name, public: verify(session, papers[name], public=public)  # noqa: E731
        assert {ask(name, True).verdict for name in papers} == {Verdict.NOT_OURS}
        assert {ask(name, False).verdict for name in papers} == {Verdict.NOT_RELEASED}
    do(distribution.go, "coordinator")
    do.advance(distribution, at=EVENING)
    with reading(do.engine) as session:
        said = {name: verify(session, data) for name, data in papers.items()}
    assert {one.verdict for one in said.values()} == {Verdict.UNCHANGED}
    assert said["statement-tr.pdf"].says[0].startswith("This is the statement in Turkish: Elections of Deputies")
    assert said["statement-tr.pdf"].paper is not None
    assert said["statement-tr.pdf"].paper.version == 1


def newest_text(do: Doing) -> list[dict[str, Any]]:
    with reading(do.engine) as session:
        version = drafts.newest(session, SLUG)
        assert version is not None
        return list(version.content["paragraphs"])


def test_a_preparation_killed_before_its_end_is_repeated_to_the_byte(do: Doing, key: object) -> None:
    at = do.now + timedelta(minutes=1)

    def prepare(*, fail: bool) -> Release:
        with begin(do.engine) as session:
            row = distribution.prepare(session, SLUG, by="press-officer", at=at)
            if fail:
                raise KeyboardInterrupt  # the papers are on the disk, nothing is on record
            return row

    with pytest.raises(KeyboardInterrupt):
        prepare(fail=True)
    assert not prepared(do)
    left = {path.name: path.read_bytes() for path in folder(SLUG, 1).iterdir()}
    assert len(left) == 5
    assert filed(prepare(fail=False)) == left


@pytest.mark.parametrize(
    ("settings_", "error", "says"),
    [
        ({"sign_passphrase": "wrong"}, BadInput, "the passphrase is wrong"),
        ({"sign_pkcs12": "/nowhere/key.p12"}, BadInput, "/nowhere/key.p12 can't be read"),
        ({"sign_pkcs11_module": "/nowhere/module.so", "sign_pkcs11_label": "x"}, BadInput, "there is no file"),
        ({"tsa_url": "http://127.0.0.1:9/"}, Unavailable, "did not answer as it should"),
    ],
)
def test_a_key_that_does_not_sign_leaves_nothing_prepared(
    do: Doing,
    key: object,
    monkeypatch: pytest.MonkeyPatch,
    settings_: dict[str, str],
    error: type[IeomError],
    says: str,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        configured(patch, **settings_)
        with pytest.raises(error, match=says) as raised:
            do(distribution.prepare, "press-officer")
    settings.cache_clear()
    assert raised.value.again is (error is Unavailable)
    assert not prepared(do)
    assert not folder(SLUG, 1).exists()
    assert do(distribution.prepare, "press-officer").number == 1


def test_without_a_key_it_is_prepared_unsigned_and_says_so_nowhere(do: Doing) -> None:
    row = do(distribution.prepare, "press-officer")
    papers, act = filed(row), act_of(do, row.number)
    assert not any(b"/ByteRange" in data for data in papers.values())
    assert (act["certificate"], act["signed"]) == ("", {})


@pytest.fixture
def ieom(do: Doing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """A command, as typed at a prompt."""
    configured(monkeypatch, database_url=str(do.engine.url))

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ieom", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), " ".join(said.out.split()), said.err

    yield run
    _engine.cache_clear()


def test_the_press_office_is_told_whether_papers_are_signed(ieom: Any) -> None:
    code, out, err = ieom("release", "prepare", "--by", "press-officer")
    assert (code, err) == (0, "")
    assert "Its papers are not signed: no key is set ('ieom keys new' makes one)." in out


def test_the_commands_of_a_key_and_of_a_file(
    ieom: Any, do: Doing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert ieom("keys", "show")[1] == "No key is set: papers are released unsigned. 'ieom keys new' makes one."
    assert "set IEOM_SIGN_PASSPHRASE" in ieom("keys", "new")[2]
    configured(monkeypatch, sign_passphrase=PASSPHRASE)
    code, out, _err = ieom("keys", "new", "--from", "2020-08-01", "--years", "1")
    own = next(iter(certificates.kept()))
    assert code == 0
    assert f"Signs as: {NAME}" in out
    assert own in out
    assert PASSPHRASE not in out
    code, _out, err = ieom("keys", "new")
    assert (code, "is there already and stays as it is" in err) == (2, True)
    code, out, _err = ieom("keys", "show")
    assert "It has expired: nothing can be signed." in out
    code, out, _err = ieom("release", "prepare", "--by", "press-officer")
    assert f"Its PDFs are signed as {NAME}; the certificate holds until 1 August 2021." in out
    paper = folder(SLUG, 1) / "statement-en.pdf"
    code, out, _err = ieom("verify", paper)
    assert (code, out.startswith("Ours, not released yet")) == (1, True)
    assert own in out
    code, out, _err = ieom("verify", paper, "--public")
    assert (code, out.startswith("Not ours We released no such file")) == (1, True)
    do(distribution.go, "coordinator")
    do.advance(distribution, at=EVENING)
    code, out, _err = ieom("verify", paper)
    assert (code, out.startswith("Ours and unchanged")) == (0, True)
    code, out, _err = ieom("verify", paper, "--json")
    assert (code, '"verdict": "ours_and_unchanged"' in out) == (0, True)
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(paper.read_bytes() + b"\n")
    code, out, _err = ieom("verify", changed)
    assert (code, out.startswith("Changed after signing")) == (1, True)
    code, out, err = ieom("verify", tmp_path)
    assert (code, out, err) == (2, "", f"{tmp_path} is no file\n")


def test_a_secret_is_in_no_act_and_no_file_of_the_state_folder(do: Doing, key: object) -> None:
    do(distribution.prepare, "press-officer")
    with reading(do.engine) as session:
        said = " ".join(map(str, session.scalars(select(AuditRow.what))))
    assert PASSPHRASE not in said
    files = [path for path in settings().state_dir.rglob("*") if path.is_file()]
    assert not any(PASSPHRASE.encode() in path.read_bytes() for path in files)
    assert Counter(path.stat().st_mode & 0o077 for path in files if path.suffix in {".p12", ".pem", ".pdf"}).keys() == {
        0
    }
