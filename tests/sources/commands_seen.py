"""Which commands reach a server, seen by servers of the tests; and what SECURITY.md says of them.

``python -m tests.sources.commands_seen`` writes that part of SECURITY.md anew; a test compares.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from unittest.mock import patch

import intact
from intact.core.errors import IntactError
from intact.findings.progress import Silent
from intact.sources.mongodb import handle as mongo_handle
from intact.sources.mongodb import ranges as mongo_ranges
from intact.sources.mongodb.commands import ALLOWED, STAGES
from tests.cli.running import invoke
from tests.house.files import ROOT
from tests.run.world import AS_OF, clean, order
from tests.servers.description import Topology
from tests.servers.scripted import ScriptedServer
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store

PAGE = ROOT / "SECURITY.md"
BEGIN = "<!-- commands: written by python -m tests.sources.commands_seen -->"
END = "<!-- end of commands -->"

_SELDOM = "neither, in the runs that were watched"

Seen = dict[str, set[str]]
"""By command, who sends it: ``check`` or ``doctor``; and the stages of aggregations under their own names."""


def business() -> dict[str, list[dict[str, object]]]:
    """Make one with faults, so that there is something to look at again."""
    data = clean()
    data["orders"] += [order(number, customer_id="nobody") for number in range(2, 300)]
    return data


@contextlib.contextmanager
def servers() -> Iterator[list[ScriptedServer | SnapshotServer]]:
    """Start a server of each topology, and one that wants a login."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.object(mongo_ranges, "WORTH_RANGES", 100))
        stack.enter_context(patch.object(mongo_ranges, "PER_RANGE", 50))
        stack.enter_context(patch.object(mongo_handle, "BATCH_DOCUMENTS", 20))
        topologies: tuple[Topology, ...] = ("standalone", "replica set")
        yield [
            stack.enter_context(ScriptedServer(business())),
            *(stack.enter_context(SnapshotServer(Store(business()), topology=each)) for each in topologies),
        ]


@cache
def seen() -> Mapping[str, set[str]]:
    """Run audits and diagnoses, and give what has reached the servers."""
    found: Seen = {}
    for command in ("check", "doctor"):
        with servers() as made:
            for server in made:
                _ask(command, server.uri())
                _note(found, command, server)
        with ScriptedServer(business()) as server:
            login = server.uri().replace("mongodb://", "mongodb://auditor:secret@")
            _ask(command, login)
            _note(found, command, server)
    with servers() as made, contextlib.suppress(_BrokenOffError):
        intact.check(made[1].uri(), model="delivery", as_of=AS_OF, history=None, progress=_BreaksOff())
    _note(found, "check", made[1])
    return found


class _BrokenOffError(Exception):
    """An audit ends in the middle of its reading."""


class _BreaksOff(Silent):
    def advance(self, bytes_read: int, documents: int, collection: str) -> None:
        raise _BrokenOffError


def _ask(command: str, uri: str) -> None:
    if command == "doctor":
        invoke("doctor", uri, "--model", "delivery")
        return
    with contextlib.suppress(IntactError):  # a login that is refused is one, too
        intact.check(uri, model="delivery", as_of=AS_OF, history=None, max_duration=60)


def _note(found: Seen, by: str, server: ScriptedServer | SnapshotServer) -> None:
    for command in server.commands:
        found.setdefault(command.name, set()).add(by)
        pipeline = command.body.get("pipeline", ())
        for stage in pipeline:
            found.setdefault(next(iter(stage)), set()).add(by)


def written() -> str:
    """Give the part of SECURITY.md."""
    found = seen()
    lines = [
        "| command | what for | sent by |",
        "|---|---|---|",
    ]
    for name, reason in ALLOWED.items():
        by = " and ".join(f"`intact {each}`" for each in sorted(found.get(name, ())))
        lines.append(f"| `{name}` | {reason} | {by or _SELDOM} |")
    stages = ", ".join(f"`{each}`" for each in sorted(STAGES))
    lines += ["", f"An aggregation has no stage but {stages}: all of them read."]
    return "\n".join(lines)


def page(text: str) -> str:
    """Give SECURITY.md with that part anew."""
    part = f"{BEGIN}\n\n{written()}\n\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: part, text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
