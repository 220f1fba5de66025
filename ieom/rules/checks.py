"""Checks of a form's figures and times. They flag and never reject: the discrepancy is the finding.

The equations are those of a results protocol (observation guide, 'Checks'); times are compared in UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ieom.rules.forms import WHOLE

FACTS_OF_A_STATION = (
    "opened", "box_shown_empty", "box_sealed", "registered_voters", "registered", "received", "issued", "in_box", "valid",
    "invalid", "seals_intact", "protocol_posted", "figures_changed",
)  # fmt: skip
"""Questions with one true answer for a station, whoever asks."""


@dataclass(frozen=True)
class Seen:
    """A form as the checks see it; moments are UTC. The answers of a question with several stand with blanks between."""

    instance_id: str
    form: str
    team: str
    station: str
    arrived_at: datetime | None
    departed_at: datetime | None
    answers: Mapping[str, str]

    def number(self, question: str) -> int | None:
        """The answer as a number, or None when there is none."""
        value = self.answers.get(question, "")
        return int(value) if WHOLE.fullmatch(value) else None


@dataclass(frozen=True)
class Hours:
    """When a station opens and closes (UTC)."""

    opens: datetime
    closes: datetime


def flags(form: Seen, hours: Hours | None = None) -> list[tuple[str, str]]:
    """(check, detail) of everything odd in one form; with the station's `hours`, of its times too."""
    return [*_figures(form), *_sense(form), *_times(form, hours)]


Names = tuple[str, ...]
SUMS: tuple[tuple[Names, Names], ...] = (
    (("issued", "unused", "spoiled"), ("received",)),
    (("valid", "invalid"), ("in_box",)),
    (("contestants_total",), ("valid", "votes_a_ballot")),
)  # fmt: skip
"""What is added up, and against which figure (two: their product)."""
FIGURES = tuple(
    dict.fromkeys(name for added, against in SUMS for name in (*against, *added) if name != "votes_a_ballot")
)
"""What is summed over the forms of a phase: ballots and votes."""


def sums(form: Seen) -> list[tuple[Names, int, Names, int | None]]:
    """(questions, their sum, against which, that figure), as far as the figures are there: totals as one types."""
    found = []
    for added, against in SUMS:
        numbers = [number for question in added if (number := form.number(question)) is not None]
        if numbers:
            other = form.number(against[0])
            if other is not None and len(against) > 1:
                other *= form.number(against[1]) or 1
            found.append((added, sum(numbers), against, other))
    if each := _listed(form):
        found.append((("contestant_votes",), sum(each), ("contestants_total",), form.number("contestants_total")))
    return found


def _listed(form: Seen) -> list[int]:
    """The contestants' votes where they are listed; none where something else stands among them."""
    each = form.answers.get("contestant_votes", "").replace(",", " ").replace(";", " ").split()
    return [int(one) for one in each] if all(WHOLE.fullmatch(one) for one in each) else []


def _figures(form: Seen) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    n = form.number

    def compare(check: str, left: int | None, right: int | None, says: str, *, exact: bool = True) -> None:
        if left is not None and right is not None and (left != right if exact else left > right):
            found.append((check, says.format(left=left, right=right)))

    def total(*questions: str) -> int | None:
        numbers = [n(question) for question in questions]
        return None if None in numbers else sum(number for number in numbers if number is not None)

    def either(*questions: str) -> int | None:
        return next((number for question in questions if (number := n(question)) is not None), None)

    compare("ballots_balance", n("received"), total("issued", "unused", "spoiled"),
            "{left} ballots received, but issued, unused and spoiled make {right}")  # fmt: skip
    compare("box_against_issued", n("in_box"), n("issued"), "{left} ballots in the box, {right} issued", exact=False)
    compare("valid_and_invalid", total("valid", "invalid"), n("in_box"),
            "valid and invalid make {left}, {right} in the box")  # fmt: skip
    valid, many = n("valid"), n("votes_a_ballot") or 1
    most = None if valid is None else valid * many
    single = many == 1  # of several votes a voter may leave some unused
    says = "the contestants' votes make {left}, the valid ballots allow {right}"
    compare("contestants_sum", n("contestants_total"), most, says, exact=single)
    if each := _listed(form):
        votes = sum(each)
        compare("contestants_sum", votes, most, says, exact=single)
        compare(
            "contestants_total", votes, n("contestants_total"), "the votes listed make {left}, their total is {right}"
        )
    compare("turnout", either("issued", "voted_so_far", "voters_by_signature"), either("registered", "registered_voters"),
            "{left} voted, {right} are registered", exact=False)  # fmt: skip
    compare("registered_twice", n("registered"), n("registered_voters"),
            "{left} registered by the protocol, {right} on the list")  # fmt: skip
    compare("women_in_commission", n("commission_women"), n("commission_present"), "{left} women of {right} present",
            exact=False)  # fmt: skip
    compare("protocols", n("protocols_received"), n("protocols_expected"), "{left} protocols received, {right} expected",
            exact=False)  # fmt: skip
    found += [
        ("negative", f"{name} is {value}") for name in form.answers if (value := n(name)) is not None and value < 0
    ]
    return found


