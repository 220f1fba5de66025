"""The mission of 12 August 2020 at the desk: from the invitation to the release, each act by a person of their own, in a
browser of their own, by the pages' own forms; and the papers are those of the command line."""

from __future__ import annotations

import re
import socket
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from browsers import served
from evening import SLUG, at
from living import surround
from playwright.sync_api import Browser, BrowserContext, Page

from desk import practice
from desk.catcher import Catcher
from desk.rehearsal import ScriptedAct, live, next_moment, script, set_clock
from desk.web.app import web
from ieom.acts import accounts
from ieom.folder import open_mission, read
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.rules.roles import Role
from ieom.settings import ROOT, settings
from tasks import stage

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(600)]

EXAMPLE = ROOT / "config" / "missions" / SLUG
ALMATY = ZoneInfo("Asia/Almaty")
AREA = f"/missions/{SLUG}"
ROLES = {
    "coordinator": Role.COORDINATOR, "deputy-coordinator": Role.COORDINATOR, "drafter": Role.DRAFTER,
    "press-officer": Role.PRESS_OFFICER, "az-1": Role.HEAD_OF_MISSION, "kg-1": Role.APPROVER, "tr-1": Role.APPROVER,
    "uz-1": Role.APPROVER, "deputy-secretary-general": Role.APPROVER,
}  # fmt: skip
PAPER = b"%PDF-1.4\n%%EOF\n"
PHOTO = b"\xff\xd8\xff\xe0" + b"0" * 200


