"""The native projector on documents that others wrote: the official corpus, Northwind, the cases of the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path as FilePath
from typing import Any

import bson
import pytest

from intact.audit.evaluate import needs
from intact.checks import KINDS
from intact.core import values
from intact.core.paths import EACH, Path
from intact.model import load, parse
from intact.model.specs import Model
from intact.project import Column, Role
from intact.project.elements import DamageError, Element, elements
from tests.oracle.worlds import world
from tests.project.both import Both, needs_native
from tests.project.raw import frame, string
from tests.sample.reading import AS_OF, as_database
from tests.sample_data import Business
from tests.support.cases import Case, load_cases

Corpus = dict[str, dict[str, Any]]

CASES = [
    case
    for path in sorted((FilePath(__file__).parents[1] / "checks" / "cases").glob("*.yml"))
    for case in load_cases(path)
]
NORTHWIND = FilePath(__file__).parents[3] / "shared" / "northwind"

pytestmark = needs_native


def members(data: bytes, start: int, end: int) -> list[Element]:
    """The elements of a document, as far as they can be told."""
    found: list[Element] = []
    with suppress(DamageError):
        for each in elements(data, start, end):
            found.append(each)  # noqa: PERF402 - what comes before a break stays
    return found


def paths(data: bytes) -> set[Path]:
    """The paths of a document: its fields, those of what is embedded, and those of the elements of its arrays."""
    found = {Path(("no such field",))}
    for kind, name, start, end in members(data, 0, len(data)):
        steps = (name.decode(errors="replace"),)
        found |= {Path(steps), Path((*steps, EACH))}
        if kind in (values.OBJECT, values.ARRAY):
            for inner_kind, inner, begin, stop in members(data, start, end):
                below = inner.decode(errors="replace")
                found |= {Path((*steps, below)), Path((*steps, EACH, below))}
                if inner_kind == values.OBJECT:
                    deep = {each[1].decode(errors="replace") for each in members(data, begin, stop)}
                    found |= {Path((*steps, EACH, last)) for last in deep}
                    found |= {Path((*steps, below, last)) for last in deep}
    return found


def column_sets(wanted: set[Path]) -> Iterator[list[Column]]:
    """All the roles that paths can have, a set for each of those that only one path may have at a time."""
    for role in (Role.AMOUNT, Role.DATE, Role.FLAG):
        roles = {Role.KEY, Role.TEXT, Role.MATCH, role}
        yield [
            Column(path, each)
            for path in sorted(wanted)
            for each in (roles & {Role.KEY, Role.AMOUNT} if path.is_list else roles)
        ]


def compare_all_paths(documents: Sequence[bytes], at_once: int = 50) -> None:
    for columns in column_sets(set().union(*map(paths, documents[:200]))):
        Both(columns).compare(documents, at_once)


def test_every_valid_document_of_the_corpus_is_read_alike(corpus: Corpus) -> None:
    count = 0
    for file in corpus.values():
        for case in file.get("valid", ()):
            for form in ("canonical_bson", "degenerate_bson", "converted_bson"):
                if form in case:
                    compare_all_paths([bytes.fromhex(case[form])])
                    count += 1
    assert count >= 700


def test_every_broken_document_of_the_corpus_is_read_alike(corpus: Corpus) -> None:
    count = 0
    for file in corpus.values():
        for case in file.get("decodeErrors", ()):
            data = bytes.fromhex(case["bson"])
            for columns in column_sets(paths(data)):
                Both(columns).compare_block(data)
            count += 1
    assert count >= 75


def test_texts_that_the_corpus_calls_wrong_are_read_alike_as_texts(corpus: Corpus) -> None:
    """They are wrong as decimals or as Extended JSON; in a document they are texts as good as any."""
    wrong = [case["string"] for file in corpus.values() for case in file.get("parseErrors", ())]
    assert len(wrong) >= 150
    compare_all_paths([frame(b"\x02a\0" + string(text.encode())) for text in wrong])


@pytest.mark.parametrize("file", sorted({case.file for case in CASES}))
def test_the_documents_of_all_cases_of_checks_are_read_alike(file: str) -> None:
    for case in CASES:
        if case.file == file:
            compare_case(case)


def compare_case(case: Case) -> None:
    """Compare the documents of a case in the columns that its model reads, and in those of all its paths."""
    model = parse(case.model, KINDS, f"{case.file}.yml")
    for collection, columns in needs(model, model.reports.values()).items():
        documents = case.data.get(collection, ())
        Both(sorted(columns, key=lambda column: (column.path, column.role.value))).compare(documents)
        if documents:
            compare_all_paths(documents)


def compare_database(model: Model, data: Mapping[str, Sequence[bytes]]) -> int:
    """Compare what a model reads of a database, in large blocks and in small ones."""
    count = 0
    for collection, columns in needs(model, model.reports.values()).items():
        for at_once in (3, 10_000):
            both = Both(sorted(columns, key=lambda column: (column.path, column.role.value)))
            both.compare(data.get(collection, ()), at_once)
            count += both.compared
    return count


@pytest.mark.spread(3)
@pytest.mark.parametrize("seed", range(12))
def test_a_hostile_business_is_read_alike(seed: int) -> None:
    data = {name: list(map(bson.encode, found)) for name, found in world(seed, hostile=0.5).items()}
    assert compare_database(load("delivery", KINDS), data) > 100


def test_a_usual_business_is_read_alike() -> None:
    business = as_database(Business(orders=2_000, seed=1, faults=2, as_of=AS_OF))
    data = {name: list(map(bson.encode, found)) for name, found in business.items()}
    assert compare_database(load("delivery", KINDS), data) > 8_000


def cut(data: bytes) -> list[bytes]:
    """The documents of a file."""
    found, at = [], 0
    while at < len(data):
        end = at + int.from_bytes(data[at : at + 4], "little")
        found.append(data[at:end])
        at = end
    return found


@pytest.fixture(scope="module")
def northwind() -> dict[str, list[bytes]]:
    if not NORTHWIND.is_dir():
        pytest.skip("the Northwind dump is not beside the checkout (../shared/northwind)")
    return {path.stem: cut(path.read_bytes()) for path in sorted(NORTHWIND.glob("*.bson"))}


def test_northwind_is_read_alike_in_the_columns_of_its_model(northwind: dict[str, list[bytes]]) -> None:
    assert compare_database(load("northwind", KINDS), northwind) > 5_000


def test_northwind_is_read_alike_in_every_column_it_could_have(northwind: dict[str, list[bytes]]) -> None:
    for documents in northwind.values():
        compare_all_paths(documents, 500)


@pytest.mark.parametrize("make", [bytes, memoryview], ids=["bytes", "a view"])
def test_blocks_may_be_a_part_of_something_larger(make: Callable[[bytes], Any]) -> None:
    both = Both([Column(Path.parse("a"), Role.KEY)])
    document = bson.encode({"_id": 1, "a": "x"})
    part = memoryview(make(b"before" + document * 3 + b"after"))[6 : 6 + 3 * len(document)].toreadonly()
    assert both.native.project(part, 5).rows.equals(both.pure.project(document * 3, 5).rows)
