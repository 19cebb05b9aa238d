"""Who is told: of what is new or came back, of runs that failed, and that all is clear again."""

from __future__ import annotations

from intact.alerts.config import Config, Snooze, Target
from intact.alerts.desk import Delivery, Desk, Due
from intact.alerts.reading import VARIABLE, default_file, load
from intact.alerts.telling import Telling

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
