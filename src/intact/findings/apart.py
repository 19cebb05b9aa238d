"""What a report says beside its findings: what was not looked at, and which documents give a field twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from intact.findings.records import NotRead, Report
from intact.findings.words import agreed, clipped, counted, value_text

_LISTED: Final = 12
_ALIKE: Final = 5
_NAME: Final = 80
_ID: Final = 60


def not_looked_at(report: Report) -> list[str]:
    """Say which collections of the source no rule reads, a sentence each kind; nothing where there is none."""
    alike = [each for each in report.not_read if each.beside]
    others = [each for each in report.not_read if not each.beside and not each.reason]
    refused = [each for each in report.not_read if each.reason]
    said = [
        f"No rule reads {_named(each)}, whose name is like {clipped(each.beside, _NAME)}: does business go on there?"
        for each in alike[:_ALIKE]
    ]
    if rest := [*alike[_ALIKE:], *others]:
        more = report.not_read_total - len(report.not_read)
        said.append(f"No rule reads {_listing([_named(each) for each in rest], more)}.")
    if refused:
        named = [f"{clipped(each.name, _NAME)} ({each.reason})" for each in refused]
        said.append(f"Not read by any rule either: {_listing(named, 0)}.")
    return said


def read_text(report: Report) -> str:
    """Say how much was read: ``773 documents of 2 collections, 4 more are empty``."""
    there = [each for each in report.collections if each.present]
    empty = sum(not each.documents for each in there)
    full = counted(len(there) - empty, "collection")
    said = f"{counted(report.headline.documents_scanned, 'document')} of {full}"
    return f"{said}, {empty:,} more {agreed(empty, 'is', 'are')} empty" if empty else said


def repeats(report: Report) -> list[str]:
    """Name the documents that give a field twice, a sentence a collection."""
    said = []
    for read in report.collections:
        if not read.repeated:
            continue
        named = [
            f"{clipped(value_text(each.document_id), _ID)} ({', '.join(clipped(name, _NAME) for name in each.fields)})"
            for each in read.repeats
        ]
        many = counted(read.repeated, "document")
        gives = "gives" if read.repeated == 1 else "give"
        which = f": {_listing(named, read.repeated - len(named))}" if named else ""
        said.append(f"{many} of {read.name} {gives} a field twice, of which the first counts{which}.")
    return said


def _named(each: NotRead) -> str:
    size = "" if each.bytes is None else f" ({_size(each.bytes)})"
    return f"{clipped(each.name, _NAME)}{size}"


def _listing(parts: Sequence[str], more: int) -> str:
    shown, more = list(parts[:_LISTED]), more + max(0, len(parts) - _LISTED)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _size(size: int) -> str:
    """Write a number of bytes in a few digits."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return counted(size, "byte")
