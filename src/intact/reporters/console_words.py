"""What the console report says, as plain sentences and pairs, without a thought for colour or width."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from intact.core.hints import command
from intact.core.values import JsonValue
from intact.findings import Finding, Outcome, Report, Section
from intact.findings.apart import not_looked_at, read_text, repeats
from intact.findings.causes import Cause
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
from intact.findings.lines import accepted_text, threshold_lines
from intact.findings.words import (
    agreed,
    amount_text,
    clipped,
    counted,
    elsewhere_text,
    harmless,
    moment_text,
    near_match_text,
    rule_name,
    share_text,
    value_text,
)

Fact = tuple[str, str]

_UNSHOWN: Final = {"document_id", "document_ids", "near_match", "elsewhere", "action", "exact"}
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
_MESSAGE: Final = 400
_EXPLAINED: Final = 3
"""Types for which the ending names a command."""


def header(report: Report) -> list[Fact]:
    """Say what was audited: whoever reads on wants to know that it is the right database."""
    run = report.run
    database = f", database {run.database}" if run.database and run.database not in run.source else ""
    return [
        ("Source", f"{harmless(run.source)} ({harmless(run.source_kind + database)})"),
        ("Read", read_text(report) + _moments(report)),
        ("As of", f"{moment_text(run.as_of)}; run {moment_text(run.generated_at)}, {run.seconds:.1f} s"),
    ]


def _moments(report: Report) -> str:
    run = report.run
    if run.moment:
        return f", as of {moment_text(run.moment)}"
    if run.one_moment:
        return ", as of one moment"
    return "" if run.notes else ", not as of one moment"


def about(report: Report) -> list[Fact]:
    """Say how it was audited, and what else a reader should know of the source."""
    run = report.run
    facts = [
        ("Model", f"{harmless(run.model)} ({harmless(run.model_file)})"),
        ("By", f"intact {run.version}, projector {run.projector}, engine {run.engine}"),
    ]
    if run.read_from and run.read_until:
        facts.append(("Read", f"from {moment_text(run.read_from)} until {moment_text(run.read_until)}"))
    notes = [
        *run.notes,
        *repeats(report),
        *(f"{c.name}: {c.note}" for c in report.collections if c.note and c.whole),
    ]
    facts += [("Note", clipped(harmless(note), _MESSAGE)) for note in notes]
    return facts + [("Unread", clipped(harmless(said), _MESSAGE)) for said in not_looked_at(report)]


def looked_again(section: Section) -> str:
    """Say what became of findings whose documents were read again; empty where there is nothing to say."""
    said = []
    if section.vanished:
        said.append(f"{section.vanished:,} more were no longer wrong when looked at again")
    if section.unconfirmed:
        said.append(f"{section.unconfirmed:,} could not be looked at again (unconfirmed)")
    return f"{'; '.join(said)}." if said else ""


def cause(found: Cause, currency: str | None) -> str:
    """Return a root cause in a line: how many findings, what they share, when, how much."""
    shared = ", ".join(
        f"{harmless(name)} missing"
        if value is None
        else f"{harmless(name)} {clipped(value_text(value), _VALUE)}"
        for name, value in found.fields.items()
    )
    parts = [f"{found.count:,} with {shared}"]
    if found.first:
        parts.append(found.first if found.first == found.last else f"{found.first} to {found.last}")
    parts += [f"{money_name(kind)} {amount_text(amount, currency)}" for kind, amount in found.money.items()]
    return "; ".join(parts)


def cause_examples(found: Cause, room: int) -> str:
    """Name findings of a root cause, as many as fit into a line."""
    line = ""
    named: set[str] = set()
    for finding in found.examples:
        own = next(((n, v) for n, v in finding.fields.items() if n not in found.fields), None)
        text = "" if own is None else clipped(value_text(own[1]), _VALUE)
        if own is None or text in named:  # a document in two currencies has two findings
            continue
        named.add(text)
        more = f"{line}, {text}" if line else f"such as {harmless(own[0])} {text}"
        if line and len(more) > room:
            break
        line = more
    return line


def apart(kind: TypeDigest, found: Sequence[Cause], together: Sequence[Cause]) -> list[Finding]:
    """Return findings to show one by one: of no root cause that is shown already, the most money at stake first."""
    alone = [finding for each in found if each not in together for finding in each.examples]
    known = {finding.fingerprint for finding in alone}
    listed = [finding for finding in kind.examples if not together or finding.fingerprint in known]
    return list({finding.fingerprint: finding for finding in (*listed, *alone)}.values())


def verdict(report: Report, sections: Sequence[SectionDigest]) -> tuple[str, str, list[str]]:
    """Say how the run ended: a word, a sentence, and lines of what else to know."""
    found = findings_total(report)
    missing = [] if report.complete else ["Part of the audit could not be done: see NOT CHECKED."]
    if report.failing:
        make = agreed(report.failing, "makes", "make")
        what = f"{report.failing:,} of {counted(found, 'finding')} {make} this run fail"
        return "ACT NOW", what, [_named(failing_types(sections)), *threshold_lines(report), *missing]
    stands = threshold_lines(report)
    if not report.complete:
        return "INCOMPLETE", f"{counted(found, 'finding')}, none at which this run fails", [*stands, *missing]
    if found:
        return "FOUND", f"{counted(found, 'finding')}, none at which this run fails", stands
    if not report.headline.documents_scanned:
        return "EMPTY", "nothing was checked: there is no document", []
    return "CLEAN", "nothing found, and everything was checked", []


def _named(types: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {harmless(name)}" for name, count in types.items())


def headline(report: Report) -> list[Fact]:
    """Return the numbers on top, the user's sum first."""
    head = report.headline
    affected = f"{head.documents_affected:,} of {head.documents_scanned:,}"
    facts = [
        ("Total Critical Issues Found", f"{head.total_critical_issues:,}"),
        ("Critical findings", f"{head.critical:,}"),
        ("Findings", f"{findings_total(report):,}"),
        ("Documents affected", affected + share_text(head.documents_affected, head.documents_scanned)),
    ]
    if accepted := accepted_text(report):
        facts.append(("Accepted", accepted))
    if head.money_at_stake:
        facts.append(("Money at stake", ""))
    return facts


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


