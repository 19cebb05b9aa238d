"""Between runs: what waits to be told is sent, and what a daemon itself has to tell; in processes of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final, Protocol

from intact.core import temporary

SEND_SECONDS: Final = 300.0
"""How often what waits is looked through: retries, digests, the end of quiet hours."""

PATIENCE_SECONDS: Final = 10.0
"""How long the end of a daemon waits for what it is telling."""

_LARGEST: Final = 4096


class Messenger(Protocol):
    """Tells people."""

    def tick(self) -> None:
        """Send what waits, if it is time to; comes back at once."""

    def tell(self, reports: Sequence[str], sentence: str) -> None:
        """Tell why reports are not made; none for all of them. Comes back at once."""


class Nobody:
    """Where nobody is to be told."""

    def tick(self) -> None:
        """Do nothing."""

    def tell(self, reports: Sequence[str], sentence: str) -> None:
        """Do nothing."""


@dataclass(slots=True)
class _Going:
    process: subprocess.Popen[bytes]
    said: IO[bytes]


class Messages:
    """Tells people by processes.

    Args:
        send: The command that sends what waits.
        tell: Gives the command that tells why reports are not made, and reads the sentence on its standard input.
        environment: Their environment.
        say: Takes a line of the log.
        monotonic: Seconds that only go forward.
    """

    def __init__(
        self,
        send: Sequence[str],
        tell: Callable[[Sequence[str]], Sequence[str]],
        environment: Mapping[str, str],
        *,
        say: Callable[[str], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._send = send
        self._tell = tell
        self._environment = environment
        self._say = say
        self._monotonic = monotonic
        self._sent: float | None = None
        self._sending: _Going | None = None
        self._telling: list[_Going] = []
        self._last: list[str] = []

    def tick(self) -> None:
        """Send what waits every few minutes, and log what came of it; the same trouble is logged once."""
        for each in [each for each in self._telling if each.process.poll() is not None]:
            self._telling.remove(each)
            for line in _lines(each):
                self._say(line)
        if self._sending is not None:
            if self._sending.process.poll() is None:
                return
            said = _lines(self._sending)
            self._sending = None
            for line in said:
                if line not in self._last:
                    self._say(line)
            self._last = said
        if self._sent is None or self._monotonic() - self._sent >= SEND_SECONDS:
            self._sent = self._monotonic()
            self._sending = self._start(self._send, None)

    def tell(self, reports: Sequence[str], sentence: str) -> None:
        """Tell why reports are not made."""
        going = self._start(self._tell(reports), sentence)
        if going is not None:
            self._telling.append(going)

    def close(self) -> None:
        """Wait a while for what is being told, and log what came of it; what has not ended by then goes on alone."""
        for each in [*self._telling, *([self._sending] if self._sending else [])]:
            with suppress(subprocess.TimeoutExpired):
                each.process.wait(PATIENCE_SECONDS)
        for each in self._telling:
            if each.process.poll() is not None:
                for line in _lines(each):
                    self._say(line)

    def _start(self, command: Sequence[str], sentence: str | None) -> _Going | None:
        said = temporary.file()
        try:
            process = subprocess.Popen(  # noqa: S603 - this very program
                list(command),
                stdin=subprocess.DEVNULL if sentence is None else subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=dict(self._environment),
                start_new_session=True,
            )
        except OSError as error:
            said.close()
            self._say(f"alerts cannot be sent ({error})")
            return None
        if process.stdin:
            with suppress(OSError), process.stdin:  # it has ended; what it said is logged
                process.stdin.write((sentence or "").encode())
        return _Going(process, said)


def _lines(going: _Going) -> list[str]:
    with going.said as file:
        file.seek(0)
        text = file.read(_LARGEST).decode(errors="replace")
    return [f"alerts: {line.removeprefix('intact: ')}" for line in text.splitlines() if line.strip()]
