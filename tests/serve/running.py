"""``intact serve`` as a process, asked over a plain socket: no client in between makes requests well-mannered."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.cli.running import PROGRAM, environment


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Served:
    """A server that runs.

    Attributes:
        host: Host and port, as in ``Host``.
    """

    process: subprocess.Popen[str]
    host: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.host.rpartition(":")
        return host.strip("[]"), int(port)

    def ask(self, target: str | bytes, method: str = "GET", **headers: str) -> Answer:
        """Ask for a target exactly as it is given; names of headers are written with ``_`` for ``-``."""
        path = target.encode("latin-1") if isinstance(target, str) else target
        given = {"Host": self.host, "Connection": "close", **self.headers}
        given.update({name.replace("_", "-"): value for name, value in headers.items()})
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
        return self.send(method.encode() + b" " + path + b" HTTP/1.1\r\n" + lines.encode() + b"\r\n")

    def send(self, request: bytes) -> Answer:
        """Send a request byte by byte as it is, and read until the server closes."""
        with socket.create_connection(self.address, timeout=30) as connection:
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        return Answer(int(status.split()[1]), headers, body)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; give the exit code, and what was said on stderr since the server began."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


def start(folder: Path, *options: str, **changes: str) -> Served:
    """Start a server on a free port, and wait until it has said where it is."""
    process = subprocess.Popen(
        [*PROGRAM, "serve", str(folder), "--port", "0", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**without(os.environ, "INTACT_SERVE_TOKEN"), **environment(**changes)},
    )
    assert process.stderr is not None
    said = _line(process.stderr)
    found = re.search(r"http://(\S+:\d+)/", said)
    if not found:
        process.kill()
        process.communicate()
        raise AssertionError(said)
    return Served(process, found[1])


def refused(*arguments: str, **changes: str) -> tuple[int, str]:
    """Run ``intact serve`` where it cannot begin; give the exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "intact", "serve", *arguments],
        capture_output=True,
        text=True,
        env=environment(**changes),
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def without(given: Mapping[str, str], name: str) -> dict[str, str]:
    """Give an environment without one variable."""
    return {key: value for key, value in given.items() if key != name}


def _line(stream: IO[str]) -> str:
    return stream.readline()
