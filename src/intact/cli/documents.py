"""``--documents``: one Markdown document a report, for the people who act on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from intact.core.errors import OutputError
from intact.findings import Report
from intact.reporters import Destination

_SUFFIX: Final = ".md"


def documents_directory(path: str | None) -> Path | None:
    """Read ``--documents``, and find out whether files can be written there, before anybody waits for them.

    Raises:
        OutputError: If they cannot.
    """
    if path is None:
        return None
    directory = Path(path)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = "this is no directory" if directory.exists() else "the directory cannot be made"
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"{what} ({reason})", where=path, hint="Name another one.") from error
    Destination(directory, _SUFFIX, directory=True).try_out()
    return directory


def save_documents(report: Report, directory: Path, saved: Sequence[str]) -> list[str]:
    """Write the document of each report, in the place of the one of the same month, and give their paths.

    Args:
        report: The run.
        directory: Where.
        saved: Files in which the readers of the documents find every finding.

    Raises:
        OutputError: If one could not be written; it is then as it was before, and those before it are written.
    """
    from intact.reporters.markdown import document, document_name

    paths = []
    for section in report.sections:
        place = Destination(directory / document_name(section, report), _SUFFIX, directory=False)
        pieces = document(report, section, saved)
        paths.append(str(place.save(pieces, report.run.generated_at, private=report.run.personal)))
    return paths
