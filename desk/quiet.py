"""Prefect's surroundings, set before it is imported: its home, its silence, and who may call its API."""

from __future__ import annotations

import os
from pathlib import Path


def surround(home: Path, **more: str) -> None:
    """Set Prefect's environment unless the operator has; `home` is where Prefect keeps its own database."""
    wanted = {
        "PREFECT_HOME": str(home.resolve()),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        **more,
    }
    for name, value in wanted.items():
        os.environ.setdefault(name, value)
