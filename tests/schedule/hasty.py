"""`intact schedule run` with claims that die within seconds, and audits that only take time.

Called with a file for marks, how long an audit takes in seconds, and the command line.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from intact.operations.schedule import audit, claims, daemon

LEASE = 2.0


class SlowAudit(audit.AuditProcess):
    """Takes time, instead of reading a database."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        slow = str(Path(__file__).with_name("slow_audit.py"))
        super().__init__([sys.executable, slow, MARKS, SECONDS, *command], environment)


if __name__ == "__main__":
    MARKS, SECONDS, *rest = sys.argv[1:]
    claims.LEASE_SECONDS = LEASE  # type: ignore[misc]
    daemon.POLL_SECONDS = 0.3  # type: ignore[misc]
    audit.AuditProcess = SlowAudit  # type: ignore[misc]
    sys.argv[1:] = rest

    from intact.cli.app import run

    run()
