"""The mission just opened, with every text that is typed until the summer hostile (`hostile_walk`)."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta

from desks import Desk
from evening import SLUG
from hostile import payload
from hostile_walk import PDF, PNG, Found, M, Outside, Walk
from links import letter, link_in
from lxml import html
from sqlalchemy import Engine, select

from ieom.acts import accounts, delegation, meetings, naming, vault
from ieom.folder import sheets
from ieom.folder.rows import NameRow, columns
from ieom.folder.written import pack
from ieom.records import correspondence, missions
from ieom.records.base import begin, reading
from ieom.records.media import MediaContact
from ieom.records.passkeys import Passkey
from ieom.rules.delegation import QUESTIONS
from ieom.rules.roles import Role
from ieom.settings import settings

JULY = datetime(2020, 7, 6, 5, tzinfo=UTC)


def summer(desk: Desk, engine: Engine, found: Found) -> None:
    """The mission just opened, in July 2020: accounts, contacts, the delegation, meetings, lists."""
    send = Walk(desk, found)
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = JULY
        at = missions.real_now()
        for role, code in ((Role.COORDINATOR, "coordinator"), (Role.PRESS_OFFICER, "coordinator")):
            accounts.give_role(
                session, by="desk-1", at=at, account=desk.accounts["coordinator"], role=role, mission="", code=code
            )
    _installation(send)
    _contacts(send)
    _papers(send, engine)
    _by_link(engine, found)
    _nominees(send)
    _lists(send)
    _names(send)
    _new(send)
    _meetings(send)
    _facts(send)


def _installation(send: Walk) -> None:
    send("administrator", "/accounts", ["name"], data={"email": "another@desk.example"})
    send("administrator", "/accounts/{account}/openid", ["subject"], account=2)
    with begin(send.desk.engine) as session:  # a device would answer first
        key = payload(send.found.number("/me/passkeys/options", "name"))
        own = {"account": send.desk.accounts["coordinator"], "credential": "one", "key": "two", "handle": "three"}
        session.add(Passkey(**own, counter=0, name=key, added_at=missions.real_now()))
    send("coordinator", f"{M}/hold", ["why"])
    send("coordinator", f"{M}/go-on", ["why"])


def _contacts(send: Walk) -> None:
    texts = ["outlet", "name", "salutation", "source"]
    own = {"language": "en", "country": "KZ", "kind": "online", "consent": "asked", "consent_on": "2020-07-01"}
    send("coordinator", "/media", texts, data={**own, "email": "desk@outlet.example"})
    send("coordinator", "/media", ["outlet"], data={**own, "email": "other@outlet.example"})
    send("coordinator", "/media/contacts/{number}", texts, data=own, number=number_of(send, "other@outlet.example"))
    send("coordinator", "/media/lists", ["title"], data={"code": "hostile"})
    send("coordinator", "/media/contacts/{number}/lists", data={"code": "hostile"}, number=1)
    send("coordinator", "/media/contacts/{number}/suppress", ["why"], number=1)
    send(
        "coordinator",
        "/media/contacts/{number}/lift",
        ["why"],
        data={"asked_on": str(missions.real_now().date())},
        number=1,
    )
    send("coordinator", "/media/suppress", ["why"], data={"email": "nobody@outlet.example"})
    table = f"email,outlet\nthird@outlet.example,{cell(send, '/media/import', 'file')}\n"
    send("coordinator", "/media/import", files={"file": table.encode()})


def cell(send: Walk, route: str, name: str) -> str:
    """A payload as a cell of a table."""
    return '"' + payload(send.found.number(route, name)).replace('"', '""') + '"'


def number_of(send: Walk, email: str) -> int:
    with reading(send.desk.engine) as session:
        return next(one.id for one in session.scalars(select(MediaContact)) if one.email == email)


def _papers(send: Walk, engine: Engine) -> None:
    here = f"{M}/correspondence"
    send("coordinator", f"{here}/invitation", ["body_name"], files={"scan": PDF}, data={"body": "other"})
    with begin(engine) as session:
        delegation.advance(session, SLUG, at=JULY)
        note = next(row.number for row in correspondence.of(session, SLUG) if row.direction == "out")
    note = note.replace("/", "-")
    send("coordinator", f"{here}/{{number}}/signed", files={"scan": PDF}, number=note)
    send("coordinator", f"{here}/{{number}}/sent", files={"scan": PDF}, number=note)
    send("coordinator", here, ["subject", "their_number"], files={"scan": PDF}, data={"counterpart": "state-kg"})
    send("coordinator", f"{here}/write", ["subject", "text"], data={"counterpart": "state-kg"})
    send("coordinator", here, ["subject"], data={"counterpart": "state-kg", "their_number": "7"})
    with reading(engine) as session:
        bare = next(
            row.number for row in correspondence.of(session, SLUG) if row.direction == "in" and not row.scan_path
        )
    send("coordinator", f"{here}/{{number}}/scan", files={"scan": PDF}, number=bare.replace("/", "-"))


def _by_link(engine: Engine, found: Found) -> None:
    send, no = Outside(engine, found), dict.fromkeys(QUESTIONS, "no")
    with reading(engine) as session:
        contact = next(one.contact_email for one in missions.facts(session, SLUG).states if one.code == "TR")
    path = link_in(letter(engine, contact, "call_for_nominations"), what="nominate")
    own = {"act": "nominate", "ref": "first", "role": "observer", "language": "en", "email": "one@tr.example"}
    send(path, "/nominate", ["office", "honorific", "name", "title", "salutation"], own)
    send(path, "/nominate", ["memberships", "detail"], {"act": "declare", "member": "tr-1", **no})
    send(path, "/nominate", [], {"act": "give", "member": "tr-1", "item": "personal_form"}, PDF)


def _lists(send: Walk) -> None:
    here = f"{M}/lists/{{name}}"
    table = f"code,name,city\nhostile-1,{cell(send, here, 'file')},Shymkent\n"
    page = html.document_fromstring(send("coordinator", here, files={"file": table.encode()}, name="stations"))
    told = {name: page.xpath(f'//*[@name="{name}"]')[0] for name in ("rows", "digest")}
    own = {"rows": told["rows"].text, "digest": told["digest"].get("value")}
    send("coordinator", f"{here}/take", data=own, name="stations")


def _names(send: Walk) -> None:
    here, header = "/settings/names", columns(NameRow)
    text = payload(send.found.number(here, "file"))
    row = {"code": "hostile-city", "kind": "city", "language": "en", "official": text, "short": text, "never": text}
    rows = [[one.get(name, "") for name in header] for one in (*naming.standing(), row)]
    page = html.document_fromstring(send("administrator", here, files={"file": sheets.plain(header, rows)}))
    told = {name: page.xpath(f'//*[@name="{name}"]')[0] for name in ("rows", "digest")}
    own = {"rows": told["rows"].text.lstrip("\n"), "digest": told["digest"].get("value")}
    send("administrator", f"{here}/take", data=own)


def _new(send: Walk) -> None:
    """A mission in whose form every text is hostile, which is shown again; and one of a packed folder."""
    form = html.document_fromstring(send.desk.coordinator.get("/missions/new").text)
    names = [one.get("name") for one in form.xpath('//main//input[not(@type) or @type="text"] | //main//textarea')]
    found = {name: send.found.number("/missions/new", name) for name in names}
    told = {"do": "look"} | {name: payload(number) for name, number in found.items()}
    answer = send.desk.coordinator.post("/missions/new", told)
    send.found.pages.append(("coordinator POST /missions/new, refused", answer.text))
    out, title = io.BytesIO(), json.dumps(payload(send.found.number("/missions/new/folder", "file")))
    packed = pack(settings().config_dir / "missions" / SLUG)
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode().replace(SLUG, "kz-again")
            new.writestr(f"kz/{name}", re.sub(r"(?m)^title = .*$", lambda _: f"title = {title}", text, count=1))
    page = html.document_fromstring(send("coordinator", "/missions/new/folder", files={"file": out.getvalue()}))
    own = {name: page.xpath(f'//*[@name="{name}"]')[0].get("value") for name in ("folder", "sha256")}
    send("coordinator", "/missions/new/open", data={**own, "stage": "meetings"})


def _nominees(send: Walk) -> None:
    here = f"{M}/delegation"
    texts = ["office", "honorific", "name", "title", "salutation"]
    no = dict.fromkeys(QUESTIONS, "no")
    for state in ("kg", "az"):
        own = {"state": state.upper(), "email": f"one@{state}.example", "code": f"{state}-1"}
        send("coordinator", here, texts, data=own)
        one = {"code": f"{state}-1"}
        for item in ("nomination", "personal_form", "code_of_conduct", "accreditation_form"):
            send("coordinator", f"{here}/{{code}}/items/{{item}}", item=item, **one)
        send("coordinator", f"{here}/{{code}}/items/{{item}}", files={"paper": PNG}, item="photo", **one)
        send("coordinator", f"{here}/{{code}}/items/{{item}}/waive", ["why"], item="passport_page", **one)
        send("coordinator", f"{here}/{{code}}/interests", ["memberships", "detail"], data=no, **one)
        send("coordinator", f"{here}/{{code}}/correct", texts, data={"email": own["email"]}, **one)
        send("coordinator", f"{here}/{{code}}/appoint", **one)
        send("coordinator", f"{here}/{{code}}/accreditation", data={"status": "requested"}, **one)
        send(
            "coordinator", f"{here}/{{code}}/accreditation", ["number"], data={"status": "issued"}, **one
        ) if state == "kg" else None
        send("coordinator", f"{here}/{{code}}/head", ["why"] if state == "az" else [], **one)
    with reading(send.desk.engine) as session:
        item = vault.of(session, SLUG)[0]
    send("coordinator", f"{here}/{{code}}/papers/{{item}}/read", ["why"], code=item.member, item=item.id)
    send("coordinator", f"{here}/{{code}}/accreditation", ["why"], data={"status": "refused"}, code="az-1")
    send("coordinator", f"{here}/{{code}}/items/{{item}}/take-back", ["why"], item="personal_form", code="kg-1")
    send("coordinator", f"{here}/{{code}}/reports", ["what"], code="az-1")


def _meetings(send: Walk) -> None:
    here = f"{M}/meetings"
    texts = ["counterpart_office", "counterpart_honorific", "counterpart_name", "place"]
    times = {"starts": "2020-07-20T14:00", "ends": "2020-07-20T15:00"}
    for code in ("one", "two"):
        send("coordinator", here, texts, data={**times, "code": code, "body": "kz-cec", "attendee": ["kg-1"]})
        send("coordinator", f"{here}/{{code}}/confirm", code=code)
        with begin(send.desk.engine) as session:
            meetings.advance(session, SLUG, at=missions.now(session, SLUG))
        send("coordinator", f"{here}/{{code}}/move", ["place"], data={**times, "ends": "2020-07-20T16:00"}, code=code)
    send("coordinator", f"{here}/{{code}}/cancel", ["why"], code="two")
    with begin(send.desk.engine) as session:
        missions.get(session, SLUG).simulated_now = JULY + timedelta(days=20)
        meetings.advance(session, SLUG, at=missions.now(session, SLUG))
    record = {"attended": ["kg-1"], "topic": ["campaign"]}
    send("coordinator", f"{here}/{{code}}/hold", ["minutes"], data=record, code="one")


def _facts(send: Walk) -> None:
    here = f"{M}/facts"
    joins = {"state": "HU", "quota": "2", "email": "embassy@hungary.example", "decides": "hu-1"}
    send("coordinator", f"{here}/state-joins", ["office", "why"], data=joins)
    send("coordinator", f"{here}/state-withdraws", ["why"], data={"state": "HU"})
    send("coordinator", f"{here}/postpone", ["why"], data={"day": "2020-08-19"})
    send("coordinator", f"{here}/extend", ["why"], data={"minutes": "30"})
    send("coordinator", f"{here}/press-conference", ["why"], data={"to": "2020-08-19T22:00"})
    again = {"number": "2", "day": "2020-08-26", "press": "2020-08-26T21:00"}
    send("coordinator", f"{here}/round", ["why"], data=again)
    send("coordinator", f"{here}/approver", ["why"], data={"approver": "secretary-general", "member": "press-officer"})
    send("coordinator", f"{here}/head", ["why"], data={"member": "kg-1"})
    send("coordinator", f"{here}/links", ["why"], data={"asks": "code"})
    for what in ("suspend", "evacuate", "resume"):
        send("coordinator", f"{here}/{what}", ["why"])
