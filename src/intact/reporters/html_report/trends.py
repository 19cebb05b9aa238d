"""Trends as inline SVG: findings by severity and money by kind, run after run; each has its numbers as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from intact.core.terms import SEVERITIES
from intact.findings import Report
from intact.findings.changes import TrendPoint
from intact.reporters.html_report import markup as m

MODEL_CHANGED: Final = "The model changed at a dashed line: the numbers on its two sides are not comparable."

_HEIGHT: Final = 150
_KINDS: Final = 4
"""Kinds of money that are drawn, those of the largest amounts; the table has all of them."""
_LABELS: Final = 4
"""Days named under a trend at most, so that they fit on a phone."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a trend: its name as HTML, its class, and a value a run, None where it is not known."""

    name: str
    hue: str
    values: Sequence[Decimal | None]


def trends(report: Report) -> list[str]:
    """Return the trends; none where fewer than two days are known."""
    runs = report.changes.trend if report.changes else ()
    days = [each for each in runs if each.severities or not any(map(any, map(_values, each.counts.values())))]
    drawn = []
    if len(days) > 1:
        found = [name for name in SEVERITIES if any(each.severities.get(name) for each in days)]
        lines = [
            _Line(name.capitalize(), name.lower(), [Decimal(each.severities.get(name, 0)) for each in days])
            for name in found
        ]
        drawn.append(_figure("severity-trend", "Findings by severity", days, lines, _count))
    kinds = _kinds(runs)
    if len(runs) > 1 and kinds:
        lines = [
            _Line(m.title(kind), f"hue{place}", [abs(each.money.get(kind, Decimal(0))) for each in runs])
            for place, kind in enumerate(kinds, 1)
        ]
        currency = report.run.currency

        def amount(value: Decimal) -> str:
            return m.amount(value, currency)

        drawn.append(_figure("money-trend", "Money at stake", runs, lines, amount))
    return [each for each in drawn if each]


def _values(counts: Mapping[str, int]) -> list[int]:
    return list(counts.values())


def _count(value: Decimal) -> str:
    return m.number(int(value))


def _kinds(runs: Sequence[TrendPoint]) -> list[str]:
    """Return the kinds of money, the largest amount first."""
    most: dict[str, Decimal] = {}
    for run in runs:
        for kind, amount in run.money.items():
            most[kind] = max(most.get(kind, Decimal(0)), abs(amount))
    return sorted((kind for kind in most if most[kind]), key=lambda kind: -most[kind])


def _figure(
    name: str, title: str, runs: Sequence[TrendPoint], lines: Sequence[_Line], said: Callable[[Decimal], str]
) -> str:
    """Draw lines over time, each run where its moment is."""
    if not lines:
        return ""
    drawn = lines[: max(_KINDS, len(SEVERITIES))]
    top = round_up(max(value for line in drawn for value in line.values if value is not None))
    begin, end = runs[0].moment, runs[-1].moment
    whole = (end - begin).total_seconds()
    places = [2 + 96 * (each.moment - begin).total_seconds() / whole for each in runs]
    inner = "".join(_drawn(line, runs, places, top, said) for line in drawn)
    inner += _changes(runs, places)
    grid = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>' for y in (0.5, _HEIGHT / 2, _HEIGHT - 0.5)
    )
    labels = f'<text class="label" x="0" y="-4">{m.text(f"{top:,f}", 40)}</text>' + _days(runs, places)
    change = "; ".join(f"{line.name} {said(_first(line))} then, {said(_last(line))} now" for line in drawn)
    partly = any(not each.complete for each in runs)
    hollow = " A hollow mark is a run that could not check everything." if partly else ""
    if _changed(runs):
        hollow += f" {MODEL_CHANGED}"
    key = "".join(
        f'<li><svg aria-hidden="true" width="10" height="10"><rect class="{line.hue}" width="10" height="10"/></svg> '
        f"{line.name}</li>"
        for line in drawn
    )
    return (
        f'<figure class="trend"><figcaption id="{name}">{title}, {len(runs)} days of runs, {_day(runs[0])} to '
        f"{_day(runs[-1])}: {change}.{hollow}</figcaption>"
        f'<svg class="columns" role="img" aria-labelledby="{name}" width="100%" height="{_HEIGHT + 24}">'
        f'{grid}{inner}{labels}</svg><ul class="key">{key}</ul>{_table(title, runs, lines, said)}</figure>'
    )


