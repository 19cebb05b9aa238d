"""From what was measured to the tables of docs/benchmarks.md."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import samples, server
from benchmarks.contenders import ARROW, CHECK, WALK
from benchmarks.forms import ALONE, Forms
from benchmarks.history import CHURN, Remembered, Took
from benchmarks.html_page import Measured
from benchmarks.idle import Idle
from benchmarks.live import AUDIT, DRAIN, WAYS, Live
from benchmarks.measure import Run, median, ratio
from benchmarks.one_by_one import UNINDEXED, Asked, OneByOne

BEGIN: Final = "<!-- what `make bench` measured: begin -->"
PART: Final = "<!-- part: {} -->"
PARTS: Final = ("audit", "one-by-one", "live", "forms", "html", "idle", "history")
"""What is measured and written for itself, in the order of the page."""
ONCE: Final = ("idle", "history")
"""What is measured once, however many rounds the others have."""
NOTHING: Final = "-"
IDLE: Final = {"alone": False, "with an alerts file": True}
TAKEN: Final = ("wall", "processor", "peak memory")
END: Final = "<!-- what `make bench` measured: end -->"


@dataclass(frozen=True)
class Audited:
    """What was measured at one size.

    Attributes:
        dump: The files.
        audits: The runs of what handles whole files, by name.
        projectors: The runs of the projector alone, by name, in the same rounds.
        left_out: What was not run, by name, with the reason.
        failed: What ended as it should not, by name, with its last line.
        report: The report that the audit wrote, as JSON; empty if there was none.
    """

    dump: Path
    audits: Mapping[str, list[Run]]
    projectors: Mapping[str, list[Run]]
    left_out: Mapping[str, str]
    failed: Mapping[str, str]
    report: Mapping[str, Any]

    @property
    def orders(self) -> int:
        """The size."""
        return int(self.dump.name)


@dataclass(frozen=True)
class Results:
    """All that was measured, and on what."""

    date: str
    machine: str
    versions: str
    projector: str
    memory: str
    repeat: int
    audited: Sequence[Audited]
    one_by_one: OneByOne
    forms: Forms = field(default_factory=Forms)
    live: Live = field(default_factory=Live)
    html: Mapping[int, Measured | str] = field(default_factory=dict)
    idle: Mapping[str, Idle] = field(default_factory=dict)
    history: Remembered = field(default_factory=Remembered)

    @property
    def failed(self) -> bool:
        """Whether anything ended as it should not."""
        return (
            any(each.failed for each in self.audited)
            or bool(self.one_by_one.failed)
            or bool(self.forms.failed)
            or bool(self.live.failed)
        )


def read(report: Path) -> dict[str, Any]:
    """Read the report that an audit wrote; nothing where it wrote none."""
    found: dict[str, Any] = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return found


def write(page: Path, text: str) -> None:
    """Put parts between the marks of a page; other parts stay as an earlier run left them, and so does the prose."""
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    old, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{page.name} has no marks between which to write: {BEGIN} and {END}")
    parts = _parts(old) | _parts(text)
    kept = "\n".join(f"{PART.format(name)}\n\n{parts[name]}\n" for name in PARTS if name in parts)
    page.write_text(f"{before}{BEGIN}\n\n{kept}\n{END}{after}", "utf-8")


def _parts(text: str) -> dict[str, str]:
    """Take a text apart at the marks of its parts."""
    pieces = re.split(f"^{PART.format('([a-z-]+)')}$", text, flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


def render(results: Results) -> str:
    """Give the tables, part by part, each with when and on what it was measured."""
    rounds = f"{results.repeat} round{'s' * (results.repeat != 1)}"
    head = [
        f"- Machine: {results.machine}.",
        f"- Versions: {results.versions}.",
        f"- Projector of this run: **{results.projector}**. Budget of the engine: {results.memory}.",
        "",
    ]
    several = f": medians of {rounds}; ratios are the medians of the rounds' ratios"
    audits = [
        line
        for audited in results.audited
        for line in [*_audits(audited), *(_projectors(audited) if audited.projectors else [])]
    ]
    parts = {
        "audit": [*audits, *_growth(results.audited)],
        "one-by-one": _one_by_one(results),
        "live": _live(results.live),
        "forms": _forms(results.forms),
        "html": _html(results.html),
        "idle": _idle(results.idle),
        "history": _history(results.history),
    }
    lines = []
    for name in PARTS:
        if parts[name]:
            title, *table = parts[name]  # the heading comes first, then on what it was measured
            how = ", once" if name in ONCE else several
            lines += [PART.format(name), "", title, "", f"- Measured on {results.date}{how}."]
            lines += [*head, *table[1:]]
    return "\n".join(lines)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---", *("---:" for _ in heads[1:])]
    return ["| " + " | ".join(row) + " |" for row in (heads, rule, *rows)] + [""]


def _audits(audited: Audited) -> list[str]:
    """The whole audit of one size, and what it is held against."""
    dump = audited.dump
    rows = []
    for name, runs in audited.audits.items():
        row = [_named(name), *_taken(runs)]
        row += [_times(runs, audited.audits.get(WALK), value) for value in (_wall, _processor)]
        row.append(_times(runs, audited.audits.get(CHECK), _wall))
        rows.append(row)
    absent = {**audited.left_out, **audited.failed}
    rows += [[name, *(NOTHING for _ in range(6)), reason] for name, reason in absent.items()]
    heads = ["", *TAKEN, "wall, bare walk = 1", "processor, bare walk = 1", "wall, `intact check` = 1"]
    if absent:
        heads.append("not run, because")
        rows = [[*row, ""][: len(heads)] for row in rows]
    head = (
        f"### {audited.orders:,} orders: {samples.documents(dump):,} documents, {samples.size(dump):,.0f} MB"
    )
    return [head, "", *_table(heads, rows), *_told(audited)]


def _told(audited: Audited) -> list[str]:
    """How many findings each gave, for a fast audit that is wrong is none; and whether the disk was used."""
    planted = sum(samples.planted(audited.dump)["findings_by_type"].values())
    told = []
    if audited.report:
        sections = audited.report["reports"].values()
        told.append(f"`{CHECK}` gives {sum(sum(each['counts'].values()) for each in sections):,} findings")
    if runs := audited.audits.get(ARROW):
        told.append(f"the hand-written SQL {sum(runs[0].said['findings'].values()):,}")
    if not told:
        return []
    notes = audited.report.get("source", {}).get("notes", [])
    disk = [f" {note}" for note in notes if " of disk" in note]
    return [f"Planted are {planted:,} findings; {', '.join(told)}.{''.join(disk)}", ""]


def _projectors(audited: Audited) -> list[str]:
    """The projector alone, and PyMongoArrow's conversion, against the walk without its reading."""
    walks = audited.audits.get(WALK)
    projectors = {
        f"{name} ({runs[0].said['implementation']})": runs for name, runs in audited.projectors.items()
    }
    named = dict(projectors)
    if ARROW in audited.audits:
        named["PyMongoArrow's conversion, 1 thread"] = audited.audits[ARROW]
    rows = []
    for name, runs in named.items():
        wall, said, alone = median(runs, _without_reading), runs[0].said, name in projectors
        row = [name, _seconds(wall)]
        row += [
            _seconds(median(runs, _projecting)) if alone else NOTHING,
            _memory(runs) if alone else NOTHING,
        ]
        row += [_times(runs, walks, _without_reading), f"{said['bytes'] / wall / 1e6:,.0f} MB/s"]
        rows.append([*row, f"{wall / said['documents'] * 1e6:.2f} µs"])
    return _table(
        ["from bytes to columns", *TAKEN, "wall, walk without reading = 1", "speed", "a document"], rows
    )


