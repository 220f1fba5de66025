from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from sqlalchemy import Engine, func, select

from ieom.acts import delegation as acts
from ieom.acts import mission as mission_acts
from ieom.acts import reminders
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder import open_mission, read
from ieom.mail.letters import message_bytes
from ieom.records import audit, members, missions
from ieom.records import correspondence as register
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.delegation import Accreditation, Member
from ieom.records.letters import Letter
from ieom.records.missions import MissionRevision
from ieom.rules.delegation import ITEMS, QUESTIONS
from ieom.rules.timeline import Standing, State
from ieom.settings import ROOT, settings

JULY = datetime(2020, 7, 6, 5, tzinfo=UTC)
DAY = timedelta(days=1)
NO = dict.fromkeys(QUESTIONS, False)
EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
DELEGATION = {row.code: row.model_dump(exclude={"code"}) for row in read(EXAMPLE).delegation}


def do(engine: Engine, mission: str, act: Callable[..., Any], *, at: datetime = JULY, **arguments: Any) -> Any:
    with begin(engine) as session:
        return act(session, mission, **{"by": "coordinator", "at": at, **arguments})


def walk(engine: Engine, mission: str, at: datetime) -> Standing:
    with begin(engine) as session:
        return acts.advance(session, mission, at=at)


def letters(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as session:
        return [(row.kind, row.recipient, row.state) for row in session.scalars(select(Letter).order_by(Letter.id))]


def chain(engine: Engine, mission: str) -> list[str]:
    with reading(engine) as session:
        return [row.act for row in audit.rows(session, mission)]


def nominate(engine: Engine, mission: str, *codes: str, at: datetime = JULY) -> None:
    for code in codes or DELEGATION:
        do(engine, mission, acts.nominate, member=code, at=at, **DELEGATION[code])


def appoint(engine: Engine, mission: str, *codes: str, at: datetime = JULY) -> None:
    for code in codes or DELEGATION:
        do(engine, mission, acts.receive_items, member=code, items=list(ITEMS), at=at)
        do(engine, mission, acts.declare_conflict, member=code, answers=NO, at=at)
        do(engine, mission, acts.appoint, member=code, at=at)


@pytest.fixture
def invited(engine: Engine, mission: str) -> str:
    do(engine, mission, acts.record_invitation)
    return mission


def test_states_are_asked_once_the_invitation_is_in_the_register_each_with_its_own_numbered_note(
    engine: Engine, mission: str
) -> None:
    assert "invitation is not in the register" in walk(engine, mission, JULY).says
    assert letters(engine) == []
    do(engine, mission, acts.record_invitation)
    stands = walk(engine, mission, JULY)
    assert stands.says == "None of the four states asked has answered yet (due 24 July, 18:00)."
    assert stands.until == datetime(2020, 7, 24, 12, tzinfo=UTC)
    assert [(kind, state) for kind, _to, state in letters(engine)] == [("call_for_nominations", "queued")] * 4
    with reading(engine) as session:
        papers = register.of(session, mission)
        calls = members.calls(session, mission)
        assert [row.number for row in papers] == [f"KS20/{n:03}" for n in range(1, 6)]
        assert (papers[0].direction, papers[0].their_number) == ("in", "KZ-MFA/2020/0703")
        assert papers[0].dated == date(2020, 7, 3)
        assert {code: (call.quota, call.note_number) for code, call in calls.items()} == {
            "AZ": (2, "KS20/002"), "KG": (1, "KS20/003"), "TR": (1, "KS20/004"), "UZ": (1, "KS20/005")
        }  # fmt: skip


def test_a_call_is_a_word_document_that_names_the_state_the_quota_and_the_deadline(
    engine: Engine, invited: str
) -> None:
    walk(engine, invited, JULY)
    with reading(engine) as session:
        row = register.for_occasion(session, invited, "call:AZ")
        assert row is not None
        file = settings().state_dir / row.path
        text = "\n".join(paragraph.text for paragraph in Document(str(file)).paragraphs)
        letter = session.scalars(select(Letter).where(Letter.occasion == "call:AZ")).one()
        message = message_bytes(session, letter)
    assert "NOTE VERBALE" in text
    assert "No. KS20/002" in text
    assert "requests the Republic of Azerbaijan to nominate up to 2 observers" in text
    assert "by 24 July 2020, 18:00" in text
    assert b"KS20-002.docx" in message


def test_walking_again_changes_nothing(engine: Engine, invited: str) -> None:
    first = walk(engine, invited, JULY)
    before = chain(engine, invited), letters(engine)
    assert walk(engine, invited, JULY + timedelta(minutes=5)) == first
    assert (chain(engine, invited), letters(engine)) == before
    nominate(engine, invited)
    appoint(engine, invited)
    first = walk(engine, invited, JULY + DAY)
    before = chain(engine, invited), letters(engine)
    assert walk(engine, invited, JULY + DAY) == first
    assert (chain(engine, invited), letters(engine)) == before


def test_from_nomination_to_the_badge_the_stage_says_where_it_stands_until_it_is_done(
    engine: Engine, invited: str
) -> None:
    walk(engine, invited, JULY)
    nominate(engine, invited, "az-1", "az-2", "tr-1", "uz-1")
    stands = walk(engine, invited, JULY)
    assert stands.says == ("Four nominees still owe papers; the Kyrgyz Republic has not answered (due 24 July, 18:00).")
    nominate(engine, invited, "kg-1")
    appoint(engine, invited)
    assert walk(engine, invited, JULY).says == (
        "Five badges of five are still to come; five members were not briefed yet."
    )
    codes = list(DELEGATION)
    do(engine, invited, acts.badge, members=codes, status="issued", at=JULY + DAY)
    do(engine, invited, acts.brief, members=codes, at=JULY + DAY)
    stands = walk(engine, invited, JULY + DAY)
    assert stands.state is State.DONE
    assert stands.says == "Five members appointed, accredited and briefed."


def test_accreditation_is_asked_for_in_one_note_that_lists_everybody_drivers_and_interpreters_too(
    engine: Engine, invited: str
) -> None:
    walk(engine, invited, JULY)
    nominate(engine, invited)
    do(engine, invited, acts.nominate, member="drv-1", role="driver", office="Driver 1", state="KZ")
    appoint(engine, invited, *DELEGATION)
    walk(engine, invited, JULY)
    assert "accreditation_request" not in {kind for kind, *_ in letters(engine)}
    do(engine, invited, acts.receive_items, member="drv-1", items=list(ITEMS))
    do(engine, invited, acts.declare_conflict, member="drv-1", answers={**NO, "national_of_host": True})
    do(engine, invited, acts.appoint, member="drv-1")
    walk(engine, invited, JULY)
    asked = [row for row in letters(engine) if row[0] == "accreditation_request"]
    assert asked == [("accreditation_request", "protocol@mfa-kazakhstan.example", "queued")]
    with reading(engine) as session:
        note = register.for_occasion(session, invited, "accreditation:1")
        assert note is not None
        paper = Document(BytesIO((settings().state_dir / note.path).read_bytes()))
        badges = members.accreditations(session, invited)
    rows = [[cell.text for cell in row.cells] for row in paper.tables[0].rows]
    assert len(rows) == 7
    assert rows[1][1:] == [
        "H.E. Rashad Mammadov",
        "Ambassador Extraordinary and Plenipotentiary of the Republic of Azerbaijan in the Republic of Kazakhstan",
        "head of mission", "Republic of Azerbaijan",
    ]  # fmt: skip
    assert [row[3] for row in rows if row[1] == "Driver 1"] == ["driver"]
    assert {row.status for row in badges.values()} == {"requested"}
    assert {row.note_number for row in badges.values()} == {note.number}


def test_accreditation_waits_for_late_nominees_until_the_papers_are_due(engine: Engine, invited: str) -> None:
    walk(engine, invited, JULY)
    nominate(engine, invited)
    appoint(engine, invited, "az-1", "kg-1")
    due = datetime(2020, 7, 31, 6, tzinfo=UTC)
    assert walk(engine, invited, due - timedelta(minutes=1)).until == due
    assert members_asked(engine) == set()
    walk(engine, invited, due)
    assert members_asked(engine) == {"az-1", "kg-1"}
    appoint(engine, invited, "az-2", "tr-1", "uz-1", at=due + DAY)
    walk(engine, invited, due + DAY)
    assert members_asked(engine) == set(DELEGATION)
    with reading(engine) as session:
        assert register.for_occasion(session, invited, "accreditation:2") is not None


def members_asked(engine: Engine) -> set[str]:
    with reading(engine) as session:
        return set(session.scalars(select(Accreditation.member)))


def test_a_letter_whose_time_passed_waits_for_a_person(engine: Engine, invited: str) -> None:
    walk(engine, invited, JULY + DAY)
    assert {state for *_, state in letters(engine)} == {"late"}


def test_a_member_is_told_at_once_or_a_person_is_asked_first(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "kg-1", "tr-1")
    appoint(engine, invited, "kg-1")
    appoint(engine, invited, "tr-1", at=JULY + 2 * DAY)
    walk(engine, invited, JULY + 2 * DAY)
    told = {to: state for kind, to, state in letters(engine) if kind == "appointment"}
    assert told == {DELEGATION["kg-1"]["email"]: "late", DELEGATION["tr-1"]["email"]: "queued"}


def test_nobody_is_a_member_before_the_file_is_complete(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "kg-1")
    with pytest.raises(Refused, match="still owes: nomination by the member state, personal form"):
        do(engine, invited, acts.appoint, member="kg-1")
    do(engine, invited, acts.receive_items, member="kg-1", items=[item for item in ITEMS if item != "passport_page"])
    with pytest.raises(Refused, match="still owes: passport page"):
        do(engine, invited, acts.appoint, member="kg-1")
    do(engine, invited, acts.waive_item, member="kg-1", item="passport_page", why="a diplomatic card was shown")
    with pytest.raises(Refused, match="has not answered the conflict-of-interest questions"):
        do(engine, invited, acts.appoint, member="kg-1")
    do(engine, invited, acts.declare_conflict, member="kg-1", answers=NO)
    assert do(engine, invited, acts.appoint, member="kg-1").status == "appointed"


def test_a_waiver_needs_a_reason_and_is_never_given_for_the_declaration(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "kg-1")
    with pytest.raises(BadInput, match="needs a reason"):
        do(engine, invited, acts.waive_item, member="kg-1", item="photo", why=" ")
    for item in ("conflict_declaration", "code_of_conduct", "accreditation_form"):
        with pytest.raises(Refused, match="never waived"):
            do(engine, invited, acts.waive_item, member="kg-1", item=item, why="in a hurry")
    do(engine, invited, acts.receive_items, member="kg-1", items=["photo"])
    with pytest.raises(Refused, match="nothing to waive"):
        do(engine, invited, acts.waive_item, member="kg-1", item="photo", why="not needed")


def test_a_conflict_of_interest_bars_the_appointment_until_another_declaration(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "kg-1")
    do(engine, invited, acts.receive_items, member="kg-1", items=list(ITEMS))
    found = do(engine, invited, acts.declare_conflict, member="kg-1", answers={**NO, "nationalities": ["KZ"]})
    assert found == "is a national of the host state"
    with pytest.raises(Refused, match="national of the host state"):
        do(engine, invited, acts.appoint, member="kg-1")
    assert "conflict of interest stands against kg-1" in walk(engine, invited, JULY).says
    with pytest.raises(BadInput, match="employed_by_host is not answered"):
        do(engine, invited, acts.declare_conflict, member="kg-1", answers={"national_of_host": False})
    do(engine, invited, acts.declare_conflict, member="kg-1", answers=NO)
    do(engine, invited, acts.appoint, member="kg-1")


def test_a_quota_is_not_passed_until_one_declines(engine: Engine, invited: str) -> None:
    walk(engine, invited, JULY)
    nominate(engine, invited, "kg-1")
    second = {**DELEGATION["kg-1"], "office": "observer 2"}
    with pytest.raises(
        Refused, match=r"the Kyrgyz Republic may nominate 1, and has; .*on that person's page at the desk"
    ):
        do(engine, invited, acts.nominate, member="kg-2", **second)
    do(engine, invited, acts.nominate, member="kg-3", **{**second, "role": "interpreter"})
    do(engine, invited, acts.leave, member="kg-1", how="declined")
    do(engine, invited, acts.nominate, member="kg-2", **second)
    with pytest.raises(
        Refused, match=r"the Kyrgyz Republic may nominate 1, and has; .*on that person's page at the desk"
    ):
        nominate(engine, invited, "kg-1")


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"state": "KZ"}, Refused, "host state does not send observers"),
        ({"state": "HU"}, BadInput, "'HU' is not among the states asked"),
        ({"role": "watcher"}, BadInput, "'watcher' is no role"),
        ({"office": " "}, BadInput, "needs an office"),
        ({"email": "a@b.example\nBcc: c@d.example"}, BadInput, "line break"),
    ],
)
def test_a_nomination_that_can_t_be_is_refused_whole(
    engine: Engine, invited: str, changed: dict[str, str], error: type[Exception], says: str
) -> None:
    before = chain(engine, invited)
    with pytest.raises(error, match=says):
        do(engine, invited, acts.nominate, member="x-1", **{**DELEGATION["kg-1"], **changed})
    assert chain(engine, invited) == before
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Member)) == 0


