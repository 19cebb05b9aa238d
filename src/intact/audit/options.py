"""What a run is asked to do, settled before anything is read."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypedDict, cast

from intact.checks import KINDS
from intact.core.errors import SourceError, UsageError
from intact.core.hints import DEFAULT_MODEL
from intact.core.terms import UNREADABLE
from intact.engine import default_memory
from intact.engine.budget import LEAST as LEAST_MEMORY
from intact.findings.progress import Progress, Silent
from intact.ledger.baseline import Baseline, Threshold, parse_line, read_baseline
from intact.model import load
from intact.model.specs import Model, ReportSpec
from intact.sources import open_source
from intact.sources.base import Source
from intact.sources.mongodb.settings import READ_PREFERENCES, LiveOptions

DEFAULT_RECHECK_LIMIT: Final = 100_000
"""How many findings are looked at again.

References that lead nowhere, the usual case, take 4 commands a thousand: 400 in all, in a few seconds. What has more
was broken long ago, and a server is not to be hammered for it.
"""

MODEL_VARIABLE: Final = "INTACT_MODEL"
"""Environment variable that names one."""


class Options(TypedDict, total=False):
    """What :func:`intact.check` and :func:`intact.check_async` may be told beside the source.

    Attributes:
        model: Name of a shipped model, path of a model file, or a model; by default what ``INTACT_MODEL`` names, else
            ``delivery``. None is the same, and says that nobody chose: ``delivery`` is then refused where most of its
            collections are not there.
        reports: Which reports to make; all by default.
        as_of: The moment from which ages and periods count, a datetime or ISO 8601 text; a naive one is UTC; now by
            default.
        fail_on: Finding types, severities (a severity includes the worse ones) or thresholds such as
            ``DOUBLE_BILLING>5``, ``overcharged>1000`` or ``new:HIGH`` that make
            :attr:`~intact.findings.records.Report.exit_code` 1; what the model says by default; ``["none"]`` for none.
        baseline: File of accepted findings, which do not fail the run.
        limit: How many findings of each type and report to keep; all by default. Totals always count all.
        memory: Budget of the engine, in bytes or as ``"512MB"``; beyond it the disk is used. By default a
            quarter of the free memory, at least 1 GB; in a container no more than two thirds of what it leaves.
        database: Which database, where the source has several.
        collection: Which collection it is, where nothing else says so (BSON or JSON from standard input).
        progress: Told how far the run is.
        show_personal: Whether to show the values that the model calls personal; otherwise they are masked.
        max_duration: After how long the run ends with what was done, in seconds or as ``"30m"`` or ``"2h"``; what was
            not read then makes the report incomplete. As long as it takes by default.
        max_rate: How many bytes a second to read from a server, on average, or as ``"10MB"``.
        read_preference: Which member of a replica set to read, as MongoDB names it.
        strict_read_only: Whether to hold each command that the driver sends to a server against the list of those that
            only read, and to end the run at any other.
        history: File that remembers what runs found, so that this one says what changed; made where there is none. None
            and nothing remember nothing.
        recheck_limit: How many findings to look at again in a database that was not read as of one moment, the worst
            first; those beyond it are unconfirmed. 100,000 by default.
    """

    model: str | os.PathLike[str] | Model | None
    reports: Sequence[str] | None
    as_of: datetime | str | None
    fail_on: Sequence[str] | None
    baseline: str | os.PathLike[str] | None
    limit: int | None
    memory: int | str | None
    database: str | None
    collection: str | None
    progress: Progress | None
    show_personal: bool
    history: str | os.PathLike[str] | None
    recheck_limit: int | None
    max_duration: float | str | None
    max_rate: int | str | None
    read_preference: str | None
    strict_read_only: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """The same, resolved: what to read, what must hold, and how."""

    source: Source
    model: Model
    reports: tuple[ReportSpec, ...]
    as_of: datetime
    lines: tuple[Threshold, ...]
    limit: int | None
    memory: int
    progress: Progress
    baseline: Baseline | None = None
    show_personal: bool = False
    history: Path | None = None
    recheck_limit: int = DEFAULT_RECHECK_LIMIT
    max_duration: float | None = None
    assumed: bool = False
    """Whether nobody named the model."""

    @property
    def fail_on(self) -> tuple[str, ...]:
        """The lines at which the run fails, as text."""
        return tuple(map(str, self.lines))


def settle(source: object, options: Options) -> Settings:
    """Resolve what a run is asked to do.

    Raises:
        UsageError: If an option makes no sense, or there is no source.
        ModelError: If the model is wrong.
        SourceError: If there is nothing to be read at the source.
    """
    if unknown := sorted(set(options) - Options.__annotations__.keys()):
        raise UsageError(
            f"there is no option {unknown[0]!r}", hint=_nearest(unknown[0], Options.__annotations__)
        )
    named = options.get("model") or os.environ.get(MODEL_VARIABLE)
    given = named or DEFAULT_MODEL
    model = given if isinstance(given, Model) else load(given, KINDS)
    limit, memory = options.get("limit"), options.get("memory")
    again = options.get("recheck_limit")
    for number in (limit, again):
        if number is not None and not (str(number).isdecimal() and isinstance(number, int)):
            raise UsageError(
                f"a limit of {number} findings makes no sense", hint="Give a whole number, 0 or more."
            )
    seconds = _seconds(options.get("max_duration"))
    return Settings(
        reports=_reports(model, options.get("reports")),
        as_of=_moment(options.get("as_of")),
        lines=_lines(model, options.get("fail_on"), history=options.get("history") is not None),
        baseline=None if (accepted := options.get("baseline")) is None else read_baseline(Path(accepted)),
        limit=limit,
        memory=default_memory() if memory is None else _bytes(memory),
        source=_opened(
            source,
            options.get("database"),
            options.get("collection"),
            _live(options, seconds),
            model.collections,
        ),
        model=model,
        progress=options.get("progress") or Silent(),
        show_personal=options.get("show_personal", False),
        history=None if (history := options.get("history")) is None else Path(history),
        recheck_limit=DEFAULT_RECHECK_LIMIT if again is None else again,
        max_duration=seconds,
        assumed=not named,
    )


def misfit(settings: Settings, available: Collection[str]) -> SourceError | None:
    """Return an error if the model is one that nobody named, and the data is hardly of it; None where it fits.

    What such a model would find in another business is no finding: it is not to be shown to anybody.

    Args:
        settings: Of the run.
        available: Names of the collections that the source has.
    """
    model = settings.model
    found = sorted(
        name for name in model.collections if name in available
    )  # any may be, where none is listed
    if not settings.assumed or 2 * len(found) > len(model.collections):
        return None
    others = sorted(set(available) - set(model.collections))
    listed = f"; it has {', '.join(others[:10])}{' ...' if len(others) > 10 else ''}" if others else ""
    return SourceError(
        f"no model was named, and {len(found)} of the {len(model.collections)} collections of the default one, "
        f"{model.name!r}, {'is' if len(found) == 1 else 'are'} there ({', '.join(found) or 'none'}){listed}",
        where=settings.source.info.label,
        hint=f"Name your model: --model, model= in Python, or {MODEL_VARIABLE}; if it is this one, {model.name}.",
    )


def _reports(model: Model, names: Sequence[str] | None) -> tuple[ReportSpec, ...]:
    names = [names] if isinstance(names, str) else names
    for name in names or ():
        if name not in model.reports:
            raise UsageError(
                f"the model {model.name!r} has no report {name!r}", hint=_nearest(name, model.reports)
            )
    return tuple(spec for name, spec in model.reports.items() if not names or name in names)


def finding_types(model: Model) -> dict[str, list[str]]:
    """Return the types that a model's findings can have, each with the kinds of its checks; of none where any may."""
    types: dict[str, list[str]] = {}
    for spec in model.reports.values():
        for rule in spec.rules:
            types.setdefault(rule.finding, []).append(rule.kind)
    return {**types, UNREADABLE: []}


