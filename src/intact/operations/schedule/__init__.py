"""When it runs: lines for other people's schedulers, and a daemon of one's own."""

from __future__ import annotations
