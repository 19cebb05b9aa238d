"""Whole dumps in every form, damaged anywhere: an audit ends with a report or a sentence, and says what it lost."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bson import json_util
from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.objectid import ObjectId
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from intact import check
from intact.core.errors import IntactError
from intact.findings import Report
from intact.reporters import FORMS
from tests.sources.planting import archive, encode
from tests.support.effort import share
from tests.support.small import AS_OF, PHANTOM, SECOND_BILL, small

ODD: Final[dict[str, Any]] = {
    "_id": ObjectId(b"x" * 12),
    "id": Binary(b"y" * 16, 4),
    "subscription_id": Decimal128("5.0"),
    "customer_id": ["c-1", None],
    "status": 5,
    "items": [{"total": 1.5}, {"total": "x"}],
    "delivery_date": datetime(2026, 1, 31, tzinfo=UTC),
    "created_at": 2**40,
}
DATA: Final = small(orders=[ODD], delivery_statuses=[PHANTOM], billing_records=[SECOND_BILL])
COUNT: Final = sum(map(len, DATA.values()))
Files = Mapping[str, bytes]


def tar() -> bytes:
    """All files of a dump in one, as ``tar`` packs a directory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, documents in DATA.items():
            content = encode(documents)
            info = tarfile.TarInfo(f"dump/shop/{name}.bson")
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return out.getvalue()


ARCHIVE: Final = archive(DATA)
TAR: Final = tar()
STREAMS: Final[dict[str, bytes]] = {
    "shop.archive": ARCHIVE,
    "shop.archive.gz": gzip.compress(ARCHIVE, mtime=0),
    "shop.tar": TAR,
    "shop.tar.gz": gzip.compress(TAR, mtime=0),
    "shop.tar.bz2": bz2.compress(TAR),
}
"""Forms that know where they end."""
DIRECTORIES: Final[dict[str, Files]] = {
    "bson": {f"{name}.bson": encode(each) for name, each in DATA.items()},
    "bson.gz": {f"{name}.bson.gz": gzip.compress(encode(each), mtime=0) for name, each in DATA.items()},
    "json": {
        f"{name}.json": json_util.dumps(each, json_options=json_util.CANONICAL_JSON_OPTIONS).encode()
        for name, each in DATA.items()
    },
    "lines": {
        f"shop.{name}.json": b"".join(json_util.dumps(one).encode() + b"\n" for one in each)
        for name, each in DATA.items()
    },
}
DUMPS: Final[dict[str, Files]] = {name: {name: data} for name, data in STREAMS.items()} | DIRECTORIES

Edit = Callable[[bytes], bytes]
SIGNS: Final = [
    b"\0", b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\5\0\0\0\0", b"\x6d\xe2\x99\x81", b"\x1f\x8b\x08",
    b"BZh9", b"PK\3\4", b"[", b"{", b'"', b"\\u0000", b"1e999", b"$oid", b"_id\0", b"\xef\xbb\xbf", b"\r\n", b",",
]  # fmt: skip
"""What some form takes for a beginning, an end or a length."""


def edit_of(kind: str, at: float, length: int, put: bytes, source: float) -> Edit:
    """Return what changes bytes at a share of their length."""

    def edit(data: bytes) -> bytes:
        start = int(at * len(data))
        other = int(source * len(data))
        return {
            "over": data[:start] + put + data[start + len(put) :],
            "in": data[:start] + put + data[start:],
            "out": data[:start] + data[start + length :],
            "again": data[:start] + data[other : other + length] + data[start:],
            "cut": data[:start],
            "behind": data + put,
        }[kind]

    return edit


shares = st.floats(0, 1, exclude_max=True)
edits: st.SearchStrategy[Edit] = st.builds(
    edit_of,
    st.sampled_from(["over", "in", "out", "again", "cut", "behind"]),
    shares,
    st.integers(1, 300),
    st.sampled_from(SIGNS) | st.binary(min_size=1, max_size=5),
    shares,
)


def damaged(name: str, data: bytes, changes: Sequence[Edit], *, within: bool) -> bytes:
    """Return a file after all changes; ``within`` makes them in what was packed, whose checksum then holds."""
    packed = within and name.endswith(".gz")
    content = gzip.decompress(data) if packed else data
    for change in changes:
        content = change(content)
    return gzip.compress(content, mtime=0) if packed else content


def audited(files: Files) -> Report | IntactError:
    """Audit files, and write the report in every form; anything else that is raised fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        place = Path(folder) / next(iter(files)) if len(files) == 1 else Path(folder)
        try:
            report = check(place, model="delivery", as_of=AS_OF, reports=["invalid_references", "billing"])
        except IntactError as error:
            assert error.message
            assert "fault in intact" not in str(error)
            return error
        for form in FORMS:
            assert any(form.render(report)), form.name
        return report


@settings(max_examples=share(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(DUMPS)), st.data(), st.lists(edits, min_size=1, max_size=4), st.booleans())
def test_a_dump_that_is_damaged_anywhere_gives_a_report_or_a_sentence(
    form: str, data: st.DataObject, changes: list[Edit], within: bool
) -> None:
    files = dict(DUMPS[form])
    hit = data.draw(st.sampled_from(sorted(files)))
    files[hit] = damaged(hit, files[hit], changes, within=within)
    audited(files)


@settings(max_examples=share(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(STREAMS)), shares, st.booleans())
@example("shop.tar", 0.5, False)
@example("shop.archive", 0.99, False)
def test_a_stream_that_ends_too_early_is_never_taken_for_a_whole_one(
    form: str, at: float, within: bool
) -> None:
    """A backup over a line that broke: what is missing was not looked at, and is not clean."""
    cut = edit_of("cut", at, 0, b"", 0)
    outcome = audited({form: damaged(form, STREAMS[form], [cut], within=within)})
    if isinstance(outcome, Report) and outcome.complete:
        assert outcome.headline.documents_scanned == whole(form).headline.documents_scanned


def whole(form: str) -> Report:
    """Audit the dump as it was."""
    outcome = audited({form: STREAMS[form]})
    assert isinstance(outcome, Report)
    assert outcome.complete
    return outcome
