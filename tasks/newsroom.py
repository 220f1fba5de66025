"""The newsroom as plain files, kept up with what is published, where an operator wants that (IEOM_NEWSROOM_DIR). It waits
for nobody and nobody waits for it: letters go whether it can be written or not."""

from __future__ import annotations

import logging

from prefect import task
from sqlalchemy.exc import SQLAlchemyError

from ieom.acts import newsroom
from ieom.errors import IeomError
from ieom.records.base import reading
from ieom.settings import settings
from tasks.stage import RETRY, records

LOG = logging.getLogger("ieom.newsroom")


def before_the_letters() -> None:
    """One try, so that the page is there when a letter that names it is opened; never raises what would hold letters."""
    try:
        _refresh()
    except (IeomError, SQLAlchemyError, OSError) as error:
        LOG.error("the newsroom could not be written and is tried again once the letters have gone: %s", error)


@task(name="Newsroom", task_run_name="Newsroom", **RETRY)
def keep_newsroom() -> int:
    """Write the newsroom when it is not what is published; returns how many files."""
    return _refresh()


def _refresh() -> int:
    if settings().newsroom_dir is None:
        return 0
    with reading(records()) as session:
        return newsroom.refresh(session)