class Person:
    """Somebody at the desk, in a browser of their own."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.base = base
        self.page.on("pageerror", lambda one: pytest.fail(str(one)))

    def send(
        self, where: str, form: str, fields: dict[str, Any] | None = None, *, button: str = "", **hidden: str
    ) -> str:
        """Fill in a form of a page and send it; returns what the desk says."""
        if self.page.url != self.base + AREA + where:
            self.page.goto(self.base + AREA + where)
        self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = self.page.locator(f'form[method="post"][action="{AREA}{form}"]')
        if button:
            found = found.filter(has=self.page.get_by_role("button", name=button))
        for name, value in hidden.items():
            found = found.filter(has=self.page.locator(f'input[type="hidden"][name="{name}"][value="{value}"]'))
        found = found.first
        for name, value in (fields or {}).items():
            self._fill(found, name, value)
        press = found.get_by_role("button", name=button) if button else found.locator("button")
        self.page.evaluate("document.getElementById('main').dataset.before = ''")
        press.first.click()
        self.page.locator("#main:not([data-before]), #said .wrong").first.wait_for()
        said = self.page.locator("#said")
        assert not said.locator(".wrong").count(), f"{form}: {said.inner_text()}"
        return said.inner_text()

    def _fill(self, form: Any, name: str, value: Any) -> None:
        if isinstance(value, list):
            for one in form.locator(f'[name="{name}"]').all():
                one.set_checked(one.get_attribute("value") in value)
            return
        field = form.locator(f'[name="{name}"]').first
        kind = field.evaluate("(it) => it.tagName === 'INPUT' ? it.type : it.tagName.toLowerCase()")
        if kind == "radio":
            form.locator(f'[name="{name}"][value="{value}"]').check()
        elif kind == "checkbox":
            field.set_checked(bool(value))
        elif kind == "select":
            field.select_option(value)
        elif kind == "file":
            field.set_input_files({"name": value[0], "mimeType": value[1], "buffer": value[2]})
        else:
            field.fill(value)


Doing = Callable[[Person, ScriptedAct], None]


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


DOING: dict[str, Doing] = {
    "correspondence.received": _received,
    "correspondence.sent": _sent,
    "delegation.nominate": _nominate,
    "delegation.receive_items": _items,
    "delegation.declare_conflict": _interests,
    "delegation.waive_item": _waive,
    "delegation.appoint": _appoint,
}


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


def _local(moment: datetime) -> str:
    return moment.astimezone(ALMATY).strftime("%Y-%m-%dT%H:%M")


def _request(who: Person, act: ScriptedAct) -> None:
    told = {**act.arguments, "code": act.arguments["meeting"]}
    told |= {
        "starts": _local(told["starts"]),
        "ends": _local(told["ends"]),
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
            fields["topic" if name == "topics" else name] = _local(value) if isinstance(value, datetime) else value
        who.send(f"/meetings/{code}", f"/meetings/{code}/{verb}", fields)

    return doing


def _attest(who: Person, act: ScriptedAct) -> None:
    who.send("/statement", "/statement/attest", claim=act.arguments["claim"])


def _edit(who: Person, act: ScriptedAct) -> None:
    told = act.arguments
    who.send(
        f"/statement?edit={told['paragraph']}",
        "/statement/edit",
        {"text": told["text"], "why": told["why"]},
        paragraph=told["paragraph"],
    )


def _override(who: Person, act: ScriptedAct) -> None:
    who.send("/statement", "/statement/override", {"why": act.arguments["why"]})


def _ready(who: Person, act: ScriptedAct) -> None:
    who.send("/statement", "/statement/ready")


def _decide(who: Person, act: ScriptedAct) -> None:
    decision = act.arguments["decision"]
    fields = {"comment": act.arguments["comment"]} if decision == "approve_with_comment" else None
    who.send("/approval", "/approval/decide", fields, decision=decision)


def _record(who: Person, act: ScriptedAct) -> None:
    who.send("/approval", "/approval/record", act.arguments)


def _confirm(who: Person, act: ScriptedAct) -> None:
    who.send("/approval", "/approval/confirm", who=act.arguments["who"])


def _prepare(who: Person, act: ScriptedAct) -> None:
    who.send("/release", "/release/prepare")


def _go(who: Person, act: ScriptedAct) -> None:
    who.send("/release", "/release/1/go")


def _plan(who: Person, act: ScriptedAct) -> None:
    tables = {"teams_": "teams", "routes": "routes", "check_ins": "checkins"}
    files = {
        field: (f"{name}.csv", "text/csv", (EXAMPLE / f"{name}.csv").read_bytes()) for field, name in tables.items()
    }
    who.send("/deployment", "/deployment/plan", files)


def _check_in(who: Person, act: ScriptedAct) -> None:
    told = act.arguments
    who.send("/deployment", f"/deployment/{told['team']}/check-in", {"note": told.get("note", "")})


def _enter(who: Person, act: ScriptedAct) -> None:
    told = act.arguments["document"]
    fields = {"team": told["team"], "station": told["station"]}
    fields |= {"arrival": told["arrived_at"][:16], "departure": told["departed_at"][:16]}
    for name, value in told["answers"].items():
        fields[f"q.{name}"] = value if isinstance(value, list) else str(value)
    who.send(f"/observation/enter?form={told['form']}", "/observation/enter", fields, button="Take it in")


DESK = {"observation.submit": "coordinator", "deployment.check_in": "coordinator"}
"""Acts that somebody does for who is at a polling station: from the paper form, on the telephone."""
DOING |= {
    "deployment.plan": _plan,
    "deployment.check_in": _check_in,
    "observation.submit": _enter,
    "distribution.prepare": _prepare,
    "distribution.go": _go,
    "drafting.attest": _attest,
    "drafting.edit": _edit,
    "drafting.override": _override,
    "drafting.ready": _ready,
    "approval.decide": _decide,
    "approval.record_decision": _record,
    "approval.confirm_decision": _confirm,
    "delegation.badge": _badge,
    "delegation.brief": _brief,
    "meetings.request": _request,
    "meetings.confirm": _meeting("confirm"),
    "meetings.move": _meeting("move"),
    "meetings.hold": _meeting("hold"),
}


class People:
    """Everybody of the mission, each in a browser context of their own, entered."""

    def __init__(self, browser: Browser, base: str, engine: Any) -> None:
        self.browser, self.base, self.known = browser, base, dict[str, Person]()
        self.cookies = {}
        with begin(engine) as session:
            now = missions.real_now()
            for code, role in ROLES.items():
                row = accounts.make(session, by="clock", at=now, name=code, email=f"{code}@desk.example")
                accounts.give_role(session, by="clock", at=now, account=row.id, role=role, mission=SLUG, code=code)
                self.cookies[code] = accounts.begin_session(session, account=row.id, at=now)[0]

    def __getitem__(self, code: str) -> Person:
        if code not in self.known:
            context = self.browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": "desk", "value": self.cookies[code], "url": self.base}])
            self.known[code] = Person(context, self.base)
        return self.known[code]


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """The desk, served, over records, a mail server and a state folder of its own."""
    with Catcher(tmp_path / "mail") as catcher, pytest.MonkeyPatch.context() as patch:
        for name in ("STATE_DIR", "DATABASE_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_CONNECTIONS"):
            patch.setenv(f"IEOM_{name}", "")
        surround(f"sqlite:///{tmp_path / 'desk.db'}", catcher.port, tmp_path / "var")
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        engine = stage.records()
        with served(web(engine), taken) as address:
            yield address
        engine.dispose()
        stage._engine.cache_clear()
    settings.cache_clear()


def _papers(state: Path) -> dict[str, bytes]:
    """The words of what was released: text files as they are, Word files but for the chain's head."""
    found = {}
    for path in sorted(state.glob(f"papers/{SLUG}/release-*/*")):
        if path.suffix == ".txt":
            found[path.name] = path.read_bytes()
        elif path.suffix == ".docx":
            with zipfile.ZipFile(path) as box:
                # It names the chain's head and the moment of its version; at the desk other acts stand before it.
                found[path.name] = re.sub(rb"[0-9a-f]{64}", b"#", box.read("word/document.xml"))
    return found


