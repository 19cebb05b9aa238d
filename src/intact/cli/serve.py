"""``intact serve``: a folder of reports in the browser, and its numbers for Prometheus."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

_PORT: Final = 8642
_NEEDED: Final = ("starlette", "uvicorn", "prometheus_client")

_HELP: Final = """Show a folder of reports, which intact check --reports keeps, in the browser.

At this machine only, unless --host says otherwise, and read-only: the list of runs, their reports and
documents, /healthz, and /metrics for Prometheus. Nothing else in DIRECTORY can be read. It ends at Ctrl-C or
SIGTERM.

\b
intact serve reports
INTACT_SERVE_TOKEN=... intact serve reports --host 0.0.0.0

With a token, browsers ask for it as a password (any name will do), and scripts send
"Authorization: Bearer TOKEN". It stands in INTACT_SERVE_TOKEN or in a file, never on the command line, where
every user of the machine could read it.
"""


@click.command(help=_HELP)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=_PORT,
    show_default=True,
    help="The port; 0 for any that is free.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file with the token. Default: what INTACT_SERVE_TOKEN says, else none, for this machine only.",
)
@click.option(
    "--name",
    "names",
    metavar="HOST",
    multiple=True,
    help="A name under which it is asked for too, such as a proxy's. Repeatable; not needed with a token.",
)
def serve(*, directory: Path, host: str, port: int, token_file: Path | None, names: tuple[str, ...]) -> int:
    """Show a folder until told to end."""
    from intact.core.distribution import install_hint
    from intact.core.errors import UsageError

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"intact serve needs what is not installed ({', '.join(missing)})",
            hint=install_hint("serve"),
        )
    from intact.operations.serve import serve as show
    from intact.operations.serve.guard import read_token

    token = read_token(token_file, os.environ)
    show(
        directory,
        host=host,
        port=port,
        token=token,
        names=frozenset(names),
        announce=lambda address: click.echo(f"{directory} is shown at {address} (Ctrl-C ends it)", err=True),
    )
    return 0
