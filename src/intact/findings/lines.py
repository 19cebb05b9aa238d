"""The verdict in words: where the run stands to the lines that were drawn, and what the baseline accepts."""

from __future__ import annotations

from intact.findings.records import Finding, Report
from intact.findings.verdict import ThresholdOutcome
from intact.findings.words import amount_text, counted, harmless


def threshold_lines(report: Report) -> list[str]:
    """Say where the run stands to each line that allows some, or looks at what is new alone, on either side of it."""
    return [
        f"{harmless(each.text)}: {_stands(each, report.run.currency)}, {'' if each.crossed else 'not '}over the line"
        for each in report.thresholds
        if ">" in each.text or ":" in each.text
    ]


def _stands(line: ThresholdOutcome, currency: str | None) -> str:
    if line.amount is None:
        return counted(line.findings, "finding")
    return f"{amount_text(line.amount, currency)} in {counted(line.findings, 'finding')}"


def acceptance_text(finding: Finding) -> str:
    """Say until when a finding is accepted, by whom, why, and in which line of the baseline; empty if it is not."""
    entry = finding.accepted
    if entry is None:
        return ""
    return harmless(f"until {entry.until} by {entry.owner}: {entry.reason}; line {entry.line}")


def accepted_text(report: Report) -> str:
    """Say how many findings the baseline accepts, and how many of its entries need somebody; empty without one."""
    use = report.baseline
    if use is None:
        return ""
    said = [f"{report.accepted:,} by {counted(use.entries, 'entry', 'entries')} of {harmless(use.file)}"]
    if use.lapsed_total:
        said.append(f"{use.lapsed_total:,} no longer {'holds' if use.lapsed_total == 1 else 'hold'}")
    if use.idle_total:
        said.append(f"{use.idle_total:,} {'matches' if use.idle_total == 1 else 'match'} nothing")
    return "; ".join(said)
