"""The errors that intact raises on purpose.

    IntactError
    ├── UsageError      an option or argument that cannot be used
    ├── ModelError      a model file that is wrong (file, line, the name that was probably meant)
    ├── SourceError     nothing can be read: no such file, no connection, not a dump
    ├── EngineError     the engine could not finish: disk full, memory too small
    ├── OutputError     a report could not be written
    ├── BaselineError   the file of accepted findings cannot be read, or says what cannot be understood
    ├── HistoryError    the history could not be read or written; never what a run ends with
    ├── ScheduleError   an audit that a daemon was to have made, and was not
    └── AlertsError     an alerts file that is wrong, or an alert that cannot be sent; never what a run ends with

Each carries three sentences at most: what is wrong, where, and what to do. None of them ever holds a credential.
"""

from __future__ import annotations

from collections.abc import Sequence


class IntactError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: What is wrong, one sentence without a full stop at its end.
        where: The place: a file with its line, a collection, a server without credentials. Empty where there is none.
        hint: What to do about it, one sentence. Empty where the message says it all.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}. {self.hint}" if self.hint else text


class UsageError(IntactError):
    """An option or argument that cannot be used."""


class ModelError(IntactError):
    """A model file that says something wrong or unknown.

    ``message``, ``where`` and ``hint`` are those of the first mistake in the file; ``problems`` has all of them, an
    error each, and the text of the error is a line for each.
    """

    _problems: tuple[ModelError, ...] = ()

    @classmethod
    def of(cls, problems: Sequence[ModelError]) -> ModelError:
        """Make one error of several, at least one, in the order in which they are to be read."""
        first = problems[0]
        if len(problems) == 1:
            return first
        error = cls(first.message, where=first.where, hint=first.hint)
        error._problems = tuple(problems)
        return error

    @property
    def problems(self) -> tuple[ModelError, ...]:
        """Every mistake that was found in the file; the error itself where it is the only one."""
        return self._problems or (self,)

    def __str__(self) -> str:
        if len(self._problems) > 1:
            return "\n".join(str(problem) for problem in self._problems)
        return super().__str__()


class SourceError(IntactError):
    """A source of which nothing can be read."""


class EngineError(IntactError):
    """The engine could not finish: the disk is full, the memory budget is too small."""


class OutputError(IntactError):
    """A report that could not be written."""


class BaselineError(IntactError):
    """A file of accepted findings that cannot be read or written, or that says what cannot be understood."""


class HistoryError(IntactError):
    """A history that could not be read or written."""


class ScheduleError(IntactError):
    """An audit that a daemon was to have made was not: it could not be started, was killed, or goes on for ever."""


class AlertsError(IntactError):
    """An alerts file that is wrong, or an alert that cannot be sent."""
