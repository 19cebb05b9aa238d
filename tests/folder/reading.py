"""A folder of reports as somebody else reads it: links of its page, digests of its files, nothing of intact's own."""

from __future__ import annotations

import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs)["href"] or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def links(page: Path) -> list[str]:
    """Give where the links of a page lead."""
    parser = _Links()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def words(page: Path) -> str:
    """Give the text of a page, a blank between its parts."""
    parser = _Links()
    parser.feed(page.read_text(encoding="utf-8"))
    return " ".join(" ".join(parser.words).split())


def runs(folder: Path) -> list[str]:
    """Give the folders of runs by name."""
    return sorted(each.name for each in folder.iterdir() if each.name[0].isdigit() and not each.is_file())


def record(folder: Path, name: str) -> dict[str, Any]:
    """Give what a run says of itself."""
    found: dict[str, Any] = json.loads((folder / name / "run.json").read_text(encoding="utf-8"))
    return found


def insist_on_sound(folder: Path) -> None:
    """Insist that every run is whole, and that every link of the list, and ``latest``, leads to what is there."""
    for name in runs(folder):
        files = record(folder, name)["files"]
        assert {"report.html", "report.json"} < set(files)
        for file, digest in files.items():
            assert hashlib.sha256((folder / name / file).read_bytes()).hexdigest() == digest
    page = folder / "index.html"
    if page.exists():
        assert page.read_text(encoding="utf-8").endswith("</html>\n")
        assert [each for each in links(page) if not (folder / each).is_file()] == []
    latest = folder / "latest"
    if latest.is_symlink():
        assert (latest / "report.html").is_file()
