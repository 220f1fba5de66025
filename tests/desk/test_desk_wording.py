"""Nobody types commands at the desk: nothing that it can show names one. The command line says them where they help."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import Desk
from evening import SLUG

from desk.cli.speaking import typed
from ieom.acts import versions
from ieom.errors import Fault, IeomError, NotFound
from ieom.settings import ROOT

COMMAND = re.compile(r"\bieom [a-z]|(?<![\w-])--[a-z]")
SHOWN = ("ieom", "desk/web", "desk/public", "desk/chronicle.py", "desk/delegation_view.py", "desk/media_words.py", "desk/timeline_view.py", "desk/typed.py")  # fmt: skip
FOR_THE_KEEPER = {"desk/web/settings.py"}
"""What whoever keeps the machine reads: which setting or command mends what is not well there."""


def words(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every text in a file, in parts where it is put together; without what says what code does, and what errors carry for
    the command line."""
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(node.value)
        if isinstance(node, ast.keyword) and node.arg == "command":
            left_out |= set(ast.walk(node.value))
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "command" for to in node.targets):
            left_out |= set(ast.walk(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in left_out:
            yield node


def sources() -> list[Path]:
    found = [
        path for place in SHOWN for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    ]
    return sorted(found)


def test_no_text_that_the_desk_can_show_names_a_command() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{one.lineno}: {one.value.strip()}"
        for path in sources()
        if str(path.relative_to(ROOT)) not in FOR_THE_KEEPER
        for one in words(ast.parse(path.read_text("utf-8")))
        if COMMAND.search(one.value)
    ]
    assert named == []
    assert len(sources()) > 150


@pytest.mark.parametrize("folder", ["desk", "deciding"])
def test_no_page_names_a_command(folder: str) -> None:
    pages = list((ROOT / "templates" / folder).rglob("*.*ml"))
    assert len(pages) > 3
    assert [path.name for path in pages if COMMAND.search(path.read_text("utf-8"))] == []


def test_an_error_says_its_command_at_the_command_line_and_not_at_the_desk(desk_opened: Desk) -> None:
    with pytest.raises(NotFound) as raised:
        versions.missing()
    assert str(raised.value) == "there is no draft yet; draft the statement first"
    assert typed(raised.value) == "there is no draft yet; draft the statement first; 'ieom statement draft' does"
    assert typed(Fault("mission.toml", "is missing", command="'ieom new' writes one")) == (
        "mission.toml: is missing; 'ieom new' writes one"
    )
    assert typed(IeomError("away")) == "away"
    answer = desk_opened.drafter.get(f"/missions/{SLUG}/statement/pdf")
    assert answer.status_code == 404
    assert COMMAND.search(answer.text) is None