def _by_command(stages: dict[str, Path], folder: Path, patch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The papers of the same mission when the acts are done by the functions that the command line calls."""
    engine = at("approved", stages, folder, patch)
    patch.setenv("IEOM_DATABASE_URL", str(engine.url))
    settings.cache_clear()
    acts = script(read(EXAMPLE))
    while (moment := next_moment(engine, SLUG, acts)) is not None:
        live(engine, SLUG, acts, practice.walk, moment)
    engine.dispose()
    return _papers(settings().state_dir)


def test_the_mission_is_run_at_the_desk_and_its_papers_are_those_of_the_command_line(
    base: str, browser: Browser, stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, folder = stage.records(), read(EXAMPLE)
    acts = script(folder)
    with begin(engine) as session:
        open_mission(session, folder, by="coordinator", at=acts[0].at)
    set_clock(engine, SLUG, acts[0].at)
    done = list[str]()
    people = People(browser, base, engine)
    left = list(acts)
    moment: datetime | None = acts[0].at
    while moment is not None:
        set_clock(engine, SLUG, moment)
        while left and left[0].at <= moment:
            act = left.pop(0)
            DOING[act.do](people[DESK.get(act.do, act.by)], act)
            done.append(act.do)
        practice.walk(SLUG)
        moment = _next(engine, left)
    assert len(people.known) >= 6
    assert len(done) == len(acts)
    papers = _papers(settings().state_dir)
    assert {"statement-en.txt", "statement-en.docx", "press-release-en.txt"} <= set(papers)
    assert papers == _by_command(stages, tmp_path / "by-command", monkeypatch)


def _next(engine: Any, left: list[ScriptedAct]) -> datetime | None:
    """The next moment at which a person or the software does something."""
    waiting = next_moment(engine, SLUG, [])
    moments = [act.at for act in left[:1]] + ([waiting] if waiting is not None else [])
    with reading(engine) as session:
        now = missions.now(session, SLUG)
    return max(min(moments), now) if moments else None
