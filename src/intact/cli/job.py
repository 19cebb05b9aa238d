"""What a command line is about, in words: a run is known by them where people are told and where reports are kept."""

from __future__ import annotations

import os
from collections.abc import Sequence

from intact.core.errors import IntactError


def job_of(source: str | None, *, model: str, database: str | None, reports: Sequence[str] = ()) -> str:
    """Return what is audited in words without a secret, the same for each run of it.

    Args:
        source: What is audited; None for what the environment says.
        model: By which model.
        database: Which database, where one is named beside the source.
        reports: Which of its reports, where that makes it another job.
    """
    from intact.ledger.identity import AuditId

    given = source or os.environ.get("INTACT_SOURCE") or os.environ.get("MONGODB_URI")
    subject = f"{_spoken(given)}{f' ({database})' if database else ''}"
    return str(AuditId(model, subject, tuple(sorted(set(reports)))))


def sentence_of(error: Exception, arguments: Sequence[str]) -> str:
    """Return why a command failed, as it is said on stderr, without what is only for who sits there."""
    from intact.cli.failures import failure_of

    return failure_of(error, arguments).removeprefix("intact: ").split("\nTry '")[0]


def value_of(arguments: Sequence[str], option: str) -> str | None:
    """Return the value of an option on a command line that cannot be read as a whole."""
    for number, each in enumerate(arguments):
        if each.startswith(f"{option}="):
            return each.partition("=")[2]
        if each == option and number + 1 < len(arguments):
            return arguments[number + 1]
    return None


def _spoken(source: str | None) -> str:
    from intact.ledger.identity import subject_of

    if not source:
        return "no source"
    if source == "-":
        return "standard input"
    try:
        return subject_of(source, {})
    except IntactError:  # the run says what is wrong with it
        return "mongodb://..."
