"""One's own account: where one has entered, the language and time zone one reads in, another password."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from babel import Locale
from fastapi import Form, Path, Response

from desk.web import address
from desk.web.asking import KEPT_PLACES, Asked, Desk, router
from desk.web.entering import know
from desk.web.pages import LANGUAGES
from ieom.acts import sessions
from ieom.acts.passwords import LONGEST, SHORTEST
from ieom.errors import BadInput
from ieom.folder.catalogues import _, ngettext, suited
from ieom.records import accounts, missions, passkeys
from ieom.records.base import begin

part = router()
Line = Annotated[str, Form(max_length=300)]
ZONES = sorted(
    name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))
)
SHOWN = 16
"""Characters of a session's digest by which its owner names it."""


@part.get("/me")
def show(desk: Desk) -> Response:
    """The asker's own account."""
    own = _own(desk)
    with desk.look() as (session, _mission, now):
        live = [
            (row.digest[:SHOWN], row.browser, row.begun_at, row.seen_at, row.digest == own)
            for row in sessions.alive(session, desk.me.id, at=now)
        ]
        texts = len(accounts.kept(session, desk.me.id, "/"))
        keys, titles = passkeys.of(session, desk.me.id), missions.titles(session)
    site = address.own()
    return desk.page(
        "me.html",
        zone="UTC",
        live=live,
        now=now,
        zones=ZONES,
        languages=LANGUAGES,
        english=[one for one in LANGUAGES if suited(one) != one],
        given=desk.given,
        titles=titles,
        texts=texts,
        places=KEPT_PLACES,
        shortest=SHORTEST,
        longest=LONGEST,
        keys=keys,
        site=site,
        may_add=site.fits and site.asked(desk.request),
    )


@part.post("/me")
def settle(
    desk: Desk, language: Line = "en", own_zone: Annotated[str, Form(alias="zone", max_length=100)] = ""
) -> Response:
    """The language and the time zone one reads in."""
    with begin(desk.engine) as session:
        desk.still(session)
        sessions.settle(session, account=desk.me.id, language=language, zone=own_zone.strip(), languages=LANGUAGES)
    if suited(language) != language:
        name = Locale.parse(language).get_display_name("en")
        text = _("Times are shown so from now on. Pages stay in English: nobody has translated them into {name} yet.")
        return desk.done("/me", text.format(name=name))
    return desk.done("/me", _("Times are shown so from now on."))


@part.post("/me/password")
def password(desk: Desk, old: Line, new: Line, again: Line) -> Response:
    """Choose another password; every other session ends."""
    if new != again:
        raise BadInput("the two new passwords differ; type the same twice")
    with begin(desk.engine) as session:
        desk.still(session)
        fits = sessions.change_password(
            session, account=desk.me.id, old=old, new=new, but=_own(desk), at=missions.real_now()
        )
        row = session.get_one(accounts.Account, desk.me.id)
        session.flush()
        session.expunge(row)
    if not fits:
        raise BadInput("the password that you have now is another one; nothing was changed")
    answer = desk.done("/me", _("The new password holds; every other session has ended."))
    know(desk.request, answer, row)
    return answer


@part.post("/me/sessions/end-others")
def end_others(desk: Desk) -> Response:
    """End every session of one's own but this one."""
    with begin(desk.engine) as session:
        desk.still(session)
        count = sessions.end_others(session, account=desk.me.id, but=_own(desk), at=missions.real_now())
    said = ngettext("{count} other session ended.", "{count} other sessions ended.", count)
    return desk.done("/me", said.format(count=count))


@part.post("/me/sessions/{start}/end")
def end(desk: Desk, start: Annotated[str, Path(max_length=64)]) -> Response:
    """End one session of one's own."""
    with begin(desk.engine) as session:
        desk.still(session)
        sessions.end(session, account=desk.me.id, start=start, at=missions.real_now())
    return desk.done("/me", _("That session has ended."))


def _own(desk: Asked) -> str:
    return desk.session.digest if desk.session else ""
