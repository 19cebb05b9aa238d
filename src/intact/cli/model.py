"""``intact model``: the model files."""

from __future__ import annotations

from typing import Final

import click

from intact.cli.terminal import pairs

_HELP: Final = """List, show and check model files.

A model says what must hold: collections, references, reports. To make your own, copy a shipped one:

\b
intact model show delivery > mine.yml
intact model check mine.yml
intact check SOURCE --model mine.yml
"""


@click.group(help=_HELP)
def model() -> None:
    """Group the commands about model files."""


@model.command("list")
def list_models() -> None:
    """List the models that come with intact."""
    from intact.model import shipped

    pairs(sorted(shipped().items()))


@model.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a shipped model's file, to be read or copied."""
    from intact.model import source_text

    click.echo(source_text(name), nl=False)


@model.command()
@click.argument("file", metavar="NAME|FILE")
def check(file: str) -> None:
    """Check a model file: every mistake with its line, and what was probably meant."""
    from intact.checks import KINDS
    from intact.model import load

    found = load(file, KINDS)
    checks = sum(len(report.rules) for report in found.reports.values())
    from intact.findings.words import counted

    click.echo(
        f"{found.file}: model {found.name} is right: {counted(len(found.collections), 'collection')}, "
        f"{counted(len(found.reports), 'report')}, {counted(checks, 'check')}."
    )


@model.command()
@click.option(
    "--of",
    type=click.Choice(["model", "alerts", "project", "report", "doctor"]),
    default="model",
    show_default=True,
    help="Of model, alerts or project files, for editors; of the JSON report, or of the doctor's JSON, for programs "
    "that read them.",
)
def schema(of: str) -> None:
    """Print the JSON Schema of model files."""
    import json

    click.echo(json.dumps(_schema(of), indent=2))


def _schema(of: str) -> object:
    if of == "report":
        from intact.findings.schema import json_schema as report_schema

        return report_schema()
    if of == "doctor":
        from intact.audit.doctor.document import json_schema as doctor_schema

        return doctor_schema()
    if of == "alerts":
        from intact.operations.alerts.schema import json_schema as alerts_schema

        return alerts_schema()
    if of == "project":
        from intact.cli.project import json_schema as project_schema

        return project_schema()
    from intact.checks import KINDS
    from intact.model import json_schema

    return json_schema(KINDS)
