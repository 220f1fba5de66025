"""What the newsroom may show: releases whose letters were queued, their papers proved by the hashes that were fixed when
they were prepared. Nothing of any other release is read here."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.acts.proving import folder as papers_folder
from ieom.acts.published import text as text_of
from ieom.errors import IeomError, Tampered
from ieom.folder.names import load_names
from ieom.papers import certificates, store
from ieom.papers.frame import framed
from ieom.papers.newsroom import MissionRoom, Newsroom, Pages, Paper, Published, Wording, papers
from ieom.papers.whole import state_of, write_folder
from ieom.records import drafts, missions, releases
from ieom.records.missions import Mission, MissionRevision
from ieom.records.releases import Release
from ieom.rules import difference, own_text
from ieom.rules.mission import MissionFacts
from ieom.rules.newsroom import SAFE, base_of, folders, paper_language, papers_in_order
from ieom.rules.release import CARRIES
from ieom.rules.statement import canonical
from ieom.settings import settings

State = tuple[object, ...]
LOG = logging.getLogger("ieom.newsroom")


def state(session: Session) -> State:
    """What changes whenever the newsroom does; cheap to ask."""
    public = select(func.count(), func.max(Release.id), func.max(Release.started_at)).where(releases.BEGAN)
    return (
        *session.execute(public).one(),
        session.scalar(select(func.max(MissionRevision.id))),
        session.scalar(select(func.count()).where(Mission.simulated_now.is_not(None))),
        *certificates.kept(),
    )


def gather(session: Session, *, rehearsals: bool = False, online: bool = False) -> Newsroom:
    """Everything published, missions by election day, newest first. Missions that live in a rehearsal's time are left
    out unless `rehearsals`. A paper or a text that is not the one that was released is left out and is among the
    newsroom's `faults`: one that is damaged keeps no other, a withdrawal say, from being shown."""
    rooms, base, wrong = [], settings().newsroom_url, list[str]()
    for slug in missions.all_slugs(session):
        rehearsed = missions.get(session, slug).simulated_now is not None
        rows = releases.published(session, slug)
        if rehearsed and not rehearsals:
            continue
        wrong += _misdated(session, slug)
        if not rows:
            continue
        facts = missions.facts(session, slug)
        base = base or base_of(facts.release.newsroom_url, slug)
        rooms.append(_room(session, facts, rows, wrong, rehearsal=rehearsed))
    rooms.sort(key=lambda room: (room.days[-1], room.slug), reverse=True)
    name = rooms[0].organisation if rooms else "Newsroom"
    signed_with = sorted(certificates.kept().values(), key=lambda one: (one.since, one.fingerprint), reverse=True)
    address_ = f"{base.rstrip('/')}/" if base else ""
    return Newsroom(name, tuple(rooms), address_, tuple(signed_with), online=online, faults=tuple(wrong))


def faults(session: Session, mission: str) -> list[str]:
    """What a mission published and the newsroom can't show."""
    wrong = _misdated(session, mission)
    _room(session, missions.facts(session, mission), releases.published(session, mission), wrong, rehearsal=False)
    return wrong


def _misdated(session: Session, mission: str) -> list[str]:
    return [
        f"release {row.number} of {mission}: when it began is another in its row than in the chain of acts"
        for row in releases.misdated(session, mission)
    ]


def build(session: Session, into: Path, *, rehearsals: bool = False) -> int:
    """Write the newsroom as plain files at `into`, whole or not at all. Returns how many files. Raises
    `Refused`, `Unavailable`; what was there before then stands."""
    newsroom = gather(session, rehearsals=rehearsals)
    return write_folder(into, _files(newsroom), state=_digest(session, newsroom.faults))


def refresh(session: Session) -> int:
    """Write the newsroom into IEOM_NEWSROOM_DIR when it is not what is published now; returns how many files, none when
    there was nothing to do. Raises as `build`."""
    into = settings().newsroom_dir
    if into is None or state_of(into) == _digest(session):
        return 0
    newsroom = gather(session)  # one with faults is asked for again: perhaps they were mended
    for fault in newsroom.faults:
        LOG.error("left out of the newsroom: %s", fault)
    digest = _digest(session, newsroom.faults)
    return write_folder(into, _files(newsroom), state=digest) if state_of(into) != digest else 0


