"""A report in a notebook: a short HTML fragment, its representation there as ``repr`` is in a terminal.

It stands here and not among the reporters because ``Report._repr_html_`` gives it, and what is below must not
know what is above. It carries no script, loads nothing, and takes its colours from the notebook around it,
light or dark.
"""

from __future__ import annotations

from html import escape
from typing import Final

from intact.core.terms import SEVERITIES
from intact.findings.digest import SectionDigest, digest, findings_total, unchecked
from intact.findings.lines import accepted_text, threshold_lines
from intact.findings.records import Report
from intact.findings.words import amount_text, clipped, counted, harmless, moment_text

_LONGEST: Final = 200
_REASONS: Final = 5
_BADGES: Final = {"CRITICAL": "#b3261e", "HIGH": "#a04000", "MEDIUM": "#6b5900", "LOW": "#3d5a80"}
"""Colours behind white text, dark enough for it."""
_FRAME: Final = "font:14px/1.45 system-ui,sans-serif;max-width:60em;color:inherit;background:transparent"
_EDGE: Final = "border-top:1px solid color-mix(in srgb, currentColor 25%, transparent)"
_CELL: Final = f"padding:.25em .9em .25em 0;text-align:left;vertical-align:top;{_EDGE}"
_NUMBER: Final = _CELL.replace("text-align:left", "text-align:right")


def to_html(report: Report) -> str:
    """Return the fragment."""
    run = report.run
    title = f"<strong>{_text(run.model_title)}</strong>"
    end = f"intact {_text(run.version)}, model {_text(run.model)}. Exit code {report.exit_code}."
    parts = [
        f'<div style="{_FRAME}">',
        f"<p>{title} &middot; {_text(run.source)} &middot; as of {_text(moment_text(run.as_of))}</p>",
        _numbers(report),
        _unchecked(report),
        _table(digest(report)),
        f'<p style="opacity:.75">{end}</p></div>',
    ]
    return "".join(parts)


def _numbers(report: Report) -> str:
    head = report.headline
    found = f"<strong>{counted(findings_total(report), 'finding')}</strong>"
    scanned = counted(head.documents_scanned, "document")
    lines = [
        f"{found} on {head.documents_affected:,} of {scanned}; {report.failing:,} at which the run fails",
        f"critical findings: <strong>{head.critical:,}</strong>",
        f"Total Critical Issues Found: <strong>{head.total_critical_issues:,}</strong>",
    ]
    lines += [_text(f"accepted: {each}") for each in filter(None, [accepted_text(report)])]
    lines += [_text(each) for each in threshold_lines(report)]
    lines += [
        f"{_text(kind.replace('_', ' '))}: <strong>{_text(amount_text(amount, report.run.currency))}</strong>"
        for kind, amount in head.money_at_stake.items()
    ]
    return "<p>" + "<br>".join(lines) + "</p>"


def _unchecked(report: Report) -> str:
    if report.complete:
        return ""
    reasons = [f"{each.outcomes[0].type}: {each.reason}" for each in unchecked(report)]
    reasons += [f"{each.where}: {each.what}" for each in report.troubles]
    items = "".join(f"<li>{_text(each)}</li>" for each in reasons[:_REASONS])
    more = f"<li>and {len(reasons) - _REASONS:,} more</li>" if len(reasons) > _REASONS else ""
    return f"<p><strong>Not everything could be checked</strong></p><ul>{items}{more}</ul>"


def _table(sections: tuple[SectionDigest, ...]) -> str:
    head = "".join(
        f'<th scope="col" style="{_CELL}">{name}</th>' for name in ("Report", "Type", "Severity", "Findings")
    )
    rows = "".join(_rows(each) for each in sections)
    return (
        f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _rows(each: SectionDigest) -> str:
    title = _text(each.section.title)
    if not each.types:
        state = "not fully checked" if each.unchecked else "clean"
        return f'<tr><td style="{_CELL}">{title}</td><td style="{_CELL}" colspan="3">{state}</td></tr>'
    rows: list[str] = []
    for kind in each.types:
        badge = _badge(kind.severity) if kind.severity in SEVERITIES else ""
        examples = "".join(f"<br><small>{_text(finding.description)}</small>" for finding in kind.examples)
        rows.append(
            f'<tr><td style="{_CELL}">{title}</td><td style="{_CELL}">{_text(kind.type)}{examples}</td>'
            f'<td style="{_CELL}">{badge}</td><td style="{_NUMBER}">{kind.count:,}</td></tr>'
        )
        title = ""
    return "".join(rows)


def _badge(severity: str) -> str:
    style = f"background:{_BADGES[severity]};color:#fff;border-radius:3px;padding:0 .4em"
    return f'<span style="{style}">{severity}</span>'


def _text(value: str) -> str:
    """Return a value as HTML text: visible, of bounded length, nothing in it read as markup."""
    return escape(clipped(harmless(value), _LONGEST))
