"""Options that several commands share, and what their values become."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import click

DEFAULT_MODEL: Final = "delivery"

model_option: Final = click.option(
    "--model",
    "-m",
    metavar="NAME|FILE",
    default=DEFAULT_MODEL,
    envvar="INTACT_MODEL",
    help="What must hold: a shipped model by name, or a model file of your own. Default: what INTACT_MODEL says, else "
    "delivery, if most of its collections are there.",
)


def named(model: str) -> str | None:
    """Return a command's model; None if nobody named it, neither by hand nor in the environment or the project file."""
    source = click.get_current_context().get_parameter_source("model")
    return None if source is click.core.ParameterSource.DEFAULT else model


quiet_option: Final = click.option(
    "--quiet", "-q", is_flag=True, help="No progress on stderr. Errors are still said."
)


def moment(text: str) -> datetime:
    """Read a moment in ISO 8601; without a zone it is UTC, without a time the first moment of that day."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{text!r} is no moment; write it like 2026-01-31 or 2026-01-31T18:30Z."
        raise click.BadParameter(message) from None