def _lines(model: Model, texts: Sequence[str] | None, *, history: bool) -> tuple[Threshold, ...]:
    """Resolve what makes a run fail."""
    rules = [rule for spec in model.reports.values() for rule in spec.rules]
    kinds = {kind for rule in rules if rule.money for kind in (rule.money.over, rule.money.under)}
    types = finding_types(model)
    given = model.fail_on if texts is None else [texts] if isinstance(texts, str) else texts
    found = dict.fromkeys(
        line
        for text in given
        for line in parse_line(text, types, kinds, model.name, currencies=model.currencies)
    )
    for line in found:
        if line.new and not history:
            raise UsageError(
                f"{str(line)!r} asks for what is new, which only a history can tell",
                hint="Name one with --history, or leave out 'new:'.",
            )
    return tuple(found)


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names)}."


def _opened(
    source: object,
    database: str | None,
    collection: str | None,
    live: LiveOptions,
    declared: Collection[str],
) -> Source:
    # The class is asked: a database handle answers to any name.
    if all(hasattr(type(source), name) for name in ("collections", "read", "close")):
        return cast("Source", source)
    return open_source(
        _source(source), database=database, collection=collection, live=live, declared=declared
    )


def _source(source: object) -> object:
    if source is None:
        source = os.environ.get("INTACT_SOURCE") or os.environ.get("MONGODB_URI")
    if source is None or (isinstance(source, str) and not source):
        raise UsageError(
            "there is nothing to audit",
            hint="Name a dump or a MongoDB URI, or set INTACT_SOURCE or MONGODB_URI.",
        )
    return source


