"""What a check noticed is said in the form's words, never by the codes that the records have for questions and answers."""

from __future__ import annotations

import re

import pytest

from desk.remarks import remark
from ieom.folder.forms import load_forms
from ieom.rules import checks


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("in_box: 101, team-1 says 21", "“{in_box}”: 101; team-1 says: 21"),
        ("seals_intact: yes, team-2 says no", "“{seals_intact}”: Yes; team-2 says: No"),
        ("in_box is -3", "“{in_box}” is -3"),
        ("team-1 reported this visit in paper:0b7e3f0e already", "team-1 reported this visit already"),
        ("valid and invalid make 90, 101 in the box", "valid and invalid make 90, 101 in the box"),
        ("nothing: 1, team-1 says 2", "nothing: 1, team-1 says 2"),
    ],
)
def test_a_remark_is_said_in_the_form_s_words(detail: str, said: str) -> None:
    forms = load_forms()
    words = {name: question.label for form in forms.values() for name, question in form.questions.items()}
    assert remark(forms, detail) == re.sub(r"\{(\w+)\}", lambda one: words[one[1]], said)


def test_every_fact_of_a_station_has_words_on_a_form() -> None:
    forms = load_forms()
    asked = {name for form in forms.values() for name in form.questions}
    for name in sorted(asked & set(checks.FACTS_OF_A_STATION)):
        assert remark(forms, f"{name}: 1, team-1 says 2").startswith("“"), name
