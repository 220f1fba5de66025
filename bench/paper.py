"""The statement's PDF over a bare Typst compile of as many pages of the same words, side by side in one run."""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

ROUNDS = 30


def run() -> list[dict[str, object]]:
    """{name, ours, reference, ratio, unit}: milliseconds, medians of alternating rounds."""
    from ieom.papers.statement import statement_pdf

    text = "The Mission observed no campaign materials visible inside or outside the polling station it visited. "
    paragraphs = [
        {"key": f"p{n}", "kind": "finding", "text": text * 4, "sentences": [], "footnotes": []} for n in range(20)
    ]
    content: dict[str, Any] = {
        "language": "en", "kind": "final", "title": "STATEMENT", "organisation": "Organisation", "mission_name": "Mission",
        "election": "Elections", "place": "City", "date": "2020-08-12", "marking": "", "paragraphs": paragraphs, "scope": "",
        "annex": [], "cut_off": "2020-08-12T09:50:00+00:00",
    }  # fmt: skip
    source = '#set text(font: "Libertinus Serif", size: 11pt)\n#set page(margin: 2.6cm)\n#set par(justify: true)\n'
    path = Path(tempfile.mkdtemp()) / "bare.typ"
    path.write_text(source + "\n\n".join(str(one["text"]) for one in paragraphs) + "\n#sys.inputs.n", "utf-8")
    bare = typst.Compiler(str(path), root=str(path.parent), ignore_system_fonts=True)

    def ours(n: int) -> bytes:
        at = datetime(2020, 8, 12, 11, n % 60, tzinfo=UTC)
        return statement_pdf(content, number=n, digest="ab" * 32, chain_head="cd" * 32, zone="Asia/Almaty", at=at)

    def reference(n: int) -> bytes:
        # Another number each time, so that neither side is served from Typst's memory of the last compile.
        made = bare.compile(format="pdf", sys_inputs={"n": str(n)})
        return made if isinstance(made, bytes) else b""

    ours(0), reference(0)
    spent: dict[str, list[float]] = {"ours": [], "reference": []}
    for n in range(1, ROUNDS + 1):
        for name, function in (("ours", ours), ("reference", reference)):
            begun = time.perf_counter()
            function(n)
            spent[name].append(1000 * (time.perf_counter() - begun))
    medians = {name: statistics.median(values) for name, values in spent.items()}
    ratio = statistics.median(o / r for o, r in zip(spent["ours"], spent["reference"], strict=True))
    return [{"name": "paper", "ours": medians["ours"], "reference": medians["reference"], "ratio": ratio, "unit": "ms"}]