def _moment(as_of: datetime | str | None) -> datetime:
    if as_of is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (AttributeError, OverflowError, ValueError):  # no datetime; none in UTC; no ISO 8601 text
        raise UsageError(
            f"{as_of!r} is no date", hint="Write it like 2026-01-31 or 2026-01-31T06:00:00+05:30."
        ) from None


_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {f"{unit}I": 2 ** (10 * power) for power, unit in enumerate("KMGT", start=1)}
_MOST_MEMORY = 2**50  # more than any machine has; the engine's own numbers end beyond it


def _live(options: Options, seconds: float | None) -> LiveOptions:
    """Settle how a server is read."""
    rate, preference = options.get("max_rate"), options.get("read_preference")
    size = None if rate is None else _size(rate)
    if size is not None and size < 1:
        raise UsageError(f"{rate!r} is no rate", hint="Write it like 500KB or 10MB, for each second.")
    if preference is not None and preference not in READ_PREFERENCES:
        raise UsageError(
            f"there is no read preference {preference!r}", hint=_nearest(preference, READ_PREFERENCES)
        )
    return LiveOptions(preference, options.get("strict_read_only", False), size, seconds=seconds)


_SPANS = {"": 1, "S": 1, "M": 60, "H": 3600, "D": 86400}


def _seconds(span: float | str | None) -> float | None:
    """Read how long something may take: seconds, or ``90s``, ``30m``, ``1.5h``."""
    if span is None:
        return None
    found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d+)?)\s*([SMHD]?)\s*", str(span).upper())
    seconds = float(found[1]) * _SPANS[found[2]] if found else 0.0
    if seconds <= 0:
        raise UsageError(f"{span!r} is no duration", hint="Write it like 90s, 30m or 2h.")
    return seconds


def _size(text: int | str) -> int:
    """Read a number of bytes such as ``512MB`` or ``2GiB``; 0 where it is none."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?\s*", str(text).upper())
    return int(min(float(found[1]) * _UNITS[found[2]], _MOST_MEMORY)) if found and found[2] in _UNITS else 0


def _bytes(memory: int | str) -> int:
    """Read a budget such as ``512MB``, ``2GiB`` or a number of bytes."""
    size = _size(memory)
    if size < LEAST_MEMORY:
        raise UsageError(f"{memory!r} is no memory budget", hint="Write it like 512MB or 2GB; 64MB at least.")
    return size
