"""What comes back by mail, on a schedule of its own: the mailbox of bounces is read, and doubt settled by policy."""

from __future__ import annotations

from prefect import flow

from tasks.doubt import settle_doubt
from tasks.letters import send_letters
from tasks.returns import read_returns
from tasks.wake import all_missions, begin_run


@flow(name="returns", flow_run_name="returns", persist_result=False)
def returns() -> int:
    """Read what came back, of all missions at once, and settle what is in doubt; returns how many missions it met."""
    met = read_returns()
    met |= {slug for slug in all_missions() if not begin_run(slug).held and settle_doubt(slug).done}
    for slug in sorted(met):
        send_letters(slug)
    return len(met)
