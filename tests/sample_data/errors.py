"""The one error that the sample generator raises on purpose."""

from __future__ import annotations


class SampleError(ValueError):
    """A sample that cannot be made as asked: an unknown fault, a negative count, a directory in use."""
