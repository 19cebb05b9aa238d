"""``--version``: what is installed, and which of its parts would run."""

from __future__ import annotations

import click


def print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click calls it so
    """Print the version with the projector and the engine, and exit."""
    del param
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    from intact.core.version import __version__
    from intact.project import implementation

    click.echo(f"intact {__version__}")
    click.echo(f"projector: {implementation()}")
    click.echo(f"engine: DuckDB {version('duckdb')}")
    ctx.exit()
