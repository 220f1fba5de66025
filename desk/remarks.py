"""What a check noticed, in a form's own words: the records name questions and answers by their codes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ieom.folder.catalogues import _
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


def _question(forms: Mapping[str, Form], name: str) -> Question | None:
    asked = (form.questions[name] for form in forms.values() if name in form.questions)
    return next((one for one in asked if one.label), None)
