"""How much the tests try.

``INTACT_EFFORT=quick`` is what everybody runs: all tests, but of those that try many databases, faults or examples a
part of these. ``INTACT_EFFORT=full``, which ``.ci/run`` sets, tries all. What differs is said where it differs:

* ``@pytest.mark.spread(12)``: of the test's cases, twelve, from all over.
* ``@pytest.mark.covering``: as few of its cases as have each value of each of its parameters.
* ``@pytest.mark.full("why")``: the whole test is for CI.
* ``settings(max_examples=share(300))``: hypothesis tries a tenth. Loops are shortened by it, too.

What runs on each server makes each case on one of them in a quick run. A test that is named on the command line is
run in any effort. ``tests/support/left_for_ci.py`` leaves out what is to be left out, and says so.
"""

from __future__ import annotations

import os
from typing import Final

QUICK: Final = "quick"
FULL: Final = "full"
EFFORT: Final = os.environ.get("INTACT_EFFORT") or QUICK

MISTAKE: Final = (
    "" if EFFORT in {QUICK, FULL} else f"INTACT_EFFORT is {EFFORT!r}; it can be {QUICK} or {FULL}"
)
"""What is wrong about the effort that was asked for, or nothing."""

LEFT_FOR_CI: Final = "left for CI: "
"""Begins a line about what was left out and is no lack of the machine."""


def share(count: int, least: int = 5) -> int:
    """Return how many of so many examples are tried: all in a full run, else a tenth, but not less than ``least``."""
    return count if EFFORT == FULL else quick(count, least)


def quick(count: int, least: int = 5) -> int:
    """Return how many of so many examples a quick run tries."""
    return min(count, max(least, count // 10))
