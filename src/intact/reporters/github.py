"""The report for GitHub Actions: annotations as workflow commands, and a step summary in Markdown.

GitHub shows ten errors, ten warnings and ten notices of a step and drops the others, so an annotation is a finding type
with its totals and one example; the last of ten says how many more there are. The summary has the totals and the worst
root causes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Final

from intact.core.amounts import add_money
from intact.core.terms import SEVERITIES
from intact.findings import Finding, Report
from intact.findings.causes import Cause, causes
from intact.findings.digest import findings_total
from intact.findings.document import Document
from intact.findings.news import News, compared, mark, model_text, news, resolved_text, seen_text, turns_text
from intact.findings.shell import document_query
from intact.findings.shortened import short_fields
from intact.findings.words import agreed, amount_text, clipped, counted, harmless, moment_text, rule_name
from intact.reporters.console_words import not_checked
from intact.reporters.declared import Declared
from intact.reporters.finding_record import fields, record, visible
from intact.reporters.markdown.escape import code, marked, table, text, value

SHOWN: Final = 10
"""Annotations of one level that GitHub shows for a step."""

CAUSES: Final = 30
"""Root causes in the summary, of those that several findings share."""

_NAME: Final = 100
"""Characters of a name in a title."""
_LONGEST: Final = 1_000
"""Characters of one line of an annotation; GitHub cuts a message after some thousands."""
_REASONS: Final = 50
_LEVELS: Final = ("error", "warning", "notice")


def render(report: Report) -> Iterator[str]:
    """Yield the annotations, a line each."""
    found: dict[str, list[_Annotation]] = {level: [] for level in _LEVELS}
    for entry in not_checked(report):
        found["warning"].append(_Annotation("Not checked", (entry,)))
    declared, since = Declared(report), news(report)
    for group in _by_type(_worst(report)):
        line = declared.line(group[0].examples[0].report, group[0].type, group[0].check)
        place = {"file": declared.file, "line": str(max(line, 1))}
        found[_level(report, group[0])].append(
            _Annotation(_title(report, group), tuple(_message(report, group, since)), place)
        )
    for level, made in found.items():
        yield from _commands(level, made)
    changed = report.changes.model if report.changes else None
    told = (_verdict(report), *((f"Not the same audit: {model_text(changed)}.",) if changed else ()))
    yield _command("notice", _Annotation("intact", told))


@dataclass(frozen=True, slots=True)
class _Annotation:
    """What is shown beside a file, or at the step."""

    title: str
    lines: Sequence[str]
    place: Mapping[str, str] | None = None


def _commands(level: str, annotations: Sequence[_Annotation]) -> Iterator[str]:
    """Yield the annotations of one level that GitHub will show, and how many it would not."""
    room = SHOWN - (level == "notice")  # one is the verdict's
    shown = annotations if len(annotations) <= room else annotations[: room - 1]
    for each in shown:
        yield _command(level, each)
    if more := len(annotations) - len(shown):
        yield _command(
            level, _Annotation("And more", (f"{more:,} more of this kind: see the summary of this step.",))
        )


def _command(level: str, annotation: _Annotation) -> str:
    place = "".join(f"{name}={_property(value)}," for name, value in (annotation.place or {}).items())
    message = _data("\n".join(clipped(each, _LONGEST) for each in annotation.lines))
    return f"::{level} {place}title={_property(annotation.title)}::{message}\n"


def _data(words: str) -> str:
    """Write a message as the runner reads it."""
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    """Write a property as the runner reads it."""
    return _data(words).replace(":", "%3A").replace(",", "%2C")


def _worst(report: Report) -> list[Cause]:
    """Return the root causes: what is new, then those that fail the run, then by severity, money and number."""
    issues = chain.from_iterable(section.issues for section in report.sections)
    found = causes(each for each in issues if each.accepted is None)
    known = compared(report)
    return sorted(
        found,
        key=lambda cause: (
            known and not cause.fresh,
            not _fails(report, cause),
            _LEVELS.index(_level(report, cause)),
        ),
    )  # stable


def _by_type(found: Sequence[Cause]) -> list[list[Cause]]:
    """Put the causes of one type in one collection together, the worst type first."""
    groups: dict[tuple[str, str], list[Cause]] = {}
    for cause in found:
        groups.setdefault((cause.type, cause.collection), []).append(cause)
    return list(groups.values())


def _fails(report: Report, cause: Cause) -> bool:
    """Tell whether the run fails at a cause."""
    return any(section.failing.get(cause.type) for section in report.sections)


def _level(report: Report, cause: Cause) -> str:
    if cause.severity == SEVERITIES[0] or _fails(report, cause):
        return "error"
    return "warning" if cause.severity == SEVERITIES[1] else "notice"


def _title(report: Report, group: Sequence[Cause]) -> str:
    total = sum(cause.count for cause in group)
    new = _new(report, group)
    type_, collection = clipped(group[0].type, _NAME), clipped(group[0].collection, _NAME)
    return harmless(f"{f'{new}: ' if new else ''}{type_}: {counted(total, 'finding')} in {collection}")


def _new(report: Report, group: Sequence[Cause]) -> str:
    """Mark a type of which some is new: ``NEW``, ``2 NEW``; empty where nothing is, or without a run before."""
    return mark(*group) if compared(report) else ""


def _message(report: Report, group: Sequence[Cause], since: News | None) -> Iterator[str]:
    """Say what is wrong and how much, then show one of the findings with its exact values."""
    worst = group[0]
    first = worst.examples[0]
    yield harmless(first.description)
    yield from _sums(report, group, since)
    if worst.fields and worst.count > 1:
        yield f"The worst cause, with {counted(worst.count, 'finding')}: {visible(dict(worst.fields))}"
    yield f"For example: {_example(first)}"
    yield visible(_rest(first))
    if query := document_query(first):
        yield f"In mongosh: {query}"
    explained = report[first.report].explanation(first)
    if explained and explained.repair:
        yield f"How to repair it: {' '.join(explained.repair.split())}"
    if first.url:
        yield first.url


def _example(finding: Finding) -> str:
    """Return a finding's own fields as JSON that a line has room for."""
    own = fields(finding)
    for longest, listed in ((_LONGEST, _LONGEST), (200, 20), (200, 5), (200, 2), (60, 2), (20, 2)):
        written = visible(short_fields(own, longest, listed))
        if len(written) <= _LONGEST:
            break
    return written


