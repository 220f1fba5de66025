"""Election day and the approval, with every text that is typed then hostile (`hostile_walk`)."""

from __future__ import annotations

import io
import re

from desks import Desk
from docx import Document
from docx.oxml.ns import qn
from evening import SLUG, Doing
from hostile import HANDED, payload
from hostile_walk import PDF, Found, M, Outside, Walk
from links import letter, link_in
from lxml import html
from sqlalchemy import Engine, select

from ieom.acts import approval, observation
from ieom.records import correspondence, drafts, submissions, teams
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.settings import settings


def evening(desk: Desk, engine: Engine, found: Found) -> None:
    """The afternoon of 12 August 2020: approval is asked for; the statement, its round, forms, the deployment."""
    send = Walk(desk, found)
    _round(send, engine)
    _statement(send, engine)
    _observation(send, engine)
    _deployment(send)
    _announced(send)
    _complaint(send)


def _round(send: Walk, engine: Engine) -> None:
    here, do = f"{M}/approval", Doing(engine)
    read = re.findall(
        r'name="read" value="([0-9a-f]{64})"', send.desk.head_of_mission.get(here.format(mission=SLUG)).text
    )
    own = {"read": sorted(set(read)), "decision": "approve_with_comment"}
    send("head_of_mission", f"{here}/decide", ["comment"], data=own)
    phoned = {**own, "who": "secretary-general", "channel": "telephone"}
    send("coordinator", f"{here}/record", ["evidence", "comment"], data=phoned)
    send("coordinator", f"{here}/take-back", ["why"], data={"who": "secretary-general"})
    send("coordinator", f"{here}/record", ["evidence", "comment"], data=phoned)
    send("approver", f"{here}/contradict", ["why"])
    do.advance(approval)
    send("coordinator", f"{here}/remind", data={"who": "tr-1"})
    outside = Outside(engine, send.found)
    path = link_in(letter(engine, "observer.1@turkey.example", "reminder_approval_waits"))
    outside(path, "/decide", ["comment"], {"decision": "approve_with_comment", "hash": read[0]})
    send("coordinator", f"{here}/stop", ["why"], data={"sure": "true"})


