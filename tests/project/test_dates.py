"""What counts as a date, in UTC milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core import values
from intact.core.paths import Path
from intact.project import Column, Role, projector
from intact.project.dates import parse
from tests.project.raw import FALSE, NULL, Value, document, integer, long, text

DATE = projector([Column(Path(("a",)), Role.DATE)])


def cells(value: Value) -> tuple[int | None, int | None, str | None]:
    rows = DATE.project(document(("a", value))).rows
    date, month, bad = (rows[f"a@{name}"][0].as_py() for name in ("date", "month", "bad"))
    return date, month, bad


def utc(*parts: int) -> int:
    """Milliseconds of a moment given by year, month, day, hour, minute, second, millisecond."""
    year, month, day, hour, minute, second, millisecond = [*parts, *(0,) * (7 - len(parts))]
    return (
        round(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1000 + millisecond
    )


FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999
"""The first and the last millisecond of the years 1 to 9999."""


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("2026-01-31T10", utc(2026, 1, 31, 10)),
        ("2026-01-31T00", utc(2026, 1, 31)),
        ("2026-01-31T10:30", utc(2026, 1, 31, 10, 30)),
        ("2026-W05-6T10:30", utc(2026, 1, 31, 10, 30)),
        ("2026-01-31 10:30:05", utc(2026, 1, 31, 10, 30, 5)),
        ("2026-01-31t10:30:05z", utc(2026, 1, 31, 10, 30, 5)),
        ("20260131T103005Z", utc(2026, 1, 31, 10, 30, 5)),
        ("2026-01-31T10:30:05.1", utc(2026, 1, 31, 10, 30, 5, 100)),
        ("2026-01-31T10:30:05,123999Z", utc(2026, 1, 31, 10, 30, 5, 123)),
        ("2026-01-31T10:30:05.1239999999999", utc(2026, 1, 31, 10, 30, 5, 123)),
        ("2026-01-31T10:30+05:30", utc(2026, 1, 31, 5)),
        ("2026-01-31T10:30-0530", utc(2026, 1, 31, 16)),
        ("2026-01-31T10:30+05", utc(2026, 1, 31, 5, 30)),
        ("1969-12-31T23:59:59.9999Z", -1),
        ("1969-12-31T23:59:59.9989Z", -2),
        ("0001-01-01T00:00", FIRST),
        ("0001-01-01T05:30+05:30", FIRST),
        ("9999-12-31T23:59:59.999", LAST),
        ("9999-12-31T22:59:59.999-01:00", LAST),
    ],
)
def test_iso_text_with_a_time_is_a_moment(written: str, milliseconds: int) -> None:
    assert cells(text(written)) == (milliseconds, None, None)
    assert cells(text(written, values.SYMBOL)) == (milliseconds, None, None)


@pytest.mark.parametrize(
    ("written", "milliseconds", "month"),
    [
        ("2026-01-31", utc(2026, 1, 31), 672),
        ("20260131", utc(2026, 1, 31), 672),
        ("2026-W05-6", utc(2026, 1, 31), 672),
        ("2026W056", utc(2026, 1, 31), 672),
        ("2026-W01-1", utc(2025, 12, 29), 671),  # the week of a year may begin in the year before
        ("2025-12-01", utc(2025, 12, 1), 671),
        ("1969-12-31", -86_400_000, -1),
        ("0001-01-01", FIRST, -23_628),
        ("9999-12-31", LAST - 86_399_999, 96_359),
    ],
)
def test_text_without_a_time_is_a_day_and_says_in_which_month_it_lies(
    written: str, milliseconds: int, month: int
) -> None:
    assert cells(text(written)) == (milliseconds, month, None)
    assert cells(text(written, values.SYMBOL)) == (milliseconds, month, None)


@pytest.mark.parametrize(
    ("written", "month"), [("2026-01", 672), ("1970-01", 0), ("1969-12", -1), ("0001-01", -23_628)]
)
def test_a_month_alone_is_its_first_moment_and_says_so(written: str, month: int) -> None:
    year, number = map(int, written.split("-"))
    assert cells(text(written)) == (parse(f"{written}-01")[0], month, None)  # type: ignore[index] # it is a date
    assert (year - 1970) * 12 + number - 1 == month


@pytest.mark.parametrize("milliseconds", [0, -1, 1_700_000_000_123, FIRST, LAST])
def test_a_bson_date_of_the_years_1_to_9999_is_taken(milliseconds: int) -> None:
    assert cells(Value(values.DATE, milliseconds)) == (milliseconds, None, None)


@pytest.mark.parametrize("milliseconds", [FIRST - 1, LAST + 1, -(2**63), 2**63 - 1, 8_640_000_000_000_000])
def test_a_bson_date_before_the_year_1_or_beyond_9999_cannot_be_read(milliseconds: int) -> None:
    shown = f'${{"$date":{{"$numberLong":"{milliseconds}"}}}}'
    assert cells(Value(values.DATE, milliseconds)) == (None, None, shown)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            " ",
            "2026",
            "2026-1-5",
            "26-01-05",
            "2026/01/05",
            "05.01.2026",
            "202601",
            "2026-13",
            "2026-00",
            "0000-01",
        ),
        *(
            "0000-01-01",
            "10000-01-01",
            "+2026-01-01",
            "2026-02-30",
            "2026-W54-1",
            "2026-W05-8",
            "2026-W05",
            "2026W05",
            "2026-W05T10:00",
            "0001-01-01T00:00+00:01",
            "9999-12-31T23:59:59.999-00:01",
            "9999-12-31T23:59-23:59",
            "2026-001",
            "2026-01-31T",
        ),
        *(
            "2026-01-31T24:00",
            "2026-01-31T10:60",
            "2026-01-31T10:30:60",
            "2026-01-31T1:30",
            "2026-01-31x10:30",
        ),
        *(
            "2026-01-31T10:30+24:00",
            "2026-01-31T10:30+05:60",
            "2026-01-31T10:30:05.",
            "2026-01-31T10.5",
            "2026-01-31Z",
        ),
        *(
            " 2026-01-31",
            "2026-01-31 ",
            "2026-01-31\n",
            "2026-01\n",
            "\uff12026-01-31",
            "\uff12026-01",
            "2026-01Z",
            "now",
            "1700000000000",
        ),
        *(
            "2026-01-31T10:30+5",
            "2026-01-31T10:30 +05:00",
            "2026-01-31T10:30Z ",
            "2026-01-31T10:30:00+05:30:10.5",
        ),
    ],
)
def test_other_text_is_no_date_and_is_shown(written: str) -> None:
    assert cells(text(written)) == (None, None, written)


def test_numbers_booleans_and_timestamps_are_no_dates() -> None:
    assert cells(long(1_700_000_000_000)) == (None, None, "$1700000000000")
    assert cells(integer(0)) == (None, None, "$0")
    assert cells(FALSE) == (None, None, "$false")
    assert cells(Value(values.TIMESTAMP, (1, 1))) == (None, None, '${"$timestamp":{"t":1,"i":1}}')
    assert cells(text(b"2026-01-31\xff")) == (None, None, '${"$invalidUtf8":"323032362d30312d3331ff"}')
    assert cells(NULL) == (None, None, None)


@given(st.datetimes(), st.timezones() | st.none(), st.sampled_from(["auto", "seconds", "milliseconds"]))
def test_what_python_writes_is_read_back(moment: datetime, zone: object, precision: str) -> None:
    written = moment.replace(tzinfo=zone).isoformat(timespec=precision)  # type: ignore[arg-type] # a zone or None
    offset = moment.replace(tzinfo=zone).utcoffset()  # type: ignore[arg-type] # a zone or None
    if offset is not None and offset.microseconds:
        return
    read = datetime.fromisoformat(written)
    since = (read.replace(tzinfo=None) - datetime(1970, 1, 1)) - (read.utcoffset() or moment - moment)
    milliseconds = since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
    assert parse(written) == (milliseconds, None)
