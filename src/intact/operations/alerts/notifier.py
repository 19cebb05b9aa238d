"""Where alerts are made out and sent: what is due to each target, what waits, and what could not be sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from intact.core.errors import HistoryError
from intact.findings.words import moment_text, value_text
from intact.ledger.history import Attempt, Store
from intact.ledger.identity import AuditId
from intact.operations.alerts.alert_store import LONGEST_PAUSE, AlertStore, TargetRow, Watch
from intact.operations.alerts.alerts_file import SWITCH
from intact.operations.alerts.clock import is_quiet, last_slot, next_slot, quiet_until
from intact.operations.alerts.config import Config, Names, Snooze, Target
from intact.operations.alerts.notifications import Item, Notification, write
from intact.operations.alerts.sending import SECONDS, send_all

Send = Callable[[Mapping[str, Notification], Mapping[str, str], Sequence[str], float], dict[str, str]]

WAIT: Final = 20.0
"""How many seconds to wait for another process that is sending to the same target."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is due to a target, and what waits.

    Attributes:
        waiting: How many appearances and events wait, with why: a clause.
        slot: Whether a digest is due, be there something in it or not.
    """

    target: Target
    row: TargetRow
    letter: Notification | None
    waiting: Mapping[str, int] = dataclasses.field(default_factory=dict)
    slot: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of sending.

    Attributes:
        sent: Names of the targets that were told, and the titles of what they were told.
        failed: A sentence for each that could not be.
    """

    sent: tuple[tuple[str, str], ...] = ()
    failed: tuple[str, ...] = ()


