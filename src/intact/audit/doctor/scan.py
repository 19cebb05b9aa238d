"""How much there is to read, how long that takes, and whether it can be read as of one moment."""

from __future__ import annotations

from collections.abc import Iterator

from intact.audit.doctor.inspection import Inspection, LiveInspection, listing
from intact.audit.doctor.records import Level, Line
from intact.audit.doctor.server import SNAPSHOT_WIRE
from intact.core.counts import counted
from intact.sources.mongodb.facts import Topology, Unknown

_AGAIN = "What looks like a fault is looked at again before it is reported."
_DEFAULT_WINDOW = 300


def documents(case: LiveInspection) -> int | None:
    """About how many documents an audit reads; None where a count is missing."""
    counts = [each.documents for each in case.survey.collections.values()]
    known = [count for count in counts if isinstance(count, int)]
    return sum(known) if counts and len(known) == len(counts) else None


def size(case: Inspection) -> int | None:
    """How many bytes there are to read; None where the source cannot tell."""
    if isinstance(case, LiveInspection):
        sizes = [
            None if isinstance(each.size, Unknown) else each.size for each in case.survey.collections.values()
        ]
    elif case.info.size is not None:
        return case.info.size
    else:
        read = [case.listed[name] for name in case.wanted if name in case.listed]
        sizes = [each.size for each in read if not each.skip]
    known = [each for each in sizes if each is not None]
    return sum(known) if sizes and len(known) == len(sizes) else None


def seconds(case: LiveInspection) -> float | None:
    """About how long reading takes, at the speed of the batch that was read."""
    count, speed = documents(case), case.survey.speed
    return count * speed.seconds / speed.documents if count is not None and speed is not None else None


def data(case: LiveInspection) -> Line:
    """Say how much there is to read."""
    count, length, time = documents(case), size(case), seconds(case)
    if count is None:
        return _partly_counted(case)
    what = f"about {counted(count, 'document')}" + ("" if length is None else f", {bytes_text(length)}")
    if time is not None:
        what += f"; reading takes about {span(time)}"
    return Line("data", Level.OK, what)


def one_moment(case: LiveInspection) -> Line:
    """Say whether all collections can be read as of one moment."""
    survey, time = case.survey, seconds(case)
    if survey.topology is Topology.STANDALONE:
        return _not_one("a standalone keeps no snapshots")
    if survey.wire < SNAPSHOT_WIRE:
        return _not_one("before 5.0 there are no snapshots to read")
    if isinstance(survey.window, Unknown):
        what = f"how long the server keeps its history is not known ({survey.window.why})"
        means = (
            f"By default it is {_DEFAULT_WINDOW} s. If the scan takes longer, it goes on collection by collection. "
            + _AGAIN
        )
        return Line("one moment", Level.NOTE, what, means)
    if survey.window <= 0:
        return _not_one("the server keeps no history (minSnapshotHistoryWindowInSeconds is 0)")
    if time is not None and time > survey.window:
        what = f"the server keeps {span(survey.window)} of history, and reading takes about {span(time)}"
        return _not_one(what, "setting minSnapshotHistoryWindowInSeconds higher would change that")
    return Line("one moment", Level.OK, f"yes: the server keeps {span(survey.window)} of history")


def dumped(case: Inspection) -> Iterator[Line]:
    """Say how much a dump holds, and of which moment."""
    length = size(case)
    if length is not None:
        yield Line("data", Level.OK, f"{bytes_text(length)} to read")
    for note in case.info.notes:
        yield Line("one moment" if "moment" in note else "source", Level.NOTE, note.rstrip("."))


def bytes_text(length: int) -> str:
    """Return a number of bytes for people."""
    amount, units = float(length), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return counted(length, "byte") if units[0] == "bytes" else f"{amount:,.1f} {units[0]}"


def span(time: float) -> str:
    """Return a span of time for people."""
    if time < 1:
        return "a second"
    if time < 600:
        return f"{time:.0f} s"
    return f"{time / 60:.0f} min" if time < 10_800 else f"{time / 3600:.1f} h"


def _not_one(what: str, hint: str = "") -> Line:
    means = f"Collections are read one after the other. {_AGAIN}"
    return Line("one moment", Level.NOTE, what, means + (f" ({hint.capitalize()}.)" if hint else ""))


def _partly_counted(case: LiveInspection) -> Line:
    """Say how many documents there are where that is known."""
    counts = {name: each.documents for name, each in case.survey.collections.items()}
    known = {name: count for name, count in counts.items() if isinstance(count, int)}
    if not known:
        return Line("data", Level.NOTE, "how many documents there are is not known")
    what = f"about {counted(sum(known.values()), 'document')} in {len(known)} of {counted(len(counts), 'collection')}"
    dark = listing([name for name in counts if name not in known])
    return Line("data", Level.NOTE, what, f"Of {dark} it is not known, so the time is not known either.")
