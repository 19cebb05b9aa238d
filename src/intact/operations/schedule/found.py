"""What an audit found, in the few words of a log: from the history, in which it recorded itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from intact.core.counts import counted
from intact.core.errors import HistoryError
from intact.ledger.history import Store, runs

_LAST: Final = 5  # among which it is looked for


def found(history: Path, model: str, reports: Sequence[str], began: datetime) -> str:
    """Say how many findings the audit had that began at this moment.

    Args:
        history: The history's file.
        model: Name of the model.
        reports: Names of its reports.
        began: When it began.

    Returns:
        Words with a comma behind them; none where the history does not tell.
    """
    try:
        with Store(history, make=False) as store:
            last = runs(store, limit=_LAST, model=model)
    except HistoryError:  # the log is not the place where a history is missed; the audit's own report says it
        return ""
    for each in last:
        if each.ended >= began and set(each.reports) == set(reports):
            return f"{counted(each.findings, 'finding')}, {each.new:,} new, {each.resolved:,} resolved, "
    return ""
