"""From what the rules and figures of reports have found to what is looked at again, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from intact.audit.gathering import Gathered, Ruled, run_parts, unreadable
from intact.audit.recheck.candidates import Task, Verdict
from intact.checks import BY_NAME, figures
from intact.checks.base import Draft, Need
from intact.core.terms import Severity
from intact.findings.spool import Spool
from intact.model.specs import Model
from intact.project import Column

_WORST_FIRST = list(Severity)


def tasks(gathered: Sequence[Gathered], model: Model) -> list[tuple[Gathered, Task]]:
    """Make a task of what each rule, and each figure, of reports has found; nothing where that is nothing."""
    found = []
    for each in gathered:
        found += [(each, _of_rule(ruled, model)) for ruled in each.ruled]
        found += [(each, _of_figure(each, name, model)) for name in each.summed]
    return [(of, task) for of, task in found if len(task.drafts)]


def hand_back(made: Iterable[tuple[Gathered, Task]]) -> None:
    """Put what is left of the drafts of each task where they came from, and count those that vanished."""
    for gathered, task in made:
        gathered.vanished += task.count(Verdict.VANISHED)
        for ruled in gathered.ruled:
            if ruled.drafts is task.drafts:
                ruled.drafts = task.settled()
        for name, found in gathered.summed.items():
            if found is task.drafts:
                gathered.summed[name] = task.settled()


def _of_rule(ruled: Ruled, model: Model) -> Task:
    check, rule = BY_NAME[ruled.rule.kind], ruled.rule
    return Task(
        f"{rule.kind} {rule.target}",
        _held(ruled.drafts),
        _WORST_FIRST.index(rule.severity),
        _columns(check.columns(rule, model)),
        partial(run_parts, ruled.parts),
        partial(check.lookups, rule, model),
    )


def _of_figure(gathered: Gathered, name: str, model: Model) -> Task:
    figure = gathered.report.summary.get(name, gathered.report.total[1])
    around = figures.lookups(figure, model)
    return Task(
        f"figure {name}",
        _held(gathered.summed[name]),
        _WORST_FIRST.index(Severity.HIGH),
        _columns(figures.columns(figure, model)),
        partial(unreadable, figure),
        lambda _: around,
    )


def _held(found: object) -> Spool[Draft]:
    if not isinstance(found, Spool):
        raise TypeError("only drafts that are held can be looked at again")
    return found


def _columns(needs: Iterable[Need]) -> dict[str, frozenset[Column]]:
    columns: dict[str, set[Column]] = defaultdict(set)
    for collection, column in needs:
        columns[collection].add(column)
    return {name: frozenset(each) for name, each in columns.items()}
