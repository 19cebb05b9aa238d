"""Numbers for Prometheus, of the last run of each audit; how many series there are is bounded."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from intact.core.version import __version__
from intact.findings.words import harmless
from intact.operations.folder import Listing, RunRecord
from intact.operations.folder.failure import what

AUDITS: Final = 50
"""Audits that have series, those that ran last."""

SERIES: Final = 500
"""Series of one audit in one metric; what is beyond them is summed up as ``(others)``."""

LONGEST: Final = 120
"""Characters of a label."""

AHEAD: Final = 3600.0
"""Seconds by which the clock of the machine that audits may be ahead of this one's."""

_MARK: Final = 12
_OTHERS: Final = "(others)"
_AUDIT: Final = ("model", "database", "reports")
_SINGLE: Final = (
    ("intact_last_run_failing_findings", "Findings at which the last run failed.", lambda run: run.failing),
    ("intact_last_run_exit_code", "Exit code of the last run.", lambda run: run.exit_code),
    ("intact_last_run_complete", "1 if the last run could check everything.", lambda run: int(run.complete)),
    ("intact_last_run_duration_seconds", "How long the last run took.", lambda run: run.seconds),
    ("intact_last_run_documents_read", "Documents that the last run read.", lambda run: run.documents),
    (
        "intact_last_run_documents_affected",
        "Documents with a finding in the last run.",
        lambda run: run.affected,
    ),
    (
        "intact_last_run_timestamp_seconds",
        "When the last run ended (Unix time).",
        lambda run: run.ended.timestamp(),
    ),
)


def exposition(found: Listing, accept: str) -> tuple[bytes, str]:
    """Return the metrics of a folder.

    Args:
        found: What the folder keeps.
        accept: The ``Accept`` of the request; OpenMetrics is given to whom asks for it.

    Returns:
        The text, and its content type.
    """
    registry = CollectorRegistry()
    registry.register(_Runs(found))
    encoder, kind = choose_encoder(accept)
    return encoder(registry), kind


