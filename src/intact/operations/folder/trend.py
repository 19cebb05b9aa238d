"""How an audit went, run by run, as inline SVG; the table below it has the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from intact.core.terms import SEVERITIES
from intact.findings.words import counted, moment_text
from intact.operations.folder.run_record import RunRecord
from intact.reporters.html_report import markup as m
from intact.reporters.html_report.trends import MODEL_CHANGED

_DRAWN: Final = 90
"""Runs that are drawn, the last ones."""
_HEIGHT: Final = 120
_OTHER: Final = "OTHER"


def trend(runs: Sequence[RunRecord], name: str) -> str:
    """Draw the findings of each run by severity; nothing where there are not two runs to compare.

    Args:
        runs: The runs of one audit, the last one first.
        name: Begins the ids of elements.
    """
    drawn = [*reversed(runs[:_DRAWN])]
    most = max((each.findings for each in drawn), default=0)
    if len(drawn) < 2 or not most:
        return ""
    peak = max(drawn, key=lambda each: each.findings)
    said = (
        f"Findings of {counted(len(drawn), 'run')}: {m.number(drawn[0].findings)} on {_day(drawn[0])}, "
        f"{m.number(drawn[-1].findings)} on {_day(drawn[-1])}, most on {_day(peak)} with {m.number(most)}"
    )
    width = 100 / len(drawn)
    columns = "".join(_column(each, place * width, width, most) for place, each in enumerate(drawn))
    changes = "".join(_change(each, place * width) for place, each in enumerate(drawn) if place)
    said += f". {MODEL_CHANGED}" if changes else ""
    lines = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>' for y in (0.5, _HEIGHT / 2, _HEIGHT - 0.5)
    )
    labels = (
        f'<text x="0" y="{_HEIGHT + 16}">{_day(drawn[0])}</text>'
        f'<text x="100%" y="{_HEIGHT + 16}" text-anchor="end">{_day(drawn[-1])}</text>'
        f'<text x="0" y="-4">{m.number(most)}</text>'
    )
    shown = [each for each in (*SEVERITIES, _OTHER) if any(_count(run, each) for run in drawn)]
    key = "".join(
        f'<li><svg aria-hidden="true" width="10" height="10"><rect class="{each.lower()}" width="10" height="10"/>'
        f"</svg> {each.capitalize()}</li>"
        for each in shown
    )
    return (
        f'<figure><figcaption id="{name}">{said}</figcaption><svg role="img" aria-labelledby="{name}" width="100%" '
        f'height="{_HEIGHT + 24}">{lines}{columns}{changes}{labels}</svg><ul class="key">{key}</ul></figure>\n'
    )


def _column(run: RunRecord, x: float, width: float, most: int) -> str:
    """Draw one run: its severities on top of each other, the worst at the bottom."""
    y = float(_HEIGHT)
    drawn = ""
    for severity in (*SEVERITIES, _OTHER):
        count = _count(run, severity)
        if not count:
            continue
        height = max(1.0, count / most * (_HEIGHT - 1))
        y -= height
        said = f"{moment_text(run.ended)}: {m.number(count)} {severity.lower()}"
        drawn += (
            f'<rect class="{severity.lower()}" x="{x + 0.1 * width:.3f}%" y="{y:.1f}" width="{0.8 * width:.3f}%" '
            f'height="{height:.1f}"><title>{said}</title></rect>'
        )
    return drawn


def _change(run: RunRecord, x: float) -> str:
    """Draw a line between a run and the one before it where the model changed."""
    if run.model_change is None:
        return ""
    said = f"{moment_text(run.ended)}: {m.text(run.model_change)}"
    return (
        f'<line class="change" x1="{x:.3f}%" x2="{x:.3f}%" y1="0" y2="{_HEIGHT}"><title>{said}</title></line>'
    )


def _count(run: RunRecord, severity: str) -> int:
    """Return how many findings of a severity a run has; under "other" those of one that has no colour."""
    if severity == _OTHER:
        return run.findings - sum(run.severity(each) for each in SEVERITIES)
    return run.severity(severity)


def _day(run: RunRecord) -> str:
    return moment_text(run.ended)[:10]
