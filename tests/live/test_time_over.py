"""A run that has a time ends in it, whatever a server never answers."""

from __future__ import annotations

import time

import pytest

import intact
from intact import IntactError
from tests.run.world import clean, order
from tests.servers.scripted import ScriptedServer, Silence

SECONDS = 3.0
LATE = 60.0
"""Far below what any single answer may take without a time for the run, on a machine that has much else to do."""


@pytest.mark.parametrize(
    "command", ["find", "find:orders", "listCollections", "getMore", "aggregate", "count"]
)
def test_a_server_that_never_answers_a_command_ends_within_the_time_of_the_run(command: str) -> None:
    data = {**clean(), "others": [{"_id": 1}], "orders": [order(number) for number in range(300)]}
    with ScriptedServer(data) as server:
        server.script(command, Silence(), repeat=True)
        begun = time.monotonic()
        try:
            report = intact.check(server.uri(), max_duration=SECONDS)
        except IntactError as error:
            assert str(error)  # nothing could be read in the time: one sentence
        else:
            # A quick machine gets all documents in first batches.
            asked = server.named(command.partition(":")[0])
            assert command in {"aggregate", "count"} or not asked or not report.complete
        assert time.monotonic() - begun < LATE
