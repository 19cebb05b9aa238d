"""The reference page of the command line, made of the commands' own help.

``python -m tests.cli.cli_page > docs/cli.md`` writes it; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from intact.cli.app import app

_HEAD = """# The command line

Made of the commands' own help by `python -m tests.cli.cli_page > docs/cli.md`; a test keeps it so.

Results go to stdout, progress and errors to stderr. `NO_COLOR` is honoured.

| exit code | meaning |
|---|---|
| 0 | nothing at or above `--fail-on`, and everything could be checked |
| 1 | something is at or above `--fail-on`; this wins over 3 |
| 2 | the run failed, or was asked for wrongly: one sentence on stderr says why |
| 3 | nothing at that level, but part of the audit could not be done |
| 130 | interrupted by Ctrl-C or SIGTERM; no report is left half-written |

| environment variable | meaning |
|---|---|
| `INTACT_SOURCE` | what `intact check` audits where no SOURCE is given |
| `MONGODB_URI` | the same, looked at after `INTACT_SOURCE` |
| `INTACT_MODEL` | the model where no `--model` is given |
| `INTACT_HISTORY` | the history's file |
| `INTACT_ALERTS` | the alerts file |
| `INTACT_SERVE_TOKEN` | the token that `intact serve` wants from readers |
| `NO_COLOR` | if set, no colour |
| `INTACT_TRACEBACK` | if set, an unexpected error shows where it happened |
"""


def page() -> str:
    """Give the page."""
    parts = [_HEAD]
    for path, command, context in commands(app, top()):
        parts.append(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def top() -> click.Context:
    """Give the context of the program, as it makes it itself."""
    return click.Context(app, info_name="intact", help_option_names=["-h", "--help"])


def commands(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Give a command and all below it, with the way to each."""
    context.terminal_width = 80
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            inner = click.Context(below, parent=context, info_name=name)
            yield from commands(below, inner)


if __name__ == "__main__":
    click.echo(page(), nl=False)
