"""The command line: one file a command, options shared. What a command does is a function of the package.

In come words of a command line; out go text and an exit status. It may use every wing, and nothing uses it.
"""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line of this process."""
    try:
        from intact.cli.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
