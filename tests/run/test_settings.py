"""What options may look like: moments, memory, and where the source comes from if it is not given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.audit.options import Options, Settings, settle
from intact.core.errors import SourceError, UsageError
from tests.run.world import clean, write
from tests.support.memory import MemorySource

SOURCE = MemorySource({"orders": []})
INDIA = timezone(timedelta(hours=5, minutes=30))


def settled(source: object = SOURCE, **given: Any) -> Settings:
    options: Options = given  # type: ignore[assignment]  # whatever a caller may write
    return settle(source, options)


@pytest.mark.parametrize(
    ("as_of", "moment"),
    [
        (datetime(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC)),
        (datetime(2026, 1, 31, 6, tzinfo=INDIA), datetime(2026, 1, 31, 0, 30, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T06:00:00", datetime(2026, 1, 31, 6, tzinfo=UTC)),
        ("2026-01-31T06:00:00Z", datetime(2026, 1, 31, 6, tzinfo=UTC)),
        ("2026-01-31T06:00:00+05:30", datetime(2026, 1, 31, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_utc_unless_it_says_otherwise(as_of: datetime | str, moment: datetime) -> None:
    found = settled(as_of=as_of).as_of
    assert found == moment
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("given", [{}, {"as_of": None}])
def test_the_moment_is_now_unless_it_is_given(given: dict[str, Any]) -> None:
    before = datetime.now(UTC)
    assert before <= settled(**given).as_of <= datetime.now(UTC)


@pytest.mark.parametrize("as_of", ["", "2026-13-01", "31.01.2026", "now", 1767225600, 1.5])
def test_what_is_no_moment_is_refused_with_how_to_write_one(as_of: object) -> None:
    with pytest.raises(UsageError, match="is no date") as caught:
        settled(as_of=as_of)
    assert "2026-01-31" in caught.value.hint


@pytest.mark.parametrize(
    ("memory", "size"),
    [
        ("512MB", 512 * 10**6),
        ("512 mb", 512 * 10**6),
        ("512M", 512 * 10**6),
        ("1GiB", 2**30),
        ("1.5GB", 1_500_000_000),
        (" 2g ", 2 * 10**9),
        (64_000_000, 64_000_000),
        ("64000000", 64_000_000),
        ("65536KiB", 2**26),
    ],
)
def test_a_budget_is_a_number_of_bytes_or_has_a_unit(memory: int | str | None, size: int) -> None:
    assert settled(memory=memory).memory == size


@pytest.mark.parametrize(
    "memory", ["63MB", 63_999_999, 0, "", "0", "-1GB", -(10**9), "lots", "1GBB", "1XB", "1,5GB", "GB", "1e9"]
)
def test_a_budget_that_is_none_or_too_small_is_refused_with_the_least(memory: int | str) -> None:
    with pytest.raises(UsageError, match="is no memory budget") as caught:
        settled(memory=memory)
    assert "64MB" in caught.value.hint


@pytest.mark.parametrize("limit", [None, 0, 1, 10**30])
def test_a_limit_may_be_anything_from_nothing(limit: int | None) -> None:
    assert settled(limit=limit).limit == limit


@pytest.mark.parametrize("limit", [-1, -(10**30)])
def test_a_limit_below_nothing_is_refused(limit: int) -> None:
    with pytest.raises(UsageError, match="makes no sense"):
        settled(limit=limit)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("INTACT_SOURCE", "MONGODB_URI"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("source", [None, ""])
def test_without_a_source_both_ways_of_naming_one_are_said(
    environment: pytest.MonkeyPatch, source: object
) -> None:
    with pytest.raises(UsageError, match="nothing to audit") as caught:
        settled(source)
    assert "INTACT_SOURCE" in caught.value.hint
    assert "MONGODB_URI" in caught.value.hint


def test_intact_source_wins_over_mongodb_uri(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("INTACT_SOURCE", str(write(tmp_path / "shop", clean())))
    environment.setenv("MONGODB_URI", "mongodb://db.example/shop")
    assert intact.check(None, model="delivery").run.source_kind == "dump"


def test_mongodb_uri_is_used_where_intact_source_is_not_set_or_empty(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MONGODB_URI", "mongodb://anna:s3cr3t@db.example/shop")
    for _ in range(2):
        info = settled(None).source.info
        assert info.kind == "mongodb"
        assert "db.example" in info.label
        assert "s3cr3t" not in info.label
        environment.setenv("INTACT_SOURCE", "")


def test_a_source_that_is_given_wins_over_the_environment(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("INTACT_SOURCE", str(write(tmp_path / "shop", clean())))
    with pytest.raises(SourceError, match="none-such"):
        settled(tmp_path / "none-such")
    assert settled(SOURCE).source is SOURCE
