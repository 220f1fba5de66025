"""The packages that run are those of this checkout, and the house's import directions hold."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("package", ["ieom", "flows", "tasks", "desk"])
def test_a_package_comes_from_this_checkout(package: str) -> None:
    found = Path(importlib.import_module(package).__file__ or "").resolve()
    assert found.is_relative_to(ROOT), f"{package} is shadowed by {found}"


def test_config_is_never_imported() -> None:
    assert not list((ROOT / "config").rglob("*.py"))


def test_the_lock_names_no_download_address() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text("utf-8")


def test_no_test_folder_is_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
