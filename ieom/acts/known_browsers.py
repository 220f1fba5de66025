"""Browsers that entered before (OWASP's device cookies): whoever guesses an address's password everywhere keeps strangers'
browsers waiting, and not its owner's own.

The cookie is signed with what the records hold of the password, so that it is one account's alone, can't be made without
the records, and is worth nothing once another password is chosen. It lets nobody in: the password is asked as ever."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta

from ieom.records.accounts import Account, digest

KEPT = timedelta(days=365)
"""How long a browser keeps the cookie; it is a new one each time somebody enters."""
MOST = 20
"""Cookies that are looked at: a laptop that a whole team has entered by has as many."""


def made(account: Account) -> str:
    """The cookie for a browser in which this account was entered; '' for one without a password to guess."""
    own = secrets.token_urlsafe(16)
    return f"{own}.{_signed(account, own)}" if account.password else ""


def known(account: Account, cookies: Iterable[str]) -> str:
    """Under what a browser's own wrong attempts are counted when one of its cookies is this account's; '' for a stranger's."""
    for _, cookie in zip(range(MOST), cookies, strict=False):
        own, _, signed = cookie.partition(".")
        if account.password and own and hmac.compare_digest(signed.encode(), _signed(account, own).encode()):
            return f"browser {digest(own)}"
    return ""


def _signed(account: Account, own: str) -> str:
    said = f"a browser that entered before\n{account.id}\n{own}"
    return hmac.new(account.password.encode(), said.encode(), hashlib.sha256).hexdigest()