def noted(section: Section) -> list[str]:
    """Say what is to be known of the rules of a report beside what they found, the same of several once."""
    said: dict[str, list[str]] = {}
    for each in section.outcomes:
        for note in each.notes:
            said.setdefault(note, []).append(rule_name(section, each))
    return [clipped(harmless(f"{', '.join(rules)}: {note}"), _MESSAGE) for note, rules in said.items()]


def _checks(outcomes: tuple[Outcome, ...]) -> str:
    """Name the checks that share a reason, a few of them by their finding types."""
    types = list(dict.fromkeys(each.type for each in outcomes))
    more = f" and {len(types) - _TYPES} more" if len(types) > _TYPES else ""
    return ", ".join(types[:_TYPES]) + more


def evidence(finding: Finding) -> list[str]:
    """Return what a finding carries and its description does not say, the most useful first."""
    said = harmless(finding.description)
    fields = {name: value for name, value in finding.fields.items() if name not in _UNSHOWN}
    if not fields:
        fields = {"document_id": finding.fields.get("document_id")}
    amount = finding.money[1] if finding.money else None
    parts: list[tuple[int, str]] = []
    near = finding.fields.get("near_match")
    if isinstance(near, dict):
        parts.append((1, clipped(near_match_text(near), 2 * _VALUE)))
    place = finding.fields.get("elsewhere")
    if isinstance(place, dict):
        parts.append((1, clipped(elsewhere_text(place), 2 * _VALUE)))
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
    """Return one field as text; nothing where it has nothing to add."""
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
    shown = said[:_MESSAGE]
    # Looked for as it is first: to make a pattern of a value of a megabyte takes a quarter of a minute.
    return text in shown and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", shown) is not None


def money_name(kind: str) -> str:
    """Return a kind of money in words."""
    return clipped(harmless(kind).replace("_", " "), _VALUE)


