"""Calendar invitations (RFC 5545, RFC 5546) for the mission's own members; the same bytes for the same meeting."""

from __future__ import annotations

from datetime import UTC, datetime

from icalendar import Calendar, Event, vCalAddress, vText


def invitation(
    *,
    uid: str,
    sequence: int,
    starts: datetime,
    ends: datetime,
    summary: str,
    place: str,
    organiser: tuple[str, str],
    attendee: tuple[str, str],
    stamp: datetime,
    cancelled: bool = False,
) -> bytes:
    """A REQUEST, or a CANCEL, for one attendee: the others' addresses are not theirs to read. Times are UTC;
    `organiser` and `attendee` are (office, address). A change of the meeting keeps `uid` and raises `sequence`."""
    calendar = Calendar()
    calendar.add("prodid", "-//ieom//mission//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", starts.astimezone(UTC))
    event.add("dtend", ends.astimezone(UTC))
    event.add("summary", summary)
    if place:
        event.add("location", place)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("organizer", _address(*organiser))
    person = _address(*attendee)
    person.params["PARTSTAT"] = vText("NEEDS-ACTION")
    person.params["RSVP"] = vText("TRUE")
    event.add("attendee", person)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(office: str, email: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(office)
    return address