def _projecting(run: Run) -> float:
    return float(run.said["processor"])


def _without_reading(run: Run) -> float:
    """Give the seconds between bytes and columns: of the walk, of PyMongoArrow's conversion, of a projector."""
    names = ("walking", "converting", "wall")
    return float(next(run.said[name] for name in names if name in run.said))


def _growth(every: Sequence[Audited]) -> list[str]:
    """How the audit grows with the data."""
    rows = []
    for audited in every:
        documents = samples.documents(audited.dump)
        for name, runs in audited.audits.items():
            if name.startswith(CHECK):
                row = [_named(name), f"{audited.orders:,}", f"{documents:,}", *_taken(runs)]
                row.append(f"{median(runs, _wall) / documents * 1e6:.2f} µs")
                rows.append([*row, f"{median(runs, _processor) / documents * 1e6:.2f} µs"])
    if not rows:
        return []
    heads = ["", "orders", "documents", *TAKEN, "wall a document", "processor a document"]
    return [f"### How `{CHECK}` grows", "", *_table(heads, sorted(rows, key=lambda row: len(row[0])))]


def _named(name: str) -> str:
    """Give a name as the tables have it: intact's own stands out."""
    return f"**`{name}`**" if name.startswith(CHECK) else name


def _one_by_one(results: Results) -> list[str]:
    """What asks a server one by one: measured small, and extrapolated to the sizes above."""
    found = results.one_by_one
    absent = {**found.left_out, **found.failed}
    if not (found.measured or absent):
        return []
    targets = [(each.orders, samples.documents(each.dump)) for each in results.audited]
    heads = ["", "orders", "documents", *TAKEN, "a document"]
    heads += [f"extrapolated to {orders:,} orders" for orders, _ in targets]
    rows = []
    for name in dict.fromkeys(asked.name for asked in found.measured):
        sizes = [asked for asked in found.measured if asked.name == name]
        for asked in sizes:
            row = [name, f"{asked.orders:,}", f"{asked.documents:,}", *_taken(asked.runs)]
            row.append(f"{median(asked.runs, _wall) / asked.documents * 1e6:,.0f} µs")
            last = asked is sizes[-1]
            row += [f"*≈ {_long(_extrapolated(sizes, count))}*" if last else "" for _, count in targets]
            rows.append(row)
    return [
        "### What asks a server one by one",
        "",
        f"On {server.NAME}, which is no MongoDB and keeps everything in memory. Processor and memory are those of the",
        "program that asks, without the server's. *Extrapolated* means that nobody has waited for it: it lies on the",
        "line through the two largest sizes; without an index, where each look-up reads a collection, on the parabola.",
        "",
        *_table(heads, rows),
        *(f"Not run: {name}. {reason}.\n" for name, reason in absent.items()),
    ]


