"""The official BSON corpus: valid documents are read right, broken ones are refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from intact.core import values
from intact.core.paths import Path
from intact.project import Batch, Column, Role, projector
from tests.project.naive import number_json

Corpus = dict[str, dict[str, Any]]

KEPT = {
    ("code", "invalid UTF-8"),
    ("dbpointer", "String with bad UTF-8"),
    ("string", "invalid UTF-8"),
    ("symbol", "invalid UTF-8"),
}
"""Decode errors after which the document stays: a text that is not UTF-8 is kept by its bytes, and told."""

DIFFERENT = {"regex: flags not alphabetized (degenerate_bson)"}
"""Drivers sort the flags of a regular expression. To MongoDB, which compares what is stored, these are two values."""

KINDS = {
    "$numberInt": values.INT,
    "$numberLong": values.LONG,
    "$numberDouble": values.DOUBLE,
    "$numberDecimal": values.DECIMAL,
    "$oid": values.OBJECT_ID,
    "$date": values.DATE,
    "$timestamp": values.TIMESTAMP,
    "$binary": values.BINARY,
    "$regularExpression": values.REGEX,
    "$dbPointer": values.DB_POINTER,
    "$symbol": values.SYMBOL,
    "$undefined": values.UNDEFINED,
    "$minKey": values.MIN_KEY,
    "$maxKey": values.MAX_KEY,
    "$code": values.CODE,
}

DATES = {
    0: '"1970-01-01T00:00:00Z"',
    1356351330000: '"2012-12-24T12:15:30Z"',
    1356351330001: '"2012-12-24T12:15:30.001Z"',
    1356351330501: '"2012-12-24T12:15:30.501Z"',
    2147483647: '"1970-01-25T20:31:23.647Z"',
}
"""The dates of the corpus from 1970 to 9999, in relaxed Extended JSON."""


PASSED = {
    ("array", "Invalid Array: bad string length in field"),
    ("code_w_scope", "bad scope doc (field has bad string length)"),
    ("document", "Invalid subdocument: bad string length in field"),
    ("document", "Null byte in sub-document key"),
} | KEPT
"""Decode errors that nobody notices who does not read the value: they lie inside it."""


class Pairs(list[tuple[str, Any]]):
    """An object of canonical Extended JSON, its fields in order."""


def expected_kind(value: Any) -> int:
    """The type code of a value in canonical Extended JSON."""
    if isinstance(value, Pairs):
        names = [name for name, _ in value]
        if names == ["$code", "$scope"]:
            return values.CODE_WITH_SCOPE
        return KINDS[names[0]] if len(names) == 1 and names[0] in KINDS else values.OBJECT
    kinds = {str: values.STRING, bool: values.BOOL, type(None): values.NULL, list: values.ARRAY}
    return kinds[type(value)]


def expected_json(value: Any) -> str:
    """What intact must make of a value in canonical Extended JSON."""
    match expected_kind(value):
        case values.ARRAY:
            return "[" + ",".join(map(expected_json, value)) + "]"
        case values.OBJECT:
            fields = [("$" + name if name.startswith("$") else name, each) for name, each in value]
            return "{" + ",".join(f"{compact(name)}:{expected_json(each)}" for name, each in fields) + "}"
        case values.CODE_WITH_SCOPE:
            return f'{{"$code":{compact(value[0][1])},"$scope":{expected_json(value[1][1])}}}'
        case values.INT | values.LONG:
            return str(int(value[0][1]))
        case values.DOUBLE | values.DECIMAL:
            return expected_number(Decimal(value[0][1]), is_double=value[0][0] == "$numberDouble")
        case values.DATE:
            milliseconds = int(value[0][1][0][1])
            return f'{{"$date":{DATES.get(milliseconds) or compact({"$numberLong": str(milliseconds)})}}}'
        case values.SYMBOL:
            return compact(value[0][1])
    return compact(plain(value))


def expected_number(number: Decimal, *, is_double: bool) -> str:
    if number.is_nan():
        return number_json(math.nan)
    if number.is_infinite():
        return number_json(math.copysign(math.inf, number))
    return number_json(Fraction(float(number)) if is_double else Fraction(number))


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    return {name: plain(each) for name, each in value} if isinstance(value, Pairs) else value


def expected_text(value: Any) -> str | None:
    """The canonical text of a value in canonical Extended JSON."""
    kind = expected_kind(value)
    if kind in (values.NULL, values.UNDEFINED):
        return None
    text = value if kind == values.STRING else value[0][1] if kind == values.SYMBOL else "$"
    return text if not text.startswith("$") else "$" + expected_json(value)


def project(data: bytes, *names: str) -> Batch:
    return projector([Column(Path((name,)), Role.KEY) for name in names]).project(data)


def valid_documents(corpus: Corpus) -> Iterator[tuple[str, bytes, Pairs]]:
    """Every valid document with what it holds, the degenerate and the converted forms too."""
    for name, file in corpus.items():
        for case in file.get("valid", ()):
            label = f"{name}: {case['description']}"
            for form, meaning in (
                ("canonical_bson", "canonical_extjson"),
                ("degenerate_bson", "canonical_extjson"),
                ("converted_bson", "converted_extjson"),
            ):
                if form in case:
                    yield (
                        f"{label} ({form})",
                        bytes.fromhex(case[form]),
                        json.loads(case[meaning], object_pairs_hook=Pairs),
                    )


def test_every_valid_document_gives_its_kinds_and_values(corpus: Corpus) -> None:
    wrong: list[str] = []
    count = 0
    for label, data, fields in valid_documents(corpus):
        count += 1
        batch = project(data, *(name for name, _ in fields))
        rows = batch.rows.to_pylist()
        if batch.problems or len(rows) != 1:
            wrong.append(f"{label}: {batch.problems}")
            continue
        for name, value in fields:
            found = rows[0][f"{name}#kind"], rows[0][f"{name}@key"]
            expected = expected_kind(value), expected_text(value)
            if (found == expected) == (label in DIFFERENT):
                wrong.append(f"{label}: {name} is {found}, not {expected}")
    assert wrong == []
    assert count >= 700, "the corpus has 728 valid documents and their other forms"


def test_every_broken_document_is_refused_or_told(corpus: Corpus) -> None:
    kept: set[tuple[str, str]] = set()
    count = 0
    for name, file in corpus.items():
        for case in file.get("decodeErrors", ()):
            count += 1
            batch = project(bytes.fromhex(case["bson"]), "a", "b", "d", "foo", "i", "x", "")
            assert batch.damaged, f"{name}: {case['description']} was not noticed"
            assert batch.rows.num_rows + batch.lost == batch.documents
            if not batch.lost:
                kept.add((name, case["description"]))
    assert kept == KEPT
    assert count >= 75


def test_unwanted_values_are_passed_over_with_their_insides(corpus: Corpus) -> None:
    """What is broken only inside an embedded document that nobody asked for does not cost the document.

    All other broken documents of the corpus are refused even where nothing in them is wanted.
    """
    passed: set[tuple[str, str]] = set()
    for name, file in corpus.items():
        for case in file.get("decodeErrors", ()):
            batch = project(bytes.fromhex(case["bson"]), "another field")
            if not batch.damaged:
                passed.add((name, case["description"]))
    assert passed == PASSED