def test_the_same_nomination_again_changes_nothing_and_another_person_is_a_conflict(
    engine: Engine, invited: str
) -> None:
    nominate(engine, invited, "kg-1")
    before = chain(engine, invited)
    nominate(engine, invited, "kg-1")
    assert chain(engine, invited) == before
    with pytest.raises(Conflict, match="another person needs another code"):
        do(engine, invited, acts.nominate, member="kg-1", **{**DELEGATION["kg-1"], "office": "someone else"})
    with pytest.raises(Conflict, match="code of an office"):
        do(engine, invited, acts.nominate, member="drafter", **DELEGATION["kg-1"])


def test_one_who_had_declined_can_be_nominated_again_and_is_told_again(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "kg-1")
    walk(engine, invited, JULY)
    do(engine, invited, acts.leave, member="kg-1", how="declined")
    nominate(engine, invited, "kg-1", at=JULY + DAY)
    walk(engine, invited, JULY + DAY)
    kinds = [kind for kind, to, _ in letters(engine) if to == DELEGATION["kg-1"]["email"]]
    assert kinds == ["nomination_received", "nomination_received"]


@pytest.mark.parametrize(
    ("act", "arguments"),
    [
        (acts.nominate, {"member": "kg-1", **DELEGATION["kg-1"]}),
        (acts.receive_items, {"member": "az-1", "items": ["photo"]}),
        (acts.waive_item, {"member": "az-1", "item": "photo", "why": "shown"}),
        (acts.declare_conflict, {"member": "az-1", "answers": NO}),
        (acts.appoint, {"member": "az-2"}),
        (acts.appoint_head, {"member": "tr-1"}),
        (acts.leave, {"member": "az-1", "how": "withdrawn"}),
        (acts.state_declines, {"state": "UZ"}),
        (acts.brief, {"members": ["tr-1"]}),
        (acts.request_accreditation, {"members": ["tr-1"]}),
        (acts.badge, {"members": ["tr-1"], "status": "issued"}),
    ],
)
def test_an_act_with_a_key_happens_once(
    engine: Engine, invited: str, act: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    walk(engine, invited, JULY)
    nominate(engine, invited, "az-1", "az-2", "tr-1")
    do(engine, invited, acts.receive_items, member="az-2", items=list(ITEMS))
    do(engine, invited, acts.declare_conflict, member="az-2", answers=NO)
    appoint(engine, invited, "tr-1")
    if act is acts.badge:
        do(engine, invited, acts.request_accreditation, members=["tr-1"])
    do(engine, invited, act, ref="script:7", **arguments)
    before = chain(engine, invited)
    do(engine, invited, act, ref="script:7", **arguments)
    assert chain(engine, invited) == before
    with reading(engine) as session:
        assert audit.happened(session, invited, "script:7")


def test_what_was_taken_back_is_owed_again_and_nothing_that_stood_on_it_stays(engine: Engine, invited: str) -> None:
    nominate(engine, invited)
    back = {"member": "kg-1", "item": "personal_form"}
    with pytest.raises(Refused, match="neither received nor waived"):
        do(engine, invited, acts.take_back_item, **back, why="slip")
    do(engine, invited, acts.waive_item, member="kg-1", item="photo", why="shown")
    do(engine, invited, acts.take_back_item, member="kg-1", item="photo", why="it was another's")
    with reading(engine) as session:
        assert "photo" in members.files(session, invited)["kg-1"].missing, "a nominee's waiver"
    appoint(engine, invited, "kg-1", "tr-1")
    before = chain(engine, invited)
    with pytest.raises(BadInput, match="why it is taken back"):
        do(engine, invited, acts.take_back_item, **back, why=" ")
    with pytest.raises(Refused, match="enter a new declaration"):
        do(engine, invited, acts.take_back_item, member="kg-1", item="conflict_declaration", why="slip")
    assert chain(engine, invited) == before
    do(engine, invited, acts.take_back_item, **back, why="it was another person's form")
    assert chain(engine, invited) == [*before, "ItemTakenBack"]
    assert "the file of kg-1, who is a member, lacks what was taken back" in walk(engine, invited, JULY).says
    with pytest.raises(Refused, match="what was taken back comes in first"):
        do(engine, invited, acts.request_accreditation, members=["kg-1"])
    do(engine, invited, acts.request_accreditation)
    with reading(engine) as session:
        assert set(members.accreditations(session, invited)) == {"tr-1"}
        owed = [one for one in reminders.owed(session, invited, at=JULY) if one.about == "nominee_items"]
        assert [(one.key, one.facts["missing"]) for one in owed if one.key == "kg-1"] == [("kg-1", ["personal form"])]
    do(engine, invited, acts.receive_items, member="kg-1", items=["personal_form"])
    assert "was taken back" not in walk(engine, invited, JULY).says
    do(engine, invited, acts.request_accreditation, members=["kg-1"])


def test_there_is_one_head_of_mission_who_has_the_head_s_seat(engine: Engine, invited: str) -> None:
    nominate(engine, invited)
    appoint(engine, invited, "kg-1", "tr-1")
    assert "no head of mission is appointed" in walk(engine, invited, JULY).says
    do(engine, invited, acts.appoint_head, member="kg-1")
    with reading(engine) as session:
        seats = {seat.capacity: seat.who for seat in missions.facts(session, invited).approval.seats}
        kinds = list(session.scalars(select(MissionRevision.kind).order_by(MissionRevision.number)))
    assert seats["head_of_mission"] == "kg-1"
    assert kinds == ["opened", "head_appointed"]
    with pytest.raises(Refused, match=r"\(kg-1\) is head of mission"):
        do(engine, invited, acts.appoint_head, member="tr-1")
    do(engine, invited, acts.receive_items, member="az-1", items=list(ITEMS))
    do(engine, invited, acts.declare_conflict, member="az-1", answers=NO)
    before = chain(engine, invited)
    with pytest.raises(
        Refused, match=r"is head of mission already.*is declined, nominate the person anew as an observer"
    ):
        do(engine, invited, acts.appoint, member="az-1")
    second = {"member": "secretariat-1", "role": "head", "office": "Secretariat, ambassador at large"}
    with pytest.raises(
        Refused, match=r"\(kg-1\) is head of mission already.*replace the head on the page of the mission's"
    ):
        do(engine, invited, acts.nominate, **second)
    assert chain(engine, invited) == before, "nothing was changed"
    with pytest.raises(Refused, match="another head is appointed first"):
        do(engine, invited, acts.leave, member="kg-1", how="withdrawn")


def test_the_head_whom_the_rule_names_changes_no_fact(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "az-1")
    appoint(engine, invited, "az-1")
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(MissionRevision)) == 1


