"""The sample's report is what somebody has read and found right; it changes only when somebody reads it again."""

from __future__ import annotations

import pytest

from intact.reporters import FORMS
from tests.reporters.golden import FOLDER, golden

FILES = golden()


@pytest.mark.parametrize("name", FILES)
def test_the_sample_is_reported_as_it_was_read(name: str) -> None:
    assert FILES[name]() == (FOLDER / name).read_bytes(), "make golden, and read what has changed"


def test_there_is_no_file_of_what_is_not_made_any_more() -> None:
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert there == set(FILES)


def test_every_form_has_one() -> None:
    have = {name.removeprefix("report") for name in FILES} | {".csv.zip", ".md"}  # those lie in folders
    assert [form.name for form in FORMS if not have & {*form.suffixes, f"{form.suffix}.txt"}] == []
