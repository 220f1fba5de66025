"""`ieom invitation, nominate, item, waive, take-back, declare, appoint, head, decline, brief, accredit, delegation`: who the
mission is, from the invitation to the badge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from desk.cli.context import ByOption, MissionOption, act, acting, look, say
from desk.delegation_view import delegation as picture
from ieom import folder as folders
from ieom.acts import delegation as acts
from ieom.errors import BadInput
from ieom.folder.rows import DelegationRow
from ieom.rules.delegation import ITEMS, QUESTIONS, ROLES

Code = Annotated[str, typer.Argument(help="The person's code, such as kg-1.", show_default=False)]
Codes = Annotated[list[str], typer.Argument(help="The persons' codes, such as kg-1 tr-1.", show_default=False)]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept.", show_default=False)]
_ITEMS = ", ".join(ITEMS)
Item = Annotated[str, typer.Argument(help=f"The item: {_ITEMS}.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (invitation, nominate, item, waive, take_back, declare, appoint, head, decline, brief, delegation):
        app.command(command.__name__.replace("_", "-"))(command)
    accredit = typer.Typer(
        no_args_is_help=True, help="Accreditation as observer: asked for by note verbale, back as a badge."
    )
    for badge_command in (request, issue, collect, return_, refuse):
        accredit.command(badge_command.__name__.rstrip("_"))(badge_command)
    app.add_typer(accredit, name="accredit")


def invitation(
    scan: Annotated[Path | None, typer.Option(help="The scanned invitation (PDF, PNG or JPEG).")] = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Enter the host country's invitation into the register. States are then asked for observers."""
    row = _do(acts.record_invitation, mission, by, scan=scan or "")
    say(f"The invitation is {row.number} in the register; states are asked at the next run.")


