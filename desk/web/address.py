"""The desk's own address, as it is configured: what devices keep passkeys for, and where an OpenID provider sends people back.
Never what a request says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from desk.public.naming import numbered
from ieom.acts.passkeys import Site
from ieom.settings import settings

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Address(Site):
    """The desk's, with its name (`host`) and where its pages come from (`origin`)."""

    @property
    def fits(self) -> bool:
        """Whether browsers keep passkeys for it: with TLS and a name, or on this machine as 'localhost'."""
        return self.host == "localhost" or (
            self.origin.startswith("https:") and bool(self.host) and not numbered(self.host)
        )

    def asked(self, request: Request) -> bool:
        """Whether the request was made to this address. By name and port alone: a proxy may speak plainly with us."""
        return urlsplit(self.origin).netloc == request.url.netloc


def own() -> Address:
    """IEOM_DESK_URL; where that is not set, this machine's 'localhost', which is a name to browsers as 127.0.0.1 is not."""
    told = settings()
    found = urlsplit(told.desk_url or f"http://localhost:{told.desk_port or 8000}/")
    host = found.hostname or ""
    try:
        said = found.port
    except ValueError:  # no address: nothing is offered, and nothing else is the worse for it
        return Address("", "")
    port = f":{said}" if said not in {None, _PORTS.get(found.scheme)} else ""
    return Address(host, f"{found.scheme}://{f'[{host}]' if ':' in host else host}{port}")