def test_a_badge_moves_from_asked_to_issued_to_collected_to_returned(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "kg-1", "tr-1")
    appoint(engine, invited, "kg-1", "tr-1")
    with pytest.raises(Refused, match="was not asked for"):
        do(engine, invited, acts.badge, members=["kg-1"], status="issued")
    do(engine, invited, acts.request_accreditation)
    with pytest.raises(Refused, match="it is requested and can't be collected now"):
        do(engine, invited, acts.badge, members=["kg-1", "tr-1"], status="collected")
    with pytest.raises(BadInput, match="belongs to one person"):
        do(engine, invited, acts.badge, members=["kg-1", "tr-1"], status="issued", number="IO-1")
    do(engine, invited, acts.badge, members=["kg-1"], status="issued", number="IO-101")
    walk(engine, invited, JULY)
    assert ("badge_issued", DELEGATION["kg-1"]["email"], "queued") in letters(engine)
    do(engine, invited, acts.badge, members=["kg-1"], status="collected")
    do(engine, invited, acts.badge, members=["kg-1"], status="returned")
    with reading(engine) as session:
        row = members.accreditations(session, invited)["kg-1"]
    assert (row.status, row.badge) == ("returned", "IO-101")


def test_a_refusal_has_its_reason_and_accreditation_can_be_asked_for_again(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "kg-1")
    appoint(engine, invited, "kg-1")
    first = do(engine, invited, acts.request_accreditation)
    with pytest.raises(BadInput, match="what reason"):
        do(engine, invited, acts.badge, members=["kg-1"], status="refused")
    do(engine, invited, acts.badge, members=["kg-1"], status="refused", why="the form was unsigned")
    assert "accreditation was refused to kg-1" in walk(engine, invited, JULY).says
    second = do(engine, invited, acts.request_accreditation, members=["kg-1"])
    assert second.number != first.number
    with pytest.raises(Refused, match="'kg-1' is requested"):
        do(engine, invited, acts.request_accreditation, members=["kg-1"])


