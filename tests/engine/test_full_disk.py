"""Whatever the engine says when its disk is full, users get a sentence."""

from __future__ import annotations

import duckdb
import pytest

from intact.core.errors import EngineError
from intact.engine import DuckEngine

REFUSALS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_full_disk_is_told_as_such(refusal: type[duckdb.Error]) -> None:
    with DuckEngine(64 * 10**6) as engine, pytest.raises(EngineError, match="TMPDIR"), engine._errors():
        raise refusal('Could not write file "x.wal": No space left on device')
