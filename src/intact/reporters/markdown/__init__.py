"""The reports as Markdown documents: one a report, or all of them in one text."""

from __future__ import annotations

from collections.abc import Iterator

from intact.findings import Report
from intact.reporters.markdown.page import document, document_name

__all__ = ["document", "document_name", "render"]


def render(report: Report) -> Iterator[str]:
    """Yield the documents of all reports, one after the other."""
    for number, section in enumerate(report.sections):
        if number:
            yield "\n---\n\n"
        yield from document(report, section)
