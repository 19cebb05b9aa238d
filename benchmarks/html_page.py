"""How large the HTML report is, how soon Chromium shows it, and how soon its list is filtered and sorted.

``python -m benchmarks.html_page --findings 100000`` measures on its own and prints; it needs Playwright and a Chromium.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

from intact.core.values import JsonValue
from intact.findings import Finding, Headline, Report, RunInfo, Section
from intact.findings.fingerprint import fingerprint
from intact.reporters.html_report import render

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SEARCHES: Final = ("deliverd", "2026-03 unbilled", "no such thing", "invalid_customer")
SORTS: Final = ("stake", "when", "type", "severity")

# The clock runs from the event to the frame after the rows have changed: what a person waits for.
SEARCH: Final = """async text => {
  const field = document.getElementById("q");
  const line = document.getElementById("range");
  line.textContent = "";
  field.value = text;
  const begun = performance.now();
  const changed = new Promise(done => new MutationObserver(done).observe(line, {childList: true}));
  field.dispatchEvent(new Event("input", {bubbles: true}));
  await changed;
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""
SORT: Final = """async column => {
  const begun = performance.now();
  document.querySelector(`[data-sort=${column}] button`).click();
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""


@dataclass(frozen=True)
class Measured:
    """What was measured, times in seconds.

    Attributes:
        size: Of the file, in bytes.
        written: How long it took to make.
        opened: From asking for it until its list can be used; the median of the rounds.
        filtered: The slowest search, from the key press to the picture; 50 ms of it wait for the next key.
        sorted: The slowest order.
    """

    size: int
    written: float
    opened: float
    filtered: float
    sorted: float


def measure(count: int, repeat: int) -> Measured:
    """Make a page of so many findings and use it in Chromium."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - other parts do without it

    chromium = program()
    if chromium is None:
        raise SystemExit("there is no Chromium on the PATH")
    report = _report(count)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "report.html"
        begun = time.perf_counter()
        with path.open("w", encoding="utf-8") as file:
            file.writelines(render(report))
        written = time.perf_counter() - begun
        browser = playwright.chromium.launch(executable_path=chromium)
        rounds = [_use(browser, path.as_uri()) for _ in range(repeat)]
        browser.close()
        opened, filtered, ordered = (median(each) for each in zip(*rounds, strict=True))
        return Measured(path.stat().st_size, written, opened, filtered, ordered)


def measured(count: int, repeat: int) -> Measured | str:
    """Do the same, or say why it cannot be done here."""
    if find_spec("playwright") is None:
        return "there is no Playwright"
    if program() is None:
        return "there is no Chromium on the PATH"
    return measure(count, repeat)


def program() -> str | None:
    """Give the browser, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def _use(browser: Any, uri: str) -> tuple[float, float, float]:
    """Open the page once and give how long it took to open, to filter, to sort."""
    page = browser.new_page()
    begun = time.perf_counter()
    page.goto(uri, wait_until="commit")
    page.wait_for_selector("html[data-ready]")
    opened = time.perf_counter() - begun
    filtered = max(page.evaluate(SEARCH, each) for each in SEARCHES) / 1000
    page.get_by_role("button", name="Clear all filters").click()
    ordered = max(page.evaluate(SORT, each) for each in SORTS) / 1000
    page.close()
    return opened, filtered, ordered


def _report(count: int) -> Report:
    """Make a report of so many findings of three types."""
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    issues = list(_findings(count))
    counts = {each: sum(issue.type == each for issue in issues) for each in {issue.type for issue in issues}}
    section = Section(
        "made", "Made up", "Findings made up for a benchmark.", "daily", "MADE_UP", ("total", count), issues,
        counts, {}, (),
    )  # fmt: skip
    run = RunInfo(
        moment, moment, 1.0, "0", "none", "none", "made", "Made up", "made.yml", "INR", "nowhere", "none", None,
        one_moment=True,
    )  # fmt: skip
    return Report(run, Headline(count, count, count, {}), (section,), ())


def _findings(count: int) -> Iterator[Finding]:
    random.seed(7)
    customers = [_uuid() for _ in range(max(1, count // 50))]
    for number in range(count):
        order, when = _uuid(), f"2026-{number % 12 + 1:02}"
        oid: JsonValue = {"$oid": f"{random.getrandbits(96):024x}"}
        base = Finding("", "HIGH", "made", "orders", "", {}, fingerprint("", "orders", [order]), when=when)
        fields: dict[str, JsonValue]
        match number % 3:
            case 0:
                customer = random.choice(customers)
                said = f"Order {order} references non-existent customer {customer}"
                fields = {"order_id": order, "customer_id": customer, "document_id": oid}
                yield replace(
                    base,
                    type="INVALID_CUSTOMER_REFERENCE",
                    description=said,
                    fields=fields,
                    cause=("customer_id",),
                )
            case 1:
                said = f"Order {order} is unbilled and not linked to subscription"
                fields = {
                    "order_id": order,
                    "status": "delivered",
                    "days_pending": number % 400,
                    "document_id": oid,
                }
                money = ("unbilled", Decimal(number % 900))
                yield replace(
                    base,
                    type="UNBILLED_ORDER",
                    severity="CRITICAL",
                    description=said,
                    fields=fields,
                    money=money,
                )
            case _:
                fields = {
                    "order_id": order,
                    "status": "Deliverd",
                    "suggestion": "delivered",
                    "document_id": oid,
                }
                said = "Order has invalid status: Deliverd"
                yield replace(base, type="INVALID_ORDER_STATUS", description=said, fields=fields)


def _uuid() -> str:
    return str(uuid.UUID(int=random.getrandbits(128)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.html_page", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--findings", type=int, default=100_000, metavar="N", help="how many (default: 100000)"
    )
    parser.add_argument(
        "--repeat", type=int, default=3, metavar="N", help="rounds; medians are printed (default: 3)"
    )
    options = parser.parse_args(arguments)
    found = measure(options.findings, options.repeat)
    print(f"HTML report of {options.findings:,} findings, in Chromium, medians of {options.repeat}")
    print(f"  size      {found.size / 1e6:7.1f} MB")
    print(f"  written   {found.written:7.2f} s")
    print(f"  opened    {found.opened:7.2f} s until the list can be used")
    print(f"  filtered  {found.filtered:7.2f} s, the slowest search")
    print(f"  sorted    {found.sorted:7.2f} s, the slowest order")


if __name__ == "__main__":
    main()
