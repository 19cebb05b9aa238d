"""Where in the model file the check of a finding is declared, for the forms that point at a line."""

from __future__ import annotations

from pathlib import Path, PurePath

from intact.findings import Report


class Declared:
    """The lines of a report's checks.

    Attributes:
        file: The model file, with slashes: relative to the working directory where it is below it; else its name alone,
            since no other machine has the path.
    """

    def __init__(self, report: Report) -> None:
        path = PurePath(report.run.model_file)
        here = Path.cwd()
        if path.is_absolute():
            path = path.relative_to(here) if path.is_relative_to(here) else PurePath(path.name)
        self.file = path.as_posix()
        self._lines: dict[tuple[str, str, str], int] = {}
        for section in report.sections:
            for each in section.outcomes:
                self._lines.setdefault((section.name, each.type, each.check), each.line)
                self._lines.setdefault((section.name, "", each.check), each.line)
                self._lines.setdefault((section.name, each.type, ""), each.line)

    def line(self, report: str, type_: str, check: str) -> int:
        """Return the line of a check: by its type and name, else by either; 0 where nobody knows."""
        names = ((report, type_, check), (report, "", check), (report, type_, ""))
        return next((self._lines[name] for name in names if name in self._lines), 0)
