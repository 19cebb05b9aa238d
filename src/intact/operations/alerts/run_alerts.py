"""Alerts of one run: told that it began, how it ended, and never in its way."""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from intact.core.errors import AlertsError, HistoryError
from intact.findings.digest import unchecked
from intact.findings.records import Finding, Report
from intact.ledger.history import DONE, Attempt, RunComparison, Store, ending_of, superseded
from intact.ledger.identity import AuditId
from intact.operations.alerts.alerts_file import SWITCH, load
from intact.operations.alerts.config import Config
from intact.operations.alerts.heartbeat import ping
from intact.operations.alerts.notifier import Notifier
from intact.operations.alerts.sending import SECONDS
from intact.operations.alerts.variables import without

HURRY: Final = 8.0
"""Seconds for sending when the process was told to end."""

_REASONS: Final = 5


class RunAlerts:
    """Tells of a run: a context that ends with the run, whatever it ends with.

    What goes wrong here is said, on stderr and in the next report. It never changes what the run found, nor its exit
    code.

    Args:
        file: The alerts file.
        history: The history's file; None where nothing is recorded, and so nothing is remembered of what was told.
        job: What is audited, in words without a secret; the same for each run of it.
        say: Says a sentence to whoever runs the audit.
        why: Gives the sentence for an error that ended the run.
        is_run: Whether this is a run, and not only why there is none.
    """

    def __init__(
        self,
        file: Path,
        history: Path | None,
        job: str,
        *,
        say: Callable[[str], None],
        why: Callable[[BaseException], str],
        is_run: bool = True,
    ) -> None:
        self._file = file
        self._history = history
        self._job = job
        self._say_plainly = say
        self._why = why
        self._is_run = is_run
        self._config: Config | None = None
        self._attempt: Attempt | None = None
        self._ending: tuple[str, int] | None = None
        self._written = False
        self._notes: list[str] = []
        self._told = False

    def __enter__(self) -> Self:
        try:
            self._config = load(self._file)
        except AlertsError as error:
            self._note(f"Nobody is told of this run: {error}")
            return self
        for problem in self._config.problems:
            self._note(f"Not everybody is told of this run: {problem}")
        if self._history is not None:
            with self.beside(), Store(self._history) as store:
                desk = Notifier(self._config, store)
                self._attempt = desk.begin(self._job)
                self._notes += desk.notes()
        return self

    def noted(self, report: Report) -> Report:
        """Return the report with what could not be told of the runs before."""
        return replace(report, run=replace(report.run, notes=(*report.run.notes, *self._notes)))

    def doubt(self, types: Sequence[str], reports: Sequence[str], model: str) -> None:
        """Note the names in the alerts file that the model does not have."""
        for doubt in self._config.doubts(types, reports, model) if self._config else ():
            self._note(f"Somebody may wait for alerts in vain: {doubt}")

    def tell(self, report: Report, *, urgent: Sequence[str], link: str = "") -> None:
        """Tell of a run that ended with a report.

        Args:
            report: The report, recorded in the history or not.
            urgent: Types and severities of which to tell at once, unless a target has its own.
            link: Where the report is, unless the alerts file says so.
        """
        self._told = True
        self._ending = DONE, report.exit_code
        with self.beside():
            self._tell(report, urgent, link)

    def _tell(self, report: Report, urgent: Sequence[str], link: str) -> None:
        if self._config is None:
            return

        def note(desk: Notifier) -> None:
            desk.watch(
                report.run.model,
                AuditId.of(report).subject,
                currency=report.run.currency,
                urgent=urgent,
                link=link,
            )
            if report.complete:
                desk.good(self._job)
            else:
                desk.incomplete(self._job, _reasons(report))

        reached = self._deliver(note, report)
        what = f"{self._job}: exit code {report.exit_code}, " + (
            "complete" if report.complete else "incomplete"
        )
        self._ping(
            good=report.complete and reached, text=what if reached else f"{what}; not everybody was told"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, trace
        if self._config is None:
            return
        if error is not None and (failure := ending_of(error)):
            self._ending, self._written = failure, False
            if not self._told:
                with self.beside():
                    self._tell_failure(self._config, error)
        if self._attempt and self._history is not None and not self._written:
            with self.beside(), Store(self._history) as store:
                self._end(store)

    def _tell_failure(self, config: Config, error: BaseException) -> None:
        """Tell that the run failed, or was told to end."""
        why = without(self._why(error), config.secrets)
        ended = isinstance(error, KeyboardInterrupt)
        self._deliver(lambda desk: desk.failed(self._job, why), seconds=HURRY if ended else SECONDS)
        self._ping(good=False, text=f"{self._job}: {why}", seconds=HURRY / 2 if ended else SECONDS / 3)

    def _deliver(
        self, note: Callable[[Notifier], None], report: Report | None = None, seconds: float = SECONDS
    ) -> bool:
        """Remember what is to be told, then tell it; where nothing can be remembered, tell it all the same."""
        if self._history is not None:
            try:
                with Store(self._history) as store:
                    if report is None or report.changes is not None or _is_past(store, report):
                        return self._deliver_by(store, note, seconds)
            except HistoryError as error:
                self._note(f"Who was told of what cannot be remembered, so alerts may come twice: {error}")
        with Store(None) as store:  # in memory: of a full disk people are to hear, above all
            if report is not None:
                _record(store, report)
            return self._deliver_by(store, note, seconds)

    def _deliver_by(self, store: Store, note: Callable[[Notifier], None], seconds: float) -> bool:
        if self._config is None:
            return False
        desk = Notifier(self._config, store)
        desk.mistaken()
        note(desk)
        if store.path == self._history:
            self._end(store)
        delivery = desk.deliver(seconds)
        for sentence in delivery.failed:
            self._say(sentence)
        waiting = [each for each in desk.failing() if each.name != SWITCH]
        return not (delivery.failed or waiting or self._config.problems)

    def _ping(self, *, good: bool, text: str, seconds: float = SECONDS / 3) -> None:
        if self._config is None or not self._config.switch:
            return
        why = ping(self._config.switch, without(text, self._config.secrets), good=good, seconds=seconds)
        if why:
            self._say(f"The dead man's switch could not be told ({why}).")
        if self._history is not None:
            with self.beside(), Store(self._history) as store:
                book = Notifier(self._config, store).book
                row = book.target(SWITCH)
                if why:
                    book.failed(row.id, why, datetime.now(UTC))
                elif row.failures:
                    book.reached(row.id)

    def _end(self, store: Store) -> None:
        """Write down how the run ended; of one that was none, such as help that was shown, nothing stays."""
        if self._attempt and self._ending and self._is_run:
            self._attempt.end(store, *self._ending, datetime.now(UTC))
        elif self._attempt:
            self._attempt.take_back(store)
        self._written = True

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """Say what goes wrong with alerts, beside a verdict that stays what it is."""
        try:
            yield
        except HistoryError as error:
            self._note(f"What is known of alerts cannot be read: {error}")
        except Exception as error:  # noqa: BLE001 - whatever breaks here, the run's exit code is about the data
            self._note(f"Somebody may not have been told of this run ({type(error).__name__}: {error}).")

    def _note(self, sentence: str) -> None:
        """Say a sentence now, and in the report."""
        self._say(sentence)
        self._notes.append(self._without(sentence))

    def _say(self, sentence: str) -> None:
        self._say_plainly(self._without(sentence))

    def _without(self, sentence: str) -> str:
        return without(sentence, self._config.secrets if self._config else ())


def _is_past(store: Store, report: Report) -> bool:
    """Say whether a run is about the past: it is not recorded, and nothing that it found is news."""
    names = {section.name for section in report.sections}
    with store.errors():
        audit = AuditId.of(report).number(store.database)
        return audit is not None and names == superseded(
            store.database, audit, names, report.run.as_of, datetime.now(UTC)
        )


def _record(store: Store, report: Report) -> None:
    """Record a report where nothing else is, so that what it found is told as new."""
    memory = RunComparison(store, report.run.model, AuditId.of(report).subject, datetime.now(UTC))
    accepted = []
    for section in report.sections:
        listed: Counter[str] = Counter()
        last: dict[str, Finding] = {}
        for finding in section.issues:
            memory.note(finding)
            last[finding.type] = finding
            if finding.accepted is None:
                listed[finding.type] += 1
            else:
                accepted.append((finding.report, finding.fingerprint))
        for type_, like in last.items():
            left_out = section.counts[type_] - section.accepted.get(type_, 0) - listed[type_]
            for number in range(left_out):
                memory.note(_unlisted(like, number))
    memory.record(report, accepted)


def _unlisted(like: Finding, number: int) -> Finding:
    """Return what stands for a finding that the report counts and does not list."""
    mark = hashlib.sha256(f"{like.report} {like.type} {number}".encode()).hexdigest()
    fields = {"details": "left out by --limit"}
    return replace(
        like,
        description="",
        fingerprint=mark[: len(like.fingerprint)],
        fields=fields,
        cause=tuple(fields),
        money=None,
        accepted=None,
    )


def _reasons(report: Report) -> list[str]:
    """Say why a report is incomplete, in a few sentences."""
    reasons = [each.reason for each in unchecked(report)]
    troubles = [f"{each.what} ({each.where})" if each.where else each.what for each in report.troubles]
    found = list(dict.fromkeys([*reasons, *troubles]))
    more = len(found) - _REASONS
    return [*found[:_REASONS], f"and {more} reasons more"] if more > 0 else found
