"""What changed since the run before: the numbers, what is new, what is resolved; nothing without a history."""

from __future__ import annotations

from typing import Final

from intact.findings import Finding
from intact.findings.causes import Cause
from intact.findings.changes import Changes, ModelChange, ResolvedFinding
from intact.findings.news import FRESH, Fresh, News, mark, model_text, resolved_text, seen_text
from intact.findings.words import counted, moment_text, value_text
from intact.reporters.html_report import markup as m
from intact.reporters.html_report.survey import PageSurvey, TypeTally

_FRESH: Final = 10
"""Root causes of what is new that are shown at once."""
_MORE: Final = 90
"""Root causes that unfold; any more are in the list of findings."""


def changed_numbers(survey: PageSurvey) -> str:
    """Return how many findings are new, and so on."""
    changes = survey.report.changes
    if changes is None:
        return ""
    if changes.before is None:
        return '<p class="quiet">This is the first run on record: the next one says what changed.</p>'
    facts = [
        ("New", _shown(changes.new, "new")),
        ("Came back", _shown(changes.came_back, "came back")),
        ("Resolved", f'<a href="#resolved">{m.number(changes.resolved)}</a>' if changes.resolved else "0"),
        *_how(changes),
        ("As before", _shown(changes.persisting, "persisting")),
    ]
    counts = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    model = f'<p class="quiet">{_model(changes.model)}</p>' if changes.model else ""
    return f'<h3>Since {moment_text(changes.before)}</h3><dl class="numbers changes">{counts}</dl>{model}'


def _how(changes: Changes) -> list[tuple[str, str]]:
    """Return the numbers of what is resolved by how, and of what is not although it was not found."""
    known = changes.cured or changes.destroyed
    facts = [("of it cured", changes.cured), ("of it destroyed", changes.destroyed)] if known else []
    if changes.not_comparable:
        facts.append(("Not comparable", changes.not_comparable))
    return [(name, m.number(number)) for name, number in facts]


def _model(change: ModelChange) -> str:
    said = model_text(change)
    return f"{said[0].upper()}{said[1:]}: what its rules find is not all comparable with the run before."


def _shown(number: int, status: str) -> str:
    """Return a number that leads to what it counts."""
    return f'<a href="#{m.filtered(status=status)}">{m.number(number)}</a>' if number else "0"


def changed(survey: PageSurvey) -> str:
    """Name what is new, and list what is resolved."""
    news = survey.news
    if news is None:
        return ""
    fresh = _fresh(survey, news)
    rest = ""
    if news.turns.persisting:
        since = f", the oldest since {news.oldest:%Y-%m-%d}" if news.oldest else ""
        number = counted(news.turns.persisting, "finding")
        rest = f'<p class="quiet">{number} as before{since}.</p>'
    return (
        '<section class="changed" id="changed" aria-labelledby="changed-title"><h2 id="changed-title">'
        f"What changed</h2>{fresh}{rest}{_resolved(news)}</section>"
    )


def _fresh(survey: PageSurvey, news: News) -> str:
    if not news.turns.new + news.turns.came_back:
        return "<p>Nothing is new, and nothing came back.</p>"
    shown = "".join(_item(survey, each) for each in news.fresh[:_FRESH])
    rest = news.fresh[_FRESH : _FRESH + _MORE]
    more = ""
    if rest:
        inner = "".join(_item(survey, each) for each in rest)
        left = len(news.fresh) - _FRESH
        unshown = (
            f'<p class="quiet">{left - len(rest):,} more are in the list.</p>' if left > len(rest) else ""
        )
        more = (
            f"<details><summary>{counted(left, 'more root cause')}</summary>"
            f'<ul class="causes">{inner}</ul>{unshown}</details>'
        )
    where = m.filtered(status="fresh")
    return (
        f'<ul class="causes">{shown}</ul>{more}'
        f'<p class="scripted"><a href="#{where}">Show all that is new or came back in the list</a></p>'
    )


def _item(survey: PageSurvey, fresh: Fresh) -> str:
    cause = fresh.cause
    facts = [m.money(cause.money, survey.report.run.currency)] if cause.money else []
    if cause.first:
        facts.append(m.span(cause.first, cause.last))
    facts.append(m.text(fresh.section.title))
    first = cause.examples[0]
    link = f'<a href="#{m.text(first.fingerprint)}">{m.text(first.description, 160)}</a>'
    if cause.count > 1 and cause.fields:
        shared = ", ".join(
            f"no {m.name(name)}"
            if value is None
            else f"{m.name(name)} <code>{m.text(value_text(value), 80)}</code>"
            for name, value in cause.fields.items()
        )
        link = f"<strong>{m.number(cause.count)}</strong> with {shared}, such as {link}"
    elif cause.count > 1:
        link = f"{link} and {cause.count - 1:,} more"
    about = f'{m.severity(cause.severity)} <span class="type">{m.type_name(cause.type)}</span>'
    return f'<li>{of_cause(survey, cause)}{about} {link} <span class="quiet">{"; ".join(facts)}</span></li>'


def _resolved(news: News) -> str:
    total, how = news.turns.resolved, resolved_text(news.turns)
    if not total:
        return ""
    rows = "".join(_gone(each) for each in news.gone)
    left = total - len(news.gone)
    more = f'<p class="quiet">and {left:,} more, which are not listed.</p>' if left > 0 else ""
    return (
        f'<details id="resolved"><summary>{counted(total, "finding")} resolved{f" ({how})" if how else ""}</summary>'
        '<div class="across" tabindex="0" role="group" aria-label="Resolved findings"><table><thead><tr>'
        '<th scope="col">Severity</th><th scope="col">Finding</th><th scope="col">First seen</th>'
        '<th scope="col">How</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{more}</details>"
    )


def _gone(gone: ResolvedFinding) -> str:
    return (
        f'<tr id="gone-{m.text(gone.fingerprint)}"><td>{m.severity(gone.severity)}</td>'
        f'<th scope="row"><span class="type">{m.type_name(gone.type)}</span> {m.text(gone.description)} '
        f'<span class="record">in {m.text(gone.collection)}, <code>{m.text(gone.fingerprint)}</code></span></th>'
        f"<td>{gone.first_seen:%Y-%m-%d}</td><td>{gone.how or ''}</td></tr>"
    )


def of_type(survey: PageSurvey, tally: TypeTally) -> str:
    """Say of a type how many are new, and since when the rest is there; empty without a run before."""
    if not survey.compared:
        return ""
    numbers = ((tally.new, "new"), (tally.came_back, "came back"))
    parts = [f'<strong class="new">{number:,} {word}</strong>' for number, word in numbers if number]
    if day := seen_text(survey.news, tally.seen, survey.report):
        parts.append(f"{'others ' if parts else ''}first seen {day}")
    return ", ".join(parts)


def of_cause(survey: PageSurvey, cause: Cause) -> str:
    """Mark a root cause with something new; empty where it has nothing, or without a run before."""
    said = mark(cause) if survey.compared else ""
    return (
        f'<span class="new">{said.capitalize() if said.isupper() else said.lower()}</span> ' if said else ""
    )


def of_finding(survey: PageSurvey, finding: Finding) -> str:
    """Mark a finding that is new or came back."""
    if not survey.compared or finding.status not in FRESH:
        return ""
    return f'<span class="new">{finding.status.capitalize()}</span> '
