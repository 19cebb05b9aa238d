"""The files for spreadsheets, one a finding type, in one ZIP archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC
from typing import Final

from intact.core import temporary
from intact.findings import Report
from intact.reporters.csv_report import fill

_AT_ONCE: Final = 1 << 20


def render(report: Report) -> Iterator[bytes]:
    """Yield the archive in pieces; until they are packed, its files lie in a temporary directory.

    Raises:
        OSError: If the temporary directory cannot take them.
    """
    moment = report.run.generated_at.astimezone(UTC).timetuple()[:6]
    with temporary.folder() as made:
        folder = made / "files"
        folder.mkdir(mode=0o700)
        fill(report, folder)
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                info = zipfile.ZipInfo(path.name, moment)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                with path.open("rb") as file, archive.open(info, "w", force_zip64=True) as packed:
                    while piece := file.read(_AT_ONCE):
                        packed.write(piece)
                        yield sink.taken()
        yield sink.taken()


class _Sink(io.RawIOBase):
    """Takes what an archive writes and hands it on; it cannot go back, and zipfile knows how to do without."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: object) -> int:
        """Take a piece."""
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """Return what has come since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
