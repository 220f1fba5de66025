"""The paper behind a form: filed with it by its hash, handed out as a file to who may see handwriting, never as a page."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from desks import Desk
from evening import SLUG
from forms import ENTER, OBSERVATION, TYPED
from pictured import GPS, jpeg, png
from sqlalchemy import Engine, select

from ieom.acts import form_scans
from ieom.records import missions
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.submissions import by_instance
from ieom.rules.pictures import bare
from ieom.settings import settings

SCANS = f"{OBSERVATION}/scans"
FORM = f"{OBSERVATION}/forms/paper:typed"
PDF = b"%PDF-1.4\n%%EOF\n"


def chosen(*files: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("scan", (name, data, "image/jpeg")) for name, data in files]


def filed(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act == "FormScanFiled").order_by(AuditRow.seq))
        return [(row.what["instance"], row.what["sha256"], row.what["kind"]) for row in rows]


def test_a_photograph_goes_with_a_paper_form_and_comes_back_as_a_file(desk_asked: Desk, asked: Engine) -> None:
    photo, kept = jpeg(turned=6), bare(jpeg(turned=6))
    digest = hashlib.sha256(kept).hexdigest()
    page = desk_asked.coordinator.post(ENTER, TYPED, files=chosen(("IMG_1.JPG", photo), ("page 2.pdf", PDF))).text
    assert "is taken." in page
    assert digest in page
    assert f'href="{SCANS}/{digest}" download' in page
    assert filed(asked) == [("paper:typed", digest, "jpg"), ("paper:typed", hashlib.sha256(PDF).hexdigest(), "pdf")]
    answer = desk_asked.auditor.get(f"{SCANS}/{digest}")
    assert answer.content == kept
    assert GPS not in answer.content
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (settings().state_dir / "papers" / SLUG / "forms" / f"{digest}.jpg").stat().st_mode & 0o077 == 0
    desk_asked.coordinator.post(SCANS, {"form": "paper:typed"}, files=chosen(("again.jpg", photo)))
    assert len(filed(asked)) == 2
    said = desk_asked.drafter.post(
        SCANS, {"form": "paper:typed"}, files=chosen(("bad.png", b"hello"), ("third.png", png()))
    ).text
    assert "Not filed, mend and send again: bad.png is not" in said, "the good one beside it is filed"
    assert "The scan is filed with the form." in said
    assert [kind for _form, _hash, kind in filed(asked)] == ["jpg", "pdf", "png"]


def test_handwriting_is_not_for_everybody(desk_asked: Desk, asked: Engine) -> None:
    desk_asked.coordinator.post(ENTER, TYPED, files=chosen(("a.jpg", jpeg())))
    digest = filed(asked)[0][1]
    for role, status in (("head_of_mission", 200), ("drafter", 200), ("approver", 403), ("press_officer", 403),
                         ("delegation_member", 403), ("administrator", 403)):  # fmt: skip
        assert getattr(desk_asked, role).get(f"{SCANS}/{digest}").status_code == status, role
        if role != "administrator":
            assert (digest in getattr(desk_asked, role).get(FORM).text) == (status == 200), role
    stranger = desk_asked.stranger.get(f"{SCANS}/{digest}", follow_redirects=False)
    assert (stranger.status_code, GPS in stranger.content) == (303, False)
    refused = desk_asked.auditor.post(SCANS, {"form": "paper:typed"}, files=chosen(("a.png", png())))
    assert refused.status_code == 403
    assert desk_asked.auditor.get(f"{SCANS}/{'0' * 64}").status_code == 404


@pytest.mark.parametrize(("name", "data", "says"), [
    ("page.pdf", b"<html><script>alert(1)</script></html>", "page.pdf is not"),
    ("cut.jpg", jpeg()[:60], "cut.jpg: the picture is cut off"),
    ("empty.png", b"", "empty.png is empty"),
    ("big.pdf", PDF + bytes(10_000_000), "larger than 10 MB"),
    ("sheet.zip", b"PK\x03\x04nothing", "sheet.zip is not"),
])  # fmt: skip
def test_what_is_no_photograph_is_said_and_everything_typed_stays(
    desk_asked: Desk, asked: Engine, name: str, data: bytes, says: str
) -> None:
    wrong = desk_asked.coordinator.post(ENTER, TYPED, files=chosen((name, data)))
    assert wrong.status_code == 422
    assert says in wrong.text
    assert 'name="q.received" type="text" inputmode="numeric" autocomplete="off" value="25"' in wrong.text
    assert "Choose it once more" in wrong.text
    assert filed(asked) == []
    with reading(asked) as session:
        assert by_instance(session, SLUG, "paper:typed") is None


def test_a_scan_whose_file_was_changed_is_not_handed_out(desk_asked: Desk, asked: Engine) -> None:
    desk_asked.coordinator.post(ENTER, TYPED, files=chosen(("a.jpg", jpeg())))
    digest = filed(asked)[0][1]
    Path(settings().state_dir / "papers" / SLUG / "forms" / f"{digest}.jpg").write_bytes(png())
    answer = desk_asked.coordinator.get(f"{SCANS}/{digest}")
    assert answer.status_code == 409
    assert "is not the one filed" in answer.text


def test_what_was_chosen_is_asked_for_again_after_a_check_and_never_kept(desk_asked: Desk) -> None:
    checked = desk_asked.coordinator.post(f"{ENTER}/checks", TYPED, files=chosen(("a.jpg", jpeg())))
    assert checked.status_code == 200
    assert "scan" not in desk_asked.coordinator.get(f"{ENTER}?form=counting").text.split("What you typed")[0]


def test_on_both_databases_a_form_s_scans_are_its_own(either: Engine) -> None:
    from conftest import open_example

    from ieom.acts import observation

    open_example(either)
    with begin(either) as session:
        at = missions.now(session, SLUG)
        for number in ("1", "2"):
            document = {"instance_id": f"paper:{number}", "form": "voting", "team": "team-2", "station": "ns-1",
                        "answers": {"comment": number}}  # fmt: skip
            observation.submit(session, SLUG, by="coordinator", at=at, document=document, channel="paper")
        digest = form_scans.file(session, SLUG, by="coordinator", at=at, instance="paper:1", scan=PDF, ref="once")
        assert (
            form_scans.file(session, SLUG, by="coordinator", at=at, instance="paper:1", scan=PDF, ref="once") == digest
        )
        assert [one.sha256 for one in form_scans.of_form(session, SLUG, "paper:1")] == [digest]
        assert form_scans.of_form(session, SLUG, "paper:2") == []
        assert form_scans.content(session, SLUG, digest) == ("pdf", PDF)
