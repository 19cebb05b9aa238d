"""What the benchmarks are made of: a benchmark that leaves out work, or that does other work, is worth nothing."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import bson
import duckdb
import pyarrow as pa
import pytest
from benchmarks import contenders, forms, page, samples
from benchmarks.measure import Contender as Program
from benchmarks.measure import FailedError, Run, in_turn, run
from benchmarks.one_by_one import SAMPLE_CODE, UNINDEXED, Asked, OneByOne
from benchmarks.page import Audited, Results
from benchmarks.rivals.arrow_queries import queries

from intact import check
from tests.house.files import ROOT
from tests.sample_data import FAULT_KINDS, Planted, write_dump
from tests.servers.fixtures import unavailable

AS_OF = datetime.fromisoformat(samples.AS_OF)

LOST = ("UNREADABLE", "MISSING_ID", "DUPLICATE_ID")
"""Kinds of faults of which the rival's typed columns see a part only."""


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_dump(folder, orders=600, seed=5, faults=1, as_of=AS_OF)
    return folder


def elements(value: Any) -> int:
    """Count elements, embedded ones too."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(1 + elements(each) for each in inside)


def the_walk() -> Program:
    walk = contenders.bare_walk(ROOT / ".cache" / "bench")
    if walk.left_out:
        unavailable(walk.left_out)
    return walk


def test_the_walk_sees_every_element(dump: Path) -> None:
    said = the_walk().run(dump).said
    documents = [each for path in samples.files(dump) for each in bson.decode_all(path.read_bytes())]
    assert said["documents"] == len(documents)
    assert said["elements"] == sum(map(elements, documents))
    assert said["bytes"] == sum(path.stat().st_size for path in samples.files(dump))


def test_the_walk_takes_documents_that_lie_across_two_pieces(tmp_path: Path) -> None:
    documents = [{"_id": number, "text": "x" * 1_500_000, "list": [1, [2, {"a": 3}]]} for number in range(9)]
    (tmp_path / "large.bson").write_bytes(b"".join(map(bson.encode, documents)))
    said = the_walk().run(tmp_path).said
    assert (said["documents"], said["elements"]) == (9, 9 * elements(documents[0]))


def test_the_walk_refuses_what_is_broken(tmp_path: Path) -> None:
    (tmp_path / "broken.bson").write_bytes(bson.encode({"a": 1, "b": "text"})[:-3])
    with pytest.raises(FailedError, match="ends in the middle of a document"):
        the_walk().run(tmp_path)


def test_the_walk_is_compiled_as_the_native_projector_is() -> None:
    manifests = [ROOT / "benchmarks" / "walk" / "Cargo.toml", ROOT / "native" / "Cargo.toml"]
    walk, native = (tomllib.loads(path.read_text("utf-8"))["profile"]["release"] for path in manifests)
    usual = {"opt-level": 3}  # what cargo takes for a release where nothing is said
    assert {name: (usual | native)[name] for name in walk} == walk


def flat(documents: list[dict[str, Any]], fields: Mapping[str, pa.DataType]) -> pa.Table:
    """Make the columns that PyMongoArrow makes: what is of another type than declared is null."""
    fits: dict[pa.DataType, Any] = {
        pa.string(): str,
        pa.bool_(): bool,
        pa.float64(): (int, float),
        pa.timestamp("ms"): datetime,
    }

    def column(name: str, kind: pa.DataType) -> pa.Array:
        values = [document.get(name) for document in documents]
        if kind in fits:
            return pa.array([each if isinstance(each, fits[kind]) else None for each in values], kind)
        return pa.array([[totals(each) for each in value or ()] for value in values], kind)

    def totals(item: Any) -> dict[str, float | None]:
        total = item.get("total") if isinstance(item, dict) else None
        return {"total": total if isinstance(total, int | float) else None}

    return pa.table({name: column(name, kind) for name, kind in fields.items()})


TEXT, DATE = pa.string(), pa.timestamp("ms")
SCHEMAS = {
    "orders": {
        **dict.fromkeys(("id", "subscription_id", "customer_id", "status"), TEXT),
        **dict.fromkeys(("created_at", "delivery_date"), DATE),
        "billed": pa.bool_(),
        "items": pa.list_(pa.struct([("total", pa.float64())])),
    },
    "customers_v2": {
        **dict.fromkeys(("id", "user_id", "phone", "name", "status"), TEXT),
        **dict.fromkeys(("created_at", "updated_at"), DATE),
    },
    "users": {
        **dict.fromkeys(("id", "email", "customer_v2_id"), TEXT),
        **dict.fromkeys(("created_at", "updated_at"), DATE),
    },
    "subscriptions_v2": dict.fromkeys(("id", "customer_id", "status"), TEXT),
    "delivery_statuses": {
        **dict.fromkeys(("id", "order_id", "customer_id", "status"), TEXT),
        "confirmed_at": DATE,
    },
    "billing_records": {
        **dict.fromkeys(("id", "subscription_id", "period_date"), TEXT),
        "total_amount": pa.float64(),
    },
}


def plain_sample(folder: Path) -> Planted:
    """Write a sample with faults that typed columns can show."""
    faults = {kind: 3 for kind in FAULT_KINDS if not kind.startswith(LOST)}
    return write_dump(folder, orders=800, seed=7, faults=faults, as_of=AS_OF)


def found_by_hand(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    connection = duckdb.connect()
    for name, fields in SCHEMAS.items():
        documents = bson.decode_all((folder / "delivery" / f"{name}.bson").read_bytes())
        connection.register(name, flat(documents, fields))
    connection.execute(f"SET VARIABLE as_of = TIMESTAMP '{samples.AS_OF}'")
    for finding, sql in queries():
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        for row in cursor.fetchall():
            yield finding, dict(zip(names, row, strict=True))


def test_the_queries_by_hand_find_what_was_planted(tmp_path: Path) -> None:
    planted = plain_sample(tmp_path)
    found: dict[str, str] = {}
    for finding, row in found_by_hand(tmp_path):
        found[finding] = found.get(finding, "") + json.dumps(row, default=str)
    named = [(each.type, str(next(iter(each.ids.values()))).removeprefix("+91")) for each in planted.findings]
    missed = [finding for finding, name in named if name not in found.get(finding, "")]
    assert len(named) > 60
    assert missed == ["DOUBLE_BILLING"]  # its month is stored as a date, which the columns cannot show
    assert {each.type for each in planted.findings} <= set(found)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_projector_alone_takes_in_every_document_of_a_dump(tmp_path: Path, threads: str) -> None:
    planted = plain_sample(tmp_path)
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "projector_alone.py"),
        str(tmp_path / "delivery"),
        threads,
    ]
    said = run(command).said
    assert said["documents"] == sum(planted.documents.values())
    assert said["bytes"] == sum(path.stat().st_size for path in (tmp_path / "delivery").glob("*.bson"))


def test_memory_is_that_of_the_program_and_not_of_who_starts_it() -> None:
    held = bytearray(200_000_000)
    took = run([sys.executable, "-S", "-c", "print('{\"x\": 1}')"])
    assert took.memory < len(held) / 1e6 / 4
    assert took.said == {"x": 1}


def test_what_fails_is_told_and_does_not_end_the_rest(tmp_path: Path) -> None:
    good = Program("good", lambda _: [sys.executable, "-c", "print('{\"x\": 1}')"])
    bad = Program("bad", lambda _: [sys.executable, "-c", "raise SystemExit('no such thing')"])
    runs, failed = in_turn([bad, good], tmp_path, 2)
    assert failed == {"bad": "it failed (no such thing)"}
    assert [each.said for each in runs["good"]] == [{"x": 1}] * 2


def results(tmp_path: Path, one_by_one: OneByOne) -> Results:
    folder = tmp_path / "1000"
    folder.mkdir()
    (folder / "planted.json").write_text('{"documents": {"orders": 2000}, "findings_by_type": {}}')
    runs = {contenders.CHECK: [Run(2, 3, 100, {})], contenders.WALK: [Run(0.5, 0.5, 10, {"walking": 0.4})]}
    left_out = {contenders.ARROW: "nothing to install from"}
    audited = Audited(folder, runs, {}, left_out, {}, {})
    return Results("2026-11-22", "a machine", "versions", "pure", "512MB", 1, [audited], one_by_one)


def test_the_page_says_why_something_was_not_run(tmp_path: Path) -> None:
    text = page.render(results(tmp_path, OneByOne(left_out={"refscan": "java is not on the PATH"})))
    assert f"| {contenders.ARROW} | - | - | - | - | - | - | nothing to install from |" in text
    assert "Not run: refscan. java is not on the PATH." in text
    assert "| **`intact check`** | 2.00 s | 3.00 s | 100 MB | 4.00 | 6.00 | 1.00 |" in text


def test_what_was_not_measured_is_said_to_be_extrapolated(tmp_path: Path) -> None:
    asked = [Asked(SAMPLE_CODE, size // 2, size, [Run(1 + size / 100, 1, 1, {})]) for size in (100, 200)]
    asked += [Asked(UNINDEXED, size // 2, size, [Run(size**2 / 1e4, 1, 1, {})]) for size in (100, 200)]
    text = page.render(results(tmp_path, OneByOne(asked)))
    assert "extrapolated to 1,000 orders" in text
    assert "| *≈ 21 s* |" in text
    assert "| *≈ 7 min* |" in text


def test_the_prose_around_the_tables_and_parts_that_were_not_measured_stay(tmp_path: Path) -> None:
    live, forms = page.PART.format("live"), page.PART.format("forms")
    old = f"{live}\n\nof then\n\n{forms}\n\nold\n"
    (tmp_path / "page.md").write_text(f"before\n\n{page.BEGIN}\n\n{old}\n{page.END}\n\nafter\n")
    page.write(tmp_path / "page.md", f"{forms}\n\nnew\n")
    new = f"{live}\n\nof then\n\n{forms}\n\nnew\n"
    assert (tmp_path / "page.md").read_text() == f"before\n\n{page.BEGIN}\n\n{new}\n{page.END}\n\nafter\n"


def test_the_page_of_the_repository_has_the_marks() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert text.count(page.BEGIN) == text.count(page.END) == 1
    assert text.index(page.BEGIN) < text.index(page.END)


def test_the_audit_that_is_written_in_all_forms_makes_as_many_findings_as_it_is_said_to(
    tmp_path: Path,
) -> None:
    report = check(str(forms.dump(tmp_path, 2500)), model="delivery", as_of=AS_OF)
    assert report["invalid_references"].counts["INVALID_CUSTOMER_REFERENCE"] == 2500
    assert sum(sum(each.counts.values()) for each in report.sections) == 2500
    assert report.complete


def test_what_forms_cost_is_a_share_of_the_audit_without_a_file(tmp_path: Path) -> None:
    runs = {forms.ALONE: [Run(10, 20, 100, {})], ".ndjson": [Run(12, 21, 101, {})]}
    measured = replace(
        results(tmp_path, OneByOne()), forms=forms.Forms(1_000_000, runs, {".ndjson": 500.4}, {})
    )
    assert "| .ndjson | 12.00 s | 21.00 s | 101 MB | +20 % | +5 % | 500 MB |" in page.render(measured)
