"""Which role may call which route: one table. A route that it does not name is answered to nobody, and a test fails on it."""

from __future__ import annotations

from enum import Enum

from ieom.rules.roles import Role

A, C, D, H, P, R, M, U = (
    Role.ADMINISTRATOR, Role.COORDINATOR, Role.DRAFTER, Role.HEAD_OF_MISSION, Role.APPROVER, Role.PRESS_OFFICER,
    Role.DELEGATION_MEMBER, Role.AUDITOR,
)  # fmt: skip


class Open(Enum):
    """Who, beside people with a role, may call a route."""

    ANYBODY = "anybody"
    """Without having entered."""
    ENTERED = "entered"
    """Whoever has entered, with whatever role."""


class ForAll(frozenset[Role]):
    """Roles that count for a route only where they were given for all missions."""


READERS = frozenset({C, D, H, P, R, M, U})
"""Whoever has a part in the mission; an administrator without another role sees no mission's papers."""
SECRETARIAT = frozenset({C, D, R, U})
COORDINATOR = frozenset({C})
BEGINS = ForAll({A, C})
"""Who begins a mission: a coordinator for all missions, or an administrator."""
ADMINISTRATOR = frozenset({A})
RECORD = frozenset({C, H, U})
FILES = frozenset({C, H, U})
"""Who sees what a nominee's file holds; personal papers in clear are the coordinator's alone."""
DRAFTING = frozenset({C, D})
ANSWERING = frozenset({C, D, H})
"""Who may let a sentence stand by name."""
HEAD = frozenset({H})
PRESS = frozenset({C, R})
KEEPERS = ForAll({C, R})
"""Who changes or takes away what the contacts of all missions are: a press officer or coordinator for all missions."""
FORMS = frozenset({C, D})
SCANS = frozenset({C, D, H, U})
"""Who sees the paper of a form itself: people's handwriting and signatures stand on it."""
ADDRESSES = frozenset({C, R, U})
"""Who sees readers' addresses and what mail servers answered, whole in a ledger's file or on any page; to others a page
says the outlet and, in words, what became of the letter."""
COMPLAINTS = frozenset({C, R})
"""Who handles complaints; they name who complained, and of whom."""
SEES = {"addresses": ADDRESSES, "complaints": COMPLAINTS | {U}}
"""Parts of pages that not everybody who may open the page is shown: what -> the roles that are."""

