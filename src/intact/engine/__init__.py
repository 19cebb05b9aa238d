"""Runs queries and knows no rule: DuckDB embedded.

In come batches of columns and SQL; out go rows. It may use the core.
"""

from intact.engine.budget import default_memory
from intact.engine.copies import DIGEST, Copies, drop_copies, rivals
from intact.engine.cursor import quoted
from intact.engine.duck import DuckEngine, Row
from intact.engine.long_values import LongValues, TooLarge
from intact.engine.recurring import recurring
from intact.engine.spans import Span, all_different, span
from intact.engine.strays import Texts, strays
from intact.engine.threads import processors

__all__ = [
    "DIGEST",
    "Copies",
    "DuckEngine",
    "LongValues",
    "Row",
    "Span",
    "Texts",
    "TooLarge",
    "all_different",
    "default_memory",
    "drop_copies",
    "processors",
    "quoted",
    "recurring",
    "rivals",
    "span",
    "strays",
]
