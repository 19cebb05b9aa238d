"""What changed since the last run: one SQLite file that remembers each finding from its first day to its last."""

from __future__ import annotations

from intact.ledger.history.documents import Documents
from intact.ledger.history.overtaken import overtaken
from intact.ledger.history.record import Memory, MovedError, Past
from intact.ledger.history.recorder import Recorder
from intact.ledger.history.store import VARIABLE, Store, default_path
from intact.ledger.history.views import Comparison, DayTotal, Life, RunRow, compare, days, life, prune, runs

__all__ = [
    "VARIABLE",
    "Comparison",
    "DayTotal",
    "Documents",
    "Life",
    "Memory",
    "MovedError",
    "Past",
    "Recorder",
    "RunRow",
    "Store",
    "compare",
    "days",
    "default_path",
    "life",
    "overtaken",
    "prune",
    "runs",
]
