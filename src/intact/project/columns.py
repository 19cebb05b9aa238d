"""Which columns a document becomes.

For each declared path one **kind** column and the columns of each role in which the path is used. Column names are the
path and a suffix; every table also has ``_id`` (canonical text of the document's ``_id``, null where it has none).

====================  ==================  ============================================================================
column                Arrow type          holds
====================  ==================  ============================================================================
``p#kind``            uint8               BSON type code of the value; 0 where it is absent. Of a path through an
                                          array: the kind at its container (``items`` of ``items[].total``)
``p@key``             string              role KEY: canonical text (:mod:`intact.core.values`); null for absent, null,
                                          undefined, and for a path that goes through an array
``p@each``            list<string>        role KEY: for an array, the canonical text of each element, null for elements
                                          that are null or undefined; for a path that goes through an array, the set
                                          of values that MongoDB sees: one flat list, each value once, a plain value in
                                          the array's place too. Null where there is neither an array nor such a value
``p@text``            string              role TEXT: canonical text, cut after 256 characters with ``…``; null as
                                          for ``p@key``
``p@amount``          decimal128(38, 18)  role AMOUNT: exact; a double by its shortest text. Null where absent, null,
                                          undefined, wide or bad
``p@wide``            string              role AMOUNT: decimal text of an amount that is readable, but not below 10**11
                                          in size, or with more than 18 decimals
``p@bad``             string              roles AMOUNT, DATE, FLAG: canonical text (cut as above) of a value that is
                                          there and cannot be read as what it must be. One column for all three roles
                                          of a path is never needed: a path is declared in one of them only
``p@date``            int64               role DATE: UTC milliseconds since 1970
``p@month``           int32               role DATE: months since 1970-01, only where the text names a day or a month
                                          without a time: it lies in that month in every time zone
``p@flag``            bool                role FLAG
``p@match``           list<string>        role MATCH: where there is an array at the path or on the way, the canonical
                                          text of each value by which a query's equality finds the document, each
                                          once; null for an element that is null, and for an embedded document of an
                                          array that lacks the rest of the path. Null where there is no array
====================  ==================  ============================================================================

The AMOUNT role of a path through an array (``items[].total``) has the same columns as lists: ``p@amount``
list<decimal128(38, 18)> and ``p@kinds`` list<uint8> with one entry an element that is an object (its kind and value
at the end of the path), ``p@wide`` list<string> of the wide ones, null where there are none, and ``p@bad``
list<struct<field: string, kind: uint8, text: string>>, null where there are none: ``field`` is the part of the path
that could not be read, ``items`` where it is no array (nor absent, null, undefined) or one of its elements is no
object, ``items[].total`` where the value there is no amount. Lists are null where the container is absent, null or
undefined.

Where the currency of such an amount goes through an array, too (``items[].currency``), the role MONEY of the amount's
path has ``p@money``, list<struct<currency: string, type: uint8, kind: uint8, amount: decimal128(38, 18), wide:
string>>, an entry for each of ``p@kinds``: the amount as above, its kind, and as ``currency`` and ``type`` the text
(cut as above) and the kind of the currency of the element that the amount lies in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from intact.core.paths import Path

if TYPE_CHECKING:
    from intact.project.occurrence import Occurrence  # it has to know the roles
DIGEST = pa.uint64()


class Role(Enum):
    """What a path is used as. A path may have KEY, TEXT and MATCH beside one of the others."""

    KEY = "key"
    TEXT = "text"
    AMOUNT = "amount"
    DATE = "date"
    FLAG = "flag"
    MATCH = "match"
    MONEY = "money"


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """A path in one role. Only KEY, AMOUNT and MONEY may go through arrays.

    Attributes:
        currency: Of the role MONEY, the path of the currency: through the first of the arrays of ``path``, or more.
    """

    path: Path
    role: Role
    currency: Path | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A document, or a value that the audit reads, which could not be taken in.

    Attributes:
        what: What is wrong, one sentence without full stop ("the string is not UTF-8").
        document_id: Canonical text of the document's ``_id``; None where it could not be read.
        path: Where in the document; empty for the document as a whole.
        expected: What should be there, empty where that does not apply.
        found: What is there (a type name, a length).
        offset: Byte offset from the beginning of the collection's bytes; of the document in its block where the block
            has no offset.
        lost: Whether the whole document had to be left out.
    """

    what: str
    document_id: str | None
    path: str
    expected: str
    found: str
    offset: int
    lost: bool