def _drawn(
    line: _Line,
    runs: Sequence[TrendPoint],
    places: Sequence[float],
    top: Decimal,
    said: Callable[[Decimal], str],
) -> str:
    points = [
        (x, _HEIGHT - float(value / top) * (_HEIGHT - 1), value, run)
        for x, value, run in zip(places, line.values, runs, strict=True)
        if value is not None
    ]
    joined = "".join(
        f'<line class="{line.hue}" x1="{x:.3f}%" y1="{y:.1f}" x2="{to_x:.3f}%" y2="{to_y:.1f}"/>'
        for (x, y, *_), (to_x, to_y, *_) in pairwise(points)
    )
    marks = "".join(
        f'<circle class="{line.hue}{"" if run.complete else " part"}" cx="{x:.3f}%" cy="{y:.1f}" r="3">'
        f"<title>{_day(run)}, {line.name}: {_plain(said(value))}</title></circle>"
        for x, y, value, run in points
    )
    return joined + marks


def _changed(runs: Sequence[TrendPoint]) -> list[bool]:
    """Tell of which runs the model was another than that of the run before; empty where it never was."""
    changed = [
        bool(at) and run.model_changed for at, run in enumerate(runs)
    ]  # before the first there is nothing
    return changed if any(changed) else []


def _changes(runs: Sequence[TrendPoint], places: Sequence[float]) -> str:
    """Draw a line where the model changed, between the run and the one before it."""
    drawn = ""
    for at, changed in enumerate(_changed(runs)):
        if changed:
            x = f"{(places[at - 1] + places[at]) / 2:.3f}%"
            drawn += (
                f'<line class="change" x1="{x}" x2="{x}" y1="0" y2="{_HEIGHT}">'
                f"<title>{_day(runs[at])}: the model changed</title></line>"
            )
    return drawn


def _plain(said: str) -> str:
    """Return an amount without its element, for a title, which can hold none."""
    return said.removeprefix('<span class="amount">').removesuffix("</span>")


def _days(runs: Sequence[TrendPoint], places: Sequence[float]) -> str:
    """Name some days under the drawing, the first and the last among them."""
    shown: list[str] = []
    taken = -100.0
    for place, run in enumerate(runs):
        x, is_last = places[place], place == len(runs) - 1
        if not is_last and (x - taken < 100 / _LABELS or places[-1] - x < 100 / _LABELS):
            continue
        taken = x
        anchor = "end" if is_last else "start" if place == 0 else "middle"
        shown.append(
            f'<text class="label" x="{x:.3f}%" y="{_HEIGHT + 16}" text-anchor="{anchor}">{_day(run)}</text>'
        )
    return "".join(shown)


def _table(
    title: str, runs: Sequence[TrendPoint], lines: Sequence[_Line], said: Callable[[Decimal], str]
) -> str:
    head = "".join(f'<th scope="col" class="number">{line.name}</th>' for line in lines)
    rows = "".join(
        f'<tr><th scope="row">{_day(run)}{_aside(run)}</th>'
        + "".join(f'<td class="number">{"" if value is None else said(value)}</td>' for value in values)
        + "</tr>"
        for run, *values in reversed(list(zip(runs, *(line.values for line in lines), strict=True)))
    )
    return (
        "<details><summary>The numbers</summary>"
        f'<div class="across" tabindex="0" role="group" aria-label="{title} over time"><table><thead><tr>'
        f'<th scope="col">Run of</th>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _aside(run: TrendPoint) -> str:
    said = [*([] if run.complete else ["in part"]), *(["the model changed"] if run.model_changed else [])]
    return f" ({', '.join(said)})" if said else ""


def _first(line: _Line) -> Decimal:
    return next(value for value in line.values if value is not None)


def _last(line: _Line) -> Decimal:
    return next(value for value in reversed(line.values) if value is not None)


def _day(run: TrendPoint) -> str:
    return f"{run.moment:%Y-%m-%d}"


def round_up(most: Decimal) -> Decimal:
    """Return the round number up to which a drawing goes."""
    power = Decimal(10) ** most.adjusted() if most else Decimal(1)
    return next(
        step * power for step in map(Decimal, ("1", "2", "4", "6", "8", "10")) if step * power >= most
    )
