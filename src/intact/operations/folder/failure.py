"""A run that failed, or never said how it ended: a small file beside the runs that are kept.

Without it a folder would look the same whether nothing is wrong or nothing was looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from intact.findings.records import utc_text
from intact.operations.folder.run_reading import LONGEST, VERSION, RecordReader, read, text
from intact.operations.folder.run_record import LAST, NAME

SUFFIX: Final = "_failed.json"
FAILED: Final = re.compile(rf"{NAME.pattern}{re.escape(SUFFIX)}")
"""Names of the files of failures: when the run began, in UTC, and a number where a second had several."""

UNSAID: Final = "It never said how it ended: it was killed, or its machine went down."
"""What is said of a run that was killed."""

_KIND: Final = "intact run that failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """A run of which nothing was kept.

    Attributes:
        name: Name of its file; empty for one of which nobody has yet noted that it was killed.
        number: Its place in the order in which runs were kept; None for one that is not yet noted.
        job: What was to be audited, by which model.
        reports: Which reports were asked for; none for all.
        began: When it began.
        ended: When it failed; None where it never said so.
        why: A sentence without a secret.
        exit_code: Its exit code; None where it never gave one.
    """

    name: str
    number: int | None
    job: str
    reports: tuple[str, ...]
    began: datetime
    ended: datetime | None
    why: str
    exit_code: int | None

    @property
    def what(self) -> str:
        """What was to be made, in words."""
        return what(self.job, self.reports)

    @property
    def at(self) -> datetime:
        """When it failed, as far as that is known."""
        return self.ended or self.began

    def to_json(self) -> str:
        """Return the text of its file."""
        document = {
            "kind": _KIND,
            "version": VERSION,
            "number": self.number,
            "job": self.job[:LONGEST],
            "reports": list(self.reports),
            "began": utc_text(self.began),
            "ended": None if self.ended is None else utc_text(self.ended),
            "why": self.why[:LONGEST],
            "exit_code": self.exit_code,
        }
        return json.dumps(document, indent=2, ensure_ascii=True) + "\n"

    @classmethod
    def parse(cls, name: str, content: bytes) -> Failure:
        """Read one.

        Args:
            name: Name of its file.
            content: Its file.

        Raises:
            DamagedError: If it is none, of a later version, or says what no run says.
        """
        return read(name, _KIND, content, lambda given: _failure(name, given))


def what(job: str, reports: Sequence[str]) -> str:
    """Return what was to be made, in words."""
    return f"{job}: {', '.join(reports)}" if reports else job


def _failure(name: str, given: RecordReader) -> Failure:
    return Failure(
        name,
        min(given.number("number"), LAST),
        given.text("job"),
        tuple(text(each) for each in given.items("reports")),
        given.moment("began"),
        given.moment_or_none("ended"),
        given.text("why"),
        given.number_or_none("exit_code"),
    )
