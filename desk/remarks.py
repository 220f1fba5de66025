"""What a check noticed, in a form's own words: the records name questions and answers by their codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ieom.folder.catalogues import _, ngettext
from ieom.rules.forms import Form, Question

DISAGREE = re.compile(r"(?P<question>\w+): (?P<theirs>.*), (?P<team>\S+) says (?P<mine>.*)", re.DOTALL)
ASKED = re.compile(r"(?P<question>\w+)(?P<link>: | is )(?P<rest>.*)", re.DOTALL)
REPORTED = re.compile(r"(?P<team>\S+) reported this visit in \S+ already")


def remark(forms: Mapping[str, Form], detail: str) -> str:
    """A flag's detail (`ieom.rules.checks`) for people: a question by its words on the form, an answer by its own, and no form
    by its number."""
    if said := REPORTED.fullmatch(detail):
        return _("{team} reported this visit already").format(team=said["team"])
    if said := DISAGREE.fullmatch(detail):
        if question := _question(forms, said["question"]):
            told = {"theirs": question.said(said["theirs"]), "mine": question.said(said["mine"]), "team": said["team"]}
            return _("“{question}”: {theirs}; {team} says: {mine}").format(question=question.label, **told)
    elif (said := ASKED.fullmatch(detail)) and (question := _question(forms, said["question"])):
        return f"“{question.label}”{said['link']}{said['rest']}"
    return detail


NUMBER = re.compile(r"form (?P<number>\S+|\(without an id\)): (?P<rest>.*)", re.DOTALL)
BEFORE = re.compile(r"form \S+ (?P<rest>came before .*)", re.DOTALL)
FAULT = re.compile(r"(?P<question>\w+): (?P<rest>.*)", re.DOTALL)
NONE_OF = re.compile(r"(?P<said>'.*' is none of ).*", re.DOTALL)


def reason(forms: Mapping[str, Form], why: str) -> str:
    """Why a form, or an answer, can't be taken (`ieom.rules.submissions`), for people: questions and answers in the form's
    words, and no form by its number."""
    if before := BEFORE.fullmatch(why):
        return _("this form {rest}").format(rest=before["rest"])
    if numbered := NUMBER.fullmatch(why):
        why = numbered["rest"]
    return "; ".join(_fault(forms, one) for one in why.split("; "))


def _fault(forms: Mapping[str, Form], fault: str) -> str:
    said = FAULT.fullmatch(fault)
    question = _question(forms, MOMENTS.get(said["question"], said["question"])) if said else None
    if said is None or question is None:
        return fault
    rest = said["rest"]
    if (none := NONE_OF.fullmatch(rest)) and question.choices:
        rest = none["said"] + ", ".join(question.said(one) for one in question.choices)
    return f"“{question.label}”: {rest}"


MOMENTS = {"arrived_at": "arrival", "departed_at": "departure"}
"""What the forms call the moments that a form's head has."""
ROWS = 40
"""Rows that are named; all are counted."""


def silent(tables: Iterable[tuple[str, Sequence[int]]]) -> list[str]:
    """Of each table's rows that made no form how many they are, and which."""
    found = []
    for file, rows in tables:
        shown = ", ".join(map(str, rows[:ROWS])) + ("…" if len(rows) > ROWS else "")
        says = ngettext("{count} row made no form: {rows}", "{count} rows made no form: {rows}", len(rows))
        found.append(f"{file}: " + says.format(count=len(rows), rows=shown))
    return found


def _question(forms: Mapping[str, Form], name: str) -> Question | None:
    asked = (form.questions[name] for form in forms.values() if name in form.questions)
    return next((one for one in asked if one.label), None)
