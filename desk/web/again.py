"""What a form held comes back when it could not be taken in for a while, or whoever sent it had to enter again, so that nobody
types it twice."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from desk.web.asking import SAFE, from_here, parsed

PLACES = ("/missions/", "/media", "/accounts", "/settings")
"""Below these no form holds a password."""
STRANGERS = 1_000_000
"""Octets of a body that is read for somebody who is not entered: a page's texts, not a stranger's files."""


@dataclass(frozen=True)
class Again:
    """A form to be sent once more: its fields in order, each with whether its text was typed and is shown."""

    action: str
    fields: list[tuple[str, str, bool]]
    whole: bool
    """Whether all of it is here; a file is to be chosen anew."""
    fresh: bool = False
    """Whether it carries the token of the session that its sender has entered in since."""


async def again(request: Request, *, token: str = "") -> Again | None:
    """The form that this request sent from a page of ours; None where it sent none, or was sent in place and still stands.
    `token`: of the session that it is to be sent in, instead of the one that it came with."""
    if request.method in SAFE or "hx-request" in request.headers or not request.url.path.startswith(PLACES):
        return None
    try:
        from_here(request)
        form: FormData = getattr(request.state, "form", None) or await parsed(request)
    except (HTTPException, RuntimeError):  # from elsewhere, broken, or read and gone
        return None
    texts = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    fields = [
        (name, token if token and name == "csrf" else text, len(text.split()) > 1)
        for name, text in texts
        if name != "kept"
    ]
    return Again(request.url.path, fields, len(texts) == len(form.multi_items()), bool(token))


async def a_strangers(request: Request) -> Again | None:
    """The same for somebody who is not entered; None too for what is larger than texts are."""
    size = request.headers.get("content-length", "")
    return await again(request) if size.isdigit() and int(size) <= STRANGERS else None
