"""A machine's finding about a file, said in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ieom.errors import Fault

WORDS: dict[str, str] = {
    "missing": "is missing; write it",
    "extra_forbidden": "is not a field of this file; correct the spelling or remove it",
    "string_type": "is to be a text between quotes",
    "int_type": "is to be a whole number, without quotes",
    "int_parsing": "is to be a whole number",
    "int_from_float": "is to be a whole number",
    "float_type": "is to be a number, without quotes",
    "float_parsing": "is to be a number",
    "bool_type": "is to be true or false, without quotes",
    "date_type": "is to be a date without quotes, such as 2020-08-12",
    "date_parsing": "is to be a date such as 2020-08-12",
    "date_from_datetime_parsing": "is to be a date such as 2020-08-12",
    "datetime_type": "is to be a local time without quotes, such as 2020-08-12T20:00:00",
    "datetime_parsing": "is to be a local time such as 2020-08-12 20:00",
    "datetime_from_date_parsing": "is to be a local time such as 2020-08-12 20:00",
    "time_type": "is to be a time of day without quotes, such as 07:00:00",
    "time_parsing": "is to be a time of day such as 07:00",
    "timezone_naive": "has a time zone; write the local time without one, the zone stands in its own field",
    "tuple_type": "is to be a list in square brackets",
    "dict_type": "is to be a table of its own",
    "model_type": "is to be a table of its own",
    "model_attributes_type": "is to be a table of its own",
}


PATTERNS = dict.fromkeys((r"^[A-Z]{2}$", r"^([A-Z]{2})?$"), "is to be a state's two capital letters, such as KZ") | {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "has signs that can't stand here; use small letters, digits and single hyphens between them",
    r"^([A-Z]{2}|[a-z0-9][a-z0-9._-]*)$": "is to be a state's two capital letters, or small letters, digits, dots and hyphens",
}
"""What may stand where a pattern decides it, in words."""


def where(location: Iterable[int | str]) -> str:
    """`('states', 1, 'quota')` as a person finds it: `states[2].quota`."""
    said = ""
    for part in location:
        if isinstance(part, int):
            said += f"[{part + 1}]"
        else:
            said += f".{part}" if said else part
    return said


def cell(location: Iterable[int | str]) -> str:
    """The same for a row of a table: `('members', 1)` is entry 2 of the column 'members'."""
    return ", entry ".join(str(part + 1) if isinstance(part, int) else part for part in location)


def _says(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    given = error.get("input")
    shown = f"'{given}' " if isinstance(given, str | int | float) and kind not in {"missing", "extra_forbidden"} else ""
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind == "literal_error":
        empty, expected = "''", str(context["expected"])
        known = expected.replace(f"{empty}, ", "").replace(f"{empty} or ", "")
        return f"{shown}is to be one of {known}" + (", or left empty" if empty in expected else "")
    if kind == "string_pattern_mismatch":
        wanted = PATTERNS.get(str(context["pattern"]))
        if wanted is None:
            wanted = "has signs that can't stand here; use letters, digits, dots and hyphens alone, and no blank"
        return f"{shown}{wanted}"
    if kind in {"greater_than", "greater_than_equal"}:
        bound = context.get("gt", context.get("ge"))
        return f"{shown}is to be {'more than' if 'gt' in context else 'at least'} {bound}"
    if kind == "too_short":
        return f"needs at least {context['min_length']} entry; write one"
    if kind == "string_too_short":
        return "is empty; fill it in"
    if kind == "string_too_long":
        return f"is longer than {context['max_length']} signs"
    return f"{shown}{WORDS[kind]}" if kind in WORDS else f"{shown}can't be taken: {error['msg']}"


def translate(
    file: str, problem: ValidationError, *, row: int | None = None, path: Callable[[tuple[Any, ...]], str] = where
) -> list[Fault]:
    """Every finding of a validation as a fault of `file`. A field that may be of two kinds is named once."""
    errors = problem.errors()
    places = [error["loc"] for error in errors]
    found: dict[str, Fault] = {}
    for error in errors:
        place = error["loc"]
        if error["type"] == "too_short" and any(
            len(other) > len(place) and other[: len(place)] == place for other in places
        ):
            continue  # the list is not empty: its entries have faults of their own
        column = path(_plain(place))
        found.setdefault(column, Fault(file, _says(error), row, column or None))
    return list(found.values())


def _plain(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Without the marks that the validator adds for the branches of a union (`literal['all']`, `int`, a function's name)."""
    return tuple(
        part
        for index, part in enumerate(location)
        if isinstance(part, int)
        or not (index and (part.startswith(("literal[", "tagged-", "function-")) or part in {"int", "str"}))
    )