def test_only_members_are_briefed_and_all_or_none(engine: Engine, invited: str) -> None:
    nominate(engine, invited, "kg-1", "tr-1")
    appoint(engine, invited, "kg-1")
    with pytest.raises(Refused, match="'tr-1' is nominated"):
        do(engine, invited, acts.brief, members=["kg-1", "tr-1"])
    with reading(engine) as session:
        assert session.get_one(Member, (invited, "kg-1")).briefed_at is None
    with pytest.raises(NotFound, match="nobody with the code 'xx-1'"):
        do(engine, invited, acts.brief, members=["xx-1"])


def test_a_state_declines_and_is_waited_for_no_longer(engine: Engine, invited: str) -> None:
    with pytest.raises(NotFound, match="has not been asked"):
        do(engine, invited, acts.state_declines, state="UZ")
    walk(engine, invited, JULY)
    do(engine, invited, acts.state_declines, state="UZ")
    assert "Three of the four states asked have not answered" in walk(engine, invited, JULY).says
    nominate(engine, invited, "kg-1")
    with pytest.raises(Refused, match="has nominated kg-1"):
        do(engine, invited, acts.state_declines, state="KG")
    nominate(engine, invited, "uz-1")
    with reading(engine) as session:
        assert members.calls(session, invited)["UZ"].status == "answered"


