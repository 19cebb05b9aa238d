"""What tests of alerts share: a history, and an office that tells of what is recorded in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from intact.ledger.history import Store
from tests.alerts.business import ALL, Office, config, target


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "history.sqlite") as opened:
        yield opened


@pytest.fixture
def office(store: Store) -> Office:
    """One target, told of everything at once."""
    return Office(store, config(target(at_once=ALL)))
