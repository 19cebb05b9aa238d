"""The folder of reports (``--reports``): a dated folder a run, a page that lists them, and the latest at hand."""

from __future__ import annotations

from intact.operations.folder.failure import Failure
from intact.operations.folder.folder import KEPT, Folder, UntidyError
from intact.operations.folder.listing import Listing, listing
from intact.operations.folder.run_marker import RunMarker, Unended
from intact.operations.folder.run_record import Count, RunRecord

__all__ = [
    "KEPT",
    "Count",
    "Failure",
    "Folder",
    "Listing",
    "RunMarker",
    "RunRecord",
    "Unended",
    "UntidyError",
    "listing",
]
