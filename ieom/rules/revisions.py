"""What a recorded act makes of a mission's facts: new facts, the old ones untouched. Everything that is computed from
the facts (openings, closings, deadlines, the embargo) follows from the new ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ieom.rules.mission import MissionFacts, Seat, SendingState


def _again(facts: MissionFacts, **changed: Any) -> MissionFacts:
    """The facts with some of them changed, checked again as a whole."""
    return MissionFacts.model_validate({**facts.model_dump(), **changed})


def _rounds(facts: MissionFacts, number: int, **changed: Any) -> dict[str, Any]:
    election = facts.election.model_dump()
    election["rounds"] = [{**row, **changed} if row["number"] == number else row for row in election["rounds"]]
    return election


def shifted(moment: datetime, days: int, zone: str) -> datetime:
    """A moment (UTC) so many calendar days later at the same local time, over any change of the clocks."""
    return (moment.astimezone(ZoneInfo(zone)) + timedelta(days=days)).astimezone(UTC)


def postponed(facts: MissionFacts, days: int, *, at: datetime) -> MissionFacts:
    """The round observed, so many days later (earlier when negative): its voting days, the press conference, and the
    term for nominations unless it has passed at `at`. Invitations and what was observed before stay where they were.
    Raises ValueError for no days, and for a voting day that would lie before `at`."""
    if days == 0:
        raise ValueError("0 days is no postponement; say by how many days")
    move = timedelta(days=days)
    voting_days = [day + move for day in facts.voting_days]
    today = at.astimezone(ZoneInfo(facts.zone)).date()
    if voting_days[0] < today:
        raise ValueError(f"the voting would begin on {voting_days[0]}, which has passed")
    changed: dict[str, Any] = {
        "election": _rounds(facts, facts.election.round, voting_days=voting_days),
        "release": {
            **facts.release.model_dump(),
            "press_conference": facts.release.press_conference + move,
        },
    }
    if facts.nominations_due is not None and facts.moment(facts.nominations_due) > at:
        changed["nominations_due"] = facts.nominations_due + move
    if facts.observation_from is not None and facts.observation_from > today:
        changed["observation_from"] = facts.observation_from + move
    return _again(facts, **changed)


def extended(facts: MissionFacts, minutes: int) -> MissionFacts:
    """The voting of election day, so many minutes longer at every station. Raises ValueError unless at least one."""
    if minutes < 1:
        raise ValueError(f"{minutes} minutes is no extension; write at least 1")
    total = facts.round_observed.extended_by_minutes + minutes
    return _again(facts, election=_rounds(facts, facts.election.round, extended_by_minutes=total))


def with_round(
    facts: MissionFacts, number: int, voting_days: Sequence[date], press_conference: datetime, *, at: datetime
) -> MissionFacts:
    """Another round observed: its voting days and its press conference (UTC). Raises ValueError for days that have
    passed, and for a round that is observed already."""
    today = at.astimezone(ZoneInfo(facts.zone)).date()
    if not voting_days:
        raise ValueError("a round has at least one voting day")
    if min(voting_days) < today:
        raise ValueError(f"{min(voting_days)} has passed")
    if number == facts.election.round:
        raise ValueError(f"round {number} is the one observed; to move its day, postpone it")
    election = facts.election.model_dump()
    election["rounds"] = [
        *(row for row in election["rounds"] if row["number"] != number),
        {"number": number, "voting_days": sorted(voting_days)},
    ]
    election["round"] = number
    return with_press_conference(_again(facts, election=election), press_conference)


def with_press_conference(facts: MissionFacts, to: datetime) -> MissionFacts:
    """The press conference at another moment (UTC)."""
    local = to.astimezone(ZoneInfo(facts.zone)).replace(tzinfo=None)
    return _again(facts, release={**facts.release.model_dump(), "press_conference": local})


def with_head(facts: MissionFacts, old: str, new: str, state: str) -> MissionFacts:
    """Another head of mission in the seats of the approval rule. A seat that the new head had as a member state's
    representative passes to the old head, where both come from that state, and is given up otherwise."""
    seats: list[Seat] = []
    for seat in facts.approval.seats:
        if seat.capacity == "head_of_mission":
            deputies = tuple(deputy for deputy in seat.deputies if deputy not in {old, new})
            seats.append(seat.model_copy(update={"who": new, "state": state, "deputies": deputies}))
        elif seat.who != new:
            seats.append(seat)
    return _with_seats(facts, seats)


def with_approver(facts: MissionFacts, old: str, new: str) -> MissionFacts:
    """Another person in a seat of the approval rule; a deputy's place that they had there is given up. Raises ValueError for a
    seat that there is not, for the head of mission's, and for somebody who has a seat already."""
    seat = next((one for one in facts.approval.seats if one.who == old), None)
    if seat is None:
        raise ValueError(f"'{old}' has no seat in the approval of the statement")
    if seat.capacity == "head_of_mission":
        raise ValueError("the head of mission's seat is the head's; another head is appointed")
    if any(one.who == new for one in facts.approval.seats):
        raise ValueError(f"'{new}' has a seat already")
    taken = seat.model_copy(update={"who": new, "deputies": tuple(one for one in seat.deputies if one != new)})
    return _with_seats(facts, [taken if one is seat else one for one in facts.approval.seats])


def with_state(facts: MissionFacts, state: SendingState, seat: Seat | None) -> MissionFacts:
    """One more state asked for observers, or one that had withdrawn and is back; with its seat, if the rule gives
    states seats. Raises ValueError when it takes part already, or when the rule wants a seat."""
    if any(row.code == state.code and row.withdrew_on is None for row in facts.states):
        raise ValueError(f"{state.code} takes part already")
    seated = any(row.capacity == "member_state" for row in facts.approval.seats)
    if seated and seat is None:
        raise ValueError(f"the approval rule gives each state a seat; say who decides for {state.code}")
    states = (*(row for row in facts.states if row.code != state.code), state)
    new = _again(facts, states=[row.model_dump() for row in states])
    return new if seat is None else _with_seats(new, [*facts.approval.seats, seat])


def without_state(facts: MissionFacts, code: str, *, on: date) -> MissionFacts:
    """A state that withdraws: it stays in the file with its date, its seat goes, and a quorum that the seats left
    can't reach becomes all of them. Raises ValueError for a state that takes no part, and for the head's own."""
    if not any(row.code == code and row.withdrew_on is None for row in facts.states):
        raise ValueError(f"{code} takes no part in this mission")
    if any(seat.capacity == "head_of_mission" and seat.state == code for seat in facts.approval.seats):
        raise ValueError(f"the head of mission comes from {code}; replace the head first")
    states = [{**row.model_dump(), "withdrew_on": on} if row.code == code else row.model_dump() for row in facts.states]
    seats = [s for s in facts.approval.seats if not (s.capacity == "member_state" and s.state == code)]
    return _with_seats(_again(facts, states=states), seats)


def _with_seats(facts: MissionFacts, seats: Sequence[Seat]) -> MissionFacts:
    rule = facts.approval.model_dump()
    rule["seats"] = [seat.model_dump() for seat in seats]
    if isinstance(rule["quorum"], int) and rule["quorum"] > len(seats):
        rule["quorum"] = "all"
    return _again(facts, approval=rule)
