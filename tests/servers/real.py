"""A real MongoDB: the one that ``MONGODB_URI`` names, or a mongod from the PATH on an empty folder."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient

from tests.support.tools import working


def available() -> str:
    """What there is: ``MONGODB_URI``, the path of a mongod, or nothing."""
    return "MONGODB_URI" if os.environ.get("MONGODB_URI") else working("mongod")


@contextmanager
def real_server() -> Iterator[str]:
    """Yield the URI of a real MongoDB, without a database."""
    uri = os.environ.get("MONGODB_URI")
    if uri:
        yield uri
        return
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [
            "mongod",
            "--dbpath",
            folder,
            "--port",
            str(port),
            "--bind_ip",
            "127.0.0.1",
            "--nounixsocket",
        ]
        command += ["--setParameter", "enableTestCommands=1"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                uri = f"mongodb://127.0.0.1:{port}/"
                with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=30_000) as client:
                    client.admin.command("ping")
                yield uri
            finally:
                process.terminate()