def _sums(report: Report, group: Sequence[Cause], since: News | None) -> Iterator[str]:
    """Yield what all findings of a type come to."""
    total, shared = sum(cause.count for cause in group), [cause for cause in group if cause.fields]
    if shared and len(group) < total:
        yield f"{counted(total, 'finding')} with {counted(len(group), 'root cause')}"
    for kind, amount in _money(group).items():
        yield f"Money at stake, {harmless(kind)}: {amount_text(amount, report.run.currency)}"
    if when := _when(group):
        yield f"When: {when}"
    if seen := _seen(report, group, since):
        yield f"First seen: {seen}"
    if unconfirmed := sum(cause.unconfirmed for cause in group):
        yield f"Could not be looked at again: {unconfirmed:,}"


def _money(group: Sequence[Cause]) -> dict[str, Decimal]:
    """Add up what the findings of a type put at stake, by kind."""
    money: dict[str, Decimal] = {}
    for cause in group:
        for each in cause.money.items():
            add_money(money, each)
    return money


def _when(group: Sequence[Cause]) -> str:
    """Say from when to when the findings of a type are; empty where none of them has a date."""
    since, until = [c.first for c in group if c.first], [c.last for c in group if c.last]
    if not (since and until):
        return ""
    return min(since) if min(since) == max(until) else f"{min(since)} to {max(until)}"


def _seen(report: Report, group: Sequence[Cause], since: News | None) -> str:
    """Say since when there are such findings; empty where that is this run, or the day of all of them."""
    return seen_text(since, min((cause.seen for cause in group if cause.seen), default=None), report)


def _rest(finding: Finding) -> Document:
    own = ("type", "description", "fields", "collection", "page", "money")
    return {
        name: given
        for name, given in record(finding).items()
        if name not in own and given not in (None, "", [])
    }


def _verdict(report: Report) -> str:
    found = counted(findings_total(report), "finding")
    part = "" if report.complete else " Part of the audit could not be done."
    fails = (
        f", {report.failing:,} of which {agreed(report.failing, 'makes', 'make')} the run fail"
        if report.failing
        else ""
    )
    fails += (
        f", {report.accepted:,} of which {agreed(report.accepted, 'is', 'are')} accepted"
        if report.accepted
        else ""
    )
    changes = report.changes
    since = ""
    if changes and changes.before:
        since = f" Since {moment_text(changes.before)}: {turns_text(changes)}."
    return f"{found} in {counted(report.headline.documents_scanned, 'document')}{fails}.{since}{part}"


