"""What reaches a header or a body of a letter: nothing breaks out of its place, every script arrives as it was written."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import Engine, select

from ieom.errors import BadInput
from ieom.mail.letters import Attachment, Recipient, message_bytes, queue, queue_many
from ieom.mail.message import wire
from ieom.mail.phrases import phrases, spoken_in
from ieom.records import missions
from ieom.records.base import begin
from ieom.records.letters import Letter
from ieom.settings import settings

NOW = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
PAPER = Attachment("statement-en.pdf", "application/pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20)
SCRIPTS = {
    "Latin": "Ağabəy Şükürova-Győrffy",
    "Cyrillic": "Әлия Құдайбергенқызы Үсөнова",
    "Arabic": "فاطمة الزهراء",
    "Georgian": "ნინო ბერიძე",
    "Armenian": "Արամ Խաչատրյան",
    "Chinese": "王小明",
    "Devanagari": "प्रिया शर्मा",
    "Hebrew": "שרה כהן",
    "Greek": "Ελένη Παπαδοπούλου",
}


def told(language: str = "en", **other: object) -> dict[str, object]:
    """What a release's letter is told."""
    return {
        "kind": "statement", "says": phrases("release", language), "title": "Statement on the Elections", "quote": "So it is.", "changed": [],
        "paragraphs": ["One.", "Two."], "hash": "a" * 64, "marking": "", "unofficial": False, "authentic": "English",
        "shown": "en", "text_language": "", "when": "", "page": "", "supplement": False, "concerned_at": None,
        "concerned_title": "", **other,
    }  # fmt: skip


def queued(
    engine: Engine, mission: str, to: Recipient, *, attachments: Iterable[Attachment] = (PAPER,), **other: object
) -> bytes:
    """One release letter as it would go."""
    with begin(engine) as session:
        letter = queue(
            session, mission, kind="release", occasion="release:1", to=to, facts=told(**other), at=NOW, # type: ignore[arg-type]
            attachments=list(attachments),
        )  # fmt: skip
        assert letter is not None
        return message_bytes(session, letter)


def parsed(data: bytes) -> EmailMessage:
    """The message; its lines are as RFC 5322 wants them."""
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    message = message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def read(data: bytes, name: str) -> str:
    """A header as RFC 2047 has it read: no blank between encoded words (the standard library's parser of names keeps
    one)."""
    raw = re.search(rf"^{name}: (.*?)\r\n(?![ \t])".encode(), data, re.DOTALL | re.MULTILINE)
    assert raw is not None
    return str(make_header(decode_header(raw.group(1).replace(b"\r\n", b"").decode()))).replace('"', "")


def revised(engine: Engine, mission: str, **release: str) -> None:
    with begin(engine) as session:
        facts = missions.facts(session, mission)
        new = facts.model_copy(update={"release": facts.release.model_copy(update=release)})
        missions.revise(session, mission, new, by="coordinator", at=NOW, kind="release", reason="a test")


# ------------------------------------------------------------------ injection

EVIL = "x\r\nBcc: everybody@outlet.example"


@pytest.mark.parametrize("field", ["title", "marking"])
def test_a_line_break_in_what_a_subject_is_made_of_is_refused(engine: Engine, mission: str, field: str) -> None:
    with pytest.raises(BadInput, match="line break"):
        queued(engine, mission, Recipient("desk@outlet.example", "Outlet"), **{field: EVIL})


@pytest.mark.parametrize("field", ["from_name", "reply_to", "from_email", "bounces_to", "unsubscribe_url"])
def test_a_line_break_in_the_mission_s_own_addresses_is_refused(engine: Engine, mission: str, field: str) -> None:
    evil = "https://outlet.example/" + EVIL if field == "unsubscribe_url" else EVIL
    revised(engine, mission, **{field: evil})
    with pytest.raises(BadInput):
        queued(engine, mission, Recipient("desk@outlet.example", "Outlet"))


