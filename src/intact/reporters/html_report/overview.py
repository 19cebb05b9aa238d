"""The top of the page: what was audited, how it ended, the numbers, what was not checked, what to do first."""

from __future__ import annotations

from typing import Final

from intact.core.terms import SEVERITIES, rank
from intact.findings import Outcome, Report
from intact.findings.advice import advice as how_to_repair
from intact.findings.apart import read_text
from intact.findings.digest import troubles_by_what, unchecked
from intact.findings.lines import accepted_text, threshold_lines
from intact.findings.words import agreed, by_amount, counted, first_sentence, moment_text, share_text
from intact.reporters.html_report import markup as m
from intact.reporters.html_report.changes import changed_numbers, of_type
from intact.reporters.html_report.survey import PageSurvey, SectionSurvey, TypeTally

_FIRST: Final = 6
"""Finding types that are named as what to do first."""
_LISTED: Final = 20
"""Reasons and troubles that are listed."""


def banner(report: Report) -> str:
    """Return the title, and what was read."""
    run = report.run
    database = f", database {run.database}" if run.database and run.database not in run.source else ""
    moment = (
        f", as of {moment_text(run.moment)}" if run.moment else ", as of one moment" if run.one_moment else ""
    )
    read = f"{read_text(report)}{moment}"
    facts = [
        ("Source", m.text(run.source) + f' <span class="quiet">{m.text(run.source_kind + database)}</span>'),
        ("Read", m.text(read)),
        ("Ages and periods as of", m.text(moment_text(run.as_of))),
        ("Made", m.text(moment_text(run.generated_at))),
    ]
    listed = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    return (
        '<header class="banner"><div class="top"><p class="over">Data consistency report</p>'
        '<label class="theme scripted"><span>Appearance</span> <select id="theme"><option value="">Automatic</option>'
        '<option value="light">Light</option><option value="dark">Dark</option></select></label></div>'
        f'<h1>{m.text(run.model_title)}</h1><dl class="facts">{listed}</dl></header>'
    )


def verdict(survey: PageSurvey) -> str:
    """Say how the run ended: a word, a sentence, the numbers."""
    report = survey.report
    mood, word, sentence = _ending(survey)
    more = ""
    if not report.complete and report.failing:
        more = ' Part of the audit could not be done: see <a href="#not-checked">what was not checked</a>.'
    return (
        f'<section class="verdict {mood}" aria-labelledby="verdict"><h2 id="verdict">{word}</h2>'
        f"<p>{sentence}{more}</p>{_numbers(survey)}</section>"
    )


def _ending(survey: PageSurvey) -> tuple[str, str, str]:
    report = survey.report
    found = counted(survey.findings, "finding")
    if report.failing:
        types: dict[str, int] = {}
        for tally in (tally for each in survey.sections for tally in each.types if survey.fails(tally)):
            types[tally.type] = types.get(tally.type, 0) + tally.failing
        named = ", ".join(f"{m.number(count)} {m.type_name(name)}" for name, count in types.items())
        return (
            "bad",
            "Act now",
            f"{report.failing:,} of {found} {agreed(report.failing, 'makes', 'make')} this run fail: {named}.",
        )
    if not report.complete:
        return (
            "open",
            "Incomplete",
            f'{found}, and part of the audit could not be done: see <a href="#not-checked">what was not checked</a>.',
        )
    if survey.findings:
        return "some", "Findings", f"{found}, none at which this run fails. Everything was checked."
    if not report.headline.documents_scanned:
        return "open", "Empty", "Nothing was checked: there is no document."
    return "good", "Clean", "Nothing was found, and everything was checked."


def _numbers(survey: PageSurvey) -> str:
    """Return the headline: money at stake first, then the counts."""
    report = survey.report
    head = report.headline
    share = share_text(head.documents_affected, head.documents_scanned)
    stakes = "".join(
        f"<div><dt>{m.title(kind)}</dt><dd>{m.amount(amount, report.run.currency)}</dd></div>"
        for kind, amount in by_amount(head.money_at_stake)
    )
    facts = [
        ("Findings", m.number(survey.findings)),
        ("Critical findings", m.number(head.critical)),
        ("Total Critical Issues Found", m.number(head.total_critical_issues)),
        (
            "Documents affected",
            f"{m.number(head.documents_affected)} <small>of {m.number(head.documents_scanned)}{share}</small>",
        ),
    ]
    if report.baseline:
        facts.append(
            ("Accepted", f"{m.number(report.accepted)} <small>{m.text(accepted_text(report))}</small>")
        )
    counts = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    money = f'<h3>Money at stake</h3><dl class="numbers money">{stakes}</dl>' if stakes else ""
    lines = "".join(f"<li>{m.text(line)}</li>" for line in threshold_lines(report))
    drawn = f'<h3>Where this run fails</h3><ul class="plain">{lines}</ul>' if lines else ""
    return f'{changed_numbers(survey)}{money}<dl class="numbers">{counts}</dl>{drawn}'


