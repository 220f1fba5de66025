"""Settings of an installation, from the environment (`IEOM_...`) and an optional `.env` file, never committed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: `config/` and `templates/` are found below it."""


class Settings(BaseSettings):
    """Every setting has a value with which a mission runs on one machine."""

    model_config = SettingsConfigDict(env_prefix="IEOM_", env_file=".env", extra="ignore")

    state_dir: Path = Path("var")
    """Where this installation keeps its database, papers, vault and the witness of the audit chain."""
    database_url: str = ""
    """SQLAlchemy URL; empty means the SQLite file `mission.db` in `state_dir`."""
    config_dir: Path = ROOT / "config"
    templates_dir: Path = ROOT / "templates"

    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` is accepted for a server on this machine (127.0.0.1, ::1, localhost) alone."""
    smtp_timeout: float = 60.0
    """Seconds for each answer; the answer to a message's final dot is allowed 600 s (RFC 5321, 4.5.3.2.6)."""
    smtp_connections: int = 4
    smtp_helo: str = ""
    """The name said in EHLO; this machine's full name when empty."""
    mail_from: str = ""
    """Envelope sender and From address; the mission file's address is used when empty."""

    vault_key: SecretStr = SecretStr("")
    """Fernet key for passports and photographs; `ieom vault key` makes one."""

    prefect_port: int = 4200

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the mission records."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{(self.state_dir / 'mission.db').as_posix()}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
