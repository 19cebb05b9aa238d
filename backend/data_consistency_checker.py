"""Data Consistency Checker: run all consistency checks and write the report.

Run monthly: ``python backend/data_consistency_checker.py``

The database is the one that your own ``database.get_database()`` gives, where there is such a module beside
this file or on the path, and it can be imported; otherwise the one that ``MONGODB_URI`` names, or that
``MONGO_URL`` and ``DB_NAME`` name, as for your application. So it also runs from an environment of its own, in
which your module's driver is not installed. The database is only read. The report is saved as
``data_consistency_report_YYYY_MM_DD_HHMMSS.json`` in the current directory.

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

try:
    import intact
    from intact.cli.failures import failure_of, without_uris
    from intact.cli.interruption import interruptible, say_interrupted
    from intact.cli.terminal import print_into_nothing
    from intact.core.distribution import conflict
    from intact.core.errors import UsageError
    from intact.findings import plain_document, to_document
    from intact.findings.words import amount_text, harmless
    from intact.reporters import Destination, form_of
    from intact.sources import open_source
except ImportError as error:
    if __name__ != "__main__":
        raise
    if (error.name or "").partition(".")[0] == "intact":
        told = f"intact is not installed for {sys.executable}"
    else:
        told = conflict(error) or str(error)
    print(f"intact: {told}", file=sys.stderr)  # noqa: T201 - a script
    sys.exit(2)

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
    report = await intact.check_async(db, model="delivery", show_personal=show_personal)
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
    counts = summaries["phantom_deliveries"]["critical_count"], summaries["billing"]["double_bills"]
    critical = sum(count or 0 for count in counts)  # null where nothing could be looked for
    if critical > 0:
        _say(f"\n⚠️  {critical} CRITICAL ISSUES FOUND - Please review immediately!")
    elif not report["complete"]:
        _say("\n⚠️  No critical issues found, but not everything could be checked")
    else:
        _say("\n✅ No critical issues found")
    sys.exit(report["exit_code"])


async def _database() -> Any:
    """Return the handle of ``database.get_database()``, be it async or not; else what the environment names.

    Raises:
        UsageError: If neither gives one.
    """
    get_database, why_not = _own_get_database()
    if get_database is not None:
        try:
            handle = get_database()
            return await handle if inspect.isawaitable(handle) else handle
        except Exception as error:
            what = without_uris(f"{type(error).__name__}: {error}")
            raise UsageError(f"your database.get_database() failed ({what})") from error
    named = _in_environment()
    if named is None:
        raise UsageError(
            why_not or "there is no database to check",
            hint="Set MONGO_URL and DB_NAME as for your application, or MONGODB_URI to mongodb://host/name"
            + ("." if why_not else ", or put a module database with get_database() beside this file."),
        )
    if why_not:
        print(f"{why_not}; the database is the one that the environment names.", file=sys.stderr)  # noqa: T201 - a script
    return named


def _in_environment() -> Any:
    """Return the source that the environment names; None if it names none."""
    if uri := os.environ.get("MONGODB_URI"):
        return open_source(uri)
    if uri := os.environ.get("MONGO_URL"):
        return open_source(uri, database=os.environ.get("DB_NAME") or None)
    return None


def _own_get_database() -> tuple[Callable[[], Any] | None, str]:
    """Return the user's own function, or why it cannot be had; a module of that name without it is somebody else's."""
    try:
        module = import_module("database")
    except ModuleNotFoundError as error:
        return None, "" if error.name == "database" else _why_not(error)
    except Exception as error:  # noqa: BLE001 - whatever the user's module raises, the environment may name the database
        return None, _why_not(error)
    found = getattr(module, "get_database", None)
    return (found if callable(found) else None), ""


def _why_not(error: Exception) -> str:
    what = conflict(error) or f"{type(error).__name__}: {error}"
    return without_uris(f"your module database cannot be imported here ({' '.join(what.split())})")


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
