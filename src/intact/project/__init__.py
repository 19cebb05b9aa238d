"""BSON to Arrow columns: blocks of documents in, batches of the wanted paths out.

>>> from intact.paths import Path
>>> orders = projector([Column(Path.parse("subscription_id"), Role.KEY)])
>>> orders.project(b"").rows.schema.names
['_id', 'subscription_id#kind', 'subscription_id@key', 'subscription_id@each']
"""

from __future__ import annotations

import platform
from collections.abc import Sequence

from intact.project.columns import Batch, Column, Problem, Projector, Role, schema
from intact.project.pure import PureProjector

__all__ = ["Batch", "Column", "Problem", "Projector", "Role", "implementation", "projector", "schema"]

_PROJECTOR, _IMPLEMENTATION = PureProjector, f"pure Python {platform.python_version()}"


def projector(columns: Sequence[Column]) -> Projector:
    """Make a projector for blocks of one collection.

    Raises:
        ValueError: If a path through an array is wanted as something else than a key or an amount.
    """
    return _PROJECTOR(columns)


def implementation() -> str:
    """Say which projector runs, and its version."""
    return _IMPLEMENTATION
