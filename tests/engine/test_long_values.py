"""What is too large to judge is left out and named; the memory budget holds, natively and in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bson
import pyarrow as pa
import pytest

from intact import check
from intact.engine import LongValues
from intact.engine.long_values import LONG_TEXT
from intact.findings import Report
from tests.sources.planting import write
from tests.support.native import missing

MODEL = """
intact: 1
name: things
title: Things
collections:
  things:
    noun: thing
    named: thing
    references: {ref: others, refs: others}
  others: {key: _id, noun: other}
reports:
  references:
    title: References
    purpose: What leads nowhere.
    cadence: monthly
    document: REFERENCES
    total: {nowhere: {count: NOWHERE}}
    checks:
      - {dangling-reference: things.ref, finding: NOWHERE, severity: high, description: "Thing leads to {ref}"}
      - {dangling-reference: things.refs, finding: NOWHERES, severity: high, description: "Thing leads to {refs}"}
"""


@pytest.fixture(params=["pure", "native"])
def projector(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "native" and (why := missing()):
        pytest.skip(why)
    monkeypatch.setenv("INTACT_PROJECTOR", request.param)
    return str(request.param)


def audit(folder: Path, things: list[dict[str, Any]], **options: Any) -> Report:
    model = folder / "model.yml"
    model.write_text(MODEL, encoding="utf-8")
    (folder / "dump").mkdir()
    write(folder / "dump/things.bson", b"".join(map(bson.encode, things)))
    write(folder / "dump/others.bson", b"".join(bson.encode({"_id": i}) for i in range(10)))
    return check(folder / "dump", model=model, fail_on=["none"], **options)


@pytest.mark.usefixtures("projector")
def test_keys_of_a_megabyte_are_judged_while_they_fit(tmp_path: Path) -> None:
    things = [{"_id": "k" * 2**20 + str(i), "ref": i, "refs": [1]} for i in range(12)]
    report = audit(tmp_path, things, memory="200MB")
    assert report.exit_code == 0
    assert report.sections[0].total[1] == 2  # 10 and 11 are no others


@pytest.mark.usefixtures("projector")
@pytest.mark.parametrize("size", [2**20, 16 * 2**20 - 100])
def test_what_does_not_fit_is_named_by_document_field_and_size(tmp_path: Path, size: int) -> None:
    things = [{"_id": f"{i:04}" + "k" * (size - 4), "ref": i} for i in range(24)]
    report = audit(tmp_path, things, memory="64MB")
    assert report.exit_code == 3
    (of_things,) = [each for each in report.collections if each.name == "things"]
    kept = 8_000_000 // size
    assert (of_things.documents, of_things.lost) == (24, 24 - kept)
    assert report.troubles_total == 24 - kept
    trouble = report.troubles[0]
    assert f"field _id is too large to judge ({size:,} bytes)" in trouble.what
    assert f"{kept:04}kkk" in trouble.where
    assert len(str(trouble)) < 1_000
    assert "--memory" in trouble.hint


@pytest.mark.usefixtures("projector")
def test_the_field_may_be_any_that_is_read(tmp_path: Path) -> None:
    things: list[dict[str, Any]] = [{"_id": i, "ref": 1, "refs": [1, "r" * 10**7]} for i in range(3)]
    report = audit(tmp_path, [*things, {"_id": 3, "ref": 99}, {"_id": {"a": "r" * 10**7}}], memory="64MB")
    assert report.exit_code == 3
    assert {each.what.partition(" is ")[0] for each in report.troubles} == {"its field refs", "its field _id"}
    assert report.sections[0].total[1] == 1  # 99; what was left out is said, and judged nothing


def test_many_short_texts_are_no_long_ones() -> None:
    rows = pa.record_batch({"_id": [str(i) * 40 for i in range(5_000)], "a@each": [["x"] * 100] * 5_000})
    kept, refused = LongValues(64 * 10**6).fit(rows)
    assert kept is rows
    assert not refused


def test_the_budget_is_one_for_all_batches_and_is_exact() -> None:
    values, size = LongValues(10 * 8 * LONG_TEXT), 2 * LONG_TEXT
    one = pa.record_batch({"_id": ["x" * size]})
    assert [values.fit(one) for _ in range(5)] == [(one, [])] * 5
    kept, (refused,) = values.fit(pa.record_batch({"_id": ["a", "x" * size, None]}))
    assert kept.column(0).to_pylist() == ["a", None]
    assert (refused.document_id, refused.column, refused.size) == ("x" * size, "_id", size)


def test_a_long_list_of_short_texts_has_a_budget_of_its_own() -> None:
    values = LongValues(64 * 10**6)
    lists = pa.record_batch({"_id": ["a"], "r@each": [["0123456789abcdef"] * 50_000]})  # 1.6 MB
    taken = [len(values.fit(lists)[1]) for _ in range(12)]
    assert taken == [0] * 10 + [1] * 2
