"""How fast is an audit, and how much memory does it take? Ratios from one run, never a verdict.

``make bench`` runs it and writes what was measured into docs/benchmarks.md; that page says what is compared and how.
By hand: ``python -m benchmarks --help``, from the repository's root.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import contenders, forms, history, html_page, idle, live, one_by_one, page, samples
from benchmarks.forms import Forms
from benchmarks.live import Live
from benchmarks.machine import machine, versions
from benchmarks.measure import Contender, in_turn
from benchmarks.one_by_one import OneByOne
from benchmarks.page import Audited, Results

from intact.project import implementation

PAGE: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PARTS: Final = ("audit", "projector", "one-by-one", "forms", "live", "html", "idle", "history")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    options = _parser().parse_args(arguments)
    options.data.mkdir(parents=True, exist_ok=True)
    results = Results(
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        versions=versions(options.data),
        projector=implementation(),
        memory=options.memory[0],
        repeat=options.repeat,
        audited=_audits(options) if {"audit", "projector"} & set(options.parts) else [],
        one_by_one=_one_by_one(options) if "one-by-one" in options.parts else OneByOne(),
        forms=_forms(options) if "forms" in options.parts else Forms(),
        live=_live(options) if "live" in options.parts else Live(),
        html=_html(options) if "html" in options.parts else {},
        idle=_idle(options) if "idle" in options.parts else {},
        history=history.measure(*options.history) if "history" in options.parts else history.Remembered(),
    )
    text = page.render(results)
    print(text)
    if results.failed:
        raise SystemExit("something failed; docs/benchmarks.md is left as it is")
    if not options.print:
        page.write(PAGE, text)
        print(f"written to {PAGE.name}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    add("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these parts")
    sizes = [250_000, 1_000_000, 4_000_000]
    add("--orders", type=int, nargs="+", default=sizes, metavar="N", help="sizes of the dumps, in orders")
    add("--repeat", type=int, default=3, metavar="N", help="rounds; medians are printed (default: 3)")
    add(
        "--decode-up-to",
        type=int,
        default=1_000_000,
        metavar="N",
        help="larger sizes are not decoded: decode_all holds all documents of a file in memory",
    )
    add(
        "--memory",
        nargs="+",
        default=["512MB", "4GB"],
        metavar="SIZE",
        help="budgets of intact's engine; the first is that of the ratios (default: 512MB 4GB)",
    )
    add(
        "--asked",
        type=int,
        nargs="+",
        default=[8_000, 32_000],
        metavar="N",
        help="sizes for what asks a server one by one",
    )
    add(
        "--unindexed",
        type=int,
        nargs="+",
        default=[2_000, 4_000],
        metavar="N",
        help="the same without an index on id",
    )
    add(
        "--live",
        type=int,
        nargs="+",
        default=[40_000, 160_000],
        metavar="N",
        help="sizes on a server, in orders",
    )
    add("--findings", type=int, default=1_000_000, metavar="N", help="how many findings the forms write")
    add(
        "--html",
        type=int,
        nargs="+",
        default=[10_000, 100_000],
        metavar="N",
        help="findings of the HTML reports that are used in a browser",
    )
    add(
        "--history",
        type=int,
        nargs=3,
        default=[1_000, 10_000, 100_000],
        metavar="N",
        help="runs in the history, findings of each, findings of a large run",
    )
    add("--idle", type=float, default=idle.SECONDS, metavar="S", help="seconds for which the daemon idles")
    add("--data", type=Path, default=Path(".cache/bench"), metavar="DIR", help="where dumps are kept")
    return parser


def _audits(options: argparse.Namespace) -> list[Audited]:
    """Measure the whole audit, the projector alone, and what they are held against, at each size."""
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        every = [contenders.bare_walk(options.data)]
        if "audit" in options.parts:
            more = Path(folder) / "more.json"
            every += [
                contenders.intact_check(options.memory[0], report),
                *(contenders.intact_check(each, more, named=True) for each in options.memory[1:]),
                contenders.decode_all(options.decode_up_to),
                contenders.arrow_sql(options.data, Path(folder) / "arrow.json"),
            ]
        for number, orders in enumerate(sorted(options.orders)):
            dump = samples.dump(options.data, orders)
            samples.warm(dump)
            able = [each for each in every if not each.left_out and orders <= (each.largest or orders)]
            projectors = _projectors(smallest=not number) if "projector" in options.parts else []
            runs, failed = in_turn([*able, *projectors], dump, options.repeat)
            measured.append(
                Audited(
                    dump,
                    {each.name: runs[each.name] for each in able if each.name in runs},
                    {each.name: runs[each.name] for each in projectors if each.name in runs},
                    _left_out(every, orders),
                    failed,
                    page.read(report) if contenders.CHECK in runs else {},
                )
            )
    return measured


def _left_out(every: Sequence[Contender], orders: int) -> dict[str, str]:
    reasons = {each.name: each.left_out for each in every if each.left_out}
    too_large = [each for each in every if each.largest and orders > each.largest]
    return reasons | {each.name: f"not run above {each.largest:,} orders" for each in too_large}


def _projectors(*, smallest: bool) -> list[Contender]:
    """Give the projector alone: with one thread, with one a processor, and the pure one at the smallest size."""
    if implementation().startswith("pure"):
        return [contenders.projector_alone(1)]
    able = [contenders.projector_alone(threads) for threads in sorted({1, os.cpu_count() or 1})]
    return [*able, contenders.projector_alone(1, pure=True)] if smallest else able


def _one_by_one(options: argparse.Namespace) -> OneByOne:
    return one_by_one.measure(
        options.data, options.asked, options.unindexed, options.repeat, options.memory[0]
    )


def _live(options: argparse.Namespace) -> Live:
    return live.measure(options.data, options.live, options.repeat, options.memory[0])


def _forms(options: argparse.Namespace) -> Forms:
    return forms.measure(options.data, options.findings, options.repeat, options.memory[0])


def _html(options: argparse.Namespace) -> dict[int, html_page.Measured | str]:
    return {count: html_page.measured(count, options.repeat) for count in options.html}


def _idle(options: argparse.Namespace) -> dict[str, idle.Idle]:
    return {name: idle.measure(options.idle, alerts=alerts) for name, alerts in page.IDLE.items()}


if __name__ == "__main__":
    main()