@pytest.mark.parametrize("evil", [EVIL, "x\nBcc: y", "x\rBcc: y", "x\x00", "x\u2028Bcc: y", "x\x85Bcc: y"])
def test_a_line_break_in_an_address_a_salutation_or_a_file_name_is_refused(
    engine: Engine, mission: str, evil: str
) -> None:
    for to in (
        Recipient(f"desk@outlet.example{evil}", "Outlet"),
        Recipient("desk@outlet.example", "O", salutation=evil),
    ):
        with pytest.raises(BadInput):
            queued(engine, mission, to)
    with pytest.raises(BadInput):
        queued(
            engine, mission, Recipient("d@outlet.example", "O"), attachments=[Attachment(evil, "application/pdf", b"%")]
        )
    with pytest.raises(BadInput):
        queued(engine, mission, Recipient("d@outlet.example", "O", name=evil))


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\u200f", "\u00ad", "\ufeff", "\u200d"])
def test_a_sign_that_is_not_seen_reaches_no_header_and_holds_up_no_letter_from_a_name(
    engine: Engine, mission: str, sign: str
) -> None:
    with pytest.raises(
        BadInput, match=f"the subject of a letter '.*' holds a sign that is not seen .U.{ord(sign):04x}"
    ):
        queued(engine, mission, Recipient("desk@outlet.example", "O"), title=f"Press{sign} conference")
    name = "Ms Ann" + sign
    message = parsed(queued(engine, mission, Recipient("desk@outlet.example", "O", name=name)))
    assert "Dear Ms Ann," in message.get_body(("plain",)).get_content()
    revised(engine, mission, from_name=f"Mission{sign}")
    with pytest.raises(BadInput, match="from_name in the mission file holds a sign that is not seen"):
        queued(engine, mission, Recipient("other@outlet.example", "O"))


def test_persian_and_hindi_names_keep_the_signs_that_join_or_part_their_letters(engine: Engine, mission: str) -> None:
    for name in ("علی\u200cرضا", "क्\u200dष"):
        revised(engine, mission, from_name=name)
        data = queued(engine, mission, Recipient(f"desk{len(name)}@outlet.example", "O", name=name), title=f"On {name}")
        assert read(data, "From") == f"{name} <press@secretariat.example>"
        assert f"Dear {name}," in parsed(data).get_body(("plain",)).get_content()


def test_an_outlet_s_name_and_token_reach_no_header(engine: Engine, mission: str) -> None:
    data = queued(engine, mission, Recipient("desk@outlet.example", EVIL, token="a-token"))
    assert b"Bcc" not in data
    with pytest.raises(BadInput):
        queued(engine, mission, Recipient("other@outlet.example", "O", token="a>\r\nBcc: y"))
    with pytest.raises(BadInput):
        queued(engine, mission, Recipient("other@outlet.example", "O", token="a b"))


def test_what_is_html_in_a_name_or_a_text_is_text_in_the_letter(engine: Engine, mission: str) -> None:
    to = Recipient("desk@outlet.example", "O", salutation='Dear <b>Ms</b> "O\'Neil" & Co')
    message = parsed(queued(engine, mission, to, quote="<script>alert(1)</script>", title="A <i>title</i>"))
    html = message.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "<b>" not in html
    assert "Dear &lt;b&gt;Ms&lt;/b&gt; &#34;O&#39;Neil&#34; &amp; Co," in html
    assert 'Dear <b>Ms</b> "O\'Neil" & Co,' in message.get_body(("plain",)).get_content()


# ------------------------------------------------------------------ scripts, odd addresses, long subjects


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_name_in_any_script_arrives_as_it_was_written(engine: Engine, mission: str, script: str) -> None:
    name = SCRIPTS[script]
    revised(engine, mission, from_name=f"{name} (Mission)")
    data = queued(engine, mission, Recipient("desk@outlet.example", name, name=name), title=f"On {name}")
    message = parsed(data)
    assert read(data, "From") == f"{name} (Mission) <press@secretariat.example>"
    assert message["Subject"] == f"Turkic Council: On {name}"
    assert f"Dear {name}," in message.get_body(("plain",)).get_content()
    assert f"Dear {name}," in message.get_body(("html",)).get_content()


@pytest.mark.parametrize("email", ["o'neil+news@outlet.example", "desk@xn--bcher-kva.example", "{a}|b@outlet.example"])
def test_an_odd_address_is_one_address(engine: Engine, mission: str, email: str) -> None:
    message = parsed(queued(engine, mission, Recipient(email, "Outlet")))
    assert [wire(one.addr_spec) for one in message["To"].addresses] == [wire(email)]