@dataclass(frozen=True, slots=True)
class RepeatedField:
    """A document that gives a field which the audit reads more than once.

    Attributes:
        document_id: Canonical text of its ``_id``; None where it has none.
        fields: Paths of the first such fields, positions in arrays as numbers.
    """

    document_id: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Projected documents.

    Attributes:
        rows: A row a document, with the columns of :func:`schema`, in the order of the documents.
        problems: What could not be taken in, at most :data:`MAX_PROBLEMS` of them a batch.
        documents: How many documents were looked at, the lost ones included.
        lost: How many of them are not in ``rows``.
        damaged: How many problems there were, told or not.
        repeated: How many documents give a field that the audit reads more than once; the first counts.
        occurrence: Which fields the documents in ``rows`` have.
        repeats: The first of the documents that give a field more than once, at most :data:`MAX_REPEATS` a batch.
        digests: Of each row, a number (uint64) of its document's bytes: equal for equal bytes, and nearly never for
            others. It says nothing outside the run.
    """

    rows: pa.RecordBatch
    problems: tuple[Problem, ...]
    documents: int
    lost: int
    damaged: int
    repeated: int
    occurrence: Occurrence
    repeats: tuple[RepeatedField, ...] = ()
    digests: pa.Array = field(default_factory=lambda: pa.array([], DIGEST), compare=False, repr=False)


MAX_PROBLEMS = 100
MAX_REPEATS = 20


class Projector(Protocol):
    """Turns blocks of one collection into batches. Keeps nothing from one block to the next but caches.

    Attributes:
        schema: Of the batches.
        parallel: Whether several threads may project at once.
    """

    schema: pa.Schema
    parallel: bool

    def begin(self) -> None:
        """Take note that the collection is read anew, from its beginning."""

    def project(self, data: bytes | memoryview, offset: int = 0) -> Batch:
        """Project whole documents that lie end to end. Never raises, whatever the bytes are."""


def schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of the table for these columns: ``_id`` first, then by path, as in the module's table."""
    fields = [pa.field("_id", pa.string())]
    for path in sorted({column.path for column in columns}):
        roles = {column.role for column in columns if column.path == path}
        fields.append(pa.field(f"{path}#kind", pa.uint8(), nullable=False))
        for role in Role:
            if role in roles:
                fields.extend(
                    pa.field(f"{path}@{suffix}", kind) for suffix, kind in _types(role, is_list=path.is_list)
                )
    return pa.schema(fields)


DECIMAL = pa.decimal128(38, 18)
MONEY = pa.list_(
    pa.struct(
        [
            ("currency", pa.string()),
            ("type", pa.uint8()),
            ("kind", pa.uint8()),
            ("amount", DECIMAL),
            ("wide", pa.string()),
        ]
    )
)
BAD = pa.list_(pa.struct([("field", pa.string()), ("kind", pa.uint8()), ("text", pa.string())]))


def _types(role: Role, *, is_list: bool) -> list[tuple[str, pa.DataType]]:
    if role is Role.KEY:
        return [("key", pa.string()), ("each", pa.list_(pa.string()))]
    if role is Role.TEXT:
        return [("text", pa.string())]
    if role is Role.MONEY:
        return [("money", MONEY)]
    if role is Role.MATCH:
        return [("match", pa.list_(pa.string()))]
    if role is Role.DATE:
        return [("date", pa.int64()), ("month", pa.int32()), ("bad", pa.string())]
    if role is Role.FLAG:
        return [("flag", pa.bool_()), ("bad", pa.string())]
    if is_list:
        return [
            ("amount", pa.list_(DECIMAL)),
            ("kinds", pa.list_(pa.uint8())),
            ("wide", pa.list_(pa.string())),
            ("bad", BAD),
        ]
    return [("amount", DECIMAL), ("wide", pa.string()), ("bad", pa.string())]