def _files(newsroom: Newsroom) -> Iterator[tuple[str, bytes]]:
    yield from Pages(newsroom, index="index.html").all()
    for path, paper in papers(newsroom).items():
        if not paper.missing:
            yield path, proved(paper)


def _digest(session: Session, wrong: tuple[str, ...] = ()) -> str:
    return hashlib.sha256("\n".join((repr(state(session)), *wrong)).encode()).hexdigest()[:24]


def where(session: Session, row: Release, at: datetime | None = None) -> str:
    """Where a release stands in the newsroom, or will when it starts at `at` (UTC): 'missions/…/2020-08-12-statement/'."""
    begun = row.started_at if releases.public(session, row) else at
    if begun is None:
        raise ValueError("a release that has not begun has no address")
    known = [one for one in releases.published(session, row.mission) if one.id != row.id]
    earlier = [one for one in known if one.started_at is not None and (one.started_at, one.id) < (begun, row.id)]
    days = [(_day(session, one.mission, one.started_at), one.kind) for one in earlier if one.started_at is not None]
    return folders(row.mission, [*days, (_day(session, row.mission, begun), row.kind)])[-1]


def address(session: Session, row: Release, at: datetime | None = None) -> str:
    """The address of a release's page, for its letters that go at `at` (UTC); empty when nobody said where the newsroom is."""
    facts = missions.facts(session, row.mission)
    base = settings().newsroom_url or base_of(facts.release.newsroom_url, row.mission)
    return f"{base.rstrip('/')}/{where(session, row, at)}" if base else ""


def _day(session: Session, slug: str, moment: datetime) -> date:
    """The day of a moment in the host country, in the zone that the mission file named then: an address stands for
    ever, whatever the file says later."""
    query = select(MissionRevision.facts).where(MissionRevision.mission == slug).order_by(MissionRevision.number.desc())
    then = session.scalars(query.where(MissionRevision.at <= moment).limit(1)).one_or_none()
    zone = then["zone"] if then is not None else missions.facts(session, slug).zone
    return moment.astimezone(ZoneInfo(zone)).date()


def _room(
    session: Session, facts: MissionFacts, rows: list[Release], wrong: list[str], *, rehearsal: bool
) -> MissionRoom:
    names, on = load_names(), facts.election_day
    days = [(_day(session, facts.slug, row.started_at), row.kind) for row in rows if row.started_at is not None]
    stand = folders(facts.slug, days)
    made = [_published(session, facts, row, folder, wrong) for row, folder in zip(rows, stand, strict=True)]
    return MissionRoom(
        slug=facts.slug,
        title=facts.title,
        host=names.official(facts.host_state, on=on),
        organisation=names.official(facts.organisation, on=on),
        mission_name=facts.release.from_name,
        place=names.short(facts.base_city, on=on),
        zone=facts.zone,
        days=facts.voting_days,
        contact=facts.release.from_name,
        email=facts.release.reply_to,
        releases=tuple(reversed(made)),
        rehearsal=rehearsal,
    )


def _published(session: Session, facts: MissionFacts, row: Release, folder: str, wrong: list[str]) -> Published:
    if row.started_at is None:
        raise ValueError("only what has begun to go out is published")
    fixed = releases.fixed(session, row)
    data = {name: _or_none(row, name, fixed, wrong) for name in row.papers if SAFE.match(name)}
    wordings = tuple(_wordings(session, facts, row, data.get, wrong))
    languages = [one.language for one in wordings]
    return Published(
        id=row.id,
        folder=folder,
        kind=row.kind,
        at=row.started_at,
        wordings=wordings,
        papers=tuple(
            Paper(
                name, paper_language(name), len(data[name] or b""), row.papers[name],
                papers_folder(row.mission, row.number) / name, missing=data[name] is None,
            )
            for name in papers_in_order(data, languages)
        ),
        concerns=row.concerns,
        changes=_changes(session, row),
    )  # fmt: skip


