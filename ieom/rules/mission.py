"""The facts of a mission as its file states them, and the moments that follow from them (opens, closes, days).

The file is TOML and is read by the secretariat; an unknown key is refused. Local times have no zone in the file:
they are the host country's (or the station's), which `zone` names; everything computed here is UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NaiveDatetime, model_validator


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """The zones' names; kept, because finding them walks through the zones' files."""
    return frozenset(available_timezones())


def _known_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError(f"'{value}' is not a time zone; use a name such as Asia/Almaty")
    return value


Zone = Annotated[str, AfterValidator(_known_zone)]


def _free(value: str) -> str:
    if value in RESERVED:
        raise ValueError(f"'{value}' is an address of the desk's own; take another short name")
    return value


RESERVED = {"new"}
"""Short names that no mission can have."""
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80), AfterValidator(_free)]
CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
LONGEST_CODE = 60
Code = Annotated[str, Field(pattern=CODE, max_length=LONGEST_CODE)]
Local = Annotated[NaiveDatetime, Field(description="local time in the host country, without a zone")]


def is_code(text: str) -> bool:
    """Whether a text can be somebody's or something's code, which stands in addresses of pages and names of files."""
    return len(text) <= LONGEST_CODE and re.fullmatch(CODE[1:-1], text) is not None


def offset(moment: datetime, zone: ZoneInfo) -> str:
    """A zone's offset at a moment, e.g. 'UTC+6' or 'UTC+5:30'."""
    east = moment.astimezone(zone).utcoffset()
    minutes = 0 if east is None else int(east.total_seconds() // 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")


class Facts(BaseModel):
    """Facts don't change once read, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Invitation(Facts):
    """The host country's invitation."""

    received_on: date
    from_body: str  # code in config/names.toml, e.g. kz-mfa; or the body's name itself, as a sentence has it
    reference: str = ""


class Contest(Facts):
    """One thing voted on: an office, a chamber, a referendum."""

    code: Code
    title: str
    kind: Literal["presidential", "parliamentary", "senate", "local", "referendum", "other"]
    suffrage: Literal["direct", "indirect"] = "direct"
    contestants: tuple[str, ...] = ()
    """Parties or candidates against which a nominee's interests are checked."""


class Round(Facts):
    """A round of the election and its voting days, the last of which is election day."""

    number: int = Field(ge=1)
    voting_days: tuple[date, ...] = Field(min_length=1)
    extended_by_minutes: int = Field(default=0, ge=0)
    """Minutes by which the authorities extended the voting; recorded as an act."""


PLURAL = re.compile(r"\b(?:elections|referendums|referenda|polls)\b", re.IGNORECASE)
USUAL = "the Elections"


class Election(Facts):
    """What is observed."""

    title: str
    short_title: str = USUAL
    contests: tuple[Contest, ...] = Field(min_length=1)
    rounds: tuple[Round, ...] = Field(min_length=1)
    round: int = 1
    """The round that this mission observes."""
    count_ends_by: time | None = None
    """Local time by which the law wants the count finished, if it names one."""

    @property
    def several(self) -> bool:
        """Whether the title is a plural: 'Elections of Deputies' were held, 'Early Presidential Election' was."""
        return bool(PLURAL.search(self.title))

    @property
    def called(self) -> str:
        """What the election is called after the first time. The usual words agree with the title, others stand as they
        were given."""
        if self.several or self.short_title != USUAL:
            return self.short_title
        return "the Referendum" if "referendum" in self.title.lower() else "the Election"


class SendingState(Facts):
    """A state that nominates observers."""

    code: str = Field(pattern=r"^[A-Z]{2}$")
    quota: int = Field(ge=0)
    contact_office: str
    contact_email: str
    joined_on: date | None = None
    withdrew_on: date | None = None


class Office(Facts):
    """Someone of the secretariat or of an authority, named by office; a person's name only where the seed has one."""

    code: Code
    office: str
    email: str = ""
    deputy: str = ""
    """Code of the office that stands in after the stated time."""
    body: str = ""
    honorific: str = ""
    name: str = ""
    salutation: str = ""


class Seat(Facts):
    """One whose approval the rule asks for."""

    who: Code
    """A member's code, or an office's."""
    capacity: Literal["head_of_mission", "member_state", "secretary_general", "other"]
    state: str = ""
    deputies: tuple[Code, ...] = ()
    silence_hours: float | None = Field(default=None, gt=0)
    """Term of a silence procedure for a member state; never for the head of mission."""

    @model_validator(mode="after")
    def _head_decides(self) -> Seat:
        if self.silence_hours is not None and self.capacity != "member_state":
            raise ValueError("a silence procedure is for member states alone; the head of mission decides expressly")
        return self


class ApprovalRule(Facts):
    """Who approves the statement, in which order, and how many must."""

    order: Literal["in_order", "side_by_side"] = "in_order"
    quorum: Literal["all"] | int = "all"
    seats: tuple[Seat, ...] = Field(min_length=1)
    link_asks: Literal["nothing", "code", "log-in"] = "nothing"
    """What the page behind an approver's link asks for before it shows anything: a code that was sent separately, or to
    enter the desk."""


class ReleaseRule(Facts):
    """When and as whom the release goes out."""

    press_conference: Local
    from_name: str
    from_email: str
    reply_to: str
    bounces_to: str = ""
    """The envelope sender, to which what can't be delivered comes back; left out: from_email."""
    newsroom_url: str = ""
    unsubscribe_url: str
    go: Literal["by_time", "by_hand"] = "by_time"


class MissionFacts(Facts):
    """Everything a mission file states."""

    slug: Slug
    title: str
    host_state: str = Field(pattern=r"^[A-Z]{2}$")
    zone: Zone
    base_city: str  # code in config/names.toml
    organisation: str  # code in config/names.toml
    languages: tuple[str, ...] = ("en",)
    """Authentic languages of the statement."""
    observation_from: date | None = None
    invitation: Invitation
    election: Election
    states: tuple[SendingState, ...] = ()
    offices: tuple[Office, ...]
    """Secretariat's offices: coordinator, drafter, press-officer, secretary-general...; and the authorities'."""
    nominations_due: Local | None = None
    polls_open: time
    polls_close: time
    """Usual hours; a station's own stand in its row."""
    approval: ApprovalRule
    release: ReleaseRule
    legal_references: dict[str, str] = {}
    """Named articles behind a legal clause of the statement, by claim."""
    outside_sources: dict[str, str] = {}
    """Named outside sources behind a claim that no observer can have seen, by claim."""
    station_choice: str = ""
    """How stations were chosen; without it no paper may speak of a sample or of random choice."""
    retention_days: int = Field(default=180, ge=1)
    """Days after election day at which personal papers are erased, unless the item has its own date."""

    @property
    def voting_days(self) -> tuple[date, ...]:
        """Voting days of the round observed, first to last."""
        return tuple(sorted(next(r for r in self.election.rounds if r.number == self.election.round).voting_days))

    @property
    def election_day(self) -> date:
        """The last voting day of the round observed."""
        return self.voting_days[-1]

    @property
    def round_observed(self) -> Round:
        """The round observed."""
        return next(r for r in self.election.rounds if r.number == self.election.round)

    def moment(self, local: datetime, zone: str = "") -> datetime:
        """A local time as UTC. Raises ValueError for a time that already has a zone."""
        if local.tzinfo is not None:
            raise ValueError("a local time is written without a zone")
        return local.replace(tzinfo=ZoneInfo(zone or self.zone)).astimezone(UTC)

    def at(self, day: date, when: time, zone: str = "") -> datetime:
        """A day and a local time of day as UTC."""
        return self.moment(datetime.combine(day, when), zone)

    def opens(self, when: time | None = None, zone: str = "") -> datetime:
        """When a station opens on the first voting day (UTC)."""
        return self.at(self.voting_days[0], when or self.polls_open, zone)

    def closes(self, when: time | None = None, zone: str = "") -> datetime:
        """When a station closes on election day, with any recorded extension (UTC)."""
        extended = timedelta(minutes=self.round_observed.extended_by_minutes)
        return self.at(self.election_day, when or self.polls_close, zone) + extended

    def office(self, code: str) -> Office:
        """An office by its code. Raises KeyError."""
        return next((o for o in self.offices if o.code == code), None) or _missing(code)

    @model_validator(mode="after")
    def _rounds_fit(self) -> MissionFacts:
        if self.election.round not in {r.number for r in self.election.rounds}:
            raise ValueError(f"election.round is {self.election.round}, but no round has that number")
        return self


def _missing(code: str) -> Office:
    raise KeyError(f"no office '{code}' in the mission file")
