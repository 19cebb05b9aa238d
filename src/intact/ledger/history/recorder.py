"""The history of one run: opened before its report is made, told of it at the end, and never in its way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from intact.core.errors import HistoryError
from intact.core.stopping import Stop
from intact.findings.records import Finding, Report
from intact.ledger.history.comparison import RunComparison
from intact.ledger.history.documents import DocumentNumbers
from intact.ledger.history.rules import Rules
from intact.ledger.history.store import Store


class Recorder:
    """Records a run, if there is a history to record it in.

    A history that fails changes neither the report's findings nor its exit code; the report says so beside them.

    Args:
        path: The history's file; None for none.
        model: Name of the model.
        subject: What is audited, see :class:`~intact.ledger.history.comparison.RunComparison`.
        reports: Names of all reports of the model; None where they are not known.
        rules: Digests of all its rules; None where they are not known.
        documents: Numbers the run's documents; None where they cannot be looked up.
        stop: Tells when to end before all is done.
    """

    def __init__(
        self,
        path: Path | None,
        model: str,
        subject: str,
        reports: Collection[str] | None = None,
        *,
        rules: Rules | None = None,
        documents: DocumentNumbers | None = None,
        stop: Stop | None = None,
    ) -> None:
        self._path = path
        self._model = model
        self._subject = subject
        self._reports = reports
        self._rules = rules
        self._documents = documents
        self._stop = stop or Stop()
        self._failed: HistoryError | None = None
        self._memory: RunComparison | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                store = self._stack.enter_context(Store(self._path))
                self._stop.watch(store)
                self._stack.callback(self._stop.unwatch, store)
                self._memory = RunComparison(
                    store,
                    self._model,
                    self._subject,
                    datetime.now(UTC),
                    self._reports,
                    rules=self._rules,
                    documents=self._documents,
                )
            except HistoryError as error:
                self._failed = error
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def note(self) -> Callable[[Finding, Sequence[int]], Finding] | None:
        """What is to be told of every finding, and of the documents that it affects; None where nothing is recorded."""
        return None if self._memory is None else self._note

    def _note(self, finding: Finding, rows: Sequence[int]) -> Finding:
        if self._memory is None or self._failed:
            return finding
        try:
            return self._memory.note(finding, rows)
        except HistoryError as error:
            self._failed = error
            return finding

    def record(
        self, report: Report, accepted: Iterable[tuple[str, str]] = (), *, asks_again: bool = False
    ) -> Report:
        """Record a run, and give its report with what changed, or with why that is not known.

        Args:
            report: The run's report.
            accepted: Report and fingerprint of each finding that the baseline accepts.
            asks_again: Whether the caller makes the report again where another run came between.

        Raises:
            MovedError: If another run came between, and the caller asks again.
        """
        recorded = report
        if self._memory is not None and not self._failed:
            try:
                recorded = self._memory.record(report, accepted, asks_again=asks_again)
            except HistoryError as error:
                self._failed = error
        notes = [] if self._memory is None else self._memory.notes
        if self._failed:
            notes = [f"This run is not in the history: {self._failed}"]
        return replace(recorded, run=replace(recorded.run, notes=(*recorded.run.notes, *notes)))
