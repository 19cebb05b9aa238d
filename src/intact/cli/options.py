"""Options that several commands share, and what their values become."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Final

import click

from intact.core.hints import DEFAULT_MODEL

PROJECT_MODEL: Final = "intact.project.model"
"""Where a command finds the model of the project file, also one that takes no model."""

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


def usual_model() -> str:
    """Return the model that the command which runs takes if it is not told one: by environment or project file too."""
    from intact.cli.project import said_to

    meta = click.get_current_context().meta
    # A command that takes no model has not read the file.
    said = meta[PROJECT_MODEL] if PROJECT_MODEL in meta else said_to([]).get("model")
    return os.environ.get("INTACT_MODEL") or said or DEFAULT_MODEL


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
