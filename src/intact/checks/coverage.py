"""How much rules judge: from what was counted while the documents came, else by one query a table for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from intact.checks import sql
from intact.checks.base import Judged
from intact.checks.context import Context
from intact.engine import quoted

Question = tuple[str, str]
"""A table, and an aggregate over it."""


_FEW: Final = 10_000
"""Documents among which most conditions hold for some and not for others already."""


class Counts:
    """Numbers that are asked for first and counted together.

    Args:
        context: The run.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asked: dict[str, dict[str, int]] = {}
        self._open: dict[str, dict[str, int]] = {}

    def ask(self, table: str, aggregate: str) -> Question:
        """Ask for an aggregate over a table; gives the question, to be put to :meth:`answer`."""
        self._asked.setdefault(table, {}).setdefault(aggregate, 0)
        return table, aggregate

    def ask_apart(self, table: str, condition: str) -> Question:
        """Ask whether a condition on the documents (alias ``d``) of a table holds for none, for some or for all.

        The answer is their number if it holds for none or all, and any other one if for some.
        """
        question = table, f"count(*) FILTER ({condition})"
        self._open.setdefault(table, {}).setdefault(question[1], 0)
        return question

    def count(self) -> None:
        """Run a query for each table of which something was asked."""
        for table, asked in self._open.items():
            left = asked.keys() - self._asked.get(table, {}).keys()
            few = f"(SELECT * FROM {table} LIMIT {_FEW}) d"
            of, *found = self._counted(few, ["count(*)", *sorted(left)]).values()
            for aggregate, number in zip(sorted(left), found, strict=True):
                if 0 < number < of:  # no need to look at all of them
                    asked[aggregate] = number
                else:
                    self.ask(table, aggregate)
        for table, asked in self._asked.items():
            self._asked[table] = self._counted(table, asked)

    def answer(self, question: Question) -> int:
        """Return what was counted."""
        table, aggregate = question
        asked = self._asked.get(table, {})
        return asked[aggregate] if aggregate in asked else self._open[table][aggregate]

    def _counted(self, table: str, aggregates: Collection[str]) -> dict[str, int]:
        columns = ", ".join(f"coalesce({aggregate}, 0)" for aggregate in aggregates)
        ((*found,),) = self._context.query(f"SELECT {columns} FROM {table}")
        return dict(zip(aggregates, (int(str(each)) for each in found), strict=True))


class Coverage:
    """What one rule judges.

    Args:
        context: The run.
        judged: What it judges in each collection.
        counts: Where to ask for what has not been counted yet.
    """

    def __init__(self, context: Context, judged: Sequence[Judged], counts: Counts) -> None:
        sizes = {each.collection: context.engine.size(each.collection) for each in judged}
        self.documents = sum(sizes.values())
        self._known = 0
        self._open: list[Question] = []
        self._counts = counts
        for each in judged:
            self._take(context, each)

    @property
    def values(self) -> int:
        """How much it judges; to be asked for when all has been counted."""
        return self._known + sum(map(self._counts.answer, self._open))

    def _take(self, context: Context, judged: Judged) -> None:
        engine, name = context.engine, judged.collection
        if judged.count:
            self._open.append(self._counts.ask(judged.table, judged.count))
        elif judged.where or f"{judged.path}@each" in engine.filled(name):
            self._open.append(self._counts.ask(f"{quoted(name)} d", _aggregate(judged)))
        elif judged.path is not None:
            self._known += engine.count(name, f"{judged.path}@key")
        else:
            self._known += engine.size(name)


def _aggregate(judged: Judged) -> str:
    """Count documents, or the values at a path: those of an array one by one, equal ones once."""
    where = judged.where or "TRUE"
    if judged.path is None:
        return f"count(*) FILTER ({where})"
    key, each = sql.column(judged.path, "key"), sql.column(judged.path, "each")
    return f"sum(CASE WHEN {each} IS NULL THEN ({key} IS NOT NULL)::INT ELSE list_unique({each}) END) FILTER ({where})"
