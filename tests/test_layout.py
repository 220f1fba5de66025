"""The packages that run are those of this checkout, and the house's import directions hold."""

from __future__ import annotations

import importlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("package", ["ieom", "flows", "tasks", "desk", "bench"])
def test_a_package_comes_from_this_checkout(package: str) -> None:
    found = Path(importlib.import_module(package).__file__ or "").resolve()
    assert found.is_relative_to(ROOT), f"{package} is shadowed by {found}"


def test_config_is_never_imported() -> None:
    assert not list((ROOT / "config").rglob("*.py"))


def test_the_lock_names_no_download_address() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text("utf-8")


def test_no_test_folder_is_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_package_of_the_lock_has_its_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    packages = re.split(r"\n(?=\S)", lock.strip())
    assert len(packages) > 100
    assert [one.split()[0] for one in packages if not one.startswith("#") and "--hash=sha256:" not in one] == []


def test_a_commit_is_checked_as_lint_checks() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    lint = (ROOT / "Makefile").read_text("utf-8").partition("lint:")[2].partition("\n\n")[0]
    for one in ("ruff format --check", "ruff check", "mypy", "lint-imports"):
        assert f".venv/bin/{one}" in hooks
        assert f"$(BIN)/{one}" in lint


def test_types_are_checked_strictly_in_every_room() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    assert told["strict"] is True
    assert {"ieom", "flows", "tasks", "desk"} <= set(told["files"])


def test_no_file_names_a_machine_s_folder_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    for name in filter(None, listed):
        path = ROOT / name
        if path.suffix in {".docx", ".png", ".ttf", ".otf"} or not path.is_file():
            continue
        found = re.search(
            r"/(?:home|root|work)/\w+|--(?:extra-)?index-url=?\s*http", path.read_text("utf-8", "replace")
        )
        assert found is None, f"{name}: {found.group() if found else ''}"
