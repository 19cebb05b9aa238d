"""Why a rule is probably wrong though what it judges is there: all of it is found, a condition tells nothing apart.

And what a reconciliation leaves out without a finding: what is of no period, and what is of no subject that there is.

A doubt stands beside the findings and takes nothing from them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final

from intact.checks import sql
from intact.checks.base import PathUse, Rest, conditions, key_path
from intact.checks.context import Context
from intact.checks.coverage import Counts, Question
from intact.checks.ledger import Ledger
from intact.core.values import NULL_KINDS
from intact.engine import quoted
from intact.model.specs import (
    Condition,
    CountDocuments,
    Entries,
    FigureSpec,
    Lines,
    Literal,
    Model,
    Reconciliation,
    Rule,
)

FEW: Final = 2
"""From so many on, all of them are no accident."""

MANY: Final = 10
"""From so many on, :data:`NEARLY` all of them are none, and a condition should tell some apart."""

NEARLY: Final = 9
"""In ten."""

_ALL: Final = {
    "dangling-reference": "references find nothing: the rule probably names the wrong field or collection",
    "unmatched-link": "documents find nothing: the rule probably names the wrong field or collection",
    "link-mismatch": "links are not returned: the rule probably names the wrong fields",
    "unreconciled-amount": "amounts differ: the rule probably compares the wrong fields",
    "allowed-values": "values are not in the list: the list is probably that of another field",
}

Asked = list[tuple[str, Condition, Question]]
"""Conditions by collection, and where it is answered whether they hold for none, some or all documents."""

Pending = list[Callable[[], Iterator[str]]]
"""What there is to say when all has been counted."""


def shares(rule: Rule, found: int, judged: int, case_only: int = 0) -> Iterator[str]:
    """Doubt a rule by the share of what it judged that it found.

    Args:
        rule: The rule.
        found: How many findings it made.
        judged: How much it judged.
        case_only: How many of its findings differ from what is allowed in letter case only.
    """
    if case_only >= FEW and case_only * 2 > judged:
        yield (
            f"{case_only:,} of {judged:,} values differ from the list in letter case only: the code, or the model, may"
            " be what is wrong"
        )
        return
    nearly = judged >= MANY and found * 10 >= judged * NEARLY
    if rule.kind in _ALL and found >= FEW and (nearly or found >= judged):
        yield f"{min(found, judged):,} of {judged:,} {_ALL[rule.kind]}"


def ask(about: Rule | FigureSpec, context: Context, counts: Counts) -> Asked:
    """Ask whether each condition of a rule or figure tells documents apart, where there are enough of them."""
    asked = []
    for name, condition in _compared(about, context.model):
        there = context.read[name].present and context.engine.size(name) >= MANY
        if there and None not in condition.allowed and not context.presence.dead(name, (condition.path,)):
            holds = f"{sql.holds((condition,))} IS TRUE"
            asked.append((name, condition, counts.ask_apart(f"{quoted(name)} d", holds)))
    return asked


def told_apart(asked: Asked, context: Context, counts: Counts) -> Iterator[str]:
    """Doubt conditions that hold for all documents or for none."""
    for name, condition, question in asked:
        holds, size = counts.answer(question), context.engine.size(name)
        said = f"`{condition.path}` is {' or '.join(map(_literal, condition.allowed))}"
        if not holds:
            yield (
                f"{said} in none of {size:,} documents of {name}: there is nothing of the kind, or the rule names the"
                " wrong value"
            )
        elif holds == size:
            yield f"{said} in all {size:,} documents of {name}: the condition tells nothing apart"


def left_out(rule: Rule, context: Context, counts: Counts) -> Pending:
    """Ask what a reconciliation leaves out without a finding."""
    declared = context.model.reconciliations.get(rule.target) if isinstance(rule.target, str) else None
    if declared is None:
        return []
    found: Pending = []
    for side in (declared.entries, declared.lines):
        if context.read[side.collection].present:
            found += [*_undated(side, context, counts), *_of_nobody(declared, side, context, counts)]
    return found


def _undated(side: Entries | Lines, context: Context, counts: Counts) -> Pending:
    """Ask how many entries or lines that name a subject have no date, and so are of no period."""
    name, path = side.collection, side.period if isinstance(side, Entries) else side.date
    if context.presence.dead(name, (path,)):
        return []  # that is why the rule is not evaluated
    kinds, key = ", ".join(map(str, NULL_KINDS)), sql.column(side.link, "key")
    where = (
        f"{sql.column(path, '#kind')} IN ({kinds}) AND {sql.holds(side.where, unless=side.unless)} IS TRUE"
        f" AND NOT {sql.missing(side.link)} AND ({key} IS NULL OR NOT {sql.blank(key)})"
    )
    question = counts.ask(f"(SELECT 1 FROM {quoted(name)} WHERE {where})", "count(*)")

    def noted() -> Iterator[str]:
        count, size = counts.answer(question), context.engine.size(name)
        if count:
            nearly = count * 10 >= size * NEARLY
            meant = context.presence.meant(Rest(name, (path,), PathUse.DATE)) if nearly else ""
            yield f"{count:,} of {size:,} documents of {name} are of no period, for want of `{path}`{meant}"

    return [noted]


def _of_nobody(declared: Reconciliation, side: Entries | Lines, context: Context, counts: Counts) -> Pending:
    """Ask how many entries or lines of a period are of a subject that does not exist."""
    of, name = declared.of, side.collection
    if not context.is_whole(of) or context.presence.dead(of, (key_path(context.collection(of)),)):
        return []
    many = "entries" if isinstance(side, Entries) else "lines"
    asked = [f"sum(p.{many})", f"sum(p.{many}) FILTER (NOT p.known)"]
    judged = [Ledger(context, declared).judged(name, each) for each in asked]
    questions = [counts.ask(each.table, each.count) for each in judged]

    def noted() -> Iterator[str]:
        total, count = map(counts.answer, questions)
        if count >= FEW and (count == total or (total >= MANY and count * 10 >= total * NEARLY)):
            yield (
                f"{count:,} of {total:,} documents of {name} that have a period refer to no document of {of}: the"
                " reconciliation probably names the wrong field or collection"
            )

    return [noted]


def _compared(about: Rule | FigureSpec, model: Model) -> Iterator[tuple[str, Condition]]:
    """Yield the conditions of a rule or figure, with the collections whose documents they are on."""
    if isinstance(about, Rule):
        yield from _of_rule(about, model)
    elif isinstance(about, CountDocuments):
        yield from ((about.collection, each) for each in about.where)


def _of_rule(rule: Rule, model: Model) -> Iterator[tuple[str, Condition]]:
    target = rule.target if isinstance(rule.target, str) else rule.target.collection
    for option in ("where", "unless"):
        yield from ((target, each) for each in conditions(rule, option))
    having = rule.options.get("having")
    if isinstance(having, tuple):
        yield from ((having[1].collection, each) for each in conditions(rule, "having-where"))
    if declared := model.reconciliations.get(target):
        for side in (declared.entries, declared.lines):
            yield from ((side.collection, each) for each in (*side.where, *side.unless))


def _literal(value: Literal) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
