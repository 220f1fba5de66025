"""The public pages over a real application: what a stranger, a scanner, a mailbox provider and a flood come to."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import released
from released import EVENING, SLUG, content, own, statement
from sqlalchemy import Engine, select, text
from starlette.testclient import TestClient

from desk.public import verifying
from desk.public.app import public
from desk.public.site import Site, records
from ieom.acts import proving
from ieom.acts.verifying import verify
from ieom.records import releases
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.media import MediaContact, Suppression, suppressed
from ieom.records.releases import Release
from ieom.rules.verifying import Verdict

STATEMENT = f"/missions/{SLUG}/2020-08-12-statement/"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def web(engine: Engine, mission: str) -> Iterator[TestClient]:
    own_engine = records(str(engine.url))
    with TestClient(public(own_engine), base_url="http://press.example", follow_redirects=False) as client:
        yield client
    own_engine.dispose()


def site(web: TestClient) -> Site:
    return web.app.app.app.state.site


def renewed(web: TestClient) -> None:
    """As if a second had passed."""
    site(web).asked = float("-inf")


def release(engine: Engine, **more) -> Release:
    with begin(engine) as session:
        return statement(session, content(), **more)


def paper(row: Release, name: str = "statement-en.pdf") -> bytes:
    return (proving.folder(SLUG, row.number) / name).read_bytes()


def token(engine: Engine) -> str:
    with reading(engine) as session:
        found = session.scalars(select(MediaContact.token).order_by(MediaContact.id).limit(1)).one()
    return str(found)


def unsubscribed(engine: Engine) -> int:
    with reading(engine) as session:
        return len(suppressed(session))


def test_before_the_embargo_ends_every_address_of_a_release_is_like_nonsense(web: TestClient, engine: Engine) -> None:
    row = release(engine, at=None)
    nonsense = web.get("/missions/no-such-mission/")
    assert nonsense.status_code == 404
    for path in (
        f"/missions/{SLUG}", f"/missions/{SLUG}/", f"/missions/{SLUG}/feed.xml", STATEMENT, STATEMENT.rstrip("/"),
        STATEMENT + "index.html", STATEMENT + "statement-en.pdf", STATEMENT + "SHA256SUMS", "/x" * 50,
    ):  # fmt: skip
        answer = web.get(path)
        assert (answer.status_code, answer.content) == (404, nonsense.content), path
        assert {**answer.headers} == {**nonsense.headers}, path
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        here, there = web.request(method, STATEMENT), web.request(method, "/nonsense")
        assert (here.status_code, here.content) == (there.status_code, there.content) == (405, there.content)
    assert STATEMENT not in web.get("/").text + web.get("/feed.xml").text + web.get("/SHA256SUMS").text
    asked = web.post("/verify", files={"paper": paper(row)})
    assert "<h1>Not ours</h1>" in asked.text, "a leaked paper is not confirmed before its time"
    with begin(engine) as session:
        released.begin(session, session.get_one(Release, row.id), EVENING)
    renewed(web)
    assert web.get(STATEMENT).status_code == 200
    assert web.get(STATEMENT + "statement-en.pdf").content == paper(row)


def test_a_release_is_public_a_second_after_it_began(web: TestClient, engine: Engine) -> None:
    assert web.get(STATEMENT).status_code == 404
    release(engine)
    deadline = time.monotonic() + 3
    while web.get(STATEMENT).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    moved = web.get(STATEMENT.rstrip("/"))
    assert (moved.status_code, moved.headers["location"]) == (308, "2020-08-12-statement/")
    assert web.get(STATEMENT.rstrip("/"), follow_redirects=True).status_code == 200


def test_a_page_may_do_nothing_but_be_shown(web: TestClient, engine: Engine) -> None:
    release(engine)
    style = next(path for path in site(web).current().files if path.endswith(".css"))
    for path in ("/", STATEMENT, "/verify", "/unsubscribe?t=test", "/nonsense", f"/{style}", "/openapi.json", "/docs"):
        answer = web.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "last-modified" not in answer.headers
        assert "strict-transport-security" not in answer.headers
        assert answer.status_code == (404 if path in {"/nonsense", "/openapi.json", "/docs"} else 200)
    assert "immutable" in web.get(f"/{style}").headers["cache-control"]
    for path in ("/verify", "/unsubscribe?t=test"):
        assert web.get(path).headers["cache-control"] == "no-store"
    with TestClient(web.app, base_url="https://press.example") as secure:
        assert secure.get("/").headers["strict-transport-security"] == "max-age=31536000"


def test_a_paper_is_taken_whole_in_parts_and_only_when_it_changed(web: TestClient, engine: Engine) -> None:
    data, path = paper(release(engine)), STATEMENT + "statement-en.pdf"
    whole = web.get(path)
    assert whole.headers["content-type"] == "application/pdf"
    assert whole.content == data
    entity = whole.headers["etag"]
    assert web.get(path, headers={"if-none-match": f'"x", W/{entity}'}).status_code == 304
    head = web.head(path)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(data)), b"")
    for asked, answered in (
        ("bytes=0-99", data[:100]), ("bytes=100-", data[100:]), ("bytes=-50", data[-50:]),
        (f"bytes=10-{10**12}", data[10:]),
    ):  # fmt: skip
        part = web.get(path, headers={"range": asked, "if-range": entity})
        assert (part.status_code, part.content) == (206, answered)
        assert part.headers["content-range"].endswith(f"/{len(data)}")
    assert web.get(path, headers={"range": "bytes=0-9", "if-range": '"other"'}).status_code == 200
    assert web.get(path, headers={"range": f"bytes={len(data)}-"}).status_code == 416
    assert web.get(path, headers={"range": "bytes=-0"}).status_code == 416
    for odd in ("bytes=9-1", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=" + "9" * 5000):
        assert web.get(path, headers={"range": odd}).status_code == 200, odd


def test_a_paper_changed_on_the_disk_is_not_handed_out(web: TestClient, engine: Engine) -> None:
    row = release(engine)
    assert web.get(STATEMENT).status_code == 200
    (proving.folder(SLUG, row.number) / "statement-en.pdf").write_bytes(b"%PDF other")
    assert web.get(STATEMENT + "statement-en.pdf").status_code == 503
    assert web.get(STATEMENT).status_code == 200


def test_the_verify_page_says_in_plain_words_what_a_paper_is(web: TestClient, engine: Engine) -> None:
    row = release(engine)
    ours = web.post("/verify", files={"paper": ("x.pdf", paper(row))})
    assert "<h1>Ours and unchanged</h1>" in ours.text
    assert f'href="{STATEMENT[1:]}"' in ours.text
    changed = web.post("/verify", files={"paper": paper(row) + b" "})
    assert "<h1>Not ours</h1>" in changed.text
    assert sha256(paper(row) + b" ").hexdigest() in changed.text
    with begin(engine) as session:
        first = session.get_one(Release, row.id)
        second = statement(
            session, content(opening="Anew."), kind="correction", at=EVENING + timedelta(days=1), concerns=first
        )
    renewed(web)
    later = web.post("/verify", files={"paper": paper(row)})
    assert "<h1>Ours, but a later version exists</h1>" in later.text
    assert f'href="missions/{SLUG}/2020-08-13-correction/"' in later.text
    assert "A correction took its place on 13 August 2020, 20:00 (UTC+6)" in later.text
    assert not re.search(r"release \d", ours.text + later.text), "a gap between numbers would tell of a third release"
    assert "<h1>Ours and unchanged</h1>" in web.post("/verify", files={"paper": paper(second)}).text
    with begin(engine) as session:
        gone = {"en": {"title": "Withdrawn", "paragraphs": ["It is withdrawn."]}}
        own(session, "withdrawal", gone, at=EVENING + timedelta(days=2), concerns=session.get_one(Release, second.id))
    renewed(web)
    for one in (row, second):
        assert "<h1>Ours and unchanged, but withdrawn</h1>" in web.post("/verify", files={"paper": paper(one)}).text


def test_a_paper_is_kept_nowhere_and_not_taken_when_it_is_too_large(
    web: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(verifying, "LARGEST", 3_000_000)
    before = sorted(Path("/tmp").glob("tmp*"))
    assert web.post("/verify", files={"paper": b"x" * 2_900_000}).status_code == 200
    sent = 0

    def flood() -> Iterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="paper"; filename="x"\r\n\r\n'
        while sent < 50_000_000:
            sent += 100_000
            yield b"x" * 100_000

    kind = {"content-type": "multipart/form-data; boundary=b"}
    answer = web.post("/verify", content=flood(), headers=kind)
    assert answer.status_code == 413
    assert "That file is too large" in answer.text
    assert sorted(Path("/tmp").glob("tmp*")) == before
    told = {**kind, "content-length": "60000000"}
    assert web.post("/verify", content=b"--b", headers=told).status_code == 413


def test_odd_requests_are_answered_with_a_page(web: TestClient, engine: Engine) -> None:
    release(engine)
    assert web.post("/verify", content=b"not a form").status_code == 400
    assert (
        web.post("/verify", content=b"garbage", headers={"content-type": "multipart/form-data; boundary=b"}).status_code
        == 400
    )
    assert "No file came with it" in web.post("/verify", files={"paper": b""}).text
    assert web.post("/verify", data={"paper": "text"}).status_code == 400
    for path in (
        "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", STATEMENT + "..%2f..%2f..%2fmission.db", "/%00", "/\\..\\x",
        f"/missions/{SLUG}/release-1/statement-en.pdf", STATEMENT + "/evil.example", "/ü",
    ):  # fmt: skip
        answer = web.get(path)
        assert answer.status_code == 404, path
        assert "Traceback" not in answer.text
    assert web.get("/unsubscribe", params={"t": "x" * 10_000}).status_code == 404
    assert web.get("/", headers={"x-large": "y" * 30_000}).status_code == 200


def test_too_many_papers_from_one_address_have_to_wait(web: TestClient) -> None:
    answers = [web.post("/verify", files={"paper": b"x"}).status_code for _ in range(22)]
    assert answers == [200] * 20 + [429] * 2


def test_looking_a_hundred_times_unsubscribes_nobody(web: TestClient, engine: Engine) -> None:
    link = f"/unsubscribe?t={token(engine)}"
    for _ in range(50):
        assert web.get(link).status_code == web.head(link).status_code == 200
    assert unsubscribed(engine) == 0
    page = web.get(link).text
    assert "Nothing changes until you press the button." in page
    with reading(engine) as session:
        emails = session.scalars(select(MediaContact.email)).all()
    assert not any(email in page for email in emails), "the address is masked: a forwarded letter tells it to nobody"


def test_one_click_unsubscribes_without_log_in_cookie_or_redirect(web: TestClient, engine: Engine) -> None:
    link = f"/unsubscribe?t={token(engine)}"
    begun = time.monotonic()
    answer = web.post(link, data=ONE_CLICK)
    assert time.monotonic() - begun < 2
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert unsubscribed(engine) == 1
    again = web.post(link, files={"List-Unsubscribe": (None, "One-Click")})  # RFC 8058, 3.2: in parts too
    assert again.status_code == 200
    assert unsubscribed(engine) == 1
    with reading(engine) as session:
        row = session.scalars(select(Suppression)).one()
        assert row.why == "unsubscribed"
        assert row.email not in str(session.scalars(select(AuditRow.what)).all())


def test_one_click_in_parts_unsubscribes(web: TestClient, engine: Engine) -> None:
    answer = web.post(f"/unsubscribe?t={token(engine)}", files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert unsubscribed(engine) == 1


def test_the_button_unsubscribes_and_says_so(web: TestClient, engine: Engine) -> None:
    said = web.post("/unsubscribe", data={"t": token(engine), "confirm": "yes"})
    assert "<h1>You are unsubscribed</h1>" in said.text
    assert unsubscribed(engine) == 1
    assert "You were unsubscribed already" in web.post("/unsubscribe", data={"t": token(engine), "confirm": "yes"}).text
    assert "You are unsubscribed already" in web.get(f"/unsubscribe?t={token(engine)}").text


def test_a_post_that_is_neither_the_button_nor_one_click_changes_nothing(web: TestClient, engine: Engine) -> None:
    link = f"/unsubscribe?t={token(engine)}"
    for body in ({}, {"x": "y"}, {"List-Unsubscribe": "No"}, {"confirm": "no"}):
        assert web.post(link, data=body).status_code == 400
    assert web.post(link, content=b"x" * 9000).status_code == 413
    assert web.put(link, data=ONE_CLICK).status_code == 405
    assert unsubscribed(engine) == 0


def test_an_unknown_link_is_answered_alike_whatever_it_is(web: TestClient, engine: Engine) -> None:
    known = token(engine)
    answers = [
        web.get(f"/unsubscribe?t={other}")
        for other in (known[:-1], known + "x", "x" * 24, "x" * 10_000, "", "%00", "' OR 1=1 --", "<script>")
    ]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}
    posted = web.post(f"/unsubscribe?t={known[:-1]}", data=ONE_CLICK)
    assert (posted.status_code, posted.content) == (404, answers[0].content)
    assert "test letter" in web.post("/unsubscribe?t=test", data={"confirm": "yes"}).text
    assert unsubscribed(engine) == 0


def test_who_guesses_links_is_stopped_and_readers_are_not(web: TestClient, engine: Engine) -> None:
    answers = [web.post(f"/unsubscribe?t=guess-{n}", data=ONE_CLICK).status_code for n in range(62)]
    assert answers == [404] * 60 + [429] * 2
    assert web.post(f"/unsubscribe?t={token(engine)}", data=ONE_CLICK).status_code == 200


def test_one_click_while_the_records_are_locked_is_asked_for_again(
    engine: Engine, mission: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(engine)
    monkeypatch.setattr("desk.public.site.PATIENCE", 0.2)
    mine = records(str(engine.url))
    with TestClient(public(mine)) as web:
        assert web.get(STATEMENT).status_code == 200
        link = f"/unsubscribe?t={token(engine)}"
        other = sqlite3.connect(engine.url.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        locked = web.post(link, data=ONE_CLICK)
        assert (locked.status_code, locked.headers["retry-after"]) == (503, "60")
        assert "Nothing was changed" in locked.text
        assert web.get(STATEMENT).status_code == 200
        other.execute("ROLLBACK")
        assert web.post(link, data=ONE_CLICK).status_code == 200
        other.close()
    assert unsubscribed(engine) == 1
    mine.dispose()


def test_when_the_records_are_away_the_newsroom_stays_and_the_rest_says_so(
    engine: Engine, mission: str, tmp_path: Path
) -> None:
    release(engine)
    with TestClient(public(records(str(engine.url)))) as web:
        assert web.get(STATEMENT).status_code == 200
        link = f"/unsubscribe?t={token(engine)}"
        engine.dispose()
        Path(str(engine.url.database)).rename(tmp_path / "away.db")
        renewed(web)
        assert web.get(STATEMENT).status_code == 200
        assert web.get(link).status_code == 200
        assert web.post(link, data=ONE_CLICK).status_code == 503
    with TestClient(public(records(f"sqlite:///{tmp_path}/var"))) as web:  # a folder: no records at all
        (tmp_path / "var").mkdir(exist_ok=True)
        answer = web.get("/")
        assert answer.status_code == 503
        assert "This can't be answered at the moment" in answer.text


def test_a_defect_shows_a_page_and_nothing_of_the_inside(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret/path.py")

    monkeypatch.setattr(site(web), "current", broken)
    with TestClient(web.app, raise_server_exceptions=False) as client:
        answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"]


def test_a_hand_in_the_records_makes_nothing_public(web: TestClient, engine: Engine) -> None:
    row = release(engine, at=None)
    with begin(engine) as session:
        session.execute(text("UPDATE releases SET started_at = :at, status = 'done'"), {"at": "2020-08-12 12:00:00"})
    assert web.get(STATEMENT).status_code == web.get(STATEMENT + "statement-en.pdf").status_code == 404
    asked = web.post("/verify", files={"paper": paper(row)})
    assert "<h1>Not ours</h1>" in asked.text
    assert "eleased on" not in asked.text
    with reading(engine) as session:
        told = verify(session, paper(row), public=False)
        assert (told.verdict, told.paper.released_at) == (Verdict.NOT_RELEASED, None)
        assert releases.published(session) == []
        assert [one.id for one in releases.misdated(session, SLUG)] == [row.id]
    with begin(engine) as session:
        released.begin(session, session.get_one(Release, row.id), EVENING)
        assert releases.misdated(session, SLUG) == []
        session.execute(text("UPDATE releases SET started_at = NULL"))
        session.expire_all()
        assert [one.id for one in releases.misdated(session, SLUG)] == [row.id]


def test_one_damaged_paper_keeps_no_withdrawal_from_the_public(
    web: TestClient, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    row = release(engine)
    assert web.get(STATEMENT).status_code == 200
    path = proving.folder(SLUG, row.number) / "statement-en.pdf"
    data = path.read_bytes()
    path.write_bytes(b"%PDF other")
    gone = {"en": {"title": "Withdrawn", "paragraphs": ["It is withdrawn."]}}
    with begin(engine) as session:
        own(session, "withdrawal", gone, at=EVENING + timedelta(days=1), concerns=session.get_one(Release, row.id))
    renewed(web)
    page = web.get(STATEMENT).text
    assert "Withdrawn on 13 August 2020." in page
    assert "can't be shown at the moment" in page
    assert web.get(STATEMENT + "statement-en.pdf").status_code == 503
    assert "left out of the newsroom" in caplog.text
    asked = web.post("/verify", files={"paper": data}).text
    assert "<h1>Ours and unchanged, but withdrawn</h1>" in asked, "who holds the paper is told the truth of it"
    path.write_bytes(data)
    site(web).made = float("-inf")
    renewed(web)
    assert "can't be shown at the moment" not in web.get(STATEMENT).text
    assert web.get(STATEMENT + "statement-en.pdf").content == data
