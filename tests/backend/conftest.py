"""The user's two files, as Python finds them beside each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[2] / "backend"


@pytest.fixture(autouse=True)
def _backend_on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the files be imported by their names, as the user's program does, and forgotten afterwards."""
    monkeypatch.syspath_prepend(str(BACKEND))
    before = set(sys.modules)
    yield
    for name in {"database", "data_consistency_checker", "consistency_report_definitions"} - before:
        sys.modules.pop(name, None)
