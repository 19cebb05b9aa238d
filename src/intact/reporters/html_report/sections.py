"""One section a report: its numbers, what was found and why it matters, root causes, what to do, what is unchecked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from intact.core.values import JsonValue
from intact.findings import Outcome, Section
from intact.findings.advice import advice, explained
from intact.findings.causes import Cause
from intact.findings.records import FindingExplanation
from intact.findings.words import counted, harmless, rule_name, value_text
from intact.reporters.html_report import markup as m
from intact.reporters.html_report.changes import of_cause, of_finding
from intact.reporters.html_report.overview import anchor, facts_of, state
from intact.reporters.html_report.survey import PageSurvey, SectionSurvey, TypeTally

_CAUSES: Final = 5
"""Root causes of a type that are shown at once."""
_MORE: Final = 45
"""Root causes that unfold; any more are in the list of findings."""
_SINGLES: Final = 3
"""Findings named of a type whose findings have no cause in common."""


def sections(survey: PageSurvey) -> str:
    """Return all the reports, worst first."""
    return "".join(_section(survey, each) for each in survey.sections)


def _section(survey: PageSurvey, each: SectionSurvey) -> str:
    section = each.section
    name = m.text(section.name)
    types = "".join(_type(survey, section, tally) for tally in each.types)
    show = ""
    if each.findings:
        where = m.filtered(report=section.name)
        show = f'<p class="scripted"><a href="#{where}">Show all findings of this report in the list</a></p>'
    return (
        f'<section class="report" id="report-{name}" aria-labelledby="title-{name}">'
        f'<header><h2 id="title-{name}">{m.text(section.title)}</h2>{state(each)}'
        f'<span class="quiet">{m.text(section.cadence)}</span></header>'
        f'<p class="purpose">{m.text(section.purpose)}</p>{_summary(survey, section)}{_unchecked(section)}'
        f"{_noted(section)}"
        f"{_looked_again(section)}{types}{_actions(section)}{show}{_checks(survey, section)}</section>"
    )


def _summary(survey: PageSurvey, section: Section) -> str:
    """Return the report's own figures, its total first."""
    currency = survey.report.run.currency
    name, total = section.total
    figures = [(name, m.number(total))]
    details = ""
    for key, value in section.summary.items():
        if isinstance(value, dict):
            details += _breakdown(key, value)
        else:
            figures.append((key, _figure(value, currency)))
    shown = "".join(f"<div><dt>{m.title(key)}</dt><dd>{value}</dd></div>" for key, value in figures)
    return f'<dl class="figures-list">{shown}</dl>{details}'


def _figure(value: JsonValue, currency: str | None) -> str:
    if value is None:
        return "not known"  # what was not counted is not none
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return m.shown(value)
    return m.number(value) if isinstance(value, int) else m.amount(value, currency)


def _breakdown(key: str, value: dict[str, JsonValue]) -> str:
    """Return a figure that counts by something, such as the status."""
    parts = "".join(
        f"<li>{m.text(name)} <strong>{_figure(count, None)}</strong></li>"
        for name, count in list(value.items())[:30]
    )
    return f'<div class="breakdown"><span>{m.title(key)}</span><ul>{parts}</ul></div>' if parts else ""


def _unchecked(section: Section) -> str:
    """Say what of a report was not evaluated: each reason once, with all whose reason it is."""
    reasons: dict[str, dict[str, None]] = {}
    for outcome in section.outcomes:
        for reason in outcome.reasons:
            reasons.setdefault(reason, {})[rule_name(section, outcome)] = None
    items = ""
    for reason, names in reasons.items():
        named = ", ".join(f'<span class="type">{m.text(name)}</span>' for name in names)
        items += f"<li>{named}: {m.coded(reason)}</li>"
    return (
        f'<div class="unchecked"><h3>Not checked in this report</h3><ul>{items}</ul></div>' if items else ""
    )


