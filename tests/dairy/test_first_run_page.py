"""The page about a first run shows what is printed, and its model is the one that the tests audit with."""

from __future__ import annotations

import re

import pytest

from tests.cli.running import invoke
from tests.dairy.audited import ROOT

PAGE = (ROOT / "docs" / "first-run.md").read_text(encoding="utf-8")
FIRST, _, SECOND = PAGE.partition("## The second run")


def excerpts(part: str) -> list[str]:
    return re.findall(r"^```text\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def command(part: str) -> list[str]:
    (line,) = re.findall(r"^\$ intact (check .*)$", part, re.MULTILINE)
    return [str(ROOT / word) if "/" in word else word for word in line.split()]


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("part", [FIRST, SECOND], ids=["first", "second"])
def test_the_page_shows_what_a_run_prints(part: str) -> None:
    shown = words(invoke(*command(part), "--no-history").stdout)
    for excerpt in excerpts(part):
        at = 0
        for piece in excerpt.split("…\n"):
            found = shown.find(words(piece), at)
            assert found >= 0, f"this is not printed (any more), or not here:\n{piece}"
            at = found
