"""A folder of files for others to read, whole or not at all: it is written beside its place and put there by one rename.

The place is a symbolic link, because a folder that is not empty can't be replaced by a rename and a link can: whoever
is killed at any step leaves what was there before.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ieom.errors import Refused, Unavailable


def state_of(place: Path) -> str:
    """The state that the folder was written in (`write_folder`); empty when there is none."""
    return place.readlink().name.split("-")[-2] if place.is_symlink() and _ours(place) else ""


def write_folder(place: Path, files: Iterable[tuple[str, bytes]], *, state: str) -> int:
    """Write the files and put them at `place`, readable by everyone. `state` (letters and digits) is kept with them for
    `state_of`. Returns how many files. Raises `Refused` when something else is at the place, `Unavailable` when the disk
    does not take them; what was there then stands."""
    place = place if place.name not in {"", ".."} else place.resolve()
    if place.is_symlink() and not _ours(place):
        raise Refused(f"{place} is a link to something else; name another folder")
    if place.exists() and not place.is_symlink() and (not place.is_dir() or any(place.iterdir())):
        raise Refused(f"{place} holds something else than a newsroom; name an empty or a new folder")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(place):
            _sweep(place)
            made = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}-{state}-"))
            try:
                count = sum(_write(made / name, data) for name, data in files)
                for folder in (made, *(one for one in made.rglob("*") if one.is_dir())):
                    folder.chmod(0o755)
                    _sync(folder)
                _put(made, place)
            except BaseException:
                shutil.rmtree(made, ignore_errors=True)
                raise
            _sweep(place)
    except OSError as error:
        raise Unavailable(f"{place} can't be written: {error.strerror}; what was there before stands") from error
    return count


def _put(made: Path, place: Path) -> None:
    new = place.with_name(f".{place.name}-link")
    new.unlink(missing_ok=True)
    new.symlink_to(made.name)
    if place.is_dir() and not place.is_symlink():
        place.rmdir()  # empty: nothing was public there
    new.replace(place)
    _sync(place.parent)


def _ours(place: Path) -> bool:
    target = place.readlink()
    return target.parent == Path() and _written_for(place, target.name)


def _written_for(place: Path, name: str) -> bool:
    """Whether a folder beside the place was written for it, not for another place whose name begins alike. The end is
    `tempfile.mkdtemp`'s."""
    return re.fullmatch(rf"\.{re.escape(place.name)}-[0-9A-Za-z]*-[0-9a-z_]{{8}}", name) is not None


def _sweep(place: Path) -> None:
    """Take away what a killed writing, or the one before, left."""
    current = place.readlink().name if place.is_symlink() else ""
    for other in place.parent.iterdir():
        if other.name != current and _written_for(place, other.name):
            shutil.rmtree(other, ignore_errors=True)


def _write(path: Path, data: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)
    return 1


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """One writer at a time."""
    with place.with_name(f".{place.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
