"""Write inputs for the fuzz targets to begin with: ``python -m native.fuzz.seed FOLDER``.

They are the documents of the official BSON corpus, sound and broken, where it is (``INTACT_BSON_CORPUS``, or
``.cache/bson_corpus``, where the tests of the projector put it), and documents of intact's own sample.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from struct import pack, unpack_from
from typing import Final

from tests.sample_data import DEMO_AS_OF, DEMO_FAULTS, write_dump

CORPUS: Final = Path(
    os.environ.get("INTACT_BSON_CORPUS") or Path(__file__).parents[2] / ".cache" / "bson_corpus"
)
COLUMN_SETS: Final = 8
"""How many sets of columns the target ``walker`` has."""

DOCUMENTS: Final = 12  # of each collection of the sample
TERMINATOR: Final = b"\xff" * 4
PIECES: Final = bytes(
    (4, 0, 6, 40, 250)
)  # sizes of pieces for the target ``framing``, and how many there are


def corpus() -> Iterator[bytes]:
    """Give each document of the corpus, as it is and as the value of the fields that are wanted."""
    for path in sorted(CORPUS.glob("*.json")):
        cases = json.loads(path.read_text(encoding="utf-8"))
        for case in (*cases.get("valid", ()), *cases.get("decodeErrors", ())):
            for form in ("canonical_bson", "degenerate_bson", "converted_bson", "bson"):
                if form in case:
                    document = bytes.fromhex(case[form])
                    yield document
                    yield nested(document)


def nested(document: bytes) -> bytes:
    """Give a document with another one as its ``a`` and as the only item of its ``l``."""
    array = b"\x030\0" + document
    inside = b"\x03a\0" + document + b"\x04l\0" + pack("<i", len(array) + 5) + array + b"\0"
    return pack("<i", len(inside) + 5) + inside + b"\0"


def sample() -> Iterator[bytes]:
    """Give the first documents of each collection of the sample, end to end."""
    with tempfile.TemporaryDirectory() as folder:
        write_dump(folder, orders=200, seed=7, faults=dict.fromkeys(DEMO_FAULTS, 1), as_of=DEMO_AS_OF)
        for path in sorted(Path(folder).rglob("*.bson")):
            data = path.read_bytes()
            at = 0
            for _ in range(DOCUMENTS):
                if at < len(data):
                    at += unpack_from("<i", data, at)[0]
            yield data[:at]


def main(folder: Path) -> None:
    """Write the seeds of each target into a folder of its name."""
    found = list(corpus())
    if not found:
        print(f"There is no BSON corpus in {CORPUS}; tests/project fetches it.", file=sys.stderr)
    shop = list(sample())
    walker = [bytes((at % COLUMN_SETS, at % 5)) + each for at, each in enumerate(found)]
    walker += [bytes((choice, 2)) + each for each in shop for choice in range(COLUMN_SETS)]
    framing = [PIECES + each + TERMINATOR + each[:-1] for each in shop]
    framing += [PIECES + TERMINATOR.join(found[at : at + 9]) + TERMINATOR for at in range(0, len(found), 9)]
    for target, inputs in (("walker", walker), ("framing", framing)):
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        for each in inputs:
            (place / sha256(each).hexdigest()[:16]).write_bytes(each)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
