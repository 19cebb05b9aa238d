"""Dates that all are midnight in UTC, in a model of another time zone: they look like days and count as moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from intact.checks import sql
from intact.checks.context import Context
from intact.checks.periods import DAY, start_of_day
from intact.core.paths import Path
from intact.engine import quoted
from intact.model.specs import Link
from intact.project.columns import Column, Role


def notes(context: Context, columns: Mapping[str, Iterable[Column]]) -> Iterator[str]:
    """Yield a sentence for each path whose dates all are midnight in UTC, and not in the model's time zone.

    Args:
        context: The run.
        columns: What was read of each collection.
    """
    zone = ZoneInfo(context.model.timezone)
    if zone.key == "UTC":
        return
    for collection, found in sorted(columns.items()):
        for path in sorted({each.path for each in found if each.role is Role.DATE}):
            link = Link(collection, path)
            if link not in context.model.days and (count := _midnights(context, collection, path, zone)):
                dates = "its only date" if count == 1 else f"each of {count:,} dates"
                yield (
                    f"{link} is midnight in UTC in {dates}. If these are calendar days, say so with"
                    f" {{path: {path}, as: day}}; now they are moments, and lie in the months of {zone.key}."
                )


def _midnights(context: Context, collection: str, path: Path, zone: ZoneInfo) -> int:
    """Count the dates of a path if all are midnight in UTC, and one of them is not in the zone; else 0."""
    date, month = sql.column(path, "date"), sql.column(path, "month")
    moments = f"FROM {quoted(collection)} WHERE {date} IS NOT NULL AND {month} IS NULL"
    ((count, others),) = context.query(f"SELECT count(*), count(*) FILTER ({date} % {DAY} <> 0) {moments}")
    if others or not count:
        return 0
    days = context.query(f"SELECT DISTINCT {date} {moments}")
    away = any(start_of_day(int(str(day)), zone) != int(str(day)) for (day,) in days)
    return int(str(count)) if away else 0
