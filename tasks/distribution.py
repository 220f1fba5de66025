"""Stage 7: the release, one letter a recipient, when it may go and not before."""

from __future__ import annotations

from prefect import task

from ieom.acts import distribution
from ieom.rules.timeline import Standing
from tasks.letters import send
from tasks.newsroom import before_the_letters
from tasks.stage import RETRY, walk


@task(name="Press release distribution", task_run_name="Press release distribution", **RETRY)
def distribute_release(mission: str) -> Standing:
    """Queue the release when nothing speaks against it, send what is due, and say where it stands."""
    standing = walk(mission, distribution.advance)
    before_the_letters()
    if send(mission).touched:
        standing = walk(mission, distribution.advance)
    return standing