def not_checked(report: Report) -> str:
    """Say what could not be read, and what was not audited because of it."""
    if report.complete:
        return ""
    items: list[str] = []
    for (collection, what), group in troubles_by_what(report.troubles).items():
        where = group[0].where
        place = where if not collection or collection in where else f"{collection}, {where}"
        others = f" (and {len(group) - 1:,} more like it)" if len(group) > 1 else ""
        hint = f" {m.text(group[0].hint)}" if group[0].hint else ""
        items.append(f"<strong>{m.text(place)}</strong>: {m.text(what.rstrip('.'))}{others}.{hint}")
    unlisted = report.troubles_total - len(report.troubles)
    if unlisted > 0:
        items.append(f"{counted(unlisted, 'more trouble')} not listed here.")
    items += [f"{_checks(each.outcomes)}: {m.coded(each.reason)}" for each in unchecked(report)]
    shown = "".join(f"<li>{each}</li>" for each in items[:_LISTED])
    rest = "".join(f"<li>{each}</li>" for each in items[_LISTED:])
    more = f"<details><summary>{len(items) - _LISTED} more</summary><ul>{rest}</ul></details>" if rest else ""
    return (
        '<section class="unchecked" id="not-checked" aria-labelledby="not-checked-title">'
        '<h2 id="not-checked-title">Not checked</h2><p>That nothing was found here does not mean that nothing is '
        f"wrong.</p><ul>{shown}</ul>{more}</section>"
    )


def _checks(outcomes: tuple[Outcome, ...]) -> str:
    types = list(dict.fromkeys(each.type for each in outcomes))
    return ", ".join(f'<strong class="type">{m.text(each)}</strong>' for each in types)


def first_things(survey: PageSurvey) -> str:
    """Name what to do first: the worst types, how many, since when, how much, and how they are repaired."""
    ordered = [(tally, each) for each in survey.sections for tally in each.types if tally.open]
    if not ordered:
        return ""
    ordered.sort(key=lambda pair: (not survey.fails(pair[0]), rank(pair[0].severity), -pair[0].count))
    shown = "".join(_thing(survey, tally, each) for tally, each in ordered[:_FIRST])
    left = len(ordered) - _FIRST
    more = (
        f'<p class="quiet">{left} more kinds of findings stand below, report by report.</p>'
        if left > 0
        else ""
    )
    return (
        '<section class="first" aria-labelledby="first-title"><h2 id="first-title">What to do first</h2>'
        f"<ol>{shown}</ol>{more}</section>"
    )


def _thing(survey: PageSurvey, tally: TypeTally, of: SectionSurvey) -> str:
    section = of.section
    facts = [
        facts_of(survey, tally),
        f'in <a href="#report-{m.text(section.name)}">{m.text(section.title)}</a>',
    ]
    advice = m.coded(first_sentence(how_to_repair(section, tally.type)))
    if tally.near:
        have = "1 has" if tally.near == 1 else f"{tally.near:,} have"
        near = f"{have} a near match: the record is there, written otherwise. Correct those first."
        advice = near if "near match" in advice else f"{near} {advice}"
    repair = f"<p>{advice}</p>" if advice else ""
    return (
        f'<li><p class="line">{m.severity(tally.severity)} <strong>{m.number(tally.count)}</strong> '
        f'<a class="type" href="#{anchor(section.name, tally.type)}">{m.type_name(tally.type)}</a></p>'
        f'<p class="quiet">{"; ".join(each for each in facts if each)}</p>{repair}</li>'
    )


def facts_of(survey: PageSurvey, tally: TypeTally) -> str:
    """Say in a line what a type comes to: money, since when, of how many root causes."""
    parts = []
    if tally.money:
        some = " among those listed" if tally.listed < tally.count else ""
        parts.append(m.money(tally.money, survey.report.run.currency) + some)
    if tally.first:
        parts.append(m.span(tally.first, tally.last))
    if any(each.fields for each in tally.causes) and len(tally.causes) < tally.listed:
        parts.append(counted(len(tally.causes), "root cause"))
    if said := of_type(survey, tally):
        parts.append(said)
    if tally.unconfirmed:
        parts.append(f"{tally.unconfirmed:,} could not be looked at again")
    return "; ".join(parts)


def anchor(report: str, type_: str) -> str:
    """Return the place of a type on the page."""
    return f"report-{m.text(report)}-{m.text(type_)}"


def reports(survey: PageSurvey) -> str:
    """Return the table of the reports: what each found, by severity."""
    shown = [s for s in SEVERITIES if s != "LOW" or any(each.count(s) for each in survey.sections)]
    head = "".join(f'<th scope="col" class="number">{each.capitalize()}</th>' for each in shown)
    rows = "".join(_report_row(each, shown) for each in survey.sections)
    return (
        '<nav class="reports" aria-labelledby="reports-title"><h2 id="reports-title">The reports</h2>'
        '<div class="across" tabindex="0" role="group" aria-labelledby="reports-title"><table><thead><tr>'
        f'<th scope="col">Report</th><th scope="col" class="due">Due</th>{head}<th scope="col">Result</th>'
        '<th scope="col">Least judged</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></nav>"
    )


def _report_row(each: SectionSurvey, shown: list[str]) -> str:
    section = each.section
    numbers = "".join(
        f'<td class="number {s.lower()}">{m.number(count)}</td>'
        if (count := each.count(s))
        else '<td class="number none">0</td>'
        for s in shown
    )
    return (
        f'<tr><th scope="row"><a href="#report-{m.text(section.name)}">{m.text(section.title)}</a></th>'
        f'<td class="due">{m.text(section.cadence)}</td>{numbers}<td>{state(each)}</td>'
        f'<td class="quiet">{section.coverage}</td></tr>'
    )


def state(each: SectionSurvey) -> str:
    """Say how a report ended."""
    if each.unchecked:
        return '<span class="state open">Not fully checked</span>'
    if each.types:
        return f'<span class="state some">{counted(each.findings, "finding")}</span>'
    return '<span class="state good">Clean</span>'
