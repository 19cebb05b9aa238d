"""The seven consistency checks, each on its own.

Every function takes an async database handle (PyMongo's asyncio API or Motor) and gives a plain dictionary:
the total, ``issues`` and ``summary`` as ever, and beside them ``complete``, which says whether everything
could be checked, and ``checks``, which says how each check ended and why one was not made. Each call reads
what it needs of the database in one pass and writes nothing. To make all seven reports at once, in one pass,
use ``data_consistency_checker.generate_consistency_report``.
"""

from __future__ import annotations

from typing import Any

import intact
from intact.findings import plain_document
from intact.findings.document import section_document

Report = dict[str, Any]


async def check_orphaned_orders(db: Any) -> Report:
    """Find orders not linked to subscriptions that are unbilled or still pending."""
    return await _report(db, "orphaned_orders")


async def check_orphaned_customers(db: Any) -> Report:
    """Find customers not linked to user accounts, and links that lead nowhere or elsewhere."""
    return await _report(db, "orphaned_customers")


async def check_phantom_deliveries(db: Any) -> Report:
    """Find delivery confirmations with no matching order."""
    return await _report(db, "phantom_deliveries")


async def check_invalid_references(db: Any) -> Report:
    """Find references to records that do not exist."""
    return await _report(db, "invalid_references")


async def check_duplicate_customers(db: Any) -> Report:
    """Find customers, users and keys that are there twice."""
    return await _report(db, "duplicates")


async def check_billing_integrity(db: Any) -> Report:
    """Find bills without a subscription, double bills, wrong amounts, and months that nobody billed."""
    return await _report(db, "billing")


async def check_status_consistency(db: Any) -> Report:
    """Find records with a status outside the list."""
    return await _report(db, "status")


async def _report(db: Any, name: str) -> Report:
    """Make one report; amounts are int where whole, else float.

    Nothing of it is written anywhere, so phones, names and emails are as they are in the database.
    """
    made = await intact.check_async(db, model="delivery", reports=[name], show_personal=True)
    return dict(plain_document(section_document(made[name])))
