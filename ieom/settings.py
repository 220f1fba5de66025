"""Settings of an installation, from the environment (`IEOM_...`) and an optional `.env` file, never committed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ieom.errors import Fault, Faults

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: `config/` and `templates/` are found below it."""


class Settings(BaseSettings):
    """Every setting has a value with which a mission runs on one machine."""

    model_config = SettingsConfigDict(env_prefix="IEOM_", env_file=(ROOT / ".env", ".env"), extra="ignore")

    state_dir: Path = Path("var")
    """Where this installation keeps its database, papers, vault and the witness of the audit chain."""
    database_url: str = ""
    """SQLAlchemy URL; empty means the SQLite file `mission.db` in `state_dir`."""
    config_dir: Path = ROOT / "config"
    templates_dir: Path = ROOT / "templates"

    smtp_host: str = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` is accepted for a server on this machine (127.0.0.1, ::1, localhost) alone."""
    smtp_timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds for each answer; the answer to a message's final dot is allowed 600 s (RFC 5321, 4.5.3.2.6)."""
    smtp_connections: Annotated[int, Field(ge=1, le=64)] = 4
    smtp_domain_rate: Annotated[float, Field(ge=0)] = 0.0
    """Letters a second to one recipient domain at most; 0 for no limit, where the server paces them itself."""
    smtp_helo: str = ""
    """The name said in EHLO; this machine's full name when empty."""
    mail_from: str = ""
    """Envelope sender of every letter, for an account that allows no other; when empty, the mission file's bounces_to,
    else its from_email. The From address is always the mission file's."""
    dkim_key: Path | None = None
    """PEM file of the private key (RSA of 2048 bits or more, or Ed25519) with which letters are signed where no mail
    server of the organisation signs them; empty: they are not."""
    dkim_selector: str = ""
    dkim_domain: str = ""
    """The domain that the signature speaks for; the sender's when empty."""

    doubt_policy: Literal["ask", "resend", "reconcile"] = "ask"
    """What is done by itself about letters in doubt: nothing, sent once more, or looked up in the mail server's log."""
    mail_log: str = ""
    """Logs of the Postfix or Exim that letters are handed to: paths or shell patterns, comma-separated."""
    bounce_maildir: Path | None = None
    """The Maildir that bounces and complaints come to."""
    bounce_imap_host: str = ""
    """The IMAP server of the mailbox that they come to (TLS)."""
    bounce_imap_port: Annotated[int, Field(ge=1, le=65535)] = 993
    bounce_imap_user: str = ""
    bounce_imap_password: SecretStr = SecretStr("")
    bounce_imap_folder: str = "INBOX"
    bounce_imap_done: str = ""
    """The folder that read reports are moved to; when empty they stay, marked as seen."""

    secret: SecretStr = SecretStr("")
    """What the letters' Message-IDs are made with; empty: a secret that is made once, in `state_dir`. The same on every
    machine that works on these records."""

    vault_key: SecretStr = SecretStr("")
    """Fernet key for passports and photographs; `ieom vault key` makes one."""

    sign_pkcs12: str = ""
    """The organisation's key and certificate as a PKCS#12 file; empty: the one that `ieom keys new` made, if it did."""
    sign_passphrase: SecretStr = SecretStr("")
    sign_pkcs11_module: str = ""
    """A card's or hardware module's library; where it is set, the key on it signs, and no PKCS#12 file."""
    sign_pkcs11_token: str = ""
    """The token's label; may be left out where there is one token."""
    sign_pkcs11_label: str = ""
    """The label that key and certificate have on the token."""
    sign_pkcs11_pin: SecretStr = SecretStr("")
    sign_chain: str = ""
    """A PEM file of certificates between the organisation's and its authority's root, put into each signature."""
    sign_trust: str = ""
    """A PEM file of root certificates that time stamps are held against."""
    tsa_url: str = ""
    """A time stamp authority (RFC 3161), asked for a time stamp on each signature (PAdES-B-T)."""

    prefect_port: Annotated[int, Field(ge=1, le=65535)] = 4200
    prefect_url: str = ""
    """Where people reach Prefect's own pages from elsewhere than this machine: 'https://prefect.example.org/'. Empty: they
    are linked for browsers on this machine alone."""

    desk_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port of the desk that 'ieom serve' has; 0: none."""
    desk_host: str = "127.0.0.1"
    """Where the desk is reached: this machine alone; '0.0.0.0' for whoever is on the same network, where no web server
    with TLS stands before it."""
    desk_url: str = ""
    """Where people reach the desk: 'https://desk.example.org/'. For letters of missions whose approvers decide there."""
    oidc_issuer: str = ""
    """The organisation's OpenID provider, by whose accounts people enter the desk: 'https://login.example.org/realms/staff'.
    With the two below; empty: nobody enters so."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    public_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port on this machine of the public pages that 'ieom serve' has; 0: none."""
    public_host: str = "127.0.0.1"
    """Where the public pages are reached: this machine alone; '0.0.0.0' for the telephones of whoever is on the same
    network, where approvers decide by link and no web server with TLS stands before the pages."""
    newsroom_url: str = ""
    """The newsroom's address, for feeds and search engines: 'https://press.example.org/'. Empty: what a mission file's
    `newsroom_url` says, where it ends in '/missions/<slug>/'."""
    decide_url: str = ""
    """Where the public pages are reached, for the links by which approvers decide: 'https://press.example.org/'. Empty:
    letters to approvers carry no link."""
    newsroom_dir: Path | None = None
    """Where the newsroom is written as plain files whenever a release begins; none by default."""

    @property
    def own_names(self) -> Path:
        """The names as they were changed at the desk; before that, none."""
        return self.state_dir / "own" / "names.toml"

    @property
    def own_letterhead(self) -> Path:
        """The organisation's letterhead as it was brought at the desk; before that, none."""
        return self.state_dir / "own" / "letterhead.docx"

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the mission records."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{(self.state_dir / 'mission.db').as_posix()}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Raises `Faults` that names each wrong one, and never its value: it may
    be a secret that stands in another's place."""
    try:
        return Settings()
    except ValidationError as error:
        raise Faults(
            [
                Fault(
                    "settings",
                    one["msg"].removeprefix("Input ").partition(", unable to parse")[0],
                    column=f"IEOM_{str(one['loc'][0]).upper()}",
                )
                for one in error.errors(include_input=False, include_url=False)
            ]
        ) from None
