"""What makes a run fail and what does not: thresholds, and findings that people have accepted for a time."""

from __future__ import annotations

from intact.ledger.baseline.baseline_file import read_baseline
from intact.ledger.baseline.entries import Baseline, Entry, EntryProblem
from intact.ledger.baseline.failure_policy import FailurePolicy
from intact.ledger.baseline.thresholds import Threshold, parse_line

__all__ = ["Baseline", "Entry", "EntryProblem", "FailurePolicy", "Threshold", "parse_line", "read_baseline"]
