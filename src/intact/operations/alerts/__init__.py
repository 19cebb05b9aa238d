"""Who is told: of what is new or came back, of runs that failed, and that all is clear again."""

from __future__ import annotations

from intact.operations.alerts.config import Config, Snooze, Target
from intact.operations.alerts.desk import Delivery, Desk, Due
from intact.operations.alerts.loading import VARIABLE, default_file, load
from intact.operations.alerts.telling import Telling

__all__ = [
    "VARIABLE",
    "Config",
    "Delivery",
    "Desk",
    "Due",
    "Snooze",
    "Target",
    "Telling",
    "default_file",
    "load",
]