MAY: dict[str, frozenset[Role] | Open] = {
    "GET /static/{name}": Open.ANYBODY,
    "GET /enter": Open.ANYBODY,
    "POST /enter": Open.ANYBODY,
    "GET /enter/link": Open.ANYBODY,
    "POST /enter/link": Open.ANYBODY,
    "POST /enter/passkey": Open.ANYBODY,
    "POST /enter/passkey/options": Open.ANYBODY,
    "POST /enter/openid": Open.ANYBODY,
    "GET /enter/openid/back": Open.ANYBODY,
    "POST /leave": Open.ENTERED,
    "POST /kept": Open.ENTERED,
    "GET /": Open.ENTERED,
    # A demonstration's, which no other desk answers
    "POST /enter/as": Open.ANYBODY,
    "GET /mail": Open.ANYBODY,
    "GET /mail/{number}": Open.ANYBODY,
    "GET /mail/{number}/words": Open.ANYBODY,
    "GET /mail/{number}/part/{part_}": Open.ANYBODY,
    "POST /missions/{mission}/clock": COORDINATOR,
    # A new mission
    "GET /missions/new": BEGINS,
    "POST /missions/new": BEGINS,
    "POST /missions/new/folder": BEGINS,
    "POST /missions/new/open": BEGINS,
    # Its facts and lists
    "GET /missions/{mission}/facts": READERS,
    "POST /missions/{mission}/facts/postpone": COORDINATOR,
    "POST /missions/{mission}/facts/extend": COORDINATOR,
    "POST /missions/{mission}/facts/press-conference": COORDINATOR,
    "POST /missions/{mission}/facts/round": COORDINATOR,
    "POST /missions/{mission}/facts/suspend": COORDINATOR,
    "POST /missions/{mission}/facts/evacuate": COORDINATOR,
    "POST /missions/{mission}/facts/resume": COORDINATOR,
    "POST /missions/{mission}/facts/head": COORDINATOR,
    "POST /missions/{mission}/facts/links": COORDINATOR,
    "POST /missions/{mission}/facts/approver": COORDINATOR,
    "POST /missions/{mission}/facts/state-joins": COORDINATOR,
    "POST /missions/{mission}/facts/state-withdraws": COORDINATOR,
    "GET /missions/{mission}/lists": SECRETARIAT,
    "GET /missions/{mission}/lists/{name}": SECRETARIAT,
    "POST /missions/{mission}/lists/{name}": COORDINATOR,
    "POST /missions/{mission}/lists/{name}/take": COORDINATOR,
    # A mission
    "GET /missions/{mission}": READERS,
    "GET /missions/{mission}/now": READERS,
    "GET /missions/{mission}/changes": READERS,
    "GET /missions/{mission}/owed.xlsx": READERS,
    "POST /missions/{mission}/hold": COORDINATOR,
    "POST /missions/{mission}/go-on": COORDINATOR,
    "POST /missions/{mission}/start": COORDINATOR,
    # Observation
    "GET /missions/{mission}/observation": READERS,
    "GET /missions/{mission}/observation/export.xlsx": READERS,
    "GET /missions/{mission}/observation/forms/{form:path}": READERS,
    "POST /missions/{mission}/observation/correct": FORMS,
    "POST /missions/{mission}/observation/count-unfinished": frozenset({C, H}),
    "GET /missions/{mission}/observation/enter": FORMS,
    "POST /missions/{mission}/observation/enter": FORMS,
    "POST /missions/{mission}/observation/enter/checks": FORMS,
    "POST /missions/{mission}/observation/scans": FORMS,
    "GET /missions/{mission}/observation/scans/{digest}": SCANS,
    "GET /missions/{mission}/observation/files": FORMS,
    "POST /missions/{mission}/observation/files": FORMS,
    "GET /missions/{mission}/observation/files/{key}": FORMS,
    "POST /missions/{mission}/observation/files/{key}": FORMS,
    "POST /missions/{mission}/observation/files/{key}/drop": FORMS,
    "POST /missions/{mission}/observation/aside/{content}/put-away": FORMS,
    # The record of acts: it names who reported whom, so not everybody of the delegation
    "GET /missions/{mission}/audit": RECORD,
    "GET /missions/{mission}/audit/verified": RECORD,
    "GET /missions/{mission}/audit.jsonl": RECORD,
    "GET /missions/{mission}/audit.xlsx": RECORD,
    # People and media. The contacts are every mission's: a role in one mission adds, a role for all changes and takes away
    "GET /media": PRESS | frozenset({U}),
    "POST /media": PRESS,
    "GET /media/log": PRESS | frozenset({U}),
    "GET /media/lists": PRESS | frozenset({U}),
    "POST /media/lists": PRESS,
    "POST /media/suppress": KEEPERS,
    "GET /media/import": PRESS,
    "POST /media/import": PRESS,
    "GET /media/import/{key}": PRESS,
    "POST /media/import/{key}": PRESS,
    "POST /media/import/{key}/drop": PRESS,
    "GET /media/contacts.xlsx": PRESS | frozenset({U}),
    "GET /media/contacts.csv": PRESS | frozenset({U}),
    "GET /media/contacts/{number}": PRESS | frozenset({U}),
    "POST /media/contacts/{number}": KEEPERS,
    "POST /media/contacts/{number}/lists": PRESS,
    "POST /media/contacts/{number}/lists/{code}/take-off": KEEPERS,
    "POST /media/contacts/{number}/leave": KEEPERS,
    "POST /media/contacts/{number}/suppress": KEEPERS,
    "POST /media/contacts/{number}/lift": KEEPERS,
    "POST /media/contacts/{number}/forget": KEEPERS,
    "GET /missions/{mission}/media": PRESS | frozenset({H, U}),
    "POST /missions/{mission}/media": PRESS,
    # The installation
    "GET /settings": frozenset({A, C, R, U}),
    "POST /settings/test-letter": frozenset({A, C, R}),
    "GET /settings/letterhead": frozenset({A, C, R, U}),
    "GET /settings/letterhead.docx": frozenset({A, C, R, U}),
    "GET /settings/letterhead/sample.docx": frozenset({A, C, R, U}),
    "POST /settings/letterhead": BEGINS,
    "POST /settings/letterhead/back": BEGINS,
    "GET /settings/names": frozenset({A, C, R, U}),
    "GET /settings/names/{name}": frozenset({A, C, R, U}),
    "POST /settings/names": BEGINS,
    "POST /settings/names/take": BEGINS,
    "POST /settings/names/back": BEGINS,
    # Accounts, and one's own
    "GET /me": Open.ENTERED,
    "POST /me": Open.ENTERED,
    "POST /me/password": Open.ENTERED,
    "POST /me/passkeys": Open.ENTERED,
    "POST /me/passkeys/options": Open.ENTERED,
    "POST /me/passkeys/{passkey}/remove": Open.ENTERED,
    "POST /me/sessions/end-others": Open.ENTERED,
    "POST /me/sessions/{start}/end": Open.ENTERED,
    "GET /accounts": ADMINISTRATOR | frozenset({U}),
    "GET /accounts.xlsx": ADMINISTRATOR | frozenset({U}),
    "POST /accounts": ADMINISTRATOR,
    "GET /accounts/log": ADMINISTRATOR | frozenset({U}),
    "GET /accounts/{account}": ADMINISTRATOR,
    "POST /accounts/{account}/roles": ADMINISTRATOR,
    "POST /accounts/{account}/roles/{grant}/take": ADMINISTRATOR,
    "POST /accounts/{account}/link": ADMINISTRATOR,
    "POST /accounts/{account}/openid": ADMINISTRATOR,
    "POST /accounts/{account}/passkeys/{passkey}/remove": ADMINISTRATOR,
    "POST /accounts/{account}/end": ADMINISTRATOR,
    "POST /accounts/{account}/close": ADMINISTRATOR,
    # Delegation
    "GET /missions/{mission}/delegation": READERS,
    "POST /missions/{mission}/delegation": COORDINATOR,
    "POST /missions/{mission}/delegation/accreditation": COORDINATOR,
    "POST /missions/{mission}/delegation/briefed": COORDINATOR,
    "POST /missions/{mission}/delegation/states/{state}/declines": COORDINATOR,
    "POST /missions/{mission}/delegation/states/{state}/link": COORDINATOR,
    "POST /missions/{mission}/delegation/states/{state}/link/end": COORDINATOR,
    "GET /missions/{mission}/delegation/{code}": FILES,
    "GET /missions/{mission}/delegation/{code}/card": FILES,
    "POST /missions/{mission}/delegation/{code}/items/{item}": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/items/{item}/waive": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/items/{item}/take-back": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/interests": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/correct": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/appoint": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/head": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/leave": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/accreditation": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/reports": frozenset({C, H}),
    "POST /missions/{mission}/delegation/{code}/papers/{item}/read": COORDINATOR,
    "POST /missions/{mission}/delegation/{code}/papers/{item}/erase": COORDINATOR,
    # The statement
    "GET /missions/{mission}/statement": READERS,
    "GET /missions/{mission}/statement/grounds/{paragraph}": READERS,
    "POST /missions/{mission}/statement/draft": DRAFTING,
    "POST /missions/{mission}/statement/edit": DRAFTING,
    "POST /missions/{mission}/statement/ready": DRAFTING,
    "POST /missions/{mission}/statement/override": ANSWERING,
    "POST /missions/{mission}/statement/set-aside": ANSWERING,
    "POST /missions/{mission}/statement/attest": HEAD,
    "POST /missions/{mission}/statement/settle": HEAD,
    "GET /missions/{mission}/statement/versions.xlsx": READERS,
    "GET /missions/{mission}/statement/comments": READERS,
    "GET /missions/{mission}/statement/comments.xlsx": READERS,
    "POST /missions/{mission}/statement/comments": READERS - {U},
    "POST /missions/{mission}/statement/comments/{comment}": DRAFTING,
    "GET /missions/{mission}/statement/translate": DRAFTING,
    "POST /missions/{mission}/statement/translate": DRAFTING,
    "POST /missions/{mission}/statement/dissociate": DRAFTING,
    "GET /missions/{mission}/statement/versions": READERS,
    "GET /missions/{mission}/statement/compare": READERS,
    "GET /missions/{mission}/statement/pdf": READERS,
    "GET /missions/{mission}/statement/docx": READERS,
    # Meetings
    "GET /missions/{mission}/meetings": READERS,
    "POST /missions/{mission}/meetings": COORDINATOR,
    "GET /missions/{mission}/meetings/{code}": READERS,
    "POST /missions/{mission}/meetings/{code}/confirm": COORDINATOR,
    "POST /missions/{mission}/meetings/{code}/move": COORDINATOR,
    "POST /missions/{mission}/meetings/{code}/attend": COORDINATOR,
    "POST /missions/{mission}/meetings/{code}/hold": frozenset({C, D}),
    "POST /missions/{mission}/meetings/{code}/cancel": COORDINATOR,
    # Approval. Who has a seat decides on it, as head of mission or approver; the acts know who has
    "GET /missions/{mission}/approval": READERS,
    "GET /missions/{mission}/approval/now": READERS,
    "POST /missions/{mission}/approval/ask": frozenset({C, D}),
    "POST /missions/{mission}/approval/remind": frozenset({C, D}),
    "POST /missions/{mission}/approval/stop": frozenset({C, D, H}),
    "POST /missions/{mission}/approval/decide": frozenset({H, P}),
    "POST /missions/{mission}/approval/record": frozenset({C, D, R}),
    "POST /missions/{mission}/approval/confirm": frozenset({C, D, R, H}),
    "POST /missions/{mission}/approval/take-back": frozenset({C, D, R}),
    "POST /missions/{mission}/approval/contradict": frozenset({H, P}),
    "POST /missions/{mission}/approval/correct": frozenset({H}),
    "POST /missions/{mission}/approval/agree": frozenset({H, P}),
    "POST /missions/{mission}/approval/drop": frozenset({H, P}),
    # Correspondence
    "GET /missions/{mission}/correspondence": SECRETARIAT | frozenset({H}),
    "POST /missions/{mission}/correspondence": COORDINATOR,
    "POST /missions/{mission}/correspondence/invitation": COORDINATOR,
    "GET /missions/{mission}/correspondence/{number}": SECRETARIAT | frozenset({H}),
    "GET /missions/{mission}/correspondence/{number}/paper": SECRETARIAT | frozenset({H}),
    "GET /missions/{mission}/correspondence/{number}/scan": SECRETARIAT | frozenset({H}),
    "POST /missions/{mission}/correspondence/{number}/signed": COORDINATOR,
    "POST /missions/{mission}/correspondence/{number}/sent": COORDINATOR,
    "POST /missions/{mission}/correspondence/{number}/scan": COORDINATOR,
    "POST /missions/{mission}/correspondence/write": COORDINATOR,
    "GET /missions/{mission}/statement/word": DRAFTING,
    "POST /missions/{mission}/statement/word": DRAFTING,
    "POST /missions/{mission}/statement/word/take": DRAFTING,
    "POST /missions/{mission}/statement/word/leave": DRAFTING,
    # Release. Who prepared one is not who sends it, whatever the role: the acts know. Addresses are not for everybody
    "GET /missions/{mission}/release": READERS,
    "GET /missions/{mission}/release/now": READERS,
    "GET /missions/{mission}/releases.xlsx": READERS,
    "GET /missions/{mission}/release/new": frozenset({C, R}),
    "POST /missions/{mission}/release/new": frozenset({C, R}),
    "POST /missions/{mission}/release/prepare": frozenset({C, R}),
    "POST /missions/{mission}/release/{number}/go": frozenset({C, R, H}),
    "POST /missions/{mission}/release/{number}/stop": frozenset({C, D, R, H}),
    "POST /missions/{mission}/release/{number}/go-on": frozenset({C, R}),
    "POST /missions/{mission}/release/{number}/test": frozenset({C, R}),
    "POST /missions/{mission}/release/{number}/approve": frozenset({H, P}),
    "POST /missions/{mission}/release/early/ask": frozenset({C, R, H}),
    "POST /missions/{mission}/release/early/agree": frozenset({C, R, H}),
    "POST /missions/{mission}/release/doubt/reconcile": frozenset({C, R}),
    "POST /missions/{mission}/release/doubt/resend": frozenset({C, R}),
    "POST /missions/{mission}/release/letters/{letter}/settle": frozenset({C, R}),
    "POST /missions/{mission}/release/late": frozenset({C, R}),
    "POST /missions/{mission}/release/complaints": COMPLAINTS,
    "POST /missions/{mission}/release/complaints/reply": frozenset({C}),
    "GET /missions/{mission}/release/{number}": SECRETARIAT | frozenset({H, P}),
    "GET /missions/{mission}/release/{number}/ledger.csv": ADDRESSES,
    "GET /missions/{mission}/release/{number}/ledger.xlsx": ADDRESSES,
    "GET /missions/{mission}/release/{number}/papers/{name}": SECRETARIAT | frozenset({H, P}),
    "GET /missions/{mission}/release/{number}/letters/{language}": SECRETARIAT | frozenset({H, P}),
    "GET /missions/{mission}/release/{number}/letters/{language}/words": SECRETARIAT | frozenset({H, P}),
    # Letters that did not arrive, or may not have
    "GET /missions/{mission}/letters": ADDRESSES,
    "GET /missions/{mission}/letters.xlsx": ADDRESSES,
    "POST /missions/{mission}/letters/{letter}/again": frozenset({C, R}),
    "POST /missions/{mission}/letters/seen": frozenset({C, R}),
    # Deployment
    "GET /missions/{mission}/deployment": READERS,
    "GET /missions/{mission}/deployment/sheets": READERS,
    "POST /missions/{mission}/deployment/plan": COORDINATOR,
    "POST /missions/{mission}/deployment/plan/take": COORDINATOR,
    "POST /missions/{mission}/deployment/reassign": COORDINATOR,
    "POST /missions/{mission}/deployment/{team}/check-in": frozenset({C, H, M}),
    "POST /missions/{mission}/deployment/{team}/stops/{position}/strike": COORDINATOR,
}
"""'METHOD route' -> the roles that may call it, in that mission or in all."""
FOR_ALL = frozenset({route for route, who in MAY.items() if isinstance(who, ForAll)})
"""Routes for which a role counts only where it was given for all missions."""
