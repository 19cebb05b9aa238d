"""Runs queries and knows no rule: DuckDB embedded."""

from intact.engine.budget import default_memory
from intact.engine.duck import DuckEngine, Row, quoted

__all__ = ["DuckEngine", "Row", "default_memory", "quoted"]
