"""From the invitation to the briefing: correspondence, the delegation, meetings, the plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from doing.person import AREA, Doing, Person, local
from evening import SLUG

from desk.rehearsal import ScriptedAct
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / SLUG
PAPER = b"%PDF-1.4\n%%EOF\n"
PHOTO = b"\xff\xd8\xff\xe0" + b"0" * 200


def _received(who: Person, act: ScriptedAct) -> None:
    who.send("/correspondence", "/correspondence", act.arguments)


def _sent(who: Person, act: ScriptedAct) -> None:
    number = act.arguments["number"].replace("/", "-")
    who.send(f"/correspondence/{number}", f"/correspondence/{number}/sent")


def _nominate(who: Person, act: ScriptedAct) -> None:
    told = {**act.arguments, "code": act.arguments["member"]}
    names = "state role office honorific name title body email language salutation code".split()
    who.send("/delegation", "/delegation", {name: told[name] for name in names})


def _items(who: Person, act: ScriptedAct) -> None:
    code = act.arguments["member"]
    for item in act.arguments["items"]:
        if item == "conflict_declaration":
            continue  # it came on paper; its answers are entered in a moment
        paper = {
            "passport_page": ("passport.pdf", "application/pdf", PAPER),
            "photo": ("photo.jpg", "image/jpeg", PHOTO),
        }.get(item)
        who.send(f"/delegation/{code}", f"/delegation/{code}/items/{item}", {"paper": paper} if paper else None)


def _interests(who: Person, act: ScriptedAct) -> None:
    code, answers = act.arguments["member"], act.arguments["answers"]
    fields = {name: "yes" if value else "no" for name, value in answers.items()}
    who.send(f"/delegation/{code}", f"/delegation/{code}/interests", fields)


def _waive(who: Person, act: ScriptedAct) -> None:
    code, item = act.arguments["member"], act.arguments["item"]
    who.send(f"/delegation/{code}", f"/delegation/{code}/items/{item}/waive", {"why": act.arguments["why"]})


def _appoint(who: Person, act: ScriptedAct) -> None:
    code = act.arguments["member"]
    who.send(f"/delegation/{code}", f"/delegation/{code}/appoint")


def _badge(who: Person, act: ScriptedAct) -> None:
    told = act.arguments
    numbers = dict(zip(told["members"], told.get("numbers", []), strict=False)) or {
        m: told.get("number", "") for m in told["members"]
    }
    for code in told["members"]:
        button = {"issued": "It was issued", "collected": "The badge was collected", "returned": "The badge came back"}
        fields = {"number": numbers[code]} if told["status"] == "issued" else None
        who.send(f"/delegation/{code}", f"/delegation/{code}/accreditation", fields, button=button[told["status"]])


def _brief(who: Person, act: ScriptedAct) -> None:
    who.send("/delegation", "/delegation/briefed", {"member": act.arguments["members"]})


def _request(who: Person, act: ScriptedAct) -> None:
    told = {**act.arguments, "code": act.arguments["meeting"]}
    told |= {
        "starts": local(told["starts"]),
        "ends": local(told["ends"]),
        "attendee": list(told.get("attendees", [])),
    }
    names = (
        "code kind body counterpart_office counterpart_honorific counterpart_name starts ends place attendee".split()
    )
    who.send("/meetings", "/meetings", {name: told[name] for name in names if told.get(name)})


def _meeting(verb: str) -> Doing:
    def doing(who: Person, act: ScriptedAct) -> None:
        told, fields = dict(act.arguments), dict[str, Any]()
        code = told.pop("meeting")
        for name, value in told.items():
            fields["topic" if name == "topics" else name] = local(value) if isinstance(value, datetime) else value
        who.send(f"/meetings/{code}", f"/meetings/{code}/{verb}", fields)

    return doing


def _plan(who: Person, act: ScriptedAct) -> None:
    tables = {"teams_": "teams", "routes": "routes", "check_ins": "checkins"}
    files = {
        field: (f"{name}.csv", "text/csv", (EXAMPLE / f"{name}.csv").read_bytes()) for field, name in tables.items()
    }
    who.send("/deployment", "/deployment/plan", files)
    who.send(who.page.url.removeprefix(who.base + AREA), "/deployment/plan/take")


DOING: dict[str, Doing] = {
    "correspondence.received": _received,
    "correspondence.sent": _sent,
    "delegation.nominate": _nominate,
    "delegation.receive_items": _items,
    "delegation.declare_conflict": _interests,
    "delegation.waive_item": _waive,
    "delegation.appoint": _appoint,
    "delegation.badge": _badge,
    "delegation.brief": _brief,
    "meetings.request": _request,
    "meetings.confirm": _meeting("confirm"),
    "meetings.move": _meeting("move"),
    "meetings.hold": _meeting("hold"),
    "deployment.plan": _plan,
}