def _noted(section: Section) -> str:
    """Say what is to be known of rules beside what they found."""
    items = "".join(
        f'<li><span class="type">{m.text(outcome.type)}</span> <code>{m.text(outcome.check)}</code>: '
        f"{m.coded(note)}</li>"
        for outcome in section.outcomes
        for note in outcome.notes
    )
    return f'<div class="unchecked"><h3>About these rules</h3><ul>{items}</ul></div>' if items else ""


def _looked_again(section: Section) -> str:
    """Say what became of candidates that were looked at again."""
    parts = []
    if section.vanished:
        parts.append(
            f"{counted(section.vanished, 'candidate')} had been put right when looked at again, and are no findings."
        )
    if section.unconfirmed:
        parts.append(f"{counted(section.unconfirmed, 'finding')} could not be looked at again.")
    return f'<p class="quiet">{" ".join(parts)}</p>' if parts else ""


def _type(survey: PageSurvey, section: Section, tally: TypeTally) -> str:
    about = explained(section, tally.type)
    facts = facts_of(survey, tally)
    return (
        f'<section class="kind" id="{anchor(section.name, tally.type)}">'
        f'<h3>{m.severity(tally.severity)} <span class="type">{m.type_name(tally.type)}</span> '
        f'<span class="count">{counted(tally.count, "finding")}</span></h3>'
        + (f'<p class="quiet">{facts}</p>' if facts else "")
        + _explained(about, advice(section, tally.type))
        + _causes(survey, section, tally)
        + "</section>"
    )


def _explained(about: list[FindingExplanation], repair: str) -> str:
    if not about:
        return ""
    main = about[0]
    parts = [("What it means", main.what), ("Why it matters", main.why), ("How to repair", repair)]
    shown = "".join(f"<div><dt>{name}</dt><dd>{m.prose(value)}</dd></div>" for name, value in parts if value)
    queries = "".join(
        (f'<p class="quiet"><code>{m.text(each.check)}</code></p>' if len(about) > 1 else "")
        + m.query(each.mongosh)
        for each in about
        if each.mongosh
    )
    blind = f"<h4>What this check cannot see</h4>{m.prose(main.cannot_see)}" if main.cannot_see else ""
    found = f"<h4>All of these in mongosh</h4>{queries}" if queries else ""
    page = m.outward(main.url, f"Read more about {m.text(main.type)}")
    inner = blind + found + (f"<p>{page}</p>" if page else "")
    more = f"<details><summary>Query and limits</summary>{inner}</details>" if inner else ""
    return f'<dl class="meaning">{shown}</dl>{more}'


def _causes(survey: PageSurvey, section: Section, tally: TypeTally) -> str:
    """List the root causes; where each finding is a cause of its own, a few of them."""
    if not tally.causes:
        return ""
    if not any(each.fields for each in tally.causes):
        return _singles(survey, section, tally)
    pairs = list(zip(tally.causes, tally.numbers, strict=True))
    if survey.compared:
        pairs.sort(key=lambda pair: not pair[0].fresh)
    shown = "".join(_cause(survey, *each) for each in pairs[:_CAUSES])
    rest = pairs[_CAUSES : _CAUSES + _MORE]
    more = ""
    if rest:
        left = len(pairs) - _CAUSES
        inner = "".join(_cause(survey, *each) for each in rest)
        unshown = (
            f'<p class="quiet">{left - len(rest):,} more are in the list of findings.</p>'
            if left > len(rest)
            else ""
        )
        more = (
            f"<details><summary>{counted(left, 'more root cause')}</summary>"
            f'<ul class="causes">{inner}</ul>{unshown}</details>'
        )
    first = "what is new first" if survey.compared and any(each.fresh for each, _ in pairs) else "worst first"
    return f'<h4>Root causes, {first}</h4><ul class="causes">{shown}</ul>{more}'


