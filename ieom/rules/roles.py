"""Roles, and whom a person acts as: one code in one mission, so that nobody is two persons where two are asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ieom.rules.words import N_


class Role(StrEnum):
    """What somebody is at the desk."""

    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"
    DRAFTER = "drafter"
    HEAD_OF_MISSION = "head_of_mission"
    APPROVER = "approver"
    PRESS_OFFICER = "press_officer"
    DELEGATION_MEMBER = "delegation_member"
    AUDITOR = "auditor"


SAID = {
    Role.ADMINISTRATOR: N_("administrator"),
    Role.COORDINATOR: N_("coordinator"),
    Role.DRAFTER: N_("drafter"),
    Role.HEAD_OF_MISSION: N_("head of mission"),
    Role.APPROVER: N_("approver"),
    Role.PRESS_OFFICER: N_("press officer"),
    Role.DELEGATION_MEMBER: N_("delegation member"),
    Role.AUDITOR: N_("auditor"),
}
USUAL = {Role.COORDINATOR: "coordinator", Role.DRAFTER: "drafter", Role.PRESS_OFFICER: "press-officer"}
"""The office that a role acts as where nothing else was said."""
ACTS_AS_NOBODY = {Role.ADMINISTRATOR, Role.AUDITOR}
"""Roles that need no code: they do nothing in a mission."""


@dataclass(frozen=True)
class Given:
    """A role that an account has: in `mission`, or in all when that is empty; acting as `code`."""

    account: int
    mission: str
    role: Role
    code: str = ""

    def holds_in(self, mission: str) -> bool:
        """Whether it counts in this mission."""
        return self.mission in {"", mission}


def roles_in(given: Collection[Given], mission: str) -> set[Role]:
    """The roles that hold in a mission; in no mission ('') those given for all."""
    return {one.role for one in given if one.holds_in(mission)}


def roles_anywhere(given: Collection[Given]) -> set[Role]:
    """The roles that hold for what belongs to no mission, contacts above all: those given in whichever mission; but an
    administrator is one for all."""
    return {one.role for one in given if not one.mission or one.role is not Role.ADMINISTRATOR}


def acts_as(given: Collection[Given], mission: str) -> str:
    """The code that somebody acts under in a mission: the mission's own before that for all. '' for nobody."""
    own = [one.code for one in given if one.code and one.mission == mission]
    for_all = [one.code for one in given if one.code and not one.mission]
    return next(iter(own or for_all), "")


def collides(new: Given, known: Collection[Given]) -> str:
    """Why a role can't be given, in words; '' when it can. An account has one code where it acts, and a code one account:
    else one person could confirm what the same person decided."""
    overlapping = [
        one for one in known if one.code and (not one.mission or not new.mission or one.mission == new.mission)
    ]
    if not new.code:
        return (
            "" if new.role in ACTS_AS_NOBODY else f"say whom a {SAID[new.role]} acts as: an office's or member's code"
        )
    for one in overlapping:
        if one.account == new.account and one.code != new.code:
            return (
                f"this person acts as {one.code} already; nobody acts under two names in one mission, "
                "for then one person could confirm what the same person decided"
            )
        if one.account != new.account and one.code == new.code:
            return f"somebody else acts as {new.code} already; take that role away first, or use a deputy's code"
    return ""
