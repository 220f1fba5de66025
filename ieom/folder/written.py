"""A mission's folder written from facts that are known already, and a folder in one file (.zip) taken apart and packed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import tomli_w

from ieom.errors import BadInput
from ieom.folder.packed import unpacked
from ieom.folder.reading import MISSION_FILE, NEEDED, TABLES
from ieom.folder.rows import DelegationRow, columns
from ieom.folder.sheets import plain
from ieom.rules.mission import MissionFacts

TAKEN = frozenset({MISSION_FILE, *(kind.FILE for kind in TABLES)})
"""The files of a folder that a mission is opened from."""
BESIDE = (".toml", ".csv", ".md", ".txt", ".json")
"""What may lie beside them without being taken."""
MOST_BYTES = 30_000_000
STAMP = (1980, 1, 1, 0, 0, 0)


def write(folder: Path, facts: MissionFacts, people: Sequence[DelegationRow] = ()) -> None:
    """The files of a mission: its facts, the persons expected, and the other tables with their headers alone."""
    (folder / MISSION_FILE).write_text(mission_toml(facts), "utf-8")
    for kind in NEEDED:
        rows = people if kind is DelegationRow else ()
        listed = [[getattr(row, name) for name in columns(kind)] for row in rows]
        (folder / kind.FILE).write_bytes(plain(columns(kind), listed))


def mission_toml(facts: MissionFacts) -> str:
    """The mission file that states these facts."""
    return tomli_w.dumps(facts.model_dump(exclude_defaults=True, exclude_none=True))


def unpack(data: bytes, into: Path) -> list[str]:
    """Lay the files of a mission that a .zip holds into a folder, be they at its top or in one folder there; returns the
    names of what lies beside them and is not taken. Raises `BadInput` for anything that no mission folder holds, and
    for what unpacks to more than one does; nothing is ever written outside `into`."""
    with unpacked(data, "the .zip", most=MOST_BYTES) as box:
        parts = [part for part in box.infolist() if not part.is_dir() and not _of_the_system(part.filename)]
        _sound(parts)
        top = _top([PurePosixPath(part.filename) for part in parts])
        beside = []
        for part in parts:
            name = str(PurePosixPath(part.filename).relative_to(top))
            if name in TAKEN:
                (into / name).write_bytes(box.read(part))
            else:
                beside.append(name)
    return sorted(beside)


def pack(folder: Path) -> bytes:
    """The files of a mission in one .zip; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as box:
        for name in sorted(TAKEN):
            if (folder / name).exists():
                box.writestr(
                    zipfile.ZipInfo(name, STAMP), (folder / name).read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9
                )
    return out.getvalue()


def _of_the_system(name: str) -> bool:
    """What a computer puts into an archive by itself."""
    path = PurePosixPath(name)
    return "__MACOSX" in path.parts or path.name in {".DS_Store", "Thumbs.db", "desktop.ini"}


def _sound(parts: Sequence[zipfile.ZipInfo]) -> None:
    if not parts:
        raise BadInput("the .zip holds no file; pack the mission's folder and send that")
    seen: set[str] = set()
    for part in parts:
        path = PurePosixPath(part.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in part.filename or ":" in part.filename:
            raise BadInput(f"'{part.filename}' would lie outside the folder; the .zip was not opened")
        if part.external_attr >> 16 & 0o170000 == 0o120000:
            raise BadInput(f"'{part.filename}' is a link, not a file; the .zip was not opened")
        if not path.name.lower().endswith(BESIDE):
            raise BadInput(
                f"'{part.filename}' does not belong in a mission's folder, which holds {MISSION_FILE} and tables "
                "(.csv); take it out and pack the folder again"
            )
        if part.filename in seen:
            raise BadInput(f"'{part.filename}' stands in the .zip twice; pack the folder again")
        seen.add(part.filename)


def _top(paths: Sequence[PurePosixPath]) -> PurePosixPath:
    """The folder in which the mission's files lie."""
    found = sorted({path.parent for path in paths if path.name == MISSION_FILE}, key=lambda one: len(one.parts))
    if not found:
        raise BadInput(f"the .zip holds no {MISSION_FILE}; it belongs to every mission's folder")
    if len(found) > 1 and len(found[0].parts) == len(found[1].parts):
        raise BadInput(f"the .zip holds {len(found)} missions; send one at a time")
    outside = [path for path in paths if not path.is_relative_to(found[0])]
    if outside:
        raise BadInput(f"'{outside[0]}' lies beside the mission's folder; pack that folder alone")
    return found[0]
