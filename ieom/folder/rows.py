"""One row of each CSV file of a mission folder: its columns, and what may stand in them."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, ClassVar, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NaiveDatetime,
    ValidationInfo,
    field_validator,
)

from ieom.rules.lettering import hidden, named
from ieom.rules.mission import Code, Zone
from ieom.rules.names import LANGUAGES


def email(value: str) -> str:
    """An address in its normal form. Raises ValueError saying what is wrong; the network is not asked."""
    return _email(value, beyond_ascii=False)


def media_email(value: str) -> str:
    """The same for an outlet's address, which may have letters beyond ASCII before the @ too (RFC 6531)."""
    return _email(value, beyond_ascii=True)


def _email(value: str, *, beyond_ascii: bool) -> str:
    if any(sign in value for sign in "\r\n\t\x00"):
        raise ValueError(f"{value!r} holds a line break; an address stands on one line")
    try:
        return validate_email(value, check_deliverability=False, allow_smtputf8=beyond_ascii).normalized
    except EmailNotValidError as problem:
        raise ValueError(f"'{value}' is not an e-mail address: {problem}") from None


def _yes_no(value: object) -> object:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if isinstance(value, str):
        if value.casefold() not in words:
            raise ValueError(f"'{value}' is to be yes or no")
        return words[value.casefold()]
    return value


def _two_digits(value: object) -> object:
    """Spreadsheets write 7:00 for 07:00."""
    return re.sub(r"(^|[ T])(\d:)", r"\g<1>0\2", value) if isinstance(value, str) else value


DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
"""A day as it is written in the countries of the region: day, month and year with dots, which is never read otherwise."""


def _year_first(value: str) -> str:
    """'27.11.2026 10:00' as '2026-11-27 10:00'; anything else as it is."""
    found = DOTTED.match(value)
    if found is None:
        return value
    day, month, year = found.groups()
    return f"{year}-{int(month):02}-{int(day):02}" + value[found.end() :].replace(",", " ").rstrip()


def _clock(value: object) -> object:
    if isinstance(value, str) and (":" not in value or "+" in value or value.endswith(("Z", "z"))):
        raise ValueError(f"'{value}' is to be a local time of day such as 07:00, without a zone")
    return _two_digits(value)


def _local(value: object) -> object:
    if not isinstance(value, str):
        return value
    said = re.sub(r"\s+", " ", _year_first(value))
    if ":" not in said or "-" not in said:
        raise ValueError(f"'{value}' is to be a local time such as 2020-08-12 20:00 or 12.08.2020 20:00")
    return _two_digits(said)


def _day(value: object) -> object:
    if isinstance(value, str):
        value = _year_first(value.removesuffix(" 00:00"))  # a spreadsheet's day is a moment
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError(f"'{value}' is to be a date such as 2020-08-12 or 12.08.2020")
    return value


def _line(value: str) -> str:
    if any(ord(sign) < 32 for sign in value):
        raise ValueError("holds a line break; write it on one line")
    for place in hidden(value)[:1]:
        raise ValueError(f"holds a sign that is not seen ({named(value[place])}); type it anew")
    return value


def _codes(value: object) -> object:
    return tuple(re.sub(r"[+,;]", " ", value).split()) if isinstance(value, str) else value


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError(f"'{value}' is not one of {', '.join(LANGUAGES)}")
    return value


Line = Annotated[str, AfterValidator(_line)]
Email = Annotated[str, AfterValidator(email)]
MediaEmail = Annotated[str, AfterValidator(media_email)]
YesNo = Annotated[bool, BeforeValidator(_yes_no)]
Clock = Annotated[time, BeforeValidator(_clock)]
Day = Annotated[date, BeforeValidator(_day)]
LocalTime = Annotated[NaiveDatetime, BeforeValidator(_local)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_codes)]
Language = Annotated[str, AfterValidator(_language)]


class FileRow(BaseModel):
    """A row of a file; `FILE` is the file's name and `KEY` the columns that no two rows share."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    FILE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]


class DelegationRow(FileRow):
    """A person whom a state is expected to nominate, or one of the mission's staff."""

    FILE = "delegation.csv"
    KEY = ("code",)

    code: Code
    state: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    role: Literal["head", "deputy_head", "observer", "interpreter", "driver", "secretariat"]
    office: Annotated[Line, Field(min_length=1)]
    honorific: Line = ""
    name: Line = ""
    title: Line = ""
    body: str = ""
    email: Email | Literal[""] = ""
    language: Language = "en"
    salutation: Line = ""


