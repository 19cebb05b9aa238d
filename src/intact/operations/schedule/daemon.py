"""The daemon: looks what is due, has it done by whoever is first, and waits."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from intact.core.errors import HistoryError, IntactError
from intact.model.specs import Cadence
from intact.operations.schedule.audit import BROKEN, DONE, Audit
from intact.operations.schedule.claims import LEASE_SECONDS, Claims
from intact.operations.schedule.clock import Clock
from intact.operations.schedule.messenger import Messenger
from intact.operations.schedule.plan import Plan
from intact.operations.schedule.times import Times, zone_named

POLL_SECONDS: Final = 30.0
"""How often to look while nothing is due: for what others let go of, and for clocks that were put right."""

TROUBLE_SECONDS: Final = 600.0
"""After how long of being unable to use the history people are told; they are told again after a day."""

_ITSELF: Final = 2
"""Exit code of an audit that failed in order, and has told people of it itself."""

_DAY: Final = 86400.0
_JUMP_SECONDS: Final = 5.0
_STEP_SECONDS: Final = 0.5  # between two looks at an audit
_RECORDINGS: Final = 10  # how often it is tried to say that something is done


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """How a daemon works.

    Attributes:
        name: By which those that share a history know that they do the same.
        times: When what is due.
        follow: Whether their time zone is the model's, also when that changes.
        at_once: Whether to make at once what was never made.
        poll: Seconds between two looks, if nothing is due before.
        lease: Seconds for which a claim lives without a sign of life.
    """

    name: str
    times: Times
    follow: bool = False
    at_once: bool = False
    poll: float = POLL_SECONDS
    lease: float = LEASE_SECONDS

    @property
    def beat(self) -> float:
        """Seconds between two signs of life of a claim."""
        return self.lease / 6

    @property
    def patience(self) -> float:
        """Seconds of silence of its daemon after which an audit ends: before anybody else takes it over."""
        return self.lease * 2 / 3


class Daemon:
    """Runs what is due until it is stopped.

    Args:
        settings: How it works.
        plan: Gives what the model says is due how often, as of now.
        claims: The jobs, as this daemon's.
        start: Begins an audit of these reports.
        found: Gives a few words on what an audit of these reports found that began at this moment.
        say: Takes a line of the log.
        messenger: Tells people.
        clock: The time.
    """

    def __init__(
        self,
        settings: DaemonSettings,
        plan: Callable[[], Plan],
        claims: Claims,
        *,
        start: Callable[[Sequence[str]], Audit],
        found: Callable[[Sequence[str], datetime], str],
        say: Callable[[str], None],
        messenger: Messenger,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._plan = plan
        self._claims = claims
        self._start = start
        self._found = found
        self._say = say
        self._messenger = messenger
        self._clock = clock
        self._times = settings.times
        self._zone = ""
        self._jobs: dict[str, Cadence] = {}
        self._reports: Mapping[Cadence, Sequence[str]] = {}
        self._stopping = False
        self._troubles: set[str] = set()
        self._seen: tuple[datetime, float] | None = None
        self._useless: tuple[float, float] | None = None

    def stop(self) -> None:
        """Let it end soon. May be called by a signal handler."""
        self._stopping = True
        self._clock.ring()

    def run(self) -> None:
        """Run until stopped.

        Raises:
            ModelError: If the model cannot be read at the beginning.
            HistoryError: If the history cannot be used at the beginning.
        """
        self._learn(self._plan())
        while not self._stopping:
            self._messenger.tick()
            if not self._look():
                self._clock.wait(min(self._settings.poll, self._until_due()))
        self._log("stopped")

    def _until_due(self) -> float:
        """Return the seconds until something is due the next time, by the clock as it is now."""
        now = self._clock.now()
        following = [self._times.next(cadence, now) for cadence in self._jobs.values()]
        return min(((each - now).total_seconds() for each in following), default=self._settings.poll)

    def _learn(self, plan: Plan) -> None:
        """Take over what the model says."""
        jobs = {f"{self._settings.name} {cadence.value}": cadence for cadence in plan.reports}
        now = self._clock.now()
        self._claims.register(list(jobs), now, at_once=self._settings.at_once)
        self._jobs, self._reports, self._zone = jobs, plan.reports, plan.timezone
        if self._settings.follow:
            self._times = replace(self._times, zone=zone_named(plan.timezone))
        for cadence, reports in plan.reports.items():
            following = self._local(self._times.next(cadence, now))
            self._log(f"{cadence.value}: {', '.join(reports)}; next {following:%a %Y-%m-%d %H:%M %Z}")

    def _look(self) -> bool:
        """Do what is due; whether there was anything."""
        self._notice_jump()
        try:
            plan = self._plan()
            if (plan.reports, plan.timezone) != (self._reports, self._zone):
                self._learn(plan)
        except IntactError as error:  # the model as it was goes on; an audit that fails says so again
            self._say_once(str(error))
        now = self._clock.now()
        due = {name: self._times.last(cadence, now) for name, cadence in self._jobs.items()}
        try:
            claimed, given_up = self._claims.claim(due, now)
        except HistoryError as error:
            self._say_once(str(error))
            self._cannot_work(str(error))
            return False
        self._can_work()
        if given_up:
            why = "given up until it is due again, since whoever did it ended in the middle each time"
            self._log(f"{self._names(given_up)}: {why}")
            self._messenger.tell(self._reports_of(given_up), f"It is {why}.")
        if claimed:
            self._troubles.clear()
            self._do(claimed, {name: due[name] for name in claimed})
        return bool(claimed or given_up)

    def _cannot_work(self, why: str) -> None:
        """Tell people, once a day, that nothing is audited because the history cannot be used."""
        now = self._clock.monotonic()
        since, told = self._useless or (now, now - _DAY + TROUBLE_SECONDS)
        if now - told >= _DAY:
            told = now
            self._messenger.tell([], f"The schedule cannot use its history, so nothing is audited: {why}")
        self._useless = since, told

    def _can_work(self) -> None:
        if self._useless is not None:
            minutes = (self._clock.monotonic() - self._useless[0]) / 60
            self._useless = None
            self._log(f"the history can be used again, after {minutes:.0f} minutes")

    def _reports_of(self, jobs: Iterable[str]) -> list[str]:
        return [name for job in jobs for name in self._reports[self._jobs[job]]]

    def _do(self, jobs: Sequence[str], due: Mapping[str, datetime]) -> None:
        """Audit, and say how it went."""
        reports = self._reports_of(jobs)
        began, at = self._clock.monotonic(), self._clock.now()
        try:
            audit = self._start(reports)
        except OSError as error:
            self._failed(jobs, f"it could not be started ({error})", told=False)
            return
        code = self._attend(audit, jobs, due)
        said = audit.said()
        seconds = self._clock.monotonic() - began
        if code in DONE:
            self._recorded(lambda: self._claims.finish(jobs, self._clock.now(), code, audit.process))
            found = self._found(reports, at)
            self._log(f"{self._names(jobs)}: {found}exit {code}, {seconds:.0f} s")
        elif self._stopping:
            self._recorded(lambda: self._claims.release(jobs))
            self._log(f"{self._names(jobs)}: ended after {seconds:.0f} s, and left to whoever comes next")
        elif code is None:
            self._log(f"{self._names(jobs)}: ended after {seconds:.0f} s, since another has taken it over")
        else:
            self._failed(jobs, _why(code, said), told=code == _ITSELF)

    def _attend(self, audit: Audit, jobs: Sequence[str], due: Mapping[str, datetime]) -> int | None:
        """Show signs of life until an audit has ended; give its exit code, or None if it was another's to do."""
        beaten, at = self._clock.monotonic(), self._clock.now()
        late = False
        while (code := audit.poll()) is None and not self._stopping:
            self._messenger.tick()
            since = self._clock.monotonic() - beaten
            # A machine that has slept may have lost its claim meanwhile, though no time has passed for it.
            if max(since, (self._clock.now() - at).total_seconds()) >= self._settings.beat:
                alive = self._beat(jobs)
                late = late or self._is_late(jobs, due)
                if alive:
                    beaten, at = self._clock.monotonic(), self._clock.now()
                    audit.beat()
                elif alive is False or since > self._settings.lease / 2:
                    audit.stop()
                    return None
            self._clock.wait(min(_STEP_SECONDS, self._settings.beat))
        if code is None:
            audit.stop()
            return audit.poll()
        if code not in DONE:
            # Whoever ends both of them ends the audit first, perhaps: then it did not fail.
            self._clock.wait(min(_STEP_SECONDS, self._settings.beat))
            if not self._stopping and self._beat(jobs) is False:
                return None
        return code

    def _is_late(self, jobs: Sequence[str], due: Mapping[str, datetime]) -> bool:
        """Tell people of an audit that goes on while it is due again; whether it is one."""
        now = self._clock.now()
        again = [job for job in jobs if self._times.last(self._jobs[job], now) > due[job]]
        if again:
            why = "it still goes on, though it is due again; what hangs ends with --max-duration"
            self._log(f"{self._names(jobs)}: {why}")
            self._messenger.tell(self._reports_of(jobs), f"{why[0].upper()}{why[1:]}.")
        return bool(again)

    def _beat(self, jobs: Sequence[str]) -> bool | None:
        """Show a sign of life: whether the jobs are still one's own; None if that is not known."""
        try:
            return self._claims.beat(jobs)
        except HistoryError as error:
            self._say_once(str(error))
            return None

    def _failed(self, jobs: Sequence[str], why: str, *, told: bool) -> None:
        again: list[datetime | None] = []
        self._recorded(lambda: again.append(self._claims.fail(jobs, self._clock.now())))
        if again and again[0] is not None:
            then = f"tried again at {self._local(again[0]):%H:%M}"
        else:
            then = "given up until it is due again"
        self._log(f"{self._names(jobs)}: failed, {then}: {why}")
        if not told:
            self._messenger.tell(
                self._reports_of(jobs), f"{why[0].upper()}{why[1:].rstrip('.')}. It is {then}."
            )

    def _recorded(self, record: Callable[[], None]) -> None:
        """Record what became of a job, however often it takes."""
        for _ in range(_RECORDINGS):
            try:
                record()
            except HistoryError as error:
                self._say_once(str(error))
                if self._stopping:
                    return
                self._clock.wait(self._settings.beat)
            else:
                return

    def _notice_jump(self) -> None:
        """Say that the clock has been put forward or back."""
        now, ticks = self._clock.now(), self._clock.monotonic()
        if self._seen is not None:
            jump = (now - self._seen[0]).total_seconds() - (ticks - self._seen[1])
            if abs(jump) > _JUMP_SECONDS:
                way = "forward (or this machine slept)" if jump > 0 else "back"
                self._log(f"the clock was put {way}, by {timedelta(seconds=round(abs(jump)))}")
        self._seen = now, ticks

    def _names(self, jobs: Iterable[str]) -> str:
        cadences = [self._jobs[job] for job in jobs]
        return "; ".join(f"{each.value} ({', '.join(self._reports[each])})" for each in cadences)

    def _say_once(self, text: str) -> None:
        """Log what is in the way, unless that was said since something last went well."""
        if text not in self._troubles:
            self._troubles.add(text)
            self._log(text)

    def _log(self, text: str) -> None:
        """Log one line, whatever it holds."""
        plain = " ".join(text.split())
        self._say(f"{self._local(self._clock.now()):%Y-%m-%d %H:%M:%S %z} {plain}")

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._times.zone)


def _why(code: int, said: str) -> str:
    """Say why an audit did not come to its end, by its exit code and the last line that it said."""
    if said.startswith("intact: "):
        return said.removeprefix("intact: ")
    more = f" ({said})" if said else ""
    if code == BROKEN:
        return f"it ended before there was an audit, as if intact were not installed whole{more}"
    if code < 0:
        name = next((each.name for each in signal.Signals if each == -code), f"signal {-code}")
        memory = ", perhaps because memory ran out" if name == "SIGKILL" else ""
        return f"it was ended by {name}{memory}{more}"
    return f"it ended with {code}{more}"
