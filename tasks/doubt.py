"""Letters in doubt are settled by the installation's policy, before anything is sent."""

from __future__ import annotations

import logging

from ieom.acts import doubt
from ieom.acts.doubt import Settled
from ieom.errors import BadInput, IeomError
from ieom.mail import maillog
from ieom.mail.smtp import Account, Connection
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.settings import settings
from tasks.stage import records

log = logging.getLogger(__name__)


def settle_doubt(mission: str) -> Settled:
    """Do what IEOM_DOUBT_POLICY says; nothing when it is `ask`. A log that can't be read leaves everything in doubt."""
    policy = settings().doubt_policy
    if policy == "ask":
        return Settled()
    with reading(records()) as session:
        asked = doubt.case(session, mission)
        simulated = missions.get(session, mission).simulated_now is not None
    if not asked.attempts:
        return Settled()
    try:
        settled = _resend(mission) if policy == "resend" else _reconcile(mission, asked, simulated=simulated)
    except IeomError as error:
        log.error("letters of %s stay in doubt: %s", mission, error)
        return Settled()
    for number, why in settled.left.items():
        log.warning("letter %s of %s stays in doubt: %s", number, mission, why)
    return settled


def _resend(mission: str) -> Settled:
    with begin(records()) as session:
        return doubt.resend(session, mission, by="clock", at=missions.now(session, mission))


def _reconcile(mission: str, asked: doubt.Case, *, simulated: bool) -> Settled:
    if not simulated:
        _knock()
    read = maillog.read(settings().mail_log, asked.wanted)
    with begin(records()) as session:
        at = missions.now(session, mission)
        return doubt.reconcile(session, mission, by="clock", at=at, asked=asked, found=doubt.found_in(read, asked))


def _knock() -> None:
    """Open and close a connection: a server that has nothing else to do writes a line of now into its log, without
    which the log does not reach past the attempt."""
    try:
        connection = Connection(Account.of(settings()))
    except BadInput:
        return
    connection.open()
    connection.close()
