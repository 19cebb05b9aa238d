"""What makes a run fail and what does not: thresholds, and findings that people have accepted for a time."""

from __future__ import annotations

from intact.ledger.baseline.entries import Baseline, Entry, Problem
from intact.ledger.baseline.judging import Judge
from intact.ledger.baseline.reading import read_baseline
from intact.ledger.baseline.thresholds import Line, parse_line

__all__ = ["Baseline", "Entry", "Judge", "Line", "Problem", "parse_line", "read_baseline"]