def _extrapolated(sizes: Sequence[Asked], documents: int) -> float:
    """Give the seconds that more documents would take; never measured.

    With an index each document costs the same; without one each look-up reads all documents, which makes it a square.
    """
    square = sizes[0].name == UNINDEXED

    def work(count: int) -> int:
        return count * count if square else count

    last, wall = work(sizes[-1].documents), median(sizes[-1].runs, _wall)
    first, less = (work(sizes[-2].documents), median(sizes[-2].runs, _wall)) if len(sizes) > 1 else (0, 0.0)
    return wall + max(wall - less, 0) / (last - first) * (work(documents) - last)


def _live(live: Live) -> list[str]:
    """What an audit of a server takes on top of a bare drain, near by and over a longer way."""
    absent = {**live.left_out, **live.failed}
    if not (live.measured or absent):
        return []
    rows = []
    for each in live.measured:
        for away in WAYS:
            drain, near = each.runs.get(DRAIN + away), each.runs.get(AUDIT)
            for name in (DRAIN + away, AUDIT + away):
                if runs := each.runs.get(name):
                    row = [name, f"{each.orders:,}", f"{each.documents:,}", *_taken(runs)]
                    row.append(_times(runs, drain, _wall))
                    rows.append([*row, _times(runs, near, _wall) if name.startswith(AUDIT) else NOTHING])
    heads = ["", "orders", "documents", *TAKEN, "wall, drain = 1", "wall, audit near by = 1"]
    return [
        "### A server",
        "",
        f"On {server.NAME}, which is no MongoDB and keeps everything in memory. Processor and memory are those of the",
        "program that asks, without the server's. The drain opens the same cursors and does nothing with what comes.",
        "`id` and the references have indexes. An audit looks at what it has found once more, which is in its time.",
        "",
        *_table(heads, rows),
        *(f"Not run: {name}. {reason}.\n" for name, reason in absent.items()),
    ]


