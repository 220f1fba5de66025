"""Where the drafting of the statement stands: who is waited for, and why a draft is not ready to be approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ieom.rules.timeline import Stage, Standing, State


@dataclass(frozen=True)
class Draft:
    """The newest version, as far as this stage asks. `stale` counts the forms that came in since an edited one."""

    number: int
    kind: str
    edited: bool
    stale: bool
    findings: int
    asked: bool
    approved: bool
    turned: int
    renewal: datetime | None = None
    """When an unedited draft is renewed by itself (UTC)."""
    fallen: int = 0
    """Findings of what is released that turned since."""


def before(*, at: datetime, opens: datetime, close: datetime, forms: int) -> Standing | None:
    """Where the stage stands while there is no draft (moments UTC); None when the first one is due."""
    if at < opens:
        return Standing(Stage.DRAFTING, State.NOT_DUE, "Drafting has not opened.", opens)
    if forms:
        return None
    until = close if at < close else None
    return Standing(Stage.DRAFTING, State.WORKING, "Drafting is open; findings wait for the first forms.", until, ())


def standing(draft: Draft, *, head: str) -> Standing:
    """Where the stage stands with a draft: done when somebody asked for approval of the newest version and no turned
    finding waits for the head of mission."""
    what = f"Version {draft.number}" + (f" ({draft.kind})" if draft.kind != "final" else "")
    if draft.fallen and (draft.asked or draft.approved):
        says = (
            f"{what}: {_count(draft.fallen, 'published finding')} turned since the release; a correction or a clarification "
            "is drafted, or the head of mission decides by name that it stands."
        )
        return Standing(Stage.DRAFTING, State.WAITING, says, None, (head,))
    if draft.turned and (draft.asked or draft.approved):
        says = f"{what}: {_count(draft.turned, 'finding')} turned since; the head of mission decides by name."
        return Standing(Stage.DRAFTING, State.WAITING, says, None, (head,))
    if draft.asked or draft.approved:
        return Standing(Stage.DRAFTING, State.DONE, f"{what}: approval was asked for.")
    if draft.stale and draft.edited:
        says = f"{what}: forms came in since it was edited; draft it anew (edits are kept)."
        return Standing(Stage.DRAFTING, State.WORKING, says, None, ("drafter",))
    if draft.findings:
        says = f"{what}: {_count(draft.findings, 'finding')} to mend or answer for."
        return Standing(Stage.DRAFTING, State.WORKING, says, draft.renewal, ("drafter",))
    says = f"{what}: no open finding; the drafter may ask for approval."
    return Standing(Stage.DRAFTING, State.WORKING, says, draft.renewal, ("drafter",))


def _count(number: int, one: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"
