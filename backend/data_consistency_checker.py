"""Data Consistency Checker: run all consistency checks and write the report.

Run monthly: ``python backend/data_consistency_checker.py``

The database is the one that your own ``database.get_database()`` gives, where there is such a module beside
this file or on the path; otherwise the one that ``MONGODB_URI`` names. It is only read. The report is saved
as ``data_consistency_report_YYYY_MM_DD_HHMMSS.json`` in the current directory.

Exit codes: 0 no phantom delivery and no double billing; 1 at least one; 2 the run failed; 3 none found, but
part of the audit could not be done; 130 interrupted.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import intact
from intact.cli.failures import failure_of, without_uris
from intact.cli.interruption import interruptible, say_interrupted
from intact.cli.terminal import print_into_nothing
from intact.errors import UsageError
from intact.findings import plain_document, to_document
from intact.findings.words import amount_text, harmless
from intact.reporters import Destination, form_of

LINE = "=" * 60


async def generate_consistency_report(db: Any, *, show_personal: bool = False) -> dict[str, Any]:
    """Make all seven reports in one pass, print them in short, save them as a file, and give them.

    Args:
        db: An async database handle: PyMongo's asyncio API, or Motor.
        show_personal: Whether phones, names and emails are saved as they are; otherwise they are masked.

    Returns:
        The document that is saved too; amounts are int where whole, else float.

    Raises:
        IntactError: If nothing could be read, or the file could not be written.
    """
    place = Destination(Path(), ".json", directory=True)
    place.try_out()
    _say(f"\n{LINE}\nDATA CONSISTENCY REPORT\nGenerated: {datetime.now().astimezone().isoformat()}\n{LINE}\n")
    report = await intact.check_async(db, show_personal=show_personal)
    for number, section in enumerate(report.sections, 1):
        _say(f"[{number}/{len(report.sections)}] Checking {section.title.lower()}...")
        _print_section(section)
    _say(f"\n{LINE}\nSUMMARY\n{LINE}")
    _print_summary(report)
    saved = place.save(form_of(".json").render(report), report.run.generated_at)
    _say(f"\nReport saved: {saved}")
    return dict(plain_document(to_document(report)))


def _print_section(section: intact.Section) -> None:
    """Print what one report found, and whatever of it could not be checked."""
    _, total = section.total
    words = {
        "orphaned_orders": f"✓ Found {total} orphaned orders",
        "orphaned_customers": f"✓ Found {total} orphaned customers",
        "phantom_deliveries": f"⚠️  CRITICAL: Found {total} phantom deliveries!"
        if total
        else "✓ No phantom deliveries found",
        "invalid_references": f"✓ Found {total} invalid references",
        "duplicates": f"✓ Found {total} duplicate records",
        "billing": f"✓ Found {total} billing issues",
        "status": f"✓ Found {total} status issues",
    }
    _say(words.get(section.name, f"✓ Found {total}"))
    if section.name == "orphaned_orders":
        _say(f"  - Unbilled: {section.summary['unbilled_critical']}")
    if section.name == "billing" and section.summary["double_bills"]:
        _say(f"  ⚠️  WARNING: {section.summary['double_bills']} double-billing instances!")
    reasons = dict.fromkeys(reason for outcome in section.outcomes for reason in outcome.reasons)
    for reason in reasons:
        _say(f"  ⚠️  NOT FULLY CHECKED: {harmless(reason)}")


def _print_summary(report: intact.Report) -> None:
    """Print the numbers on top."""
    _say(f"\nTotal Critical Issues Found: {report.headline.total_critical_issues}")
    for kind, amount in report.headline.money_at_stake.items():
        _say(f"Money at stake, {kind.replace('_', ' ')}: {amount_text(amount, report.run.currency)}")
    for trouble in report.troubles[:5]:
        _say(f"⚠️  NOT READ: {harmless(f'{trouble.where}: {trouble.what}')}")
    if report.troubles_total > 5:
        _say(f"⚠️  NOT READ: {report.troubles_total - 5} more, see the report")
    _say(f"Timestamp: {report.run.generated_at.isoformat()}")


async def main() -> None:
    """Make the report of the configured database, and end the process with the exit code."""
    report = await generate_consistency_report(await _database())
    summaries = {name: each["summary"] for name, each in report["reports"].items()}
    critical = summaries["phantom_deliveries"]["critical_count"] + summaries["billing"]["double_bills"]
    if critical > 0:
        _say(f"\n⚠️  {critical} CRITICAL ISSUES FOUND - Please review immediately!")
    elif not report["complete"]:
        _say("\n⚠️  No critical issues found, but not everything could be checked")
    else:
        _say("\n✅ No critical issues found")
    sys.exit(report["exit_code"])


async def _database() -> Any:
    """Give the handle of ``database.get_database()``, be it async or not; else the URI in the environment."""
    get_database = _own_get_database()
    if get_database is not None:
        try:
            handle = get_database()
            return await handle if inspect.isawaitable(handle) else handle
        except Exception as error:
            what = without_uris(f"{type(error).__name__}: {error}")
            raise UsageError(f"your database.get_database() failed ({what})") from error
    uri = os.environ.get("MONGODB_URI")
    if not uri:
        raise UsageError(
            "there is no database to check",
            hint="Put a module database with get_database() beside this file, or set MONGODB_URI to mongodb://host/name.",
        )
    return uri


def _own_get_database() -> Callable[[], Any] | None:
    """Find the user's own function; a module of that name without it is somebody else's."""
    try:
        module = import_module("database")
    except ModuleNotFoundError as error:
        if error.name != "database":
            raise
        return None
    found = getattr(module, "get_database", None)
    return found if callable(found) else None


def _say(text: str) -> None:
    """Print, whatever the encoding of stdout can take; without a reader the report is made all the same."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)  # noqa: T201 - a script
    except BrokenPipeError:
        print_into_nothing()


def _run() -> int:
    """Run as a program: whatever goes wrong is one sentence on stderr and exit code 2."""
    try:
        with interruptible():
            asyncio.run(main())
    except KeyboardInterrupt:
        say_interrupted()
        return 130
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence instead of a traceback
        print(failure_of(error, sys.argv[1:]), file=sys.stderr)  # noqa: T201 - a script
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(_run())
