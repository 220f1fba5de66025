"""Pages that are no part of the newsroom's files: forms, their answers, errors. They look like it and are never kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ieom.folder.catalogues import _, spoken
from ieom.papers.newsroom import Newsroom, Pages


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    root: str = "",
    **facts: Any,
) -> Response:
    """A page, not to be kept by anybody; also when the newsroom itself could not be read. Its links begin at `root`, or
    beside it; its words are in the language that the reader's browser asks for."""
    known = request.app.state.site.now
    newsroom = known.pages.newsroom if known else Newsroom("", (), online=True)
    if not newsroom.missions:  # nobody's yet
        newsroom = replace(newsroom, name=_("Newsroom"))
    pages = Pages(newsroom, root=root)
    contact = newsroom.missions[0].email if newsroom.missions else ""
    data = pages.html(template, "", language=spoken(), contact=contact, **facts)
    kept = {"cache-control": "no-store", "x-robots-tag": "noindex", **(headers or {})}
    return Response(data, status, media_type="text/html", headers=kept)


def error_page(request: Request, status: int, headers: dict[str, str]) -> Response:
    """What went wrong, in plain words and no more: the same page, whatever address was asked for."""
    known = request.app.state.site.now
    root = urlsplit(known.pages.newsroom.base).path if known else ""
    return page(request, "error.html", status=status, headers=headers, root=root or "/", status_code=status)
