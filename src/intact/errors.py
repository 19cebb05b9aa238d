"""The errors that intact raises on purpose.

    IntactError
    ├── UsageError      an option or argument that cannot be used
    ├── ModelError      a model file that is wrong (file, line, the name that was probably meant)
    ├── SourceError     nothing can be read: no such file, no connection, not a dump
    ├── EngineError     the engine could not finish: disk full, memory too small
    └── OutputError     a report could not be written

Each carries three sentences at most: what is wrong, where, and what to do. None of them ever holds a credential.
"""

from __future__ import annotations


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
    """A model file that says something wrong or unknown."""


class SourceError(IntactError):
    """A source of which nothing can be read."""


class EngineError(IntactError):
    """The engine could not finish: the disk is full, the memory budget is too small."""


class OutputError(IntactError):
    """A report that could not be written."""
