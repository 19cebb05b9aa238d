"""What the console report says, as plain sentences and pairs, without a thought for colour or width."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from intact.findings import Finding, Outcome, Report
from intact.findings.digest import (
    SectionDigest,
    TypeDigest,
    failing_types,
    findings_total,
    listed_total,
    troubles_by_what,
    unchecked,
)
from intact.findings.document import tidy
from intact.findings.words import (
    amount_text,
    clipped,
    counted,
    harmless,
    moment_text,
    near_match_text,
    value_text,
)
from intact.values import JsonValue

Fact = tuple[str, str]

_UNSHOWN: Final = {"document_id", "document_ids", "near_match", "action", "exact"}
"""Fields that the line under an example leaves out, or says in another way."""
_FIRST: Final = ("suggestion", "keep", "stale")
"""Fields that are shown whatever else there is, since they say what to do."""
_TRUE: Final = {"case_only": "only the letter case differs"}
"""How a flag is said that is true; others by their name."""
_AMOUNT: Final = 2
"""Place of the money at stake. What stands there or before is always shown."""
_VALUE: Final = 80
"""Characters of one value that are shown."""
_LINE: Final = 110
"""Characters under an example, after which fields are left out."""
_LISTED: Final = 2
"""Elements of a list that are shown."""
_TYPES: Final = 4
"""Finding types named for one reason."""
_LEAST_SHARE: Final = 0.001
_MESSAGE: Final = 400
_EXPLAINED: Final = 3
"""Types for which the ending names a command."""


def header(report: Report) -> list[Fact]:
    """Say what was run on what."""
    run = report.run
    database = f", database {run.database}" if run.database and run.database not in run.source else ""
    present = sum(each.present for each in report.collections)
    read = f"{counted(report.headline.documents_scanned, 'document')} of {counted(present, 'collection')}"
    moments = ", as of one moment" if run.one_moment else "" if run.notes else ", not as of one moment"
    facts = [
        ("Source", f"{harmless(run.source)} ({harmless(run.source_kind + database)})"),
        ("Read", read + moments),
        ("Model", harmless(run.model)),
        ("As of", f"{moment_text(run.as_of)}; run {moment_text(run.generated_at)}, {run.seconds:.1f} s"),
        ("By", f"intact {run.version}, projector {run.projector}, engine {run.engine}"),
    ]
    notes = [
        *run.notes,
        *_repeated(report),
        *(f"{c.name}: {c.note}" for c in report.collections if c.note and c.whole),
    ]
    return facts + [("Note", clipped(harmless(note), _MESSAGE)) for note in notes]


def _repeated(report: Report) -> list[str]:
    """Name the collections with documents that give a field twice."""
    found = [f"{each.repeated:,} in {each.name}" for each in report.collections if each.repeated]
    return (
        [f"Documents that give a field twice, of which the first counts: {', '.join(found)}."]
        if found
        else []
    )


def verdict(report: Report, sections: Sequence[SectionDigest]) -> tuple[str, str, list[str]]:
    """Say how the run ended: a word, a sentence, and lines of what else to know."""
    found = findings_total(report)
    missing = [] if report.complete else ["Part of the audit could not be done: see NOT CHECKED."]
    if report.failing:
        what = f"{report.failing:,} of {counted(found, 'finding')} make this run fail"
        return "ACT NOW", what, [_named(failing_types(sections)), *missing]
    if not report.complete:
        return "INCOMPLETE", f"{counted(found, 'finding')}, none at which this run fails", missing
    if found:
        return "FOUND", f"{counted(found, 'finding')}, none at which this run fails", []
    return "CLEAN", "nothing found, and everything was checked", []


def _named(types: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {harmless(name)}" for name, count in types.items())


def headline(report: Report) -> list[Fact]:
    """Give the numbers on top, the user's sum first."""
    head = report.headline
    affected = f"{head.documents_affected:,} of {head.documents_scanned:,}"
    facts = [
        ("Total Critical Issues Found", f"{head.total_critical_issues:,}"),
        ("Findings", f"{findings_total(report):,}"),
        ("Documents affected", affected + _share(head.documents_affected, head.documents_scanned)),
    ]
    if head.new is not None or head.resolved is not None:
        facts.append(("Since the last run", f"{head.new or 0:,} new, {head.resolved or 0:,} resolved"))
    if head.money_at_stake:
        facts.append(("Money at stake", ""))
    return facts


def _share(part: int, whole: int) -> str:
    if not part or not whole:
        return ""
    return " (less than 0.1 %)" if part / whole < _LEAST_SHARE else f" ({100 * part / whole:.1f} %)"


def not_checked(report: Report) -> list[str]:
    """Say what could not be read, and then what was not audited because of it; each once."""
    entries: list[str] = []
    for (collection, what), group in troubles_by_what(report.troubles).items():
        where = group[0].where
        place = where if not collection or collection in where else f"{collection}, {where}"
        others = f" (and {len(group) - 1:,} more like it)" if len(group) > 1 else ""
        entries.append(f"{place}: {what.rstrip('.')}{others}. {group[0].hint}".rstrip(" "))
    unlisted = report.troubles_total - len(report.troubles)
    if unlisted > 0:
        entries.append(f"{counted(unlisted, 'more trouble')} not listed")
    for each in unchecked(report):
        reason = each.reason
        for trouble in report.troubles:
            reason = reason.replace(f" ({trouble.where}: {trouble.what})", "")  # it has just been said
        entries.append(f"{_checks(each.outcomes)}: {reason}")
    return [clipped(harmless(entry), _MESSAGE) for entry in entries]