def _cause(survey: PageSurvey, cause: Cause, number: int | None) -> str:
    facts = [f"<strong>{counted(cause.count, 'finding')}</strong>"] if cause.count > 1 else []
    if cause.money:
        facts.append(m.money(cause.money, survey.report.run.currency))
    if cause.first:
        facts.append(m.span(cause.first, cause.last))
    said = f' <span class="quiet">{"; ".join(facts)}</span>' if facts else ""
    new = of_cause(survey, cause)
    if cause.count == 1:
        (only,) = cause.examples
        unsaid = {k: v for k, v in cause.fields.items() if value_text(v) not in harmless(only.description)}
        more = f", {_shared(unsaid)}" if unsaid else ""
        where = f'<a href="#{m.text(only.fingerprint)}">{m.text(only.description, 160)}</a>'
        return f"<li>{new}{where}{more} {m.record(only)}{said}</li>"
    examples = ", ".join(m.link(each) for each in cause.examples)
    more = f" and {cause.count - len(cause.examples):,} more" if cause.count > len(cause.examples) else ""
    show = (
        f' <a class="scripted" href="#{m.filtered(cause=str(number))}">Show them</a>'
        if number is not None
        else ""
    )
    shared = _shared(cause.fields) or "No cause in common"
    return f'<li>{new}{shared}{said}<p class="quiet">{examples}{more}.{show}</p></li>'


def _shared(fields: Mapping[str, JsonValue]) -> str:
    """Say what the findings of a cause have in common."""
    return ", ".join(
        f"no {m.name(name)}" if value is None else f"{m.name(name)} <code>{m.shown(value, 80)}</code>"
        for name, value in fields.items()
    )


def _singles(survey: PageSurvey, section: Section, tally: TypeTally) -> str:
    examples = [each for cause in tally.causes for each in cause.examples][:_SINGLES]
    items = "".join(
        f'<li>{of_finding(survey, each)}<a href="#{m.text(each.fingerprint)}">{m.text(each.description, 160)}</a> '
        f"{m.record(each)}</li>"
        for each in examples
    )
    left = tally.count - len(examples)
    more = ""
    if left > 0:
        more = (
            f'<p class="quiet">and {left:,} more. <a class="scripted" '
            f'href="#{m.filtered(report=section.name, type=tally.type)}">Show all {tally.count:,}</a></p>'
        )
    return f'<ul class="examples">{items}</ul>{more}'


def _checks(survey: PageSurvey, section: Section) -> str:
    """List what was looked for, what was found clean too."""
    if not section.outcomes:
        return ""
    file = survey.report.run.model_file
    figures = (each for each in section.figures if each not in section.outcomes)
    rows = "".join(_check(each, file) for each in (*section.outcomes, *figures))
    return (
        f"<details><summary>{counted(len(section.outcomes), 'check')} made</summary>"
        f'<div class="across" tabindex="0" role="group" aria-label="Checks of {m.text(section.title)}"><table><thead>'
        '<tr><th scope="col">Finding</th><th scope="col">Check</th><th scope="col">Result</th>'
        '<th scope="col">Judged</th>'
        f'<th scope="col">Declared in</th></tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _check(outcome: Outcome, file: str) -> str:
    result = counted(outcome.findings, "finding") if outcome.findings else "clean"
    if outcome.reasons:
        result = f"{result}, in part" if outcome.findings else "not evaluated"
    notes = "".join(f'<br><span class="quiet">{m.coded(note)}</span>' for note in outcome.notes)
    line = f", line {outcome.line}" if outcome.line else ""
    return (
        f'<tr><th scope="row" class="type">{m.text(outcome.type)}</th><td><code>{m.text(outcome.check)}</code></td>'
        f"<td>{result}{notes}</td><td>{outcome.coverage}</td><td>{m.text(file)}{line}</td></tr>"
    )


def _actions(section: Section) -> str:
    if not section.actions:
        return ""
    items = "".join(
        f'<li><label><input type="checkbox"> <span>{m.text(each)}</span></label></li>'
        for each in section.actions
    )
    return f'<h3>Action items</h3><ul class="actions">{items}</ul>'
