"""Terms of a finding that the model, the checks, the records and every form share."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Severity(Enum):
    """How bad a finding is, by the words of the user's document; the worst first."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


SEVERITIES: Final = tuple(each.value for each in Severity)
"""From worst to least."""

UNREADABLE: Final = "UNREADABLE_VALUE"
"""Type of the finding that every check makes of a value which it needs and cannot read."""


def rank(severity: str) -> int:
    """Return the place of a severity, 0 for the worst; what is none of them comes last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
