"""The same document, however often it was read, is one; the same `_id` with other content is never taken for it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import bson
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import intact
from intact.checks import KINDS
from intact.core.paths import Path
from intact.engine import DIGEST, Copies, DuckEngine, all_different, drop_copies, span
from intact.findings import Report, to_document
from intact.model import parse
from intact.project import Column, Projector, Role
from intact.project.pure import PureProjector
from tests.project.both import needs_native
from tests.support.effort import share
from tests.support.memory import MemorySource
from tests.support.native import native_projector

COLUMNS = [Column(Path(("a",)), Role.KEY)]
PROJECTORS = [PureProjector, pytest.param(native_projector, marks=needs_native)]


def engine_of(projector: Projector, blocks: list[bytes], memory: int = 64 * 2**20) -> DuckEngine:
    engine = DuckEngine(memory)
    engine.create("c", projector.schema.append(pa.field(DIGEST, pa.uint64())))
    for block in blocks:
        batch = projector.project(block)
        engine.load("c", [batch.rows.append_column(DIGEST, batch.digests)])
    return engine


def kept(engine: DuckEngine) -> list[int]:
    return [int(str(row)) for (row,) in engine.query("SELECT _row FROM c ORDER BY _row")]


ID = st.none() | st.integers(0, 3) | st.sampled_from(["a", "b"])
DOCUMENT = st.fixed_dictionaries({"a": st.integers(0, 2), "unread": st.text(max_size=40) | st.integers(0, 2)})


@pytest.mark.parametrize("make", PROJECTORS)
@settings(max_examples=share(40), deadline=None)
@given(
    found=st.lists(st.tuples(ID, DOCUMENT), max_size=30),
    again=st.lists(st.integers(0, 29), max_size=20),
    at_once=st.integers(1, 7),
)
def test_what_is_the_same_byte_for_byte_is_kept_once_and_nothing_else_is_dropped(
    make: Any, found: list[tuple[Any, dict[str, Any]]], again: list[int], at_once: int
) -> None:
    bodies = [bson.encode(body if id_ is None else {"_id": id_, **body}) for id_, body in found]
    bodies += [bodies[number] for number in again if number < len(bodies)]
    blocks = [b"".join(bodies[at : at + at_once]) for at in range(0, len(bodies), at_once)]
    first = {body: at for at, body in reversed(list(enumerate(bodies)))}
    ids = Counter(bson.decode(body).get("_id") for body in first)
    with engine_of(make(COLUMNS), blocks) as engine:
        copies = drop_copies(engine, "c")
        assert kept(engine) == sorted(first.values())
    assert copies.dropped == len(bodies) - len(first)
    assert copies.rivals == sum(count > 1 for id_, count in ids.items() if id_ is not None)


@settings(max_examples=share(40), deadline=None)
@example(found=[(1, {"a": 0}), (1, {"a": 1})])
@example(found=[(1, {"a": 0}), (1, {"a": 0}), (1, {"a": 1}), (1, {"a": 1}), (2, {"a": 0}), (None, {"a": 0})])
@given(found=st.lists(st.tuples(ID, st.sampled_from([{"a": 0}, {"a": 1}, {"a": 2}])), max_size=12))
def test_of_a_document_that_came_again_after_a_change_the_last_counts(
    found: list[tuple[Any, dict[str, Any]]],
) -> None:
    bodies = [bson.encode(body if id_ is None else {"_id": id_, **body}) for id_, body in found]
    last = {id_: body for (id_, _), body in zip(found, bodies, strict=True) if id_ is not None}
    first = {body: at for at, body in reversed(list(enumerate(bodies)))}
    overtaken = {body for (id_, _), body in zip(found, bodies, strict=True) if last.get(id_, body) != body}
    with engine_of(PureProjector(COLUMNS), [b"".join(bodies)] if bodies else []) as engine:
        copies = drop_copies(engine, "c", changing=True)
        assert kept(engine) == sorted(at for body, at in first.items() if body not in overtaken)
    assert (copies.dropped, copies.overtaken) == (len(bodies) - len(first), len(overtaken))
    assert copies.rivals == 0


@pytest.mark.parametrize("make", PROJECTORS)
@pytest.mark.parametrize("size", [*range(64), 255, 256, 4096, 100_000])
def test_one_bit_anywhere_makes_another_document(make: Any, size: int) -> None:
    text = "x" * size
    bodies = [bson.encode({"_id": 1, "t": text})]
    bodies += [
        bson.encode({"_id": 1, "t": f"{text[:at]}y{text[at + 1 :]}"})
        for at in {0, size // 2, size - 1}
        if at >= 0
    ]
    bodies = list(dict.fromkeys(bodies))
    with engine_of(make(COLUMNS), [b"".join(bodies)]) as engine:
        assert drop_copies(engine, "c") == Copies(0, int(len(bodies) > 1))


@pytest.mark.parametrize("make", PROJECTORS)
def test_broken_documents_between_do_not_move_what_belongs_to_whom(make: Any) -> None:
    one, other = bson.encode({"_id": 1, "a": 1}), bson.encode({"_id": 2, "a": 2})
    broken = one[:-1] + b"\1"
    with engine_of(make(COLUMNS), [one + broken + other + broken + one + other]) as engine:
        assert drop_copies(engine, "c").dropped == 2
        assert kept(engine) == [0, 1]


def test_what_was_moved_to_the_disk_is_kept_once_too() -> None:
    bodies = [bson.encode({"_id": number, "a": "x" * 4000}) for number in range(4000)]
    with engine_of(PureProjector(COLUMNS), [b"".join(bodies), b"".join(bodies)], memory=50 * 10**6) as engine:
        assert engine.spilled or engine._copies  # else this tests nothing
        assert drop_copies(engine, "c") == Copies(4000, 0)
        assert kept(engine) == list(range(4000))


TEXT = st.none() | st.integers(-3, 120).map(lambda number: f"${number}") | st.text(max_size=2)


@settings(deadline=None)
@given(
    pieces=st.lists(st.lists(TEXT, max_size=6)),
    sort=st.sampled_from([None, lambda text: (len(text.encode()), text.encode()), str.encode]),
)
def test_values_that_are_said_to_be_all_different_are(pieces: list[list[str | None]], sort: Any) -> None:
    if sort is not None:
        ordered = sorted((each for piece in pieces for each in piece if each is not None), key=sort)
        pieces = [list[str | None](ordered[at : at + 3]) for at in range(0, len(ordered), 3)]
    told = all_different([span(pa.array(piece, pa.string())) for piece in pieces if piece])
    values = [each for piece in pieces for each in piece]
    if told:
        assert None not in values
        assert len(set(values)) == len(values)
    elif sort is not None:
        assert len(set(values)) < len(values)


MODEL = """
intact: 1
name: shop
title: Shop
collections:
  subs: {key: _id, named: sub_id}
  orders: {key: _id, named: order_id, references: {sub: subs}}
  bills: {key: _id, named: bill_id, references: {sub: subs}}
