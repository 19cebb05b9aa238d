"""``latest``: a link to the last run; where no links can be made, a page that leads there."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from intact.operations.folder.run_files import replace, unnamed
from intact.operations.folder.run_record import NAME

LATEST: Final = "latest"
LATEST_PAGE: Final = "latest.html"

_MARK: Final = '<meta name="generator" content="intact, latest report">'
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{mark}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'">
<meta http-equiv="refresh" content="0; url={name}/report.html">
<meta name="referrer" content="no-referrer">
<title>The latest report</title>
</head>
<body><p><a href="{name}/report.html">The latest report</a></p></body>
</html>
"""


def is_latest(path: Path) -> bool:
    """Tell whether what is there is such a link."""
    return path.is_symlink() and NAME.fullmatch(str(path.readlink())) is not None


def point(folder: Path, name: str) -> None:
    """Let the link lead to a run, from one moment to the next.

    Raises:
        OSError: If neither the link nor the page could be made.
    """
    page = folder / LATEST_PAGE
    new = unnamed(folder)
    try:
        new.symlink_to(name, target_is_directory=True)
        new.replace(folder / LATEST)
    except (OSError, NotImplementedError):  # FAT, some network drives, Windows without the right to
        new.unlink(missing_ok=True)
        if _may_replace(page):
            replace(page, [_PAGE.format(mark=_MARK, name=name)])
    else:
        if page.exists() and _may_replace(page):
            page.unlink()


def _may_replace(page: Path) -> bool:
    """Tell whether nothing is there, or a page of ours."""
    try:
        if not stat.S_ISREG(page.lstat().st_mode):
            return False
        with page.open("rb") as file:
            return _MARK.encode() in file.read(1000)
    except FileNotFoundError:
        return True
