"""``python -m intact.cli.send_result ALERTS HISTORY JOB``: tells, in a process of its own, what a daemon has to tell.

The sentence comes on standard input. A daemon that loaded what sends alerts would keep its memory for ever.
"""

from __future__ import annotations

import sys
from pathlib import Path

from intact.cli.alerting import tell_failure
from intact.cli.failures import failure_of


def main(alerts: str, history: str, job: str) -> int:
    """Tell it; what goes wrong is said on stderr."""
    try:
        tell_failure(alerts, Path(history), job, sys.stdin.read().strip())
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence for the daemon's log
        sys.stderr.write(f"{failure_of(error, [])}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