def _newest(engine: Engine) -> str:
    with reading(engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        return row.content_hash


def _statement(send: Walk, engine: Engine) -> None:
    here = f"{M}/statement"
    send("delegation_member", f"{here}/comments", ["text"], data={"paragraph": "voting"})
    send("drafter", f"{here}/comments/{{comment}}", ["answer"], comment=1)
    send("head_of_mission", f"{here}/attest", ["why"], data={"claim": "scope"})
    own = {"begun": _newest(engine), "fall": "az-1"}
    send("drafter", f"{here}/edit", ["text", "why"], data={**own, "paragraph": "voting"})
    own["begun"] = _newest(engine)
    send("drafter", f"{here}/edit", ["text", "why"], data={**own, "paragraph": "added", "after": "voting"})
    with reading(engine) as session:
        row = drafts.newest(session, SLUG)
        sentence = next(one for one in row.content["paragraphs"] if one["key"] == "added")["sentences"][0]["text"]
    stands = {"finding": "unsupported", "sentence": sentence, "paragraph": "added"}
    send("drafter", f"{here}/override", ["why"], data=stands)
    send("drafter", f"{here}/word", files={"document": _word(send)})
    own = {"number": "0", "seen": _newest(engine), "change": ["0"]}
    send("drafter", f"{here}/word/take", ["why"], data=own)
    send("drafter", f"{here}/draft", ["why"], data={"afresh": "true"})
    own = {"begun": _newest(engine), "paragraph": "voting"}
    send("drafter", f"{here}/edit", ["text", "why"], data=own)
    apart = {"paragraph": "voting", "state": "KG"}
    send("drafter", f"{here}/dissociate", ["note", "why"], data=apart)
    with reading(engine) as session:
        row = drafts.newest(session, SLUG)
        texts = [f"text-{one['key']}" for one in row.content["paragraphs"]]
    words = ["title", "annex_title", "heard_words", "why", *texts]
    send("drafter", f"{here}/translate", words, data={"language": "tr", "seen": _newest(engine)})
    for page in ("/versions?language=tr", "?language=tr"):
        address = f"{here}{page}".format(mission=SLUG)
        send.found.pages.append((address, send.desk.drafter.get(address).text))
    send("drafter", "/kept", ["text"], data={"place": f"/missions/{SLUG}/statement#en-voting"})


def _word(send: Walk) -> bytes:
    """The statement as the desk gives it, a paragraph changed in Word."""
    paper = Document(io.BytesIO(send.desk.drafter.get(f"/missions/{SLUG}/statement/docx").content))
    for one in paper.paragraphs:
        if any(mark.get(qn("w:name")) == "p_courtesy" for mark in one._p.iter(qn("w:bookmarkStart"))):
            one.runs[0].text += f" {payload(send.found.number(f'{M}/statement/word', 'document'))}"
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


MAPPING = b"""
instance_id = { columns = ["id"] }
team = { constant = "team-2" }
station = { constant = "ns-1" }
"""
COUNTING = "uuid:6f1f0a52-0812-4e01-9a01-000000000004"


def _observation(send: Walk, engine: Engine) -> None:
    here = f"{M}/observation"
    send(
        "coordinator", f"{here}/correct", ["answer", "why"],
        data={"form": COUNTING, "question": "comment"},
    )  # fmt: skip
    typed = {
        "form": "counting", "instance": "paper:typed", "team": "team-2", "station": "ns-1",
        "arrival": "2020-08-12T14:00", "departure": "2020-08-12T15:20", "q.received": "25", "q.issued": "21",
        "q.unused": "3", "q.spoiled": "0",
    }  # fmt: skip
    for form in ("opening", "voting", "closing", "counting", "tabulation", "incident"):
        page = html.document_fromstring(
            send.desk.coordinator.get(f"{here}/enter?form={form}".format(mission=SLUG)).text
        )
        texts = page.xpath(
            '//form[@id="entry"]//input[@type="text" or not(@type)]/@name | //form[@id="entry"]//textarea/@name'
        )
        send("coordinator", f"{here}/enter/checks", map(str, texts), data={"form": form, "instance": "paper:tried"})
    send("coordinator", f"{here}/enter", ["q.comment"], data=typed)
    send("coordinator", f"{here}/scans", files={"scan": PDF}, data={"form": COUNTING})
    brought = [("files", (f"{HANDED}.csv", b"id\n1\n")), ("mapping", (f"{HANDED}.toml", MAPPING))]
    answer = send.desk.coordinator.post(f"{here}/files".format(mission=SLUG), files=brought)
    send.found.handed |= {(f"{here}/files", "files"), (f"{here}/files", "mapping")}
    send.found.pages.append((f"coordinator POST {here}/files", answer.text))
    kept = []
    for number in (1, 2):
        document = {
            "instance_id": f"paper:{number}", "form": "voting", "team": "team-2", "station": HANDED,
            "arrived_at": "2020-08-12T10:00+06:00", "departed_at": "2020-08-12T10:30+06:00", "answers": {},
        }  # fmt: skip
        with begin(engine) as session:
            observation.submit_many(session, SLUG, by="coordinator", at=Doing(engine).now, documents=[document])
    with reading(engine) as session:
        kept = [one.content_hash for one in submissions.quarantined(session, SLUG)]
    send("coordinator", f"{here}/aside/{{content}}/put-away", ["why"], content=kept[0])
    mended = {
        "q.group_voting": "observed",
        "form": "voting",
        "aside": kept[1],
        "instance": "paper:2",
        "team": "team-2",
        "station": "ns-1",
    }
    send("coordinator", f"{here}/enter", ["why"], data=mended)
    send("drafter", f"{M}/statement/set-aside", ["why"], data={"claim": "no_group_voting"})
    send("coordinator", f"{here}/count-unfinished", ["why"])


def _deployment(send: Walk) -> None:
    here, folder = f"{M}/deployment", settings().config_dir / "missions" / SLUG
    tables = {"teams_": "teams.csv", "routes": "routes.csv", "check_ins": "checkins.csv"}
    files = {field_: (folder / name).read_bytes() for field_, name in tables.items()}
    page = html.document_fromstring(send("coordinator", f"{here}/plan", ["station_choice"], files=files))
    told = {name: page.xpath(f'//*[@name="{name}"]')[0] for name in (*tables, "station_choice", "digest")}
    own = {name: one.text or one.get("value") for name, one in told.items()}
    send("coordinator", f"{here}/plan/take", data=own)
    with begin(send.desk.engine) as session:
        for row in teams.every_check_in(session, SLUG):
            row.made_at = None
    send("delegation_member", f"{here}/{{team}}/check-in", ["note"], team="team-1")
    send("coordinator", f"{here}/{{team}}/stops/{{position}}/strike", ["why"], team="team-1", position=1)


def _announced(send: Walk) -> None:
    own = {"language": "en", "country": "KZ", "kind": "online", "consent": "asked", "consent_on": "2020-07-01"}
    texts = ["outlet", "name", "salutation"]
    send("press_officer", "/media", texts, data={**own, "source": "", "email": "desk@outlet.example", "on": ""})
    send("press_officer", f"{M}/release/new", ["text-en"], data={"kind": "advisory"}, shape="{0}\n\n{0}")
    office = {"email": "press@secretariat.example", "language": "en"}
    send("press_officer", f"{M}/release/{{number}}/test", data=office, number=1)


def _complaint(send: Walk) -> None:
    letter = {"counterpart": "kz-cec", "kind": "letter"}
    send("coordinator", f"{M}/correspondence", ["subject", "their_number"], data=letter)
    with reading(send.desk.engine) as session:
        number = next(row.number for row in reversed(correspondence.of(session, SLUG)) if row.direction == "in")
    send("coordinator", f"{M}/release/complaints", ["about"], data={"received": number})
    send("coordinator", f"{M}/release/complaints/reply", ["text"], data={"received": number})


def night(desk: Desk, engine: Engine, found: Found) -> None:
    """Approved, and not yet released: a correction, a leak, a release that is stopped."""
    send = Walk(desk, found)
    send("press_officer", f"{M}/release/prepare", data={"go": "by_time"})
    send("coordinator", f"{M}/release/{{number}}/go", number=1)
    send("coordinator", f"{M}/release/{{number}}/stop", ["why"], number=1)
    send("coordinator", f"{M}/release/early/ask", ["why"])
    with begin(engine) as session:
        row = session.scalars(select(Letter).where(Letter.kind == "approval_request")).first()
        assert row is not None
        row.state, row.code, row.answer = "refused", 550, payload(row.id)
        number = row.id
    found.pages.append(("refused", desk.coordinator.get(f"{M}/letters".format(mission=SLUG)).text))
    send("coordinator", f"{M}/letters/seen", ["why"], data={"letter": number})