def _forms(forms: Forms) -> list[str]:
    """What files of findings cost on top of the audit that made them."""
    if not forms.runs:
        return []
    alone = forms.runs.get(ALONE)
    rows = []
    for name, runs in forms.runs.items():
        size = f"{forms.sizes[name]:,.0f} MB" if name in forms.sizes else NOTHING
        more = [_on_top(runs, alone, value) if name != ALONE else NOTHING for value in (_wall, _processor)]
        rows.append([name, *_taken(runs), *more, size])
    heads = ["`--output`", *TAKEN, "wall on top", "processor on top", "size"]
    return [f"### What it costs to write {forms.findings:,} findings", "", *_table(heads, rows)]


def _html(measured: Mapping[int, Measured | str]) -> list[str]:
    """How large the HTML report is, and how soon a browser has done what a person asks of it."""
    if not measured:
        return []
    rows = []
    for count, found in measured.items():
        if isinstance(found, str):
            rows.append([f"{count:,}", f"not run: {found}", *(NOTHING for _ in range(4))])
            continue
        times = (found.written, found.opened, found.filtered, found.sorted)
        rows.append([f"{count:,}", f"{found.size / 1e6:,.1f} MB", *map(_seconds, times)])
    return [
        "### The HTML report in a browser",
        "",
        "In Chromium without a window: *opened* from asking for the file until its list can be used; searches and",
        "orders from the key press or click to the picture.",
        "",
        *_table(["findings", "size", "written", "opened", "slowest search", "slowest order"], rows),
    ]


def _idle(measured: Mapping[str, Idle]) -> list[str]:
    """What the daemon costs while nothing is due."""
    if not measured:
        return []
    rows = [[name, f"{each.memory:.0f} MB", f"{each.share:.2f} %"] for name, each in measured.items()]
    seconds = next(iter(measured.values())).seconds
    return [
        "### The daemon while nothing is due",
        "",
        f"`intact schedule run` for {seconds:.0f} seconds; the share of a core counts what it starts meanwhile: with",
        "an alerts file it looks every 5 minutes through what waits to be sent.",
        "",
        *_table(["", "memory", "of a core"], rows),
    ]


def _history(history: Remembered) -> list[str]:
    """What it costs to remember runs, and to compare them."""
    if not history.runs:
        return []

    def row(name: str, *times: Took) -> list[str]:
        walls = " + ".join(_seconds(each.wall) for each in times)
        return [name, walls, _seconds(sum(each.processor for each in times))]

    rows = [
        row(f"record {history.large:,} findings, all new: ask for each + write", *history.first),
        row(f"record {history.large:,} findings, all known: ask for each + write", *history.again),
        row("compare these two runs", history.large_compared),
        row(f"compare two of {history.runs:,} runs", history.compared),
    ]
    return [
        "### The history",
        "",
        f"{history.runs:,} runs of {history.findings:,} findings each; one in {CHURN} is another one in the next run:",
        f"{history.known:,} findings in {history.megabytes:,.0f} MB.",
        "",
        *_table(["", "wall", "processor"], rows),
    ]


def _on_top(runs: Sequence[Run], base: Sequence[Run] | None, value: Callable[[Run], float]) -> str:
    return NOTHING if base is None else f"{(ratio(runs, base, value) - 1) * 100:+.0f} %"


def _taken(runs: Sequence[Run]) -> Iterator[str]:
    yield _seconds(median(runs, _wall))
    yield _seconds(median(runs, _processor))
    yield _memory(runs)


def _memory(runs: Sequence[Run]) -> str:
    return f"{median(runs, lambda run: run.memory):,.0f} MB"


def _times(runs: Sequence[Run], base: Sequence[Run] | None, value: Callable[[Run], float]) -> str:
    if base is None:
        return NOTHING
    times = ratio(runs, base, value)
    return f"{times:.2f}" if times < 10 else f"{times:.1f}"


def _wall(run: Run) -> float:
    return run.wall


def _processor(run: Run) -> float:
    return run.processor


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 100 else f"{seconds:,.0f} s"


def _long(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.0f} h"
