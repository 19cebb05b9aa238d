"""What people are to work through: records to merge, references to mend, credits and bills to issue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from intact.core.amounts import EXACT
from intact.core.values import JsonValue
from intact.findings import Finding, Section
from intact.findings.words import amount_text, counted, elsewhere_text, near_match_text
from intact.reporters.markdown.answers import shown
from intact.reporters.markdown.escape import code, marked, table, text, value
from intact.reporters.markdown.gathering import LISTED, Account, MissingRecord, ReportContent
from intact.reporters.markdown.listing import elements

_ROWS: Final = 500
"""Rows of a table of subjects or targets."""


def plans(section: Section, found: ReportContent, currency: str | None) -> Iterator[str]:
    """Write the plans that the findings call for."""
    if found.merges:
        yield _merges(found)
    if found.gone:
        yield _gone(section, found)
    if found.accounts:
        yield from _in_each(found, currency, _credits)
        yield from _in_each(found, currency, _bills)


# ---------------------------------------------------------------------------------------------- merging


def _merges(found: ReportContent) -> str:
    lines = [
        "## Merge log",
        "",
        (
            "A proposal, to be looked at by somebody who knows whom or what the records stand for. For each group: the"
            " record to keep, those to archive, and every reference that would have to move."
        ),
        "",
    ]
    for number, finding in enumerate(found.merges, 1):
        lines += [f"### {number}. {_title(finding)}", "", *_group(finding), ""]
    if found.merges_total > len(found.merges):
        more = found.merges_total - len(found.merges)
        lines += [
            f"And {counted(more, 'more group')} beyond the first {LISTED:,}; the JSON report has them.",
            "",
        ]
    return "\n".join([*lines, ""])


def _title(finding: Finding) -> str:
    name, same = next(iter(finding.fields.items()))
    count = finding.fields.get("count")
    return f"{count} records of {code(finding.collection)} with {text(name)} {value(same)} ({code(finding.type)})"


def _group(finding: Finding) -> Iterator[str]:
    ids = _ids(finding)
    keep, references = finding.fields.get("keep"), _references(finding)
    if keep is None:
        yield f"- [ ] Decide whether they are one. Their \\_ids: {elements(_list(finding.fields.get('document_ids')))}"
    else:
        others = list(ids)
        if keep in others:
            others.remove(keep)
        yield f"- [ ] Keep {value(keep)}, the most recent"
        yield f"- [ ] Archive {elements(others)}"
    total = finding.fields.get("references_total")
    if total == 0:
        yield "- No reference would have to move" if keep is not None else "- Nothing refers to them"
    elif isinstance(total, int):
        where = f"to {value(keep)}" if keep is not None else "to the right one of them"
        yield f"- [ ] Move {counted(total, 'reference')} {where}:"
        yield from (f"  - {_moved(each)}" for each in references)
        left = total - sum(int(str(each.get("count", 0))) for each in references)
        if left > 0:
            yield f"  - and {left:,} more"
    if finding.fields.get("references_complete") is False:
        yield "- There may be more references: not every collection that refers to these records was read whole"
    if isinstance(action := finding.fields.get("action"), str):
        yield f"- {text(action)}"


def _moved(reference: Mapping[str, JsonValue]) -> str:
    path = f"{reference.get('collection')}.{reference.get('field')}"
    count, ids = int(str(reference.get("count", 0))), _list(reference.get("ids"))
    more = f" and {count - len(ids):,} more" if count > len(ids) else ""
    listed = ", ".join(value(each) for each in ids)
    return f"{code(path)} = {value(reference.get('value'))}: {counted(count, 'document')}, {listed}{more}"


def _ids(finding: Finding) -> list[JsonValue]:
    """Return the records' own ids, else their ``_id``."""
    for name, each in finding.fields.items():
        if isinstance(each, list) and name != "document_ids":
            return list(each)
    return _list(finding.fields.get("document_ids"))


def _references(finding: Finding) -> list[Mapping[str, JsonValue]]:
    return [each for each in _list(finding.fields.get("references")) if isinstance(each, dict)]


def _list(given: JsonValue) -> list[JsonValue]:
    return given if isinstance(given, list) else []


# ---------------------------------------------------------------------------------------------- mending


def _gone(section: Section, found: ReportContent) -> str:
    """Say per record that is referred to and not there what refers to it."""
    gone = sorted(found.gone.values(), key=lambda each: (each.near is not None, -each.count))
    rows = [
        [
            f"{text(each.name)} {value(each.value)}",
            _there_is(each),
            ", ".join(
                f"{count:,} from {code(check.partition(' ')[2])}"
                for (_, check), count in each.referrers.items()
            ),
            ", ".join(value(example) for example in each.examples),
            _span(each),
            _proposed(each),
        ]
        for each in gone[:_ROWS]
    ]
    near = sum(each.near is not None for each in gone)
    elsewhere = sum(each.elsewhere is not None for each in gone)
    lines = [
        "## Clean-up plan",
        "",
        (
            f"{counted(len(gone), 'record')} {'is' if len(gone) == 1 else 'are'} referred to and not there."
            + (
                f" {near:,} of them {'exists' if near == 1 else 'exist'} written otherwise (a near match): there the"
                " reference is wrong, and the record is not lost."
                if near
                else ""
                if elsewhere
                else " Nothing like them exists."
            )
            + (
                f" {elsewhere:,} {'is an id' if elsewhere == 1 else 'are ids'} of another kind."
                if elsewhere
                else ""
            )
        ),
        "",
        table(["Gone", "What there is", "References", "Such as", "When", "Proposed"], rows),
    ]
    if len(gone) > _ROWS or found.beyond or len(section.issues) < sum(section.counts.values()):
        lines.append("There are more; the JSON report has all findings.\n")
    return "\n".join([*lines, ""])


