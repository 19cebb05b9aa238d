"""Where the time of one audit goes: seconds of wall clock and of processor, a phase and a query at a time.

    python -m benchmarks.profile_run DUMP [OPTION of intact check]...

The functions between the phases are replaced from outside, so what it shows is the program as it is, a little slower.
A line that is indented is a part of the next one that is not. What runs in threads of its own (projecting, loading)
overlaps, and may add up to more than the phase it belongs to; its processor time is that of these threads alone.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import resource
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from benchmarks import samples

HEAD: Final = 76
"""Characters of a query that are shown."""


@dataclass
class Spent:
    """What went into one thing."""

    calls: int = 0
    wall: float = 0.0
    processor: float = 0.0


class Ledger:
    """What went into each thing, in the order in which they were first met."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = defaultdict(Spent)
        self._lock = threading.Lock()

    @contextmanager
    def on(
        self, name: str, *, clock: Callable[[], float] = time.process_time, calls: int = 1
    ) -> Iterator[None]:
        """Book what happens inside: processor time of the process, or of this thread alone."""
        began, used = time.perf_counter(), clock()
        try:
            yield
        finally:
            wall, processor = time.perf_counter() - began, clock() - used
            with self._lock:
                entry = self.spent[name]
                entry.calls += calls
                entry.wall += wall
                entry.processor += processor

    def timed(
        self, name: str, work: Callable[..., Any], *, clock: Callable[[], float] = time.process_time
    ) -> Any:
        """Give a function that books itself."""

        @wraps(work)
        def timed(*arguments: Any, **options: Any) -> Any:
            with self.on(name, clock=clock):
                return work(*arguments, **options)

        return timed

    def awaited(self, name: str, work: Callable[..., Awaitable[Any]]) -> Any:
        """Give an asynchronous function that books itself."""

        @wraps(work)
        async def timed(*arguments: Any, **options: Any) -> Any:
            with self.on(name):
                return await work(*arguments, **options)

        return timed


class Timed:
    """A projector that books its work; otherwise the one inside."""

    def __init__(self, inside: Any, ledger: Ledger) -> None:
        self._inside = inside
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inside, name)

    def project(self, *arguments: Any, **options: Any) -> Any:
        """Project, and book it."""
        with self._ledger.on("  project (in its threads)", clock=time.thread_time):
            return self._inside.project(*arguments, **options)


def main(arguments: list[str]) -> None:
    """Run an audit in this process, and print where its time went."""
    if not arguments:
        raise SystemExit(__doc__)
    ledger = Ledger()
    with ledger.on("import"):
        run, ingest, engine, output, cli = (
            importlib.import_module(f"intact.{name}")
            for name in ("audit.run", "audit.ingest", "engine.duck", "cli.output", "cli.app")
        )
    _replace(run, "settle", lambda work: ledger.timed("model, options, opening", work))
    _replace(run, "ingest", lambda work: ledger.awaited("read, project, load", work))
    _replace(ingest, "projector", lambda work: lambda *given: Timed(work(*given), ledger))
    _replace(run, "evaluate", lambda work: _section(work, ledger))
    _replace(output, "save", lambda work: ledger.timed("write the report", work))
    for name in ("load", "create", "_copy"):
        _replace(
            engine.DuckEngine,
            name,
            lambda work, name=name: ledger.timed(
                f"  engine.{name} (in its thread)", work, clock=time.thread_time
            ),
        )
    for name in ("execute", "fill"):
        _replace(engine.DuckEngine, name, lambda work: _statement(work, ledger))
    _replace(engine.DuckEngine, "query", lambda work: _query(work, ledger))
    with tempfile.TemporaryDirectory() as folder, ledger.on("the whole run"):
        options = ["--as-of", samples.AS_OF, "--quiet", "--output", f"{folder}/report.json"]
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
            cli.app.main(["check", *options, *arguments])
    _show(ledger)


def _replace(owner: Any, name: str, made: Callable[[Any], Any]) -> None:
    """Replace a function from outside; say so where there is none of that name any more."""
    if hasattr(owner, name):
        setattr(owner, name, made(getattr(owner, name)))
    else:
        print(f"{owner.__name__} has no {name!r}: what it does is not shown on its own", file=sys.stderr)


def _section(work: Callable[..., Any], ledger: Ledger) -> Callable[..., Any]:
    @wraps(work)
    def timed(report: Any, *arguments: Any, **options: Any) -> Any:
        with ledger.on(f"report {report.name}"):
            return work(report, *arguments, **options)

    return timed


def _statement(work: Callable[..., Any], ledger: Ledger) -> Callable[..., Any]:
    @wraps(work)
    def timed(self: Any, text: str, *arguments: Any, **options: Any) -> Any:
        with ledger.on(f"  {_who()}: {_head(text)}"):
            return work(self, text, *arguments, **options)

    return timed


def _query(work: Callable[..., Iterator[Any]], ledger: Ledger) -> Callable[..., Iterator[Any]]:
    """Book a query: the time until it gives each row, not what is done with it."""

    @wraps(work)
    def timed(self: Any, sql: str, *arguments: Any, **options: Any) -> Iterator[Any]:
        name, rows, calls = f"  {_who()}: {_head(sql)}", work(self, sql, *arguments, **options), 1
        while True:
            with ledger.on(name, calls=calls):
                row = next(rows, None)
            calls = 0
            if row is None:
                return
            yield row

    return timed


def _who() -> str:
    """Name the check that asks, with the line."""
    frame = sys._getframe(2)  # noqa: SLF001 - there is no other way to see who calls
    while frame.f_back is not None and "/checks/" not in frame.f_code.co_filename:
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "?").rpartition(".")[2]
    return f"{name}:{frame.f_lineno}"


def _head(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= HEAD else f"{text[:HEAD]}…"


def _show(ledger: Ledger) -> None:
    print(f"{'wall s':>8} {'cpu s':>8} {'calls':>6}")
    for name, spent in ledger.spent.items():
        print(f"{spent.wall:8.3f} {spent.processor:8.3f} {spent.calls:6}  {name}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6:,.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
