"""Contacts outlive missions: taken in, selected, left; suppressed until a person lifts it; forgotten for good."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import EXAMPLE, open_example
from releases import FACTS
from sqlalchemy import Engine, event, func, select

from ieom.acts import contacts as acts
from ieom.acts import lists as mission_lists
from ieom.acts import media as suppression_acts
from ieom.acts.audit import faults as audit_faults
from ieom.errors import BadInput, Conflict, Faults, NotFound, Refused
from ieom.folder import open_mission, read
from ieom.folder.contacts import Read, read_contacts, written
from ieom.mail.letters import Recipient, queue
from ieom.records import audit, contact_acts, letters, media, suppressions
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.contact_acts import ContactAct
from ieom.records.media import MediaContact, MediaListEntry, MissionMedia
from ieom.rules.contacts import Given, Plan, Wanted

NOW = datetime(2020, 7, 20, 8, 0, tzinfo=UTC)
WIRE = "desk@kazakh-wire.example"


def do(engine: Engine, act, **words):
    with begin(engine) as session:
        return act(session, by="press-officer", at=NOW, **words)


def given(email: str, number: int = 2, **values: object) -> Given:
    return Given(number, email, {"outlet": "An outlet", **values})


def take(engine: Engine, *rows: Given, **words) -> Plan:
    return do(engine, acts.take_in, given=rows, **words)


def select_(engine: Engine, mission: str, wanted: Wanted, **words):
    with begin(engine) as session:
        return mission_lists.select_media(session, mission, by="press-officer", at=NOW, wanted=wanted, **words)


def test_an_import_is_what_its_preview_said_or_nothing(either: Engine) -> None:
    open_example(either)
    do(either, acts.make_list, code="wires", title="News agencies")
    rows = [
        given(WIRE.upper(), name="Editor"),
        given("new@bücher.example", 3),
        given("new@xn--bcher-kva.example", 4, country="AT"),
    ]
    with reading(either) as session:
        seen = acts.preview(session, Read(rows, [], []), file="a.csv", onto=["wires"])
    assert (seen.counts["new"], seen.counts["changed"]) == (1, 1)
    take(either, *rows, onto=["wires"], expected=seen.digest)
    with reading(either) as session:
        known = media.known(session)
        assert known[WIRE].email == WIRE, "the address stays as it was written"
        assert (known[WIRE].values["name"], known[WIRE].values["kind"]) == ("Editor", "wire")
        assert known["new@xn--bcher-kva.example"].values["country"] == "AT"
        assert known[WIRE].lists == {"wires"}
        assert session.scalar(select(func.count()).select_from(MediaListEntry)) == 2
    with pytest.raises(Conflict, match="have changed since you looked"):
        take(either, *rows, onto=["wires"], expected=seen.digest)
    assert take(either, *rows).counts["unchanged"] == 2


def test_a_row_that_can_t_be_taken_keeps_all_out_and_everything_wrong_is_said(
    engine: Engine, mission: str, tmp_path: Path
) -> None:
    table = tmp_path / "a.csv"
    table.write_text("email,outlet,lists\nno address,A,\nnew@b.example,,\ngood@b.example,B,nowhere\n")
    found = read_contacts(table)
    with reading(engine) as session, pytest.raises(Faults) as wrong:
        acts.preview(session, found, file="a.csv")
    assert [(fault.row, fault.column) for fault in wrong.value.faults] == [(2, "email"), (3, "outlet"), (4, "lists")]
    with pytest.raises(BadInput):
        take(engine, *found.given)
    with reading(engine) as session:
        assert media.by_email(session, "good@b.example") is None


def test_an_export_taken_in_again_changes_nothing(engine: Engine, mission: str, tmp_path: Path) -> None:
    do(engine, acts.make_list, code="wires", title="News agencies")
    do(engine, acts.put_on, code="wires", emails=[WIRE])
    with reading(engine) as session:
        raw = written((one.email, one.values, one.lists) for one in media.known(session).values())
    table = tmp_path / "out.csv"
    table.write_bytes(raw)
    found = read_contacts(table)
    assert found.faults == []
    with reading(engine) as session:
        assert acts.preview(session, found, file="out.csv").counts == {"unchanged": 24}


def test_twenty_thousand_contacts_are_taken_in_by_a_few_statements(engine: Engine, mission: str) -> None:
    rows = [given(f"desk{n}@outlet{n}.example", n) for n in range(20_000)]
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert take(engine, *rows).counts["new"] == 20_000
    assert len(statements) < 60  # 20,000 rows go by insertmanyvalues or executemany
    select_(engine, mission, Wanted())
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(MissionMedia)) == 20_024


def test_no_import_and_no_opened_folder_ends_a_suppression(either: Engine, tmp_path: Path) -> None:
    first = open_example(either)
    do(either, suppression_acts.suppress, email="Desk@Kazakh-wire.example", why="asked by telephone")
    take(either, given(WIRE, consent="asked", consent_on=date(2020, 7, 1)))
    folder = shutil.copytree(EXAMPLE, tmp_path / "again")
    text = (folder / "mission.toml").read_text("utf-8")
    (folder / "mission.toml").write_text(text.replace(f'slug = "{first}"', 'slug = "again"', 1), "utf-8")
    with begin(either) as session:
        open_mission(session, read(folder), by="coordinator", at=NOW)
    for slug in (first, "again"):
        select_(either, slug, Wanted(kinds=("wire",)))
        with begin(either) as session:
            letter = queue(
                session, slug, kind="release", occasion="release:1", to=Recipient(WIRE, "Desk"), at=NOW,
                facts=FACTS,
            )  # fmt: skip
            assert letter is None
    with reading(either) as session:
        assert mission_lists.selection(session, "again", Wanted(kinds=("wire",))).suppressed == {WIRE: "by_hand"}


def test_a_folder_does_not_empty_what_we_know_of_a_contact(engine: Engine, tmp_path: Path) -> None:
    take(engine, given(WIRE, name="Duty editor", language="kk", consent="contract", consent_on=date(2020, 1, 1)))
    open_example(engine)
    with reading(engine) as session:
        values = media.known(session)[WIRE].values
        assert (values["name"], values["language"], values["kind"]) == ("Duty editor", "en", "wire")
        assert (values["consent"], values["consent_on"]) == ("asked", date(2020, 2, 3))


def test_only_a_person_lifts_a_suppression_and_the_reader_s_own_only_by_the_reader_s_wish(
    engine: Engine, mission: str
) -> None:
    do(engine, suppression_acts.suppress, email=WIRE, why="the address bounced for weeks")
    with pytest.raises(Refused, match="nothing goes to"):
        do(engine, suppression_acts.suppress, email=WIRE, why="again")
    with pytest.raises(BadInput, match="say why"):
        do(engine, suppression_acts.lift, email=WIRE, why=" ")
    do(engine, suppression_acts.lift, email=WIRE.upper(), why="its postmaster mended it")
    with reading(engine) as session:
        assert media.suppressed(session) == set()
        row = session.get_one(media.Suppression, WIRE)
        assert (row.lifted_by, row.lifted_why) == ("press-officer", "its postmaster mended it")
    with begin(engine) as session:
        contact = media.by_email(session, WIRE)
        assert contact is not None
        suppression_acts.unsubscribe_by_token(session, token=contact.token, at=NOW)
    with pytest.raises(Refused, match="only the reader's own written wish"):
        do(engine, suppression_acts.lift, email=WIRE, why="we like them")
    with pytest.raises(BadInput, match="from 2020-07-20 to 2020-07-20"):
        do(engine, suppression_acts.lift, email=WIRE, why="wrote", asked_on=date(2020, 7, 19))
    do(engine, suppression_acts.lift, email=WIRE, why="wrote to us", asked_on=NOW.date())
    with reading(engine) as session:
        assert suppressions.standing(session, WIRE) is None
        assert media.known(session)[WIRE].values["consent"] == "asked"
    with pytest.raises(NotFound, match="not suppressed"):
        do(engine, suppression_acts.lift, email=WIRE, why="again")


def test_whoever_is_forgotten_is_known_by_nothing_but_that_nobody_writes(either: Engine, tmp_path: Path) -> None:
    mission = open_example(either)
    do(either, acts.make_list, code="wires", title="News agencies")
    do(either, acts.put_on, code="wires", emails=[WIRE])
    do(either, suppression_acts.suppress, email=WIRE, why="Mr Somebody asked on the telephone")
    do(either, suppression_acts.forget, email=WIRE)
    with reading(either) as session:
        assert media.by_email(session, WIRE) is None
        assert WIRE not in {one.email for one in media.of(session, mission)}
        row = suppressions.standing(session, WIRE)
        assert row is not None
        assert (row.why, row.detail) == ("forgotten", "")
        assert audit.head(session, mission).act == "LettersTakenBack"
    found = take(either, given(WIRE, name="Mr Somebody"), onto=["wires"])
    assert found.counts == {"forgotten": 1}
    with reading(either) as session:
        assert media.by_email(session, WIRE) is None
    with pytest.raises(NotFound):
        do(either, suppression_acts.forget, email=WIRE)


def test_a_contact_that_leaves_is_on_no_list_and_its_history_stays(engine: Engine, mission: str) -> None:
    do(engine, acts.make_list, code="wires", title="News agencies")
    do(engine, acts.put_on, code="wires", emails=[WIRE])
    with begin(engine) as session:
        queue(
            session, mission, kind="release", occasion="release:1", to=Recipient(WIRE, "Desk"), at=NOW,
            facts=FACTS,
        )  # fmt: skip
    assert do(engine, acts.leave, email=WIRE) == [mission]
    assert do(engine, acts.leave, email=WIRE) == []
    with reading(engine) as session:
        assert WIRE not in {one.email for one in media.of(session, mission)}
        assert [(one.mission, one.state) for one in letters.received(session, WIRE)] == [(mission, "queued")]
        assert WIRE not in mission_lists.selection(session, mission, Wanted()).selected
    take(engine, given(WIRE))
    with reading(engine) as session:
        assert WIRE in mission_lists.selection(session, mission, Wanted()).selected


def test_what_each_outlet_received_is_told_over_all_missions(either: Engine) -> None:
    first = open_example(either)
    with begin(either) as session:
        for number, state in enumerate(("sent", "in_doubt", "bounced", "cancelled"), start=1):
            letter = queue(
                session, first, kind="release", occasion=f"release:{number}", to=Recipient(WIRE, "Desk"), at=NOW,
                facts=FACTS,
            )  # fmt: skip
            assert letter is not None
            letter.state = state
    with reading(either) as session:
        assert letters.received_by_all(session) == {WIRE: letters.Received(2, 1, NOW)}


def test_a_selection_says_who_comes_goes_and_must_not_be_written_to(engine: Engine, mission: str) -> None:
    do(engine, acts.make_list, code="wires", title="News agencies")
    do(engine, acts.put_on, code="wires", emails=[WIRE])
    take(engine, given("new@outlet.example", 3), onto=["wires"])
    do(engine, suppression_acts.suppress, email="new@outlet.example", why="asked")
    with reading(engine) as session:
        seen = mission_lists.selection(session, mission, Wanted(lists=("wires",)))
    assert (seen.selected, seen.added, len(seen.removed)) == ((WIRE, "new@outlet.example"), ("new@outlet.example",), 23)
    assert (seen.suppressed, seen.without_consent) == ({"new@outlet.example": "by_hand"}, ("new@outlet.example",))
    take(engine, given("other@outlet.example"), onto=["wires"])
    with pytest.raises(Conflict, match="look again"):
        select_(engine, mission, Wanted(lists=("wires",)), expected=seen)
    select_(engine, mission, Wanted(lists=("wires",), with_consent=True))
    with reading(engine) as session:
        assert [one.email for one in media.of(session, mission)] == [WIRE]
        head = audit.head(session, mission)
        assert head is not None
        assert {**head.what, "contacts": ""} == {"selected": 1, "added": 0, "removed": 23, "contacts": ""}
    kept = select_(engine, mission, Wanted(lists=("wires",)), keep=True)
    assert (len(kept.added), kept.removed) == (2, ())
    with pytest.raises(BadInput, match="nobody"):
        select_(engine, mission, Wanted(countries=("FR",)))
    with pytest.raises(NotFound, match="there are wires"):
        select_(engine, mission, Wanted(lists=("wire",)))


def test_a_change_is_checked_and_an_old_day_of_consent_does_not_stand_for_a_new_one(
    engine: Engine, mission: str
) -> None:
    changes = do(
        engine, acts.change, email=WIRE, values={"country": "Turkey", "kind": "tv", "consent": "public", "name": ""}
    )
    assert {one.column: one.new for one in changes} == {
        "country": "TR", "kind": "broadcast", "consent": "public", "consent_on": None,
    }  # fmt: skip
    for wrong in ({"kind": "x"}, {"outlet": ""}, {"consent": "", "consent_on": "2020-01-01"}, {"name": "a\nb"}):
        with pytest.raises(BadInput):
            do(engine, acts.change, email=WIRE, values=wrong)


def test_lists_have_one_code_and_title_and_strangers_don_t_come_on_them(engine: Engine, mission: str) -> None:
    do(engine, acts.make_list, code="wires", title="News agencies")
    for code, title in (("wires", "Other"), ("other", "news agencies"), ("news", "Wires")):
        with pytest.raises(Conflict):
            do(engine, acts.make_list, code=code, title=title)
    for code, title in (("Wires!", "A"), ("", "A"), ("a", " "), ("b", "one, two")):
        with pytest.raises(BadInput):
            do(engine, acts.make_list, code=code, title=title)
    with pytest.raises(NotFound, match=r"nobody@x\.example, other@x\.example"):
        do(engine, acts.put_on, code="wires", emails=[WIRE, "nobody@x.example", "other@x.example"])
    assert do(engine, acts.put_on, code="wires", emails=[WIRE, WIRE.upper()]) == 1
    assert do(engine, acts.take_off, code="wires", emails=[WIRE]) == 1
    assert do(engine, acts.take_off, code="wires", emails=[WIRE]) == 0


def test_an_act_on_contacts_happens_once_under_its_key(engine: Engine, mission: str) -> None:
    for _ in range(2):
        do(engine, acts.make_list, code="wires", title="News agencies", ref="a")
        do(engine, acts.put_on, code="wires", emails=[WIRE], ref="b")
        take(engine, given("new@outlet.example"), ref="c")
        do(engine, acts.change, email=WIRE, values={"name": "Editor"}, ref="d")
        do(engine, suppression_acts.suppress, email=WIRE, why="w", ref="e")
    with reading(engine) as session:
        assert [one.ref for one in contact_acts.links(session)] == [None, "a", "b", "c", "d", "e"]


def test_the_chain_of_contacts_is_bound_and_a_mission_s_chain_bears_witness_to_it(engine: Engine, mission: str) -> None:
    do(engine, acts.make_list, code="wires", title="News agencies")
    do(engine, acts.put_on, code="wires", emails=[WIRE])
    select_(engine, mission, Wanted(lists=("wires",)))
    with reading(engine) as session:
        assert audit_faults(session, mission) == []
        told = [str(what) for what in session.scalars(select(ContactAct.what))]
        told += [str(what) for what in session.scalars(select(AuditRow.what))]
        assert not [one for one in told if "@" in one], "no address stands in a chain"
    with pytest.raises(Exception, match="never changed"), begin(engine) as session:
        session.delete(session.get_one(ContactAct, 3))
        session.flush()
    with engine.begin() as connection:  # by a hand that can do everything: the newest act is cut off
        connection.exec_driver_sql("DROP TRIGGER contact_acts_no_delete")
        connection.exec_driver_sql("DELETE FROM contact_acts WHERE seq = 3")
    with reading(engine) as session:
        (wrong,) = audit_faults(session, mission)
    assert "contacts: no row has the hash" in wrong


def test_rows_of_media_csv_that_are_one_mailbox_are_one_contact(engine: Engine, tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLE, tmp_path / "again")
    with (folder / "media.csv").open("a", encoding="utf-8") as file:
        file.write("desk@bücher.example,One,,,hu,HU,print,,,\n")
        file.write("desk@xn--bcher-kva.example,Two,,,hu,HU,print,public,,\n")
    with begin(engine) as session:
        open_mission(session, read(folder), by="coordinator", at=NOW)
        rows = session.scalars(select(MediaContact).where(MediaContact.key == "desk@xn--bcher-kva.example")).all()
    assert [(one.outlet, one.consent) for one in rows] == [("One", "public")]
