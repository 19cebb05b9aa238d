"""How many findings there were on each of the last days, for the trend in a report."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from decimal import Decimal
from typing import Final

from intact.findings.changes import TrendPoint
from intact.findings.records import Report
from intact.ledger.history.store import moment_of

DAYS: Final = 90
"""How many days a trend has at most."""


def trend(database: sqlite3.Connection, audit: int, report: Report) -> tuple[TrendPoint, ...]:
    """Return the last run of each day that made the same reports, the first day first.

    Only such runs can be compared: a run of one report has fewer findings than one of all, and nothing was repaired.

    Args:
        database: The open history, this run already in it.
        audit: Which audit.
        report: This run's report.
    """
    names = sorted(section.name for section in report.sections)
    rows = database.execute(
        "SELECT ended, complete, reports, counts, severities, money, model FROM run"
        " WHERE audit = ? ORDER BY ended DESC, id DESC",
        (audit,),
    )
    days: dict[str, TrendPoint] = {}
    for ended, complete, reports, counts, severities, money, model in rows:
        moment = moment_of(ended)
        day = moment.date().isoformat()
        made = sorted(json.loads(reports))
        if day in days or made != names:
            if model and days and not set(names).isdisjoint(made):  # it is between two of the days then
                last = next(reversed(days))
                days[last] = replace(days[last], model_changed=True)
            continue
        by_report: dict[str, dict[str, int]] = {}
        for name, number in json.loads(counts).items():
            report_name, _, type_ = name.partition(" ")
            by_report.setdefault(report_name, {})[type_] = number
        days[day] = TrendPoint(
            moment,
            bool(complete),
            by_report,
            json.loads(severities),
            json.loads(money, parse_float=Decimal, parse_int=Decimal),
            bool(model),
        )
        if len(days) == DAYS:
            break
    return tuple(reversed(days.values()))
