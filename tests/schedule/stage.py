"""A stage for daemons: a clock that is wound by hand, audits that take as long as they are told, a log that is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from intact.model.specs import Cadence
from intact.operations.schedule.claims import Claims
from intact.operations.schedule.daemon import Daemon, DaemonSettings
from intact.operations.schedule.plan import Plan
from intact.operations.schedule.times import Times

PLAN = Plan(
    "delivery",
    "UTC",
    {Cadence.DAILY: ("billing",), Cadence.WEEKLY: ("status",), Cadence.MONTHLY: ("duplicates", "references")},
)


class Wound:
    """A clock that goes only while somebody waits; ``error`` is by how much people have put it wrong."""

    def __init__(self, now: str) -> None:
        self.begun = datetime.fromisoformat(now).replace(tzinfo=UTC)
        self.ticks = 0.0
        self.error = timedelta()
        self.then: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> datetime:
        return self.begun + timedelta(seconds=self.ticks) + self.error

    def monotonic(self) -> float:
        return self.ticks

    def wait(self, seconds: float) -> None:
        self.ticks += seconds
        while self.then and self.ticks >= self.then[0][0]:
            self.then.pop(0)[1]()

    def ring(self) -> None:
        pass

    def after(self, act: Callable[[], None], **more: float) -> None:
        """Do something when so much time has passed from the beginning."""
        self.then.append((timedelta(**more).total_seconds(), act))
        self.then.sort(key=lambda each: each[0])


class Made:
    """An audit that was begun on the stage; it does not write itself down."""

    process = "stage"

    def __init__(self, clock: Wound, reports: Sequence[str], seconds: float, code: int) -> None:
        self.clock = clock
        self.at = clock.now()
        self.began = clock.monotonic()
        self.reports = tuple(reports)
        self.seconds = seconds
        self.code: int = code
        self.stopped = False
        self.beats = 0

    def poll(self) -> int | None:
        if self.stopped:
            return 130
        return self.code if self.clock.monotonic() - self.began >= self.seconds else None

    def beat(self) -> None:
        self.beats += 1

    def stop(self) -> None:
        self.stopped = True

    def said(self) -> str:
        return "intact: h:27017: it does not answer." if self.code == 2 else ""


class Stage:
    """One daemon on it, or several one after the other."""

    def __init__(self, history: Path, now: str, zone: str = "UTC", at: time = time(6)) -> None:
        self.history = history
        self.clock = Wound(now)
        self.times = Times(ZoneInfo(zone), at)
        self.plan = PLAN
        self.made: list[Made] = []
        self.log: list[str] = []
        self.codes: list[int] = []
        self.seconds = 10.0
        self.follow = False
        self.told: list[str] = []
        self.ticks: list[float] = []

    def daemon(self, owner: str = "one", *, at_once: bool = False, poll: float = 300.0) -> Daemon:
        """Give a daemon that is not yet running."""
        return Daemon(
            DaemonSettings("delivery shop", self.times, follow=self.follow, at_once=at_once, poll=poll),
            lambda: self.plan,
            self.claims(owner),
            start=self.start,
            found=lambda reports, began: "",
            say=self.log.append,
            messenger=self,
            clock=self.clock,
        )

    def tick(self) -> None:
        """Be told to send what waits."""
        self.ticks.append(self.clock.monotonic())

    def tell(self, reports: Sequence[str], sentence: str) -> None:
        """Be told of what goes wrong."""
        self.told.append(f"{', '.join(reports)}: {sentence}")

    def claims(self, owner: str) -> Claims:
        return Claims(self.history, owner, self.clock.monotonic)

    def start(self, reports: Sequence[str]) -> Made:
        code = self.codes.pop(0) if self.codes else 0
        self.made.append(Made(self.clock, reports, self.seconds, code))
        return self.made[-1]

    def run(self, owner: str = "one", *, at_once: bool = False, poll: float = 300.0, **more: float) -> None:
        """Let a daemon run for some time."""
        daemon = self.daemon(owner, at_once=at_once, poll=poll)
        end = timedelta(seconds=self.clock.ticks) + timedelta(**more)
        self.clock.after(daemon.stop, seconds=end.total_seconds())
        daemon.run()

    def runs(self) -> list[tuple[str, tuple[str, ...]]]:
        """Give the audits that were begun: local time to the minute, and reports."""
        return [(f"{each.at.astimezone(self.times.zone):%m-%d %H:%M}", each.reports) for each in self.made]
