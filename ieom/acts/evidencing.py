"""What a statement rests on, against the chain of acts and the forms as they came: an answer that a hand changed in the
records, a form that is gone, a sentence let stand by nobody. Whoever opens the database may write there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.errors import Tampered
from ieom.folder.forms import load_forms
from ieom.records import audit
from ieom.records.observation import Attestation
from ieom.records.statements import Override, SetAside
from ieom.records.submissions import Answer, Correction, Submission
from ieom.rules.submissions import normal

AT_A_TIME = 500


def proved(session: Session, mission: str) -> None:
    """Raises `Tampered` where what a statement rests on is not as it came in and as its acts tell it."""
    wrong = faults(session, mission)
    if wrong:
        raise Tampered(
            f"what the statement rests on is not as it came in: {'; '.join(wrong[:5])}"
            f"{f'; and {len(wrong) - 5} more' if len(wrong) > 5 else ''}. Nothing was done: look at the record of acts, and "
            "bring the records back as they were; or the questions of the forms, where they were changed since",
            command="'ieom audit verify' shows it",
        )


def faults(session: Session, mission: str) -> list[str]:
    """Everything that differs; empty when nothing does. Every form is read as it came and compared with what stands of it. A
    form whose questions were taken out of the files of forms since is passed over."""
    return [*_forms(session, mission), *_counted(session, mission), *_by_name(session, mission)]


def _forms(session: Session, mission: str) -> Iterator[str]:
    known = load_forms()
    told = {
        one.what["instance"]: one.what.get("content_hash") for one in audit.of_act(session, mission, "FormReceived")
    }
    query = select(Submission).where(Submission.mission == mission).order_by(Submission.id)
    last = 0
    while rows := session.scalars(query.where(Submission.id > last).limit(AT_A_TIME)).all():
        last = rows[-1].id
        numbers = [row.id for row in rows]
        answers = defaultdict[int, dict[str, list[str]]](lambda: defaultdict(list))
        standing = select(Answer.submission, Answer.question, Answer.value).where(Answer.submission.in_(numbers))
        for number, question, value in session.execute(standing).tuples():
            answers[number][question].append(value)
        corrected = defaultdict[int, dict[str, str]](dict)
        made = select(Correction).where(Correction.submission.in_(numbers)).order_by(Correction.id)
        for one in session.scalars(made):
            corrected[one.submission][one.question] = one.new
        for row in rows:
            if (told.get(row.instance_id) or row.content_hash) != row.content_hash:
                yield f"the form {row.instance_id} is another than the one that was taken in"
                continue
            form, _faults = normal(row.original, known, stations={row.station}, teams=())
            if form is None:
                continue
            if form.content_hash != row.content_hash or (form.form, form.team) != (row.form, row.team):
                yield f"the form {row.instance_id} is another than the one that was taken in"
            elif not _stand(_answers(form.answers), corrected[row.id], answers[row.id]):
                yield f"answers of the form {row.instance_id} are others than those that came or were corrected"


def _stand(came: dict[str, str], corrected: dict[str, str], standing: dict[str, list[str]]) -> bool:
    """Whether the answers that stand are those that came, save those that were corrected, which are as the newest correction
    has them: several choices in whatever order."""
    there = {question: " ".join(sorted(values)) for question, values in standing.items()}
    for question, new in corrected.items():
        if there.pop(question, None) not in {new, " ".join(sorted(new.split()))}:
            return False
        came.pop(question, None)
    return came == there


def _answers(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    found: dict[str, list[str]] = defaultdict(list)
    for question, value in pairs:
        found[question].append(value)
    return {question: " ".join(sorted(values)) for question, values in found.items()}


def _counted(session: Session, mission: str) -> Iterator[str]:
    """How many forms and corrections there are, against how many came and were made."""
    came = [one.what["instance"] for one in audit.of_act(session, mission, "FormReceived")]
    many = sum(one.what["count"] for one in audit.of_act(session, mission, "FormsReceived"))
    there = session.scalar(select(func.count()).where(Submission.mission == mission)) or 0
    if there != len(came) + many:
        yield f"{len(came) + many} forms were taken in, and {there} are on record"
    made = len(list(audit.of_act(session, mission, "AnswerCorrected")))
    query = select(func.count()).select_from(Correction).join(Submission, Submission.id == Correction.submission)
    standing = session.scalar(query.where(Submission.mission == mission)) or 0
    if standing != made:
        yield f"{made} answers were corrected, and {standing} corrections are on record"


def _by_name(session: Session, mission: str) -> Iterator[str]:
    """What people answer for by name, against the acts by which they did, and who did."""
    acts = Counter(
        (one.by, one.what["sentence"], one.what["finding"])
        for one in audit.of_act(session, mission, "FindingOverridden")
    )
    for row in session.scalars(select(Override).where(Override.mission == mission)):
        if not acts[row.by, row.sentence_hash, row.finding]:
            yield "a sentence is let stand by name, and no act says so"
    vowed = {(one.by, one.what["claim"]) for one in audit.of_act(session, mission, "ClaimAttested")}
    for vow in session.scalars(select(Attestation).where(Attestation.mission == mission)):
        if (vow.by, vow.claim) not in vowed:
            yield "something is attested by name, and no act says so"
    aside = {
        (one.what["claim"], form)
        for one in audit.of_act(session, mission, "IrregularitySetAside")
        for form in one.what.get("forms", ())
    }
    query = (
        select(SetAside.question, Submission.instance_id)
        .join(Submission, Submission.id == SetAside.submission)
        .where(SetAside.mission == mission)
    )
    for claim, form in session.execute(query).tuples():
        if (claim, form) not in aside:
            yield "an irregularity is set aside by name, and no act says so"