def _checks(outcomes: tuple[Outcome, ...]) -> str:
    """Name the checks that share a reason, a few of them by their finding types."""
    types = list(dict.fromkeys(each.type for each in outcomes))
    more = f" and {len(types) - _TYPES} more" if len(types) > _TYPES else ""
    return ", ".join(types[:_TYPES]) + more


def evidence(finding: Finding) -> list[str]:
    """Give what a finding carries and its description does not say, the most useful first."""
    said = harmless(finding.description)
    fields = {name: value for name, value in finding.fields.items() if name not in _UNSHOWN}
    if not fields:
        fields = {"document_id": finding.fields.get("document_id")}
    amount = finding.money[1] if finding.money else None
    parts: list[tuple[int, str]] = []
    near = finding.fields.get("near_match")
    if isinstance(near, dict):
        parts.append((1, clipped(near_match_text(near), 2 * _VALUE)))
    for name, value in fields.items():
        if text := _field(name, value, said):
            place = _place(name, value, amount)
            amount = None if place == _AMOUNT else amount  # another field with the same amount is no news
            parts.append((place, text))
    parts.sort(key=lambda part: part[0])  # stable: among equals the order of the finding
    shown = [text for place, text in parts if place <= _AMOUNT]
    for text in (text for place, text in parts if place > _AMOUNT):
        if sum(map(len, shown)) + len(text) <= _LINE:
            shown.append(text)
    return shown


def packed(parts: Sequence[str], room: int) -> list[str]:
    """Put parts into lines, as many as fit; none is broken that could stand on a line of its own."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 3 <= room:  # the separator before it, and one after it
            lines[-1] += f"; {part}"
        else:
            lines.append(part)
    return [f"{line};" for line in lines[:-1]] + lines[-1:]


def _place(name: str, value: JsonValue, amount: Decimal | None) -> int:
    """Say how early a field is shown: ids, what was meant, the money at stake, lists of ids, the rest."""
    if name in _FIRST:
        return 1
    if name.endswith("_id"):
        return 0
    if amount is not None and isinstance(value, Decimal) and abs(value) == amount:
        return _AMOUNT
    return 3 if name.endswith("_ids") else 4


def _field(name: str, value: JsonValue, said: str) -> str:
    """Give one field as text; nothing where it has nothing to add."""
    if value is None or value is False or value == []:
        return ""
    if value is True:
        return _TRUE.get(name, harmless(name))
    if isinstance(value, list):
        listed = ", ".join(clipped(value_text(each), _VALUE) for each in value[:_LISTED])
        more = f" and {len(value) - _LISTED:,} more" if len(value) > _LISTED else ""
        return f"{harmless(name)}: {listed}{more}"
    text = value_text(value)
    if isinstance(value, Decimal) and _says(said, str(tidy(value))):
        return ""
    return "" if _says(said, text) else f"{harmless(name)}: {clipped(text, _VALUE)}"


def _says(said: str, text: str) -> bool:
    """Whether a description already shows a value."""
    if len(text) > len(said):
        return False
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", said[:_MESSAGE]) is not None


def money_name(kind: str) -> str:
    """Give a kind of money in words."""
    return clipped(harmless(kind).replace("_", " "), _VALUE)


def aside(kind: TypeDigest, currency: str | None) -> str:
    """Give what belongs beside a type: the money at stake, and how many findings have a near match."""
    parts = [f"{money_name(name)} {amount_text(amount, currency)}" for name, amount in kind.money.items()]
    if kind.near:
        parts.append(f"{kind.near:,} with a near match")
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: what, and the commands or places for it."""

    what: str
    lines: tuple[str, ...] = ()


def next_steps(report: Report, sections: Sequence[SectionDigest], saved: Sequence[str]) -> list[Step]:
    """Give what to do next, the worst first."""
    steps: list[Step] = []
    found = [*failing_types(sections), *(kind.type for each in sections for kind in each.types)]
    if types := [harmless(name) for name in dict.fromkeys(found)][:_EXPLAINED]:
        commands = tuple(f"intact explain {name}" for name in types)
        steps.append(Step("See what a finding means, how to repair it, and its query:", commands))
    if near := sum(kind.near for each in sections for kind in each.types):
        findings = "1 finding has" if near == 1 else f"{near:,} findings have"
        steps.append(
            Step(f"{findings} a near match: the record is there, written otherwise. Correct those first.")
        )
    if not report.complete:
        steps.append(Step("Put right what stands under NOT CHECKED, and run again."))
    if findings_total(report) > listed_total(report):
        steps.append(Step("This run was limited; for all findings run it again without --limit."))
    if saved:
        steps.append(Step("Find every listed finding with all its ids in:", tuple(map(harmless, saved))))
    elif types:
        steps.append(Step("Get every finding with all its ids: run again with", ("--output report.json",)))
    return steps


def exit_meaning(report: Report, sections: Sequence[SectionDigest]) -> str:
    """Say what the exit code of this run is, and why."""
    line = ", ".join(harmless(each) for each in report.fail_on) or "no finding at all"
    if report.exit_code == 1:
        return f"Exit code 1: {_named(failing_types(sections)) or counted(report.failing, 'finding')}."
    if not report.complete:
        return f"Exit code 3: not everything could be checked. Nothing found that fails the run ({line})."
    return f"Exit code 0: nothing found that fails the run ({line}), and everything was checked."
