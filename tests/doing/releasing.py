"""The evening: the statement, decisions recorded for who telephoned, the release."""

from __future__ import annotations

from doing.person import Doing, Person

from desk.rehearsal import ScriptedAct


def _attest(who: Person, act: ScriptedAct) -> None:
    who.send("/statement", "/statement/attest", claim=act.arguments["claim"])


def _edit(who: Person, act: ScriptedAct) -> None:
    told = act.arguments
    who.send(
        f"/statement?edit={told['paragraph']}",
        "/statement/edit",
        {"text": told["text"], "why": told["why"]},
        paragraph=told["paragraph"],
    )


def _override(who: Person, act: ScriptedAct) -> None:
    who.send("/statement", "/statement/override", {"why": act.arguments["why"]})


def _ready(who: Person, act: ScriptedAct) -> None:
    who.send("/statement", "/statement/ready")


def _record(who: Person, act: ScriptedAct) -> None:
    who.send("/approval", "/approval/record", act.arguments)


def _confirm(who: Person, act: ScriptedAct) -> None:
    who.send("/approval", "/approval/confirm", who=act.arguments["who"])


def _prepare(who: Person, act: ScriptedAct) -> None:
    who.send("/release", "/release/prepare")


def _go(who: Person, act: ScriptedAct) -> None:
    who.send("/release", "/release/1/go")


DOING: dict[str, Doing] = {
    "drafting.attest": _attest,
    "drafting.edit": _edit,
    "drafting.override": _override,
    "drafting.ready": _ready,
    "approval.record_decision": _record,
    "approval.confirm_decision": _confirm,
    "distribution.prepare": _prepare,
    "distribution.go": _go,
}
