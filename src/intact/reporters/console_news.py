"""What the console report says of the runs before: what is new or came back, what is resolved, since when the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from intact.findings import Finding, Report
from intact.findings.causes import Cause
from intact.findings.changes import CAME_BACK, NEW, PERSISTING
from intact.findings.digest import TypeDigest
from intact.findings.news import Fresh, News, compared, mark, model_text, resolved_text, seen_text, turns_text
from intact.findings.words import amount_text, clipped, counted, harmless, moment_text
from intact.reporters import console_words as words

_FRESH: Final = 8
"""Root causes of what is new that are listed."""
_TYPES: Final = 6
"""Types of what is resolved that are named."""
_LONGEST: Final = 300
"""Characters of a description that are shown."""
_MARKS: Final = {NEW: "NEW ", CAME_BACK: "CAME BACK "}


def headline(report: Report) -> list[words.Fact]:
    """Return the numbers that compare this run with the one before; none without a history."""
    changes = report.changes
    if changes is None:
        return []
    if changes.before is None:
        return [("Since the last run", "not known: this is the first run on record")]
    facts = [(f"Since {moment_text(changes.before)}", turns_text(changes))]
    return [*facts, ("Not the same audit", model_text(changes.model))] if changes.model else facts


def listed(news: News, currency: str | None) -> list[str]:
    """Say what changed, an item each: what is new first, then what is resolved, then since when the rest is there."""
    items = [_fresh(each, currency) for each in news.fresh[:_FRESH]]
    if len(news.fresh) > _FRESH:
        more = sum(each.cause.count for each in news.fresh[_FRESH:])
        items.append(f"and {counted(more, 'more finding')} marked NEW or CAME BACK below")
    unlisted = news.turns.new + news.turns.came_back - sum(each.cause.count for each in news.fresh)
    if unlisted > 0:
        items.append(f"{unlisted:,} new that this run, which was limited, does not list")
    if not items:
        items.append("Nothing new, and nothing came back.")
    if news.turns.resolved:
        how = resolved_text(news.turns)
        items.append(f"RESOLVED: {news.turns.resolved:,}{f', {how}' if how else ''}{_gone(news)}")
    if news.turns.not_comparable:
        items.append(f"NOT COMPARABLE: {news.turns.not_comparable:,}, of rules that were changed or are gone")
    if news.turns.persisting:
        since = f", the oldest since {news.oldest:%Y-%m-%d}" if news.oldest else ""
        items.append(f"AS BEFORE: {news.turns.persisting:,}{since}")
    return items


def _fresh(fresh: Fresh, currency: str | None) -> str:
    cause = fresh.cause
    first = cause.examples[0]
    if cause.count > 1 and cause.fields:
        said = words.cause(cause, currency)
    else:
        more = f" (and {cause.count - 1:,} more)" if cause.count > 1 else ""
        money = [
            f"; {words.money_name(kind)} {amount_text(amount, currency)}"
            for kind, amount in cause.money.items()
        ]
        said = f"{clipped(harmless(first.description), _LONGEST)}{more}{''.join(money)}"
    count = f"{cause.count:,} " if cause.count > 1 and not cause.fields else ""
    return f"{mark(cause)}: {cause.severity} {count}{harmless(cause.type)}: {said}"


def _gone(news: News) -> str:
    types = list(news.gone_types.items())
    if not types:
        return ""
    if sum(count for _, count in types) < news.turns.resolved:
        return "; the first of them: " + ", ".join(harmless(name) for name, _ in types[:_TYPES])
    more = f" and {len(types) - _TYPES} more types" if len(types) > _TYPES else ""
    return " (" + ", ".join(f"{count:,} {harmless(name)}" for name, count in types[:_TYPES]) + f"{more})"


def mark_one(report: Report, finding: Finding) -> str:
    """Return what stands before a finding that the run before did not have."""
    return _MARKS.get(finding.status, "") if compared(report) else ""


def since(report: Report, news: News | None, finding: Finding) -> list[str]:
    """Say since when a finding is there, where that is not this run's day, and not the same of all."""
    seen = finding.first_seen if finding.status in {PERSISTING, CAME_BACK} else None
    day = seen_text(news, seen, report)
    return [f"first seen {day}"] if day else []


def of_type(report: Report, news: News | None, found: Sequence[Cause]) -> str:
    """Say of a type how many are new, and since when the rest is there; empty where there is nothing to say."""
    if news is None:
        return ""
    new, back = sum(each.new for each in found), sum(each.came_back for each in found)
    seen = min((each.seen for each in found if each.seen and each.fresh < each.count), default=None)
    parts = [f"{number:,} {name}" for number, name in ((new, "new"), (back, "came back")) if number]
    rest = "the rest since" if parts else "since"
    day = seen_text(news, seen, report)
    return ", ".join([*parts, f"{rest} {day}"] if day else parts)


def new_on_top(report: Report, found: Sequence[Cause]) -> list[Cause]:
    """Put the root causes with something new first, worst first as before."""
    return sorted(found, key=lambda each: not each.fresh) if compared(report) else list(found)


def apart(
    kind: TypeDigest, news: News | None, shown: Sequence[Cause], rest: Sequence[Finding]
) -> list[Finding]:
    """Return findings to show one by one: what is new and of no root cause that is shown first, then the rest."""
    fresh = [
        finding
        for each in (news.fresh if news else ())
        if each.cause.type == kind.type
        for finding in each.cause.examples
        if not any(_is_of(finding, cause) for cause in shown)
    ]
    return list({finding.fingerprint: finding for finding in (*fresh, *rest)}.values())


def _is_of(finding: Finding, cause: Cause) -> bool:
    return all(finding.fields.get(name) == value for name, value in cause.fields.items())
