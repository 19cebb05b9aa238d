"""Lines for crontab."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from intact.ledger.identity import VARIABLE
from intact.operations.schedule.forms.order import Order, about, expression

ENVIRONMENT = '"$HOME/.config/intact/environment"'
"""File from which the line takes the URI."""


def files(order: Order) -> Mapping[str, str]:
    """Write a piece of a crontab."""
    zone = order.runs[0].times.zone.key if order.runs else "UTC"
    head = [
        f"# Add these lines with `crontab -e`. cron counts in the machine's time zone; {zone} is meant.",
        "# It mails what is printed (MAILTO). Of what was missed it makes up nothing: `intact schedule run` does.",
    ]
    begin = ""
    if order.server:
        head += [
            f"# The server stands in {ENVIRONMENT}, which only you may read (chmod 600):",
            f"#   {VARIABLE}='mongodb://...'",
        ]
        begin = f"set -a; . {ENVIRONMENT}; "
    lines = list(head)
    for run in order.runs:
        command = shlex.join([*order.program, *order.arguments(run)])
        # To cron a bare % ends the command; the backslash before it does not reach the shell.
        lines += [f"# {about(run)}", f"{expression(run)} {(begin + command).replace('%', chr(92) + '%')}"]
    return {f"{order.name}.cron": "\n".join(lines) + "\n"}
