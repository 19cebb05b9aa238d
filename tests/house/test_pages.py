"""What the pages say is so: links lead somewhere, commands exist, examples run, excerpts are what is printed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from intact.checks import KINDS
from intact.cli.app import app
from intact.model import load
from tests.house.files import PAGES, ROOT, files, name
from tests.sample_data import DEMO_AS_OF, write_dump
from tools import changelog

README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MACHINE = re.compile("|".join(rf"(?<![\w.~-])/{folder}/" for folder in ("work", "root", "home", "Users")))


def fences(page: str, *languages: str) -> list[str]:
    """Give the examples of a page in these languages."""
    return [text for language, text in FENCE.findall(page) if language in languages]


def anchors(page: str) -> set[str]:
    """Give the anchors that the headings of a page have."""
    prose = FENCE.sub("", page)
    titles = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(*pages: str) -> Iterator[str]:
    """Give the lines of shell examples in which intact is called."""
    for page in pages:
        for text in fences(page, "console", "bash", "sh", "cron"):
            for line in text.splitlines():
                for found in re.finditer(r"(?:^|&& |\| |[$*] +)(intact [^#|&]*)", line):
                    yield found[1].strip()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in LINK.findall(FENCE.sub("", text)):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = page if not path else page.parent / path
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found.read_text(encoding="utf-8")), target


def test_every_page_can_be_reached_from_the_list_of_pages() -> None:
    listed = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").splitlines()
    for page in (ROOT / "docs").rglob("*.md"):
        path = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        # Those of the checks are listed by the checks' own index.
        assert path in {"README", "index"} or path in listed or path.startswith("checks/")


@pytest.mark.parametrize("command", sorted(set(commands(*(p.read_text(encoding="utf-8") for p in PAGES)))))
def test_commands_on_the_pages_exist_with_their_options(command: str) -> None:
    words = re.findall(r'"[^"]*"|\S+', command)[1:]
    found: click.Command = app
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        below = found.commands.get(words[0])
        assert below is not None, f"there is no command {words[0]}"
        found, words = below, words[1:]
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "-h"}
    assert {word.partition("=")[0] for word in words if re.match("--?[a-z]", word)} <= known


def test_commands_of_make_on_the_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {
        each for line in re.findall(r"^([a-z][a-z -]*):", makefile, re.MULTILINE) for each in line.split()
    }
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        used = set(re.findall(r"(?:^|`|&& )make ([a-z][a-z-]*)", text, re.MULTILINE))
        assert used <= targets, name(page)


def test_the_readme_shows_what_the_demo_prints(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "intact", "demo", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    (excerpt,) = (text for text in fences(README, "text") if "ACT NOW" in text)
    at = 0
    for piece in excerpt.split("…\n"):
        found = done.stdout.find(piece, at)
        assert found >= 0, f"the demo does not print this (any more):\n{piece}"
        at = found + len(piece)


def test_the_model_in_the_readme_is_right(tmp_path: Path) -> None:
    (text,) = fences(README, "yaml")
    (tmp_path / "library.yml").write_text(text)
    assert load(tmp_path / "library.yml", KINDS).name == "library"


def test_the_program_in_the_readme_runs(tmp_path: Path) -> None:
    faults = {"DOUBLE_BILLING": 2}
    write_dump(tmp_path / "dump", orders=500, seed=1, faults=faults, as_of=DEMO_AS_OF, database="shop")
    (text,) = fences(README, "python")
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "billed 2 times" in done.stdout


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    texts = {
        path: path.read_text(encoding="utf-8", errors="replace") for path in files() if path.suffix != ".bson"
    }
    assert [name(path) for path, text in texts.items() if MACHINE.search(text)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "changelog.d").iterdir()), ids=name)
def test_a_fragment_is_of_a_kind_and_says_something_in_few_words(path: Path) -> None:
    if path.name == "README.md":
        return
    assert re.fullmatch(rf"[a-z0-9-]+\.({'|'.join(changelog.KINDS)})\.md", path.name)
    text = path.read_text(encoding="utf-8").strip()
    assert text.endswith(".")
    assert not text.startswith(("#", "-", "*"))
    assert len(text) <= 600


def test_a_release_gathers_the_fragments(tmp_path: Path) -> None:
    (tmp_path / "b.fixed.md").write_text("A fault is gone.\n")
    (tmp_path / "a.security.md").write_text("A hole\nis closed.\n")
    (tmp_path / "README.md").write_text("not one of them")
    found = changelog.fragments(tmp_path)
    assert changelog.release("1.2.0", "2026-11-22", found).splitlines() == [
        "## 1.2.0 (2026-11-22)",
        "",
        "### Security",
        "",
        "* A hole",
        "  is closed.",
        "",
        "### Fixed",
        "",
        "* A fault is gone.",
    ]


def test_a_fragment_of_no_kind_stops_the_release(tmp_path: Path) -> None:
    (tmp_path / "a.bug.md").write_text("Something.")
    with pytest.raises(ValueError, match=r"a\.bug\.md"):
        changelog.fragments(tmp_path)
