"""The alarm clock: APScheduler rings at each moment at which something is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from intact.model.specs import Cadence
from intact.operations.schedule.times import Times


class _Due(BaseTrigger):  # type: ignore[misc] # it has no types
    """The moments of a cadence. APScheduler's own ``cron`` leaves out a time that the clock skips."""

    def __init__(self, times: Times, cadence: Cadence) -> None:
        self._times = times
        self._cadence = cadence

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Give the first moment after the present one."""
        del previous_fire_time  # one that is in the future was told by a clock that has been put right
        return self._times.next(self._cadence, now)


class Alarm:
    """Rings when something is due, until it is closed.

    Args:
        ring: What to call then, in a thread of its own.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._scheduler: Any = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.start()

    def set(self, times: Times, cadences: Iterable[Cadence]) -> None:
        """Set it for the moments of cadences anew, as when the clock was put back."""
        self._scheduler.remove_all_jobs()
        for each in cadences:
            self._scheduler.add_job(self._ring, _Due(times, each), id=each.value)

    def close(self) -> None:
        """End its threads."""
        self._scheduler.shutdown(wait=False)
