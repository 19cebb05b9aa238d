"""Looking again: is what a scan of a changing database has found really there?

A scan of several collections that others write to sees each of them at another time, and so what never was at any
moment: an order of today whose customer it has read of yesterday. Therefore the documents that decide about a finding
are fetched once more, projected as before, and the same check is run on them.
"""

from __future__ import annotations

from intact.audit.recheck.again import BackgroundCall, Recheck, Summary
from intact.audit.recheck.tasks import hand_back, tasks

__all__ = ["BackgroundCall", "Recheck", "Summary", "hand_back", "tasks"]
