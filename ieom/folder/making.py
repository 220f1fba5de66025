"""A new mission folder, each field explained where it stands; what only a person knows is marked."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import available_timezones

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import TypeAdapter, ValidationError

from ieom.errors import BadInput
from ieom.folder.reading import MISSION_FILE, TABLES, TO_FILL_IN
from ieom.folder.rows import FileRow
from ieom.rules.mission import Slug
from ieom.settings import settings

OFFICES = (
    {"code": "coordinator", "office": "Mission coordinator", "deputy": "deputy-coordinator"},
    {"code": "deputy-coordinator", "office": "Deputy mission coordinator"},
    {"code": "drafter", "office": "Drafter of the statement", "deputy": "deputy-coordinator"},
    {"code": "press-officer", "office": "Press officer", "deputy": "coordinator"},
    {"code": "secretary-general", "office": "Secretary General", "salutation": "Excellency"},
)
"""Offices that every mission has."""
NOMINATION_DAYS = 21
"""A new folder asks for nominations so many days before election day; the secretariat changes the date at will."""


def new(
    folder: Path,
    *,
    slug: str,
    host: str,
    zone: str,
    title: str,
    election_day: date,
    states: Sequence[str] = (),
    city: str = "",
    organisation: str = "turkic-council",
) -> list[Path]:
    """Write the files of a new mission; returns their paths. The folder must not exist or be empty. It appears whole:
    a full disk leaves nothing behind. Raises `BadInput` with everything that is wrong with what was given."""
    folder = Path(folder)
    _acceptable(folder, slug, host, zone, title, states)
    jinja = Environment(
        loader=FileSystemLoader(settings().templates_dir / "folder"),
        undefined=StrictUndefined,
        autoescape=False,  # TOML and CSV, not HTML; texts pass through the `toml` filter
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["toml"] = lambda text: json.dumps(text, ensure_ascii=False)
    facts = {
        "slug": slug,
        "host": host,
        "zone": zone,
        "title": title,
        "election_day": election_day,
        "observation_from": None,
        "nominations_due": election_day - timedelta(days=NOMINATION_DAYS),
        "states": list(dict.fromkeys(states)),
        "city": city or f"{TO_FILL_IN}: a code of config/names.toml",
        "organisation": organisation,
        "offices": [{"deputy": "", "salutation": "Dear colleague", **office} for office in OFFICES],
    }
    names = [MISSION_FILE, *(kind.FILE for kind in TABLES)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{slug}-", dir=folder.parent))
    try:
        for name in names:
            (draft / name).write_text(jinja.get_template(name).render(facts), "utf-8")
        (draft / "submissions").mkdir()
        draft.chmod(0o755)
        if folder.exists():
            folder.rmdir()  # empty, as was checked
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return [folder / name for name in names]


def example(kind: type[FileRow], *, day: date) -> list[str]:
    """A row such as a person would write into this file, with `day` in the place of its dates; a new folder's files begin
    with the same."""
    text = (settings().templates_dir / "folder" / kind.FILE).read_text("utf-8")
    last = text.rstrip().splitlines()[-1].removeprefix("#")
    return [re.sub(r"\d{4}-\d\d-\d\d", str(day), cell.strip()) for cell in next(csv.reader([last]))]


def _acceptable(folder: Path, slug: str, host: str, zone: str, title: str, states: Sequence[str]) -> None:
    faults = []
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        faults.append(f"{folder} holds something already; name a folder that does not exist")
    try:
        TypeAdapter(Slug).validate_python(slug)
    except ValidationError:
        faults.append(
            f"'{slug}' is no short name; use small letters, digits and hyphens, such as kazakhstan-senate-2020"
        )
    faults.extend(
        f"'{code}' is no state's code; it has two capital letters, such as KZ"
        for code in (host, *states)
        if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper())
    )
    if zone not in available_timezones():
        faults.append(f"'{zone}' is not a time zone; use a name such as Asia/Almaty")
    if not title.strip():
        faults.append("the title is empty; write the election's official title")
    if faults:
        raise BadInput("; ".join(faults))