def aside(kind: TypeDigest, currency: str | None) -> str:
    """Return what stands beside a type: severities if it has several, money at stake, how many have a near match."""
    parts = [kind.severity_text] if len(kind.severities) > 1 else []
    parts += [f"{money_name(name)} {amount_text(amount, currency)}" for name, amount in kind.money.items()]
    if kind.accepted:
        parts.append(f"{kind.accepted:,} accepted")
    if kind.near:
        parts.append(f"{kind.near:,} with a near match")
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: what, and the commands or places for it."""

    what: str
    lines: tuple[str, ...] = ()


def next_steps(
    report: Report, sections: Sequence[SectionDigest], saved: Sequence[str], usual: str
) -> list[Step]:
    """Return what to do next, the worst first; ``usual`` is the model that a command takes without being told."""
    steps: list[Step] = []
    model = _named_model(report)
    if unsure := sum(each.findings for each in report.not_evaluated):
        steps.append(
            Step(f"Put right what stands under NOT CHECKED, and run again: {_found_by_those(unsure)}")
        )
    kinds = [kind for each in sections for kind in each.types]
    if first := sorted(filter(lambda kind: kind.open, kinds), key=lambda kind: not kind.failing)[:_EXPLAINED]:
        named = [
            f"{kind.open:,} {harmless(kind.type)}{_at_stake(kind, report.run.currency)}" for kind in first
        ]
        commands = tuple(
            command("explain", name, model=model, usual=usual)
            for name in dict.fromkeys(harmless(kind.type) for kind in first)
        )
        begin = "Then look at" if unsure else "Begin with"
        steps.append(Step(f"{begin} {', then '.join(named)}. What it means, how to repair it:", commands))
    if near := sum(kind.near for kind in kinds):
        findings = "1 finding has" if near == 1 else f"{near:,} findings have"
        steps.append(
            Step(f"{findings} a near match: the record is there, written otherwise. Correct those first.")
        )
    if not report.complete and not unsure:
        steps.append(Step("Put right what stands under NOT CHECKED, and run again."))
    if findings_total(report) > listed_total(report):
        steps.append(Step("This run was limited; for all findings run it again without --limit."))
    if saved:
        steps.append(Step("Find every listed finding with all its ids in:", _files(saved)))
    elif kinds:
        what = "Get every finding with all its ids, and a document a report for those who act on it: run again with"
        steps.append(Step(what, ("--output report.html --documents DIRECTORY",)))
    return steps


def _named_model(report: Report) -> str:
    """Return how a command names the model of a report: its file, or the name of a shipped one."""
    run = report.run
    own = os.path.exists(run.model_file)  # noqa: PTH110 - may be a name that no path can have
    return harmless(run.model_file if own else run.model)


def _found_by_those(count: int) -> str:
    return f"{counted(count, 'finding')} of the rules named there may be no {'fault' if count == 1 else 'faults'}."


def _at_stake(kind: TypeDigest, currency: str | None) -> str:
    money = max(kind.money.items(), key=lambda each: each[1], default=None)
    return f" ({money_name(money[0])} {amount_text(money[1], currency)})" if money else ""


def _files(saved: Sequence[str]) -> tuple[str, ...]:
    """Name the files; of many documents in one directory, the directory."""
    documents = [each for each in saved if each.endswith(".md")]
    if len(documents) <= _EXPLAINED:
        return tuple(map(harmless, saved))
    others = [harmless(each) for each in saved if not each.endswith(".md")]
    where = os.path.dirname(documents[0]) or "."  # noqa: PTH120 - as the user has written it
    return (*others, f"{harmless(where)}{os.sep}*.md ({len(documents)} documents, one a report)")


def exit_meaning(report: Report, sections: Sequence[SectionDigest]) -> str:
    """Say what the exit code of this run is, and why."""
    line = ", ".join(harmless(each) for each in report.fail_on) or "no threshold is set"
    if report.exit_code == 1:
        return f"Exit code 1: {_named(failing_types(sections)) or counted(report.failing, 'finding')}."
    found = findings_total(report)
    which = "which does not fail the run" if found == 1 else "none of which fails the run"
    what = f"{counted(found, 'finding')}, {which}" if found else "nothing found that fails the run"
    if not report.complete:
        return f"Exit code 3: not everything could be checked; {what} ({line})."
    if not report.headline.documents_scanned:
        return f"Exit code 0: {what} ({line}), for there was no document to check."
    return f"Exit code 0: {what} ({line}), and everything was checked."