def summary(report: Report) -> Iterator[str]:
    """Yield the step summary as Markdown, ending with a line break."""
    run = report.run
    yield f"## {text(run.model_title)}: {text(_verdict(report))}\n\n"
    yield f"{code(run.source)}, counted as of {moment_text(run.as_of)}, by intact {text(run.version)}.\n\n"
    head = report.headline
    yield f"Critical findings: {head.critical:,}. Total Critical Issues Found: {head.total_critical_issues:,}.\n\n"
    yield "".join(f"{text(note)}\n\n" for note in run.notes)
    if report.headline.money_at_stake:
        rows = [
            [text(kind), amount_text(amount, run.currency)]
            for kind, amount in report.headline.money_at_stake.items()
        ]
        yield table(["Money at stake", "Amount"], rows, right=(1,)) + "\n"
    yield from _totals(report)
    yield from _not_checked(report)
    yield from _noted(report)
    yield from _found(report)
    yield from _resolved(report)


def _totals(report: Report) -> Iterator[str]:
    rows = []
    for section in report.sections:
        state = "not fully checked" if any(each.reasons for each in section.outcomes) else "checked"
        counts = ", ".join(f"{count:,} {code(name)}" for name, count in section.counts.items() if count)
        rows.append([text(section.title), f"{sum(section.counts.values()):,}", state, counts or "clean"])
    yield table(["Report", "Findings", "State", "Of which"], rows, right=(1,)) + "\n"


def _not_checked(report: Report) -> Iterator[str]:
    entries = not_checked(report)
    if not entries:
        return
    yield "### Not checked\n\nThat nothing was found here does not mean that nothing is wrong.\n\n"
    yield "".join(f"- {marked(entry)}\n" for entry in entries[:_REASONS])
    if len(entries) > _REASONS:
        yield f"- and {len(entries) - _REASONS:,} more\n"
    yield "\n"


def _noted(report: Report) -> Iterator[str]:
    """Say what is to be known of rules beside what they found."""
    entries = [
        f"{code(rule_name(section, each))}: {marked(note)}"
        for section in report.sections
        for each in section.outcomes
        for note in each.notes
    ]
    if entries:
        yield "### About the rules\n\n" + "".join(f"- {entry}\n" for entry in entries[:_REASONS])
        yield f"- and {len(entries) - _REASONS:,} more\n\n" if len(entries) > _REASONS else "\n"


def _found(report: Report) -> Iterator[str]:
    """Yield a row a finding type, the worst first, and then the causes that several findings share."""
    found = _worst(report)
    if not found:
        return
    since = news(report)
    first = "what is new first" if since else "the worst first"
    yield f"### What is wrong, {first}\n\n"
    heads = ["Severity", "Findings", "What", "Money", "When", "For example", "Its document"]
    heads += ["Status", "First seen"] if since else []
    yield table(heads, [_type_row(report, group, since) for group in _by_type(found)], right=(1,))
    shared = [cause for cause in found if cause.count > 1 and cause.fields]
    if not shared:
        return
    yield "\n### Causes that several findings share\n\n"
    yield table(["Findings", "What", "They share"], map(_cause_row, shared[:CAUSES]), right=(0,))
    if len(shared) > CAUSES:
        yield f"\nand {len(shared) - CAUSES:,} more; the other forms of the report list every finding.\n"


def _resolved(report: Report) -> Iterator[str]:
    """Name what is resolved since the run before, type by type."""
    changes = report.changes
    if changes is None or not changes.resolved:
        return
    how = resolved_text(changes)
    yield f"\n### Resolved: {changes.resolved:,}{f' ({how})' if how else ''}\n\n"
    rows = [
        [
            each.severity,
            f"{code(each.type)} in {code(each.collection)}",
            text(clipped(each.description, _LONGEST)),
            each.how or "-",
        ]
        for each in changes.gone[:CAUSES]
    ]
    yield table(["Severity", "What", "Which", "How"], rows)
    if changes.resolved > CAUSES:
        yield f"\nand {changes.resolved - CAUSES:,} more.\n"


def _type_row(report: Report, group: Sequence[Cause], since: News | None) -> list[str]:
    first = group[0].examples[0]
    page = f"[{code(first.type)}]({first.url})" if first.url else code(first.type)
    money, when = _money(group), _when(group)
    return [
        group[0].severity,
        f"{sum(cause.count for cause in group):,}",
        f"{page} in {code(first.collection)}",
        ", ".join(
            f"{amount_text(amount, report.run.currency)} {text(kind)}" for kind, amount in money.items()
        ),
        when,
        text(clipped(first.description, _LONGEST)),
        value(first.fields.get("document_id", first.fields.get("document_ids")), _LONGEST),
        *([_new(report, group) or "as before", _seen(report, group, since)] if since else []),
    ]


def _cause_row(cause: Cause) -> list[str]:
    shared = ", ".join(f"{code(name)} {value(shown, _LONGEST)}" for name, shown in cause.fields.items())
    return [f"{cause.count:,}", f"{code(cause.type)} in {code(cause.collection)}", shared]


__all__ = ["CAUSES", "SHOWN", "render", "summary"]
