"""SecantusDB: a server that speaks MongoDB's protocol, as a replica set of one, for tests.

A program of its own beside the tests (the wheel ``secantusdb``): nothing of it is imported. It has a folder and a port
of its own, and ends with the tests.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from tests.support.tools import working

START_SECONDS = 60

WRONG = {
    "test_documents_with_ids_of_every_type_all_come_once": "a binary of subtype 3 as _id equals one of subtype 4",
    "test_a_router_that_learns_of_moved_chunks_changes_nothing": "its fail point answers 40671 instead of 13388",
}
"""What it is wrong about, by test: each of these has to fail, so that nobody misses when it is mended."""

SLOW = {
    "test_many_documents_come_in_blocks_that_stay_small": "25,000 documents of a kilobyte take it most of a minute",
    "test_a_handle_is_read_and_left_open": "30,000 documents take it most of a minute",
}
"""What takes it too long, by test."""


def program() -> str:
    """Return the path of the program; empty where it is not installed or does not work."""
    return working(str(Path(sys.executable).with_name("secantusd-py")), "secantusd-py")


@contextmanager
def secantus_server() -> Iterator[str]:
    """Yield the URI of a fresh server, without a database."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [program(), "--port", str(port), "--storage-path", f"{folder}/data", "--log-level", "ERROR"]
        with subprocess.Popen(
            [*command, "--enable-test-commands"],
            cwd=folder,  # where it looks for settings
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                uri = f"mongodb://127.0.0.1:{port}/"
                with MongoClient[dict[str, Any]](
                    uri, serverSelectionTimeoutMS=START_SECONDS * 1000
                ) as client:
                    client.admin.command("ping")
                yield uri
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