HUNGARY = "embassy@hungary.example"
JOINING = {"state": "HU", "quota": 2, "contact_office": "Embassy of Hungary", "contact_email": HUNGARY}


def test_a_state_that_joins_is_asked_with_a_deadline_that_has_not_passed(engine: Engine, invited: str) -> None:
    walk(engine, invited, JULY)
    late = datetime(2020, 7, 28, 6, tzinfo=UTC)
    do(engine, invited, mission_acts.state_joins, at=late, reason="it wrote", **JOINING, decides="hu-1")
    walk(engine, invited, late)
    walk(engine, invited, late)
    with reading(engine) as session:
        call = members.calls(session, invited)["HU"]
    assert (call.quota, call.due_at) == (2, late + 3 * DAY)
    assert [state for kind, to, state in letters(engine) if to == HUNGARY] == ["queued"]


def test_a_state_that_withdrew_may_not_nominate_and_is_asked_again_when_it_comes_back(
    engine: Engine, invited: str
) -> None:
    walk(engine, invited, JULY)
    do(engine, invited, mission_acts.state_withdraws, state="UZ", reason="it wrote", at=JULY + DAY)
    with pytest.raises(Refused, match="UZ withdrew from the mission"):
        nominate(engine, invited, "uz-1")
    back = {"state": "UZ", "quota": 1, "contact_office": "Embassy", "contact_email": "embassy@uzbekistan.example"}
    do(engine, invited, mission_acts.state_joins, at=JULY + 2 * DAY, reason="again", **back, decides="uz-1")
    walk(engine, invited, JULY + 2 * DAY)
    walk(engine, invited, JULY + 2 * DAY)
    sent = [kind for kind, to, _ in letters(engine) if to == "embassy@uzbekistan.example"]
    assert sent == ["call_for_nominations", "call_for_nominations"]


