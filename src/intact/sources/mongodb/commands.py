"""Every command that may be sent to a server, with the reason, and a guard that lets no other pass.

All of them read. What is not on the list is refused before it is sent: what intact asks for itself by :func:`check`,
and, with ``--strict-read-only``, what the driver sends too, by :class:`ReadOnlyGuard`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from intact.core.errors import SourceError

ALLOWED: Final[Mapping[str, str]] = {
    "aggregate": "samples _ids for the bounds of ranges, and asks for sizes; no stage that writes",
    "authenticate": "logs in with a certificate (X.509)",
    "buildInfo": "the server's version, for the doctor",
    "collStats": "how large a collection is, for the time that reading takes",
    "connectionStatus": "what the user may do, for the doctor",
    "count": "about how many documents a collection has, from its metadata",
    "endSessions": "gives the driver's sessions back",
    "find": "reads documents",
    "getMore": "reads on",
    "getParameter": "how long a snapshot can be read",
    "hello": "who answers: a standalone, a member of a replica set, a router",
    "isMaster": "the old name of hello, by which the driver greets",
    "killCursors": "ends a cursor that is no longer needed",
    "listCollections": "which collections there are, and whether one was dropped meanwhile",
    "listDatabases": "which databases there are, for the doctor",
    "listIndexes": "whether an index helps to look documents up",
    "ping": "whether the server answers, and how long that takes",
    "replSetGetStatus": "how far the members are behind, for the doctor",
    "saslContinue": "logs in",
    "saslStart": "logs in",
}
"""Commands by name, with what they are for."""

STAGES: Final = frozenset(
    {
        "$collStats",
        "$group",
        "$indexStats",
        "$limit",
        "$match",
        "$project",
        "$sample",
        "$sort",
    }
)
"""Stages that an aggregation may have. All of them read."""

_BY_LOWER: Final = {name.lower(): name for name in ALLOWED}


def refusal(name: str, command: Mapping[str, Any]) -> str:
    """Say why a command may not be sent, as a part of a sentence; empty if it may.

    Args:
        name: The command's name, in any letter case, as servers take some.
        command: The whole of it; empty where the driver does not show it (a login).
    """
    allowed = _BY_LOWER.get(name.lower())
    if allowed is None:
        return f"the command {name}, which is not among those that only read"
    if allowed == "aggregate" and (stage := _strange_stage(command.get("pipeline"))):
        return f"an aggregation with {stage}, which is not among the stages that only read"
    return ""


def check(command: Mapping[str, Any]) -> None:
    """Let a command of our own pass, or stop a program that has a mistake.

    Raises:
        AssertionError: If it is not on the list: intact itself is wrong then, not what it was asked to do.
    """
    if why := refusal(next(iter(command), ""), command):
        raise AssertionError(f"intact was about to send {why}")


def _strange_stage(pipeline: object) -> str:
    """Name the first stage of a pipeline that is not known to read only; empty where there is none."""
    if not isinstance(pipeline, list):
        return "no list of stages"
    for stage in pipeline:
        name = next(iter(stage), "") if isinstance(stage, Mapping) and len(stage) == 1 else ""
        if name not in STAGES:
            return f"the stage {name or 'without a name'}"
    return ""


class WouldWriteError(BaseException):
    """A command that may write was about to be sent. No Exception: the driver would print one and send the command.

    Args:
        what: The command, as a part of a sentence.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def explained(self, where: str) -> SourceError:
        """Return the error that users see."""
        return SourceError(
            f"the driver was about to send {self.what}",
            where=where,
            hint="Nothing was sent. Without --strict-read-only the run would have gone on.",
        )


class ReadOnlyGuard(CommandListener):
    """Sees each command before the driver sends it, and stops one that is not on the list.

    PyMongo tells listeners of a command just before it writes it to the connection. It prints and ignores any
    Exception of a listener, so what is raised here is none; the driver then closes the connection, unwritten.

    Attributes:
        refused: What was stopped first, as a part of a sentence; empty while nothing was.
    """

    def __init__(self) -> None:
        self.refused = ""

    def started(self, event: CommandStartedEvent) -> None:
        """Stop a command that is not on the list.

        Raises:
            WouldWriteError: If it is not.
        """
        if why := refusal(event.command_name, event.command):
            self.refused = self.refused or why
            raise WouldWriteError(why)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing is to be said of it."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing is to be said of it."""
