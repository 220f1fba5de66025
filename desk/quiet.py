"""Prefect's surroundings, set before it is imported: its home, its silence, and who may call its API."""

from __future__ import annotations

import os
from pathlib import Path

FEW_WRITERS = {
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}
"""On SQLite, Prefect's server answers 503 to a request that meets one of its own background writers, and its client
then sleeps two seconds: over a mission that was half of the time. Nothing here reads Prefect's events or has automations,
so neither is written, and task runs are written down in groups."""


def surround(home: Path, **more: str) -> None:
    """Set Prefect's environment unless the operator has; `home` is where Prefect keeps its own database; it is
    made, with the folders above it, which Prefect itself would not."""
    home.mkdir(parents=True, exist_ok=True)
    wanted = {
        "PREFECT_HOME": str(home.resolve()),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        **FEW_WRITERS,
        **more,
    }
    for name, value in wanted.items():
        os.environ.setdefault(name, value)