@pytest.fixture
def later(engine: Engine) -> Iterator[str]:
    """The example mission, entering the system at observation."""
    folder = read(EXAMPLE)
    with begin(engine) as session:
        open_mission(session, folder, by="coordinator", at=JULY, stage="observation")
    return folder.facts.slug


def test_a_mission_that_enters_later_owes_nothing_here_and_may_record_who_is_there(engine: Engine, later: str) -> None:
    stands = walk(engine, later, JULY)
    assert (stands.state, stands.until) == (State.DONE, None)
    nominate(engine, later)
    do(engine, later, acts.appoint, member="az-1")
    do(engine, later, acts.badge, members=["az-1"], status="issued", number="IO-1")
    assert walk(engine, later, JULY).done
    assert letters(engine) == []


def test_a_mission_without_an_office_of_the_inviting_body_says_so_and_holds_nothing_back(
    engine: Engine, invited: str
) -> None:
    nominate(engine, invited)
    appoint(engine, invited)
    with begin(engine) as session:
        facts = missions.facts(session, invited)
        offices = tuple(office for office in facts.offices if office.body != "kz-mfa")
        new = facts.model_copy(update={"offices": offices})
        missions.revise(session, invited, new, by="coordinator", at=JULY, kind="corrected", reason="")
    assert "names no office of the inviting body" in walk(engine, invited, JULY).says
    with pytest.raises(BadInput, match="names no office with body 'kz-mfa'"):
        do(engine, invited, acts.request_accreditation)


def test_no_row_of_the_chain_holds_a_name_an_address_or_free_text(engine: Engine, invited: str) -> None:
    nominate(engine, invited)
    do(engine, invited, acts.waive_item, member="tr-1", item="photo", why="WHYTEXT")
    do(engine, invited, acts.declare_conflict, member="tr-1", answers={**NO, "detail": "DETAILTEXT"})
    appoint(engine, invited, "az-1")
    walk(engine, invited, JULY)
    do(engine, invited, acts.request_accreditation)
    with reading(engine) as session:
        rows = " ".join(f"{row.by} {row.what}" for row in session.scalars(select(AuditRow)))
    assert "az-1" in rows
    for personal in ("Mammadov", "Rashad", "@", "WHYTEXT", "DETAILTEXT", "Embassy", "Excellency"):
        assert personal not in rows
