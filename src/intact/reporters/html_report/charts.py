"""Charts as inline SVG that loads nothing and needs no script; every one has its numbers beside it as a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Final

from intact.core.terms import rank
from intact.reporters.html_report import markup as m
from intact.reporters.html_report.survey import AGES, OLDEST, PageSurvey, TypeTally
from intact.reporters.html_report.trends import round_up, trends

_TYPES: Final = 24
"""Finding types that are drawn; the rest are summed up."""
_MONTHS: Final = 24
"""Months that are drawn, the latest; the table has all of them."""
_KINDS: Final = 4
"""Kinds of money with a colour of their own; the rest share one."""
_HEIGHT: Final = 180
_LABELS: Final = 6
"""Labels under the columns at most, so that they fit on a phone."""


def charts(survey: PageSurvey) -> str:
    """Return the charts for which there is something to draw."""
    drawn = [*trends(survey.report), _by_type(survey), _by_month(survey), _by_age(survey)]
    some = "".join(each for each in drawn if each)
    if not some:
        return ""
    return (
        '<section class="charts" aria-labelledby="charts-title"><h2 id="charts-title">At a glance</h2>'
        f'<div class="figures">{some}</div></section>'
    )


def _by_type(survey: PageSurvey) -> str:
    """Draw how many findings there are of each type."""
    sums: dict[str, TypeTally] = {}
    for tally in (tally for each in survey.sections for tally in each.types):
        whole = sums.setdefault(tally.type, TypeTally(tally.type, 0, tally.severity))
        whole.count += tally.count
        whole.severity = min(whole.severity, tally.severity, key=rank)
    ordered = sorted(sums.values(), key=lambda each: (rank(each.severity), -each.count))
    if not ordered:
        return ""
    drawn = ordered[:_TYPES]
    most = max(each.count for each in drawn)
    rows = "".join(
        f'<tr><th scope="row"><a class="type" href="#{m.filtered(type=each.type)}">{m.type_name(each.type)}</a></th>'
        f'<td class="bar">{_bar(each.count, most, each.severity.lower() or "plain")}</td>'
        f'<td class="number">{m.number(each.count)}</td></tr>'
        for each in drawn
    )
    others = ordered[_TYPES:]
    if others:
        count = m.number(sum(each.count for each in others))
        rows += (
            f'<tr><th scope="row">{len(others)} more types</th><td class="bar"></td>'
            f'<td class="number">{count}</td></tr>'
        )
    return (
        '<figure class="wide"><figcaption>Findings by type, the worst severity first</figcaption><table class="bars">'
        '<thead class="unseen"><tr><th scope="col">Type</th><td></td><th scope="col">Findings</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></figure>"
    )


def _by_age(survey: PageSurvey) -> str:
    """Draw how long findings have been waiting."""
    if not survey.ages:
        return ""
    names = [said for _, said in AGES] + [OLDEST]
    most = max(survey.ages.values())
    rows = "".join(
        f'<tr><th scope="row">{each}</th><td class="bar">{_bar(survey.ages[each], most, "plain")}</td>'
        f'<td class="number">{m.number(survey.ages[each])}</td></tr>'
        for each in names
    )
    return (
        '<figure><figcaption>How long pending documents have waited</figcaption><table class="bars">'
        '<thead class="unseen"><tr><th scope="col">Age</th><td></td><th scope="col">Findings</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></figure>"
    )


def _by_month(survey: PageSurvey) -> str:
    """Draw the money at stake, month by month, its kinds on top of each other."""
    known = sorted(survey.months)
    if not known:
        return ""
    months = _without_gaps(known)[-_MONTHS:]
    kinds = _largest_first(survey)
    if survey.currencies > 1:  # columns of two currencies do not stand on top of each other
        numbers = _months_table(survey, known, kinds, None)
        return f"<figure><figcaption>Money at stake by month</figcaption>{numbers}</figure>"
    sums = {each: sum((abs(v) for v in survey.months.get(each, {}).values()), Decimal(0)) for each in months}
    most = round_up(max(sums.values()))
    currency = survey.report.run.currency
    peak = max(months, key=lambda each: sums[each])
    most_said = f"most in {m.when(peak)}: {m.amount(sums[peak], currency)}"
    said = f"Money at stake by month, {m.span(months[0], months[-1])}, {most_said}"
    columns = "".join(
        _column(survey, each, place, len(months), kinds, most) for place, each in enumerate(months)
    )
    step = -(-len(months) // _LABELS)
    labels = "".join(
        f'<text class="label" x="{_share(place + 0.5, len(months))}" y="{_HEIGHT + 16}" text-anchor="middle">'
        f"{_short(each)}</text>"
        for place, each in enumerate(months)
        if (len(months) - 1 - place) % step == 0
    )
    lines = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>' for y in (0.5, _HEIGHT / 2, _HEIGHT - 0.5)
    )
    scale = f'<text class="label" x="0" y="-4">{m.text(f"{most:,f}", 40)}</text>'
    drawing = (
        f'<svg class="columns" role="img" aria-labelledby="months-said" width="100%" height="{_HEIGHT + 24}">'
        f"{lines}{columns}{labels}{scale}</svg>"
    )
    key = "".join(
        f'<li><svg aria-hidden="true" width="10" height="10"><rect class="{_hue(kinds, each)}" width="10" height="10"/>'
        f"</svg> {m.title(each)}</li>"
        for each in kinds
    )
    return (
        f'<figure><figcaption id="months-said">{said}</figcaption>{drawing}<ul class="key">{key}</ul>'
        f"{_months_table(survey, known, kinds, currency)}</figure>"
    )


def _column(
    survey: PageSurvey, month: str, place: int, count: int, kinds: Sequence[str], most: Decimal
) -> str:
    """Draw one month."""
    y = float(_HEIGHT)
    drawn = ""
    for kind in kinds:
        amount = survey.months.get(month, {}).get(kind)
        if not amount:
            continue
        height = max(1.0, float(abs(amount) / most) * (_HEIGHT - 1))
        y -= height
        label = f"{m.when(month)}, {m.name(kind)}: {m.text(str(amount), 60)}"
        drawn += (
            f'<rect class="{_hue(kinds, kind)}" x="{_share(place + 0.14, count)}" y="{y:.1f}"'
            f' width="{_share(0.72, count)}" height="{height:.1f}"><title>{label}</title></rect>'
        )
    return drawn


def _months_table(
    survey: PageSurvey, months: Sequence[str], kinds: Sequence[str], currency: str | None
) -> str:
    head = "".join(f'<th scope="col" class="number">{m.title(each)}</th>' for each in kinds)
    rows = "".join(
        f'<tr><th scope="row">{m.when(month)}</th>'
        + "".join(
            f'<td class="number">{m.amount(value, currency) if (value := survey.months[month].get(kind)) else ""}</td>'
            for kind in kinds
        )
        + "</tr>"
        for month in months
    )
    return (
        "<details><summary>The numbers</summary>"
        '<div class="across" tabindex="0" role="group" aria-label="Money at stake by month"><table><thead><tr>'
        f'<th scope="col">Month</th>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _largest_first(survey: PageSurvey) -> list[str]:
    """Return the kinds of money, the largest sum first."""
    sums: dict[str, Decimal] = {}
    for by_kind in survey.months.values():
        for kind, amount in by_kind.items():
            sums[kind] = sums.get(kind, Decimal(0)) + abs(amount)
    return sorted(sums, key=lambda each: -sums[each])


def _hue(kinds: Sequence[str], kind: str) -> str:
    return f"hue{min(kinds.index(kind), _KINDS) + 1}"


def _bar(count: int, most: int, hue: str) -> str:
    """Draw a bar; its number stands beside it."""
    width = 100 * count / most if most else 0
    return (
        f'<svg aria-hidden="true" width="100%" height="12"><rect class="{escape(hue)}" rx="2" height="12"'
        f' width="{max(width, 0.6) if count else 0:.2f}%"/></svg>'
    )


def _share(part: float, whole: int) -> str:
    return f"{100 * part / whole:.3f}%"


def _short(month: str) -> str:
    """Return a month as a label: ``Jan 26``."""
    said = m.when(month)
    return f"{said[:3]} {said[-2:]}" if len(said) == len("Jan 2026") else said


def _without_gaps(months: Sequence[str]) -> list[str]:
    """Return all the months from the first to the last, so that a gap in time is one in the picture."""
    try:
        year, month = (int(part) for part in months[0].split("-"))
        last_year, last_month = (int(part) for part in months[-1].split("-"))
    except ValueError:  # a model of its own may call its periods otherwise
        return list(months)
    count = (last_year - year) * 12 + last_month - month + 1
    if not 0 < count <= 50 * 12:
        return list(months)
    numbers = (year * 12 + month - 1 + step for step in range(count))
    return [f"{each // 12:04}-{each % 12 + 1:02}" for each in numbers]
