"""Passkeys (WebAuthn): added by who has entered, entered by, removed. The device says who its owner is, so nothing is asked
that a stranger could learn from; whatever is wrong is answered alike."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ieom.acts import attempts, challenges
from ieom.acts.accounts import begin_session
from ieom.acts.attempts import ATTEMPTS
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.records import contact_acts, passkeys
from ieom.records.accounts import Account, DeskSession
from ieom.records.passkeys import Passkey

ADD, ENTER = "add a passkey", "enter by a passkey"
MOST, NAME = 10, 60
"""Passkeys of an account; characters of a name."""
NONSENSE = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading an answer that is none raises."""
_REQUIRED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True)
class PasskeyAdded:
    """Somebody may enter by a device of theirs."""

    account: int
    passkey: int


@dataclass(frozen=True)
class PasskeyRemoved:
    """That device lets nobody in any more."""

    account: int
    passkey: int


@dataclass(frozen=True)
class Site:
    """For whom devices keep passkeys: the desk's own name (RP ID), and the address that its pages come from."""

    host: str
    origin: str


def ask_to_add(
    session: Session, *, account: Account, name: str, holder: str, site: Site, place: str, at: datetime
) -> str:
    """What the browser of this session asks the device for (JSON), so that it makes a passkey. `holder`: the session's digest."""
    name = " ".join(name.split())
    if not name or len(name) > NAME or not name.isprintable():
        raise BadInput(f"name the passkey so that you know it again, in at most {NAME} characters: 'My telephone'")
    have = passkeys.of(session, account.id)
    if len(have) >= MOST:
        raise Refused(f"an account has at most {MOST} passkeys; remove one that you don't use first")
    handle = base64url_to_bytes(have[0].handle) if have else secrets.token_bytes(32)
    options = generate_registration_options(
        rp_id=site.host, rp_name="The desk", user_name=account.email, user_display_name=account.name, user_id=handle,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in have],
    )  # fmt: skip
    value = {
        "challenge": bytes_to_base64url(options.challenge),
        "handle": bytes_to_base64url(handle),
        "name": name,
        "account": account.id,
    }
    challenges.ask(session, ADD, holder, value, place=place, at=at)
    return options_to_json(options)


def add(
    session: Session, *, account: int, answer: str, asked: dict[str, Any] | None, site: Site, at: datetime
) -> Passkey:
    """Take in the passkey that the device made. `asked`: what `challenges.take` gave."""
    if asked is None or asked["account"] != account:
        raise Refused("this took too long, or was sent twice; no passkey was added. Begin again")
    try:
        made = verify_registration_response(
            credential=answer, expected_challenge=base64url_to_bytes(asked["challenge"]), expected_rp_id=site.host,
            expected_origin=site.origin, require_user_verification=True,
        )  # fmt: skip
    except NONSENSE:
        raise BadInput(f"the device's answer does not fit {site.origin}; no passkey was added. Begin again") from None
    credential = bytes_to_base64url(made.credential_id)
    contact_acts.lock(session)
    if passkeys.by_credential(session, credential) is not None:
        raise Conflict("this passkey is an account's already; remove it there first")
    row = Passkey(
        account=account, credential=credential, key=bytes_to_base64url(made.credential_public_key), handle=asked["handle"],
        counter=made.sign_count, name=asked["name"], added_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    contact_acts.append(session, by=f"desk-{account}", at=at, act=PasskeyAdded(account, row.id))
    return row


def ask_to_enter(session: Session, *, holder: str, site: Site, place: str, at: datetime) -> str:
    """What a stranger's browser asks its devices for (JSON); the same for everybody. `holder`: what that browser alone has."""
    options = generate_authentication_options(rp_id=site.host, user_verification=_REQUIRED)
    value = {"challenge": bytes_to_base64url(options.challenge)}
    challenges.ask(session, ENTER, holder, value, place=place, at=at)
    return options_to_json(options)


def enter(
    session: Session, *, answer: str, holder: str, site: Site, at: datetime, browser: str = ""
) -> tuple[str, DeskSession] | None:
    """Enter by a passkey: (the cookie's value, the session), or None when the answer lets nobody in; what was asked is used
    up, and a wrong answer in a passkey's name is counted against that passkey, so commit. Raises `Refused` after too many."""
    asked = challenges.take(session, ENTER, holder, at=at)
    row, told = _named(session, answer) if asked is not None else (None, None)
    if asked is None or row is None:  # nobody's: a signature can't be guessed, so there is nothing to count
        return None
    most = {f"passkey {row.id}": ATTEMPTS}
    attempts.room(session, most, at=at)
    if not _proved(row, told, asked, site):
        attempts.failed(session, most, at=at)
        return None
    row.used_at = at
    return begin_session(session, account=row.account, at=at, browser=browser)


def _named(session: Session, answer: str) -> tuple[Passkey | None, Any]:
    """The passkey in whose name an answer comes, of an account that is open, with what was answered; found before anything
    is reckoned, so that junk costs next to nothing. Passkeys' identifiers are random, and no page shows them."""
    try:
        told = json.loads(answer)
        row = passkeys.by_credential(session, str(told["id"]))
        if row is None or told["response"]["userHandle"] != row.handle:
            return None, None
    except NONSENSE:
        return None, None
    return (row, told) if session.get_one(Account, row.account).closed_at is None else (None, None)


def _proved(row: Passkey, told: Any, asked: dict[str, Any], site: Site) -> bool:
    """Whether this passkey made that answer; its counter is set on."""
    try:
        proved = verify_authentication_response(
            credential=told, expected_challenge=base64url_to_bytes(asked["challenge"]), expected_rp_id=site.host,
            expected_origin=site.origin, credential_public_key=base64url_to_bytes(row.key),
            # A device that counts and does not go on was copied, or its answer was: refused.
            credential_current_sign_count=row.counter, require_user_verification=True,
        )  # fmt: skip
    except NONSENSE:
        return False
    row.counter = proved.new_sign_count
    return True


def remove(session: Session, *, by: str, account: int, passkey: int, at: datetime) -> None:
    """Let nobody in by this passkey any more. Raises `NotFound` where the account has no such."""
    row = session.get(Passkey, passkey)
    if row is None or row.account != account:
        raise NotFound("there is no such passkey, or it was removed already")
    session.delete(row)
    contact_acts.append(session, by=by, at=at, act=PasskeyRemoved(account, passkey))
