"""What can be wrong, one file a kind of check. To add one: the file, its cases, and a line here.

In come tables of columns and the rules of a model; out go drafts of findings, and how much was judged. A check may use
the engine, the model's records, the columns and the core; no check knows another.
"""

from __future__ import annotations

from typing import Final

from intact.checks import (
    allowed_values,
    dangling_reference,
    double_entry,
    duplicate_key,
    duplicate_value,
    link_mismatch,
    missing_entry,
    missing_key,
    missing_link,
    stale_state,
    unmatched_link,
    unreconciled_amount,
)
from intact.checks.base import Check

CHECKS: Final[tuple[Check, ...]] = (
    missing_key,
    duplicate_key,
    missing_link,
    unmatched_link,
    dangling_reference,
    link_mismatch,
    duplicate_value,
    allowed_values,
    stale_state,
    double_entry,
    unreconciled_amount,
    missing_entry,
)
"""Every check that a model can ask for."""

KINDS: Final = tuple(check.KIND for check in CHECKS)
"""The grammar of the checks, for :func:`intact.model.load`."""

BY_NAME: Final = {check.KIND.name: check for check in CHECKS}
"""The checks by the names that models use."""

__all__ = ["BY_NAME", "CHECKS", "KINDS", "Check"]
