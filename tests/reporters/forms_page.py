"""The table of docs/forms.md: which part of a finding, and of a run, each form carries.

``python -m tests.reporters.forms_page`` writes it; a test compares the two. A form carries a part if it is another text
when that part is another one, so nobody's word is taken for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from intact.findings import CollectionRead, Finding, Outcome, Report, Section, Status, Trouble
from intact.findings.changes import Changes, ResolvedFinding, StatusCounts
from intact.findings.records import FindingExplanation
from intact.findings.verdict import Acceptance
from intact.reporters import FORMS
from tests.reporters import reports
from tests.reporters.readers import text_of
from tests.reporters.reports import finding, section

PAGE = Path(__file__).parents[2] / "docs" / "forms.md"
BEGIN, END = "<!-- what each form carries: begin -->", "<!-- what each form carries: end -->"

FEW = "it shows the worst and says how many there are; the other forms list every finding"
SHORT = "the console is what one reads first: the worst, what to do next, and where the rest is"
ONE_TABLE = "one file has one table; `DIR.csv/` and `.csv.zip` have the others"
PEOPLE = "it is for people, who know records and not checks"
ONE_REPORT = "a document is about one report, and has that report's own sum"
TOTALS = "the step's summary has the totals; the report's other forms have the figures behind them"
LINKED = "the page of the type has it, and the annotation links to that"
OPEN = "it marks only what is not accepted"
REASONS: dict[str, dict[str, str]] = {
    "console": {"every finding": FEW, "*": SHORT},
    "csv": {"*": ONE_TABLE},
    "junit": {"every finding": FEW},
    "github": {
        "every finding": FEW,
        "which entry accepts it": OPEN,
        "what the check cannot see": LINKED,
        "*": TOTALS,
    },
    "markdown": {"money at stake of the run": ONE_REPORT, "*": PEOPLE},
}
"""Why a form lacks a part; what stands under * is the reason for any other."""

CHECK = Outcome("missing-link orders.link", "BAD", Status.VIOLATED, 40, ("orders was read in part",), 12)
PLAIN = FindingExplanation(
    "BAD", CHECK.check, "HIGH", "What.", "Why.", "Repair.", "Blind.", "db.a.find()", "https://x/a"
)
BASE = replace(
    finding(
        "BAD",
        description="Order o-1 is bad",
        fields={"order_id": "o-1", "own": "value", "document_id": {"$oid": "65a000000000000000000001"}},
        money=("lost", Decimal(100)),
    ),
    check=CHECK.check,
    cause=(),
    when="2026-01",
    state="confirmed",
    url="https://x/a",
)


def made(only: Finding = BASE, more: int = 0, **changes: Any) -> Report:
    """Make a report of a finding, and of more like it; what else is given is the section's."""
    others = [
        replace(BASE, fields={"order_id": f"more-{number}", "document_id": f"more-{number}"}, money=None)
        for number in range(more)
    ]
    rest = {"explanations": (PLAIN,), "unconfirmed": 1, **changes}
    part: Section = replace(section(issues=[only, *others], counts={"BAD": 40}, outcomes=(CHECK,)), **rest)
    return reports.report(part, money={"lost": Decimal(100)})


def another_last(name: str) -> Report:
    """Make a report of forty findings, the last of which has this name."""
    report = made(more=38)
    last = replace(BASE, fields={"order_id": name, "document_id": name}, money=None)
    (only,) = report.sections
    return replace(report, sections=(replace(only, issues=(*only.issues, last)),))


def together(**changes: Any) -> Report:
    """Make a report of three findings that share a value."""
    some = [
        replace(BASE, **changes, fields={**BASE.fields, "order_id": f"o-{number}"}) for number in range(3)
    ]
    report = made()
    (only,) = report.sections
    return replace(report, sections=(replace(only, issues=tuple(some)),))


GONE = ResolvedFinding("BAD", "HIGH", "status", "orders", "Order o-2 was bad", "1" * 20, reports.LONG_AGO)


def compared(*gone: ResolvedFinding, **changes: Any) -> Report:
    """Make a report that a run before is known of, of a finding that persists."""
    seen = {"status": "persisting", "first_seen": reports.BEFORE, "since": reports.BEFORE, **changes}
    resolved = gone or (GONE,)
    return replace(
        made(replace(BASE, **seen)),
        changes=Changes(reports.BEFORE, 0, 1, 0, 1, resolved, {"status": StatusCounts(0, 1, 0, 1)}),
    )


def known(**changes: Any) -> Callable[[], tuple[Report, Report]]:
    """Give two reports that a run before is known of, the second with another finding."""
    return lambda: (compared(), compared(**changes))


def rechecked(name: str) -> Report:
    """Make a report in which the check has another name."""
    outcomes, explanations = (replace(CHECK, check=name),), (replace(PLAIN, check=name),)
    return made(replace(BASE, check=name), outcomes=outcomes, explanations=explanations)


