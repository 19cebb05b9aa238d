"""The writer of the load tests keeps the data consistent: whoever sees one instant finds only what was planted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.live.history import History, planted_business
from tests.live.writer import Writer


@pytest.mark.spread(1)
@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_after_every_write_an_oracle_finds_what_was_planted_and_nothing_else(
    seed: int, together: bool
) -> None:
    business = planted_business(seed)
    writer = Writer(business.store, seed, together=together)
    writer.found()
    history = History(business.store)
    begun = business.store.time
    for _ in range(120):
        writer.step()
    for time in range(begun, business.store.time + 1):
        assert history.findings(time) == business.planted, f"seed {seed}, at {time}"


@pytest.mark.parametrize("together", [False, True])
def test_the_writer_does_everything_it_can(together: bool) -> None:
    store = planted_business(0).store
    writer = Writer(store, 1, together=together)
    writer.found()
    begun = {name: set(table.living) for name, table in store.tables.items()}
    done: Counter[Any] = Counter()
    for trade in writer._trades():
        original = trade

        def counted(original: Any = original) -> Any:
            for _ in original():
                done[original.__name__] += 1
                yield

        setattr(writer, trade.__name__, counted)
    for _ in range(3000):
        writer.step()
    names = {trade.__name__ for trade in Writer(store, together=together)._trades()}
    assert set(done) == names
    for name, table in store.tables.items():
        assert set(table.living) - begun[name] or (name in {"users", "customers_v2"} and not together)
    assert max(len(table.living) for table in store.tables.values()) < 2000
