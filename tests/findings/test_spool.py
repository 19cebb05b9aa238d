"""Findings in any number: as a list would have them, and not in memory."""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core.errors import EngineError
from intact.findings.spool import IN_MEMORY, Joined, Spool


def of(items: Any) -> Spool[Any]:
    made: Spool[Any] = Spool()
    for item in items:
        made.append(item)
    return made


@dataclass(frozen=True, slots=True)
class Frozen:
    name: str
    amount: Decimal | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Open:
    name: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wider(Frozen):
    more: int = 0


@dataclass(slots=True)
class Single:
    only: str


@dataclass
class Loose:
    name: str
    number: int = 0


@pytest.mark.parametrize(
    "make",
    [
        lambda number: Frozen(f"f{number}", Decimal(number).scaleb(-2), {"id": {"$oid": f"{number:024x}"}}),
        lambda number: Open(f"o{number}", (number, number + 1)),
        lambda number: Wider(f"w{number}", more=number),
        lambda number: Single(f"s{number}"),
        lambda number: Loose(f"l{number}", number),
        lambda number: Frozen(f"f{number}") if number % 2 else Open(f"o{number}"),
        lambda number: (f"t{number}", number),
    ],
    ids=["frozen", "open", "derived", "one field", "no slots", "of two kinds", "tuples"],
)
def test_records_come_back_from_the_disk_as_they_were(make: Callable[[int], Any]) -> None:
    items = [make(number) for number in range(IN_MEMORY + 1_500)]
    made = of(items)
    assert list(made) == items
    assert [type(each) for each in made] == [type(each) for each in items]
    assert [repr(each) for each in made[-3:]] == [repr(each) for each in items[-3:]]
    assert made[IN_MEMORY + 1] == items[IN_MEMORY + 1]


def test_a_frozen_record_from_the_disk_is_frozen() -> None:
    made = of(Frozen(str(number)) for number in range(IN_MEMORY + 1_000))
    with pytest.raises(FrozenInstanceError):
        made[-1].name = "other"


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1, IN_MEMORY + 999, IN_MEMORY + 1000, 12_345])
def test_it_is_what_a_list_is(size: int) -> None:
    items = [f"finding {number}" for number in range(size)]
    made = of(items)
    assert len(made) == size
    assert list(made) == items
    assert made == items
    for at in {0, size // 2, size - 1, -1, -size} if size else set():
        assert made[at] == items[at]
    assert made[size - 3 :] == items[size - 3 :]
    with pytest.raises(IndexError):
        made[size]


def test_several_readers_read_at_once() -> None:
    made = of(range(IN_MEMORY + 5_000))
    assert all(one == other for one, other in zip(made, made, strict=True))


def test_reading_goes_on_while_it_grows() -> None:
    made = of(range(IN_MEMORY + 1_500))
    reader = iter(made)
    next(reader)
    made.append("last")
    assert list(reader)[-1] == "last"


def test_two_hundred_thousand_take_the_memory_of_ten_thousand() -> None:
    tracemalloc.start()
    try:
        made = of(f"{number:0500}" for number in range(200_000))
        now, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(made) == 200_000
    assert now < 15_000_000


def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, **options: object) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(EngineError, match="no space left on device") as caught:
        of(range(IN_MEMORY + 1_000))
    assert "--limit" in str(caught.value)


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = of(range(IN_MEMORY + 2_000))
    assert list(tmp_path.iterdir()) == []
    assert made[-1] == IN_MEMORY + 1_999


@given(st.lists(st.lists(st.integers(), max_size=5), max_size=5))
def test_several_as_one(parts: list[list[int]]) -> None:
    flat = [item for part in parts for item in part]
    made: Joined[int] = Joined(parts)
    assert (len(made), list(made), [made[at] for at in range(len(flat))]) == (len(flat), flat, flat)
    assert made[1:-1] == flat[1:-1]