def changed(**changes: Any) -> Callable[[], tuple[Report, Report]]:
    """Give two reports, the second with another finding."""
    return lambda: (made(), made(replace(BASE, **changes)))


def in_section(**changes: Any) -> Callable[[], tuple[Report, Report]]:
    """Give two reports, the second with another section."""
    return lambda: (made(), made(**changes))


def in_run(**changes: Any) -> Callable[[], tuple[Report, Report]]:
    """Give two reports, the second of another run."""
    return lambda: (made(), replace(made(), run=replace(reports.RUN, **changes)))


def in_report(**changes: Any) -> Callable[[], tuple[Report, Report]]:
    """Give two reports, the second with something else."""
    return lambda: (made(), replace(made(), **changes))


def explained(**changes: Any) -> Callable[[], tuple[Report, Report]]:
    """Give two reports, the second with another explanation."""
    return in_section(explanations=(replace(PLAIN, **changes),))


def retyped() -> tuple[Report, Report]:
    """Give two reports, the second with a finding of another type."""
    other = made(replace(BASE, type="WORSE"), counts={"WORSE": 40})
    return made(), other


OIDS = {"$oid": "65a000000000000000000002"}
PARTS: dict[str, Callable[[], tuple[Report, Report]]] = {
    "type": retyped,
    "severity": changed(severity="MEDIUM"),
    "report": lambda: (made(), made(replace(BASE, report="another"), name="another", title="Another title")),
    "collection": changed(collection="bills"),
    "description": changed(description="Order o-1 is worse"),
    "`document_id`, exact": changed(fields={**BASE.fields, "document_id": OIDS}),
    "its own fields, exact": changed(fields={**BASE.fields, "own": "other"}),
    "fingerprint": changed(fingerprint="0" * 20),
    "money at stake": changed(money=("lost", Decimal(99))),
    "check": lambda: (made(), rechecked("missing-link orders.other")),
    "root cause": lambda: (together(cause=()), together(cause=("own",))),
    "month or day": changed(when="2026-02"),
    "state": changed(state="unconfirmed"),
    "status against the run before": known(status="new"),
    "when it was first found": known(first_seen=reports.LONG_AGO),
    "which entry accepts it": lambda: (
        made(replace(BASE, accepted=Acceptance("known", "shop", "2026-06-30", 4))),
        made(replace(BASE, accepted=Acceptance("known", "shop", "2026-06-30", 5))),
    ),
    "what is resolved": lambda: (
        compared(),
        compared(replace(GONE, type="OTHER", description="Another is gone")),
    ),
    "page in the docs": lambda: (
        made(),
        made(replace(BASE, url="https://x/b"), explanations=(replace(PLAIN, url="https://x/b"),)),
    ),
    "every finding": lambda: (another_last("last"), another_last("other")),
    "true totals": in_section(counts={"BAD": 41}, outcomes=(replace(CHECK, findings=41),)),
    "summary figures": in_section(summary={"figure": 5}),
    "money at stake of the run": lambda: (
        made(),
        replace(made(), headline=replace(made().headline, money_at_stake={"lost": Decimal(98)})),
    ),
    "why something was not checked": in_section(outcomes=(replace(CHECK, reasons=("orders is not there",)),)),
    "what could not be read": in_report(
        troubles=(Trouble("orders", "the file ends early", "byte 8"),), troubles_total=1
    ),
    "line in the model file": in_section(outcomes=(replace(CHECK, line=13),)),
    "what was read": in_report(
        collections=(CollectionRead("orders", 7, 1, 0, present=True, whole=False, note="cut"),)
    ),
    "source": in_run(source="/elsewhere"),
    "moment from which is counted": in_run(as_of=reports.RUN.as_of - timedelta(days=40)),
    "notes on the source": in_run(notes=("Another note.",)),
    "how to repair": explained(repair="Other repair."),
    "what the check cannot see": explained(cannot_see="Other blindness."),
    "what people are to do": in_section(actions=("Call them",)),
}
"""Parts, each with two reports that differ in nothing else."""


def carried(form: str, part: str) -> bool:
    """Tell whether a form carries a part."""
    one, other = PARTS[part]()
    return text_of(form, one) != text_of(form, other)


def reason_of(form: str, part: str) -> str:
    """Give why a form lacks a part.

    Raises:
        LookupError: If nobody has given a reason.
    """
    given = REASONS.get(form, {})
    if part not in given and "*" not in given:
        raise LookupError(f"the form {form} lacks {part!r}, and nobody says why")
    return given.get(part, given.get("*", ""))


def table() -> str:
    """Give the table, and under it why something is missing."""
    names = [form.name for form in FORMS]
    notes: dict[str, int] = {}
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for part in PARTS:
        cells = []
        for name in names:
            if carried(name, part):
                cells.append("yes")
            else:
                reason = reason_of(name, part)
                cells.append(f"no ({notes.setdefault(reason, len(notes) + 1)})")
        lines.append(f"| {part} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"{number}. {reason}." for reason, number in notes.items())])


def page() -> str:
    """Give the page with its table as it is now."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
