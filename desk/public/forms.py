"""A form as a stranger sends it: small, and soon here."""

from __future__ import annotations

import logging

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from desk.public.limits import TooLarge, limited
from desk.public.texts import strange

_log = logging.getLogger("ieom.public")
SECONDS = 10
"""How long a body may take to arrive."""


async def form_of(request: Request, octets: int, *, files: int = 0, seconds: float = 0) -> FormData:
    """The fields of a form of at most so many octets, and its files where there may be any; it arrives within so many seconds (0: the usual); what is wrong with it is an answer (400, 408, 413)."""
    try:
        body = limited(request, octets, seconds=seconds or SECONDS)
        if request.headers.get("content-type", "").startswith("multipart/form-data"):  # RFC 8058, 3.2 names both
            form = await MultiPartParser(request.headers, body, max_files=files, max_fields=24).parse()
        else:
            form = await FormParser(request.headers, body).parse()
    except TooLarge:
        raise HTTPException(413) from None
    except TimeoutError:
        raise HTTPException(408, headers={"connection": "close"}) from None
    except (MultiPartException, ValueError, ClientDisconnect):
        raise HTTPException(400) from None
    except OSError as error:  # a file is laid on the disk as it comes, and that may be full
        _log.warning("a form can't be taken in: %s", error)
        raise HTTPException(503, headers={"retry-after": "60", "connection": "close"}) from None
    if strange(form):
        await form.close()
        raise HTTPException(400)
    return form
