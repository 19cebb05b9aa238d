"""BSON to Arrow columns: in come blocks of documents, out go batches of the wanted paths. It may use the core.

>>> from intact.core.paths import Path
>>> orders = projector([Column(Path.parse("subscription_id"), Role.KEY)])
>>> orders.project(b"").rows.schema.names
['_id', 'subscription_id#kind', 'subscription_id@key', 'subscription_id@each']

There are two projectors, one in Rust and one in Python, which give the same; :mod:`intact.core.native` says which runs.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence

from intact.core.native import chosen, why_not
from intact.core.paths import Path
from intact.core.version import __version__
from intact.project.columns import Batch, Column, Problem, Projector, Role, schema
from intact.project.occurrence import Occurrence

__all__ = [
    "Batch",
    "Column",
    "Occurrence",
    "Problem",
    "Projector",
    "Role",
    "implementation",
    "projector",
    "schema",
]


def projector(columns: Sequence[Column], counted: Iterable[Path] = ()) -> Projector:
    """Make a projector for blocks of one collection.

    Args:
        columns: What is wanted of it.
        counted: More paths, of which only is counted in how many documents they occur.

    Raises:
        UsageError: If the environment demands a projector that is not there.
        ValueError: If a path through an array is wanted as something else than a key or an amount.
    """
    # Each is imported only where it runs: the pure one takes longer to import than a small dump to audit.
    module = chosen()
    if module is None:
        from intact.project.pure import PureProjector  # noqa: PLC0415 - only one of the two runs

        return PureProjector(columns, counted)
    from intact.project.native import NativeProjector  # noqa: PLC0415 - the same

    return NativeProjector(module, columns, counted)


def implementation() -> str:
    """Say which projector runs, and its version; of the pure one also why it does.

    Raises:
        UsageError: If the environment demands a projector that is not there.
    """
    if chosen() is not None:
        return f"native {__version__} (Rust)"
    return f"pure Python {platform.python_version()} ({why_not()})"
