"""Dumps to audit: those of the command line's tests."""

from __future__ import annotations

from tests.cli.conftest import clean_dump, faulty_dump

__all__ = ["clean_dump", "faulty_dump"]
