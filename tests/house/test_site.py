"""The documentation's site: built from the pages without a warning, each link within it leading somewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from intact.checks import BY_NAME, pages
from intact.core.distribution import SITE
from tests.house.files import ROOT
from tests.support.shared import shared
from tools.pages import DOCS
from tools.pages import pages as made


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` does."""

    def make(folder: Path) -> None:
        command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--builder", "dirhtml"]
        done = subprocess.run(
            [*command, "-d", str(folder / "trees"), "docs", str(folder / "html")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    return shared(tmp_path_factory, "site", make) / "html"


@pytest.mark.parametrize("kind", [*BY_NAME, pages.UNREADABLE_KIND])
def test_the_page_that_findings_link_to_is_there(site: Path, kind: str) -> None:
    address = urlsplit(pages.url(kind))
    path = address.path.removeprefix(urlsplit(SITE).path).strip("/")
    text = (site / path / "index.html").read_text(encoding="utf-8")
    assert all(section in text for section in pages.SECTIONS)


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert 'src="http' not in text
    assert '<link rel="stylesheet" href="http' not in text


@pytest.mark.parametrize(("path", "text"), [pytest.param(*each, id=str(each[0])) for each in made()])
def test_the_pages_made_of_the_code_are_up_to_date(path: Path, text: str) -> None:
    assert (DOCS / path).read_text(encoding="utf-8") == text, "make docs"


def test_every_page_of_a_check_is_of_a_check_that_there_is() -> None:
    names = {path.stem for path in (DOCS / "checks").glob("*.md")}
    assert names == {*BY_NAME, pages.UNREADABLE_KIND, "index"}
