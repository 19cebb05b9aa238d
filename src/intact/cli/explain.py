"""``intact explain``: what a finding means, how to repair it, its query, and what it cannot see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from intact.cli.options import model_option, usual_model
from intact.cli.terminal import heading, pairs, paragraphs

if TYPE_CHECKING:
    from intact.audit.explain import Explanation, Use


@click.command()
@click.argument("name", metavar="[TYPE|KIND]", required=False)
@model_option
def explain(name: str | None, model: str) -> None:
    """Say what a finding means and how to repair it.

    TYPE is a finding type such as DOUBLE_BILLING, KIND a kind of check such as double-entry. Without either,
    all are listed.
    """
    from intact.audit.explain import explain as explanation_of

    if name is None:
        _list(model)
    else:
        _show(explanation_of(name, model))


def _list(model: str) -> None:
    """Print every type and every kind, a line each."""
    from intact.audit.options import finding_types
    from intact.checks import BY_NAME, KINDS
    from intact.checks.pages import page
    from intact.core.hints import command
    from intact.model import load

    declared = load(model, KINDS)
    severities = {
        rule.finding: rule.severity.value for spec in declared.reports.values() for rule in spec.rules
    }
    heading(f"Finding types of the model {declared.name}")
    pairs(
        [
            (name, f"{severities.get(name, 'HIGH'):<10}{kinds[0] if kinds else 'any'}")
            for name, kinds in finding_types(declared).items()
        ]
    )
    click.echo()
    heading("Kinds of checks")
    pairs([(name, page(check.__doc__ or "").summary) for name, check in BY_NAME.items()])
    click.echo(f"\n`{command('explain', 'NAME', model=model, usual=usual_model())}` shows one of them.")


def _show(explanation: Explanation) -> None:
    """Print one explanation."""
    from intact.checks.pages import SECTIONS

    heading(explanation.name)
    if not any(use.finding == explanation.name for use in explanation.uses):  # else the model's words follow
        paragraphs(explanation.page.summary)
    for use in explanation.uses:
        click.echo()
        _use(use, explanation)
    for name in SECTIONS:
        for number, body in enumerate(explanation.sections.get(name, ())):
            click.echo()
            if not number:
                heading(name)
            paragraphs(body, "  ")
        if name == "How to repair":
            _queries(explanation)


def _use(use: Use, explanation: Explanation) -> None:
    rows = [] if use.finding == explanation.name else [("Finding", use.finding)]
    rows += [
        ("Severity", use.severity),
        ("Report", f"{use.report[0]} ({use.report[1]}, {use.cadence})"),
        ("Check", f"{use.check} (model {explanation.model}, line {use.line})"),
        ("Says", use.description),
    ]
    pairs(rows)


def _queries(explanation: Explanation) -> None:
    """Print the queries, as they can be pasted."""
    queries = {use.query: use.check for use in explanation.uses if use.query}
    if not queries:
        return
    click.echo()
    heading("In mongosh (as far as the server can find it; intact is exact)")
    for query, check in queries.items():
        if len(queries) > 1:
            click.echo(f"  // {check}")
        for line in query.splitlines():
            click.echo(f"  {line}")
