"""The page as a whole: one file that loads nothing, and in which no script runs but its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from intact.core.values import JsonValue
from intact.findings import CollectionRead, Report
from intact.findings.advice import advice
from intact.findings.apart import not_looked_at, repeats
from intact.findings.words import value_text
from intact.reporters.html_report import markup as m
from intact.reporters.html_report.changes import changed
from intact.reporters.html_report.charts import charts
from intact.reporters.html_report.listing import listing
from intact.reporters.html_report.overview import banner, first_things, not_checked, reports, verdict
from intact.reporters.html_report.sections import sections
from intact.reporters.html_report.survey import PageSurvey

_STYLES: Final = ("page.css", "parts.css", "list.css", "print.css")
_SCRIPTS: Final = ("values.js", "findings.js", "row.js", "list.js", "page.js")
"""In this order they are one script."""
_ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' "
    "height='16' rx='3' fill='%23245b52'/%3E%3Cpath d='M4 8.5l2.6 2.6L12 5.4' fill='none' stroke='white' "
    "stroke-width='2'/%3E%3C/svg%3E"
)


def render(report: Report) -> Iterator[str]:
    """Yield the page in pieces."""
    survey = PageSurvey(report)
    yield _head(report)
    skip = '<a class="skip" href="#findings">Go to the list of findings</a>' if survey.findings else ""
    run = f"{report.run.model} {report.run.generated_at.isoformat()}"
    yield f'<body>{skip}<main data-run="{m.text(run)}">'
    yield from (banner(report), verdict(survey), not_checked(report), changed(survey), first_things(survey))
    yield from (reports(survey), charts(survey), sections(survey), listing(survey), _about(report))
    yield "</main>"
    if survey.rows.count:
        # Base64 has neither a "<" nor a line separator, so nothing in the data can end the element.
        yield '<script type="application/json" id="data">"'
        yield from survey.rows.pieces(_shared(survey))
        yield '"</script>\n'
    yield f"<script>{_script()}</script>\n</body>\n</html>\n"


def _head(report: Report) -> str:
    """Return the head, with a policy under which nothing runs, loads or is sent but what is here."""
    policy = (
        f"default-src 'none'; script-src '{_digest(_script())}'; style-src '{_digest(_style())}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f'<meta name="generator" content="intact {m.text(report.run.version)}">\n'
        f"<title>{m.text(report.run.model_title)}: data consistency report</title>\n"
        f'<link rel="icon" href="{_ICON}">\n<style>{_style()}</style>\n</head>\n'
    )


def _about(report: Report) -> str:
    """Say what was read and by what."""
    run = report.run
    rows = "".join(_collection(each) for each in report.collections)
    said = [*run.notes, *repeats(report), *not_looked_at(report)]
    notes = "".join(f"<li>{m.text(each, 600)}</li>" for each in said)
    masked = "Personal fields, where the model names any, are masked: equal marks stand for equal values."
    shown = "Personal fields are shown as they are." if run.personal else masked
    return (
        '<section class="about" aria-labelledby="about-title"><h2 id="about-title">About this run</h2>'
        f"{f'<ul>{notes}</ul>' if notes else ''}"
        '<div class="across" tabindex="0" role="group" aria-label="What was read"><table><thead><tr>'
        '<th scope="col">Collection</th><th scope="col" class="number">Documents</th>'
        '<th scope="col" class="number">Not readable</th><th scope="col" class="number">With a field twice</th>'
        f'<th scope="col">Read</th></tr></thead><tbody>{rows}</tbody></table></div>'
        f"<p>Model {m.text(run.model)} ({m.text(run.model_file)}); intact {m.text(run.version)}, projector "
        f"{m.text(run.projector)}, engine {m.text(run.engine)}; {run.seconds:.1f} s. "
        f"Exit code {report.exit_code}. {shown}</p></section>"
    )


def _collection(read: CollectionRead) -> str:
    how = "all" if read.whole else "in part" if read.present else "not there"
    note = f": {m.text(read.note)}" if read.note else ""
    return (
        f'<tr><th scope="row">{m.text(read.name)}</th><td class="number">{m.number(read.documents)}</td>'
        f'<td class="number">{m.number(read.lost) if read.lost else ""}</td>'
        f'<td class="number">{m.number(read.repeated) if read.repeated else ""}</td><td>{how}{note}</td></tr>'
    )


def _shared(survey: PageSurvey) -> dict[str, JsonValue]:
    """Return what the script needs to know beside the findings."""
    titles: dict[str, JsonValue] = {each.section.name: each.section.title for each in survey.sections}
    repairs: dict[str, JsonValue] = {}
    named: dict[str, JsonValue] = {}
    for each in survey.sections:
        for about in each.section.explanations:
            repairs.setdefault(about.type, advice(each.section, about.type))
        for tally in each.types:
            for cause, number in zip(tally.causes, tally.numbers, strict=True):
                if number is not None and cause.fields and cause.count > 1:
                    values = ", ".join(
                        f"{name} {value if isinstance(value, str) else value_text(value)}"
                        for name, value in cause.fields.items()
                    )
                    named[str(number)] = f"{cause.type}, {values}"[: m.LONGEST]
    return {
        "currency": survey.report.run.currency,
        **({"known": True} if survey.report.changes is not None else {}),
        "reports": titles,
        "repairs": repairs,
        "causes": named,
        "order": [list(each) for each in survey.order],
    }


@cache
def _style() -> str:
    return "\n".join(_asset(name) for name in _STYLES)


@cache
def _script() -> str:
    parts = "\n".join(_asset(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();'


def _asset(name: str) -> str:
    return (files("intact.reporters.html_report") / "assets" / name).read_text(encoding="utf-8")


def _digest(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
