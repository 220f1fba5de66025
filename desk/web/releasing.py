"""The pages on releases, and what people do there: prepare, test, say go, stop; letters in doubt; complaints."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Form, Query, Response

from desk.chronicle import named
from desk.mail_words import became, said_states
from desk.web import release_view as view
from desk.web.asking import Desk, missing, router
from desk.web.files import EXCEL, excel, letter_page, sent
from desk.web.missions import keeping
from ieom.acts import complaining, doubt, leaking
from ieom.acts import distribution as acts
from ieom.acts import ledger as ledger_acts
from ieom.acts import letters as letter_acts
from ieom.acts.proving import stored
from ieom.errors import BadInput
from ieom.folder import sheets
from ieom.folder.catalogues import N_, _, ngettext
from ieom.folder.catalogues import said as told_in_words
from ieom.mail import maillog
from ieom.records import ledger, missions, releases
from ieom.rules.release import embargo_until, reasons_not_to
from ieom.settings import settings

part = router()
Words = Annotated[str, Form(max_length=20_000)]
Name = Annotated[str, Form(max_length=300)]
REPORTS = {"bounce": N_("came back"), "delay": N_("delayed"), "delivered": N_("delivered"), "complaint": N_("unwanted")}
OFFICIAL = "official"
"""In the place of a language: the copy for authorities and states."""


@part.get("/missions/{mission}/release")
def show(desk: Desk) -> Response:
    """Where the releases stand, and what one may do."""
    return desk.page("release.html", **_all(desk), renewed=False)


@part.get("/missions/{mission}/releases.xlsx")
def to_excel(desk: Desk) -> Response:
    """Every release in Excel: what, when, by whom; times are local in the host country."""
    with desk.look() as (session, mission, _now):
        zone, known = missions.facts(session, mission).zone, named(session, mission)
        rows = [view.row_of(session, one, zone, known) for one in releases.of(session, mission)]
    return excel(_("Releases"), [_(one) for one in view.COLUMNS], rows, f"{desk.mission}-releases")


@part.get("/missions/{mission}/release/now")
def now(desk: Desk, acts: Annotated[str, Query(max_length=100)] = "") -> Response:
    """What changes on that page by itself: the clock, how far the letters are; and what one may do, where that is not
    any more what the page shows (`acts`). Else it is left alone: somebody may be typing there why they stop."""
    found = _all(desk)
    return desk.page("release_now.html", **found, renewed=bool(acts) and acts != found["possible"])


def _all(desk: Desk) -> dict[str, Any]:
    with desk.look() as (session, mission, at):
        found = view.gathered(session, mission, at, code=desk.code)
    return {**found, "log": bool(settings().mail_log), "keeping": keeping(desk).how}


@part.post("/missions/{mission}/release/prepare")
def prepare(desk: Desk, go: Annotated[str, Form(max_length=20)] = "") -> Response:
    """Make the papers of the approved text."""
    with desk.act() as (session, mission, by, at):
        row = acts.prepare(session, mission, by=by, at=at, go=go)
        number, papers = row.number, len(row.papers)
    return _done(
        desk,
        ngettext(
            "Release {number} is prepared: {count} paper. Another person than you says go.",
            "Release {number} is prepared: {count} papers. Another person than you says go.",
            papers,
        ).format(number=number, count=papers),
    )


@part.post("/missions/{mission}/release/{number}/go")
def go(desk: Desk, number: int) -> Response:
    """Say go. It leaves when the embargo has ended, not before."""
    with desk.act() as (session, mission, by, at):
        row = acts.go(session, mission, by=by, at=at, number=number)
        ready = acts.readiness(session, mission, row)
        why, until = reasons_not_to(ready, at), embargo_until(ready)
        held = view.held_for(session, mission) is not None
    if held:
        when = _("It does not leave: the mission is held, until somebody lets it go on.")
    elif why and until is not None and until > at:
        when = _("It leaves when nothing speaks against it any more, and not before its embargo ends.")
    elif why:
        when = _("It leaves once this is settled: {why}.").format(why="; ".join(told_in_words(one) for one in why))
    else:
        when = _("Nothing speaks against it: it leaves with the next look at the mission.")
    return _done(desk, f"{_('Go is said for release {number}.').format(number=number)} {when}")


@part.post("/missions/{mission}/release/{number}/stop")
def stop(desk: Desk, number: int, why: Words = "") -> Response:
    """Stop it: what has not been handed over stays here."""
    with desk.act() as (session, mission, by, at):
        acts.stop(session, mission, by=by, at=at, why=why, number=number)
    return _done(
        desk,
        _("Release {number} is stopped. Letters that have not left stay here until it goes on.").format(number=number),
    )


@part.post("/missions/{mission}/release/{number}/go-on")
def go_on(desk: Desk, number: int) -> Response:
    """Go on from where it stopped."""
    with desk.act() as (session, mission, by, at):
        acts.go_on(session, mission, by=by, at=at, number=number)
    return _done(
        desk, _("Release {number} goes on from where it stopped, never from the beginning.").format(number=number)
    )


@part.post("/missions/{mission}/release/{number}/test")
def try_out(desk: Desk, number: int, email: Name, language: Annotated[str, Form(max_length=10)] = "") -> Response:
    """Send the letters to oneself or an office of our own, marked as a test."""
    with desk.act() as (session, mission, by, at):
        count = acts.send_test(
            session, mission, by=by, at=at, email=email, number=number, language=language, own=desk.me.email
        )
    said = ngettext(
        "{count} test letter goes to {email} within a minute.",
        "{count} test letters go to {email} within a minute.",
        count,
    )
    return _done(desk, said.format(count=count, email=email), number)


@part.post("/missions/{mission}/release/early/ask")
def early_ask(desk: Desk, why: Words) -> Response:
    """After a leak: ask to release the approved text before the press conference."""
    with desk.act() as (session, mission, by, at):
        leaking.ask_early(session, mission, by=by, at=at, why=why)
    return _done(desk, _("It is asked for. Nothing changes until another person agrees."))


@part.post("/missions/{mission}/release/early/agree")
def early_agree(desk: Desk) -> Response:
    """Agree, as the second person."""
    with desk.act() as (session, mission, by, at):
        leaking.agree_early(session, mission, by=by, at=at)
    return _done(desk, _("Agreed. It goes once the last polling station has closed."))


@part.post("/missions/{mission}/release/doubt/reconcile")
def reconcile(desk: Desk) -> Response:
    """Look the letters in doubt up in the mail server's log."""
    log = settings().mail_log
    if not log:
        raise BadInput(
            "the mail server's log can't be read from here; settle each letter by itself, or ask whoever keeps this machine"
        )
    with desk.look() as (session, mission, _now):
        asked = doubt.case(session, mission)
    found = doubt.found_in(maillog.read(log, asked.wanted), asked)
    with desk.act() as (session, mission, by, at):
        settled = doubt.reconcile(session, mission, by=by, at=at, asked=asked, found=found)
    return _done(
        desk, _("By the log {done} settled; {left} stay in doubt.").format(done=settled.done, left=len(settled.left))
    )