def _there_is(each: MissingRecord) -> str:
    """Say what there is instead of a record."""
    said = [near_match_text(each.near).removeprefix("near match: ")] if each.near else []
    said += [elsewhere_text(each.elsewhere).removeprefix("found elsewhere: ")] if each.elsewhere else []
    if not said and each.name == "placeholder":
        return "a placeholder, and no id"
    return marked("; ".join(said)) if said else "nothing like it"


def _proposed(each: MissingRecord) -> str:
    if each.near:
        return "write the reference as the key is written"
    if each.name == "placeholder":
        return "unset the field, and mend the code that writes it"
    if each.elsewhere:
        return f"find out what is meant: the collection that is named, or {text(str(each.elsewhere['collection']))}"
    return "restore it, or remove what refers to it"


def _span(each: MissingRecord) -> str:
    if each.first is None:
        return "-"
    return each.first if each.first == each.last else f"{each.first} to {each.last}"


# ---------------------------------------------------------------------------------------------- money


_Accounts = Sequence[Account]


def _in_each(
    found: ReportContent, currency: str | None, write: Callable[[ReportContent, _Accounts, str | None], str]
) -> Iterator[str]:
    """Write a list for each currency: amounts of two are never added."""
    named = {each.currency: None for each in found.accounts.values()}
    for each in sorted(named, key=lambda name: name or ""):
        yield write(found, [one for one in found.accounts.values() if one.currency == each], each or currency)


def _credits(found: ReportContent, accounts: _Accounts, currency: str | None) -> str:
    """Say who was billed too much, by how much, and for which months."""
    owed = [(each, _sum(each.credit.values())) for each in accounts if each.credit]
    if not owed:
        return ""
    owed.sort(key=lambda row: -row[1])
    total = _sum(amount for _, amount in owed)
    rows = [
        [value(a.subject), text(amount_text(amount, currency)), _months(a, currency)]
        for a, amount in owed[:_ROWS]
    ]
    lines = [
        "## Credits to issue",
        "",
        (
            f"{_subjects(len(owed), found.subject)} {'was' if len(owed) == 1 else 'were'} billed"
            f" {text(amount_text(total, currency))} too much. Look at the bills before a credit is given: what has"
            " not been paid is cancelled instead."
        ),
        "",
        table([text(found.subject), "Credit", "Months"], rows, right=[1]),
    ]
    if len(owed) > _ROWS:
        lines.append(f"And {counted(len(owed) - _ROWS, 'more')}; the JSON report has all findings.\n")
    return "\n".join([*lines, ""])


def _subjects(number: int, name: str) -> str:
    """Return ``3 subscriptions`` for ``subscription_id``."""
    return counted(number, text(name.removesuffix("_id").replace("_", " ")))


def _months(account: Account, currency: str | None) -> str:
    return ", ".join(
        f"{text(month or 'no month')}: {text(amount_text(amount, currency))}"
        for month, amount in sorted(account.credit.items())
    )


def _bills(found: ReportContent, accounts: _Accounts, currency: str | None) -> str:
    """Say what was billed too little or not at all, month by month."""
    del found
    months: dict[str, list[tuple[Account, Decimal]]] = {}
    for account in accounts:
        for month, amount in account.bill.items():
            months.setdefault(month, []).append((account, amount))
    if not months:
        return ""
    rows = [_month(month, months[month], currency) for month in sorted(months)]
    total = _sum(amount for each in months.values() for _, amount in each)
    lines = [
        "## To be billed",
        "",
        f"{text(amount_text(total, currency))} is on no bill, or on one that is too small.",
        "",
        table(["Month", "Not billed", "Of", "The most of it"], rows, right=[1, 2]),
    ]
    return "\n".join([*lines, ""])


def _month(month: str, owing: Sequence[tuple[Account, Decimal]], currency: str | None) -> list[str]:
    most = sorted(owing, key=lambda row: -row[1])[:5]
    named = ", ".join(
        f"{shown(account.subject)} {text(amount_text(amount, currency))}" for account, amount in most
    )
    more = f" and {len(owing) - len(most):,} more" if len(owing) > len(most) else ""
    total = _sum(amount for _, amount in owing)
    return [text(month or "no month"), text(amount_text(total, currency)), f"{len(owing):,}", named + more]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