class MeetingRow(FileRow):
    """A meeting before election day, or the briefing."""

    FILE = "meetings.csv"
    KEY = ("code",)

    code: Code
    kind: Literal["meeting", "briefing"] = "meeting"
    body: str
    counterpart_honorific: Line = ""
    counterpart_name: Line = ""
    counterpart_office: Annotated[Line, Field(min_length=1)]
    place: Line = ""
    starts: LocalTime
    ends: LocalTime
    attendees: Codes = ()


class StationRow(FileRow):
    """A polling station that may be visited; left-out hours and zone are the mission's."""

    FILE = "stations.csv"
    KEY = ("code",)

    code: Code
    name: Annotated[Line, Field(min_length=1)]
    city: Annotated[Line, Field(min_length=1)]
    region: Line = ""
    zone: Zone | None = None
    opens: Clock | None = None
    closes: Clock | None = None
    kind: Literal["regular", "hospital", "military", "prison", "abroad", "mobile"] = "regular"
    registered: Annotated[int | None, Field(ge=0)] = None
    relevant: YesNo = True


class TeamRow(FileRow):
    """A team of observers."""

    FILE = "teams.csv"
    KEY = ("team",)

    team: Code
    members: Codes
    reserve: YesNo = False
    phone: Line = ""
    note: Line = ""


class RouteRow(FileRow):
    """A stop of a team: which form is expected from which station by when (the station's local time)."""

    FILE = "routes.csv"
    KEY = ("team", "position")

    team: Code
    position: Annotated[int, Field(ge=1)]
    station: Code
    form: Literal["opening", "voting", "closing", "counting", "tabulation"]
    due: LocalTime


class CheckInRow(FileRow):
    """A safety check-in that a team owes (the mission's local time)."""

    FILE = "checkins.csv"
    KEY = ("team", "due")

    team: Code
    due: LocalTime


class MediaRow(FileRow):
    """An outlet's address; one letter a recipient."""

    FILE = "media.csv"
    KEY = ("email",)

    email: MediaEmail
    outlet: Annotated[Line, Field(min_length=1)]
    name: Line = ""
    salutation: Line = ""
    language: Language = "en"
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    kind: Literal["", "wire", "print", "broadcast", "online"] = ""
    consent: Literal["", "asked", "accredited", "public", "contract"] = ""
    consent_on: Day | None = None
    source: Line = ""

    @field_validator("consent_on")
    @classmethod
    def _of_something(cls, value: date | None, info: ValidationInfo) -> date | None:
        if value is not None and not info.data.get("consent"):
            raise ValueError("is the day of a consent; write in 'consent' which: asked, accredited, public or contract")
        return value


class StateRow(FileRow):
    """A state that nominates observers: who is written to there. When it joined or withdrew only goes out."""

    FILE = "states.csv"
    KEY = ("code",)

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    quota: Annotated[int | None, Field(ge=0, le=1000)] = None
    contact_office: Annotated[Line, Field(max_length=300)] = ""
    contact_email: Email | Literal[""] = ""
    joined_on: Day | None = None
    withdrew_on: Day | None = None


class OfficeRow(FileRow):
    """An office of the secretariat or of an authority: how it is called and written to. Deputy and body only go out."""

    FILE = "offices.csv"
    KEY = ("code",)

    code: Code
    office: Annotated[Line, Field(max_length=300)] = ""
    email: Email | Literal[""] = ""
    deputy: str = ""
    body: str = ""
    honorific: Annotated[Line, Field(max_length=300)] = ""
    name: Annotated[Line, Field(max_length=300)] = ""
    salutation: Annotated[Line, Field(max_length=300)] = ""


class NameRow(FileRow):
    """What a state, an organisation, a body or a city is called in a language, from a day until another; what is the same in
    all its languages (kind, state) stands in each of its rows."""

    FILE = "names.csv"
    KEY = ("code", "language", "since")

    code: Annotated[str, Field(pattern=r"^([A-Z]{2}|[a-z0-9][a-z0-9._-]*)$")]
    kind: Literal["state", "organisation", "mission", "body", "city"]
    state: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    language: Language
    since: Day | None = None
    until: Day | None = None
    official: Annotated[Line, Field(min_length=1)]
    running: Line = ""
    short: Line = ""
    adjective: Line = ""
    people: Line = ""
    of_form: Line = ""
    in_form: Line = ""
    to_form: Line = ""
    from_form: Line = ""
    never: Line = ""
    """Names that papers have used for it and must not use, parted by semicolons."""


def columns(row: type[FileRow]) -> list[str]:
    """All columns of a file, in their order."""
    return list(row.model_fields)


def required(row: type[FileRow]) -> list[str]:
    """The columns without which a file can't be read."""
    return [name for name, field in row.model_fields.items() if field.is_required()]
