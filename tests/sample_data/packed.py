"""The dump that ``intact demo`` audits: made here, packed, and carried by the package.

``make golden`` (or ``python -m tests.sample_data.packed``) writes it anew where its content has changed.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from intact.cli import demo
from tests.sample_data import DEMO_AS_OF, DEMO_FAULTS, DEMO_ORDERS, DEMO_SEED, write_dump

PACKED: Final = Path(demo.__file__).with_name(demo.PACKED)


def made() -> dict[str, bytes]:
    """Return what the generator makes: the content of each file by its path."""
    with tempfile.TemporaryDirectory() as folder:
        write_dump(folder, orders=DEMO_ORDERS, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
        found = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def carried() -> dict[str, bytes]:
    """Return what the package carries: the content of each file by its path."""
    with tarfile.open(PACKED) as file:
        contents = ((member.name, file.extractfile(member)) for member in file)
        return {name: content.read() for name, content in contents if content}


def pack(contents: dict[str, bytes]) -> bytes:
    """Return files as a packed tar that says nothing of when, where and by whom it was made."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as file:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return lzma.compress(packed.getvalue(), preset=9 | lzma.PRESET_EXTREME)


if __name__ == "__main__":
    contents = made()
    if not PACKED.exists() or carried() != contents:
        PACKED.write_bytes(pack(contents))