reconciliations:
  monthly:
    of: subs
    entries: {collection: bills, link: sub, period: period, amount: total}
    lines: {collection: orders, link: sub, date: at, amount: total}
reports:
  r:
    title: R
    cadence: monthly
    document: R
    checks:
      - {dangling-reference: orders.sub, finding: DANGLING, severity: high, description: d}
      - {unreconciled-amount: monthly, finding: MISMATCH, severity: high, description: d}
      - {double-entry: monthly, finding: TWICE, severity: high, description: d, ids: bill_ids}
      - {duplicate-key: all, finding: DUPLICATE_ID, severity: critical, description: d}
    total: {found: {count: all}}
"""


def audit(**data: list[dict[str, Any]]) -> Report:
    source = MemorySource({"subs": [], "bills": [], "orders": [], **data})
    return intact.check(
        source, model=parse(MODEL, KINDS), as_of=datetime(2026, 3, 1, tzinfo=UTC), show_personal=True
    )


def order(number: object, sub: str, total: int) -> dict[str, Any]:
    return {"_id": number, "sub": sub, "at": datetime(2026, 1, 5, tzinfo=UTC), "total": total}


def leftovers() -> Report:
    """Audit what moving data between shards left behind (a public report)."""
    orders = [
        order(n, sub, total)
        for n, sub, total in ((1, "s", 5), (2, "s", 7), (3, "t", 7), (4, "u", 6), (5, "u", 6), (6, "z", 4))
    ]
    again = [order(1, "s", 5), order(3, "t", 8), order(6, "z", 4)]
    bills = [
        {"_id": n, "sub": sub, "period": "2026-01", "total": total}
        for n, (sub, total) in enumerate({"s": 12, "t": 8, "u": 12}.items())
    ]
    return audit(subs=[{"_id": each} for each in "stu"], orders=[*orders, *again], bills=bills)


def test_a_document_that_was_left_behind_is_judged_once_and_counted_in_the_header() -> None:
    report = leftovers()
    (section,) = report.sections
    assert section.counts == {"DANGLING": 1, "MISMATCH": 1, "DUPLICATE_ID": 1}
    (read,) = [each for each in report.collections if each.name == "orders"]
    assert (read.documents, read.copies) == (7, 2)
    assert read.note == (
        "2 more documents are the same, byte for byte, as others, and are judged once; "
        "1 _id stands in several documents of different content: which of them counts cannot be told"
    )
    assert [each["copies"] for each in to_document(report)["collections"] if each["name"] == "orders"] == [2]  # type: ignore[union-attr, call-overload, index]  # of JSON


def test_the_same_id_with_other_content_is_a_finding_and_makes_a_sum_uncertain() -> None:
    (section,) = leftovers().sections
    by_type = {each.type: each.fields for each in section.issues}
    assert by_type["DUPLICATE_ID"]["id"] == 3
    assert by_type["MISMATCH"]["calculated"] == 15
    assert by_type["MISMATCH"]["amount_complete"] is False


def test_a_sum_that_takes_in_one_of_two_documents_of_one_id_is_complete() -> None:
    """The specification: a sum that takes in more than one of them is not."""
    bills = [{"_id": sub, "sub": sub, "period": "2026-01", "total": 100} for sub in "st"]
    subs = [{"_id": "s"}, {"_id": "t"}]
    (section,) = audit(subs=subs, bills=bills, orders=[order(1, "s", 5), order(1, "t", 8)]).sections
    found = {each.fields["sub_id"]: each.fields for each in section.issues if each.type == "MISMATCH"}
    assert {sub: fields["calculated"] for sub, fields in found.items()} == {"s": 5, "t": 8}
    assert not any("amount_complete" in fields for fields in found.values())


def test_two_bills_of_one_id_make_their_sum_uncertain() -> None:
    bills = [{"_id": 1, "sub": "s", "period": "2026-01", "total": total} for total in (5, 6)]
    (section,) = audit(subs=[{"_id": "s"}], bills=bills).sections
    (twice,) = [each for each in section.issues if each.type == "TWICE"]
    assert twice.fields["amount_complete"] is False
    apart = [{**bill, "_id": number} for number, bill in enumerate(bills)]
    (section,) = audit(subs=[{"_id": "s"}], bills=apart).sections
    assert "amount_complete" not in section.issues[0].fields


def test_documents_that_differ_in_their_id_alone_are_two() -> None:
    orders = [order(1, "gone", 5), order(2, "gone", 5)]
    assert audit(orders=orders).sections[0].counts == {"DANGLING": 2}


@pytest.mark.parametrize("times", [2, 5])
def test_a_file_given_several_times_changes_nothing_but_the_count_of_copies(times: int) -> None:
    orders = [order(number, "gone", number) for number in range(5)]
    once, often = audit(orders=orders), audit(orders=orders * times)
    assert [each.fingerprint for each in often.sections[0].issues] == [
        each.fingerprint for each in once.sections[0].issues
    ]
    assert often.headline.documents_scanned == once.headline.documents_scanned
    assert [each.copies for each in often.collections if each.name == "orders"] == [5 * (times - 1)]


def test_no_two_findings_share_a_fingerprint() -> None:
    nameless = [{"sub": "gone", "n": number} for number in range(3)]
    named = [{"_id": 1, "sub": "gone", "n": number} for number in range(3)]
    (section,) = audit(orders=[*nameless, *named]).sections
    prints = [each.fingerprint for each in section.issues]
    assert section.counts["DANGLING"] == 6
    assert len(set(prints)) == len(prints)
