"""What a person is told: a title and a few lines, the worst on top, one entry a root cause."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from intact.core.amounts import add_money
from intact.core.hints import command
from intact.core.terms import SEVERITIES, rank
from intact.core.values import JsonValue
from intact.findings.causes import Cause, causes
from intact.findings.changes import CAME_BACK, CURED, DESTROYED, NEW, ModelChange, StatusCounts
from intact.findings.news import model_text, resolved_text
from intact.findings.records import Finding
from intact.findings.words import amount_text, clipped, counted, harmless, value_text
from intact.model.model_files import shipped

CAUSES: Final = 20
"""How many root causes a letter tells one by one; the rest are counted."""

_CLIP: Final = 200
_OBEYED: Final = re.compile(
    r"""@(?=everyone|here|channel|room|all\b|[*_&!\#<]) | (?<!\w)@(?=\w)    # calls to everyone, or to somebody
    | <(?!\s)                         # what Slack and Google Chat take for one, their links, HTML
    | \](?=[(:\[])                     # links and pictures of Markdown
    | :(?=//) | (?i:\bwww)(?=\.)       # what becomes a link by itself
    | =(?=\?)                         # an encoded word in a mail's subject
    | `(?=`) | \|(?=\|) | ~(?=~)       # fences, spoilers
    """,
    re.VERBOSE,
)
"""Where a chat or a mail program would do something other than show the text."""


@dataclass(frozen=True, slots=True)
class Item:
    """One appearance of a finding that somebody is to be told of.

    Attributes:
        number: Of the finding in the history.
        since: When it appeared, in UTC milliseconds.
        gone: Whether it is resolved by now.
        finding: The finding, as far as the history has it.
        by_changed_rule: Whether its rule was new or had been changed when it appeared.
        how: How it was resolved; None where it is there, or that is not known.
    """

    number: int
    since: int
    gone: bool
    finding: Finding
    by_changed_rule: bool = False
    how: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run: it failed, was incomplete, never ended, works again."""

    number: int
    kind: str
    text: str
    made: datetime


@dataclass(frozen=True, slots=True)
class NotificationPart:
    """What is told of one audit.

    Attributes:
        clear: Whether nothing of what was told is left.
        not_comparable: Of how much of what was told that is not known, since its rule was changed or is gone.
        ended: How what was told was resolved, where nothing is left.
        model_change: How the model was changed since the first of the items appeared; None where it was not.
    """

    audit: int
    subject: str
    model: str
    currency: str | None
    link: str
    items: Sequence[Item] = ()
    clear: bool = False
    not_comparable: int = 0
    ended: StatusCounts | None = None
    model_change: ModelChange | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """What goes to one target.

    Attributes:
        mood: ``failure``, ``warning``, ``info`` or ``success``, as Apprise names them.
        told: The appearances in it: number of the finding, and since when.
        events: Numbers of the events in it.
        alarmed: Audits of which it tells findings that are there.
        cleared: Audits of which it says that all is clear.
        digest: Whether a digest is in it.
    """

    title: str
    body: str
    mood: str
    told: Sequence[tuple[int, int]] = ()
    events: Sequence[int] = ()
    alarmed: Sequence[int] = ()
    cleared: Sequence[int] = ()
    digest: bool = False


@dataclass(slots=True)
class _Page:
    """Paragraphs in the making."""

    paragraphs: list[str] = field(default_factory=list)

    def add(self, *lines: str) -> None:
        self.paragraphs.append("\n".join(line for line in lines if line))


def write(
    parts: Sequence[NotificationPart], events: Sequence[Event], *, digest: bool, zone: ZoneInfo
) -> Notification | None:
    """Write the letter that tells all this; None where there is nothing to tell."""
    parts = [part for part in parts if part.items or part.clear]
    if not parts and not events:
        return None
    page = _Page()
    for event in events:
        page.add(_plain(event.text), f"({event.made.astimezone(zone):%Y-%m-%d %H:%M %Z})")
    for part in parts:
        _tell(page, part)
    items = [item for part in parts for item in part.items]
    there = [item for item in items if not item.gone]
    if there:
        hints = dict.fromkeys(_explained(part.model) for part in parts if any(not i.gone for i in part.items))
        page.add(f"What a type means, and how to repair it: {'; '.join(hints)}")
    return Notification(
        title=_title(parts, events, there, digest=digest),
        body="\n\n".join(page.paragraphs),
        mood=_mood(events, there, items),
        told=[(item.number, item.since) for item in items],
        events=[event.number for event in events],
        alarmed=[part.audit for part in parts if any(not item.gone for item in part.items)],
        cleared=[part.audit for part in parts if part.clear],
        digest=digest,
    )


def _title(
    parts: Sequence[NotificationPart], events: Sequence[Event], there: Sequence[Item], *, digest: bool
) -> str:
    where = ", ".join(dict.fromkeys(value_text(part.subject) for part in parts))
    failed = [event for event in events if event.kind != "works"]
    if there:
        worst = causes(item.finding for item in there)[0]
        kind = "digest, " if digest else ""
        also = "; a run failed" if failed else ""
        title = f"{where}: {kind}{counted(len(there), 'finding')} new or back, worst {worst.type}{also}"
    elif failed:
        kinds = {"failed": "the audit failed", "incomplete": "the audit is incomplete"}
        title = kinds.get(failed[-1].kind, "something is wrong")
        title = f"{where}: {title}" if where else title
    elif any(part.items for part in parts):
        title = f"{where}: findings came and went"
    elif parts:
        unsure = any(part.not_comparable for part in parts)
        title = f"{where}: {'no finding, by a changed model' if unsure else 'all clear again'}"
    else:
        title = "the audit runs again"
    return f"intact: {clipped(_inert(title), 150)}"


def _explained(model: str) -> str:
    """Return the command that explains a type; a letter does not know where the file of a model of one's own lies."""
    if model in shipped():
        return command("explain", "TYPE", model=model)
    return f"{command('explain', 'TYPE', model='FILE')}, with the file of the model {_plain(model)}"


def _mood(events: Sequence[Event], there: Sequence[Item], items: Sequence[Item]) -> str:
    if any(event.kind != "works" for event in events) or any(
        item.finding.severity == SEVERITIES[0] for item in there
    ):
        return "failure"
    if there:
        return "warning"
    return "info" if items else "success"


def _tell(page: _Page, part: NotificationPart) -> None:
    """Tell of one audit."""
    name = f"{value_text(part.subject)} (model {value_text(part.model)})"
    link = f"Report: {part.link}" if part.link else ""
    there = [item.finding for item in part.items if not item.gone]
    if part.clear:
        page.add(_inert(f"{name}: {_clear_text(part)}"), link)
    if not part.items:
        return
    new = [finding for finding in there if finding.status == NEW]
    back = [finding for finding in there if finding.status == CAME_BACK]
    gone = [item for item in part.items if item.gone]
    critical = sum(finding.severity == SEVERITIES[0] for finding in there)
    by = sum(item.by_changed_rule for item in part.items if not item.gone)
    changed = f" ({by:,} by rules that are new or changed in the model)" if by else ""
    counts = [
        f"{len(new):,} new{changed}" if new else "",
        f"{len(back):,} came back" if back else "",
        f"{len(gone):,} came and went" if gone else "",
    ]
    stake = _money(_sum(there), part.currency)
    page.add(
        _inert(f"{name}: {', '.join(filter(None, counts))}."),
        f"Critical findings: {critical:,}." if there else "",
        f"Not the same audit: {model_text(part.model_change)}." if part.model_change else "",
        _inert(f"At stake: {stake}.") if stake else "",
        link,
    )
    left = CAUSES
    for heading, findings in (("NEW", new), ("CAME BACK", back)):
        if findings:
            found = causes(findings)
            page.add(f"{heading}, worst first")
            for number, cause in enumerate(found[:left], start=1):
                _cause(page, number, cause, part.currency)
            _rest(page, found[left:])
            left = max(0, left - len(found))
    if gone:
        kinds = _counts(item.finding for item in gone)
        listed = ", ".join(f"{count:,} {_plain(type_)}" for type_, count in kinds.items())
        how = resolved_text(ended(item.how for item in gone))
        page.add(f"CAME AND WENT since you were last told: {listed}{f' ({how})' if how else ''}")


def _clear_text(part: NotificationPart) -> str:
    if not part.not_comparable:
        how = resolved_text(part.ended) if part.ended else ""
        said = (
            f": {how}{', which is: a document of it is gone' if part.ended and part.ended.destroyed else ''}"
            if how
            else ""
        )
        return f"all clear again. Nothing of what you were told is left{said}."
    return (
        f"no finding is left, but the model was changed: {counted(part.not_comparable, 'finding')} of which you were"
        " told may be there still, and no rule looks for them as before."
    )


def ended(how: Iterable[str | None]) -> StatusCounts:
    """Count how findings were resolved."""
    found = Counter(how)
    return StatusCounts(resolved=found.total(), cured=found[CURED], destroyed=found[DESTROYED])


def _cause(page: _Page, number: int, cause: Cause, currency: str | None) -> None:
    """Tell of one root cause: its type, what is shared, an example."""
    shared = " with " + ", ".join(f"{n} {_value(v)}" for n, v in cause.fields.items()) if cause.fields else ""
    stake = _money(cause.money, currency)
    first = (
        f"{number}. {cause.severity} {cause.type}: {counted(cause.count, 'finding')}{shared}"
        f"{f'; {stake}' if stake else ''}"
    )
    page.add(
        clipped(_inert(first), 2 * _CLIP),
        *(
            f"   {_inert(clipped(harmless(each.description), _CLIP))} [{each.fingerprint[:8]}]"
            for each in cause.examples
            if each.description
        ),
        f"   and {cause.count - len(cause.examples):,} more" if cause.count > len(cause.examples) else "",
    )


def _rest(page: _Page, rest: Sequence[Cause]) -> None:
    """Count what is told no more, by type: nothing is left out in silence."""
    if rest:
        kinds: dict[str, int] = {}
        for cause in rest:
            kinds[cause.type] = kinds.get(cause.type, 0) + cause.count
        total = sum(kinds.values())
        listed = ", ".join(f"{count:,} {_plain(type_)}" for type_, count in kinds.items())
        causes_ = counted(len(rest), "root cause")
        page.add(f"And {causes_} more with {counted(total, 'finding')}: {listed}")


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for finding in sorted(findings, key=lambda each: rank(each.severity)):
        kinds[finding.type] = kinds.get(finding.type, 0) + 1
    return kinds


def _sum(findings: Iterable[Finding]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for finding in findings:
        add_money(total, finding.money)
    return total


def _money(money: Mapping[str, Decimal], currency: str | None) -> str:
    return ", ".join(
        f"{amount_text(amount, currency)} {clipped(harmless(kind), 60).replace('_', ' ')}"
        for kind, amount in sorted(money.items())
        if amount
    )


def _value(value: JsonValue) -> str:
    return clipped(value_text(value), 60)


def _inert(text: str) -> str:
    """Break up what chats and mail programs would obey: the data may say anything."""
    return _OBEYED.sub(lambda found: f"{found[0]} ", text)


def _plain(text: str) -> str:
    """Return a text of ours, which may hold words of others, as one that is shown and not obeyed, line by line."""
    return "\n".join(_inert("\\".join(map(harmless, line.split("\\")))) for line in text.split("\n"))


def moment(milliseconds: int) -> datetime:
    """Return a moment of the history."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
