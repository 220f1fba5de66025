from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ieom.rules.assembly import Asked, Assembly, Person, standing
from ieom.rules.timeline import State

AT = datetime(2020, 7, 20, 6, tzinfo=UTC)
DUE = datetime(2020, 7, 24, 12, tzinfo=UTC)
PAPERS = datetime(2020, 7, 31, 6, tzinfo=UTC)
OPENS = datetime(2020, 8, 12, 4, tzinfo=UTC)
MEMBER = Person("az-1", "appointed", badge="collected", briefed=True)
NOTHING = Assembly([], [], False, "kz-mfa-protocol", PAPERS, OPENS, "Asia/Almaty")


def asked(code: str, name: str, status: str = "asked", due: datetime = DUE) -> Asked:
    return Asked(code, name, status, due)


def test_without_the_invitation_nothing_is_asked_and_the_coordinator_is_waited_for() -> None:
    stands = standing(replace(NOTHING, invited=False), at=AT)
    assert stands.says == "The invitation is not in the register yet."
    assert stands.waits_for == ("coordinator",)


def test_who_owes_papers_and_who_has_not_answered_is_said_in_one_sentence() -> None:
    people = [Person(f"az-{n}", "nominated", ("photo",)) for n in (1, 2, 3)]
    calls = [asked("AZ", "the Republic of Azerbaijan", "answered"), asked("KG", "the Kyrgyz Republic")]
    stands = standing(replace(NOTHING, people=people, calls=calls), at=AT)
    assert stands.state is State.WAITING
    assert stands.says == (
        "Three nominees still owe papers; the Kyrgyz Republic has not answered (due 24 July, 18:00)."
    )
    assert stands.until == DUE
    assert stands.waits_for == ("az-1", "az-2", "az-3", "state-kg")


def test_many_silent_states_are_counted() -> None:
    calls = [asked(code, code) for code in ("AZ", "KG", "TR", "UZ")]
    assert standing(replace(NOTHING, calls=calls), at=AT).says == (
        "None of the four states asked has answered yet (due 24 July, 18:00)."
    )
    calls[0] = asked("AZ", "AZ", "answered")
    assert standing(replace(NOTHING, calls=calls), at=AT).says.startswith("Three of the four states asked have not")


def test_states_that_did_not_answer_in_time_are_named_as_in_a_sentence() -> None:
    calls = [asked(code, code) for code in ("AZ", "KG", "TR")]
    late = standing(replace(NOTHING, calls=calls), at=DUE + timedelta(days=1))
    assert late.says == "AZ, KG and TR did not answer in time."


def test_the_stage_is_done_when_a_head_is_there_and_every_member_has_a_badge_and_was_briefed() -> None:
    whole = replace(NOTHING, people=[MEMBER, Person("kg-1", "appointed", badge="issued", briefed=True)], head=True)
    assert standing(whole, at=AT).done
    assert standing(whole, at=AT).says == "Two members appointed, accredited and briefed."
    for spoilt in (
        replace(whole, head=False),
        replace(whole, people=[replace(MEMBER, briefed=False)]),
        replace(whole, people=[replace(MEMBER, badge="requested")]),
        replace(whole, people=[replace(MEMBER, badge="refused")]),
        replace(whole, people=[replace(MEMBER, badge="")]),
        replace(whole, people=[replace(MEMBER, conflict=True)]),
        replace(whole, people=[MEMBER, Person("tr-1", "nominated")]),
        replace(whole, calls=[asked("TR", "the Republic of Turkey")]),
        replace(whole, people=[]),
    ):
        assert not standing(spoilt, at=AT).done


def test_a_state_that_let_its_deadline_pass_is_told_of_and_waited_for_no_longer() -> None:
    calls = [asked("TR", "the Republic of Turkey")]
    stands = standing(replace(NOTHING, people=[MEMBER], calls=calls, head=True), at=DUE + timedelta(minutes=1))
    assert stands.done
    assert stands.says.endswith("; the Republic of Turkey did not answer.")


def test_a_nominee_nobody_decided_on_holds_nothing_once_the_polls_have_opened() -> None:
    seen = replace(NOTHING, people=[MEMBER, Person("tr-1", "nominated", ("photo",))], head=True)
    assert not standing(seen, at=OPENS - timedelta(minutes=1)).done
    assert standing(seen, at=OPENS).done


def test_accreditation_still_to_be_asked_for_brings_the_stage_on_by_time_alone() -> None:
    seen = replace(NOTHING, people=[replace(MEMBER, badge="")], head=True)
    assert standing(seen, at=AT).until == PAPERS
    assert standing(replace(seen, authority=""), at=AT).until is None
    assert "names no office of the inviting body" in standing(replace(seen, authority=""), at=AT).says


def test_a_refusal_and_a_conflict_after_the_appointment_are_shown_by_code() -> None:
    people = [replace(MEMBER, badge="refused"), replace(MEMBER, code="kg-1", conflict=True)]
    says = standing(replace(NOTHING, people=people, head=True), at=AT).says
    assert "accreditation was refused to az-1" in says
    assert "onflict of interest stands against kg-1" in says
