"""The command line: one file a command, options shared. What a command does is a function of the package.

In come words of a command line; out go text and an exit status. It may use every wing, and nothing uses it.
"""

from __future__ import annotations

import gc
import sys
from typing import Final, NoReturn

__all__ = ["main"]

_NEW_OBJECTS: Final = 100_000
"""After so many the collector looks for cycles. Findings have none: looking each 700 takes a sixth of the time."""


def main() -> NoReturn:
    """Run the command line of this process, which is ours: the library leaves its caller's collector alone."""
    gc.set_threshold(
        _NEW_OBJECTS, *gc.get_threshold()[1:]
    )  # before the imports, which make more objects than all else
    try:
        from intact.cli.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
