"""The installation's settings as they stand: the mail account, the letterhead and names, the keys. Secrets are never shown,
only whether they are there and fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from babel.dates import format_date
from cryptography.fernet import Fernet
from fastapi import Response
from sqlalchemy.orm import Session

from desk import openid
from desk.web import address
from desk.web.asking import Desk, router
from ieom.acts import mailing
from ieom.errors import IeomError
from ieom.folder.catalogues import _, ngettext, spoken
from ieom.folder.names import load_names, names_wrong
from ieom.mail.account import Account
from ieom.mail.dkim import key_for
from ieom.papers import keys, word
from ieom.papers.certificates import SOON
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.rules.names import Unnamed
from ieom.settings import settings

part = router()


@dataclass(frozen=True)
class Line:
    """One setting: what it is, how it stands in words, and its shape (done, waiting, late, none)."""

    what: str
    says: str
    kind: str = "done"
    where: str = ""
    """Where whoever keeps the machine changes it: a name of theirs."""
    told: str = ""
    """What the program says to them of it."""


@part.get("/settings")
def show(desk: Desk) -> Response:
    """Everything at a glance."""
    with desk.look() as (session, _none, now):
        known = mailing.sender(session)
        names = _names(session)
    parts = [
        (_("Mail account"), _mail(known)),
        (_("Names and letterhead"), [*names, _letterhead(now)]),
        (_("Keys"), _keys(now)),
        (_("Entering"), _entering()),
    ]
    owed = [line for _title, lines in parts for line in lines if line.kind == "late"]
    return desk.page(
        "settings.html",
        zone="UTC",
        parts=parts,
        owed=owed,
        unset=sum(line.kind == "waiting" for _title, lines in parts for line in lines),
        can_test=bool(settings().smtp_host and known),
        to=desk.me.email,
    )


@part.post("/settings/test-letter")
def test_letter(desk: Desk) -> Response:
    """A real letter to oneself; what the server answered is told."""
    at = missions.real_now()
    with reading(desk.engine) as session:
        mailing.may_test(session, by=desk.as_account, at=at)
        known = mailing.sender(session)
    outcome = mailing.test(desk.me.email, known=known, at=at)
    with begin(desk.engine) as session:
        desk.still(session)
        mailing.tested(session, by=desk.as_account, at=missions.real_now(), account=desk.me.id, outcome=outcome)
    said = _(mailing.SAID[outcome.what])
    if outcome.answer:
        said += " " + _("It said: {answer}").format(answer=f"{outcome.code or ''} {outcome.answer}".strip())
    return desk.done("/settings", said)


def _mail(known: mailing.Sender | None) -> list[Line]:
    own = settings()
    try:
        account = Account.of(own)
        secured = {
            "starttls": _("secured by STARTTLS"),
            "tls": _("secured by TLS"),
            "none": _("not secured, on this machine"),
        }
        who = _("as {user}").format(user=account.user) if account.user else _("without a log-in")
        says = _("{host}, port {port}, {secured}, {who}").format(
            host=account.host, port=account.port, secured=secured[account.security], who=who
        )
        server = Line(_("Server"), says, where="IEOM_SMTP_HOST")
    except IeomError as error:
        says = (
            _("can't be used as it is set, so no letter leaves; ask your operator to look at it")
            if own.smtp_host
            else _("no mail account is set, so no letter leaves; ask your operator to set one")
        )
        server = Line(_("Mail server"), says, "late", "IEOM_SMTP_HOST", str(error))
    if known is None:
        sender = Line(_("Sender"), _("not known before a mission is opened"), "waiting")
    else:
        name = f"{known.name} <{known.email}>" if known.name else known.email
        sender = Line(
            _("Sender"),
            _(
                "{name}, as the newest mission says, and a test from here; each mission's letters go as it says itself. What can't be delivered comes back to {address}"
            ).format(name=name, address=known.envelope)
            if known.name
            else _("{name}; letters that can't be delivered come back to {address}").format(
                name=name, address=known.envelope
            ),
            where=_("the mission file ({where})").format(where=known.where),
        )
    bounces = _("a Maildir") if own.bounce_maildir else own.bounce_imap_host
    what, where = _("Letters that come back"), "IEOM_BOUNCE_IMAP_HOST"
    nobody = _("are read by nobody here: a person has to look into that mailbox")
    back = Line(what, _("are read from {place}").format(place=bounces), where=where) if bounces else Line(
        what, nobody, "waiting", where
    )  # fmt: skip
    return [server, sender, _dkim(known), back]


def _entering() -> list[Line]:
    own = address.own()
    lines = [Line(_("Passkeys"), _("are kept for {address}").format(address=own.origin), where="IEOM_DESK_URL")]
    if not own.fits:
        says = _("can't be kept here: ask your operator for an address of the desk that is a name, with https://")
        lines = [Line(_("Passkeys"), says, "waiting", "IEOM_DESK_URL")]
    told = {name: str(getattr(settings(), f"oidc_{name.lower()}")) for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")}
    missing = [f"IEOM_OIDC_{name}" for name, value in told.items() if not value]
    what = _("The organisation's log-in (OpenID Connect)")
    if len(missing) == len(told):
        lines.append(Line(what, _("none: people enter by password or passkey"), "none", "IEOM_OIDC_ISSUER"))
    elif missing:
        says = _("is not offered: it is set up in part only; ask your operator to finish it")
        lines.append(Line(what, says, "late", ", ".join(missing), _("not set")))
    elif not openid.issuer():
        lines.append(
            Line(
                what,
                _("is not offered: ask your operator to give it an address that begins with https://"),
                "late",
                "IEOM_OIDC_ISSUER",
            )
        )
    else:
        says = _("is {issuer}; it sends people back to {address}").format(
            issuer=openid.issuer(), address=f"{own.origin}/enter/openid/back"
        )
        lines.append(Line(what, says))
    return lines


def _dkim(known: mailing.Sender | None) -> Line:
    if settings().dkim_key is None:
        return Line(
            _("Signature (DKIM)"),
            _("none here; the mail server of the organisation signs, or nobody does"),
            "none",
            "IEOM_DKIM_KEY",
        )
    try:
        key_for(known.email if known else "office@organisation.example")
    except IeomError as error:
        says = _("letters can't be signed with the key that is set; ask your operator to look at it")
        return Line(_("Signature (DKIM)"), says, "late", "IEOM_DKIM_KEY", str(error))
    return Line(_("Signature (DKIM)"), _("letters are signed here"), where="IEOM_DKIM_KEY")


def _names(session: Session) -> list[Line]:
    where = "own/names.toml" if settings().own_names.exists() else "config/names.toml"
    says = _("the names of states and bodies were saved wrongly and are used as they were before; ask your operator")
    broken = [Line(_("Names"), says, "late", where, wrong)] if (wrong := names_wrong()) else []
    try:
        names = load_names()
    except IeomError:
        return broken
    today = datetime.now(UTC).date()
    own = sorted({missions.facts(session, slug).organisation for slug in missions.all_slugs(session)})
    lines = broken
    for code in own or names.of_kind("organisation"):
        try:
            official, short = names.official(code, on=today), names.short(code, on=today)
            said = official if short == official else f"{official} ({short})"
            tongues = [one for one in sorted(names.entry(code).names) if names.spoken(code, one, on=today)]
            lines.append(
                Line(
                    _("Organisation"),
                    _("{name}; named in: {languages}").format(name=said, languages=", ".join(tongues)),
                    where=where,
                )
            )
        except Unnamed as error:
            lines.append(Line(_("Organisation"), str(error), "late", where))
    lines.append(
        Line(_("States"), _("{count} are named officially").format(count=len(names.of_kind("state"))), where=where)
    )
    return lines


def _letterhead(at: datetime) -> Line:
    path = word.letterhead_path()
    where = "own/letterhead.docx" if path == settings().own_letterhead else "templates/papers/letterhead.docx"
    try:
        name = "Name of the organisation"
        named = word.says_organisation(word.letterhead(name, "A test", at), name)
    except Exception:  # noqa: BLE001 - python-docx raises whatever a file that somebody edited brings
        return Line(
            _("Letterhead"), _("can't be read as a Word document; it is to be saved again as .docx"), "late", where
        )
    if not named:
        says = _(
            "has no place for the organisation's name: what is printed on it stands on every paper, of earlier years too"
        )
        return Line(_("Letterhead"), says, "waiting", where, word.PLACE)
    return Line(_("Letterhead"), _("is well; the organisation's name is filled in"), where=where)


def _keys(now: datetime) -> list[Line]:
    own = settings()
    lines = []
    vault = own.vault_key.get_secret_value()
    try:
        Fernet(vault)
        lines.append(Line(_("Vault of passports and photographs"), _("its key is set"), where="IEOM_VAULT_KEY"))
    except ValueError:
        says = (
            _("its key is no key, so papers of nominees can't be kept; ask your operator for another")
            if vault
            else _("has no key, so papers of nominees can't be kept; ask your operator for one")
        )
        kind = "late" if vault else "waiting"
        lines.append(Line(_("Vault of passports and photographs"), says, kind, "IEOM_VAULT_KEY", "ieom vault key"))
    try:
        with keys.opened(None) as key:
            signing = key.certificate if key is not None else None
        if signing is None:
            lines.append(
                Line(
                    _("Signature of released papers"),
                    _(
                        "has no key, so papers are released unsigned; ask your operator for one if yours are to be signed"
                    ),
                    "waiting",
                    "ieom keys new",
                )
            )
        else:
            left = (signing.until - now).days
            kind = "late" if left < 0 else "waiting" if left < SOON.days else "done"
            held = _("signs as {name}; its certificate held until {day}")
            holds = ngettext(
                "signs as {name}; its certificate holds until {day} ({count} day left)",
                "signs as {name}; its certificate holds until {day} ({count} days left)",
                max(left, 0),
            )
            day = format_date(signing.until, "d MMMM y", locale=spoken())
            says = (held if left < 0 else holds).format(name=signing.subject, day=day, count=left)
            lines.append(Line(_("Signature of released papers"), says, kind))
    except IeomError as error:
        says = _("its key can't be used as it is set; ask your operator to look at it")
        lines.append(Line(_("Signature of released papers"), says, "late", "IEOM_SIGN_PASSPHRASE", str(error)))
    stamps = (
        _("are asked for at a time stamp authority")
        if own.tsa_url
        else _("none; a signature then says its time itself")
    )
    lines.append(Line(_("Time stamps"), stamps, "done" if own.tsa_url else "none", "IEOM_TSA_URL"))
    return lines
