"""Set up the virtual environment from the hashed lock, with Python alone: `python3 bootstrap.py .venv`.

uv does the work because plain pip takes over a minute for the same; pip fetches uv first, from the same lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
OURS = ("ieom", "desk", "flows", "tasks")


def of_lock(package: str) -> str:
    """The lines of one package in the lock, hashes and all."""
    lines = LOCK.read_text("utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{package}=="))
    end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    return "\n".join(lines[start:end]) + "\n"


def main(target: Path) -> None:
    """Make the environment at `target`, or bring it to what the lock says."""
    if sys.version_info < (3, 11):
        sys.exit(f"ieom needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable})")
    python = target / "bin" / "python"
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONWARNINGS": "ignore"}
    environment.pop("VIRTUAL_ENV", None)
    environment.pop("PYTHONPATH", None)
    if not (target / "bin" / "uv").exists():
        print("Setting up (once; about half a minute) ...", flush=True)
        try:
            venv.create(target, with_pip=True, clear=True)
        except subprocess.CalledProcessError:
            sys.exit(
                "This Python has no ensurepip. On Debian it stands apart: apt-get install python3-venv, then again."
            )
        with tempfile.TemporaryDirectory() as folder:
            wanted = Path(folder, "uv.txt")
            wanted.write_text(of_lock("uv"), "utf-8")
            pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(wanted)]
            subprocess.run(pip, check=True, env=environment)
    uv = [str(target / "bin" / "uv"), "--quiet", "--system-certs", "pip"]
    on = ["--python", str(python)]
    # Compiled here, once: where Python may not write its bytecode (a container, another user's folder), every command
    # would compile Prefect and all the rest anew, which takes longer than what it is asked to do.
    subprocess.run([*uv, "sync", *on, "--compile-bytecode", "--require-hashes", str(LOCK)], check=True, env=environment)
    subprocess.run([*uv, "install", *on, "--no-deps", "--editable", str(HERE)], check=True, env=environment)
    subprocess.run([str(python), "-m", "compileall", "-q", *OURS], cwd=HERE, check=True, env=environment)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else ".venv").resolve())
    except subprocess.CalledProcessError as failed:
        sys.exit(f"Set-up stopped at: {' '.join(map(str, failed.cmd))}")