class _Runs(Collector):
    """The runs of a folder as metrics."""

    def __init__(self, found: Listing) -> None:
        self._found = found
        self._audits = found.by_audit()[:AUDITS]

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        last = [runs[0] for runs in self._audits]
        info = GaugeMetricFamily("intact_info", "The version that serves.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield GaugeMetricFamily("intact_runs_kept", "Runs in the folder.", value=len(self._found.runs))
        yield GaugeMetricFamily(
            "intact_runs_damaged",
            "Folders of runs without a record that can be read.",
            value=len(self._found.damaged),
        )
        yield from self._failed()
        for name, said, value in _SINGLE:
            yield _family(name, said, (), ((run, [((), value(run))]) for run in last))
        yield _family(
            "intact_last_run_total_critical_issues",
            "Total Critical Issues Found: the sum that the model declares, whatever the severity of what it adds up.",
            (),
            ((r, [((), r.total_critical_issues)]) for r in last if r.total_critical_issues is not None),
        )
        yield from self._good()
        yield _family(
            "intact_findings",
            "Findings of the last run by report, type and severity.",
            ("report", "type", "severity"),
            ((run, (((c.report, c.type, c.severity), c.count) for c in run.counts)) for run in last),
        )
        yield _family(
            "intact_findings_accepted",
            "Findings of the last run that the baseline accepts, by report.",
            ("report",),
            ((run, (((name,), count) for name, count in run.accepted.items())) for run in last),
        )
        yield _family(
            "intact_money_at_stake",
            "Money at stake in the last run by kind.",
            ("kind", "currency"),
            (
                (run, (((kind, run.currency or ""), float(amount)) for kind, amount in run.money.items()))
                for run in last
            ),
        )
        yield from _changes([run for run in last if run.new is not None])
        yield _family(
            "intact_checks_not_evaluated",
            "Checks that the last run could not evaluate, or not in full, by report.",
            ("report",),
            ((run, (((name,), count) for name, count in run.unchecked.items())) for run in last),
        )

    def _failed(self) -> Iterator[Metric]:
        """Yield which jobs fail: of those that failed, and of those that were kept."""
        yield GaugeMetricFamily(
            "intact_runs_failed", "Runs that failed or were killed, of those that are kept in mind.",
            value=len(self._found.failures),
        )  # fmt: skip
        rows: dict[str, int] = {}
        for failures in self._found.open_failures():
            rows[failures[0].what] = len(failures)
        for runs in self._audits:
            if runs[0].job is not None:
                rows.setdefault(what(runs[0].job, runs[0].asked), 0)
        failing = GaugeMetricFamily(
            "intact_job_failed_runs",
            "Runs of a job that failed or were killed since the last that was kept; 0 if that is the last.",
            labels=["job"],
        )
        for job, count in sorted(rows.items(), key=lambda each: (-each[1], each[0]))[:AUDITS]:
            failing.add_metric([_label(job)], count)
        yield failing
        last = GaugeMetricFamily(
            "intact_job_last_failed_run_timestamp_seconds",
            "When a run of a job last failed, or began that was killed (Unix time).",
            labels=["job"],
        )
        times: dict[str, float] = {}
        for each in self._found.failures:
            times.setdefault(each.what, each.at.timestamp())
        for job in list(times)[:AUDITS]:
            last.add_metric([_label(job)], times[job])
        yield last

    def _good(self) -> Iterator[Metric]:
        """Yield when everything could last be checked; an audit of which that is not known has no such series."""
        good = [run for runs in self._audits if (run := next((r for r in runs if r.complete), None))]
        now = time.time()
        yield _family(
            "intact_last_good_run_timestamp_seconds",
            "When the last run ended that could check everything (Unix time).",
            (),
            ((run, [((), run.ended.timestamp())]) for run in good),
        )
        yield _family(
            "intact_last_good_run_age_seconds",
            "How long ago that was; infinite if it was made by a clock that was ahead, since nobody knows.",
            (),
            ((run, [((), _age(run, now))]) for run in good),
        )


def _changes(compared: Sequence[RunRecord]) -> Iterator[Metric]:
    """Yield what changed since the run before, of audits that have a history."""
    yield _family(
        "intact_last_run_new_findings",
        "Findings of the last run that the run before it did not have, those that came back included.",
        (),
        ((run, [((), run.new or 0)]) for run in compared),
    )
    yield _family(
        "intact_last_run_gone_findings",
        "Findings of the runs before that the last one does not have: cured, destroyed (a document is gone), unknown,"
        " or not comparable, since the model was changed.",
        ("how",),
        ((run, _gone(run)) for run in compared),
    )
    yield _family(
        "intact_last_run_model_changed",
        "1 if the model differs from that of the run before: its numbers are not all comparable.",
        (),
        ((run, [((), int(run.model_change is not None))]) for run in compared),
    )


def _gone(run: RunRecord) -> list[tuple[tuple[str], int]]:
    """Return what is gone since the run before, by how."""
    cured, destroyed = run.cured or 0, run.destroyed or 0
    how = {
        "cured": cured,
        "destroyed": destroyed,
        "unknown": (run.resolved or 0) - cured - destroyed,
        "not comparable": run.not_comparable or 0,
    }
    return [((name,), number) for name, number in how.items()]


def _age(run: RunRecord, now: float) -> float:
    """Return how long ago a run ended; a run of the future must not look new for years."""
    age = now - run.ended.timestamp()
    return max(0.0, age) if age > -AHEAD else math.inf


Samples = Iterable[tuple[tuple[str, ...], float]]


def _family(
    name: str, said: str, labels: Sequence[str], runs: Iterable[tuple[RunRecord, Samples]]
) -> GaugeMetricFamily:
    """Return one metric: one series for each set of labels, as Prometheus wants it."""
    family = GaugeMetricFamily(name, said, labels=[*_AUDIT, *labels])
    summed: dict[tuple[str, ...], float] = {}
    for run, samples in runs:
        audit = (_label(run.model), _label(run.subject), _label(",".join(run.reports)))
        for given, value in _bounded(samples, len(labels)).items():
            summed[*audit, *given] = summed.get((*audit, *given), 0) + value
    for key, value in summed.items():
        family.add_metric(key, value)
    return family


def _bounded(samples: Samples, labels: int) -> Mapping[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for given, value in samples:
        key = tuple(_label(each) for each in given)
        if key not in found and len(found) >= SERIES:
            key = (_OTHERS,) * labels
        found[key] = found.get(key, 0) + value
    return found


def _label(text: str) -> str:
    """Return a label of bounded length; two that differ stay two."""
    shown = harmless(text)
    if len(shown) <= LONGEST:
        return shown
    mark = hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:_MARK]
    return f"{shown[: LONGEST - _MARK - 1]}#{mark}"
