"""Election day: check-ins, and forms typed from paper."""

from __future__ import annotations

from doing.person import Doing, Person

from desk.rehearsal import ScriptedAct


def _check_in(who: Person, act: ScriptedAct) -> None:
    told = act.arguments
    who.send("/deployment", f"/deployment/{told['team']}/check-in", {"note": told.get("note", "")})


def _enter(who: Person, act: ScriptedAct) -> None:
    told = act.arguments["document"]
    fields = {"team": told["team"], "station": told["station"]}
    fields |= {"arrival": told["arrived_at"][:16], "departure": told["departed_at"][:16]}
    for name, value in told["answers"].items():
        fields[f"q.{name}"] = value if isinstance(value, list) else str(value)
    who.send(f"/observation/enter?form={told['form']}", "/observation/enter", fields, button="Take it in")


DOING: dict[str, Doing] = {"deployment.check_in": _check_in, "observation.submit": _enter}
FOR_OTHERS = {"observation.submit": "coordinator", "deployment.check_in": "coordinator"}
"""Acts that somebody at the desk does for who is at a polling station: from the paper form, on the telephone."""
