"""A folder of reports with bait around it, and a server that shows it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from intact.operations.folder import Folder
from tests.folder.runs import run
from tests.serve.running import Served, start

SECRET = "not for anybody's eyes"
NAME = "2026-01-06T060000Z"

Starter = Callable[..., Served]


def baited(place: Path) -> Path:
    """Make a folder of two runs; beside it, in it, and behind links lies what must not be shown."""
    folder = place / "reports"
    for day in range(2):
        kept = Folder(folder)
        kept.try_out()
        kept.keep(run(day, findings=day + 1))
    (place / "secret.txt").write_text(SECRET)
    (place / "outside").mkdir()
    (place / "outside" / "report.html").write_text(SECRET)
    (folder / "secret.txt").write_text(SECRET)
    (folder / NAME / "notes.txt").write_text(SECRET)
    (folder / NAME / "link.html").symlink_to(place / "secret.txt")
    (folder / NAME / "documents" / "up").symlink_to(place)
    (folder / "2026-01-09T060000Z").symlink_to(place / "outside")
    older = folder / "2026-01-05T060000Z"
    (older / "report.json").unlink()
    (older / "report.json").symlink_to(place / "secret.txt")
    (older / "documents").rename(older / "elsewhere")
    (older / "documents").symlink_to(place / "outside")
    (place / "outside" / "BILLING_REPORT_2026_02.md").write_text(SECRET)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return baited(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    """Give a function that starts servers, and end them all."""
    with contextlib.ExitStack() as stack:

        def begin(folder: Path, *options: str, **changes: str) -> Served:
            served = start(folder, *options, **changes)
            stack.callback(_end, served)
            return served

        yield begin


@pytest.fixture(scope="module")
def served(folder: Path, starter: Starter) -> Served:
    return starter(folder)


def _end(served: Served) -> None:
    if served.process.poll() is None:
        served.process.kill()
    served.process.communicate()
