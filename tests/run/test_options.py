"""What a run is asked to do: nonsense is refused with a sentence, before anything is read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import intact
from intact.audit.options import settle
from intact.core.errors import UsageError
from tests.support.memory import MemorySource

SOURCE = MemorySource({"orders": []})


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"repors": ["billing"]}, "'reports'"),
        ({"as_of": "9999-12-31T23:59:59-12:00"}, "date"),
        ({"as_of": date(2026, 1, 31)}, "date"),
        ({"as_of": "last Tuesday"}, "date"),
        ({"memory": "1MB"}, "64MB"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        intact.check(SOURCE, **options)


@pytest.mark.parametrize("source", [{}, [], b"dump", 5])
def test_what_is_no_source_is_refused(source: object) -> None:
    with pytest.raises(UsageError, match="no database handle"):
        intact.check(source, model="delivery")


def test_one_name_may_stand_without_a_list() -> None:
    options: Any = {"reports": "billing", "fail_on": "high"}
    settings = settle(SOURCE, options)
    assert [report.name for report in settings.reports] == ["billing"]
    assert settings.fail_on == ("CRITICAL", "HIGH")


@pytest.mark.parametrize("memory", [10**25, "9" * 400, "99999999999TB"])
def test_more_memory_than_there_is_can_be_given(memory: int | str) -> None:
    assert intact.check(SOURCE, model="delivery", memory=memory).exit_code == 3