@part.post("/missions/{mission}/release/doubt/resend")
def resend(desk: Desk) -> Response:
    """Have each letter in doubt go once more, under the same Message-ID."""
    with desk.act() as (session, mission, by, at):
        settled = doubt.resend(session, mission, by=by, at=at)
    again = len(settled.again)
    said = ngettext(
        "{count} goes once more; a reader may get it twice.", "{count} go once more; a reader may get one twice.", again
    )
    stays = _("Letter {number} stays in doubt: {why}.")
    told = [stays.format(number=number, why=why) for number, why in list(settled.left.items())[:3]]
    return _done(desk, " ".join([said.format(count=again), *told]))


@part.post("/missions/{mission}/release/letters/{letter}/settle")
def settle(desk: Desk, letter: int, how: Annotated[str, Form(max_length=10)]) -> Response:
    """Settle one letter in doubt by what a person found out."""
    with desk.act() as (session, mission, by, at):
        row = letter_acts.settle(session, mission, by=by, at=at, letter=letter, how=how)
        own = row.release is not None
    gone, anew = _("Letter {number} is settled: it was sent."), _("Letter {number} is settled: it goes once more.")
    said = (gone if how == "sent" else anew).format(number=letter)
    return _done(desk, said) if own else desk.done(f"/missions/{desk.mission}/letters", said)


@part.post("/missions/{mission}/release/late")
def late(desk: Desk, letters: Annotated[list[int], Form()], do: Literal["go", "drop"] = Form(default="go")) -> Response:
    """Let the letters go whose time had passed, or have them not go: those that were chosen."""
    with desk.act() as (session, mission, by, at):
        if do == "drop":
            for number in letters:
                letter_acts.cancel(session, mission, by=by, at=at, letter=number)
            count = len(letters)
            said = ngettext("{count} letter does not go.", "{count} letters do not go.", count).format(count=count)
            return _done(desk, said)
        count = letter_acts.confirm_late(session, mission, by=by, at=at, letters=letters)
    return _done(
        desk,
        ngettext("{count} late letter goes within a minute.", "{count} late letters go within a minute.", count).format(
            count=count
        ),
    )


@part.post("/missions/{mission}/release/complaints")
def complaint(desk: Desk, received: Name, about: Words, release: Annotated[str, Form(max_length=10)] = "") -> Response:
    """Register a complaint by the number of the paper that came in."""
    with desk.act() as (session, mission, by, at):
        complaining.register(
            session, mission, by=by, at=at, received=received, about=about, release=int(release) if release.isdigit() else None
        )  # fmt: skip
    return _done(desk, _("The complaint {number} is registered.").format(number=received))


