"""What is to be run when, before it is written for a scheduler; never with a credential in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Required, TypedDict, Unpack

from intact.core.errors import UsageError
from intact.ledger.identity import VARIABLE, is_server, may_be_secret
from intact.model.specs import Cadence
from intact.operations.schedule.plan import Plan
from intact.operations.schedule.times import Times

APART: Final = timedelta(minutes=20)
"""Between one cadence and the next, so that a server is not read by two of them at the same time."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """The audit of one cadence.

    Attributes:
        times: When, of which the cadence's part counts.
        options: Of ``intact check``, behind the source.
    """

    cadence: Cadence
    reports: tuple[str, ...]
    times: Times
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run when.

    Attributes:
        name: For files and units: small letters, digits and dashes.
        source: A path; None where the command does not say it.
        server: Whether it is a server, whose URI is in the environment as :data:`VARIABLE`.
        model: Name or path of the model; None where the command does not say it.
        config: The project file that the command reads, if any.
        history: The history's file, where the project file names one.
        writes: Folders into which the command writes, outside of the scheduler's own.
        program: How intact is started on this machine.
        image: Of containers.
        version: Of intact.
        runs: One a cadence.
    """

    name: str
    source: str | None
    server: bool
    model: str | None
    config: str | None
    history: str | None
    writes: tuple[str, ...]
    program: tuple[str, ...]
    image: str
    version: str
    runs: tuple[ScheduledRun, ...]

    def arguments(self, run: ScheduledRun) -> tuple[str, ...]:
        """Return what follows the program for one of the runs."""
        source = () if self.source is None else (self.source,)
        return ("check", *source, *run.options)


class Asked(TypedDict, total=False):
    """What is asked of ``intact check``.

    Attributes:
        source: A path, or a URI, which does not become part of the order.
        server: Whether the source is in the environment. Default: where none is named.
        options: More options.
        model: As in :class:`Order`; so are ``config``, ``history`` and ``writes``.
    """

    source: str | None
    server: bool
    model: str | None
    config: str | None
    history: str | None
    writes: Sequence[str]
    options: Required[Sequence[str]]


def order_of(
    plan: Plan,
    times: Times,
    *,
    program: Sequence[str],
    image: str,
    version: str,
    **asked: Unpack[Asked],
) -> Order:
    """Make an order of what a model says.

    Args:
        plan: What the model says.
        times: When; the less frequent follow each other.
        program: How intact is started.
        image: Of containers.
        version: Of intact.
        **asked: What is audited, and how.

    Raises:
        UsageError: If an argument cannot be written down for another program, or has a URI in it.
    """
    options, model, config = asked["options"], asked.get("model"), asked.get("config")
    source = asked.get("source")
    server = asked.get("server", source is None)
    if source is not None and is_server(source):
        source, server = None, True
    for each in (source or "", model or "", config or "", image, *options, *program):
        if _CONTROL.search(each):
            raise UsageError(f"{each!r} has control characters in it", hint="Choose another name.")
    if any(may_be_secret(each) for each in (*options, model or "")):
        raise UsageError(
            "the options or the model have a URI in them, which would be printed",
            hint=f"Leave it out; it belongs into the environment as {VARIABLE}.",
        )
    runs = tuple(
        ScheduledRun(cadence, reports, spread, _options(config, model, reports, options))
        for (cadence, reports), spread in zip(
            plan.reports.items(), _spread(times, len(plan.reports)), strict=True
        )
    )
    return Order(
        _name(plan.model),
        source,
        server,
        model,
        config,
        asked.get("history"),
        tuple(asked.get("writes", ())),
        tuple(program),
        image,
        version,
        runs,
    )


def _options(
    config: str | None, model: str | None, reports: Sequence[str], more: Sequence[str]
) -> tuple[str, ...]:
    first = [*(("--config", config) if config else ()), *(("--model", model) if model else ())]
    return ("--quiet", *first, *(word for name in reports for word in ("--report", name)), *more)


def _spread(times: Times, count: int) -> list[Times]:
    """Return times one after the other, on the same day."""
    first = datetime.combine(date(2000, 1, 2), times.at)  # any day
    after = [first + number * APART for number in range(count)]
    if after and after[-1].date() != first.date():
        after = [first - number * APART for number in range(count)]
    return [replace(times, at=each.time()) for each in after]


def _name(model: str) -> str:
    return f"intact-{re.sub('[^a-z0-9]+', '-', model.lower())[:24].strip('-')}".rstrip("-")


def expression(run: ScheduledRun, *, minutes: int = 0) -> str:
    """Return the five fields of cron for a run.

    Args:
        run: The run.
        minutes: To be taken off its local time; what is monthly stays on its day where its month may have no other.
    """
    moment = run.times.at.hour * 60 + run.times.at.minute - minutes
    days, rest = divmod(moment, 24 * 60)
    hour, minute = divmod(rest, 60)
    day, weekday = "*", "*"
    if run.cadence is Cadence.WEEKLY:
        weekday = str((run.times.weekday + days + 1) % 7)  # Sunday is 0
    if run.cadence is Cadence.MONTHLY:
        day = str(run.times.day + days if 1 <= run.times.day + days <= 28 else run.times.day)
    return f"{minute} {hour} {day} * {weekday}"


def about(run: ScheduledRun) -> str:
    """Say in a comment what a run is."""
    return f"{run.cadence.value}: {', '.join(run.reports)}"


def joined(files: Mapping[str, str]) -> str:
    """Write files after each other, each under its name, as they are printed."""
    if len(files) == 1:
        return next(iter(files.values()))
    return "\n".join(f"# ----- {name} -----\n{text}" for name, text in files.items())