def _or_none(row: Release, name: str, fixed: Mapping[str, str], wrong: list[str]) -> bytes | None:
    try:
        if fixed.get(name) != row.papers[name]:
            raise Tampered(f"{name} of release {row.number} of {row.mission} is another paper than its acts say")
        return read(row, name)
    except Tampered as error:
        wrong.append(str(error))
        return None


def read(row: Release, name: str) -> bytes:
    """A paper of a release, proved. Raises `Tampered`."""
    return proved(Paper(name, "", 0, row.papers[name], papers_folder(row.mission, row.number) / name))


def proved(paper: Paper) -> bytes:
    """A published paper's bytes. Raises `Tampered` when it is gone or is not the paper that was prepared."""
    try:
        data = paper.source.read_bytes()
    except OSError as error:
        raise Tampered(f"{paper.source} can't be read ({error.strerror}); it was published and must stand") from error
    if store.sha256(data) != paper.sha256:
        raise Tampered(f"{paper.source} is not the paper that was released; nothing of it is shown")
    return data


def _wordings(
    session: Session, facts: MissionFacts, row: Release, paper: Callable[[str], bytes | None], wrong: list[str]
) -> list[Wording]:
    found = []
    for language, digest in {**row.hashes, **(row.translations or {})}.items():
        said = (paper(f"press-release-{language}.txt") or b"").decode()
        try:
            found.append(_wording(session, facts, row, language, said))
        except (IeomError, LookupError, TypeError) as error:
            why = str(error) if isinstance(error, IeomError) else "it is not in the records"
            wrong.append(f"the text in '{language}' of release {row.number} of {row.mission}: {why}")
            title = " ".join(said.partition("\n\n")[0].split()) or facts.title  # the paper is proved, if there is one
            found.append(Wording(language, title, digest, language in row.hashes, missing=True))
    return found or [Wording(facts.languages[0], facts.title, "", authentic=True, missing=True)]


def _wording(session: Session, facts: MissionFacts, row: Release, language: str, said: str) -> Wording:
    text = text_of(session, row, language)
    if row.kind not in CARRIES:
        if text.hash != own_text.text_hash(text.title, text.paragraphs):
            raise Tampered(f"the text of release {row.number} of {row.mission} is not the one that was released")
        return Wording(language, text.title, text.hash, text.authentic, paragraphs=text.paragraphs)
    version = drafts.by_hash(session, row.mission, text.hash)
    frame = framed(
        version.content, number=version.number, digest=version.content_hash, chain_head=version.chain_head, zone=facts.zone
    )  # fmt: skip
    title, *lead = [
        " ".join(one.split()) for one in said.removesuffix(canonical(version.content)).split("\n\n") if one.strip()
    ] or [text.title]
    title += f" ({text.marking})" if text.marking and text.marking not in title else ""
    return Wording(language, title, text.hash, text.authentic, text.marking, lead=tuple(lead), frame=frame)


def _changes(session: Session, row: Release) -> dict[str, list[tuple[str, list[difference.Change]]]]:
    """What a correction changed, by language, where both have a text in it."""
    if row.concerns is None or row.kind != "correction":
        return {}
    old, new = session.get_one(Release, row.concerns), row
    if old.kind in CARRIES and new.kind in CARRIES:
        before, after = (_all_keyed(session, one) for one in (old, new))
        return {
            language: difference.paragraphs(before[language], after[language])
            for language in after
            if language in before
        }
    return {}


def _all_keyed(session: Session, row: Release) -> dict[str, list[tuple[str, str]]]:
    found = {}
    for language, digest in row.hashes.items():
        with suppress(IeomError):  # a text that is not shown has no changes to show
            found[language] = _keyed(session, row, digest)
    return found


def _keyed(session: Session, row: Release, digest: str) -> list[tuple[str, str]]:
    content = drafts.by_hash(session, row.mission, digest).content
    title = [("title", str(content["title"]))]
    annex = "\n".join(f"{one['label']}: {one['figure']}" for one in content.get("annex", []))
    return [
        *title,
        *(
            (one["key"], "\n".join((one["text"], *(f"[{note}]" for note in one.get("footnotes", [])))))
            for one in content["paragraphs"]
        ),
        *([("annex", annex)] if annex else []),
    ]
