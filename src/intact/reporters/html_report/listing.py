"""The list of findings: the first of them as plain HTML, and the controls that the script brings to life."""

from __future__ import annotations

from html import escape

from intact.core.terms import rank
from intact.core.values import JsonValue
from intact.findings import Finding
from intact.findings.changes import CAME_BACK, NEW, PERSISTING
from intact.findings.shell import document_query
from intact.findings.words import clipped, counted, elsewhere_text, near_match_text
from intact.reporters.html_report import markup as m
from intact.reporters.html_report.survey import PageSurvey

_SEEN = (("seen", "Status"),)
_COLUMNS = (("severity", "Severity"), ("type", "Finding"), ("stake", "At stake"), ("when", "When"))


def listing(survey: PageSurvey) -> str:
    """Return the list; empty where nothing was found."""
    if not survey.findings:
        return ""
    first = survey.first
    shown = (
        f"The {len(first)} worst of {counted(survey.rows.count, 'finding')}"
        if len(first) < survey.rows.count
        else ""
    )
    named: set[str] = set()  # two reports may have the same fault, and an anchor is one place
    rows = ""
    for place, finding in enumerate(first, 2):
        anchor = "" if finding.fingerprint in named else f' id="{m.text(finding.fingerprint)}"'
        named.add(finding.fingerprint)
        rows += _row(finding, survey, place, anchor)
    known = survey.report.changes is not None
    named_class = ' class="known"' if known else ""
    heads = "".join(
        f'<th role="columnheader" scope="col" data-sort="{key}"><span>{name}</span></th>'
        for key, name in (*_COLUMNS, *(_SEEN if known else ()))
    )
    return (
        '<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">All findings</h2>'
        f"{_limits(survey)}<noscript><p>Without scripts this page shows the worst findings only.</p></noscript>"
        f"{_controls(survey)}"
        f'<p id="range" tabindex="-1">{shown}</p>'
        f'<table id="list"{named_class} role="table" aria-labelledby="findings-title"><thead role="rowgroup">'
        '<tr role="row">'
        f'{heads}<th role="columnheader" scope="col"><span class="unseen">Details</span></th></tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
        '<nav id="pages" class="scripted" aria-label="Pages of the list"></nav></section>'
    )


def _controls(survey: PageSurvey) -> str:
    """Return the fields by which the list is searched and filtered."""
    counts: dict[str, int] = {}
    types: dict[str, int] = {}
    for tally in (tally for each in survey.sections for tally in each.types):
        for name in tally.by_severity:
            counts[name] = counts.get(name, 0) + tally.of(name)
        types[tally.type] = types.get(tally.type, 0) + tally.count
    severities = "".join(
        f'<label class="chip"><input type="checkbox" name="severity" value="{m.text(each)}"> '
        f"{m.text(each.capitalize())} <span>{m.number(counts[each])}</span></label>"
        for each in sorted(counts, key=rank)
    )
    reports = {each.section.name: each.section.title for each in survey.sections if each.types}
    unconfirmed = any(tally.unconfirmed for each in survey.sections for tally in each.types)
    states = {"confirmed": "looked at again", "unconfirmed": "not looked at again"} if unconfirmed else {}
    statuses = _statuses(survey)
    named = {each: f"{each} ({count:,})" for each, count in types.items()}
    return (
        '<form id="controls" class="controls scripted" role="search" aria-label="Findings">'
        '<div class="field grow"><label for="q">Search</label><input type="search" id="q" name="q" autocomplete="off"'
        ' spellcheck="false" placeholder="An id, a type, a month, any value"></div>'
        f"{_select('report', 'Report', reports)}{_select('type', 'Type', named)}"
        f"{_select('state', 'State', states) if states else ''}"
        f"{_select('status', 'Status', statuses) if statuses else ''}"
        f'<fieldset class="chips"><legend>Severity</legend>{severities}</fieldset>'
        '<p class="chosen" id="chosen" hidden><span></span> <button type="button" id="unchoose">Remove</button></p>'
        '<button type="reset">Clear all filters</button></form>'
        '<p id="said" class="unseen" role="status"></p>'
    )


def _statuses(survey: PageSurvey) -> dict[str, str]:
    """Name what a finding can be against the run before, with how many there are; empty without one."""
    if not survey.compared:
        return {}
    tallies = [tally for each in survey.sections for tally in each.types]
    new, back = sum(each.new for each in tallies), sum(each.came_back for each in tallies)
    rest = sum(each.persisting for each in tallies)
    return {
        "fresh": f"New or came back ({new + back:,})",
        NEW: f"New ({new:,})",
        CAME_BACK: f"Came back ({back:,})",
        PERSISTING: f"As before ({rest:,})",
    }


def _select(name: str, label: str, options: dict[str, str]) -> str:
    """Return a field to choose one of several from."""
    listed = "".join(
        f'<option value="{m.text(key)}">{m.text(said, 80)}</option>' for key, said in options.items()
    )
    return (
        f'<div class="field"><label for="{name}">{label}</label><select id="{name}" name="{name}">'
        f'<option value="">All</option>{listed}</select></div>'
    )


def _limits(survey: PageSurvey) -> str:
    """Say what the list leaves out."""
    parts = []
    if survey.limited:
        parts.append(
            f"This run was limited: {survey.listed:,} of its {survey.findings:,} findings are listed. "
            "For all of them, run it again without --limit."
        )
    if survey.rows.count < survey.listed:
        parts.append(
            f"This page lists {survey.rows.count:,} of {survey.listed:,} findings, a share of each type; "
            "the NDJSON, CSV and Parquet forms have all of them. The numbers above count all."
        )
    return "".join(f'<p class="note">{each}</p>' for each in parts)


def _row(finding: Finding, survey: PageSurvey, place: int, anchor: str) -> str:
    currency = m.currency_of(finding, survey.report.run.currency)
    stake = m.amount(finding.money[1], currency) if finding.money else ""
    fields = "".join(_field(name, value) for name, value in finding.fields.items())
    inner = f'<dl class="fields">{fields}</dl>{m.query(document_query(finding))}'
    return (
        f'<tr role="row" aria-rowindex="{place}"{anchor}>'
        f'<td role="cell" class="c-severity">{m.severity(finding.severity)}</td>'
        f'<td role="cell" class="c-finding"><span class="type">{m.text(finding.type)}</span>'
        f'<span class="said">{m.text(m.sentence_of(finding))}</span>{m.record(finding)}</td>'
        f'<td role="cell" class="c-stake">{stake}</td><td role="cell" class="c-when">{m.when(finding.when)}</td>'
        f"{_seen(survey, finding)}"
        f'<td role="cell" class="c-more"><details><summary>Details</summary>{inner}</details></td></tr>'
    )


def _seen(survey: PageSurvey, finding: Finding) -> str:
    if survey.report.changes is None:
        return ""
    since = f"since {finding.first_seen:%Y-%m-%d}" if finding.first_seen else "not known"
    words = {NEW: "New", CAME_BACK: "Came back"}.get(finding.status)
    said = f'<span class="new">{words}</span>' if words else since
    return f'<td role="cell" class="c-seen">{said}</td>'


def _field(name: str, value: JsonValue) -> str:
    if name == "near_match" and isinstance(value, dict):
        said = escape(clipped(near_match_text(value), m.LONGEST))
    elif name == "elsewhere" and isinstance(value, dict):
        said = escape(clipped(elsewhere_text(value), m.LONGEST))
    else:
        said = m.shown(value)
    return f"<div><dt>{m.text(name)}</dt><dd>{said}</dd></div>"
