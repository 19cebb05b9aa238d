"""``intact serve``: a folder of reports as pages and as metrics, read-only."""

from __future__ import annotations

from intact.operations.serve.server import LOOPBACK, serve

__all__ = ["LOOPBACK", "serve"]
