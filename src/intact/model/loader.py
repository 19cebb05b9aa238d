"""From the text of a model file to a :class:`~intact.model.specs.Model`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from intact.model import model_files as files
from intact.model.declarations import read_collections, read_reconciliations
from intact.model.header import TOP, TOP_NEEDED, Header, read_header
from intact.model.nodes import TableNode, compose
from intact.model.problems import Problems
from intact.model.reports import ReportReader, read_fail_on, read_headline
from intact.model.scope import A_DAY, Scope
from intact.model.specs import Kind, Model


def load(name_or_path: str | os.PathLike[str], kinds: Sequence[Kind]) -> Model:
    """Read a model.

    Args:
        name_or_path: The name of a shipped model (``delivery``), or the path of a YAML or JSON file.
        kinds: The kinds of checks that there are.

    Raises:
        ModelError: If it cannot be read, or says something wrong or unknown; with every mistake that was found.
    """
    source = files.find(name_or_path)
    return parse(source.text, kinds, source.file)


def parse(text: str, kinds: Sequence[Kind], file: str = "model") -> Model:
    """Read the text of a model file.

    Args:
        text: YAML or JSON.
        kinds: The kinds of checks that there are.
        file: What messages call the file.

    Raises:
        ModelError: If it says something wrong or unknown; with every mistake that was found.
    """
    problems = Problems(file)
    scope = Scope(problems)
    top = scope.table(compose(text, problems), "a model")
    if top is None:
        problems.check()
        raise AssertionError("unreachable")
    header = read_header(scope, top)
    if (
        scope.table(top, "a model", TOP, TOP_NEEDED) is None
        or not {"collections", "reports"} <= top.entries.keys()
    ):
        problems.check()
    read_collections(scope, top.entries["collections"])
    if "reconciliations" in top.entries:
        read_reconciliations(scope, top.entries["reconciliations"])
    return _reports(scope, top, header, kinds)


def _reports(scope: Scope, top: TableNode, header: Header, kinds: Sequence[Kind]) -> Model:
    """Read the reports and what refers to them, and put the model together."""
    reports = ReportReader(scope, {kind.name: kind for kind in kinds})
    reports.read(top.entries["reports"])
    if not reports.figures:
        scope.problems.check()
    fail_on = read_fail_on(scope, top, reports)
    headline = read_headline(scope, top, reports)
    scope.refuse_personal()
    scope.problems.check()
    return Model(
        name=header.name,
        title=header.title,
        about=header.about,
        file=scope.problems.file,
        currency=header.currency,
        region=header.region,
        timezone=header.timezone,
        collections=scope.collections,
        reconciliations=scope.reconciliations,
        reports=reports.reports,
        fail_on=fail_on,
        headline=headline,
        days=scope.roles.links(A_DAY),
    )
