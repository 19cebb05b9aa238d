"""The command line: one file a command, options shared. What a command does is a function of the package."""

from __future__ import annotations

from intact.cli.app import app, main

__all__ = ["app", "main"]
