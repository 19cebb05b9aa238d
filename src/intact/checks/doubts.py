"""Why a rule is probably wrong though what it judges is there: all of it is found, or a condition tells nothing apart.

A doubt stands beside the findings and takes nothing from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from intact.checks import sql
from intact.checks.base import conditions
from intact.checks.context import Context
from intact.checks.coverage import Counts, Question
from intact.engine import quoted
from intact.model.specs import Condition, Literal, Model, Rule

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


def ask(rule: Rule, context: Context, counts: Counts) -> Asked:
    """Ask whether each condition of a rule tells documents apart, where there are enough of them."""
    asked = []
    for name, condition in _compared(rule, context.model):
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


def _compared(rule: Rule, model: Model) -> Iterator[tuple[str, Condition]]:
    """Give the conditions of a rule, with the collections whose documents they are on."""
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
