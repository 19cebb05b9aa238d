"""The naive oracle: the seven reports by nested loops over plain Python dictionaries.

It shares no code with the package that it judges, reads whole documents as `bson` decodes them, and computes
with exact numbers only. `worlds.py` makes the databases, `compare.py` holds a report against what this module
says.

Readings
--------
Where the specification leaves a choice, this is the one taken here:

- A status that is an array is selected by its elements, as a query selects it; it is no text, so it is invalid and
  `count_by_status` has it under `other`. An orphaned order whose status is the text "missing" or "other" is counted
  under that same word.
- A link that leads nowhere from an array (`CUSTOMER_USER_NOT_FOUND`, `USER_CUSTOMER_NOT_FOUND`) is one
  finding for each element that finds nothing, as for every other reference.
- Mismatched links: "" is a usable key here, since a join lets "" find "". Each element of a link that is an
  array is a link of its own. Where several documents share the id that is pointed at, the link is returned if
  one of them points back, and a mismatch if none does and at least one of them has a link.
- `DUPLICATE_ID` compares whole keys: ["a"] and "a" are two ids, though the reference "a" finds both.
- Keys of white space only are candidates for a near match like any other text.
- A near match between UUIDs of subtype 3 and 4 is one of `type`; the text of both is their bytes in order.
- White space is the Unicode property White_Space, so not U+001C to U+001F.
- A phone "without a digit" has no decimal digit of any script. "Possible" is what
  `phonenumbers.is_possible_number` says, which includes numbers that are only possible locally.
- Phones and emails of other types are grouped as whole values, arrays too; two empty arrays are equal.
- Dates: ISO 8601 calendar dates, extended or basic, with `T` or one space before the time, hours and minutes
  at least, a fraction of seconds, `Z` or an offset; nothing around them. Weeks, ordinal dates and 24:00 are
  none.
- A bare month in `delivery_date` is that month in every time zone, as in `period_date`.
- A day or a month without a time begins at midnight in the model's time zone, where days are counted from it. A date
  after `as_of` has null days, and the finding carries `after_as_of: true`.
- A period belongs to the value that bills and orders name: a subscription whose key is an array has one
  period for each value by which it is named.
- Several bills for a subscription that does not exist are double bills of each other too.
- The amount of a bill or an order that names several subscriptions counts in full for each of them, in the
  money at stake as well: money at stake is what the findings sum to, kind by kind, `underbilled` as a
  positive number. What is negative of another kind stands apart, as a kind of its own (`unbilled_negative`).
- A negative sum of an unbilled period does not come to 0, so it is a finding.
- `tolerance` is allowed: a difference of exactly 0.01 is none. Double and unbilled periods know no tolerance.
- A decimal that is no integer and no double is shown as `{"$numberDecimal": ...}` without trailing zeros.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.billing import billing
from tests.oracle.duplicates import duplicates
from tests.oracle.links import invalid_references, orphaned_customers, orphaned_orders, phantom_deliveries
from tests.oracle.records import Database, Report
from tests.oracle.statuses import statuses
from tests.oracle.values import total

MONEY = ("unbilled", "overcharged", "overbilled", "underbilled", "billed_without_subscription")


def audit(
    db: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    as_of: datetime,
    timezone: str = "UTC",
    region: str = "IN",
    tolerance: Decimal = Decimal("0.01"),
) -> dict[str, Any]:
    """Give the seven reports of the shipped `delivery` model, and the headline figures.

    A finding of UNREADABLE_VALUE carries `_values` beside `value` and `value_type`: every pair of the two
    that a report may show.
    """
    database = Database(db)
    reports = {
        "orphaned_orders": orphaned_orders(database, as_of, ZoneInfo(timezone)),
        "orphaned_customers": orphaned_customers(database),
        "phantom_deliveries": phantom_deliveries(database),
        "invalid_references": invalid_references(database),
        "duplicates": duplicates(database, region),
        "billing": billing(database, as_of, ZoneInfo(timezone), tolerance),
        "status": statuses(database),
    }
    affected = {
        record for report in reports.values() for each in report.issues for record in each["_records"]
    }
    return {
        "reports": {name: _as_dict(report) for name, report in reports.items()},
        "documents_affected": len(affected),
        "money_at_stake": {
            kind: total([report.money.get(kind, Decimal(0)) for report in reports.values()])
            for kind in sorted({*MONEY, *(kind for report in reports.values() for kind in report.money)})
        },
        "total_critical_issues": _critical(reports),
    }


def _as_dict(report: Report) -> dict[str, Any]:
    issues = [{name: value for name, value in each.items() if name != "_records"} for each in report.issues]
    return {report.total_key: report.total, "issues": issues, "summary": report.summary}


def _critical(reports: Mapping[str, Report]) -> int:
    """Add up what the user's own script calls the critical issues."""
    return sum(
        [
            reports["orphaned_orders"].count("UNBILLED_ORDER"),
            reports["orphaned_customers"].count("CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS"),
            reports["phantom_deliveries"].count("PHANTOM_DELIVERY_NO_ORDER"),
            reports["invalid_references"].total,
            reports["duplicates"].total,
            reports["billing"].count("DOUBLE_BILLING"),
            reports["status"].total,
        ]
    )