def test_an_address_in_quotes_is_refused_by_name(engine: Engine, mission: str) -> None:
    with pytest.raises(BadInput, match=r"'\"odd name\"@outlet\.example' is no e-mail address"):
        queued(engine, mission, Recipient('"odd name"@outlet.example', "Outlet"))


def test_an_internationalised_domain_goes_in_its_ascii_form(engine: Engine, mission: str) -> None:
    message = parsed(queued(engine, mission, Recipient("desk@қазақ.example", "Outlet")))
    assert message["To"] == "desk@xn--80aau21bd.example"


@pytest.mark.parametrize("title", ["word " * 1_000, "w" * 5_000, "сөз " * 1_250, "сөз" * 1_666, "=?utf-8?q?x?= "])
def test_a_subject_of_5_000_characters_is_folded_and_arrives_whole(engine: Engine, mission: str, title: str) -> None:
    data = queued(engine, mission, Recipient("desk@outlet.example", "Outlet"), title=title.strip())
    assert max(len(line) for line in data.split(b"\r\n\r\n", 1)[0].split(b"\r\n")) <= 100
    assert read(data, "Subject") == f"Turkic Council: {title.strip()}"


# ------------------------------------------------------------------ what every letter is


def test_a_letter_has_one_reader_its_own_identity_and_both_ways_to_unsubscribe(engine: Engine, mission: str) -> None:
    revised(engine, mission, bounces_to="bounces@secretariat.example")
    message = parsed(
        queued(
            engine,
            mission,
            Recipient("desk@outlet.example", "Outlet", token="tok", answers=("<1@x.example>", "<2@x.example>")),
        )
    )
    assert message["To"] == "desk@outlet.example"
    assert message["Reply-To"] == "press@secretariat.example"
    assert message["From"].addresses[0].addr_spec == "press@secretariat.example"
    assert message["Date"].datetime == NOW
    assert message["List-Unsubscribe"].strip() == "<https://secretariat.example/unsubscribe?t=tok>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<releases.secretariat.example>"
    assert message["Auto-Submitted"] is None, "people prepared, approved and sent it (RFC 3834)"
    assert message["In-Reply-To"] == "<2@x.example>"
    assert message["References"].split() == ["<1@x.example>", "<2@x.example>"]
    for name in ("Cc", "Bcc", "Disposition-Notification-To", "Return-Receipt-To"):
        assert message[name] is None
    with begin(engine) as session:
        letter = session.scalars(select(Letter)).one()
        assert letter.envelope_from == "bounces@secretariat.example"
        assert message["Message-ID"] == letter.message_id


@pytest.mark.parametrize("language", spoken_in("release"))
@pytest.mark.parametrize("kind", ["statement", "correction", "withdrawal", "clarification", "advisory"])
def test_a_letter_loads_nothing_and_reads_well_in_every_language(
    engine: Engine, mission: str, language: str, kind: str
) -> None:
    data = queued(
        engine, mission, Recipient("desk@outlet.example", "Outlet", language), language=language, kind=kind, when="12.08.2020",
        concerned_at=NOW, concerned_title="A title",
    )  # fmt: skip
    message = parsed(data)
    html, plain = (message.get_body((part,)).get_content() for part in ("html", "plain"))
    assert not re.search(
        r"<(img|script|link|iframe|object|embed|form|audio|video|base|meta http)|@import|url\(|src=", html
    )
    assert all(
        re.match(r"https://(newsroom\.)?secretariat\.example/|mailto:", link)
        for link in re.findall(r'href="([^"]*)"', html)
    )
    assert f'<html lang="{language}">' in html
    assert all(len(line) <= 78 or " " not in line.strip() for line in plain.splitlines())
    assert "\n\n\n" not in plain.replace("\r\n", "\n")
    assert "{" not in plain
    assert "<p>" not in plain
    assert "https://secretariat.example/unsubscribe?t=test" in plain
    if kind in {"correction", "withdrawal"}:
        assert message["Subject"].startswith(getattr(phrases("release", language), kind))