@part.post("/missions/{mission}/release/complaints/reply")
def reply(desk: Desk, received: Name, text: Words = "", paper: Name = "") -> Response:
    """Answer a complaint: by a paper of ours, or by a note that is drafted with this."""
    paragraphs = [one.strip() for one in text.replace("\r\n", "\n").split("\n\n") if one.strip()]
    with desk.act() as (session, mission, by, at):
        row = complaining.reply(session, mission, by=by, at=at, received=received, text=paragraphs, paper=paper)
        number = row.reply
    return _done(desk, _("The complaint {received} is answered by {number}.").format(received=received, number=number))


@part.get("/missions/{mission}/release/{number}")
def detail(desk: Desk, number: int, state: str = "", language: str = "", q: str = "") -> Response:
    """One release: its text, papers and readers; once it has begun, the ledger."""
    with desk.look() as (session, mission, at):
        row = releases.one(session, mission, number)
        known = named(session, mission)
        one = view.one(session, mission, row, at, known, code=desk.code)
        more = view.detail(session, mission, row, own_address=desk.me.email)
        more["held"] = view.held_for(session, mission)
        rows: list[ledger.Row] = []
        for found in ledger.rows(
            session, row.id, state=state, language=language, words=q.strip(), addresses=desk.sees("addresses")
        ):
            if len(rows) == view.MANY:
                break
            rows.append(found)
    return desk.page(
        "release_one.html", now=at, one=one, rows=rows, state=state, spoken=language, q=q, states=said_states(), state_choices=list(said_states().items()), became=became, reports=REPORTS,
        most=view.MANY, **more,
    )  # fmt: skip


@part.get("/missions/{mission}/release/{number}/ledger.csv")
def ledger_csv(desk: Desk, number: int) -> Response:
    """The whole ledger as a table for any spreadsheet program."""
    rows = _ledger(desk, number)
    return sent(sheets.plain(ledger_acts.COLUMNS, rows), f"ledger-release-{number}.csv", "text/csv; charset=utf-8")


@part.get("/missions/{mission}/release/{number}/ledger.xlsx")
def ledger_xlsx(desk: Desk, number: int) -> Response:
    """The same as an Excel workbook."""
    rows = _ledger(desk, number)
    return sent(sheets.workbook(f"Release {number}", ledger_acts.COLUMNS, rows), f"ledger-release-{number}.xlsx", EXCEL)


def _ledger(desk: Desk, number: int) -> list[tuple[object, ...]]:
    with desk.look() as (session, mission, _now):
        row = releases.one(session, mission, number)
        return list(ledger_acts.table(session, row, zone=missions.facts(session, mission).zone))


@part.get("/missions/{mission}/release/{number}/papers/{name}")
def paper(desk: Desk, number: int, name: str) -> Response:
    """A paper of the release as it was prepared, to be kept."""
    with desk.look() as (session, mission, _now):
        data = stored(releases.one(session, mission, number)).get(name)
    if data is None:
        raise missing(f"the paper {name}")
    return sent(data, name, "application/pdf" if name.endswith(".pdf") else "application/octet-stream")


@part.get("/missions/{mission}/release/{number}/letters/{language}")
def letter(desk: Desk, number: int, language: str) -> Response:
    """The letter that a reader of this language would get."""
    files, name = _letter(desk, number, language)
    return desk.page(
        "release_letter.html", number=number, spoken=language, name=name, text=files[".txt"].decode(),
        head=_head(files[".eml"]),
    )  # fmt: skip


@part.get("/missions/{mission}/release/{number}/letters/{language}/words")
def words(desk: Desk, number: int, language: str) -> Response:
    """Its HTML as a mail reader shows it, without any power of a page of the desk."""
    files, _name = _letter(desk, number, language)
    return letter_page(files[".html"].decode())


def _letter(desk: Desk, number: int, language: str) -> tuple[dict[str, bytes], str]:
    """The letter's three files by how their names end, and which letter it is."""
    with desk.look() as (session, mission, at):
        wanted = "" if language == OFFICIAL else language
        files = dict(acts.preview(session, mission, at=at, number=number, language=wanted))
    stem = "official-copy" if language == OFFICIAL else next((n for n in files if n.startswith("letter-")), "")
    stem = stem.partition(".")[0]
    found = {ending: files[stem + ending] for ending in (".eml", ".txt", ".html") if stem + ending in files}
    if len(found) != 3:
        raise missing("this letter")
    return found, stem


def _head(message: bytes) -> dict[str, str]:
    from email import message_from_bytes
    from email.policy import default

    told = message_from_bytes(message, policy=default)
    return {name: str(told[name]) for name in ("From", "Reply-To", "Subject") if told[name]}


def _done(desk: Desk, says: str, number: int | None = None) -> Response:
    return desk.done(f"/missions/{desk.mission}/release{f'/{number}' if number is not None else ''}", says)
