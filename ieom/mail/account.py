"""Where and as whom letters are sent: the organisation's account at its mail server."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from functools import lru_cache

from ieom.errors import BadInput
from ieom.settings import Settings

AFTER_THE_DOT = 600.0
"""Seconds allowed for the answer to the final dot (RFC 5321, 4.5.3.2.6)."""
REST = 30.0
"""Seconds that a connection rests which the server had too many of; twice as long each time it says so again."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Account:
    """Where and as whom to send."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    security: str = "starttls"
    timeout: float = 60.0
    patience: float = AFTER_THE_DOT
    """Seconds for the answer to the final dot."""
    rest: float = REST
    """Seconds that a connection rests after the server said that it has too many."""
    authority: ssl.SSLContext | None = None
    """Certificates to trust; the system's when None."""

    helo: str = ""
    """The name said in EHLO; this machine's own when empty."""

    def __post_init__(self) -> None:
        if self.security not in {"starttls", "tls", "none"}:
            raise BadInput(f"'{self.security}' is no way to secure a mail account; say starttls, tls or none")
        if self.security == "none" and self.host not in LOOPBACK:
            raise BadInput(
                f"IEOM_SMTP_SECURITY=none is for a server on this machine alone, not for {self.host}; "
                "use starttls or tls"
            )
        if self.user and not self.password:  # yagmail would ask for it at the terminal, and wait
            raise BadInput(f"the mail account {self.user} has no password: give IEOM_SMTP_PASSWORD")

    @classmethod
    def of(cls, settings: Settings) -> Account:
        """The account that the settings name. Raises `BadInput` when there is none or it would be unsafe."""
        if not settings.smtp_host:
            raise BadInput("no mail account is set: give IEOM_SMTP_HOST, IEOM_SMTP_USER and IEOM_SMTP_PASSWORD")
        return cls(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_user,
            settings.smtp_password.get_secret_value(),
            settings.smtp_security,
            settings.smtp_timeout,
            helo=settings.smtp_helo,
        )


@lru_cache(maxsize=1)
def own_name() -> str:
    """This machine's full name, or its address as a literal (RFC 5321, 4.1.3); looked up once, not a connection."""
    name = socket.getfqdn()
    if "." in name:
        return name
    try:
        return f"[{socket.gethostbyname(socket.gethostname())}]"
    except OSError:
        return "[127.0.0.1]"