def _sense(form: Seen) -> list[tuple[str, str]]:
    """Answers of one form that don't go together."""
    found = []
    said = form.answers
    for name, value in said.items():
        if name.endswith("_count") and (form.number(name) or 0) > 0 and said.get(name.removesuffix("_count")) == "none":
            found.append(("count_without_case", f"{name} is {value}, but the answer is 'none'"))
        if " " in value and "none" in value.split() and name in {"unauthorised_persons", "materials_missing"}:
            found.append(("none_and_more", f"{name}: {value}"))
    if said.get("unauthorised_persons") == "none" and said.get("unauthorised_interfered") == "yes":
        found.append(("interference_by_nobody", "interference, but no unauthorised person and no authority is marked"))
    if form.form == "incident" and not {"incident_seen", "incident_heard"} & set(said):
        found.append(("incident_of_no_kind", "neither what was seen nor what was told is marked"))
    return found


def _times(form: Seen, hours: Hours | None) -> list[tuple[str, str]]:
    found = []
    arrived, departed = form.arrived_at, form.departed_at
    if arrived and departed and departed < arrived:
        found.append(("departure_before_arrival", "the team left before it came"))
    if hours is None:
        return found
    if form.form == "opening" and arrived and arrived > hours.opens:
        found.append(("opening_not_attended", "the team came after the station's opening hour"))
    if form.form in {"opening", "voting"} and arrived and arrived > hours.closes:
        found.append(("outside_hours", "the team came after the close of the polls"))
    if form.form == "voting" and departed and departed < hours.opens:
        found.append(("outside_hours", "the team left before the polls opened"))
    if form.form in {"closing", "counting"} and departed and departed < hours.closes:
        found.append(("outside_hours", "the team left before the close of the polls"))
    return found


def left_out(
    form: Seen, questions: Collection[str], planned: Collection[str], *, whole: bool = True
) -> list[tuple[str, str]]:
    """What a form leaves out: most of its `questions`, the time of arrival; and that it comes from where the plan sends its
    team to other stations (`planned`; none: no plan is known). A report of an incident says what there is to say, from
    anywhere. A form made of a table (not `whole`) has what the table asked."""
    if form.form == "incident":
        return []
    found = []
    silent = sum(name not in form.answers for name in questions)
    if whole and 2 * silent > len(questions):
        found.append(("mostly_empty", f"{silent} of {len(questions)} questions have no answer"))
    if whole and form.arrived_at is None:
        found.append(("no_arrival", "no time of arrival is given"))
    if planned and form.station not in planned:
        found.append(("not_planned", f"the plan sends {form.team} to other stations"))
    return found


ONCE = frozenset({"opening", "closing", "counting"})
"""Forms on what happens at a station once: a team that reports it a second time has most likely sent it twice, whatever
hour it names."""
TWICE = "same_visit_twice"


def between(
    forms: Iterable[Seen], facts: Sequence[str] = FACTS_OF_A_STATION, *, new: frozenset[str] | None = None
) -> list[tuple[str, str, str, str]]:
    """(instance id, other's instance id, check, detail) of what disagrees between forms, in the order in which they
    came: a team in two places at once, a visit reported twice, two teams' answers about the same station, closing
    against counting figures. The later form has the flag. With `new`, only pairs with one of those forms."""
    by_team: dict[str, list[tuple[int, Seen]]] = defaultdict(list)
    by_station: dict[str, list[tuple[int, Seen]]] = defaultdict(list)
    for place, form in enumerate(forms):
        by_team[form.team].append((place, form))
        by_station[form.station].append((place, form))
    found = []
    for mine in by_team.values():
        found += _places(mine, new)
    for there in by_station.values():
        for at, (_, other) in enumerate(there):
            for _, one in there[:at]:
                if new is None or one.instance_id in new or other.instance_id in new:
                    found += [(other.instance_id, one.instance_id, *flag) for flag in _pair(one, other, facts)]
    return found


def _places(forms: list[tuple[int, Seen]], new: frozenset[str] | None) -> list[tuple[str, str, str, str]]:
    """A team's overlapping stays at two stations, found along its day (a stay is compared with those still open)."""
    found = []
    open_: list[tuple[datetime, int, Seen]] = []
    stays = [(f.arrived_at, f.departed_at, place, f) for place, f in forms if f.arrived_at and f.departed_at]
    for arrived, departed, place, form in sorted(stays, key=lambda stay: (stay[0], stay[2])):
        open_ = [stay for stay in open_ if stay[0] > arrived]
        for _, before, other in open_:
            if other.station != form.station and (new is None or form.instance_id in new or other.instance_id in new):
                later, first = (form, other) if place > before else (other, form)
                detail = f"also at {first.station} at that time"
                found.append((later.instance_id, first.instance_id, "two_places_at_once", detail))
        open_.append((departed, place, form))
    return found


def _pair(one: Seen, other: Seen, facts: Sequence[str]) -> list[tuple[str, str]]:
    """What two forms about one station disagree on; `one` came first."""
    found = []
    if (
        one.team == other.team
        and one.form == other.form
        and one.form != "incident"
        and (one.form in ONCE or one.arrived_at == other.arrived_at)
    ):
        found.append((TWICE, f"{one.team} reported this visit in {one.instance_id} already"))
    if one.team != other.team and one.form == other.form:
        for question in facts:
            mine, theirs = one.answers.get(question), other.answers.get(question)
            if mine and theirs and mine != theirs and "not_observed" not in {mine, theirs}:
                found.append(("teams_disagree", f"{question}: {theirs}, {one.team} says {mine}"))
    if {one.form, other.form} == {"closing", "counting"}:
        closing, counting = (one, other) if one.form == "closing" else (other, one)
        signed, issued = closing.number("voters_by_signature"), counting.number("issued")
        if signed is not None and issued is not None and signed != issued:
            found.append(
                ("closing_against_counting", f"{signed} signatures at the close, {issued} issued by the count")
            )
    return found
