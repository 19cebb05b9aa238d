"""Dumps to audit, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sample_data import DEMO_AS_OF, write_dump

AS_OF = f"{DEMO_AS_OF:%Y-%m-%dT%H:%M}"


@pytest.fixture(scope="session")
def clean_dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A business without a fault."""
    return _dump(tmp_path_factory.mktemp("clean"), 0)


@pytest.fixture(scope="session")
def faulty_dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A business with two faults of every kind."""
    return _dump(tmp_path_factory.mktemp("faulty"), 2)


def _dump(place: Path, faults: int) -> Path:
    write_dump(place, orders=400, seed=7, faults=faults, as_of=DEMO_AS_OF)
    return next(path for path in (place, *place.iterdir()) if any(path.glob("*.bson")))
