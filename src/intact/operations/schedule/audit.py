"""One audit as a process of its own: its memory is given back when it ends, and it ends with its starter."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

from intact.core import temporary
from intact.ledger.history.leases import process_name

GRACE_SECONDS: Final = 30.0
"""How long an audit has to end when it is told to, before it is killed."""

DONE: Final = (0, 1, 3)
"""Exit codes of an audit that came to its end."""

ENDED: Final = 100
"""What is added to them by its process, so that a Python that breaks off, also with 1, is not taken for a result."""

BROKEN: Final = 70
"""What is given for a process that ended before there was an audit."""

_TAIL: Final = 4096  # bytes of stderr that are looked at


class Audit(Protocol):
    """An audit that goes on.

    Attributes:
        process: The name by which its process writes itself down in the history.
    """

    process: str

    def poll(self) -> int | None:
        """Return its exit code; None while it goes on."""

    def beat(self) -> None:
        """Tell it that its starter is alive, and still has the right to it."""

    def stop(self) -> None:
        """End it, and come back when it has ended."""

    def said(self) -> str:
        """Return the last line that it said on stderr; empty for none."""


class AuditProcess:
    """An audit in a process.

    Args:
        command: The program and its arguments; it has to end when its standard input is closed, or silent for long.
        environment: Its environment.

    Raises:
        OSError: If it cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._stderr = temporary.file()
        # A session of its own: Ctrl-C in a terminal is for the daemon, which then ends the audit in order.
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this very program
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                env=dict(environment),
                start_new_session=True,
            )
        except BaseException:
            self._stderr.close()
            raise
        self.process = process_name(self._process.pid)

    def poll(self) -> int | None:
        """Return the exit code; None while it goes on, :data:`BROKEN` if the audit never began."""
        code = self._process.poll()
        if code is None:
            return None
        if code - ENDED in DONE:
            return code - ENDED
        return BROKEN if code in DONE else code

    def beat(self) -> None:
        """Write a byte to its standard input."""
        if self._process.stdin:
            with suppress(OSError):  # it has ended, which is seen by whoever asks
                os.write(self._process.stdin.fileno(), b".")

    def stop(self) -> None:
        """Tell it to end, and kill it if it does not; comes back when it has ended."""
        self._process.terminate()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def said(self) -> str:
        """Return the last line of stderr; to be asked once, when it has ended."""
        if self._process.stdin:
            self._process.stdin.close()
        with self._stderr as file:
            end = file.seek(0, 2)
            file.seek(max(0, end - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
