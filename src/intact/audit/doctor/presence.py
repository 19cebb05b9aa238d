"""Which collections of the model are there, and what is odd about them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from intact.audit.doctor.inspection import Inspection, LiveInspection, listing
from intact.audit.doctor.records import Level, Line
from intact.sources.mongodb.engine import Engine
from intact.sources.mongodb.facts import ListingEntry, Unknown


def presence(case: Inspection, *, known: bool = True) -> Iterator[Line]:
    """Judge which collections are there, and which of them are not read.

    Args:
        case: What is looked at.
        known: Whether the source has told all of its collections.
    """
    names = list(case.wanted)
    if not known:
        what = f"which of {listing(names)} are there is not known"
        yield Line("collections", Level.PROBLEM, what, "Whether there is one shows when it is read.")
        return
    missing = [name for name in names if name not in case.listed]
    skipped = [name for name in names if name in case.listed and case.listed[name].skip]
    if missing:
        yield _missing(case, missing)
    for name in skipped:
        means = f"It is not read: {case.checks_on([name])} cannot be made, or not in full."
        yield Line("collections", Level.PROBLEM, f"{name} is {case.listed[name].skip}", means)
    if not missing and not skipped:
        yield Line("collections", Level.OK, f"all {len(names)} of the model {case.model.name} are there")
    for name in names:
        for note in case.listed[name].notes if name in case.listed else ():
            yield Line("collections", Level.NOTE, name, note)


def _missing(case: Inspection, missing: Sequence[str]) -> Line:
    there = sorted(name for name, info in case.listed.items() if not info.skip)
    parts = []
    for name in missing[:6]:
        near = nearest(name, there)
        parts.append(f"{name} (did you mean {near}?)" if near else name)
    what = f"there is no {listing([*parts, *missing[6:]])}"
    if len(missing) < len(case.wanted):
        means = f"{case.checks_on(missing)} cannot be made, or not in full."
        return Line("collections", Level.PROBLEM, what, means)
    has = f"it has: {listing(there)}" if there else "it shows none: it is empty, or the user may not see them"
    means = (
        f"Not one collection of the model {case.model.name} is there; {has}. "
        "Name another database with --database, or another model with --model."
    )
    return Line("collections", Level.PROBLEM, what, means, stops=True)


def nearest(name: str, there: Sequence[str]) -> str:
    """Return the name that was probably meant: the same in other letters, or one that is near; empty where none is."""
    folded = {each.casefold(): each for each in reversed(there)}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.7)
    return folded[near[0]] if near else ""


def oddities(case: LiveInspection) -> Iterator[Line]:
    """Say which of the collections are capped, and which the server checks when they are written."""
    if isinstance(case.survey.entries, Unknown):
        return
    read = [each for each in case.survey.entries if each.name in case.wanted and not each.info.skip]
    if capped := [each.name for each in read if each.capped]:
        means = "They cannot be read as of one moment, and the oldest documents may go while they are read."
        yield Line("collections", Level.NOTE, f"capped: {listing(capped)}", means)
    yield from _validators(read, case.survey.engine)


def _validators(read: Sequence[ListingEntry], engine: Engine | None) -> Iterator[Line]:
    checked = [each for each in read if each.validator]
    if checked:
        names = [each.name if each.validator == "error" else f"{each.name} (warns only)" for each in checked]
        if engine is not None:
            what = f"validators are declared for {listing(names)}"
            means = (
                f"{engine.name} is not known to enforce them: they protect nothing until that has been tried."
            )
            yield Line("validators", Level.NOTE, what, means)
            return
        what = f"the server checks what is written to {listing(names)}"
        means = "Documents from before the validator may still break it; an audit reads them all the same."
        yield Line("validators", Level.OK, what, means)