def test_letters_of_thousands_are_the_same_bytes_as_one_alone(engine: Engine, mission: str) -> None:
    to = [Recipient(f"d{n}@outlet.example", "O", salutation=f"Dear Ms {n} of a name that is longer than one line " * 2, token=f"t{n}")
          for n in range(3)]  # fmt: skip
    facts = told()
    with begin(engine) as session:
        queue_many(session, mission, kind="release", occasion="many", to=((one, facts) for one in to), at=NOW)
        many = {row.recipient: row.head for row in session.scalars(select(Letter))}
    for one in to:
        message = parsed(many[one.email])
        plain, html = (message.get_body((part,)).get_content() for part in ("plain", "html"))
        assert plain.startswith(f"{one.salutation.strip()},")
        assert f"<p>{one.salutation.strip()},</p>" in html
        assert plain.rstrip().endswith(f"?t={one.token}")
        again = message_from_bytes(message.as_bytes(policy=SMTP), policy=default)
        assert again.get_body(("plain",)).get_content() == plain


# ------------------------------------------------------------------ DKIM


def _key(path: Path, key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """Keep a private key; returns its public DNS record."""
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + b64encode(public)
    return b"v=DKIM1; k=ed25519; p=" + b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


@pytest.fixture(params=["rsa", "ed25519"])
def record(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[bytes]:
    """Letters are signed; the DNS record of the key."""
    made: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = (
        rsa.generate_private_key(65537, 2048) if request.param == "rsa" else ed25519.Ed25519PrivateKey.generate()
    )
    record = _key(tmp_path / "dkim.pem", made)
    for name, value in (("KEY", str(tmp_path / "dkim.pem")), ("SELECTOR", "s2020"), ("DOMAIN", "secretariat.example")):
        monkeypatch.setenv(f"IEOM_DKIM_{name}", value)
    monkeypatch.setattr(dkim, "nacl", Ed25519, raising=False)
    settings.cache_clear()
    yield record
    monkeypatch.undo()
    settings.cache_clear()


class Ed25519:
    """What dkimpy asks of PyNaCl, by the library that is here."""

    class exceptions:  # noqa: N801 - PyNaCl's names
        class BadSignatureError(Exception): ...

    class encoding:  # noqa: N801
        Base64Encoder = None

    class signing:  # noqa: N801
        class VerifyKey:
            def __init__(self, key: bytes, encoder: object) -> None:
                self.key = ed25519.Ed25519PublicKey.from_public_bytes(b64decode(key))

            def verify(self, data: bytes, signature: bytes) -> None:
                try:
                    self.key.verify(signature, data)
                except InvalidSignature as error:
                    raise Ed25519.exceptions.BadSignatureError from error


def _verified(data: bytes, record: bytes) -> bool:
    def dns(name: bytes, timeout: int = 5) -> bytes:
        assert name.rstrip(b".") == b"s2020._domainkey.secretariat.example"
        return record

    return bool(dkim.verify(data, dnsfunc=dns))


@pytest.mark.parametrize("attachments", [(), (PAPER,)])
def test_a_signed_letter_verifies_and_a_changed_one_does_not(
    engine: Engine, mission: str, record: bytes, attachments: tuple[Attachment, ...]
) -> None:
    to = Recipient(
        "desk@outlet.example", "O", salutation=f"Dear {SCRIPTS['Cyrillic']}", token="t", answers=("<1@x.example>",)
    )
    data = queued(engine, mission, to, attachments=attachments, title="сөз " * 60, quote="two  blanks \t and a tab")
    assert _verified(data, record)
    parsed(data)
    head = data.split(b"\r\n\r\n", 1)[0].replace(b"\r\n", b"")
    for name in (b"list-unsubscribe:", b"list-unsubscribe-post:", b"reply-to:", b"from:from:to:to:subject:"):
        assert name in head.split(b"bh=")[0].replace(b" ", b"")
    assert not _verified(data.replace(b"To: desk@", b"To: mesk@"), record)
    assert not _verified(data.replace(b"two", b"two hundred"), record)
    assert not _verified(b"Subject: another\r\n" + data, record), "no second subject can be put before ours"
    assert not _verified(data.replace(b"?t=t>", b"?t=u>"), record)


def test_a_key_of_another_domain_or_none_at_all_is_named(
    engine: Engine, mission: str, record: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value, says in (
        ("DOMAIN", "elsewhere.example", "receivers would not believe it"),
        ("KEY", "/nowhere/key.pem", "can't be read"),
        ("SELECTOR", "a b", "IEOM_DKIM_SELECTOR"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(f"IEOM_DKIM_{name}", value)
            settings.cache_clear()
            with pytest.raises(BadInput, match=says):
                queued(engine, mission, Recipient("desk@outlet.example", "O"))
        settings.cache_clear()
