"""Has an audit become slower? The same audit by this checkout and by another one, in turn, as ratios.

    python -m benchmarks.against OTHER_CHECKOUT DUMP [--model delivery] [--repeat 5]

The other checkout is a worktree of an earlier commit with an environment of its own (``make setup`` there); both need
their native projector. What is compared are pairs that ran one after the other, so that other work of the machine
counts little, and for processor time least. Each run records itself in a history of its own: an earlier version could
not write into that of a later one, and would be spared the work.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.measure import FailedError, Run, run

HERE: Final = Path(__file__).parents[1]
FOUND: Final = (0, 1, 3)
"""How an audit ends that went through."""


def audit(checkout: Path, dump: Path, model: str) -> Run:
    """Run an audit by a checkout, in the environment that it has."""
    with tempfile.TemporaryDirectory() as folder:
        program = checkout / ".venv" / "bin" / "intact"
        options = ("--model", model, "--output", f"{folder}/report.json", "--quiet")
        history = {"INTACT_HISTORY": f"{folder}/history.sqlite"}
        return run((str(program), "check", str(dump), *options), FOUND, history, Path(folder))


def table(pairs: Sequence[tuple[Run, Run]]) -> str:
    """Give the medians of runs of another checkout and this one, and of the ratios of each pair."""
    rows = ["| | earlier | now | ratio |", "|---|--:|--:|--:|"]
    for name, what, unit in (
        ("processor", "processor time", "s"),
        ("wall", "time by the clock", "s"),
        ("memory", "peak memory", "MB"),
    ):
        earlier, now = ([getattr(pair[at], name) for pair in pairs] for at in (0, 1))
        ratio = statistics.median(one / other for one, other in zip(now, earlier, strict=True))
        digits = 1 if unit == "s" else 0
        told = (f"{statistics.median(each):.{digits}f} {unit}" for each in (earlier, now))
        rows.append(f"| {what} | {' | '.join(told)} | {ratio:.2f} |")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("dump", type=Path, help="what is audited")
    parser.add_argument("--model", default="delivery", help="by which model (default: delivery)")
    parser.add_argument("--repeat", type=int, default=5, help="how many pairs (default: 5)")
    options = parser.parse_args(arguments)
    try:
        pairs = [
            tuple(
                audit(each, options.dump.resolve(), options.model) for each in (options.other.resolve(), HERE)
            )
            for _ in range(options.repeat)
        ]
    except FailedError as error:
        raise SystemExit(f"an audit failed: {error}") from error
    print(table([(one, other) for one, other in pairs]))


if __name__ == "__main__":
    main()
