"""What became of a letter, in words that hold neither an address nor a server's own answer."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ieom.folder.catalogues import N_, _
from ieom.records import letters
from ieom.records.letters import Letter
from ieom.rules.replies import Trouble, trouble

STATES = {
    "queued": N_("waiting"), "leased": N_("about to leave"), "transmitting": N_("leaving now"), "sent": N_("sent"), "refused": N_("refused"),
    "deferred": N_("tried again later"), "in_doubt": N_("in doubt"), "late": N_("late, waits for a person"), "stopped": N_("stopped"),
    "cancelled": N_("taken back"), "bounced": N_("came back"),
}  # fmt: skip
TROUBLES: dict[Trouble, str] = {
    "no_mailbox": N_("their mail server knows no such address"),
    "no_server": N_("no mail server takes letters for what stands after the @"),
    "full": N_("their mailbox is full"),
    "too_large": N_("the letter is too large for their mail server"),
    "no_room": N_("their mailbox is full, or the letter too large for it"),
    "turned_away": N_("their mail server does not let our letters in"),
    "put_off": N_("their mail server put it off again and again, and never took it"),
    "unsaid": N_("their mail server gave no reason that it names"),
}


def said_states() -> dict[str, str]:
    """A letter's states in the reader's language."""
    return {state: _(said) for state, said in STATES.items()}


def troubles(session: Session, mission: str) -> list[tuple[Letter, str]]:
    """The mission's letters to people, states and offices that did not arrive, or may not have: each with what became of
    it, the newest last."""
    rows = letters.troubled(session, mission)
    back = letters.said_back(session, [row.id for row in rows]) if rows else {}
    return [
        (row, became(row.state, row.code, row.answer or "", back[row.id].status if row.id in back else ""))
        for row in rows
    ]


def became(state: str, code: int | None = None, answer: str = "", status: str = "") -> str:
    """What became of a letter that did not arrive, or may not have; '' for any other. `status` is that of the report with
    which it came back."""
    why = _(TROUBLES[trouble(code, answer, status)])
    match state:
        case "refused":
            return _("It was refused: {why}.").format(why=why)
        case "bounced":
            return _("It came back: {why}.").format(why=why)
        case "in_doubt":
            return _("The connection broke while it was handed over: nobody knows whether it arrived.")
        case _:
            return ""
