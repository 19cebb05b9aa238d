"""Who is told: of what is new or came back, of runs that failed, and that all is clear again."""

from __future__ import annotations

from intact.operations.alerts.alerts_file import VARIABLE, default_file, load
from intact.operations.alerts.config import Config, Snooze, Target
from intact.operations.alerts.notifier import Delivery, Due, Notifier
from intact.operations.alerts.run_alerts import RunAlerts

__all__ = [
    "VARIABLE",
    "Config",
    "Delivery",
    "Due",
    "Notifier",
    "RunAlerts",
    "Snooze",
    "Target",
    "default_file",
    "load",
]