class Notifier:
    """Makes out alerts and sends them.

    Args:
        config: The alerts file.
        store: The open history, in which is remembered who was told of what.
        now: The clock.
        send: What sends.

    All methods raise HistoryError where the history cannot be read or written.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        send: Send = send_all,
    ) -> None:
        self.config = config
        self.book = AlertStore(store, config.identity)
        self._store = store
        self._now = now
        self._send = send

    # What happens to runs

    def begin(self, job: str) -> Attempt:
        """Remember that a run began; one before it that never ended is told."""
        attempt = Attempt(job, self.config.identity)
        for began in attempt.begin(self._store, self._now()):
            self._trouble(
                "failed",
                job,
                f"The audit of {job} that began at {moment_text(began)} never said how it ended: it was killed,"
                " or its machine went down.",
            )
        return attempt

    def failed(self, job: str, sentence: str) -> None:
        """Note that a run failed."""
        self._trouble(
            "failed", job, f"The audit of {job} failed: {sentence} Whether anything is wrong is not known."
        )

    def incomplete(self, job: str, reasons: Sequence[str]) -> None:
        """Note that a part of what was asked could not be checked."""
        listed = " ".join(f"- {reason}" for reason in reasons)
        self._trouble("incomplete", job, f"The audit of {job} could not check everything. {listed}")

    def good(self, job: str) -> None:
        """Note that a run checked everything it was asked to."""
        self.book.relief(job, f"The audit of {job} works again, and has checked everything.", self._now())

    def mistaken(self) -> None:
        """Note what is wrong with the alerts file: who is not told because of it does not know."""
        job = "the alerts file"
        if self.config.problems:
            listed = " ".join(f"- {problem}" for problem in self.config.problems)
            text = f"The alerts file has mistakes, so not everybody is told everything. {listed}"
            self._trouble("misconfigured", job, text)
        else:
            self.book.relief(job, "The alerts file is right again.", self._now())

    def _trouble(self, kind: str, job: str, text: str) -> None:
        ids = [self.book.target(each.name).id for each in self.config.targets if each.failures]
        self.book.trouble(ids, kind, job, text, self._now())

    def watch(
        self, model: str, subject: str, *, currency: str | None, urgent: Sequence[str], link: str
    ) -> None:
        """Let every target be told of an audit that has been recorded."""
        with self._store.errors():
            audit = AuditId(model, subject).number(self._store.database)
        for target in self.config.targets if audit is not None else ():
            self.book.watch(
                self.book.target(target.name).id,
                audit or 0,
                currency=currency,
                urgent=Names(frozenset(urgent)),
                link=self.config.link or link,
                now=self._now(),
            )

    def notes(self) -> list[str]:
        """Say who could not be reached when it was last tried: sentences for a report."""
        return [
            f"Alerts have not reached '{row.name}' since {moment_text(row.failing_since or self._now())}"
            f" ({value_text(row.error)}); they are kept, and tried again."
            for row in self.failing()
        ]

    def failing(self) -> list[TargetRow]:
        """Return those in the alerts file who could not be reached when it was last tried."""
        names = {each.name for each in self.config.targets} | ({SWITCH} if self.config.switch else set())
        return [row for row in self.book.failing() if row.name in names]

    # What is due

    def due(self, target: Target) -> Due:
        """Make out what is due to a target now, and count what waits."""
        now, row = self._now(), self.book.target(target.name)
        waiting: dict[str, int] = {}
        held, but = self._held(target, row)
        digest, at = target.digest, ""
        slot = digest is not None and (
            row.digested is None
            or row.digested > now  # by a clock that was wrong
            or last_slot(digest, now, self.config.zone) > row.digested
        )
        if digest is not None:
            at = f"the digest is at {moment_text(next_slot(digest, now, self.config.zone))}"
        parts, with_digest = [], False
        for watch in self.book.watched(row.id):
            chosen: list[Item] = []
            for item in self._fresh(target, row, watch):
                kind = item.finding.type, item.finding.severity
                urgent = (target.at_once or watch.urgent).take(*kind)
                if held and not but.take(*kind):
                    waiting[held] = waiting.get(held, 0) + 1
                elif urgent or slot:
                    chosen.append(item)
                    with_digest = with_digest or not urgent
                elif digest is not None:
                    waiting[at] = waiting.get(at, 0) + 1
            clear = self._clear(target, watch, held, chosen)
            unsure = self.book.not_comparable(row.id, watch) if clear else 0
            parts.append(
                replace(
                    watch.part,
                    items=chosen,
                    clear=clear,
                    not_comparable=unsure,
                    ended=self.book.ended(row.id, watch) if clear else None,
                    model_change=self.book.model_change(watch, chosen),
                )
            )
        events = self.book.events(row.id)
        if held and events:
            waiting[held] = waiting.get(held, 0) + len(events)
            events = []
        letter = write(parts, events, digest=with_digest, zone=self.config.zone)
        return Due(target, row, letter, waiting, slot and not held)

    def _held(self, target: Target, row: TargetRow) -> tuple[str, Names]:
        """Say why nothing goes to a target now, and what goes all the same; an empty text where all does."""
        now = self._now()
        if now < row.next_try <= now + LONGEST_PAUSE:  # a later one is by a clock that was wrong
            return f"it could not be reached, and is tried again at {moment_text(row.next_try)}", Names()
        if target.quiet and is_quiet(target.quiet, now, self.config.zone):
            until = quiet_until(target.quiet, now, self.config.zone)
            return f"it is quiet until {moment_text(until)}", target.quiet.but
        return "", Names()

    def _clear(self, target: Target, watch: Watch, held: str, chosen: Sequence[Item]) -> bool:
        """Say whether to tell that nothing is left: once, and only after a run that could check everything."""
        return (
            target.all_clear
            and watch.alarm
            and watch.complete
            and not held
            and all(item.gone for item in chosen)
            and not self.book.there(watch, target)
        )

    def _fresh(self, target: Target, row: TargetRow, watch: Watch) -> list[Item]:
        """Return what a target has not been told and is to be, now or later."""
        now = self._now()
        snoozes = [*self.config.snoozes, *self.book.snoozes()]
        return [
            item
            for item in self.book.untold(row.id, watch)
            if target.takes(item.finding.type, item.finding.severity, item.finding.report)
            and not _snoozed(item, snoozes, now)
        ]

    # Sending

    def deliver(self, seconds: float = SECONDS) -> Delivery:
        """Send what is due to each target, and remember what arrived.

        What arrived is remembered after it has been sent: a kill between the two sends it once more, and loses nothing.
        """
        claimed: dict[str, Due] = {}
        busy = []
        for target in self.config.targets:
            row = self.book.target(target.name)
            if not self.book.claim(row.id, self._now(), min(WAIT, seconds)):
                busy.append(
                    f"Another run is sending alerts to '{target.name}'; what is left goes with the next."
                )
                continue
            due = self.due(target)
            if due.letter is None:
                self._forget(due)
                self.book.release(row.id, self._now() if due.slot else None)
            else:
                claimed[target.name] = due
        letters = {name: due.letter for name, due in claimed.items() if due.letter}
        urls = {name: due.target.url for name, due in claimed.items()}
        outcomes = self._send(letters, urls, self.config.secrets, seconds) if letters else {}
        sent, failed = [], busy
        for name, why in outcomes.items():
            if not why:
                sent.append((name, letters[name].title))
            trouble = self._settled(claimed[name], letters[name], why)
            failed += [trouble] if trouble else []
        return Delivery(tuple(sent), tuple(failed))

    def _settled(self, due: Due, letter: Notification, why: str) -> str:
        """Remember what came of a letter, and say what went wrong; an empty text where nothing did.

        The letter is on its way already: a history that fails now must neither keep what came of the others from being
        remembered, nor have anything sent again.
        """
        name = due.target.name
        try:
            if not why:
                self.book.sent(due.row.id, replace(letter, digest=letter.digest or due.slot), self._now())
                self._forget(due)
                return ""
            again_at = self.book.failed(due.row.id, why, self._now())
        except HistoryError as error:
            what = f"could not be sent ({value_text(why)})" if why else "was sent"
            return (
                f"The alert to '{name}' {what}. That could not be remembered, so it may come again: {error}"
            )
        failed = f"The alert to '{name}' could not be sent ({value_text(why)})"
        if not self._store.lasting:
            return f"{failed}, and there is nothing to keep it in."
        return f"{failed}. It is kept, and tried again by the next run after {moment_text(again_at)}."

    def _forget(self, due: Due) -> None:
        """Drop what was snoozed from its beginning to its end: it came and went, and nobody wanted to hear of it."""
        now, snoozes = self._now(), [*self.config.snoozes, *self.book.snoozes()]
        gone = [
            item
            for watch in self.book.watched(due.row.id)
            for item in (self.book.untold(due.row.id, watch) if snoozes else ())
            if item.gone and _snoozed(item, snoozes, now)
        ]
        if gone:
            self.book.skip(due.row.id, gone)


def _snoozed(item: Item, snoozes: Sequence[Snooze], now: datetime) -> bool:
    if not snoozes:
        return False
    finding = item.finding
    cause = {
        (name, value if isinstance(value, str) else str(value)) for name, value in finding.fields.items()
    }
    return any(each.covers(finding.type, finding.fingerprint, cause, now) for each in snoozes)
