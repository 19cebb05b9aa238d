"""What the user declares: collections, references, reconciliations, reports and their checks.

In comes a YAML file (``docs/model.md``), out go the frozen records of :mod:`intact.model.specs`, or with file, line and
the nearest right name what is wrong with it: :func:`load` does it. It may use the core.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from intact.model.loader import load, parse
    from intact.model.model_files import shipped, source_text
    from intact.model.schema import json_schema

__all__ = ["json_schema", "load", "parse", "shipped", "source_text"]

_HOMES = {
    "json_schema": "schema",
    "load": "loader",
    "parse": "loader",
    "shipped": "model_files",
    "source_text": "model_files",
}


def __getattr__(name: str) -> object:
    """Import the loader only where a model is loaded: the records alone are needed much more often."""
    if name in _HOMES:
        return getattr(import_module(f"intact.model.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'intact.model' has no attribute {name!r}")
