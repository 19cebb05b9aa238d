"""What changed since the last run: one SQLite file that remembers each finding from its first day to its last."""

from __future__ import annotations

from intact.ledger.history.attempts import DONE, Attempt, ending_of
from intact.ledger.history.comparison import MovedError, Past, RunComparison
from intact.ledger.history.documents import DocumentNumbers
from intact.ledger.history.recorder import Recorder
from intact.ledger.history.store import VARIABLE, Store, default_path
from intact.ledger.history.superseded import superseded
from intact.ledger.history.views import Comparison, DayTotal, Life, RunRow, compare, days, life, prune, runs

__all__ = [
    "DONE",
    "VARIABLE",
    "Attempt",
    "Comparison",
    "DayTotal",
    "DocumentNumbers",
    "Life",
    "MovedError",
    "Past",
    "Recorder",
    "RunComparison",
    "RunRow",
    "Store",
    "compare",
    "days",
    "default_path",
    "ending_of",
    "life",
    "prune",
    "runs",
    "superseded",
]