def nominate(
    member: Annotated[str, typer.Argument(help="The person's code, such as kg-1; left out: every row of --from.")] = "",
    source: Annotated[
        Path | None, typer.Option("--from", help="Take the person, or everybody, from a file such as delegation.csv.")
    ] = None,
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(ROLES)}.")] = "observer",
    state: Annotated[str, typer.Option(help="The sending state's two letters; none for the organisation's own.")] = "",
    office: Annotated[str, typer.Option(help="How the person is called by office.")] = "",
    honorific: Annotated[str, typer.Option(help="Such as H.E. or Ms.")] = "",
    name: Annotated[str, typer.Option(help="First and family name.")] = "",
    title: Annotated[str, typer.Option(help="Such as 'Counsellor of the Embassy of ...'.")] = "",
    body: Annotated[str, typer.Option(help="The sending body: a code of config/names.toml.")] = "",
    email: Annotated[str, typer.Option(help="Where the mission's letters to this person go.")] = "",
    language: Annotated[str, typer.Option(help="The language of those letters.")] = "en",
    salutation: Annotated[str, typer.Option(help="How a letter begins, such as Excellency.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record a nomination. A nominee is not a member until appointed."""
    if source is not None:
        rows = [row.model_dump() for row in folders.read_rows(source, DelegationRow)]
        chosen = [row for row in rows if member in {"", row["code"]}]
        if not chosen:
            raise BadInput(f"{source.name} has no row with the code '{member}'")
    elif member and office:
        chosen = [
            {
                "code": member, "role": role, "state": state, "office": office, "honorific": honorific, "name": name,
                "title": title, "body": body, "email": email, "language": language, "salutation": salutation,
            }
        ]  # fmt: skip
    else:
        raise BadInput("give a code and --office, or take people from a file with --from")
    with act(mission) as (session, slug, at):
        for row in chosen:
            acts.nominate(session, slug, by=acting(by), at=at, member=row.pop("code"), **row)
    say(f"Nominated: {len(chosen)}. 'ieom delegation' shows what their files lack.")


def item(
    member: Code,
    items: Annotated[list[str], typer.Argument(help=f"What came in: {_ITEMS}; or 'all'.", show_default=False)],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record items of a nominee's file that came in. Passports and photographs: 'ieom vault store'."""
    given = list(ITEMS) if items == ["all"] else items
    file = _do(acts.receive_items, mission, by, member=member, items=given)
    missing = ", ".join(ITEMS[one] for one in file.missing)
    say(f"{member} still owes: {missing}." if missing else f"The file of {member} is complete.")


def waive(
    member: Code,
    item: Item,
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Waive one item of a nominee's file for a reason. The conflict-of-interest declaration, the signed code of conduct
    and accreditation are never waived."""
    _do(acts.waive_item, mission, by, member=member, item=item, why=why)
    say(f"The {ITEMS[item]} of {member} is waived.")


def take_back(
    member: Code,
    item: Item,
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Say that an item did not come in, or is not waived, after all; it is owed again."""
    _do(acts.take_back_item, mission, by, member=member, item=item, why=why)
    say(f"The {ITEMS[item]} of {member} is taken back; it is owed again.")


def declare(
    member: Code,
    none: Annotated[bool, typer.Option("--none", help="Every question was answered with no.")] = False,
    yes: Annotated[
        list[str] | None,
        typer.Option("--yes", help=f"A question answered with yes, the others with no: {', '.join(QUESTIONS)}."),
    ] = None,
    nationality: Annotated[list[str] | None, typer.Option(help="A nationality stated, two letters.")] = None,
    membership: Annotated[list[str] | None, typer.Option(help="A party, organisation or employer stated.")] = None,
    detail: Annotated[str, typer.Option(help="What the person added.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record a nominee's conflict-of-interest declaration. Without --none or --yes each question is asked here."""
    if none and yes:
        raise BadInput("--none and --yes contradict each other")
    unknown = [one for one in yes or [] if one not in QUESTIONS]
    if unknown:
        raise BadInput(f"no question is called {', '.join(unknown)}; they are {', '.join(QUESTIONS)}")
    if none or yes:
        answers: dict[str, Any] = {question: question in (yes or []) for question in QUESTIONS}
    else:
        answers = {question: typer.confirm(f"{member} {words}?") for question, words in QUESTIONS.items()}
    answers |= {"nationalities": nationality or [], "memberships": membership or [], "detail": detail}
    found = _do(acts.declare_conflict, mission, by, member=member, answers=answers)
    say(f"A conflict of interest: {member} {found}." if found else f"{member} has declared no conflict of interest.")


def appoint(member: Codes, mission: MissionOption = "", by: ByOption = "") -> None:
    """Make nominees members. Refused while a file is incomplete or a conflict of interest stands."""
    with act(mission) as (session, slug, at):
        for code in member:
            acts.appoint(session, slug, by=acting(by), at=at, member=code)
    say(f"Appointed: {', '.join(member)}.")


def head(member: Code, mission: MissionOption = "", by: ByOption = "") -> None:
    """Make a member the head of mission when there is none. 'ieom replace-head' replaces one."""
    _do(acts.appoint_head, mission, by, member=member)
    say(f"{member} is head of mission.")


def decline(
    who: Annotated[str, typer.Argument(help="The person's code, or a state's two letters.", show_default=False)],
    withdrawn: Annotated[bool, typer.Option(help="A member withdraws, who had accepted.")] = False,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that a nominee declines or a member withdraws, or that a state will not send observers."""
    if len(who) == 2 and who.isupper():
        _do(acts.state_declines, mission, by, state=who)
        say(f"{who} sends no observers.")
        return
    how = "withdrawn" if withdrawn else "declined"
    _do(acts.leave, mission, by, member=who, how=how)
    say(f"{who} has {'withdrawn' if withdrawn else 'declined'}.")


def brief(member: Codes, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that members attended the briefing."""
    _do(acts.brief, mission, by, members=member)
    say(f"Briefed: {', '.join(member)}.")


def delegation(mission: MissionOption = "") -> None:
    """Show the delegation: each state against its quota, each file with what it lacks, badges, briefing."""
    with look(mission) as (session, slug, _now):
        parts = picture(session, slug)
    for part in parts:
        say(part)


def request(
    member: Annotated[
        list[str] | None, typer.Argument(help="Whom to ask for; left out: every member not asked for yet.")
    ] = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Draft the note verbale that asks for accreditation now, rather than when it is due."""
    note = _do(acts.request_accreditation, mission, by, members=member or [])
    say(f"Note verbale {note.number} is drafted for stamp." if note else "Accreditation was asked for everybody.")


def issue(
    member: Codes,
    number: Annotated[str, typer.Option(help="The badge's number, for one person.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that badges were issued; each member is told."""
    _badges(mission, by, member, "issued", number=number)


def collect(member: Codes, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that members collected their badges."""
    _badges(mission, by, member, "collected")


def return_(member: Codes, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that members handed their badges back."""
    _badges(mission, by, member, "returned")


def refuse(member: Codes, why: Why, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that the election administration refused accreditation."""
    _badges(mission, by, member, "refused", why=why)


def _badges(mission: str, by: str, members: list[str], status: str, **more: str) -> None:
    _do(acts.badge, mission, by, members=members, status=status, **more)
    say(f"{status.capitalize()}: {', '.join(members)}.")


def _do(function: Any, mission: str, by: str, **arguments: Any) -> Any:
    """Do an act in a transaction of its own."""
    with act(mission) as (session, slug, at):
        return function(session, slug, by=acting(by), at=at, **arguments)
