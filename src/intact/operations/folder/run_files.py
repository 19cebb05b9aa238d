"""Files that only their owner may read, each whole and on the disk before it has its name."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from intact.core.whole_files import Piece, create, encoded
from intact.core.whole_files import write as write_whole
from intact.findings import Report
from intact.operations.folder.run_record import RECORD, RunFolder, RunRecord
from intact.reporters import FORMS
from intact.reporters.markdown import document, document_name

DOCUMENTS: Final = "documents"
REPORTS: Final = tuple(form for form in FORMS if form.name in {"html", "json"})
"""The forms that a run keeps, beside a document a report."""

_UNNAMED: Final = re.compile(r"\.intact-[0-9a-f]{16}\.part")
_AT_ONCE: Final = 1 << 20
_NOT_OFFERED: Final = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def unnamed(folder: Path) -> Path:
    """Return a path for what has no name yet."""
    return folder / f".intact-{secrets.token_hex(8)}.part"


def is_unnamed(name: str) -> bool:
    """Tell whether a name is one of those."""
    return _UNNAMED.fullmatch(name) is not None


def fill(folder: Path, report: Report, place: RunFolder) -> None:
    """Write a run's files, its record last.

    Args:
        folder: An empty folder.
        report: The run.
        place: What its report does not know of it.

    Raises:
        OSError: If one could not be written.
    """
    files = {}
    for form in REPORTS:
        file = f"report{form.suffix}"
        files[file] = write(folder / file, form.render(report))
    (folder / DOCUMENTS).mkdir(mode=0o700)
    saved = tuple(files)
    for section in report.sections:
        file = f"{DOCUMENTS}/{document_name(section, report)}"
        files[file] = write(folder / file, document(report, section, saved))
    sync(folder / DOCUMENTS)
    write(folder / RECORD, [RunRecord.of(report, files, place).to_json()])
    sync(folder)


def write(path: Path, pieces: Iterable[Piece]) -> str:
    """Write a file that is not there yet, and give the SHA-256 of what is in it.

    Raises:
        OSError: If it could not be written.
    """
    digest = hashlib.sha256()
    with os.fdopen(create(path, 0o600), "wb", _AT_ONCE) as file:
        for piece in encoded(pieces):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def replace(path: Path, pieces: Iterable[Piece]) -> None:
    """Write a file in the place of one that may be there, whose mode stays.

    Raises:
        OSError: If it could not be written; it is then as it was.
    """
    write_whole(path, pieces, private=not path.exists())


def clear(folder: Path) -> None:
    """Remove what processes that were killed have left without a name; nobody else may be writing there.

    Raises:
        OSError: If something of it cannot be removed.
    """
    with os.scandir(folder) as entries:
        left = [(each.path, each.is_dir(follow_symlinks=False)) for each in entries if is_unnamed(each.name)]
    for path, is_folder in left:
        if is_folder:
            shutil.rmtree(path)
        else:
            Path(path).unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Make names in a folder survive a power cut, where the system and the file system offer that.

    Raises:
        OSError: If the disk fails.
    """
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise
    finally:
        os.close(descriptor)
