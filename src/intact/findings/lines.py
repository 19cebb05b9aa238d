"""The verdict in words: where the run stands to the lines that were drawn, and what the baseline accepts."""

from __future__ import annotations

from intact.findings.types import Report
from intact.findings.verdict import Threshold
from intact.findings.words import amount_text, counted, harmless


def threshold_lines(report: Report) -> list[str]:
    """Say where the run stands to each line that allows some, or looks at what is new alone, on either side of it."""
    return [
        f"{harmless(each.text)}: {_stands(each, report.run.currency)}, "
        f"which {'makes this run fail' if each.crossed else 'does not make it fail'}"
        for each in report.thresholds
        if ">" in each.text or ":" in each.text
    ]


def _stands(line: Threshold, currency: str | None) -> str:
    if line.amount is None:
        return counted(line.findings, "finding")
    return f"{amount_text(line.amount, currency)} in {counted(line.findings, 'finding')}"


def accepted_text(report: Report) -> str:
    """Say how many findings the baseline accepts, and how many of its entries need somebody; empty without one."""
    use = report.baseline
    if use is None:
        return ""
    said = f"{report.accepted:,} by {counted(use.entries, 'entry', 'entries')} of {harmless(use.file)}"
    parts = [
        f"{count:,} of them {what}"
        for count, what in ((use.lapsed_total, "no longer hold"), (use.idle_total, "match nothing"))
        if count
    ]
    return "; ".join([said, *parts])
